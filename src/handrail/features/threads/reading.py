"""Threads for their readers: those of a whole page in one statement, and the names in them in another."""

from collections.abc import Sequence

import msgspec

from handrail.features.threads import store, wire
from handrail.features.threads.store import ThreadRow
from handrail.features.threads.text import ago, mentioned, readable
from handrail.kernel.clock import iso
from handrail.ports.database import Reader

_integers = msgspec.json.Decoder(list[int]).decode


async def shown(reader: Reader, organization_id: str, rows: Sequence[ThreadRow], now: int) -> list[wire.Thread]:
    """Stored threads as the wire has them."""
    people = {row.author_id for row in rows}
    for row in rows:
        people.update(mentioned(row.content))
    names: dict[int, str] = {}
    if people:
        for name in await reader.all(store.names, organization_id=organization_id, ids=sorted(people)):
            names[name.user_id] = f"{name.first_name} {name.last_name}".strip()
    return [_shown(row, names, now) for row in rows]


def _shown(row: ThreadRow, names: dict[int, str], now: int) -> wire.Thread:
    if row.task_id is not None:
        subject = wire.Subject(id=row.task_id, type="Task")
    elif row.process_id is not None:
        subject = wire.Subject(id=row.process_id, type="Run")
    else:
        subject = wire.Subject(id=row.template_id or "", type="Checklist")
    return wire.Thread(
        id=row.id,
        content=readable(row.content, names),
        label=row.label,
        state=row.state,
        author_id=row.author_id,
        author=wire.Author(id=row.author_id, full_name=names.get(row.author_id, "")),
        task_id=row.task_id,
        subject=subject,
        sent_by=row.sent_by,
        sent_to=[] if row.mentions == "[]" else _integers(row.mentions),
        resolve_id=row.resolve_id,
        created_at=iso(row.created_at),
        created_ago=ago(row.created_at, now),
        updated_at=iso(row.updated_at),
        recent_updated_at=iso(row.updated_at),
    )


async def of_tasks(
    reader: Reader, organization_id: str, task_ids: Sequence[str], now: int
) -> dict[str, list[wire.Thread]]:
    """The threads of tasks, by task id, the oldest first."""
    rows = await reader.all(store.on_tasks, organization_id=organization_id, task_ids=list(task_ids))
    return _by_subject(await shown(reader, organization_id, rows, now))


async def of_processes(
    reader: Reader, organization_id: str, process_ids: Sequence[str], now: int
) -> dict[str, list[wire.Thread]]:
    """The threads on processes themselves, by process id."""
    rows = await reader.all(store.on_processes, organization_id=organization_id, process_ids=list(process_ids))
    return _by_subject(await shown(reader, organization_id, rows, now))


async def of_templates(
    reader: Reader, organization_id: str, template_ids: Sequence[str], now: int
) -> dict[str, list[wire.Thread]]:
    """The threads on templates, by template id."""
    rows = await reader.all(store.on_templates, organization_id=organization_id, template_ids=list(template_ids))
    return _by_subject(await shown(reader, organization_id, rows, now))


async def in_process(reader: Reader, organization_id: str, process_id: str, now: int) -> list[wire.Thread]:
    """Every thread on a process and on its tasks."""
    rows = await reader.all(store.in_process, organization_id=organization_id, process_id=process_id)
    return await shown(reader, organization_id, rows, now)


async def counts(reader: Reader, organization_id: str, task_ids: Sequence[str]) -> dict[str, int]:
    """How many threads each task has; those that have any."""
    rows = await reader.all(store.counts, organization_id=organization_id, task_ids=list(task_ids))
    return {task_id: int(count) for task_id, count in rows}


def _by_subject(threads: Sequence[wire.Thread]) -> dict[str, list[wire.Thread]]:
    found: dict[str, list[wire.Thread]] = {}
    for thread in threads:
        found.setdefault(thread.subject.id, []).append(thread)
    return found
