"""Routes of a guest's tasks: one task, its answers, its completion (wire 2.24: PUB-3), and beyond the wire what
engine 2.4 lets guests do: bring in another guest, and correct the kick-off form.

With the code of their link a guest acts; with a token its owner does, on tasks that are the guest's.
"""

from typing import Any

from handrail.features.guests import service as guests
from handrail.features.processes import for_guests as kickoffs
from handrail.features.tasks import answers, delegating, for_guests, requests, service, view, wire
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.kernel.errors import Invalid, NotFound
from handrail.kernel.ids import is_id
from handrail.ports.database import Reader, Transaction

router = Router("Guest tasks")
GUEST = "/organizations/{org}/guests/{guest}"
TASK = f"{GUEST}/tasks/{{task}}"


@router.get(TASK, action="task.read", returns=wire.GuestTask, includes=view.INCLUDES, errors=(429,), by_code=True)
async def show(call: Call) -> wire.Task:
    """Read a task of a guest.

    A guest sees what they need to work on it, with its comments as far as they are meant for them, and no other
    people. Hidden tasks are not found.
    """
    task_id = call.id("task")
    async with call.database.reader() as reader:
        await _require_theirs(call, reader, task_id)
    return await service.show_one(call, task_id)


@router.put(
    TASK,
    action="task.update",
    body=wire.TaskBody,
    returns=wire.GuestTask,
    includes=view.INCLUDES,
    errors=(403, 422, 429),
    by_code=True,
)
async def update(call: Call, body: wire.TaskBody) -> wire.Task:
    """Fill in a task of a guest.

    Answers go into `taskdata`, merged key by key. A guest may change nothing else.
    """
    task_id = call.id("task")
    if call.actor.is_guest:
        for_guests.require_answers_alone(body)
    return await requests.update(call, body, None, check=lambda tx: _require_theirs(call, tx, task_id))


@router.post(
    f"{GUEST}/completed-tasks",
    action="task.complete",
    body=wire.CompletionBody,
    returns=wire.GuestTask,
    includes=view.INCLUDES,
    errors=(403, 422, 429),
    by_code=True,
)
async def complete(call: Call, body: wire.CompletionBody) -> wire.Task:
    """Complete a task of a guest, of a process or one-off.

    As a member completes it: answers may come along in `taskdata`, approvals need `is_approved`, and completing a
    completed task changes nothing. Only members can reopen it.
    """
    if not is_id(body.task_id):
        raise NotFound("Task not found")
    return await requests.complete(call, body, None, check=lambda tx: _require_theirs(call, tx, body.task_id))


@router.post(
    f"{GUEST}/form-field/value",
    action="task.update",
    body=wire.FormValueBody,
    returns=dict[str, Any],
    errors=(403, 422, 429),
    by_code=True,
)
async def give_value(call: Call, body: wire.FormValueBody) -> dict[str, Any]:
    """Give one answer of a guest's task.

    By its own id: the task's id, a hyphen and the form field's id. It may be the first answer to that field.
    """
    now = call.application.clock.now()

    async def change(tx: Transaction) -> dict[str, Any]:
        return await answers.give(
            tx, call.actor, body.id, body.form_value, now, lambda task_id: _require_theirs(call, tx, task_id)
        )

    return await call.database.write(change)


@router.post(
    f"{GUEST}/x/tasks/{{task}}/guests",
    action="task.delegate",
    body=wire.DelegationBody,
    returns=wire.GuestTask,
    includes=view.INCLUDES,
    errors=(403, 422, 429),
    by_code=True,
)
async def delegate(call: Call, body: wire.DelegationBody) -> wire.Task:
    """Give a task of a guest to one more guest.

    Everybody who has the task keeps it. Whoever joins in gets the link to their tasks by mail. Refused where the task
    takes no guests or nobody more (`max_assignable`), and for addresses of members.
    """
    task_id, now = call.id("task"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Task:
        await _require_theirs(call, tx, task_id)
        done = await delegating.delegate(tx, call.actor, task_id, body.email, now)
        return await service.answer(call, tx, done)

    return await call.database.write(change)


@router.get(
    f"{GUEST}/x/tasks/{{task}}/kickoff",
    action="task.read",
    returns=wire.GuestKickoff,
    errors=(403, 422, 429),
    by_code=True,
)
async def show_kickoff(call: Call) -> wire.GuestKickoff:
    """Read the kick-off form of the process that a guest's task belongs to.

    Without its fields for people. The task must not be top secret.
    """
    async with call.database.reader() as reader:
        await _require_theirs(call, reader, call.id("task"))
        process_id = await service.kickoff_home(reader, call.actor, call.id("task"), "task.read")
        return _form(await kickoffs.form(reader, call.actor, process_id))


@router.put(
    f"{GUEST}/x/tasks/{{task}}/kickoff",
    action="task.update",
    body=wire.KickoffAnswersBody,
    returns=wire.GuestKickoff,
    errors=(403, 422, 429),
    by_code=True,
)
async def answer_kickoff(call: Call, body: wire.KickoffAnswersBody) -> wire.GuestKickoff:
    """Correct answers of the kick-off form of the process that a guest's task belongs to.

    Merged key by key, checked and followed by rules as a member's are. Fields for people are for members to fill in.
    """
    task_id, now = call.id("task"), call.application.clock.now()
    if isinstance(body.prerun, list) and body.prerun:
        raise Invalid({"prerun": "The prerun must be an object keyed by field id, not a list."})
    answers: dict[str, Any] = body.prerun if isinstance(body.prerun, dict) else {}

    async def change(tx: Transaction) -> wire.GuestKickoff:
        await _require_theirs(call, tx, task_id)
        process_id = await service.kickoff_home(tx, call.actor, task_id, "task.update")
        await kickoffs.save(tx, call.actor, process_id, answers, now)
        return _form(await kickoffs.form(tx, call.actor, process_id))

    return await call.database.write(change)


def _form(form: kickoffs.Form) -> wire.GuestKickoff:
    return wire.GuestKickoff(
        run_id=form.process_id,
        name=form.name,
        prerun_status="complete" if form.is_complete else "incomplete",
        prerun=form.answers,
        ko_form_fields=form.fields,
    )


async def _require_theirs(call: Call, reader: Reader, task_id: str) -> None:
    """NotFound unless a member's token names a guest whose task this is. That a guest may see it is asked later."""
    if not call.actor.is_guest:
        guest = await guests.find(reader, call.actor, call.path["guest"])
        await service.require_of_guest(reader, call.actor, guest.email, task_id)
