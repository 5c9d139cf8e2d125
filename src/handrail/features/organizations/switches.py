"""The settings of an organization that other features act by, one at a time."""

from typing import Any

import msgspec

from handrail.features.organizations import store
from handrail.ports.database import Reader


async def setting(reader: Reader, organization_id: str, name: str, default: Any = None) -> Any:
    """A setting out of the organization's document, or the default where nobody ever set it."""
    row = await reader.one(store.get, organization_id=organization_id)
    return default if row is None else msgspec.json.decode(row.settings, type=dict[str, Any]).get(name, default)
