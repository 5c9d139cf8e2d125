"""The open tasks of a person, and tasks by their ids, for whoever writes mails about them."""

from collections.abc import Sequence

from handrail.engine.state import Task
from handrail.features.tasks import persistence, store
from handrail.ports.database import Reader

MOST = 500


async def open_of(reader: Reader, organization_id: str, principals: Sequence[str]) -> list[Task]:
    """The open tasks that belong to one of these principals, the earliest deadlines first, `MOST` at most.

    What is hidden, completed or archived, or in a process that is archived, is not open.
    """
    rows = await reader.all(store.open_of, organization_id=organization_id, principals=list(principals), limit=MOST)
    return [persistence.task_of(row) for row in rows]


async def named(reader: Reader, organization_id: str, ids: Sequence[str]) -> list[Task]:
    """Those of these tasks that still exist."""
    rows = await reader.all(store.named, organization_id=organization_id, ids=list(ids)) if ids else []
    return [persistence.task_of(row) for row in rows]
