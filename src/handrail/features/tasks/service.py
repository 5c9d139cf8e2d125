"""Reading tasks: one, the tasks of a process, of a person, of the organization; each with its includes."""

from collections.abc import Sequence
from typing import Any

import msgspec

from handrail.engine.definition import Owners
from handrail.engine.permit import Doer
from handrail.features.people import service as people
from handrail.features.people.groups import principals_of
from handrail.features.processes import access, aggregate, snapshot
from handrail.features.processes import service as processes
from handrail.features.tasks import commands, for_guests, lists, pages, persistence, queries, store, titles, view, wire
from handrail.features.tasks.moving import reassign as reassign
from handrail.features.tasks.store import TaskRow
from handrail.features.tasks.succession import count_again as count_again
from handrail.features.tasks.succession import dissolve_group as dissolve_group
from handrail.features.tasks.succession import open_count as open_count
from handrail.features.tasks.succession import succeed as succeed
from handrail.http.call import Call, Page, Paging
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Impossible, NotFound
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction


async def shown(
    call: Call,
    reader: Reader,
    rows: Sequence[TaskRow],
    *,
    with_summary: bool = False,
    includes: frozenset[str] | None = None,
) -> list[wire.Task]:
    """Stored tasks as the wire shows them to the caller, with the includes asked for unless others are named."""
    includes = call.includes if includes is None else includes
    if call.actor.is_guest:
        includes &= for_guests.INCLUDES
    tasks = [persistence.task_of(row) for row in rows]
    process_ids = sorted({task.process_id for task in tasks if task.process_id is not None})
    headers = await processes.headers(reader, call.organization_id, process_ids)
    snapshots = await snapshot.load_many(reader, call.organization_id, [snapshot.wanted(row) for row in headers])
    runs: dict[str, Any] = {}
    if "run" in includes:
        nested = frozenset(name.removeprefix("run.") for name in includes if name.startswith("run."))
        if call.actor.is_guest:
            runs = await for_guests.runs(reader, call.actor, headers)
        else:
            shown_runs = await processes.show_all(call, reader, headers, nested - {"tasks"})
            runs = {run.id: run for run in shown_runs}
    around = await view.surroundings(
        call,
        reader,
        tasks,
        includes,
        statuses={row.id: row.status for row in headers},
        snapshots=snapshots,
        processes={row.id: aggregate.process_of(row, ()) for row in headers},
        runs=runs,
        with_summary=with_summary,
        own={row.id: row for row in rows if row.fields is not None},
    )
    return [view.show(task, row, around) for task, row in zip(tasks, rows, strict=True)]


async def show_one(call: Call, task_id: str, process_id: str | None = None) -> wire.Task:
    """One task, of a process or single. NotFound when the caller may not see it, or the path names another process."""
    async with call.database.reader() as reader:
        row = await reader.one(store.by_id, organization_id=call.organization_id, id=task_id)
        if row is None or (process_id is not None and row.process_id != process_id):
            raise NotFound
        await require_visible(call, reader, row)
        also = for_guests.ALWAYS if call.actor.is_guest else frozenset[str]()
        call.revision = str(row.revision)
        (task,) = await shown(call, reader, [row], with_summary=True, includes=call.includes | also)
        return task


async def shown_now(call: Call, tx: Transaction, task_id: str, also: frozenset[str] = frozenset()) -> wire.Task:
    """A task that the transaction has just written, with the includes asked for and those in `also`."""
    row = await tx.one(store.by_id, organization_id=call.organization_id, id=task_id)
    if row is None:
        raise NotFound
    (task,) = await shown(call, tx, [row], with_summary=True, includes=call.includes | also)
    return task


async def require_member(call: Call, user_id: int) -> None:
    """NotFound unless this is a member of the organization."""
    async with call.database.reader() as reader:
        directory = await people.directory(reader, call.actor, users=(user_id,))
    if not directory.has_member(user_id):
        raise NotFound


async def require_visible(call: Call, reader: Reader, row: TaskRow) -> None:
    """NotFound unless the caller may see the task."""
    relations: access.Relations = frozenset()
    if row.process_id is not None and not call.actor.is_admin:
        (process,) = await processes.headers(reader, call.organization_id, [row.process_id])
        relations = await access.of_process(reader, call.actor, process)
    access.of_task(call.actor, persistence.task_of(row), relations)


async def process_of(reader: Reader, actor: Actor, task_id: str) -> str | None:
    """The process a task belongs to; None for a single one. NotFound."""
    return await commands.process_of(reader, actor.organization_id, task_id)


async def owners(reader: Reader, actor: Actor, task_id: str) -> Owners:
    """Whom a task belongs to now. NotFound."""
    row = await reader.one(store.by_id, organization_id=actor.organization_id, id=task_id)
    if row is None:
        raise NotFound
    return persistence.task_of(row).owners


async def seen(reader: Reader, actor: Actor, task_id: str) -> tuple[str, bool, access.Relations]:
    """A task's title as the feed writes it, whether it or its process is archived, and what the actor, who may see
    it, is to it. NotFound."""
    row = await reader.one(store.by_id, organization_id=actor.organization_id, id=task_id)
    if row is None:
        raise NotFound
    relations: access.Relations = frozenset()
    is_archived = row.archived_at is not None
    if row.process_id is not None:
        (process,) = await processes.headers(reader, actor.organization_id, [row.process_id])
        relations = await access.of_process(reader, actor, process)
        is_archived = is_archived or process.archived_at is not None
    task = persistence.task_of(row)
    return await titles.one(reader, actor, task), is_archived, access.of_task(actor, task, relations)


async def require_of_guest(reader: Reader, actor: Actor, email: str, task_id: str) -> None:
    """NotFound unless the task is a guest's, directly or through a group."""
    owned = await owners(reader, actor, task_id)
    principals = await principals_of(reader, actor.organization_id, [f"g:{email}"])
    if email not in owned.guests and not any(f"r:{group}" in principals for group in owned.groups):
        raise NotFound


async def kickoff_home(reader: Reader, actor: Actor, task_id: str, action: str) -> str:
    """The process whose kick-off form the actor reaches by this task, on which they may do this.

    NotFound; Denied by a top-secret task, which leads to nothing beside itself; Impossible for a single task.
    """
    row = await reader.one(store.by_id, organization_id=actor.organization_id, id=task_id)
    if row is None:
        raise NotFound
    permit(actor, action, (await seen(reader, actor, task_id))[2])
    if row.process_id is None:
        raise Impossible("This task belongs to no process, so there is no kick-off form.")
    if row.top_secret and actor.is_guest:
        raise Denied("This task is top secret; it does not open the kick-off form of its process.")
    return row.process_id


async def is_closed_to_guests(reader: Reader, actor: Actor, task_id: str) -> bool:
    """Whether guests may neither read nor write comments on a task. NotFound."""
    row = await reader.one(store.by_id, organization_id=actor.organization_id, id=task_id)
    if row is None:
        raise NotFound
    return bool(row.prevent_guest_comment)


async def of_process(call: Call, process_id: str) -> Page:
    """The tasks of a process; hidden ones too when no status is asked for (decision 69)."""
    async with call.database.reader() as reader:
        headers = await processes.headers(reader, call.organization_id, [process_id])
        if not headers:
            raise NotFound
        await access.of_process(reader, call.actor, headers[0])
        wanted = await queries.wanted(call, reader, "process", process_id=process_id, default_sort="position")
        paging = call.paging(whole=True)
        current = call.query.get("currentTask")
        if current is not None and not paging.everything:
            paging = await _page_with(reader, wanted, current, paging)
        return await _page(call, reader, wanted, paging)


async def _page_with(reader: Reader, wanted: queries.Wanted, task_id: str, paging: Paging) -> Paging:
    """The page that a task is on; the first one when it is on none."""
    rows = await reader.all(lists.page(wanted.shape), limit=100_000, offset=0, **wanted.parameters)
    for index, row in enumerate(rows):
        if row.id == task_id:
            return Paging(index // paging.per_page + 1, paging.per_page)
    return paging


async def of_organization(call: Call) -> Page:
    """Every task the caller may see."""
    async with call.database.reader() as reader:
        wanted = await queries.wanted(call, reader, "organization")
        return await _page(call, reader, wanted, call.paging(whole=True))


async def of_person(call: Call, principal: str, *, default_status: str | None, whole: bool = False) -> Page:
    """The tasks of one person (`u:<id>` or `g:<address>`), also through groups, with counts of what is due."""
    async with call.database.reader() as reader:
        if principal == call.actor.owner_principals[0]:
            people_asked = list(call.actor.owner_principals)
        else:
            people_asked = await principals_of(reader, call.organization_id, [principal])
        wanted = await queries.wanted(call, reader, "people", default_status=default_status, people=people_asked)
        page = await _page(call, reader, wanted, call.paging(whole=whole))
        # whole minutes, so that the counts can be remembered for a while
        minute = wanted.parameters["now"] // 60_000 * 60_000
        counted = {**wanted.parameters, "now": minute, "tomorrow": minute + 86_400_000}
        principals = wanted.shape.principals
        meta = wire.TaskListMeta(
            overdue_tasks=await reader.total(lists.due_counts(principals, overdue=True), **counted),
            tasks_due_soon=await reader.total(lists.due_counts(principals, overdue=False), **counted),
        )
        return Page(page.items, page.total, page.paging, msgspec.structs.asdict(meta))


async def _page(call: Call, reader: Reader, wanted: queries.Wanted, paging: Paging) -> Page:
    async def show(rows: Sequence[TaskRow]) -> list[wire.Task]:
        return await shown(call, reader, rows)

    return await pages.page(call, reader, wanted, paging, show)


async def answer(call: Call, reader: Reader, done: commands.Done) -> wire.Task:
    """The answer to a command on a task, from what the command left behind."""
    if call.actor.is_guest:
        return await _answer_guest(call, reader, done)
    tasks = [done.task, *done.changed_by_rules]
    sealed: dict[str, str] = dict(done.directory.guests)
    missing = {email for task in tasks for email in task.owners.guests} - sealed.keys()
    if missing:
        sealed |= await people.sealed_codes(reader, call.organization_id, missing)
    process = done.process
    snapshots = {} if process is None else {process.id: done.snapshot}
    known = {} if process is None else {process.id: process}
    around = view.Surroundings(
        actor=call.actor,
        doer=Doer.of(call.actor),
        now=call.application.clock.now(),
        base_url=call.base_url,
        snapshots=snapshots,
        statuses={} if process is None else {process.id: process.status},
        processes=known,
        texts=await view.texts_of(call.actor, reader, tasks, snapshots, known),
        sealer=reader.sealer,
        sealed_codes=sealed,
        directory=done.directory,
        includes=frozenset(),
        with_summary=True,
    )
    shown_task = view.show(done.task, done.row, around)
    if process is not None:
        changed = [view.show(task, None, around) for task in done.changed_by_rules]
        shown_task.tasks_changed_by_rules = {"data": changed} if changed else {}
    return shown_task


async def _answer_guest(call: Call, reader: Reader, done: commands.Done) -> wire.Task:
    """A guest's command is answered with what a look at the task shows them; what else changed, if it is theirs."""
    ids = [done.task.id, *(task.id for task in done.changed_by_rules)]
    rows = {row.id: row for row in await reader.all(store.named, organization_id=call.organization_id, ids=ids)}
    includes = call.includes | for_guests.ALWAYS
    (task,) = await shown(call, reader, [rows[ids[0]]], with_summary=True, includes=includes)
    if done.process is not None:
        changed = await shown(
            call, reader, [rows[one] for one in ids[1:] if one in rows], with_summary=True, includes=frozenset()
        )
        task.tasks_changed_by_rules = {"data": changed} if changed else {}
    return task
