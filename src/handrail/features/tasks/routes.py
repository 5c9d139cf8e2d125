"""Routes of tasks: of processes, one-off, of a person; completing and reopening (wire 2.16 to 2.19)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from handrail.features.guests import service as guests
from handrail.features.tasks import answers, commands, oneoff, requests, service, view, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.kernel.errors import Invalid
from handrail.ports.database import Transaction

router = Router("Tasks")
ORG = "/organizations/{org}"
RUN = f"{ORG}/runs/{{process}}"


class TaskQuery(msgspec.Struct):
    """Filters of every list of tasks."""

    status: Annotated[
        str,
        Meta(
            description="active, incomplete, inprogress, not-started, complete, overdue, due_soon, hasproblem or all; "
            "other words do not filter."
        ),
    ] = ""
    q: Annotated[str, Meta(description="Finds tasks by their title or their process's name.")] = ""
    owners: Annotated[str, Meta(description="Member ids, separated by commas, directly or through a group.")] = ""
    guests: Annotated[str, Meta(description="Guest addresses, separated by commas.")] = ""
    groups: Annotated[str, Meta(description="Group ids, separated by commas.")] = ""
    assignee: Annotated[str, Meta(description="me: the caller's own.")] = ""
    unassigned: Annotated[str, Meta(description="true: tasks that belong to nobody.")] = ""
    tag: Annotated[str, Meta(description="A tag, by id or title, of the task or of its process.")] = ""
    folder: Annotated[
        str, Meta(description="Ids of folders, separated by commas, that the task or its process is in.")
    ] = ""
    created: Annotated[str, Meta(description="A day, or two with a colon between: when the task was made.")] = ""
    deadline_on: Annotated[str, Meta(description="The day of the deadline; wins over the other dates.")] = ""
    deadline_before: Annotated[str, Meta(description="Deadlines before this day.")] = ""
    deadline_after: Annotated[str, Meta(description="Deadlines after this day.")] = ""
    deadline_start_range: Annotated[str, Meta(description="Deadlines from this day on.")] = ""
    deadline_end_range: Annotated[str, Meta(description="Deadlines up to and with this day.")] = ""
    is_oneoff: Annotated[str, Meta(description="true: one-off tasks only; false: tasks of steps only.")] = ""
    archived: Annotated[str, Meta(description="only: archived tasks alone; true: these too.")] = ""
    sort: Annotated[
        str, Meta(description="deadline, newest, problems, completed_newest or position; a minus turns it round.")
    ] = ""
    without_pagination: Annotated[str, Meta(description="true: the whole list, without meta.")] = ""


# lists


@router.get(
    f"{RUN}/tasks",
    action="process.read",
    query=TaskQuery,
    returns=wire.Task,
    shape="collection",
    includes=view.INCLUDES,
    errors=(422,),
)
async def of_process(call: Call) -> Page:
    """List the tasks of a process.

    In their order; without a status, hidden ones too (`auto-skipped`). `currentTask` gives the page that the task
    is on.
    """
    return await service.of_process(call, call.id("process"))


@router.get(
    f"{ORG}/tasks",
    action="task.list",
    query=TaskQuery,
    returns=wire.Task,
    shape="collection",
    includes=view.INCLUDES,
    errors=(422,),
)
async def index(call: Call) -> Page:
    """List tasks.

    Of processes and one-off, all that the caller may see, the newest first.
    """
    return await service.of_organization(call)


@router.get(
    f"{ORG}/me/tasks",
    action="task.list",
    query=TaskQuery,
    returns=wire.Task,
    shape="collection",
    includes=view.INCLUDES,
    errors=(422,),
)
async def mine(call: Call) -> Page:
    """List the caller's own tasks.

    Directly or through a group; only what is still to do, unless `status` says otherwise. `meta` counts what is
    overdue and due soon.
    """
    return await service.of_person(call, f"u:{call.actor.user_id}", default_status="open", whole=True)


@router.get(
    f"{ORG}/users/{{user}}/tasks",
    action="task.list",
    query=TaskQuery,
    returns=wire.Task,
    shape="collection",
    includes=view.INCLUDES,
    errors=(422,),
)
async def of_member(call: Call) -> Page:
    """List the tasks of a member.

    Those that the caller may see too.
    """
    await service.require_member(call, call.integer("user"))
    return await service.of_person(call, f"u:{call.integer('user')}", default_status=None)


@router.get(
    f"{ORG}/guests/{{guest}}/tasks",
    action="task.list",
    query=TaskQuery,
    returns=wire.Task,
    shape="collection",
    includes=view.INCLUDES,
    errors=(422, 429),
    by_code=True,
)
async def of_guest(call: Call) -> Page:
    """List the tasks of a guest.

    By address, or by the code that ends their link; those that the caller may see too. Guests see their own, of this
    organization alone; filters by people, labels and places mean nothing to them.
    """
    if call.actor.is_guest:
        return await service.of_person(call, call.actor.owner_principals[0], default_status=None)
    async with call.database.reader() as reader:
        guest = await guests.find(reader, call.actor, call.path["guest"])
    return await service.of_person(call, f"g:{guest.email}", default_status=None)


# one task


@router.get(f"{RUN}/tasks/{{task}}", action="task.read", returns=wire.Task, includes=view.INCLUDES)
async def show_in_process(call: Call) -> wire.Task:
    """Read a task of a process."""
    return await service.show_one(call, call.id("task"), call.id("process"))


@router.get(f"{ORG}/tasks/{{task}}", action="task.read", returns=wire.Task, includes=view.INCLUDES)
async def show(call: Call) -> wire.Task:
    """Read a task, of a process or one-off."""
    return await service.show_one(call, call.id("task"))


@router.put(
    f"{RUN}/tasks/{{task}}",
    action="task.update",
    body=wire.TaskBody,
    returns=wire.Task,
    errors=(403,),
    includes=view.INCLUDES,
)
async def update_in_process(call: Call, body: wire.TaskBody) -> wire.Task:
    """Change a task of a process.

    Send only what changes. Answers go into `taskdata`, merged key by key. Deadlines move into working time. A
    completed task must be reopened first.
    """
    return await requests.update(call, body, call.id("process"))


@router.put(
    f"{ORG}/tasks/{{task}}",
    action="task.update",
    body=wire.TaskBody,
    returns=wire.Task,
    errors=(403,),
    includes=view.INCLUDES,
)
async def update(call: Call, body: wire.TaskBody) -> wire.Task:
    """Change a task, of a process or one-off.

    Send only what changes.
    """
    return await requests.update(call, body, None)


# completing and reopening


@router.post(
    f"{RUN}/completed-tasks",
    action="task.complete",
    body=wire.CompletionBody,
    returns=wire.Task,
    errors=(403,),
    includes=view.INCLUDES,
)
async def complete_in_process(call: Call, body: wire.CompletionBody) -> wire.Task:
    """Complete a task of a process.

    Approvals need `is_approved`. Answers may come along in `taskdata`; they are saved first, in the same
    transaction. Completing a completed task changes nothing and answers 200 (422 in strict mode).
    """
    return await requests.complete(call, body, call.id("process"))


@router.post(
    f"{ORG}/completed-tasks",
    action="task.complete",
    body=wire.CompletionBody,
    returns=wire.Task,
    errors=(403,),
    includes=view.INCLUDES,
)
async def complete(call: Call, body: wire.CompletionBody) -> wire.Task:
    """Complete a one-off task.

    A task of a process is completed through its process.
    """
    return await requests.complete(call, body, None, alone=True)


@router.delete(
    f"{RUN}/completed-tasks/{{task}}",
    action="task.reopen",
    returns=wire.Task,
    errors=(403, 422),
    includes=view.INCLUDES,
)
async def reopen_in_process(call: Call) -> wire.Task:
    """Reopen a completed task of a process.

    It is in progress again, its answers stay, and signatures are cleared. A task that is not completed stays as it is.
    """
    return await _reopen(call, call.id("process"))


@router.post(
    f"{RUN}/completed-tasks/{{task}}",
    action="task.reopen",
    returns=wire.Task,
    errors=(403, 422),
    includes=view.INCLUDES,
)
async def reopen_by_post(call: Call) -> wire.Task:
    """Reopen a completed task of a process, as some connectors do it.

    The same as DELETE.
    """
    return await _reopen(call, call.id("process"))


@router.delete(
    f"{ORG}/completed-tasks/{{task}}",
    action="task.reopen",
    returns=wire.Task,
    errors=(403, 422),
    includes=view.INCLUDES,
)
async def reopen(call: Call) -> wire.Task:
    """Reopen a completed one-off task."""
    return await _reopen(call, None)


async def _reopen(call: Call, process_id: str | None) -> wire.Task:
    task_id, now = call.id("task"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Task:
        if process_id is None:
            await requests.require_standalone(call, tx, task_id)
        done = await commands.reopen(tx, call.actor, now, task_id, process_id=process_id, strict=call.strict)
        return await service.answer(call, tx, done)

    return await call.database.write(change)


@router.post(
    f"{ORG}/x/runs/{{process}}/tasks/{{task}}/visibility",
    action="task.hide",
    body=wire.VisibilityBody,
    returns=wire.Task,
    errors=(403,),
)
async def set_visibility(call: Call, body: wire.VisibilityBody) -> wire.Task:
    """Show or hide a task by hand.

    What a person decided, rules no longer change. Completed and one-off tasks are refused.
    """
    task_id, process_id, now = call.id("task"), call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Task:
        done = await commands.set_visibility(tx, call.actor, now, task_id, process_id, visible=body.visible)
        await requests.comment_beside(call, tx, done, body.comment, now)
        return await service.answer(call, tx, done)

    return await call.database.write(change)


# one-off tasks


@router.post(
    f"{ORG}/tasks",
    action="task.create",
    body=wire.OneOffBody,
    returns=wire.Task,
    status=201,
    errors=(403,),
    includes=view.INCLUDES,
)
async def create(call: Call, body: wire.OneOffBody) -> wire.Task:
    """Make a one-off task.

    Alone, or in a process with `run_id`. With `separate_task_for_each_assignee` everybody gets their own, in a
    process made for it; the first one is answered, with its process.
    """
    now = call.application.clock.now()

    async def change(tx: Transaction) -> wire.Task:
        task_id = await oneoff.create(tx, call.actor, body, now)
        also = frozenset({"run"}) if body.separate_task_for_each_assignee else frozenset[str]()
        return await service.shown_now(call, tx, task_id, also)

    return await call.database.write(change)


@router.delete(f"{ORG}/tasks/{{task}}", action="task.archive", shape="empty", status=204, errors=(403, 422))
async def archive(call: Call) -> None:
    """Archive a one-off task."""
    await _change_state(call, archived=True)


@router.put(f"{ORG}/tasks/{{task}}/restore", action="task.archive", returns=wire.Task, errors=(403, 422))
async def restore(call: Call) -> wire.Task:
    """Bring an archived one-off task back."""
    return await _change_state(call, archived=False)


async def _change_state(call: Call, *, archived: bool) -> wire.Task:
    task_id, now = call.id("task"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Task:
        await oneoff.change_state(tx, call.actor, task_id, now, archived=archived)
        return await service.shown_now(call, tx, task_id)

    return await call.database.write(change)


@router.delete(f"{ORG}/tasks/{{task}}/delete", action="task.archive", shape="empty", status=204, errors=(403, 422))
async def delete(call: Call) -> None:
    """Delete a one-off task for good."""
    task_id, now = call.id("task"), call.application.clock.now()

    async def change(tx: Transaction) -> None:
        await oneoff.delete(tx, call.actor, task_id, now)

    await call.database.write(change)


@router.post(f"{ORG}/tasks/{{task}}/clone", action="task.create", returns=wire.Task, errors=(403, 422))
async def clone(call: Call) -> wire.Task:
    """Copy a one-off task.

    Without its answers, comments and completion.
    """
    task_id, now = call.id("task"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Task:
        return await service.shown_now(call, tx, await oneoff.clone(tx, call.actor, task_id, now))

    return await call.database.write(change)


@router.post(f"{ORG}/x/tasks/{{task}}/unlink", action="task.archive", returns=wire.Task, errors=(403, 422))
async def unlink(call: Call) -> wire.Task:
    """Take a one-off task out of its process.

    It goes on alone, with its answers, comments and people; the process counts it no more.
    """
    task_id, now = call.id("task"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Task:
        await oneoff.unlink(tx, call.actor, task_id, now)
        return await service.shown_now(call, tx, task_id)

    return await call.database.write(change)


# single answers


@router.post(
    f"{ORG}/tasks/{{task}}/captures",
    action="task.update",
    body=wire.FieldAnswerBody,
    returns=wire.Task,
    errors=(403,),
)
async def answer_field(call: Call, body: wire.FieldAnswerBody) -> wire.Task:
    """Answer one form field of a task."""
    try:
        return await requests.update(call, wire.TaskBody(taskdata={body.id: body.value}), None)
    except Invalid as problem:
        raise problem.under(f"taskdata.{body.id}", "value") from problem


@router.put(
    f"{ORG}/form-field/value",
    action="task.update",
    body=wire.FormValueBody,
    returns=dict[str, Any],
    errors=(403,),
)
async def change_value(call: Call, body: wire.FormValueBody) -> dict[str, Any]:
    """Change one stored answer by its own id.

    The ids are the `unique_id` of a process's form fields; an answer that was never given has none.
    """
    now = call.application.clock.now()

    async def change(tx: Transaction) -> dict[str, Any]:
        return await answers.change(tx, call.actor, body.id, body.form_value, now)

    return await call.database.write(change)
