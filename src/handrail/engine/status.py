"""The words for how a process and a task stand, derived and never set by hand (engine 1.3, 1.4, 6.5)."""

from handrail.engine.progress import Totals, is_due_soon, is_overdue
from handrail.engine.state import Process, ProcessStatus, Task

__all__ = ["is_completable", "is_due_soon", "is_finished", "is_overdue", "process_status", "status_label"]


def is_finished(process: Process, counted: Totals) -> bool:
    """Whether nothing is left to do: the kick-off form is submitted and every countable task is done.

    With no countable task at all this holds too; it is asked only after the rules have settled (decision 4).
    """
    return process.kickoff_completed_at is not None and counted.complete == counted.total


def process_status(process: Process, counted: Totals) -> ProcessStatus:
    """The status of a process; the first match of engine 1.3 wins."""
    if process.archived_at is not None:
        return "archived"
    if process.open_issues:
        return "issue"
    if counted.has_problem:
        return "problem"
    return "complete" if is_finished(process, counted) else "active"


def status_label(task: Task, now: int) -> str:
    """The human variant of a task's status (decision 6)."""
    if task.is_hidden:
        return task.status
    if task.is_done:
        return _label_when_done(task)
    if task.open_problems:
        return "hasproblem"
    if is_overdue(task, now):
        return "overdue"
    if is_due_soon(task, now):
        return "due-soon"
    return task.status


def _label_when_done(task: Task) -> str:
    if task.task_type in ("email", "expiring_email"):
        return "sent"
    if task.is_approved is not None:
        if task.task_type == "approval":
            return "approved" if task.is_approved else "rejected"
        if task.task_type == "expiring":
            return "acknowledged" if task.is_approved else "expired"
    return "completed-late" if is_completed_late(task) else "completed"


def is_completed_late(task: Task) -> bool:
    """Whether the task was completed after a deadline that was on the clock."""
    return (
        task.completed_at is not None
        and task.deadline is not None
        and not task.deadline_held
        and task.completed_at > task.deadline
    )


def is_completable(task: Task, process: Process | None, *, permitted: bool) -> bool:
    """Whether the reader could complete the task now; `permitted` is what `permit.may_complete` says (decision 83)."""
    if not permitted or not task.is_open or task.open_problems:
        return False
    return process is None or (process.archived_at is None and not process.open_issues)
