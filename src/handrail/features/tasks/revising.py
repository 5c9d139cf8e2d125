"""The revision of a task, for changes on the condition that it is what was read."""

from handrail.features.processes import revising as processes
from handrail.features.tasks import store
from handrail.ports.database import Transaction


async def revision(tx: Transaction, organization_id: str, task_id: str) -> str | None:
    """Lock a task, behind its process as every command does; its revision. None without one."""
    row = await tx.one(store.by_id, organization_id=organization_id, id=task_id)
    if row is not None and row.process_id is not None:
        await processes.revision(tx, organization_id, row.process_id)
    row = await tx.one(store.by_id_locked, organization_id=organization_id, id=task_id)
    return None if row is None else str(row.revision)
