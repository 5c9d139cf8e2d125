"""Routes that remind the people of a task (engine 6.6). The wire has none for it."""

from handrail.features.notices import reminding, wire
from handrail.features.threads import quota
from handrail.features.threads import service as threads
from handrail.features.threads.reading import Thread
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.ports.database import Transaction

router = Router("Reminders")
TASK = "/organizations/{org}/x/tasks/{task}"


@router.post(f"{TASK}/reminder", action="task.remind", returns=wire.Reminder, errors=(403, 422, 429))
async def remind(call: Call) -> wire.Reminder:
    """Remind the people of a task.

    Everybody whose task it is gets a mail at once, except for you and for members who want no mail about tasks at all.
    Not of completed, hidden or archived tasks. Counts as a comment for the hour's limit.
    """
    await quota.take(call)
    task_id, now = call.id("task"), call.application.clock.now()
    return await call.database.write(lambda tx: reminding.remind(tx, call.actor, task_id, now))


@router.post(
    f"{TASK}/status-request",
    action="task.remind",
    body=wire.StatusRequestBody,
    returns=Thread,
    status=201,
    errors=(403, 422, 429),
)
async def ask(call: Call, body: wire.StatusRequestBody) -> Thread:
    """Ask the people of a task how it stands.

    Writes a comment that mentions everybody whose task it is, except for you. Guests of groups are not called.
    """
    await quota.take(call)
    task_id, now = call.id("task"), call.application.clock.now()

    async def work(tx: Transaction) -> Thread:
        row = await reminding.ask(tx, call.actor, task_id, body.content, now)
        return await threads.answer(call, tx, row, now)

    return await call.database.write(work)
