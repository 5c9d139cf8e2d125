"""Hiding and showing tasks (engine 1.4, 5.6, decisions 32, 53)."""

import msgspec

from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer
from handrail.engine.settle import settle
from handrail.engine.state import Process
from handrail.engine.transitions import hide, show
from handrail.engine.working import Working
from handrail.kernel.errors import Impossible


class SetVisibility(msgspec.Struct, frozen=True, kw_only=True):
    """Show or hide a task by hand, against whatever rules say from now on."""

    task_id: str
    visible: bool
    doer: Doer


def set_visibility(context: Context, process: Process, command: SetVisibility) -> Outcome:
    """Toggle a task by hand. Impossible for completed and for one-off tasks; NotFound."""
    working = Working.of_process(process, context.now)
    task = working.task(command.task_id)
    if task.is_oneoff:
        raise Impossible("One-off tasks cannot be hidden or shown. Archive the task instead.")
    if task.is_done:
        raise Impossible("A completed task cannot be hidden or shown. Reopen it first.")
    working.require_writable()
    if command.visible:
        show(working, context, task)
    else:
        hide(working, task)
    working.replace_task(task.id, visibility_lock="shown" if command.visible else "hidden")
    return settle(working, context)
