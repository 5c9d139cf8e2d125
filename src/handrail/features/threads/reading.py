"""Threads for their readers: those of a whole page in one statement, and the names in them in another."""

from collections.abc import Mapping, Sequence

import msgspec

from handrail.features.people.names import A_GUEST
from handrail.features.threads import store, wire
from handrail.features.threads.recording import DEFAULT_STATE
from handrail.features.threads.store import ThreadRow
from handrail.features.threads.text import ago, invited, mentioned, muted, nameless, readable, without_addresses
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso
from handrail.ports.database import Reader

Thread = wire.Thread
_integers = msgspec.json.Decoder(list[int]).decode


async def shown(reader: Reader, actor: Actor, rows: Sequence[ThreadRow], now: int) -> list[wire.Thread]:
    """Stored threads as the wire has them for this reader. Guests learn no address of anybody."""
    people = {row.author_id for row in rows if row.author_type == "user"}
    strangers = {row.author_id for row in rows if row.author_type == "guest"}
    for row in rows:
        people.update(mentioned(row.content))
    names: dict[int, str] = {}
    organization_id = actor.organization_id
    if people:
        for name in await reader.all(store.names, organization_id=organization_id, ids=sorted(people)):
            names[name.user_id] = f"{name.first_name} {name.last_name}".strip()
    guests: dict[int, str] = {}
    if strangers:
        for guest in await reader.all(store.guest_names, organization_id=organization_id, ids=sorted(strangers)):
            full = f"{guest.first_name or ''} {guest.last_name or ''}".strip()
            guests[guest.id] = full or (A_GUEST if actor.is_guest and guest.id != actor.guest_id else guest.email)
    found = [_shown(row, names, guests, now) for row in rows]
    if actor.is_guest:
        for thread in found:
            thread.sent_to = []
            thread.sent_by = thread.author_id
            thread.content = without_addresses(thread.content, actor.guest)
    return found


def is_by(row: ThreadRow, actor: Actor) -> bool:
    """Whether the actor has written a thread."""
    if actor.is_guest:
        return row.author_type == "guest" and row.author_id == actor.guest_id
    return row.author_type == "user" and row.author_id == actor.user_id


def is_for_guest(row: ThreadRow, guest: Actor) -> bool:
    """Whether a guest may read a thread: it is not hidden from guests, theirs, or calls them (engine 8)."""
    if row.state != DEFAULT_STATE or is_by(row, guest):
        return True
    return guest.guest in invited(row.content)


async def without_strangers(reader: Reader, actor: Actor, task_id: str, content: str) -> str:
    """What a guest writes on a task, where only those are mentioned whose comments the guest can read: mentioning
    number after number would be a way to everybody's name. What members write stays as it is."""
    if not actor.is_guest or not mentioned(content):
        return content
    rows = await reader.all(store.on_tasks, organization_id=actor.organization_id, task_ids=[task_id])
    known = {row.author_id for row in rows if row.author_type == "user" and is_for_guest(row, actor)}
    return muted(content, known)


def _shown(row: ThreadRow, names: Mapping[int, str], guests: Mapping[int, str], now: int) -> wire.Thread:
    if row.task_id is not None:
        subject = wire.Subject(id=row.task_id, type="Task")
    elif row.process_id is not None:
        subject = wire.Subject(id=row.process_id, type="Run")
    else:
        subject = wire.Subject(id=row.template_id or "", type="Checklist")
    writers = guests if row.author_type == "guest" else names
    return wire.Thread(
        id=row.id,
        content=readable(row.content, names),
        label=row.label,
        state=row.state,
        author_id=row.author_id,
        author_type=row.author_type,
        author=wire.Author(id=row.author_id, full_name=writers.get(row.author_id, "")),
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


async def of_tasks(reader: Reader, actor: Actor, task_ids: Sequence[str], now: int) -> dict[str, list[wire.Thread]]:
    """The threads of tasks that the actor may read, by task id, the oldest first."""
    rows = await reader.all(store.on_tasks, organization_id=actor.organization_id, task_ids=list(task_ids))
    if actor.is_guest:
        rows = [row for row in rows if is_for_guest(row, actor)]
    return _by_subject(await shown(reader, actor, rows, now))


async def of_processes(
    reader: Reader, actor: Actor, process_ids: Sequence[str], now: int
) -> dict[str, list[wire.Thread]]:
    """The threads on processes themselves, by process id."""
    rows = await reader.all(store.on_processes, organization_id=actor.organization_id, process_ids=list(process_ids))
    return _by_subject(await shown(reader, actor, rows, now))


async def of_templates(
    reader: Reader, actor: Actor, template_ids: Sequence[str], now: int
) -> dict[str, list[wire.Thread]]:
    """The threads on templates, by template id."""
    rows = await reader.all(store.on_templates, organization_id=actor.organization_id, template_ids=list(template_ids))
    return _by_subject(await shown(reader, actor, rows, now))


async def in_process(
    reader: Reader, actor: Actor, process_id: str, now: int, *, naming: bool = True
) -> list[wire.Thread]:
    """Every thread on a process and on its tasks that the actor may read, the oldest first; without `naming` nobody is
    named whom they mention."""
    rows = await reader.all(store.in_process, organization_id=actor.organization_id, process_id=process_id)
    if actor.is_guest:
        rows = [row for row in rows if is_for_guest(row, actor)]
    if not naming:
        rows = [msgspec.structs.replace(row, content=nameless(row.content)) for row in rows]
    return await shown(reader, actor, rows, now)


async def counts(reader: Reader, organization_id: str, task_ids: Sequence[str]) -> dict[str, int]:
    """How many threads each task has; those that have any."""
    rows = await reader.all(store.counts, organization_id=organization_id, task_ids=list(task_ids))
    return {task_id: int(count) for task_id, count in rows}


def _by_subject(threads: Sequence[wire.Thread]) -> dict[str, list[wire.Thread]]:
    found: dict[str, list[wire.Thread]] = {}
    for thread in threads:
        found.setdefault(thread.subject.id, []).append(thread)
    return found
