"""What the clock completes, as the organization's bot: expiring tasks, and tasks overdue for months (2.1, 6.5).

Answers, switches and permissions are not looked at. A task for which it is not time comes back unchanged, so that
whoever chose it from an older state need not ask again.
"""

from handrail.engine.complete import EXPIRING_TYPES
from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.progress import is_overdue
from handrail.engine.settle import settle, settle_task
from handrail.engine.state import Process, Task
from handrail.engine.transitions import record_completion
from handrail.engine.working import TaskOutcome, Working


def expire(context: Context, process: Process, task_id: str, *, bot_id: int | None = None) -> Outcome:
    """Complete an expiring task whose deadline has passed. Open issues of the task stay open and do not hinder it."""
    working = Working.of_process(process, context.now)
    task = working.task(task_id)
    if has_expired(task, context.now) and not _is_blocked(process):
        record_completion(working, task, False, bot_id, None)
    return settle(working, context)


def expire_task(context: Context, task: Task, *, bot_id: int | None = None) -> TaskOutcome:
    """The same for a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    if has_expired(task, context.now):
        record_completion(working, task, False, bot_id, None)
    return settle_task(working)


def auto_complete(
    context: Context, process: Process, task_id: str, *, due_before: int, bot_id: int | None = None
) -> Outcome:
    """Complete a task that was due before a moment; not one with an open issue. Approvals stay undecided (63)."""
    working = Working.of_process(process, context.now)
    task = working.task(task_id)
    if _is_forgotten(task, due_before, context.now) and not _is_blocked(process):
        record_completion(working, task, _undecided(task), bot_id, None)
    return settle(working, context)


def auto_complete_task(context: Context, task: Task, *, due_before: int, bot_id: int | None = None) -> TaskOutcome:
    """The same for a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    if _is_forgotten(task, due_before, context.now):
        record_completion(working, task, _undecided(task), bot_id, None)
    return settle_task(working)


def has_expired(task: Task, now: int) -> bool:
    """Whether the clock may complete this task: expiring, visible, incomplete, its deadline firm and passed."""
    return (
        task.task_type in EXPIRING_TYPES
        and task.is_open
        and not task.deadline_held
        and task.deadline is not None
        and task.deadline <= now
    )


def _is_forgotten(task: Task, due_before: int, now: int) -> bool:
    return is_overdue(task, min(due_before, now)) and not task.open_problems


def _undecided(task: Task) -> bool | None:
    return False if task.task_type in EXPIRING_TYPES else None


def _is_blocked(process: Process) -> bool:
    """Archived, or with an open issue of its own, which stops the clock (decision 46)."""
    return process.archived_at is not None or process.open_issues > 0
