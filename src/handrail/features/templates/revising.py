"""The revision of a template, for changes on the condition that it is what was read."""

from handrail.features.templates import store
from handrail.ports.database import Transaction


async def revision(tx: Transaction, organization_id: str, template_id: str) -> str | None:
    """Lock a template; its revision, the moment of its last change. None without one.

    The parts of a template have no revision of their own.
    """
    row = await tx.one(store.get_locked, organization_id=organization_id, id=template_id)
    return None if row is None else str(row.updated_at)
