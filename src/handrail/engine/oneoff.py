"""One-off tasks: made by hand, alone or in a process, also one for each person (engine 9.5)."""

from typing import Any

import msgspec
from msgspec.structs import replace

from handrail.engine.assignment import Directory, distinct, excess, problems, union, with_member
from handrail.engine.context import Context
from handrail.engine.definition import Field, Owners, StepType
from handrail.engine.events import Outcome
from handrail.engine.launch import Ids, Numbers, defaults
from handrail.engine.permit import Doer
from handrail.engine.settle import settle, settle_task
from handrail.engine.state import Process, Task
from handrail.engine.working import TaskOutcome, Working
from handrail.kernel.errors import Denied, Errors, Impossible, Invalid

TITLE_LENGTH = 600


class NewTask(msgspec.Struct, frozen=True, kw_only=True):
    """A one-off task to be made. Times in milliseconds; `position` counts only inside of a process."""

    doer: Doer
    title: str
    owners: Owners
    deadline: int
    task_type: StepType = "task"
    summary: str | None = None
    started_at: int | None = None
    position: int | None = None
    fields: tuple[Field, ...] = ()
    webhook: str | None = None
    max_assignable: int = 0
    everyone_must_complete: bool = False
    can_complete_only_assignees: bool = False
    prevent_guest_comment: bool = False
    is_soft_start_date: bool = False
    top_secret: bool = False
    allow_guest_owners: bool = True
    send_chromeless: bool = False


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """The system template behind processes that are made of one-off tasks alone."""

    template_id: str
    version: int
    title: str


def create_task(context: Context, command: NewTask, ids: Ids, number: int) -> TaskOutcome:
    """A task outside of any process. Invalid with `owners`."""
    owners, watch_only = _owners(context, command)
    task = _task(context, command, owners, watch_only, None, ids.new_id(), number)
    working = Working(None, (), context.now)
    _add(working, task, None)
    return settle_task(working)


def add_task(context: Context, process: Process, command: NewTask, ids: Ids, number: int) -> Outcome:
    """A task in a running process, at its position or at the end; `task.created` names it.

    Denied when the process takes no added tasks; Impossible while it is blocked; Invalid with `owners`.
    """
    working = Working.of_process(process, context.now)
    _require_open_for_tasks(working, process)
    owners, watch_only = _owners(context, command)
    _add(working, _task(context, command, owners, watch_only, process.id, ids.new_id(), number), command.position)
    return settle(working, context)


def create_separate_tasks(
    context: Context, command: NewTask, container: Container, ids: Ids, numbers: Numbers
) -> Outcome:
    """A new process, named after the task, with one task for each person (decision 79). Invalid with `owners`.

    As many increment ids are used as there are people; the caller owns the process.
    """
    user = command.doer.user_id
    if user is None:
        raise Denied("Only members may create tasks.")
    now = context.now
    process = Process(
        id=ids.new_id(),
        increment_id=numbers.process,
        template_id=container.template_id,
        template_version=container.version,
        template_title=container.title,
        type="procedure",
        name=command.title[:550],
        summary=None,
        status="active",
        owner_id=user,
        started_by=user,
        kickoff_completed_at=now,
        kickoff_completed_by=user,
        created_at=now,
        started_at=now,
        updated_at=now,
    )
    working = Working.of_new_process(process, now)
    working.emit("process.launched")
    _add_for_each(working, context, command, process.id, ids, numbers.first_task)
    return settle(working, context)


def add_separate_tasks(context: Context, process: Process, command: NewTask, ids: Ids, first_number: int) -> Outcome:
    """The same in a process that runs already."""
    working = Working.of_process(process, context.now)
    _require_open_for_tasks(working, process)
    _add_for_each(working, context, command, process.id, ids, first_number)
    return settle(working, context)


def clone_task(context: Context, task: Task, doer: Doer, ids: Ids, number: int) -> TaskOutcome:
    """A copy of a task outside of any process, untouched: without answers, signatures, issues and completion."""
    working = Working(None, (), context.now)
    _add(working, _copy(context, task, doer, ids.new_id(), number), None)
    return settle_task(working)


def clone_in_process(context: Context, process: Process, task_id: str, doer: Doer, ids: Ids, number: int) -> Outcome:
    """A copy of a one-off task right after it. Impossible for the task of a step."""
    working = Working.of_process(process, context.now)
    task = _oneoff(working, task_id, "cloned")
    _require_open_for_tasks(working, process)
    _add(working, _copy(context, task, doer, ids.new_id(), number), task.position + 1)
    return settle(working, context)


def archive_in_process(context: Context, process: Process, task_id: str) -> Outcome:
    """Archive a one-off task of a process: it counts no more and stands after all others. Impossible for others."""
    working = Working.of_process(process, context.now)
    task = _oneoff(working, task_id, "archived")
    working.require_writable()
    _set_archived(working, task, context.now)
    working.renumber()
    return settle(working, context)


def restore_in_process(context: Context, process: Process, task_id: str) -> Outcome:
    """Bring an archived one-off task of a process back, as the last of its tasks."""
    working = Working.of_process(process, context.now)
    task = _oneoff(working, task_id, "restored")
    working.require_writable()
    _set_archived(working, task, None)
    working.renumber()
    return settle(working, context)


def delete_in_process(context: Context, process: Process, task_id: str) -> Outcome:
    """Take a one-off task out of its process for good; `task.deleted` names it. Impossible for the task of a step."""
    working = Working.of_process(process, context.now)
    task = _oneoff(working, task_id, "deleted")
    working.require_writable()
    working.remove(task.id)
    working.emit("task.deleted", task.id)
    return settle(working, context)


def unlink(context: Context, process: Process, task_id: str) -> tuple[Outcome, Task]:
    """Take a one-off task out of its process, to go on alone with its answers and people: what is left of the process,
    and the task (9.5). Impossible for the task of a step, and while the process is archived or blocked."""
    working = Working.of_process(process, context.now)
    task = _oneoff(working, task_id, "unlinked")
    working.require_writable()
    working.remove(task.id)
    working.emit("task.unlinked", task.id)
    return settle(working, context), replace(task, process_id=None, position=1, updated_at=context.now)


def archive_task(context: Context, task: Task) -> TaskOutcome:
    """Archive a task outside of any process; an archived one stays as it is."""
    working = Working.of_task(task, context.now)
    _set_archived(working, task, context.now)
    return settle_task(working)


def restore_task(context: Context, task: Task) -> TaskOutcome:
    """Bring an archived task outside of any process back."""
    working = Working.of_task(task, context.now)
    _set_archived(working, task, None)
    return settle_task(working)


def separate_owners(owners: Owners, directory: Directory) -> list[Owners]:
    """One owner each: members, then guests, then the people of groups, however often they are named."""
    members = dict.fromkeys(owners.users)
    guests = dict.fromkeys(owners.guests)
    for group_id in owners.groups:
        group = directory.group(group_id)
        if group is not None:
            members.update(dict.fromkeys(user for user in group.members if directory.is_active_member(user)))
            guests.update(dict.fromkeys(mail for mail in group.guests if directory.is_active_guest(mail)))
    return [Owners(users=(user,)) for user in members] + [Owners(guests=(mail,)) for mail in guests]


def _owners(context: Context, command: NewTask) -> tuple[Owners, int | None]:
    directory = context.directory
    owners = distinct(command.owners)
    errors = Errors()
    if not owners:
        errors.add("owners", "Name at least one member, guest or group.")
    for text in problems(owners, directory, allow_guests=command.allow_guest_owners):
        errors.add("owners", text)
    too_many = excess(owners, command.max_assignable, directory)
    if too_many is not None:
        errors.add("owners", too_many)
    errors.raise_if_any()
    return with_member(owners, None, command.doer.user_id, directory)


def _add_for_each(
    working: Working, context: Context, command: NewTask, process_id: str, ids: Ids, first_number: int
) -> None:
    directory = context.directory
    each = separate_owners(command.owners, directory)
    # with the guests of groups: each of them would be given a task
    whole = replace(command.owners, guests=tuple(mail for person in each for mail in person.guests))
    errors = Errors()
    for text in problems(union(command.owners, whole), directory, allow_guests=command.allow_guest_owners):
        errors.add("owners", text)
    errors.raise_if_any()
    if not each:
        raise Invalid({"owners": "Name at least one member, guest or group with people in it."})
    for index, person in enumerate(each):
        owners, watch_only = with_member(person, None, command.doer.user_id, directory)
        task = _task(context, command, owners, watch_only, process_id, ids.new_id(), first_number + index)
        _add(working, task, None if command.position is None else command.position + index)


def _task(
    context: Context,
    command: NewTask,
    owners: Owners,
    watch_only: int | None,
    process_id: str | None,
    task_id: str,
    number: int,
) -> Task:
    now = context.now
    return Task(
        id=task_id,
        increment_id=number,
        process_id=process_id,
        template_id=None,
        step_id=None,
        alias=None,
        title=command.title,
        summary=command.summary,
        task_type=command.task_type,
        status="not-started",
        position=1,
        owners=owners,
        watch_only=watch_only,
        values=defaults(command.fields, context),
        started_at=now if command.started_at is None else command.started_at,
        started_explicitly=command.started_at is not None,
        deadline=command.deadline,
        deadline_base=command.deadline,
        created_at=now,
        updated_at=now,
        starter_id=command.doer.user_id,
        is_oneoff=True,
        max_assignable=command.max_assignable,
        webhook=command.webhook,
        everyone_must_complete=command.everyone_must_complete,
        can_complete_only_assignees=command.can_complete_only_assignees,
        prevent_guest_comment=command.prevent_guest_comment,
        is_soft_start_date=command.is_soft_start_date,
        top_secret=command.top_secret,
        allow_guest_owners=command.allow_guest_owners,
        send_chromeless=command.send_chromeless,
    )


def _copy(context: Context, task: Task, doer: Doer, task_id: str, number: int) -> Task:
    now = context.now
    suffix = " - Copy"
    untouched: dict[str, Any] = {
        "status": "not-started",
        "values": defaults(context.fields_of(task), context),
        "completed_at": None,
        "completer_id": None,
        "completer_guest": None,
        "archived_at": None,
        "is_approved": None,
        "was_reopened": False,
        "signatures": (),
        "open_problems": 0,
    }
    return replace(
        task,
        id=task_id,
        increment_id=number,
        title=task.title[: TITLE_LENGTH - len(suffix)] + suffix,
        created_at=now,
        updated_at=now,
        starter_id=doer.user_id,
        **untouched,
    )


def _add(working: Working, task: Task, position: int | None) -> None:
    working.insert(task, position)
    working.emit("task.created", task.id)
    working.emit("task.assigned", task.id, owners=task.owners)


def _set_archived(working: Working, task: Task, archived_at: int | None) -> None:
    if (task.archived_at is None) == (archived_at is None):
        return
    working.replace_task(task.id, archived_at=archived_at)
    working.emit("task.restored" if archived_at is None else "task.archived", task.id)


def _oneoff(working: Working, task_id: str, done: str) -> Task:
    task = working.task(task_id)
    if not task.is_oneoff:
        raise Impossible(f"Only one-off tasks can be {done} one by one; this task belongs to a step of the process.")
    return task


def _require_open_for_tasks(working: Working, process: Process) -> None:
    working.require_writable()
    if not process.can_add_oot:
        raise Denied("This process takes no added tasks.")
