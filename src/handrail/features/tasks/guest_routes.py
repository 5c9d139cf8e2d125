"""Routes of a guest's tasks: one task, its answers, its completion (wire 2.24: PUB-3).

With the code of their link a guest acts; with a token its owner does, on tasks that are the guest's.
"""

from typing import Any

from handrail.features.guests import service as guests
from handrail.features.tasks import answers, for_guests, requests, service, view, wire
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.kernel.errors import NotFound
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


async def _require_theirs(call: Call, reader: Reader, task_id: str) -> None:
    """NotFound unless a member's token names a guest whose task this is. That a guest may see it is asked later."""
    if not call.actor.is_guest:
        guest = await guests.find(reader, call.actor, call.path["guest"])
        await service.require_of_guest(reader, call.actor, guest.email, task_id)
