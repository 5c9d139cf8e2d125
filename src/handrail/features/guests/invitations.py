"""How many guests an organization may invite: thirty in any hour, counted in the store, so by all its servers (0.10).

Those whom members name with an assignment or a group are not counted; those whom guests bring in are.
"""

from handrail.features.guests import store
from handrail.kernel.errors import TooMany
from handrail.ports.database import Transaction

PER_HOUR = 30
HOUR = 3_600_000


async def require_room(tx: Transaction, organization_id: str, now: int) -> None:
    """Wait for other invitations, then raise TooMany unless there is room for one more guest.

    Whoever invites sets the guest's `invited_at` in the same transaction.
    """
    await tx.value(store.lock_organization, organization_id=organization_id)
    rows = await tx.all(store.invited_since, organization_id=organization_id, since=now - HOUR, limit=PER_HOUR)
    if len(rows) < PER_HOUR:
        return
    wait = max(1, -(-(rows[-1][0] + HOUR - now) // 1000))
    raise TooMany(
        f"This organization has invited {PER_HOUR} guests within an hour, which is the most. "
        f"There is room again in {wait} seconds; nothing was applied.",
        headers={"Retry-After": str(wait)},
    )
