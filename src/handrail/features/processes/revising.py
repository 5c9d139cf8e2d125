"""The revision of a process, for changes on the condition that it is what was read."""

from handrail.features.processes import store
from handrail.ports.database import Transaction


async def revision(tx: Transaction, organization_id: str, process_id: str) -> str | None:
    """Lock a process; its revision, which grows with every change of it or of one of its tasks. None without one."""
    found = await tx.value(store.revision_locked, organization_id=organization_id, id=process_id)
    return None if found is None else str(found)
