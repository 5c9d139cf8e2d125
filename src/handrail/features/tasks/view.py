"""From stored tasks to the wire: what is derived for the reader, and the includes of a page in one query each."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from handrail.engine.defaults import has_variables as is_text_with_variables
from handrail.engine.definition import Field
from handrail.engine.permit import Doer, may_complete
from handrail.engine.portable import field_to_wire
from handrail.engine.signing import completion_progress, needs_everyone
from handrail.engine.state import Process, Task
from handrail.engine.status import is_completable, status_label
from handrail.engine.variables import Names, Texts, has_variables, people_named
from handrail.features.folders import service as folders
from handrail.features.organizations import engine as organizations
from handrail.features.organizations.service import head_of
from handrail.features.people import service as people
from handrail.features.people.codes import link, opened
from handrail.features.people.names import display_names
from handrail.features.people.service import FormatRow
from handrail.features.processes.snapshot import Snapshot
from handrail.features.roles import titles as roles
from handrail.features.tags import service as tags
from handrail.features.tasks import for_guests, persistence, wire
from handrail.features.tasks.persistence import TaskRow
from handrail.features.threads import reading
from handrail.http.call import Call
from handrail.http.envelope import Included
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.permission import may
from handrail.ports.database import Reader
from handrail.ports.sealer import Sealer

INCLUDES = (
    "run",
    "run.checklist",
    "step",
    "form_fields",
    "ko-form-fields",
    "threads",
    "issues",
    "comments",
    "tags",
    "assets",
    "folders",
    "roles",
    "activities",
    "member_watchers",
    "guest_watchers",
    "summary",
    "threads_count",
)
# what later features fill; asked for today, these are empty
EMPTY = (
    "assets",
    "activities",
    "member_watchers",
    "guest_watchers",
)
# of the same threads
THREADS = frozenset({"threads", "issues", "comments"})
_decode = msgspec.json.decode


class Surroundings(msgspec.Struct, kw_only=True, gc=False):
    """What the tasks of one answer have in common; made by `surroundings`.

    `snapshots`, `processes`, `runs` and `texts` are by process id; `sealed_codes`, of guests' links, by address;
    `tags`, `folders`, `roles` and `threads` by task id.
    """

    actor: Actor
    doer: Doer
    now: int
    base_url: str
    snapshots: Mapping[str, Snapshot | None] = {}
    statuses: Mapping[str, str] = {}
    processes: Mapping[str, Process] = {}
    sealer: Sealer
    sealed_codes: Mapping[str, str] = {}
    directory: people.Directory | None = None
    runs: Mapping[str, Any] = {}
    tags: Mapping[str, list[Any]] = {}
    folders: Mapping[str, list[Any]] = {}
    roles: Mapping[str, list[Any]] = {}
    threads: Mapping[str, list[Any]] = {}
    thread_counts: Mapping[str, int] = {}
    texts: Mapping[str, Texts] = {}
    includes: frozenset[str] = frozenset()
    with_summary: bool = False
    # what it is called, for guests
    organization: str = ""


async def surroundings(
    call: Call,
    reader: Reader,
    tasks: Sequence[Task],
    includes: frozenset[str],
    *,
    statuses: Mapping[str, str],
    snapshots: Mapping[str, Snapshot | None],
    processes: Mapping[str, Process],
    runs: Mapping[str, Any] | None = None,
    with_summary: bool = False,
    own: Mapping[str, TaskRow] | None = None,
) -> Surroundings:
    """What the answer's tasks have in common: one statement for each thing that is needed and not given.

    `own` are the rows of the one-off tasks among them, by id.
    """
    actor = call.actor
    emails = {email for task in tasks for email in task.owners.guests}
    if actor.is_guest:
        emails = {actor.guest or ""}
    sealed = await people.sealed_codes(reader, call.organization_id, emails) if emails else {}
    signing = [task.owners for task in tasks if task.everyone_must_complete]
    directory = await people.directory(reader, call.actor, signing) if signing else None
    tagged: dict[str, list[Any]] = {}
    if "tags" in includes:
        tagged = await tags.of_subjects(reader, call.organization_id, "Task", [task.id for task in tasks])
    filed: Mapping[str, list[Any]] = {}
    if "folders" in includes:
        filed = await folders.of_subjects(reader, call.organization_id, "Task", [task.id for task in tasks])
    titled: Mapping[str, list[Any]] = {}
    if "roles" in includes:
        titled = await roles.of_tasks(reader, call.organization_id, [task.id for task in tasks])
    now = call.application.clock.now()
    threads: Mapping[str, list[Any]] = {}
    # a guest's are counted among those that they may read
    reads_threads = bool(includes & THREADS) or (actor.is_guest and "threads_count" in includes)
    if reads_threads:
        open_to = [task.id for task in tasks if not (actor.is_guest and task.prevent_guest_comment)]
        threads = await reading.of_tasks(reader, actor, open_to, now)
    counts: Mapping[str, int] = {}
    if "threads_count" in includes:
        counts = {task_id: len(listed) for task_id, listed in threads.items()}
        if not reads_threads:
            counts = await reading.counts(reader, call.organization_id, [task.id for task in tasks])
    return Surroundings(
        actor=actor,
        doer=Doer.of(actor),
        now=now,
        base_url=call.base_url,
        snapshots=snapshots,
        statuses=statuses,
        processes=processes,
        sealer=reader.sealer,
        sealed_codes=sealed,
        directory=directory,
        runs=runs or {},
        tags=tagged,
        folders=filed,
        roles=titled,
        threads=threads,
        thread_counts=counts,
        texts=await texts_of(actor, reader, tasks, snapshots, processes, includes, own or {}),
        includes=includes,
        with_summary=with_summary,
        organization=(await head_of(reader, call.organization_id)).name if actor.is_guest else "",
    )


async def texts_of(
    actor: Actor,
    reader: Reader,
    tasks: Sequence[Task],
    snapshots: Mapping[str, Snapshot | None],
    processes: Mapping[str, Process],
    includes: frozenset[str] = frozenset(),
    own: Mapping[str, TaskRow] | None = None,
) -> dict[str, Texts]:
    """What fills the variables in, for the processes of those tasks whose texts have any; else nothing is read.

    `own` are the rows of one-off tasks, by id, where their forms are shown.
    """
    speaking = {task.process_id for task in tasks if task.process_id and _speaks(task, snapshots, includes, own or {})}
    if "ko_form_fields" in includes:
        asked = {task.process_id for task in tasks if task.process_id}
        speaking |= {one for one in asked if form_speaks(kickoff_of(snapshots.get(one)), processes[one].kickoff)}
    return await texts_for(actor, reader, sorted(speaking), snapshots, processes)


def kickoff_of(snapshot: Snapshot | None) -> tuple[Field, ...]:
    """The kick-off form of a process."""
    return () if snapshot is None else snapshot.definition.kickoff


def form_speaks(fields: Sequence[Field], values: Mapping[str, Any]) -> bool:
    """Whether a form has anything to fill in: defaults with variables, or guidance with some."""
    return any(map(is_text_with_variables, values.values())) or any(has_variables(field.guidance) for field in fields)


async def texts_for(
    actor: Actor,
    reader: Reader,
    speaking: Sequence[str],
    snapshots: Mapping[str, Snapshot | None],
    processes: Mapping[str, Process],
) -> dict[str, Texts]:
    """What fills the variables of these processes in, by process id. Those that come without tasks get them."""
    if not speaking:
        return {}
    organization = await organizations.load(reader, actor.organization_id)
    bare = [process_id for process_id in speaking if not processes[process_id].tasks]
    answers: dict[str, list[Task]] = {process_id: [] for process_id in bare}
    for row in await persistence.load_many(reader, actor.organization_id, bare) if bare else ():
        answers[row.process_id or ""].append(persistence.task_of(row))
    found: dict[str, Texts] = {}
    liking: FormatRow | None = None
    for process_id in speaking:
        process, frozen = processes[process_id], snapshots.get(process_id)
        if process_id in answers:
            process = replace(process, tasks=tuple(answers[process_id]))
        names: Names = {} if frozen is None else frozen.names
        if actor.is_guest:
            # decision 60: as the launcher writes dates, in the organization's zone
            liking = await people.liking(reader, actor, process.started_by)
            zone = organization.timezone
        else:
            liking = liking or await people.liking(reader, actor)
            zone = liking.timezone or organization.timezone
        named = people_named(process, names)
        called = (
            await display_names(reader, actor.organization_id, named, with_addresses=not actor.is_guest)
            if any(named)
            else {}
        )
        found[process_id] = Texts(process, names, zone, liking.date_format, called)
    return found


def _speaks(
    task: Task, snapshots: Mapping[str, Snapshot | None], includes: frozenset[str], own: Mapping[str, TaskRow]
) -> bool:
    if any(map(is_text_with_variables, task.values.values())) or has_variables(task.title):
        return True
    snapshot = snapshots.get(task.process_id or "")
    step = None if snapshot is None else snapshot.step(task.step_id)
    if "form_fields" in includes and form_speaks(own_fields(own.get(task.id)) if step is None else step.fields, {}):
        return True
    return has_variables(summary_of(task, snapshot))


def summary_of(task: Task, snapshot: Snapshot | None) -> str | None:
    """A task's own description, else that of its step, as it is stored."""
    step = None if snapshot is None else snapshot.step(task.step_id)
    return task.summary if task.summary is not None or step is None else step.summary


def own_fields(row: TaskRow | None) -> tuple[Field, ...]:
    """The form fields that a one-off task carries itself."""
    return () if row is None else persistence.fields_of(row)


def show(task: Task, row: TaskRow | None, around: Surroundings) -> wire.Task:
    """One task for its reader. `row` is given where it holds more than the engine's state."""
    process_id = task.process_id or ""
    snapshot = around.snapshots.get(process_id)
    summary = summary_of(task, snapshot)
    texts = around.texts.get(process_id)
    title = task.title if texts is None else texts.plain(task.title, task.id)
    values = task.values
    if texts is not None:
        step = None if snapshot is None else snapshot.step(task.step_id)
        values = texts.answers(own_fields(row) if step is None else step.fields, values, task.id)
    owners = task.owners
    run_status = around.statuses.get(process_id)
    blocked = run_status in ("archived", "issue")
    shown = wire.Task(
        id=task.id,
        increment_id=task.increment_id,
        title=title,
        original_title=task.title,
        original_summary=summary,
        name=title,
        allow_guest_owners=task.allow_guest_owners,
        run_id=task.process_id,
        checklist_id=task.template_id,
        step_id=task.step_id,
        alias=task.alias,
        taskdata=values,  # pyright: ignore[reportArgumentType]
        owners=wire.TaskOwners(
            owners.users,
            owners.guests,
            owners.groups,
            guest_links(owners.guests, around) if owners.guests else [],
        ),
        is_completable=not blocked and is_completable(task, None, permitted=may_complete(around.doer, task)),
        status=task.status,
        status_label=status_label(task, around.now),
        task_type=task.task_type,
        is_approved=task.is_approved,
        is_oneoff_task=task.is_oneoff,
        position=task.position,
        blueprint_position=None if snapshot is None else snapshot.positions.get(task.step_id or ""),
        started_at=iso(task.started_at),
        deadline=iso_or_none(task.deadline),
        deadline_held=task.deadline_held,
        created_at=iso(task.created_at),
        last_updated=iso(task.updated_at),
        completed_at=iso_or_none(task.completed_at),
        archived_at=iso_or_none(task.archived_at),
        starter_id=task.starter_id,
        completer_id=task.completer_id,
        completer_guest=task.completer_guest,
        everyone_must_complete=task.everyone_must_complete,
        completion_progress=completion_progress(task, around.directory)
        if needs_everyone(task) and around.directory is not None
        else None,
        has_deadline_dependent_child_tasks=snapshot is not None and task.step_id in snapshot.anchors,
        can_complete_only_assignees=task.can_complete_only_assignees,
        max_assignable=task.max_assignable,
        webhook=task.webhook,
        prevent_guest_comment=task.prevent_guest_comment,
        stage_id=task.stage_id,
        problem=task.open_problems > 0,
        is_soft_start_date=task.is_soft_start_date,
        send_chromeless=task.send_chromeless,
        top_secret=task.top_secret,
        run_status=run_status,
        custom_fields=_decode(row.custom_fields) if row is not None and row.custom_fields else None,
    )
    if around.with_summary or "summary" in around.includes:
        shown.summary = summary
        if texts is not None and summary is not None and has_variables(summary):
            shown.summary = texts.html(summary, task.id)
    if around.includes:
        _include(shown, task, row, around, snapshot)
    if around.actor.is_guest:
        links = guest_links([around.actor.guest or ""], around)
        return for_guests.reduced(shown, around.actor, around.organization, links)
    return shown


def _include(
    shown: wire.Task, task: Task, row: TaskRow | None, around: Surroundings, snapshot: Snapshot | None
) -> None:
    includes = around.includes
    texts = around.texts.get(task.process_id or "")
    step = None if snapshot is None else snapshot.step(task.step_id)
    if "run" in includes:
        shown.run = Included(around.runs.get(task.process_id or ""))
    if "step" in includes:
        # of the step guests know the task
        title = shown.title if step is None or around.actor.is_guest else step.title
        shown.step = Included(
            None if step is None else {"id": step.id, "title": title, "alias": step.alias, "step_type": step.step_type}
        )
    if "form_fields" in includes:
        chosen = own_fields(row) if step is None else step.fields
        if texts is not None:
            chosen = texts.fields(chosen, task.id)
        shown.form_fields = Included(answered(chosen, shown.taskdata, step_id=task.step_id))
    if "ko_form_fields" in includes:
        process = around.processes.get(task.process_id or "")
        kickoff = kickoff_of(snapshot)
        values: Mapping[str, Any] = {} if process is None else process.kickoff
        if texts is not None:
            kickoff, values = texts.fields(kickoff, None), texts.answers(kickoff, values, None)
        shown.ko_form_fields = Included(answered(kickoff, values, checklist_id=task.template_id))
    if "tags" in includes:
        shown.tags = Included(around.tags.get(task.id, []))
    if "folders" in includes:
        shown.folders = Included(around.folders.get(task.id, []))
    if "roles" in includes:
        shown.roles = Included(around.roles.get(task.id, []))
    if "threads_count" in includes:
        shown.threads_count = around.thread_counts.get(task.id, 0)
    if includes & THREADS:
        listed = around.threads.get(task.id, [])
        if "threads" in includes:
            shown.threads = Included(listed)
        if "issues" in includes:
            shown.issues = Included([thread for thread in listed if thread.label == "problem"])
        if "comments" in includes:
            shown.comments = Included([thread for thread in listed if thread.label not in ("problem", "resolve")])
    for name in EMPTY:
        if name in includes:
            setattr(shown, name, Included([]))


def answered(
    fields: Sequence[Field],
    values: Mapping[str, Any],
    *,
    step_id: str | None = None,
    checklist_id: str | None = None,
) -> list[dict[str, Any]]:
    """Every field with its definition and its answer, under both names that clients read."""
    shown: list[dict[str, Any]] = []
    for position, field in enumerate(fields, 1):
        entry = field_to_wire(field, position, checklist_id=checklist_id, step_id=step_id)
        value = values.get(field.id)
        entry["field_value"] = value
        entry["value"] = value
        shown.append(entry)
    return shown


def guest_links(emails: Sequence[str], around: Surroundings) -> list[str]:
    """The links under which guests reach their tasks. Light members are not told: whoever has one is the guest."""
    if not around.actor.is_guest and not may(around.actor, "guest.read"):
        return []
    codes = [opened(around.sealer, around.sealed_codes[email]) for email in emails if email in around.sealed_codes]
    return [link(around.base_url, around.actor.organization_id, code) for code in codes if code]
