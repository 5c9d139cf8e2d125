"""Taking an invitation back (around 2.3, 2.7): the record goes, and its link says so to whoever follows it."""

from handrail.features.activity import service as activity
from handrail.features.members import handover, standing, store
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Impossible
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction


async def withdraw(tx: Transaction, actor: Actor, user_id: int, now: int) -> store.MemberRow:
    """Take back the invitation of somebody who has not accepted; the row after that. Standard members can take back
    those that they made, whether or not they may still make any.

    The account goes too if nobody has ever used it and no other organization knows it.
    """
    row = await standing.locked(tx, actor, user_id)
    permit(actor, "member.withdraw", ("inviter",) if row.invited_by == actor.user_id else ())
    if row.role == "admin" and not actor.is_admin:
        raise Denied("Access denied: only an administrator can take back the invitation of an administrator.")
    if row.status != "invited":
        raise Impossible("Only the invitation of a member who has not accepted yet can be withdrawn.")
    groups = await handover.leave_groups(tx, actor.organization_id, user_id)
    elsewhere = await tx.value(store.other_organizations, organization_id=actor.organization_id, user_id=user_id)
    if not elsewhere and not row.has_password and row.last_login_at is None:
        buried = standing.tombstone(row, now)
        await tx.run(
            store.bury_account,
            id=user_id,
            email=buried.email,
            last_name=buried.last_name,
            password_hash=None,
            updated_at=now,
        )
        row = buried
    # the hash stays, so that the link is known for one that was withdrawn
    await tx.run(store.withdraw, organization_id=actor.organization_id, user_id=user_id, deleted_at=now, updated_at=now)
    await handover.count_again(tx, actor, [f"u:{user_id}", *groups], now)
    await activity.record(tx, actor, now, [standing.entry("deleted", row, "Withdrew the invitation of")])
    await standing.audited(tx, actor, now, "member_withdrawn", "Withdrew the invitation of", row)
    return row
