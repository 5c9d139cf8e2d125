"""Hiding and showing tasks (engine 1.4, 5.6, decisions 32, 53)."""

from typing import Any

import msgspec

from handrail.engine.context import Context
from handrail.engine.defaults import initial_values
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer
from handrail.engine.settle import settle
from handrail.engine.state import HIDDEN, Process, Task
from handrail.engine.working import Working
from handrail.kernel.errors import Impossible
from handrail.kernel.worktime import local


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


def hide(working: Working, task: Task) -> Task:
    """Hide an incomplete task; it keeps its owners, answers and how far it was."""
    if task.is_hidden or task.is_done:
        return task
    working.emit("task.hidden", task.id)
    return working.replace_task(task.id, status=HIDDEN, status_before_hiding=task.status)


def show(working: Working, context: Context, task: Task) -> Task:
    """Show a hidden task as it was before; its owners hear of it now.

    When it is visible for the first time, its defaults are made then: "today" means that day (decision 66).
    """
    if not task.is_hidden:
        return task
    before = task.status_before_hiding
    changes: dict[str, Any] = {"status": before or "not-started", "status_before_hiding": None}
    if before is None:
        today = local(working.now, context.organization.timezone).date()
        first = initial_values(context.fields_of(task), today=today, now=working.now)
        changes["values"] = {**task.values, **first}
    working.emit("task.shown", task.id)
    if task.owners:
        working.emit("task.assigned", task.id, owners=task.owners)
    return working.replace_task(task.id, **changes)
