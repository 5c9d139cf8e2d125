"""From stored processes to the wire: what is derived for the reader, and a page's includes in one query each."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handrail.engine.events import Outcome
from handrail.engine.portable import stage_to_wire
from handrail.engine.progress import is_due_soon, is_overdue, percent
from handrail.engine.state import Task
from handrail.engine.variables import Texts, has_variables
from handrail.features.folders import service as folders
from handrail.features.processes import access, aggregate, family, snapshot, store, wire
from handrail.features.processes.aggregate import Aggregate
from handrail.features.processes.snapshot import Snapshot
from handrail.features.processes.store import ProcessRow
from handrail.features.tags import service as tags
from handrail.features.tasks import persistence
from handrail.features.tasks import view as tasks_view
from handrail.features.tasks.persistence import TaskRow
from handrail.features.templates import service as templates
from handrail.features.threads import reading
from handrail.http.call import Call
from handrail.http.envelope import Included
from handrail.kernel.clock import DAY, iso, iso_or_none
from handrail.ports.database import Reader

INCLUDES = (
    "checklist",
    "tasks",
    "tasks.form_fields",
    "tasks.threads",
    "tasks.step",
    "tags",
    "assets",
    "next_task",
    "permissions",
    "tasks_meta",
    "ko_form_fields",
    "form_fields",
    "stages",
    "folders",
    "threads",
    "children",
    "member_watchers",
    "guest_watchers",
)
# what is shown by the template version of each process
NEED_SNAPSHOT = frozenset({"tasks", "form_fields", "ko_form_fields", "stages"})
# what later features fill; asked for today, these are empty
EMPTY = ("assets", "permissions", "member_watchers", "guest_watchers", "selected_text_comment")
_decode = msgspec.json.decode


class Timing(msgspec.Struct, frozen=True):
    """Open tasks against the clock."""

    late: int = 0
    soon: bool = False


ON_TIME = Timing()


def show(row: ProcessRow, timing: Timing, now: int) -> wire.Process:
    """One process without includes."""
    return wire.Process(
        id=row.id,
        increment_id=row.increment_id,
        organization_id=row.organization_id,
        checklist_id=row.template_id,
        checklist_title=row.template_title,
        assign_someone_else=bool(row.assign_someone_else),
        name=row.name,
        summary=row.summary,
        status=row.status,
        has_open_issue=row.open_issues > 0,
        progress=progress(row.tasks_complete, row.tasks_total),
        whole_progress=progress(row.whole_complete, row.whole_total),
        started_by=row.started_by,
        owner_id=row.owner_id,
        prerun={} if row.kickoff == "{}" else _decode(row.kickoff),
        prerun_status="incomplete" if row.kickoff_completed_at is None else "complete",
        prerun_completed_at=iso_or_none(row.kickoff_completed_at),
        prerun_completed_by=row.kickoff_completed_by,
        prerun_submitted_by=row.kickoff_submitted_by,
        prerun_length=row.kickoff_length,
        starred=bool(row.starred),
        type=row.type,
        is_public=bool(row.is_public),
        publicly_hidden_fields=[] if row.publicly_hidden_fields == "[]" else _decode(row.publicly_hidden_fields),
        parent_id=row.parent_id,
        parent_task_id=row.parent_task_id,
        can_add_oot=bool(row.can_add_oot),
        users=[] if row.users == "[]" else _decode(row.users),
        groups=[] if row.groups == "[]" else _decode(row.groups),
        collaborators=_decode(row.collaborators),
        created_at=iso(row.created_at),
        started_at=iso(row.started_at),
        last_updated=iso(row.updated_at),
        completed_at=iso_or_none(row.completed_at),
        archived_at=iso_or_none(row.archived_at),
        due_date=iso_or_none(row.due_at),
        due_date_passed=row.due_at is not None and now > row.due_at and row.status != "complete",
        due_soon=timing.soon,
        late_tasks=timing.late,
        max_task_deadline=iso_or_none(row.due_at),
        custom_fields=None if row.custom_fields is None else _decode(row.custom_fields),
    )


def progress(complete: int, total: int) -> wire.Progress:
    """Counts and percent."""
    return wire.Progress(complete, total, percent(complete, total))


async def timings(reader: Reader, organization_id: str, ids: Sequence[str], now: int) -> dict[str, Timing]:
    """Open tasks against the clock, for processes that have any that are late or due soon; one statement."""
    rows = await reader.all(
        store.timing_of, organization_id=organization_id, process_ids=list(ids), now=now, tomorrow=now + DAY
    )
    return {row.process_id: Timing(int(row.late), row.soon > 0) for row in rows}


def timing_from(tasks: Sequence[Task], now: int) -> Timing:
    """The same from tasks that are at hand."""
    late = soon = 0
    for task in tasks:
        if is_overdue(task, now):
            late += 1
        elif is_due_soon(task, now):
            soon += 1
    return Timing(late, soon > 0)


class Tasks(msgspec.Struct, frozen=True):
    """The tasks of processes, by process id, and the rows of those that hold more than the engine's state."""

    found: Mapping[str, Sequence[Task]] = {}
    extras: Mapping[str, TaskRow] = {}


async def show_all(
    call: Call, reader: Reader, rows: Sequence[ProcessRow], includes: frozenset[str], known: Aggregate | None = None
) -> list[wire.Process]:
    """Processes with their includes: at most one statement for each include, whatever the number of processes.

    `known` is the state of the only process asked for, where it is at hand: nothing of it is read again.
    """
    if not rows:
        return []
    organization_id = call.organization_id
    now = call.application.clock.now()
    ids = [row.id for row in rows]
    tasks = Tasks()
    if known is not None:
        tasks = Tasks({known.row.id: known.process.tasks}, known.extras)
    elif includes & {"tasks", "form_fields"}:
        tasks = await _load_tasks(reader, organization_id, ids)
    if tasks.found:
        times = {process_id: timing_from(listed, now) for process_id, listed in tasks.found.items()}
    else:
        times = await timings(reader, organization_id, ids, now)
    shown = [show(row, times.get(row.id, ON_TIME), now) for row in rows]
    snapshots: dict[str, Snapshot | None] = {}
    if includes & NEED_SNAPSHOT or any("{{" in row.kickoff for row in rows):
        snapshots = await snapshot.load_many(reader, organization_id, [snapshot.wanted(row) for row in rows])
    texts = await _texts(call, reader, rows, tasks, snapshots, includes)
    for row, process in zip(rows, shown, strict=True):
        filled = texts.get(row.id)
        if filled is not None:
            fields = tasks_view.kickoff_of(snapshots.get(row.id))
            process.prerun = dict(filled.answers(fields, process.prerun, None))
    if includes:
        await _include(call, reader, rows, shown, includes, tasks, times, snapshots, texts)
    return shown


async def _texts(
    call: Call,
    reader: Reader,
    rows: Sequence[ProcessRow],
    tasks: Tasks,
    snapshots: Mapping[str, Snapshot | None],
    includes: frozenset[str],
) -> dict[str, Texts]:
    """What fills the variables in, by process id, of those processes that are shown with any; else nothing is read."""
    speaking: list[str] = []
    for row in rows:
        frozen = snapshots.get(row.id)
        if "{{" in row.kickoff or (frozen is not None and _forms_speak(frozen, tasks, row.id, includes)):
            speaking.append(row.id)
    if not speaking:
        return {}
    known = {
        row.id: aggregate.process_of(row, tuple(tasks.found.get(row.id, ()))) for row in rows if row.id in speaking
    }
    return await tasks_view.texts_for(call.actor, reader, speaking, snapshots, known)


def _forms_speak(frozen: Snapshot, known: Tasks, process_id: str, includes: frozenset[str]) -> bool:
    if "ko_form_fields" in includes and tasks_view.form_speaks(frozen.definition.kickoff, {}):
        return True
    if "form_fields" not in includes:
        return False
    tasks = known.found.get(process_id, ())
    forms = [(tasks_view.own_fields(known.extras.get(task.id)), task.values) for task in tasks]
    forms += [(step.fields, {}) for step in frozen.definition.steps]
    return any(tasks_view.form_speaks(*form) for form in forms) or any(has_variables(task.title) for task in tasks)


async def changed_by_rules(call: Call, reader: Reader, outcome: Outcome) -> dict[str, Any]:
    """The tasks that rules changed, as far as the reader may see them; `{}` when there are none (decision 36)."""
    process, changed = outcome.process, outcome.changed_by_rules
    tasks = [task for task in process.tasks if task.id in changed and access.may_see(call.actor, task)]
    if not tasks:
        return {}
    frozen = await snapshot.load(
        reader, call.organization_id, process.template_id, process.template_version, process.injected
    )
    around = await tasks_view.surroundings(
        call,
        reader,
        tasks,
        frozenset(),
        statuses={process.id: process.status},
        snapshots={process.id: frozen},
        processes={process.id: process},
        with_summary=True,
    )
    return {"data": [tasks_view.show(task, None, around) for task in tasks]}


async def _load_tasks(reader: Reader, organization_id: str, ids: Sequence[str]) -> Tasks:
    rows = await persistence.load_many(reader, organization_id, ids)
    found: dict[str, list[Task]] = {process_id: [] for process_id in ids}
    for row in rows:
        assert row.process_id is not None
        found[row.process_id].append(persistence.task_of(row))
    return Tasks(found, persistence.extras(rows))


async def _include(
    call: Call,
    reader: Reader,
    rows: Sequence[ProcessRow],
    shown: list[wire.Process],
    includes: frozenset[str],
    tasks: Tasks,
    times: Mapping[str, Timing],
    snapshots: Mapping[str, Snapshot | None],
    texts: Mapping[str, Texts],
) -> None:
    organization_id = call.organization_id
    ids = [row.id for row in rows]
    checklists: dict[str, Any] = {}
    if "checklist" in includes:
        wanted = {row.template_id for row in rows if row.template_id is not None}
        checklists = await templates.briefs(reader, organization_id, wanted)
    tagged = await tags.of_subjects(reader, organization_id, "Run", ids) if "tags" in includes else {}
    filed = await folders.of_subjects(reader, organization_id, "Run", ids) if "folders" in includes else {}
    now = call.application.clock.now()
    threads = await reading.of_processes(reader, call.actor, ids, now) if "threads" in includes else {}
    children = await family.briefs(call, reader, ids) if "children" in includes else {}
    following: dict[str, Any] = {}
    if "next_task" in includes:
        found = await reader.all(store.next_tasks, organization_id=organization_id, process_ids=ids)
        titles = await _titles_of_next(call, reader, rows, found)
        for task in found:
            following[task.process_id] = {
                "id": task.id,
                "increment_id": task.increment_id,
                "title": titles.get(task.id, task.title),
                "alias": task.alias,
                "owners": {"users": [], "guests": [], "groups": [], **_decode(task.owners)},
                "deadline": iso_or_none(task.deadline),
            }
    around = None
    if "tasks" in includes:
        around = await _around_tasks(call, reader, rows, tasks, snapshots, includes)
    for row, process in zip(rows, shown, strict=True):
        frozen = snapshots.get(row.id)
        if "checklist" in includes:
            process.checklist = Included(checklists.get(row.template_id or ""))
        if "tags" in includes:
            process.tags = Included(tagged.get(row.id, []))
        if "folders" in includes:
            process.folders = Included(filed.get(row.id, []))
        if "threads" in includes:
            process.threads = Included(threads.get(row.id, []))
        if "children" in includes:
            process.children = Included(children.get(row.id, []))
        if "next_task" in includes:
            process.next_task = Included([following[row.id]] if row.id in following else [])
        if "tasks_meta" in includes:
            late = times.get(row.id, ON_TIME).late
            meta = {"total": row.tasks_total, "completed": row.tasks_complete, "overdue": late}
            process.tasks_meta = Included(meta)
        if around is not None:
            process.tasks = Included(
                [
                    tasks_view.show(task, tasks.extras.get(task.id), around)
                    for task in tasks.found[row.id]
                    if task.archived_at is None and access.may_see(call.actor, task)
                ]
            )
        if "ko_form_fields" in includes:
            process.ko_form_fields = Included(kickoff_answers(row, frozen, texts.get(row.id)))
        if "form_fields" in includes:
            process.form_fields = Included(
                task_answers(call, tasks.found[row.id], tasks.extras, frozen, texts.get(row.id))
            )
        if "stages" in includes:
            stages = () if frozen is None else frozen.definition.stages
            process.stages = Included(
                [stage_to_wire(stage, at, checklist_id=row.template_id) for at, stage in enumerate(stages, 1)]
            )
        for name in EMPTY:
            if name in includes:
                setattr(process, name, Included([]))


async def _titles_of_next(
    call: Call, reader: Reader, rows: Sequence[ProcessRow], following: Sequence[store.NextTaskRow]
) -> dict[str, str]:
    """The titles that speak of answers, filled in, by task id."""
    speaking = {task.process_id: task for task in following if has_variables(task.title)}
    if not speaking:
        return {}
    asked = [row for row in rows if row.id in speaking]
    snapshots = await snapshot.load_many(reader, call.organization_id, [snapshot.wanted(row) for row in asked])
    known = {row.id: aggregate.process_of(row, ()) for row in asked}
    texts = await tasks_view.texts_for(call.actor, reader, sorted(speaking), snapshots, known)
    return {task.id: texts[task.process_id].plain(task.title, task.id) for task in speaking.values()}


async def _around_tasks(
    call: Call,
    reader: Reader,
    rows: Sequence[ProcessRow],
    tasks: Tasks,
    snapshots: Mapping[str, Snapshot | None],
    includes: frozenset[str],
) -> tasks_view.Surroundings:
    nested = frozenset(name.removeprefix("tasks.") for name in includes if name.startswith("tasks."))
    return await tasks_view.surroundings(
        call,
        reader,
        [task for listed in tasks.found.values() for task in listed],
        nested - {"run"},
        statuses={row.id: row.status for row in rows},
        snapshots=snapshots,
        processes={row.id: aggregate.process_of(row, tuple(tasks.found[row.id])) for row in rows},
        own=tasks.extras,
    )


def kickoff_answers(row: ProcessRow, frozen: Snapshot | None, texts: Texts | None) -> list[dict[str, Any]]:
    """Every kick-off field with its answer."""
    fields, values = tasks_view.kickoff_of(frozen), _decode(row.kickoff)
    if texts is not None:
        fields, values = texts.fields(fields, None), texts.answers(fields, values, None)
    entries = tasks_view.answered(fields, values, checklist_id=row.template_id)
    return [{"unique_id": value_id(row.id, entry), "task_id": None, **entry} for entry in entries]


def value_id(owner_id: str, entry: Mapping[str, Any]) -> str | None:
    """The id of a stored answer (wire 2.19): of its task, or process for the kick-off form, and its field."""
    return None if entry["value"] is None else f"{owner_id}-{entry['id']}"


def task_answers(
    call: Call,
    tasks: Sequence[Task],
    extras: Mapping[str, TaskRow],
    frozen: Snapshot | None,
    texts: Texts | None,
) -> list[dict[str, Any]]:
    """Every field of every task that the caller may see, with its answer."""
    found: list[dict[str, Any]] = []
    for task in tasks:
        if not access.may_see(call.actor, task):
            continue
        step = None if frozen is None else frozen.step(task.step_id)
        fields = tasks_view.own_fields(extras.get(task.id)) if step is None else step.fields
        title, values = task.title, task.values
        if texts is not None:
            title, values = texts.plain(title, task.id), texts.answers(fields, values, task.id)
            fields = texts.fields(fields, task.id)
        for entry in tasks_view.answered(fields, values, step_id=task.step_id):
            about = {
                "unique_id": value_id(task.id, entry),
                "task_id": task.id,
                "step_id": task.step_id,
                "step_title": title,
            }
            found.append({**entry, **about})
    return found
