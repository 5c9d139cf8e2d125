"""The threads of a whole process, a page at a time: for whoever writes them all out and keeps none of them."""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from handrail.features.threads import store
from handrail.features.threads.store import ThreadRow
from handrail.features.threads.text import mentioned, readable
from handrail.kernel.html import strip_tags
from handrail.ports.database import Database, Reader

PAGE = 200


class Tally(msgspec.Struct, frozen=True):
    """How many threads a task has, how many of them report an issue, and how many of those are resolved."""

    total: int = 0
    reported: int = 0
    resolved: int = 0


class Written(msgspec.Struct, frozen=True):
    """A thread with its text as a reader sees it, without markup."""

    row: ThreadRow
    text: str


async def tallies(database: Database, organization_id: str, process_id: str) -> dict[str | None, Tally]:
    """The tallies of a process's tasks by task id, of the process itself under None; those that have any thread."""
    async with database.reader() as reader:
        rows = await reader.all(store.tallies, organization_id=organization_id, process_id=process_id)
    return {task_id: Tally(int(total), int(reported), int(resolved)) for task_id, total, reported, resolved in rows}


async def of_tasks(
    database: Database, organization_id: str, task_ids: Sequence[str], counts: Mapping[str | None, Tally]
) -> AsyncIterator[tuple[str, list[Written]]]:
    """The threads of these tasks in the order of the tasks, each task's the oldest first; a task with many comes in
    several parts. Tasks with few share a page. Whoever may read the tasks has to be asked before."""
    together: list[str] = []
    size = 0
    for task_id in task_ids:
        count = counts.get(task_id, Tally()).total
        if not count:
            continue
        if together and size + count > PAGE:
            async for part in _parts(database, organization_id, together):
                yield part
            together, size = [], 0
        together.append(task_id)
        size += count
    if together:
        async for part in _parts(database, organization_id, together):
            yield part


async def of_process(database: Database, organization_id: str, process_id: str) -> AsyncIterator[list[Written]]:
    """The threads on a process itself, the oldest first, in pages."""
    after = ""
    while True:
        async with database.reader() as reader:
            rows = await reader.all(
                store.page_on_process, organization_id=organization_id, process_id=process_id, after=after, limit=PAGE
            )
            written = await _written(reader, organization_id, rows)
        if written:
            yield written
        if len(rows) < PAGE:
            return
        after = rows[-1].id


async def _parts(
    database: Database, organization_id: str, task_ids: Sequence[str]
) -> AsyncIterator[tuple[str, list[Written]]]:
    alone = len(task_ids) == 1
    after = ""
    found: dict[str, list[Written]] = {task_id: [] for task_id in task_ids}
    while True:
        async with database.reader() as reader:
            rows = await reader.all(
                store.page_on_tasks, organization_id=organization_id, task_ids=list(task_ids), after=after, limit=PAGE
            )
            written = await _written(reader, organization_id, rows)
        if alone and written:
            yield task_ids[0], written
        elif not alone:
            for one in written:
                found[one.row.task_id or ""].append(one)
        if len(rows) < PAGE:
            break
        after = rows[-1].id
    if not alone:
        for task_id in task_ids:
            if found[task_id]:
                yield task_id, found[task_id]


async def _written(reader: Reader, organization_id: str, rows: Sequence[ThreadRow]) -> list[Written]:
    ids = sorted({number for row in rows for number in mentioned(row.content)})
    names: dict[int, str] = {}
    if ids:
        for name in await reader.all(store.names, organization_id=organization_id, ids=ids):
            names[name.user_id] = f"{name.first_name} {name.last_name}".strip()
    return [Written(row, strip_tags(readable(row.content, names))) for row in rows]
