"""Routes of threads (wire 2.20). They are read with the record they are on, by `with=threads`."""

from collections.abc import Awaitable, Callable

from handrail.features.guests import service as guests
from handrail.features.tasks import service as tasks
from handrail.features.threads import issues, quota, service, wire
from handrail.features.threads.service import Kind
from handrail.features.threads.store import ThreadRow
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction

router = Router("Comments")
ORG = "/organizations/{org}"
TASK = f"{ORG}/tasks/{{task}}"
RUN = f"{ORG}/runs/{{process}}"
TEMPLATE = f"{ORG}/checklists/{{template}}"
COMMENT = f"{TASK}/comment/{{thread}}"
GUEST_TASK = f"{ORG}/guests/{{guest}}/tasks/{{task}}"


@router.post(
    f"{TASK}/comment",
    action="comment.write",
    body=wire.CommentBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
)
async def on_task(call: Call, body: wire.CommentBody) -> wire.Thread:
    """Comment on a task.

    Guests see it if its `state` is not `hide-for-guests`. `@[<member id>]` mentions a member, who is assigned to the
    task if they could not see it; `+<address>` assigns a guest. The label `problem` raises an issue.
    """
    return await _comment(call, "Task", call.id("task"), body)


@router.post(
    f"{GUEST_TASK}/comment",
    action="comment.write",
    body=wire.CommentBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
    by_code=True,
)
async def by_guest(call: Call, body: wire.CommentBody) -> wire.Thread:
    """Comment on a task of a guest.

    Refused where the task has `prevent_guest_comment`. A guest can mention those whose comments they can read. The
    label `problem` raises an issue.
    """
    await _require_theirs(call)
    return await _comment(call, "Task", call.id("task"), body)


@router.put(
    f"{GUEST_TASK}/comment/{{thread}}",
    action="comment.edit",
    body=wire.CommentChange,
    returns=wire.Thread,
    errors=(403, 422, 429),
    by_code=True,
)
async def change_by_guest(call: Call, body: wire.CommentChange) -> wire.Thread:
    """Change a comment on a task of a guest.

    The guest may who wrote it.
    """
    await _require_theirs(call)
    return await change(call, body)


@router.delete(
    f"{GUEST_TASK}/comment/{{thread}}",
    action="comment.edit",
    shape="empty",
    status=204,
    errors=(403, 422, 429),
    by_code=True,
)
async def delete_by_guest(call: Call) -> None:
    """Delete a comment on a task of a guest.

    The guest may who wrote it.
    """
    await _require_theirs(call)
    await delete(call)


@router.post(
    f"{GUEST_TASK}/problem",
    action="comment.write",
    body=wire.ProblemBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
    by_code=True,
)
async def problem_by_guest(call: Call, body: wire.ProblemBody) -> wire.Thread:
    """Report an issue on a task of a guest.

    The task cannot be completed until it is resolved.
    """
    await _require_theirs(call)
    return await _problem(call, "Task", call.id("task"), body)


@router.post(
    f"{GUEST_TASK}/resolved-threads",
    action="comment.write",
    body=wire.ResolutionBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
    by_code=True,
)
async def resolve_by_guest(call: Call, body: wire.ResolutionBody) -> wire.Thread:
    """Resolve an issue of a guest's task.

    One that the guest can read.
    """
    await _require_theirs(call)
    return await _resolve(call, "Task", call.id("task"), body)


@router.put(COMMENT, action="comment.edit", body=wire.CommentChange, returns=wire.Thread, errors=(403, 422, 429))
async def change(call: Call, body: wire.CommentChange) -> wire.Thread:
    """Change a comment.

    Its author may, and administrators.
    """
    return await _written(
        call,
        lambda tx, actor, now: service.change(tx, actor, call.id("task"), call.path["thread"], body, now),
    )


@router.delete(COMMENT, action="comment.edit", shape="empty", status=204, errors=(403, 422))
async def delete(call: Call) -> None:
    """Delete a comment for good.

    Its author may, and administrators. A deleted problem blocks nothing any more; a resolution stays.
    """
    now = call.application.clock.now()
    await call.database.write(lambda tx: issues.delete(tx, call.actor, call.id("task"), call.path["thread"], now))


@router.post(
    f"{TASK}/bot-comment",
    action="comment.write",
    body=wire.BotCommentBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
)
async def by_bot(call: Call, body: wire.BotCommentBody) -> wire.Thread:
    """Let the bot comment on a task.

    Nobody is told of it; `sent_by` says who had it written.
    """
    await quota.take(call)
    return await _written(
        call,
        lambda tx, actor, now: service.bot_comment(tx, actor, call.id("task"), body.content, now, state=body.state),
    )


@router.post(
    f"{TASK}/problem",
    action="comment.write",
    body=wire.ProblemBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
)
async def problem_on_task(call: Call, body: wire.ProblemBody) -> wire.Thread:
    """Report an issue on a task.

    It cannot be completed until the issue is resolved; a completed task is reopened.
    """
    return await _problem(call, "Task", call.id("task"), body)


@router.post(
    f"{TASK}/resolved-threads",
    action="comment.write",
    body=wire.ResolutionBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422),
)
async def resolve_on_task(call: Call, body: wire.ResolutionBody) -> wire.Thread:
    """Resolve an issue of a task.

    The answer is the resolution; the issue's `resolve_id` names it.
    """
    return await _resolve(call, "Task", call.id("task"), body)


@router.post(
    f"{RUN}/comment",
    action="comment.process",
    body=wire.CommentBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
)
async def on_process(call: Call, body: wire.CommentBody) -> wire.Thread:
    """Comment on a process."""
    return await _comment(call, "Run", call.id("process"), body)


@router.post(
    f"{RUN}/problem",
    action="comment.process",
    body=wire.ProblemBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
)
async def problem_on_process(call: Call, body: wire.ProblemBody) -> wire.Thread:
    """Report an issue on a whole process.

    Nothing in it can change until the issue is resolved, and its clocks stand still; comments stay possible.
    """
    return await _problem(call, "Run", call.id("process"), body)


@router.post(
    f"{RUN}/resolved-threads",
    action="comment.process",
    body=wire.ResolutionBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422),
)
async def resolve_on_process(call: Call, body: wire.ResolutionBody) -> wire.Thread:
    """Resolve an issue of a process."""
    return await _resolve(call, "Run", call.id("process"), body)


@router.post(
    f"{TEMPLATE}/comment",
    action="comment.template",
    body=wire.CommentBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
)
async def on_template(call: Call, body: wire.CommentBody) -> wire.Thread:
    """Comment on a template.

    Comments stay with the template and do not come along into processes.
    """
    return await _comment(call, "Checklist", call.id("template"), body)


@router.post(
    f"{TEMPLATE}/problem",
    action="comment.template",
    body=wire.ProblemBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422, 429),
)
async def problem_on_template(call: Call, body: wire.ProblemBody) -> wire.Thread:
    """Report an issue on a template.

    It blocks nothing.
    """
    return await _problem(call, "Checklist", call.id("template"), body)


@router.post(
    f"{TEMPLATE}/resolved-threads",
    action="comment.template",
    body=wire.ResolutionBody,
    returns=wire.Thread,
    status=201,
    errors=(403, 422),
)
async def resolve_on_template(call: Call, body: wire.ResolutionBody) -> wire.Thread:
    """Resolve an issue of a template."""
    return await _resolve(call, "Checklist", call.id("template"), body)


async def _require_theirs(call: Call) -> None:
    """NotFound unless a member's token names a guest whose task this is; with a code it is asked later."""
    task_id = call.id("task")
    if not call.actor.is_guest:
        async with call.database.reader() as reader:
            guest = await guests.find(reader, call.actor, call.path["guest"])
            await tasks.require_of_guest(reader, call.actor, guest.email, task_id)


async def _comment(call: Call, kind: Kind, record_id: str, body: wire.CommentBody) -> wire.Thread:
    await quota.take(call)
    if body.label == "problem":
        return await _written(
            call, lambda tx, actor, now: issues.raise_(tx, actor, kind, record_id, body.content, now, body.state)
        )
    return await _written(
        call,
        lambda tx, actor, now: service.comment(
            tx, actor, kind, record_id, body.content, now, label=body.label or "comment", state=body.state
        ),
    )


async def _problem(call: Call, kind: Kind, record_id: str, body: wire.ProblemBody) -> wire.Thread:
    await quota.take(call)
    return await _written(
        call, lambda tx, actor, now: issues.raise_(tx, actor, kind, record_id, body.content, now, body.state)
    )


async def _resolve(call: Call, kind: Kind, record_id: str, body: wire.ResolutionBody) -> wire.Thread:
    return await _written(
        call,
        lambda tx, actor, now: issues.resolve(
            tx, actor, kind, record_id, body.thread_id, body.content, now, body.state
        ),
    )


async def _written(call: Call, write: Callable[[Transaction, Actor, int], Awaitable[ThreadRow]]) -> wire.Thread:
    now = call.application.clock.now()

    async def work(tx: Transaction) -> wire.Thread:
        return await service.answer(call, tx, await write(tx, call.actor, now), now)

    return await call.database.write(work)
