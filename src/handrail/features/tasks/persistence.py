"""Engine tasks from rows and back: only what changed is written, in as few statements as possible."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import compress
from operator import is_not
from typing import Any

import msgspec
from msgspec.structs import astuple

from handrail.engine.definition import NOBODY, Field, Owners
from handrail.engine.state import Task
from handrail.features.tasks import store
from handrail.features.tasks.store import TaskRow
from handrail.ports.database import Reader, Transaction

# the same few people own most tasks
_owners = lru_cache(maxsize=4096)(msgspec.json.Decoder(Owners).decode)
_values = msgspec.json.Decoder(dict[str, Any]).decode
_signatures = msgspec.json.Decoder(tuple[str, ...]).decode
_fields = msgspec.json.Decoder(tuple[Field, ...]).decode
_encode = msgspec.json.Encoder().encode

# fields of the engine's task that are stored under the same name but as JSON
DOCUMENTS = frozenset({"owners", "values", "signatures"})
STATE = Task.__struct_fields__
_PLACES = range(len(STATE))
OWNER = ("organization_id", "task_id", "principal", "process_id", "is_open", "deadline")
_EMPTY: dict[str, Any] = {"values": {}, "signatures": ()}
# what the engine's fields hold when their column holds its default; who owns a task is always written
_DEFAULTS = tuple(_EMPTY.get(name, object() if name == "owners" else store.insert.defaults[name]) for name in STATE)
_OWNERS, _VALUES, _SIGNATURES = (STATE.index(name) for name in ("owners", "values", "signatures"))


def task_of(row: TaskRow) -> Task:
    """The engine's task of a stored one."""
    return Task(
        id=row.id,
        increment_id=row.increment_id,
        process_id=row.process_id,
        template_id=row.template_id,
        step_id=row.step_id,
        alias=row.alias,
        title=row.title,
        summary=row.summary,
        task_type=row.task_type,
        status=row.status,
        status_before_hiding=row.status_before_hiding,
        visibility_lock=row.visibility_lock,
        position=row.position,
        owners=NOBODY if row.owners == "{}" else _owners(row.owners),
        watch_only=row.watch_only,
        values={} if row.values == "{}" else _values(row.values),
        started_at=row.started_at,
        started_explicitly=bool(row.started_explicitly),
        deadline=row.deadline,
        deadline_base=row.deadline_base,
        deadline_pinned=bool(row.deadline_pinned),
        deadline_held=bool(row.deadline_held),
        created_at=row.created_at,
        updated_at=row.updated_at,
        completed_at=row.completed_at,
        archived_at=row.archived_at,
        starter_id=row.starter_id,
        completer_id=row.completer_id,
        completer_guest=row.completer_guest,
        is_approved=None if row.is_approved is None else bool(row.is_approved),
        was_reopened=bool(row.was_reopened),
        signatures=() if row.signatures == "[]" else _signatures(row.signatures),
        open_problems=row.open_problems,
        is_oneoff=bool(row.is_oneoff),
        max_assignable=row.max_assignable,
        webhook=row.webhook,
        stage_id=row.stage_id,
        everyone_must_complete=bool(row.everyone_must_complete),
        can_complete_only_assignees=bool(row.can_complete_only_assignees),
        allow_guest_owners=bool(row.allow_guest_owners),
        prevent_guest_comment=bool(row.prevent_guest_comment),
        is_soft_start_date=bool(row.is_soft_start_date),
        top_secret=bool(row.top_secret),
        send_chromeless=bool(row.send_chromeless),
    )


def extras(rows: Iterable[TaskRow]) -> dict[str, TaskRow]:
    """The rows that hold what the engine's state does not, by task id."""
    return {row.id: row for row in rows if row.fields is not None or row.custom_fields is not None}


def fields_of(row: TaskRow) -> tuple[Field, ...]:
    """The form fields that a one-off task carries itself."""
    return () if row.fields is None else _fields(row.fields)


@lru_cache(maxsize=4096)
def _owners_document(owners: Owners) -> str:
    return document(owners) if owners else "{}"


def document(value: Any) -> str:
    """A part of the state as it is stored."""
    return _encode(value).decode()


async def load(reader: Reader, organization_id: str, process_id: str) -> list[TaskRow]:
    """The rows of a process's tasks in position order."""
    return await reader.all(store.of_process, organization_id=organization_id, process_id=process_id)


async def load_many(reader: Reader, organization_id: str, process_ids: Sequence[str]) -> list[TaskRow]:
    """The rows of several processes' tasks, process by process, in position order."""
    return await reader.all(store.of_processes, organization_id=organization_id, process_ids=list(process_ids))


async def insert(
    tx: Transaction,
    organization_id: str,
    tasks: Sequence[Task],
    fields: dict[str, tuple[Field, ...]] | None = None,
    custom_fields: dict[str, str | None] | None = None,
) -> None:
    """Store new tasks and whom they belong to."""
    shape: tuple[str, ...] = ()
    alike: list[tuple[Any, ...]] = []
    owners: list[tuple[Any, ...]] = []
    for task in tasks:
        values = [*astuple(task)]
        # what was never set is the very same object
        places = [at for at in compress(_PLACES, map(is_not, values, _DEFAULTS)) if values[at] != _DEFAULTS[at]]
        values[_OWNERS] = _owners_document(task.owners)
        values[_VALUES] = document(task.values)
        values[_SIGNATURES] = document(task.signatures)
        names = ["organization_id", *map(STATE.__getitem__, places)]
        row = [organization_id, *map(values.__getitem__, places)]
        if fields and fields.get(task.id):
            names.append("fields")
            row.append(document(fields[task.id]))
        if custom_fields and custom_fields.get(task.id):
            names.append("custom_fields")
            row.append(custom_fields[task.id])
        if (*names,) != shape:
            await store.insert.put(tx, shape, alike)
            shape, alike = (*names,), []
        alike.append((*row,))
        owners += owner_rows(organization_id, task)
    await store.insert.put(tx, shape, alike)
    await store.insert_owner.put(tx, OWNER, owners)


async def update(tx: Transaction, organization_id: str, before: Task, after: Task) -> None:
    """Write the difference between two states of a task."""
    changes: dict[str, Any] = {}
    old, new = astuple(before), astuple(after)
    # what was not set is the very same object
    for place in compress(_PLACES, map(is_not, old, new)):
        value = new[place]
        if value != old[place]:
            name = STATE[place]
            changes[name] = document(value) if name in DOCUMENTS else value
    if changes:
        statement = store.update(tuple(changes))
        await tx.defer(statement, organization_id=organization_id, id=after.id, **changes)
    if "owners" in changes:
        await tx.run(store.delete_owners, organization_id=organization_id, task_id=after.id)
        await store.insert_owner.put(tx, OWNER, owner_rows(organization_id, after))
    elif after.owners and (after.is_open, _due(after)) != (before.is_open, _due(before)):
        await tx.defer(
            store.follow,
            organization_id=organization_id,
            task_id=after.id,
            is_open=after.is_open,
            deadline=_due(after),
        )


async def delete(tx: Transaction, organization_id: str, task_id: str) -> None:
    """Remove a task for good."""
    await tx.run(store.delete, organization_id=organization_id, id=task_id)


async def unlink(tx: Transaction, organization_id: str, task: Task) -> None:
    """Store that a task belongs to no process any more."""
    await tx.run(store.unlink, organization_id=organization_id, id=task.id, updated_at=task.updated_at)
    await tx.run(store.unlink_owners, organization_id=organization_id, task_id=task.id)


async def stand_still(tx: Transaction, organization_id: str, process_id: str, still: bool) -> None:
    """Stop the clock of a process's expiring tasks, or let it go on."""
    await tx.run(store.stand_still, organization_id=organization_id, process_id=process_id, stands_still=still)


async def close_process(tx: Transaction, organization_id: str, process_id: str) -> None:
    """No task of an archived process is open to anybody."""
    await tx.run(store.close_process, organization_id=organization_id, process_id=process_id)


async def open_process(tx: Transaction, organization_id: str, process_id: str) -> None:
    """The open tasks of a process that was brought back are open to their people again."""
    await tx.run(store.open_process, organization_id=organization_id, process_id=process_id)


def _due(task: Task) -> int | None:
    return None if task.deadline_held else task.deadline


@lru_cache(maxsize=4096)
def principals(owners: Owners) -> tuple[str, ...]:
    """The words under which these people own tasks: `u:<id>`, `g:<address>`, `r:<group>`."""
    return (
        *(f"u:{user}" for user in owners.users),
        *(f"g:{guest}" for guest in owners.guests),
        *(f"r:{group}" for group in owners.groups),
    )


def owner_rows(organization_id: str, task: Task) -> list[tuple[Any, ...]]:
    """Whom a task belongs to, as rows in the order of `OWNER`."""
    after = (task.process_id, task.is_open, _due(task))
    return [(organization_id, task.id, principal, *after) for principal in principals(task.owners)]
