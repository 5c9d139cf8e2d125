"""Changing a task that is not completed: its words, dates, people, order, switches and answers (wire TSK-3, OOT-4)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from handrail.engine.assignment import added, distinct, excess, problems, with_member, without_member
from handrail.engine.context import Context
from handrail.engine.definition import Owners, StepType
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer, may_edit, may_reassign
from handrail.engine.saving import save_values
from handrail.engine.settle import settle, settle_task
from handrail.engine.state import Process, Task
from handrail.engine.transitions import complete_if_signed, tell_owners
from handrail.engine.working import TaskOutcome, Working
from handrail.kernel.errors import Denied, Errors, Impossible
from handrail.kernel.worktime import into_working_time

# what whoever works on a task may write, as against those who may also hand it to others and move it in time
_WORDS = ("title", "summary")
_SETTINGS = ("task_type", "max_assignable", "webhook", "top_secret", "prevent_guest_comment")


class OwnersEdit(msgspec.Struct, frozen=True, kw_only=True):
    """New owners, bucket by bucket; an unset bucket stays as it is (decision 1)."""

    users: tuple[int, ...] | None = None
    guests: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None


class EditTask(msgspec.Struct, frozen=True, kw_only=True):
    """Change a task; what is unset stays. Times in milliseconds; `status` is any word, most of which do nothing.

    Without a deadline (None) a task of a step keeps the one it has, and a one-off task is refused. `brings_in`: it only
    adds guests, as whoever works on the task may by a call of its own (2.4).
    """

    task_id: str
    doer: Doer
    title: str | UnsetType = UNSET
    summary: str | UnsetType | None = UNSET
    deadline: int | UnsetType | None = UNSET
    started_at: int | UnsetType = UNSET
    owners: OwnersEdit | UnsetType = UNSET
    status: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    max_assignable: int | UnsetType = UNSET
    task_type: StepType | UnsetType = UNSET
    webhook: str | UnsetType | None = UNSET
    top_secret: bool | UnsetType = UNSET
    prevent_guest_comment: bool | UnsetType = UNSET
    values: Mapping[str, Any] | UnsetType = UNSET
    brings_in: bool = False


def edit_task(context: Context, process: Process, command: EditTask) -> Outcome:
    """Change a task of a process, hidden ones too.

    Raises NotFound; Impossible for completed and archived tasks and blocked processes; Denied for what this person
    may not change, unless it stays the same; Invalid with `owners` or `taskdata.<field id>`.
    """
    working = Working.of_process(process, context.now)
    _edit(working, context, command)
    return settle(working, context)


def edit_single_task(context: Context, task: Task, command: EditTask) -> TaskOutcome:
    """The same for a one-off task outside of any process."""
    working = Working.of_task(task, context.now)
    _edit(working, context, command)
    return settle_task(working)


def _edit(working: Working, context: Context, command: EditTask) -> None:
    task = working.task(command.task_id)
    if task.is_done:
        raise Impossible("A completed task cannot be changed. Reopen it first.")
    working.require_writable()
    if task.archived_at is not None:
        raise Impossible("This task is archived. Restore it before changing it.")
    if not may_edit(command.doer, task):
        raise Denied("You may not change this task.")
    words = _differing(task, command, _WORDS)
    settings = _differing(task, command, _SETTINGS) | _new_times(task, context, command)
    owners = _new_owners(task, command)
    if task.is_oneoff:
        _require_whole(task, command, owners)
    moves = not isinstance(command.position, UnsetType) and command.position != task.position
    _require_rights(task, command, words, owners, anything_else=bool(settings) or moves)
    if owners != task.owners:
        settings |= _checked_owners(working, context, task, owners, settings, command.doer)
    if command.status in ("not-started", "in-progress") and task.is_open and not command.doer.is_guest:
        settings["status"] = command.status
    changed = working.replace_task(task.id, **words, **settings)
    _tell(working, task, changed)
    if moves and working.process is not None and isinstance(command.position, int):
        working.move(task.id, command.position)
    if not isinstance(command.values, UnsetType):
        save_values(working, context, changed, command.values, command.doer)
    if changed.owners != task.owners:
        complete_if_signed(working, context, task.id)


def _differing(task: Task, command: EditTask, names: tuple[str, ...]) -> dict[str, Any]:
    given = ((name, getattr(command, name)) for name in names)
    return {name: value for name, value in given if value is not UNSET and value != getattr(task, name)}


def _require_whole(task: Task, command: EditTask, owners: Owners) -> None:
    """Invalid where a change would leave a one-off task without what it cannot be made without (wire 0.9, OOT-1)."""
    errors = Errors()
    if command.deadline is None:
        errors.add("deadline", "The deadline field is required: YYYY-MM-DD HH:MM:SS (UTC) or ISO 8601.")
    if not owners and task.owners:
        errors.add("owners", "The owners field is required: at least one member, guest or group.")
    errors.raise_if_any()


def _new_times(task: Task, context: Context, command: EditTask) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if isinstance(command.deadline, int) and command.deadline != task.deadline:
        organization = context.organization
        date = into_working_time(command.deadline, organization.working_days, organization.timezone)
        changes |= {"deadline": date, "deadline_base": date, "deadline_pinned": True, "deadline_held": False}
    if not isinstance(command.started_at, UnsetType) and command.started_at != task.started_at:
        changes |= {"started_at": command.started_at, "started_explicitly": True}
    return changes


def _new_owners(task: Task, command: EditTask) -> Owners:
    edit = command.owners
    if isinstance(edit, UnsetType):
        return task.owners
    before = task.owners
    return distinct(
        Owners(
            users=before.users if edit.users is None else edit.users,
            guests=before.guests if edit.guests is None else edit.guests,
            groups=before.groups if edit.groups is None else edit.groups,
        )
    )


def _require_rights(
    task: Task, command: EditTask, words: dict[str, Any], owners: Owners, *, anything_else: bool
) -> None:
    """Denied unless this person may change what differs. A guest may only bring in further guests (engine 2.4)."""
    doer = command.doer
    if may_reassign(doer, task):
        return
    if anything_else:
        raise Denied("You may not change the people, dates and settings of this task.")
    if doer.is_guest or command.brings_in:
        before = task.owners
        keeps = set(before.guests) <= set(owners.guests)
        if words or not keeps or owners.users != before.users or owners.groups != before.groups:
            raise Denied("You may fill in this task and bring in another guest, but not change it.")
    elif owners != task.owners:
        raise Denied("You may not change who this task is assigned to.")


def _checked_owners(
    working: Working, context: Context, task: Task, owners: Owners, settings: dict[str, Any], doer: Doer
) -> dict[str, Any]:
    directory = context.directory
    errors = Errors()
    for text in problems(added(task.owners, owners), directory, allow_guests=task.allow_guest_owners):
        errors.add("owners", text)
    maximum = settings.get("max_assignable", task.max_assignable)
    too_many = excess(without_member(owners, task.watch_only), maximum, directory)
    if too_many is not None:
        errors.add("owners", too_many)
    errors.raise_if_any()
    assigner = doer.user_id if doer.kind == "member" else task.starter_id
    owners, watch_only = with_member(owners, task.watch_only, assigner, directory)
    return {"owners": owners, "watch_only": watch_only}


def _tell(working: Working, before: Task, after: Task) -> None:
    if after is before:
        return
    names = [
        name for name in (*_WORDS, *_SETTINGS, "started_at", "status") if getattr(after, name) != getattr(before, name)
    ]
    if names:
        working.emit("task.updated", after.id, fields=names)
    if after.deadline != before.deadline:
        working.emit("task.deadline_changed", after.id, before=before.deadline, after=after.deadline)
    if after.owners != before.owners:
        tell_owners(working, before, after)
