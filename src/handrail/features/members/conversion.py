"""A guest becomes a member: invited, or enabled again where they were one before (wire GST-9, engine 7.6)."""

from handrail.features.guests import service as guests
from handrail.features.members import service, standing, store, wire
from handrail.features.members.handover import adopt_guest
from handrail.features.members.invitations import Invitation, Invited, place
from handrail.kernel.actor import Actor
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction


async def from_guest(
    tx: Transaction, actor: Actor, guest: str, role: str, secret: str, now: int
) -> tuple[Invited, bool]:
    """Make a member of the guest with this address or code; whether an invitation has to be accepted first.

    Their tasks, groups and places in templates are the member's from now on. NotFound, Denied, Invalid.
    """
    permit(actor, "member.manage")
    role = standing.checked_role(role)
    row = await guests.locked(tx, actor, guest)
    user_id = await service.account_id(tx, row.email)
    known = None
    if user_id is not None:
        known = await tx.one(store.lock, organization_id=actor.organization_id, user_id=user_id)
    if known is None or known.deleted_at is not None or known.activated_at is None:
        first_name = (row.first_name or row.email.partition("@")[0])[: wire.NAME_LENGTH].strip()
        last_name = (row.last_name or "")[: wire.NAME_LENGTH].strip()
        user_id = await place(tx, actor, Invitation(row.email, first_name, last_name, role), secret, now)
        return Invited(user_id, secret), True
    if known.status == "disabled":
        await standing.enable(tx, actor, known.user_id, now)
        await standing.change_role(tx, actor, known.user_id, role, now)
    else:
        await adopt_guest(tx, actor, row.email, known.user_id, now)
    return Invited(known.user_id, secret), False
