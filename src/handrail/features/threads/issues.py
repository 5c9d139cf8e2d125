"""Problems and their resolutions: threads that block what they are on until they are resolved (engine 8).

The engine counts what is open; the threads here are what it counts, and both change in one transaction.
"""

from handrail.engine import issues as engine
from handrail.features.processes import service as processes
from handrail.features.tasks import commands
from handrail.features.threads import mentions, reading, service, store, text
from handrail.features.threads.recording import About, write
from handrail.features.threads.service import WRITING, Kind
from handrail.features.threads.store import ThreadRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Invalid
from handrail.kernel.ids import is_id
from handrail.ports.database import Transaction

RESOLVED = "Resolved"


async def raise_(
    tx: Transaction, actor: Actor, kind: Kind, record_id: str, content: str, now: int, state: str | None = None
) -> ThreadRow:
    """Report a problem: a task with one cannot be completed, a completed one is reopened; of a process nothing can
    change; a template is not blocked (decision 51).

    NotFound; Denied; Impossible for what is archived or blocked; Invalid with `content`.
    """
    content = text.cleaned(content)
    about = await service.found(tx, actor, kind, record_id)
    content = await reading.without_strangers(tx, actor, about.id, content)
    called = await mentions.of(tx, actor, content)
    await _count(tx, actor, about, now, raised=True)
    row = await write(tx, actor, about, content, now, label="problem", state=state, mentions=called.ids)
    if kind == "Task":
        await mentions.bring_in(tx, actor, about, called, now)
    return row


async def resolve(
    tx: Transaction,
    actor: Actor,
    kind: Kind,
    record_id: str,
    thread_id: str,
    content: str | None,
    now: int,
    state: str | None = None,
) -> ThreadRow:
    """Resolve a problem of this record; the resolution, which the problem names from now on.

    NotFound; Denied; Impossible for what is archived; Invalid with `thread_id` or `content`.
    """
    clean = text.cleaned(content) if content else RESOLVED
    about = await service.found(tx, actor, kind, record_id)
    problem = None
    if is_id(thread_id):
        problem = await tx.one(store.get_locked, organization_id=actor.organization_id, id=thread_id)
    # to a guest an issue that is hidden from guests does not exist
    if problem is not None and actor.is_guest and not reading.is_for_guest(problem, actor):
        problem = None
    if problem is None or problem.label != "problem" or not _is_on(problem, about):
        raise Invalid({"thread_id": "The thread_id must be the id of a problem that was reported here."})
    if problem.resolve_id is not None:
        raise Invalid({"thread_id": "This problem has been resolved already."})
    clean = await reading.without_strangers(tx, actor, about.id, clean)
    called = await mentions.of(tx, actor, clean)
    row = await write(tx, actor, about, clean, now, label="resolve", state=state, mentions=called.ids, resolves=True)
    values = {"resolve_id": row.id, "updated_at": now}
    await tx.run(store.resolve, organization_id=actor.organization_id, id=problem.id, **values)
    await _count(tx, actor, about, now, raised=False)
    return row


async def delete(tx: Transaction, actor: Actor, task_id: str, thread_id: str, now: int) -> None:
    """Delete a thread of a task; an open problem no longer blocks it. NotFound; Denied; Impossible."""
    about, row = await service.of_task(tx, actor, task_id, thread_id)
    await service.delete(tx, actor, about, row, now)
    if row.label == "problem" and row.resolve_id is None:
        await _count(tx, actor, about, now, raised=False)


def _is_on(thread: ThreadRow, about: About) -> bool:
    if about.type == "Task":
        return thread.task_id == about.id
    if about.type == "Run":
        return thread.task_id is None and thread.process_id == about.id
    return thread.template_id == about.id


async def _count(tx: Transaction, actor: Actor, about: About, now: int, *, raised: bool) -> None:
    """Have the engine count one open issue more or less, with all that follows."""
    if about.type == "Run":
        of_process = engine.raise_process_issue if raised else engine.resolve_process_issue
        await processes.command(
            tx, actor, about.id, WRITING["Run"], now, lambda context, process, _: of_process(context, process)
        )
    elif about.type == "Task":
        in_process = engine.raise_task_issue if raised else engine.resolve_task_issue
        alone = engine.raise_issue_on if raised else engine.resolve_issue_on
        await commands.run(
            tx,
            actor,
            about.id,
            now,
            "task.read",
            in_process=lambda context, process, _: in_process(context, process, about.id),
            alone=lambda context, task, _: alone(context, task),
            process_id=about.process_id,
        )
