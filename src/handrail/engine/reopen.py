"""Taking a completion back (engine 1.4, 9.1)."""

import msgspec

from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer, may_reopen
from handrail.engine.settle import settle, settle_task
from handrail.engine.state import Process, Task
from handrail.engine.transitions import take_back
from handrail.engine.working import TaskOutcome, Working
from handrail.kernel.errors import Denied, Impossible


class Reopen(msgspec.Struct, frozen=True, kw_only=True):
    """Reopen a completed task; `strict` refuses one that is not completed."""

    task_id: str
    doer: Doer
    strict: bool = False


def reopen(context: Context, process: Process, command: Reopen) -> Outcome:
    """Reopen a task of a process. One that is not completed comes back unchanged, without events (decision 54).

    Raises NotFound; Impossible when the process is archived or has an issue; Denied.
    """
    working = Working.of_process(process, context.now)
    _reopen(working, command)
    return settle(working, context)


def reopen_task(context: Context, task: Task, command: Reopen) -> TaskOutcome:
    """The same for a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    _reopen(working, command)
    return settle_task(working)


def _reopen(working: Working, command: Reopen) -> None:
    task = working.task(command.task_id)
    if not task.is_done:
        if command.strict:
            raise Impossible("This task is not completed, so there is nothing to reopen.")
        return
    working.require_writable()
    if task.archived_at is not None:
        raise Impossible("This task is archived. Restore it before reopening it.")
    if not may_reopen(command.doer, task):
        raise Denied("You may not reopen this task.")
    take_back(working, task)
