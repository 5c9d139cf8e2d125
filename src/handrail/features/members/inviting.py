"""The mail of an invitation. Its link also shows that whoever follows it reads the mail of that address, which the link
that administrators copy does not."""

import msgspec

from handrail.features.accounts import mailing
from handrail.features.members import store
from handrail.features.organizations import service as organizations
from handrail.http.call import Application
from handrail.kernel.clock import DAY
from handrail.kernel.errors import NotFound
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Transaction
from handrail.ports.sealer import Broken, Sealer

VALID = 18 * DAY
# the job that sees to an invitation when its link has run out (`expiring.py`)
EXPIRE = "members.invitation-expired"


class Post(msgspec.Struct, frozen=True):
    """What mailing needs: the application, and the address of this server as people see it."""

    application: Application
    mail_url: str


async def mail(
    tx: Transaction,
    post: Post,
    organization_id: str,
    invited_by: int | None,
    user_id: int,
    secret: str,
    message: str | None,
    now: int,
) -> None:
    """Promise the mail with the link, if this server sends mail, and word when the link has run out."""
    if post.application.settings.smtp_url is None:
        return
    row = await tx.one(store.get, organization_id=organization_id, user_id=user_id)
    if row is None:
        raise NotFound
    inviter = None
    if invited_by is not None:
        inviter = await tx.one(store.get, organization_id=organization_id, user_id=invited_by)
    head = await organizations.head_of(tx, organization_id)
    by = "" if inviter is None else f"{inviter.first_name} {inviter.last_name} invites you. "
    paragraphs = [
        f"{by}Join {head.name} on Handrail: there you find the tasks that wait for you.",
        *([message] if message else []),
        "The link works for 18 days.",
    ]
    proof = post.application.sealer.seal(fingerprint(secret))
    target = f"{link(post.mail_url, secret)}&proof={proof}"
    await mailing.post(tx, post.application.jobs, row.email, f"Join {head.name}", paragraphs, target)
    await post.application.jobs.defer(tx, EXPIRE, {"invite_hash": fingerprint(secret)}, run_at=now + VALID)


def link(base_url: str, secret: str) -> str:
    """Where an invited person goes to accept."""
    return f"{base_url}/accept-invite?token={secret}"


def is_mailed(sealer: Sealer, secret: str, proof: str) -> bool:
    """Whether this proof came with the mail of this invitation."""
    try:
        return bool(proof) and sealer.open(proof) == fingerprint(secret.strip())
    except Broken:
        return False
