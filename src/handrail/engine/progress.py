"""How far a process is: counts, percent, due date and collaborators, from its tasks in one pass (engine 1.3)."""

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from handrail.engine.state import HIDDEN, Process, Task
from handrail.kernel.clock import DAY


class Totals(NamedTuple):
    """What is derived from the tasks of a process. `has_problem`: a visible task has an open issue."""

    total: int
    complete: int
    whole_total: int
    whole_complete: int
    due_at: int | None
    has_problem: bool
    members: frozenset[int]


class Timing(NamedTuple):
    """How a process stands against the clock."""

    late_tasks: int
    due_soon: bool
    due_date_passed: bool


def totals(tasks: Iterable[Task]) -> Totals:
    """Count the tasks. Hidden ones only count in the whole, archived ones nowhere."""
    total = complete = whole = 0
    due: int | None = None
    problem = False
    members: set[int] = set()
    for task in tasks:
        if task.archived_at is not None:
            continue
        whole += 1
        status = task.status
        if status == HIDDEN:
            continue
        total += 1
        if status == "completed":
            complete += 1
        deadline = task.deadline
        if deadline is not None and (due is None or deadline > due):
            due = deadline
        if task.open_problems:
            problem = True
        members.update(task.owners.users)
    # a hidden task is never completed, so both counts of completed tasks are the same
    return Totals(total, complete, whole, complete, due, problem, frozenset(members))


def recounted(process: Process, tasks: Iterable[Task], before: Task, after: Task) -> Totals | None:
    """The same where one task alone has changed, out of what was counted before; None where more has to be looked at.

    Completing and reopening are like this. Whose tasks they are is looked at anew: work that is handed over changes
    owners and leaves what was counted as it is.
    """
    if (
        # the status of any other process leaves open whether a task has a problem
        process.status not in ("active", "complete")
        or before.archived_at is not None
        or after.archived_at is not None
        or before.status == HIDDEN
        or after.status == HIDDEN
        or before.deadline != after.deadline
        or after.open_problems
    ):
        return None
    complete = process.tasks_complete + (after.status == "completed") - (before.status == "completed")
    visible = [task.owners.users for task in tasks if task.status != HIDDEN and task.archived_at is None]
    members = frozenset(chain.from_iterable(visible))
    return Totals(process.tasks_total, complete, process.whole_total, complete, process.due_at, False, members)


def percent(complete: int, total: int) -> int:
    """Whole percent, halves rounded up; 0 of nothing, and 100 only when everything is complete."""
    if total <= 0:
        return 0
    share = (200 * complete + total) // (2 * total)
    return min(share, 99) if complete < total else 100


def timing(process: Process, now: int) -> Timing:
    """Late and due-soon tasks. Tasks whose deadline is held count in neither."""
    late = 0
    soon = False
    for task in process.tasks:
        if is_overdue(task, now):
            late += 1
        elif is_due_soon(task, now):
            soon = True
    passed = process.due_at is not None and now > process.due_at and process.status != "complete"
    return Timing(late, soon, passed)


def is_overdue(task: Task, now: int) -> bool:
    """Visible, incomplete, on the clock, and its deadline has passed (engine 6.5)."""
    return task.deadline is not None and task.deadline < now and not task.deadline_held and task.is_open


def is_due_soon(task: Task, now: int) -> bool:
    """Visible, incomplete, on the clock, and due within 24 hours."""
    return task.deadline is not None and now <= task.deadline <= now + DAY and not task.deadline_held and task.is_open
