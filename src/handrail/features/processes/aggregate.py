"""A process with its tasks as one thing: locked, loaded in two statements, and saved as the difference.

Every save raises the process's revision. What was saved or loaded last is kept in memory, so that a command on a
process that nobody else has changed meanwhile reads the revision alone.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import compress
from operator import attrgetter, is_not
from typing import Any

import msgspec
from msgspec.structs import astuple, replace

from handrail.engine.definition import Field
from handrail.engine.events import Event, Outcome
from handrail.engine.state import NOTHING_REMEMBERED, Launched, Process, RuleState, Task
from handrail.features.activity.service import Entry, Fact, record
from handrail.features.notices import noting
from handrail.features.processes import store, webhook_bodies
from handrail.features.processes.store import ProcessRow as ProcessRow
from handrail.features.processes.titles import filled
from handrail.features.tags import service as tags
from handrail.features.tasks import persistence
from handrail.features.tasks.persistence import TaskRow
from handrail.features.threads.recording import SAID, bot_comments
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction

_values = msgspec.json.Decoder(dict[str, Any]).decode
_rule_state = msgspec.json.Decoder(RuleState).decode
_launched = msgspec.json.Decoder(tuple[Launched, ...]).decode
_integers = msgspec.json.Decoder(tuple[int, ...]).decode

DOCUMENTS = frozenset({"kickoff", "collaborators", "rule_state", "launched"})
# the stored fields of the engine's process; its tasks come last and are rows of their own
STATE = Process.__struct_fields__[:-1]
assert Process.__struct_fields__[-1] == "tasks"
_PLACES = range(len(STATE))
_kind: Callable[[Event], str] = attrgetter("kind")
_task_id: Callable[[Event], str | None] = attrgetter("task_id")


class Aggregate(msgspec.Struct, frozen=True):
    """A stored process and the engine's state of it; `extras` are the rows of tasks that hold what the engine's
    state does not: form fields of their own, or metadata."""

    row: ProcessRow
    process: Process
    extras: Mapping[str, TaskRow] = {}

    def oneoff_fields(self) -> dict[str, tuple[Field, ...]]:
        """The form fields of the one-off tasks in the process."""
        if not self.extras:
            return {}
        return {row.id: persistence.fields_of(row) for row in self.extras.values() if row.fields is not None}


class Kept:
    """The aggregates used last, as of their revision, up to a number of tasks in all."""

    def __init__(self, tasks: int) -> None:
        self._room = tasks
        self._found: OrderedDict[tuple[str, str], Aggregate] = OrderedDict()

    def get(self, organization_id: str, process_id: str) -> Aggregate | None:
        return self._found.get((organization_id, process_id))

    def put(self, aggregate: Aggregate) -> None:
        key = (aggregate.row.organization_id, aggregate.row.id)
        self.drop(*key)
        self._found[key] = aggregate
        self._room -= len(aggregate.process.tasks) + 1
        while self._room < 0 and self._found:
            self.drop(*next(iter(self._found)))

    def drop(self, organization_id: str, process_id: str) -> None:
        gone = self._found.pop((organization_id, process_id), None)
        if gone is not None:
            self._room += len(gone.process.tasks) + 1


kept = Kept(tasks=20_000)


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
        parent_task_id=row.parent_task_id,
        generation=row.generation,
        launched=() if row.launched == "[]" else _launched(row.launched),
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
        rule_state=NOTHING_REMEMBERED if row.rule_state == "{}" else _rule_state(row.rule_state),
        watch_at=row.watch_at,
        tasks=tasks,
    )


async def load(reader: Reader, organization_id: str, process_id: str) -> Aggregate:
    """The process and its tasks. NotFound."""
    row = await reader.one(store.by_id, organization_id=organization_id, id=process_id)
    if row is None:
        raise NotFound
    return await _with_tasks(reader, row)


async def lock(tx: Transaction, organization_id: str, process_id: str) -> Aggregate:
    """The process and its tasks, kept from being changed by others until the transaction ends. NotFound."""
    known = kept.get(organization_id, process_id)
    if known is not None:
        row = known.row
        if await tx.still(store.revision_locked, row.revision, organization_id=organization_id, id=process_id):
            return known
    row = await tx.one(store.by_id_locked, organization_id=organization_id, id=process_id)
    if row is None:
        raise NotFound
    return await _with_tasks(tx, row)


async def _with_tasks(reader: Reader, row: ProcessRow) -> Aggregate:
    rows = await persistence.load(reader, row.organization_id, row.id)
    tasks = tuple(persistence.task_of(task) for task in rows)
    return Aggregate(row, process_of(row, tasks), persistence.extras(rows))


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
) -> Aggregate:
    """Store a new process: `extra` holds the columns that the engine does not know."""
    process = outcome.process
    row: dict[str, Any] = dict(zip(STATE, astuple(process), strict=False))
    row["kickoff"] = persistence.document(process.kickoff)
    row["collaborators"] = persistence.document(process.collaborators)
    row["rule_state"] = persistence.document(process.rule_state)
    row["launched"] = "[]"
    row |= extra
    row["organization_id"] = actor.organization_id
    row["revision"] = 1
    await store.insert.one(tx, row)
    await persistence.insert(tx, actor.organization_id, process.tasks, fields)
    await tell(tx, actor, process, outcome.events, now, fields=fields)
    created = Aggregate(ProcessRow(**row), process)
    if not fields:
        tx.after_commit(lambda: kept.put(created))
    return created


async def save(
    tx: Transaction,
    actor: Actor,
    aggregate: Aggregate,
    outcome: Outcome,
    now: int,
    *,
    extra: dict[str, Any] | None = None,
    fields: dict[str, tuple[Field, ...]] | None = None,
    unlinked: frozenset[str] = frozenset(),
) -> Aggregate:
    """Write what a command changed: the process's columns, each changed task, new and removed tasks, the feed.

    Tasks that are `unlinked` leave the process and are not deleted; whoever calls stores them.
    """
    before, after = aggregate.process, outcome.process
    organization_id = actor.organization_id
    changes: dict[str, Any] = dict(extra or {})
    if after is not before:
        old, new = astuple(before), astuple(after)
        # what was not set is the very same object
        for place in compress(_PLACES, map(is_not, old, new)):
            value = new[place]
            if value != old[place]:
                name = STATE[place]
                changes[name] = persistence.document(value) if name in DOCUMENTS else value
    if not changes and not outcome.changed and len(after.tasks) == len(before.tasks):
        await tell(tx, actor, after, outcome.events, now, before=aggregate)
        return aggregate
    changes["updated_at"] = now
    changes["revision"] = aggregate.row.revision + 1
    await tx.defer(store.update(tuple(changes)), organization_id=organization_id, id=after.id, **changes)
    whole = True
    pairs = outcome.pairs if outcome.before is before else None
    differing = _differing(before.tasks, after.tasks) if pairs is None else pairs
    if differing is not None:
        for was, task in differing:
            await persistence.update(tx, organization_id, was, task)
    else:
        known = {task.id: task for task in before.tasks}
        fresh = [task for task in after.tasks if task.id not in known]
        whole = not (fresh and fields)
        await persistence.insert(tx, organization_id, fresh, fields)
        for task in outcome.changed_tasks():
            if task.id in known:
                await persistence.update(tx, organization_id, known[task.id], task)
        if len(after.tasks) - len(fresh) != len(before.tasks):
            for gone in known.keys() - {task.id for task in after.tasks} - unlinked:
                await persistence.delete(tx, organization_id, gone)
    if not ENDINGS.isdisjoint(map(_kind, outcome.events)):
        await tags.take_off_machine_made(tx, organization_id, after.id)
    if after is not before and _stands_still(before) != _stands_still(after):
        await persistence.stand_still(tx, organization_id, after.id, _stands_still(after))
    await tell(tx, actor, after, outcome.events, now, before=aggregate, fields=fields)
    saved = Aggregate(replace(aggregate.row, **changes), after, aggregate.extras)
    if whole:
        tx.after_commit(lambda: kept.put(saved))
    return saved


def _differing(before: tuple[Task, ...], after: tuple[Task, ...]) -> list[tuple[Task, Task]] | None:
    """The tasks that a command has touched, before and after; None when some came, went or changed places."""
    if after is before:
        return []
    if len(after) != len(before):
        return None
    found = [pair for pair in zip(before, after, strict=True) if pair[0] is not pair[1]]
    return found if all(was.id == task.id for was, task in found) else None


def _stands_still(process: Process) -> bool:
    """Archived, or with an open issue of its own, which stops the clock (decision 46)."""
    return process.archived_at is not None or process.open_issues > 0


# what takes the tags of machines off a process (engine 9.2)
ENDINGS = frozenset({"process.completed", "process.archived"})
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
    "task.unlinked": ("unlinked", "Task", "Took out of its process: task"),
    "launch.process": ("created", "Task", "Launched a process on completion of task"),
    "launch.tasks": ("created", "Task", "Added the steps of a template on completion of task"),
    "launch.refused": ("updated", "Task", "Launched nothing on completion of task"),
}
# what an action of a rule is in the feed, by its verb; `alias` is the rule's
RULE_FEED: dict[str, tuple[str, str]] = {
    "show": ("updated", "showed task"),
    "hide": ("updated", "hid task"),
    "deadline": ("updated", "moved the deadline of task"),
    "assign": ("owners-updated", "changed the owners of task"),
    "assign_only": ("owners-updated", "changed the owners of task"),
    "unassign": ("owners-updated", "changed the owners of task"),
    "clear_assignees": ("owners-updated", "changed the owners of task"),
    "reopen": ("re-opened", "reopened task"),
    "emit_webhook": ("updated", "called the webhook for task"),
}
# what other programs may subscribe to (engine 10.1); what is sent to the address in a rule comes with its body
PUBLISHED = frozenset({"process.launched", "process.completed", "task.completed", "task.assigned", "rule.webhook"})


async def tell(
    tx: Transaction,
    actor: Actor,
    process: Process | None,
    happened: tuple[Event, ...],
    now: int,
    task: Task | None = None,
    *,
    before: Aggregate | None = None,
    fields: Mapping[str, tuple[Field, ...]] | None = None,
) -> None:
    """Write the feed entries and events of what happened, in the same transaction.

    `before` and `fields`, those of new one-off tasks by task id, tell what the webhook of a rule says of answers.
    """
    entries: list[Entry] = []
    facts: list[Fact] = []
    # of facts that still lack the body of a webhook, by their place
    sent: dict[int, Event] = {}
    process_id = None if process is None else process.id
    kinds = {*map(_kind, happened)}
    titles = await _titles(tx, actor, process, happened, task, before)
    for event in happened:
        feed = _in_feed(event)
        if feed is not None:
            verb, kind, words = feed
            if kind == "Run":
                assert process is not None
                entries.append(
                    Entry(
                        verb=verb,
                        subject_type=kind,
                        subject_id=process.id,
                        description=f"{words}: {process.name}",
                        detail=event.data or None,
                    )
                )
            else:
                title = titles.get(event.task_id or "", "")
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
            if event.kind == "rule.webhook":
                sent[len(facts)] = event
            facts.append(Fact(type=event.kind, process_id=process_id, task_id=event.task_id, data=event.data))
    if sent and process is not None:
        known = {**({} if before is None else before.oneoff_fields()), **(fields or {})}
        bodies = await webhook_bodies.of_rules(tx, actor, process, list(sent.values()), known)
        for (place, event), body in zip(sent.items(), bodies, strict=True):
            facts[place] = replace(facts[place], data={**event.data, "body": body})
    if entries or facts:
        await record(tx, actor, now, entries, facts)
        if not kinds.isdisjoint(noting.TOLD):
            await noting.of_command(tx, actor, process, task, happened, now)
    if not kinds.isdisjoint(SAID):
        await bot_comments(tx, actor, process_id, happened, now)


async def _titles(
    tx: Transaction,
    actor: Actor,
    process: Process | None,
    happened: tuple[Event, ...],
    task: Task | None,
    before: Aggregate | None,
) -> dict[str, str]:
    """What to call the tasks of these events, those that are gone by now too."""
    ids = {*filter(None, map(_task_id, happened))}
    if process is None:
        return {} if task is None else dict.fromkeys(ids, task.title)
    found: dict[str, Task] = {}
    for one in ids:
        known = process.task(one) or (None if before is None else before.process.task(one))
        if known is not None:
            found[one] = known
    called = await filled(tx, actor, process, found.values())
    return {one: called.get(one, known.title) for one, known in found.items()}


def _in_feed(event: Event) -> tuple[str, str, str] | None:
    """Verb, type of the subject and words before the title; of what a rule did, only the entry that names the rule."""
    if "rule" not in event.data:
        return FEED.get(event.kind)
    rule = f'Rule "{event.data.get("alias")}"'
    if event.kind == "rule.applied":
        verb, words = RULE_FEED[event.data["verb"]]
        return verb, "Task", f"{rule} {words}"
    return ("updated", "Task", f"{rule}, taken back, changed task") if event.kind == "rule.reversed" else None


async def tell_deleted(tx: Transaction, actor: Actor, task: Task, now: int) -> None:
    """Write the feed entry of a task that was deleted outside of any process."""
    await tell(tx, actor, None, (Event("task.deleted", task.id),), now, task)
