"""Changing and completing a task as a request asks for it, whichever path it came by."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from handrail.engine.complete import Complete
from handrail.features.tasks import body as bodies
from handrail.features.tasks import commands, service, titles, wire
from handrail.features.threads import service as threads
from handrail.http.call import Call
from handrail.kernel.errors import Errors, Impossible, NotFound
from handrail.kernel.ids import is_id
from handrail.ports.database import Transaction

# what else must hold of the task, asked in the same transaction
Check = Callable[[Transaction], Awaitable[None]]


async def update(call: Call, body: wire.TaskBody, process_id: str | None, *, check: Check | None = None) -> wire.Task:
    """Change the task of the path. NotFound, Denied, Impossible, Invalid."""
    task_id, now = call.id("task"), call.application.clock.now()
    errors = Errors()
    command, named = bodies.edit(task_id, body, errors)
    errors.raise_if_any()
    values: Mapping[str, Any] | None = command.values if isinstance(command.values, dict) else None

    async def change(tx: Transaction) -> wire.Task:
        if check is not None:
            await check(tx)
        done = await commands.edit(
            tx,
            call.actor,
            now,
            task_id,
            lambda doer: msgspec.structs.replace(command, doer=doer),
            process_id=process_id,
            named=None if command.owners is UNSET else named,
            values=values,
        )
        return await service.answer(call, tx, done)

    return await call.database.write(change)


async def complete(
    call: Call,
    body: wire.CompletionBody,
    process_id: str | None,
    *,
    alone: bool = False,
    check: Check | None = None,
) -> wire.Task:
    """Complete the task that the body names; with `alone` only one outside of any process.

    NotFound, Denied, Impossible, Invalid.
    """
    if not is_id(body.task_id):
        raise NotFound("Task not found")
    now = call.application.clock.now()
    errors = Errors()
    given = bodies.values(body.taskdata, "taskdata", errors)
    errors.raise_if_any()
    values = given if isinstance(given, dict) else None

    async def change(tx: Transaction) -> wire.Task:
        if alone:
            await require_standalone(call, tx, body.task_id)
        if check is not None:
            await check(tx)
        done = await commands.complete(
            tx,
            call.actor,
            now,
            lambda doer: Complete(
                task_id=body.task_id,
                doer=doer,
                is_approved=body.is_approved,
                override_user=body.override_user,
                values=values,
                strict=call.strict,
            ),
            body.task_id,
            process_id=process_id,
            values=values,
            override_user=body.override_user,
        )
        await comment_beside(call, tx, done, body.comment, now)
        return await service.answer(call, tx, done)

    return await call.database.write(change)


async def comment_beside(call: Call, tx: Transaction, done: commands.Done, comment: str | None, now: int) -> None:
    """Keep the comment that came along with a command."""
    if comment is not None:
        task = done.task
        title = await titles.one(tx, call.actor, task)
        await threads.beside(tx, call.actor, task.id, task.process_id, title, comment, now)


async def require_standalone(call: Call, tx: Transaction, task_id: str) -> None:
    """Impossible for a task of a process."""
    if await commands.process_of(tx, call.organization_id, task_id) is not None:
        raise Impossible("This task belongs to a process; complete or reopen it under /runs/{run}/completed-tasks.")
