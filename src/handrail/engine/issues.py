"""What open issues do to tasks and processes; the threads themselves are kept elsewhere (engine 8)."""

from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.settle import settle, settle_task
from handrail.engine.state import Process, Task
from handrail.engine.transitions import take_back
from handrail.engine.working import TaskOutcome, Working
from handrail.kernel.errors import Impossible


def raise_task_issue(context: Context, process: Process, task_id: str) -> Outcome:
    """One more open issue on a task. A completed task is reopened by it. NotFound; Impossible while blocked."""
    working = Working.of_process(process, context.now)
    working.require_writable()
    _raise(working, working.task(task_id))
    return settle(working, context)


def resolve_task_issue(context: Context, process: Process, task_id: str) -> Outcome:
    """One open issue of a task less."""
    working = Working.of_process(process, context.now)
    _require_unarchived(process)
    _resolve(working, working.task(task_id))
    return settle(working, context)


def raise_issue_on(context: Context, task: Task) -> TaskOutcome:
    """One more open issue on a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    _raise(working, task)
    return settle_task(working)


def resolve_issue_on(context: Context, task: Task) -> TaskOutcome:
    """One open issue less on a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    _resolve(working, task)
    return settle_task(working)


def raise_process_issue(context: Context, process: Process) -> Outcome:
    """One more open issue on the process itself: nothing in it can change until it is resolved."""
    working = Working.of_process(process, context.now)
    _require_unarchived(process)
    working.replace_process(open_issues=process.open_issues + 1)
    return settle(working, context)


def resolve_process_issue(context: Context, process: Process) -> Outcome:
    """One open issue of the process less."""
    working = Working.of_process(process, context.now)
    _require_unarchived(process)
    working.replace_process(open_issues=max(process.open_issues - 1, 0))
    return settle(working, context)


def _raise(working: Working, task: Task) -> None:
    if task.is_done:
        task = take_back(working, task)
    working.replace_task(task.id, open_problems=task.open_problems + 1)


def _resolve(working: Working, task: Task) -> None:
    working.replace_task(task.id, open_problems=max(task.open_problems - 1, 0))


def _require_unarchived(process: Process) -> None:
    if process.archived_at is not None:
        raise Impossible("This process is archived. Activate it before changing anything in it.")
