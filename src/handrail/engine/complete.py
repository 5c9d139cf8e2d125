"""Completing a task: its answers, its signatures, its decision (engine 2.2, 2.3)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer, may_complete
from handrail.engine.saving import going, save_values
from handrail.engine.settle import settle, settle_task
from handrail.engine.signing import needs_everyone, required_people
from handrail.engine.state import Process, Task
from handrail.engine.transitions import record_completion
from handrail.engine.values import missing_required
from handrail.engine.working import TaskOutcome, Working
from handrail.kernel.errors import Denied, Impossible, Invalid

EXPIRING_TYPES = ("expiring", "expiring_email")


class Complete(msgspec.Struct, frozen=True, kw_only=True):
    """Complete a task. `values` are answers by field id, saved first; `strict` refuses a second completion."""

    task_id: str
    doer: Doer
    is_approved: bool | None = None
    override_user: int | None = None
    values: Mapping[str, Any] | None = None
    strict: bool = False


def complete(context: Context, process: Process, command: Complete) -> Outcome:
    """Complete a task of a process, or record a signature on one that everyone must complete.

    A task that is completed already comes back unchanged, without events. Raises NotFound; Impossible for hidden,
    archived and blocked tasks; Denied; Invalid with `taskdata.<id>`, `is_approved` or `override_user`.
    """
    working = Working.of_process(process, context.now)
    _complete(working, context, command)
    return settle(working, context)


def complete_task(context: Context, task: Task, command: Complete) -> TaskOutcome:
    """The same for a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    _complete(working, context, command)
    return settle_task(working)


def _complete(working: Working, context: Context, command: Complete) -> None:
    task = working.task(command.task_id)
    doer = command.doer
    if task.is_done:
        if command.strict:
            raise Impossible("This task is completed already.")
        return
    _require_completable(working, task)
    if not may_complete(doer, task):
        raise Denied("You may not complete this task.")
    completer = _completer(context, command)
    is_approved = _decision(task, command)
    if command.values:
        task = save_values(working, context, task, command.values, doer)
    missing = missing_required(context.fields_of(task), task.values, path_prefix="taskdata")
    if missing:
        raise Invalid(missing)
    if needs_everyone(task) and not _signs_last(working, context, task, doer, is_approved):
        return
    guest = doer.guest if doer.is_guest and command.override_user is None else None
    record_completion(working, working.tasks[task.id], is_approved, completer, guest)


def _require_completable(working: Working, task: Task) -> None:
    if task.is_hidden:
        raise Impossible("Hidden tasks cannot be completed. Show the task first.")
    working.require_writable()
    if task.archived_at is not None:
        raise Impossible("This task is archived. Restore it before completing it.")
    if task.open_problems:
        raise Impossible("This task has an open issue. Resolve its issues before completing it.")


def _completer(context: Context, command: Complete) -> int | None:
    """The member recorded as completer. Somebody else may be named by admins and programs only (decision 10)."""
    named, doer = command.override_user, command.doer
    if named is None:
        return None if doer.is_guest else doer.user_id
    if not (doer.is_admin or (doer.by_api and not doer.is_guest)):
        raise Denied("Only administrators and programs may record somebody else as the one who completed a task.")
    if not context.directory.is_active_member(named):
        raise Invalid({"override_user": f"{named} is not an active member of this organization."})
    return named


def _decision(task: Task, command: Complete) -> bool | None:
    """What `is_approved` becomes, by type of task (2.1, decision 9)."""
    if task.task_type == "approval":
        if command.is_approved is None:
            raise Invalid({"is_approved": "Say whether the task is approved (true) or rejected (false)."})
        return command.is_approved
    return True if task.task_type in EXPIRING_TYPES else None


def _signs_last(working: Working, context: Context, task: Task, doer: Doer, is_approved: bool | None) -> bool:
    """Record the signature; whether the task is complete with it. Denied to those who need not sign, except admins.

    An administrator outside of the required people completes for all; one among them only signs (decision 55). The
    first rejection ends an approval (decision 11).
    """
    required = required_people(task, context.directory)
    if doer.person not in required:
        if doer.is_admin:
            return True
        raise Denied("Everyone assigned must complete this task; you are not one of them.")
    if is_approved is False:
        return True
    if doer.person not in task.signatures:
        changes: dict[str, Any] = going(task)
        task = working.replace_task(task.id, signatures=(*task.signatures, doer.person), **changes)
        signed = len(required.intersection(task.signatures))
        working.emit("task.signed", task.id, person=doer.person, signed=signed, required=len(required))
    return required.issubset(task.signatures)
