"""Invitations that nobody has accepted in time: both sides are told, and the old link has a new one mailed (around 2.3;
the invitation itself stays until somebody withdraws it)."""

from handrail.features.accounts import mailing
from handrail.features.members import inviting, store
from handrail.features.members.inviting import EXPIRE, VALID, Post
from handrail.features.members.notices import tell
from handrail.features.organizations import service as organizations
from handrail.features.people.bot import bot_of
from handrail.http.attempts import an_hour, take
from handrail.kernel.errors import Impossible
from handrail.kernel.secrets import INVITATION, fingerprint, new_secret
from handrail.ports.database import Transaction
from handrail.ports.jobs import Attempt, Handler, InTransaction, Schedule

PER_HOUR_OF_INVITATION = 3


def handlers_and_schedules() -> tuple[list[Handler], list[Schedule]]:
    """The job of one process."""
    return [InTransaction(name=EXPIRE, run=_tell)], []


async def _tell(tx: Transaction, given: Attempt) -> None:
    """Tell the invited person and whoever invited them, if the link is still the one that counts."""
    invitation = await tx.one(store.invitation_by_hash, invite_hash=given.job.payload["invite_hash"])
    now = given.clock.now()
    if invitation is None or invitation.invited_at + VALID > now:
        return
    organization_id, user_id = invitation.organization_id, invitation.user_id
    row = await tx.one(store.get, organization_id=organization_id, user_id=user_id)
    assert row is not None
    name = (await organizations.head_of(tx, organization_id)).name
    paragraphs = [
        f"You were invited to join {name} and have not come yet. The link has run out.",
        "If you still want to, open the link in the earlier mail: there you can have another one sent.",
    ]
    await mailing.post(tx, given.jobs, row.email, f"Your invitation to {name} has run out", paragraphs, None)
    if row.invited_by is not None:
        text = (
            f"{row.email} has not accepted your invitation to {{organization}} within 18 days, so its link has run "
            "out. You can send it again or withdraw it."
        )
        bot = await bot_of(tx, organization_id)
        await tell(tx, bot, row.invited_by, "invitation_expired", "Your invitation has run out", [text], now)


async def send_again(post: Post, secret: str, now: int) -> None:
    """Mail another link to whom an expired one was for; the old one stops working. Raises Impossible for one that was
    replaced or withdrawn, or where no mail is sent, and TooMany."""
    if post.application.settings.smtp_url is None:
        raise Impossible("This server sends no mail. Ask whoever invited you for another link.")
    invite_hash, renewed = fingerprint(secret.strip()), new_secret(INVITATION)
    await take(post.application.limiter, [(an_hour(PER_HOUR_OF_INVITATION), ("invitation", invite_hash))])

    async def work(tx: Transaction) -> None:
        invitation = await tx.one(store.invitation_by_hash, invite_hash=invite_hash)
        if invitation is None or invitation.invited_at + VALID > now:
            raise Impossible("This link has been replaced by a newer one. Look for it in your mail.")
        whose = {"organization_id": invitation.organization_id, "user_id": invitation.user_id}
        row = await tx.one(store.lock, **whose)
        assert row is not None
        await tx.run(store.renew_invitation, **whose, invite_hash=fingerprint(renewed), invited_at=now, updated_at=now)
        await inviting.mail(tx, post, invitation.organization_id, row.invited_by, row.user_id, renewed, None, now)

    await post.application.database.write(work)
