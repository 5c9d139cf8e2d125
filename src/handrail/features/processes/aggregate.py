"""A process with its tasks as one thing: loaded in two statements, locked, and saved as the difference."""

from typing import Any

import msgspec

from handrail.engine.definition import Field
from handrail.engine.events import Event, Outcome
from handrail.engine.state import Process, Task
from handrail.features.activity.service import Entry, Fact, record
from handrail.features.processes import store
from handrail.features.processes.store import ProcessRow
from handrail.features.tasks import persistence
from handrail.features.tasks.persistence import TaskRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction

_values = msgspec.json.Decoder(dict[str, Any]).decode
_integers = msgspec.json.Decoder(tuple[int, ...]).decode

DOCUMENTS = frozenset({"kickoff", "collaborators"})
STATE = tuple(name for name in Process.__struct_fields__ if name != "tasks")


class Aggregate(msgspec.Struct, frozen=True):
    """The rows of a process and its tasks, and the same as the engine's state."""

    row: ProcessRow
    task_rows: dict[str, TaskRow]
    process: Process

    def oneoff_fields(self) -> dict[str, tuple[Field, ...]]:
        """The form fields of the one-off tasks in the process."""
        return {row.id: persistence.fields_of(row) for row in self.task_rows.values() if row.fields is not None}


def process_of(row: ProcessRow, tasks: tuple[Task, ...]) -> Process:
    """The engine's process of stored rows."""
    return Process(
        id=row.id,
        increment_id=row.increment_id,
        template_id=row.template_id,
        template_version=row.template_version,
        template_title=row.template_title,
        type=row.type,
        name=row.name,
        summary=row.summary,
        status=row.status,
        owner_id=row.owner_id,
        started_by=row.started_by,
        kickoff={} if row.kickoff == "{}" else _values(row.kickoff),
        kickoff_completed_at=row.kickoff_completed_at,
        kickoff_completed_by=row.kickoff_completed_by,
        kickoff_submitted_by=row.kickoff_submitted_by,
        parent_id=row.parent_id,
        open_issues=row.open_issues,
        can_add_oot=bool(row.can_add_oot),
        created_at=row.created_at,
        started_at=row.started_at,
        updated_at=row.updated_at,
        completed_at=row.completed_at,
        archived_at=row.archived_at,
        tasks_total=row.tasks_total,
        tasks_complete=row.tasks_complete,
        whole_total=row.whole_total,
        whole_complete=row.whole_complete,
        due_at=row.due_at,
        collaborators=_integers(row.collaborators),
        tasks=tasks,
    )


async def load(reader: Reader, organization_id: str, process_id: str, *, lock: bool = False) -> Aggregate:
    """The process and its tasks; `lock` keeps others from changing it until the transaction ends. NotFound."""
    statement = store.by_id_locked if lock else store.by_id
    row = await reader.one(statement, organization_id=organization_id, id=process_id)
    if row is None:
        raise NotFound
    rows = await persistence.load(reader, organization_id, process_id)
    tasks = tuple(persistence.task_of(task) for task in rows)
    return Aggregate(row, {task.id: task for task in rows}, process_of(row, tasks))


def plain_columns() -> dict[str, Any]:
    """The columns that the engine does not know, as a process without a template of its own has them."""
    return {
        "kickoff_length": 0,
        "starred": False,
        "is_public": False,
        "assign_someone_else": False,
        "publicly_hidden_fields": "[]",
        "users": "[]",
        "groups": "[]",
        "custom_fields": None,
    }


async def insert(
    tx: Transaction,
    actor: Actor,
    outcome: Outcome,
    extra: dict[str, Any],
    now: int,
    *,
    fields: dict[str, tuple[Field, ...]] | None = None,
) -> None:
    """Store a new process: `extra` holds the columns that the engine does not know."""
    process = outcome.process
    row: dict[str, Any] = {name: getattr(process, name) for name in STATE}
    row["kickoff"] = persistence.document(process.kickoff)
    row["collaborators"] = persistence.document(process.collaborators)
    await tx.run(store.insert, organization_id=actor.organization_id, **row, **extra)
    await persistence.insert(tx, actor.organization_id, process.tasks, fields)
    await tell(tx, actor, process, outcome.events, now)


async def save(
    tx: Transaction,
    actor: Actor,
    before: Process,
    outcome: Outcome,
    now: int,
    *,
    extra: dict[str, Any] | None = None,
    fields: dict[str, tuple[Field, ...]] | None = None,
) -> None:
    """Write what a command changed: the process's columns, each changed task, new and removed tasks, the feed."""
    after = outcome.process
    organization_id = actor.organization_id
    changes: dict[str, Any] = dict(extra or {})
    if after is not before:
        for name in STATE:
            new = getattr(after, name)
            if new is not getattr(before, name) and new != getattr(before, name):
                changes[name] = persistence.document(new) if name in DOCUMENTS else new
    if changes:
        changes["updated_at"] = now
        await tx.run(store.update(tuple(changes)), organization_id=organization_id, id=after.id, **changes)
    if outcome.changed or len(after.tasks) != len(before.tasks):
        known = {task.id: task for task in before.tasks}
        await persistence.insert(tx, organization_id, [task for task in after.tasks if task.id not in known], fields)
        for task in outcome.changed_tasks():
            if task.id in known:
                await persistence.update(tx, organization_id, known[task.id], task)
        for gone in known.keys() - {task.id for task in after.tasks}:
            await persistence.delete(tx, organization_id, gone)
    await tell(tx, actor, after, outcome.events, now)


# what each event of the engine is in the feed: verb, type of the subject, words before the title
FEED: dict[str, tuple[str, str, str]] = {
    "process.launched": ("created", "Run", "Launched process"),
    "process.completed": ("completed", "Run", "Completed process"),
    "process.reopened": ("re-opened", "Run", "Process is active again"),
    "process.updated": ("updated", "Run", "Updated process"),
    "process.archived": ("archived", "Run", "Archived process"),
    "process.activated": ("unarchived", "Run", "Activated process"),
    "kickoff.completed": ("completed", "Run", "Submitted the kick-off form of"),
    "kickoff.reopened": ("re-opened", "Run", "Reopened the kick-off form of"),
    "task.created": ("created", "Task", "Added task"),
    "task.completed": ("completed", "Task", "Completed task"),
    "task.signed": ("updated", "Task", "Signed task"),
    "task.reopened": ("re-opened", "Task", "Reopened task"),
    "task.updated": ("updated", "Task", "Updated task"),
    "task.owners_changed": ("owners-updated", "Task", "Changed the owners of task"),
    "task.deadline_changed": ("updated", "Task", "Moved the deadline of task"),
    "task.shown": ("updated", "Task", "Showed task"),
    "task.hidden": ("updated", "Task", "Hid task"),
    "task.archived": ("archived", "Task", "Archived task"),
    "task.restored": ("unarchived", "Task", "Restored task"),
    "task.deleted": ("deleted", "Task", "Deleted task"),
}
# what other programs may subscribe to (engine 10.1)
PUBLISHED = frozenset({"process.launched", "process.completed", "task.completed", "task.assigned"})


async def tell(
    tx: Transaction,
    actor: Actor,
    process: Process | None,
    happened: tuple[Event, ...],
    now: int,
    task: Task | None = None,
) -> None:
    """Write the feed entries and events of what happened, in the same transaction."""
    entries: list[Entry] = []
    facts: list[Fact] = []
    process_id = None if process is None else process.id
    for event in happened:
        feed = FEED.get(event.kind)
        if feed is not None:
            verb, kind, words = feed
            if kind == "Run":
                assert process is not None
                entries.append(
                    Entry(verb=verb, subject_type=kind, subject_id=process.id, description=f"{words}: {process.name}")
                )
            else:
                subject = task or (process.task(event.task_id or "") if process is not None else None)
                title = "" if subject is None else subject.title
                entries.append(
                    Entry(
                        verb=verb,
                        subject_type=kind,
                        subject_id=event.task_id or "",
                        description=f"{words}: {title}",
                        parent_type="Run" if process_id is not None else None,
                        parent_id=process_id,
                        detail=event.data or None,
                    )
                )
        if event.kind in PUBLISHED:
            facts.append(Fact(type=event.kind, process_id=process_id, task_id=event.task_id, data=event.data))
    if entries or facts:
        await record(tx, actor, now, entries, facts)


async def tell_deleted(tx: Transaction, actor: Actor, task: Task, now: int) -> None:
    """Write the feed entry of a task that was deleted outside of any process."""
    await tell(tx, actor, None, (Event("task.deleted", task.id),), now, task)
