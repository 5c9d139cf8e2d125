"""What changes of people do to their tasks: groups that are joined, left or deleted, guests who become members.

Engine 7.1, 7.6 and decision 56. Whoever changes the people need not see the tasks.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from handrail.engine import membership
from handrail.engine.assignment import Group
from handrail.engine.context import Context
from handrail.engine.definition import Owners
from handrail.engine.events import Outcome
from handrail.engine.membership import Succession
from handrail.engine.state import Process, Task
from handrail.engine.working import TaskOutcome
from handrail.features.activity.service import Entry, record
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.processes import aggregate, following
from handrail.features.processes import service as processes
from handrail.features.processes.command import invite, take
from handrail.features.tasks import persistence, store, titles
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import task_owners, tasks
from handrail.schema.words import among, is_, own


class _Place(msgspec.Struct, frozen=True):
    """A task and where it is."""

    id: str
    process_id: str | None


def _held(*conditions: sa.ColumnElement[bool]) -> Statement[_Place]:
    """Tasks of the people in `principals`, process by process, so that all who lock processes do it in one order."""
    held = sa.select(task_owners.c.task_id).where(own(task_owners), any_of(task_owners.c.principal, "principals"))
    return Statement(
        sa.select(tasks.c.id, tasks.c.process_id)
        .where(own(tasks), tasks.c.id.in_(held), *conditions)
        .order_by(tasks.c.process_id, tasks.c.id),
        _Place,
    )


_all_held = _held()
_unfinished_held = _held(tasks.c.completed_at.is_(None))
_open = (among(tasks.c.status, ("not-started", "in-progress")), tasks.c.archived_at.is_(None))
_waiting_for_signatures = _held(*_open, tasks.c.everyone_must_complete == sa.true())
_to_be_done = _held(tasks.c.completed_at.is_(None), tasks.c.archived_at.is_(None))

_open_count = Statement[tuple[int]](
    sa.select(sa.func.count(sa.distinct(task_owners.c.task_id))).where(
        own(task_owners), any_of(task_owners.c.principal, "principals"), task_owners.c.is_open == sa.true()
    )
)


class _Owned(msgspec.Struct, frozen=True):
    """An assignment of a task."""

    task_id: str
    process_id: str | None
    is_open: bool
    deadline: int | None


_owned = Statement(
    sa.select(*(task_owners.c[name] for name in _Owned.__struct_fields__))
    .where(own(task_owners), is_(task_owners.c.principal))
    .order_by(task_owners.c.task_id),
    _Owned,
)
_drop_owner = Statement[None](sa.delete(task_owners).where(own(task_owners), is_(task_owners.c.principal)))
_rows = Statement(
    sa.select(*store.COLUMNS).where(own(tasks), any_of(tasks.c.id, "ids")).order_by(tasks.c.id).with_for_update(),
    store.TaskRow,
)


async def open_count(reader: Reader, organization_id: str, principals: Iterable[str]) -> int:
    """How many tasks these people together still have to do."""
    return int(await reader.value(_open_count, organization_id=organization_id, principals=list(principals)))


async def count_again(tx: Transaction, actor: Actor, principals: Iterable[str], now: int) -> None:
    """After a change of who these principals are: complete their tasks that everyone left has signed, and give those
    that are left to the guests of a group a member (engine 7.5)."""
    organization_id, words = actor.organization_id, sorted(set(principals))
    places = set(await tx.all(_waiting_for_signatures, organization_id=organization_id, principals=words))
    group_ids = tuple(word[2:] for word in words if word.startswith("r:"))
    known = await people.directory(tx, actor, [Owners(groups=group_ids)])
    without_members = [f"r:{group.id}" for group in known.groups.values() if not group.members]
    if without_members:
        places.update(await tx.all(_to_be_done, organization_id=organization_id, principals=without_members))
    await _on_each(
        tx,
        actor,
        now,
        sorted(places, key=lambda place: (place.process_id or "", place.id)),
        in_process=membership.count_again,
        alone=membership.count_again_on_task,
    )


async def succeed(tx: Transaction, actor: Actor, succession: Succession, now: int, *, also: Sequence[str] = ()) -> None:
    """Put one person in the place of another, or of nobody, on all their tasks; see the engine's `succeed`.

    `also` are the principals of groups in which the heir has taken their place already.
    """
    statement = _all_held if succession.finished else _unfinished_held
    principals = [*persistence.principals(succession.gone), *also]
    places = await tx.all(statement, organization_id=actor.organization_id, principals=principals)
    await _on_each(
        tx,
        actor,
        now,
        places,
        in_process=lambda context, process, _: membership.succeed(context, process, succession),
        alone=lambda context, task: membership.succeed_on_task(context, task, succession),
        named=(succession.gone, succession.heir),
    )


InProcess = Callable[[Context, Process, Sequence[str]], Outcome]
Alone = Callable[[Context, Task], TaskOutcome]


async def _on_each(
    tx: Transaction,
    actor: Actor,
    now: int,
    places: Sequence[_Place],
    *,
    in_process: InProcess,
    alone: Alone,
    named: Sequence[Owners] = (),
) -> None:
    by_process: dict[str, list[str]] = {}
    single: list[str] = []
    for place in places:
        if place.process_id is None:
            single.append(place.id)
        else:
            by_process.setdefault(place.process_id, []).append(place.id)
    for process_id, ids in by_process.items():
        await _in_process(tx, actor, now, process_id, ids, in_process, named)
    for task_id in single:
        await _alone(tx, actor, now, task_id, alone, named)


async def _in_process(
    tx: Transaction,
    actor: Actor,
    now: int,
    process_id: str,
    ids: Sequence[str],
    command: InProcess,
    named: Sequence[Owners],
) -> None:
    try:
        ready = await take(tx, actor, process_id)
    except NotFound:  # deleted meanwhile
        return
    before = ready.aggregate.process
    present = [task_id for task_id in ids if before.task(task_id) is not None]
    about = [task for task in before.tasks if task.everyone_must_complete or task.id in ids]
    starters = [task.starter_id for task in about if task.starter_id is not None]
    context = await ready.context(tx, actor, now, [*named, *(task.owners for task in about)], starters)
    followed = await following.run(tx, actor, ready, context, now, lambda around: command(around, before, present))
    outcome, context = followed.outcome, followed.context
    await invite(tx, actor, before, outcome, context, now)
    await aggregate.save(tx, actor, ready.aggregate, outcome, now)
    await following.stored(tx, actor, followed)
    if before.archived_at is not None:
        await persistence.close_process(tx, actor.organization_id, process_id)


async def _alone(
    tx: Transaction, actor: Actor, now: int, task_id: str, command: Alone, named: Sequence[Owners]
) -> None:
    row = await tx.one(store.by_id_locked, organization_id=actor.organization_id, id=task_id)
    if row is None:
        return
    before = persistence.task_of(row)
    starters = () if before.starter_id is None else (before.starter_id,)
    directory = await people.directory(tx, actor, [*named, before.owners], starters)
    context = Context(
        organization=await organizations.load(tx, actor.organization_id),
        directory=directory,
        people=directory,
        now=now,
        oneoff_fields={task_id: persistence.fields_of(row)},
    )
    outcome = command(context, before)
    if outcome.changed:
        await persistence.update(tx, actor.organization_id, before, outcome.task)
    await aggregate.tell(tx, actor, None, outcome.events, now, outcome.task)


async def dissolve_group(tx: Transaction, actor: Actor, group: Group, now: int) -> None:
    """Give every task of a group, completed ones too, to its people one by one; nobody gains or loses by it."""
    organization_id, principal = actor.organization_id, f"r:{group.id}"
    held = await tx.all(_owned, organization_id=organization_id, principal=principal)
    # processes before their tasks, the order in which every command locks
    await processes.lock_for_changes(tx, organization_id, (row.process_id for row in held if row.process_id))
    held = await tx.all(_owned, organization_id=organization_id, principal=principal)
    rows = await tx.all(_rows, organization_id=organization_id, ids=[row.task_id for row in held])
    assignments = {row.task_id: row for row in held}
    found = [persistence.task_of(row) for row in rows]
    groups = dict.fromkeys(group_id for task in found for group_id in task.owners.groups)
    named = Owners(guests=group.guests, groups=tuple(groups))
    directory = await people.directory(tx, actor, [named], group.members)
    changed: list[Task] = []
    fresh: list[dict[str, Any]] = []
    for before in found:
        owners, watch_only = membership.dissolved(before, group, actor.user_id, directory)
        changed.append(replace(before, owners=owners, watch_only=watch_only))
        known = persistence.principals(before.owners)
        assignment = msgspec.structs.asdict(assignments[before.id])
        fresh += [
            {**assignment, "organization_id": organization_id, "principal": word}
            for word in persistence.principals(owners)
            if word not in known
        ]
    await tx.run(_drop_owner, organization_id=organization_id, principal=principal)
    await tx.many(
        store.update(("owners", "watch_only", "updated_at")),
        [
            {
                "organization_id": organization_id,
                "id": task.id,
                "owners": persistence.document(task.owners),
                "watch_only": task.watch_only,
                "updated_at": now,
            }
            for task in changed
        ],
    )
    await store.insert_owner.many(tx, fresh)
    told = [task for task in changed if task.is_open]
    called = await titles.filled(tx, actor, told)
    await record(tx, actor, now, [_dissolved(task, group, called[task.id]) for task in told])


def _dissolved(task: Task, group: Group, title: str) -> Entry:
    return Entry(
        verb="owners-updated",
        subject_type="Task",
        subject_id=task.id,
        description=f"Assigned to the people of a deleted group: {title}",
        parent_type=None if task.process_id is None else "Run",
        parent_id=task.process_id,
        detail={
            "added": Owners(users=group.members, guests=group.guests),
            "removed": Owners(groups=(group.id,)),
        },
    )
