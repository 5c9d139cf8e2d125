"""What the engine reads of an organization: zone, working days, default deadline (engine 1.5).

It is read on every command and hardly ever changes, so it is kept for a moment; a change made by this process
forgets it at once.
"""

import time

import msgspec

from handrail.engine.state import Organization
from handrail.features.organizations import store
from handrail.features.organizations.document import decoded
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader

KEPT_SECONDS = 2.0
_kept: dict[str, tuple[float, Organization]] = {}


def forget(organization_id: str) -> None:
    """Read the organization anew: its settings have changed."""
    _kept.pop(organization_id, None)


async def load(reader: Reader, organization_id: str) -> Organization:
    """The organization for a command of the engine."""
    kept = _kept.get(organization_id)
    now = time.monotonic()
    if kept is not None and now - kept[0] < KEPT_SECONDS:
        return kept[1]
    row = await reader.one(store.get, organization_id=organization_id)
    if row is None:
        raise NotFound
    organization = Organization(
        id=organization_id,
        timezone=row.timezone,
        working_days=None if row.working_days is None else msgspec.json.decode(row.working_days),
        default_deadline_value=row.default_deadline_value,
        default_deadline_unit=row.default_deadline_unit,
        group_limit=decoded(row.settings).maximum_group_assignment_limit,
    )
    if len(_kept) > 4096:
        _kept.clear()
    _kept[organization_id] = (now, organization)
    return organization
