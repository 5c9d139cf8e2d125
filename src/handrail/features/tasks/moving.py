"""Handing over one member's open tasks to another, hidden ones and those of archived processes too (engine 7.6)."""

from collections.abc import Sequence

from msgspec.structs import replace

from handrail.engine.definition import Owners
from handrail.engine.edit_task import EditTask, OwnersEdit
from handrail.engine.permit import Doer
from handrail.engine.signing import needs_everyone
from handrail.engine.state import Task
from handrail.features.activity.service import Entry, Fact, record
from handrail.features.processes import service as processes
from handrail.features.tasks import commands, persistence, store, titles
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Impossible
from handrail.ports.database import Transaction


async def reassign(tx: Transaction, actor: Actor, from_user: int, to_user: int, now: int) -> list[str]:
    """Put one member in the place of another on every task that is not completed; the ids of these tasks.

    A task that everyone must complete and on which the heir has signed already may be completed by that.
    """
    organization_id, person = actor.organization_id, f"u:{from_user}"
    found = await tx.all(store.processes_of_person, organization_id=organization_id, principal=person)
    # processes before their tasks, the order in which every command locks
    await processes.lock_for_changes(tx, organization_id, (row[0] for row in found))
    rows = await tx.all(store.open_of_person, organization_id=organization_id, principal=person)
    tasks = [persistence.task_of(row) for row in rows]
    late = {task.process_id for task in tasks if task.process_id is not None} - {row[0] for row in found}
    await processes.lock_for_changes(tx, organization_id, late)
    signed = [task for task in tasks if needs_everyone(task) and str(to_user) in task.signatures]
    waiting = {task.id for task in signed}
    await _move(tx, actor, [task for task in tasks if task.id not in waiting], from_user, to_user, now)
    left = [task for task in signed if not await _settled(tx, actor, task, from_user, to_user, now)]
    if left:
        # the engine may have saved other tasks of the same processes meanwhile
        await processes.lock_for_changes(tx, organization_id, (task.process_id for task in left if task.process_id))
        await _move(tx, actor, left, from_user, to_user, now)
    return [task.id for task in tasks]


def successors(users: Sequence[int], from_user: int, to_user: int) -> tuple[int, ...]:
    """The same people in the same order, with one in the place of another and nobody twice."""
    return tuple(dict.fromkeys(to_user if user == from_user else user for user in users))


async def _settled(tx: Transaction, actor: Actor, task: Task, from_user: int, to_user: int, now: int) -> bool:
    """Where the heir's signature is there already, the engine decides what follows; False where nothing can follow."""
    users = successors(task.owners.users, from_user, to_user)

    def command(doer: Doer) -> EditTask:
        return EditTask(task_id=task.id, doer=doer, owners=OwnersEdit(users=users))

    try:
        await commands.edit(tx, actor, now, task.id, command, process_id=None, named=Owners(users=users), values=None)
    except Impossible:  # archived, with its process or alone
        return False
    return True


async def _move(tx: Transaction, actor: Actor, tasks: Sequence[Task], from_user: int, to_user: int, now: int) -> None:
    if not tasks:
        return
    organization_id = actor.organization_id
    people = {"from_principal": f"u:{from_user}", "to_principal": f"u:{to_user}"}
    ids = [task.id for task in tasks]
    rows = [
        {
            "organization_id": organization_id,
            "id": task.id,
            "owners": persistence.document(
                replace(task.owners, users=successors(task.owners.users, from_user, to_user))
            ),
            "watch_only": _watcher(task, from_user, to_user),
            "updated_at": now,
        }
        for task in tasks
    ]
    await tx.many(store.update(("owners", "watch_only", "updated_at")), rows)
    await tx.run(store.drop_doubled_owner, organization_id=organization_id, ids=ids, **people)
    await tx.run(store.replace_owner, organization_id=organization_id, ids=ids, **people)
    await _tell(tx, actor, tasks, from_user, to_user, now)


def _watcher(task: Task, from_user: int, to_user: int) -> int | None:
    """Who only watches the task: the heir of whoever did, unless the heir is an owner who has to act."""
    if task.watch_only != from_user:
        return task.watch_only
    return None if to_user in task.owners.users else to_user


async def _tell(tx: Transaction, actor: Actor, tasks: Sequence[Task], from_user: int, to_user: int, now: int) -> None:
    called = await titles.filled(tx, actor, tasks)
    entries = [
        Entry(
            verb="owners-updated",
            subject_type="Task",
            subject_id=task.id,
            description=f"Reassigned task: {called[task.id]}",
            parent_type=None if task.process_id is None else "Run",
            parent_id=task.process_id,
            detail={"added": Owners(users=(to_user,)), "removed": Owners(users=(from_user,))},
        )
        for task in tasks
    ]
    facts = [
        Fact(
            type="task.assigned",
            process_id=task.process_id,
            task_id=task.id,
            data={"owners": Owners(users=(to_user,))},
        )
        for task in tasks
        if task.is_open and to_user not in task.owners.users
    ]
    await record(tx, actor, now, entries, facts)
