"""What must hold in the store at every moment, whatever happened: everything derived agrees with what it is made of.

Each command writes its rows in one transaction: the task, its process's counters, whom the task belongs to, the feed
entry and the event. Half a command shows as two of these that contradict each other.
"""

import json
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from tests.reliability.rows import Rows

OPEN = ("not-started", "in-progress")


class TaskRow(NamedTuple):
    organization_id: str
    id: str
    process_id: str | None
    increment_id: int
    status: str
    completed_at: int | None
    archived_at: int | None
    deadline: int | None
    deadline_held: bool
    owners: str
    open_problems: int
    step_id: str | None


class ProcessRow(NamedTuple):
    organization_id: str
    id: str
    increment_id: int
    template_id: str | None
    template_version: int
    status: str
    tasks_total: int
    tasks_complete: int
    whole_total: int
    whole_complete: int
    open_issues: int
    kickoff_completed_at: int | None
    completed_at: int | None
    archived_at: int | None
    launched: str


TASKS = f"SELECT {', '.join(TaskRow._fields)} FROM tasks"
PROCESSES = f"SELECT {', '.join(ProcessRow._fields)} FROM processes"
THREADS = "SELECT organization_id, label, process_id, task_id, resolve_id FROM threads"
OWNERS = "SELECT organization_id, task_id, principal, process_id, is_open, deadline FROM task_owners"
ACTIVITIES = "SELECT organization_id, id, verb, subject_type, subject_id FROM activities"
EVENTS = "SELECT organization_id, type, process_id, task_id FROM events"
SEQUENCES = "SELECT organization_id, name, value FROM sequences"
TEMPLATES = (
    "SELECT t.organization_id, t.id, t.started_processes, t.steps_count, v.definition FROM templates t "
    "LEFT JOIN template_versions v ON v.organization_id = t.organization_id AND v.template_id = t.id "
    "AND v.version = coalesce(t.draft_version, t.version) "
    "WHERE t.deleted_at IS NULL AND t.version > 0 AND NOT t.is_system"
)
VERSIONS = "SELECT organization_id, template_id, version, frozen, definition FROM template_versions"


def contradictions(rows: Rows, *, deletes: bool = True) -> list[str]:
    """Everything in the store that contradicts something else; `deletes` says whether processes may be gone again."""
    found = rows.damage()
    tasks, processes, owners, threads, activities, events, sequences, templates, versions = rows.many(
        TASKS, PROCESSES, OWNERS, THREADS, ACTIVITIES, EVENTS, SEQUENCES, TEMPLATES, VERSIONS
    )
    all_tasks = [TaskRow(*row) for row in tasks]
    all_processes = [ProcessRow(*row) for row in processes]
    found += _of_processes(all_processes, all_tasks)
    found += _of_owners(all_tasks, all_processes, owners)
    found += _of_issues(all_tasks, all_processes, threads)
    found += _of_feed(all_tasks, all_processes, activities, events)
    found += _of_numbers(all_tasks, all_processes, activities, sequences)
    found += _of_templates(all_processes, all_tasks, templates, versions, deletes=deletes)
    return found


def _of_processes(processes: list[ProcessRow], tasks: list[TaskRow]) -> list[str]:
    found: list[str] = []
    by_process: dict[tuple[str, str | None], list[TaskRow]] = defaultdict(list)
    for task in tasks:
        by_process[task.organization_id, task.process_id].append(task)
        if (task.status == "completed") != (task.completed_at is not None):
            found.append(f"task {task.id} is {task.status} with completed_at {task.completed_at}")
    for process in processes:
        counted = [task for task in by_process[process.organization_id, process.id] if task.archived_at is None]
        visible = [task for task in counted if task.status != "auto-skipped"]
        done = sum(task.status == "completed" for task in counted)
        stored = (process.tasks_total, process.tasks_complete, process.whole_total, process.whole_complete)
        actual = (len(visible), done, len(counted), done)
        if stored != actual:
            found.append(f"process {process.id} counts {stored}, its tasks {actual}")
        finished = process.kickoff_completed_at is not None and done == len(visible)
        if process.archived_at is not None:
            expected = "archived"
        elif process.open_issues:
            expected = "issue"
        elif any(task.open_problems for task in visible):
            expected = "problem"
        else:
            expected = "complete" if finished else "active"
        if process.status != expected:
            found.append(f"process {process.id} is {process.status}, not {expected}")
        if expected == "complete" and process.completed_at is None:
            found.append(f"process {process.id} is complete since never")
    return found


def _of_owners(tasks: list[TaskRow], processes: list[ProcessRow], owners: list[tuple[Any, ...]]) -> list[str]:
    """`task_owners` says the same as the tasks themselves."""
    archived = {(process.organization_id, process.id) for process in processes if process.archived_at is not None}
    expected: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for task in tasks:
        listed = json.loads(task.owners)
        principals = [
            *(f"u:{user}" for user in listed.get("users", ())),
            *(f"g:{guest}" for guest in listed.get("guests", ())),
            *(f"r:{group}" for group in listed.get("groups", ())),
        ]
        is_open = task.status in OPEN and task.archived_at is None
        is_open = is_open and (task.organization_id, task.process_id) not in archived
        due = None if task.deadline_held else task.deadline
        for principal in principals:
            expected[task.organization_id, task.id, principal] = (task.process_id, is_open, due)
    stored = {(row[0], row[1], row[2]): (row[3], bool(row[4]), row[5]) for row in owners}
    return [
        f"owner {key}: stored {stored.get(key)}, expected {expected.get(key)}"
        for key in stored.keys() | expected.keys()
        if stored.get(key) != expected.get(key)
    ]


def _of_issues(tasks: list[TaskRow], processes: list[ProcessRow], threads: list[tuple[Any, ...]]) -> list[str]:
    """What counts as open is what was reported and not resolved."""
    reported = Counter(
        (organization_id, task or process)
        for organization_id, label, process, task, resolution in threads
        if label == "problem" and resolution is None
    )
    counted = [(task.organization_id, task.id, task.open_problems) for task in tasks]
    counted += [(process.organization_id, process.id, process.open_issues) for process in processes]
    return [
        f"{record} counts {count} open issues, not {reported[organization_id, record]}"
        for organization_id, record, count in counted
        if count != reported[organization_id, record]
    ]


def _of_feed(
    tasks: list[TaskRow], processes: list[ProcessRow], activities: list[tuple[Any, ...]], events: list[tuple[Any, ...]]
) -> list[str]:
    """One feed entry and one event for each completion and each launch; a task is as its last entry says."""
    found: list[str] = []
    entries = Counter((verb, kind, subject) for _, _, verb, kind, subject in activities)
    told = Counter((kind, task or process) for _, kind, process, task in events)
    for task in tasks:
        completed, reopened = entries["completed", "Task", task.id], entries["re-opened", "Task", task.id]
        if told["task.completed", task.id] != completed:
            found.append(f"task {task.id}: {completed} completions in the feed, {told['task.completed', task.id]} told")
        if completed - reopened != (task.status == "completed"):
            found.append(f"task {task.id} is {task.status} after {completed} completions and {reopened} reopenings")
    for process in processes:
        if process.template_id is None:
            continue
        launches = (entries["created", "Run", process.id], told["process.launched", process.id])
        if launches != (1, 1):
            found.append(f"process {process.id} was launched {launches} times")
    return found


def _of_numbers(
    tasks: list[TaskRow],
    processes: list[ProcessRow],
    activities: list[tuple[Any, ...]],
    sequences: list[tuple[Any, ...]],
) -> list[str]:
    """Running numbers are given once, and none beyond what the sequence has given."""
    found: list[str] = []
    last = {(organization_id, name): value for organization_id, name, value in sequences}
    used = {
        "runs": [(process.organization_id, process.increment_id) for process in processes],
        "tasks": [(task.organization_id, task.increment_id) for task in tasks],
        "activities": [(row[0], row[1]) for row in activities],
    }
    for name, numbers in used.items():
        found += [f"{name} number {number} given twice" for number, times in Counter(numbers).items() if times > 1]
        found += [
            f"{name} number {number} was never given"
            for organization_id, number in numbers
            if number > last.get((organization_id, name), 0)
        ]
    return found


def _of_templates(
    processes: list[ProcessRow],
    tasks: list[TaskRow],
    templates: list[tuple[Any, ...]],
    versions: list[tuple[Any, ...]],
    *,
    deletes: bool,
) -> list[str]:
    """Launches are counted, and every process has a task for each step of the frozen version it was launched from."""
    found: list[str] = []
    frozen = {row[:3]: {step["id"] for step in json.loads(row[4]).get("steps", ())} for row in versions if row[3]}
    launched = Counter((process.organization_id, process.template_id) for process in processes)
    for organization_id, template_id, started, steps_count, definition in templates:
        alive = launched[organization_id, template_id]
        if started < alive or (started > alive and not deletes):
            found.append(f"template {template_id} has started {started} processes, not {alive}")
        if definition is None:
            found.append(f"template {template_id} has no working version")
        elif steps_count != len(json.loads(definition).get("steps", ())):
            found.append(f"template {template_id} does not have {steps_count} steps")
    steps: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for task in tasks:
        if task.step_id is not None:
            steps[task.organization_id, task.process_id].add(task.step_id)
    for process in processes:
        if process.template_id is None:
            continue
        key = (process.organization_id, process.template_id, process.template_version)
        if key not in frozen:
            found.append(f"process {process.id} has no frozen version {process.template_version}")
            continue
        # the steps of another template may have come in when a task was completed
        brought = [one for one in json.loads(process.launched) if one.get("process") is None]
        expected = frozen[key].union(
            *(frozen[process.organization_id, one["template"], one["version"]] for one in brought)
        )
        if expected != steps[process.organization_id, process.id]:
            found.append(f"process {process.id} does not have the steps of its version")
    return found
