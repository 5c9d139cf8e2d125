"""Use cases of processes: read, list, change, archive, delete; the kick-off form; what other features ask for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from handrail.engine import kickoff, lifecycle
from handrail.engine.context import Context
from handrail.engine.definition import Field, Owners, Template
from handrail.engine.events import Event, Outcome
from handrail.engine.people import owners_of
from handrail.engine.permit import Doer
from handrail.engine.state import Process
from handrail.features.activity.service import Entry, record
from handrail.features.audit.recording import exported
from handrail.features.folders import service as folders
from handrail.features.people import service as people
from handrail.features.people.groups import principals_of
from handrail.features.processes import access, aggregate, following, launching, lists, opening, store, visibility, wire
from handrail.features.processes.attached import forget_group as forget_group
from handrail.features.processes.command import invite, prepare
from handrail.features.processes.snapshot import load as load_snapshot
from handrail.features.processes.store import ProcessRow
from handrail.features.processes.view import show_all
from handrail.features.tags import service as tags
from handrail.features.tasks import persistence
from handrail.features.threads import reading
from handrail.http.call import Call, Page, rows_and_total
from handrail.http.envelope import Included
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Impossible, NotFound
from handrail.kernel.html import sanitise
from handrail.kernel.ids import integer_id, is_id
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction

__all__ = ["headers", "show_all"]


async def headers(reader: Reader, organization_id: str, ids: Sequence[str]) -> list[ProcessRow]:
    """The rows of these processes, without their tasks."""
    if not ids:
        return []
    if len(ids) == 1:
        row = await reader.one(store.by_id, organization_id=organization_id, id=ids[0])
        return [] if row is None else [row]
    return await reader.all(store.named, organization_id=organization_id, ids=list(ids))


async def visible(call: Call, reader: Reader, process_id: str, action: str = "process.read") -> ProcessRow:
    """The row of a process that the caller may see, and for which the matrix allows the action. NotFound, Denied."""
    row = await reader.one(store.by_id, organization_id=call.organization_id, id=process_id)
    if row is None:
        raise NotFound
    permit(call.actor, action, await access.of_process(reader, call.actor, row))
    return row


async def show(call: Call, process_id: str) -> wire.Process:
    """One process with the includes that were asked for."""
    async with call.database.reader() as reader:
        row = await visible(call, reader, process_id)
        call.revision = str(row.revision)
        includes = call.includes
        if call.truth("form_fields_values"):
            includes |= {"form_fields"}
        (shown,) = await show_all(call, reader, [row], includes)
        return shown


async def page(call: Call) -> Page:
    """The list of processes: filters, sort and includes of RUN-2."""
    async with call.database.reader() as reader:
        shape, values = await _wanted(call, reader)
        paging = call.paging(whole=True)
        rows, total = await rows_and_total(reader, lists.page(shape), lists.total(shape), paging, **values)
        includes = call.includes
        if call.truth("form_fields_values"):
            includes |= {"form_fields"}
        return Page(await show_all(call, reader, rows, includes), total, paging)


async def children(call: Call, process_id: str) -> Page:
    """The processes under one that the caller may see, as far as they may see those; archived ones too."""
    async with call.database.reader() as reader:
        await visible(call, reader, process_id)
        actor = call.actor
        shape = lists.Shape(
            restricted=not actor.is_admin,
            archived="with",
            parents=True,
            sort=call.sort(lists.SORT, "created_at"),
        )
        values: dict[str, Any] = {"organization_id": actor.organization_id, "parent_ids": [process_id]}
        values |= visibility.parameters(actor.user_id, actor.owner_principals, actor.grant_principals)
        paging = call.paging(whole=True)
        rows, total = await rows_and_total(reader, lists.page(shape), lists.total(shape), paging, **values)
        return Page(await show_all(call, reader, rows, call.includes), total, paging)


async def launch_unattended(
    tx: Transaction,
    actor: Actor,
    template: Template,
    now: int,
    *,
    answers: dict[str, Any],
    name: str | None,
    submitter: str | None,
    origin: Mapping[str, Any],
    by_program: bool = False,
) -> Process:
    """Launch a template, frozen already, for somebody whose permissions are not asked. Invalid with `prerun.<id>`.

    A program may answer read-only fields too (decision 23).
    """
    body = wire.LaunchBody(checklist_id=template.id, name=name, prerun=answers)
    command: dict[str, Any] = {"submitter": submitter, "origin": origin}
    if by_program:
        command["doer"] = replace(Doer.of(actor), by_api=True)
    manner = launching.Manner(template=template, command=command)
    return (await launching.launch(tx, actor, body, now, manner)).process


async def _wanted(call: Call, reader: Reader) -> tuple[lists.Shape, dict[str, Any]]:
    query, actor = call.query, call.actor
    values: dict[str, Any] = {"organization_id": actor.organization_id, "now": call.application.clock.now()}
    values |= visibility.parameters(actor.user_id, actor.owner_principals, actor.grant_principals)
    members = [integer_id(part) or 0 for part in parts(query.get("owners"))]
    guests = [f"g:{part.lower()}" for part in parts(query.get("guests"))]
    groups = [part for part in parts(query.get("groups")) if is_id(part)]
    owned = bool(members or guests or query.get("groups"))
    if owned:
        values["owner_ids"] = members
        found = await principals_of(reader, actor.organization_id, [*(f"u:{user}" for user in members), *guests])
        values["owners"] = [*found, *(f"r:{group}" for group in groups)]
        groups = pad(groups)
        values |= {f"group{index}": group for index, group in enumerate(groups)}
    if query.get("q"):
        values["q"] = like(query["q"])
    template_ids = parts(query.get("checklist_id") or query.get("blueprint_id"))
    if template_ids:
        values["template_ids"] = template_ids
    if query.get("tag"):
        values["tag"] = query["tag"]
    tag_ids = parts(query.get("tag_ids"))
    if tag_ids:
        values["tag_ids"] = tag_ids
    parent_ids = parts(query.get("parent_id"))
    if parent_ids:
        values["parent_ids"] = parent_ids
    folder_ids = parts(query.get("folder"))
    if folder_ids:
        values["folder_ids"] = folder_ids
    status = lists.STATUS.get(query.get("status", "").lower())
    word = query.get("archived", "").lower()
    kind = query.get("type")
    task_status = {"completed": "completed", "in-progress": "in-progress"}.get(query.get("task_status", ""))
    shape = lists.Shape(
        restricted=not actor.is_admin,
        status=status,
        sort=call.sort(lists.SORT, lists.DEFAULT_SORT),
        archived="only" if word == "only" or status == "archived" else "with" if word in ("true", "1") else "no",
        query="q" in values,
        owners=owned,
        groups=len(groups),
        template=bool(template_ids),
        tag="tag" in values,
        tags=bool(tag_ids),
        folders=bool(folder_ids),
        parents=bool(parent_ids),
        untagged=call.truth("untagged") is True,
        starred=call.truth("starred"),
        type=kind if kind in lists.TYPES else None,
        task_status=task_status,  # pyright: ignore[reportArgumentType]
    )
    return shape, values


def parts(text: str | None) -> list[str]:
    """The entries of a comma-separated query parameter."""
    return [part.strip() for part in (text or "").split(",") if part.strip()][:200]


def pad(texts: list[str]) -> list[str]:
    """The texts, repeated up to the next power of two, so that few shapes serve everybody."""
    size = 1
    while size < len(texts):
        size *= 2
    return texts + texts[-1:] * (size - len(texts)) if texts else []


def like(text: str) -> str:
    """A pattern that finds the text anywhere, without regard to case; wildcards in it mean themselves."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


async def update(tx: Transaction, actor: Actor, process_id: str, body: wire.ProcessBody, now: int) -> Outcome:
    """Change a process (RUN-4): its own columns, and the answers of its kick-off form."""
    ready = await prepare(tx, actor, process_id)
    errors = Errors()
    answers = _answers(body, errors)
    if answers is not None:
        permit(actor, "process.answer", ready.relations)
    if _changes_process(body):
        permit(actor, "process.update", ready.relations)
    before = ready.aggregate.process
    if before.archived_at is not None:
        raise Impossible("This process is archived. Activate it before changing anything in it.")
    named = [owners_of(value) for value in (answers or {}).values() if isinstance(value, dict)]
    users = set(body.users or ()) if isinstance(body.users, list) else set[int]()
    if isinstance(body.owner_id, int):
        users.add(body.owner_id)
    groups = tuple(body.groups) if isinstance(body.groups, list) else ()
    context = await ready.context(tx, actor, now, [*named, Owners(groups=groups)], users)
    assert isinstance(context.directory, people.Directory)
    columns = _columns(body, context.directory, errors)
    tag_ids = None
    if isinstance(body.tags, list):
        tag_ids = await tags.check(tx, actor.organization_id, body.tags, "tags", errors)
    folder_ids = None
    if isinstance(body.folders, list):
        folder_ids = await folders.check(tx, actor.organization_id, body.folders, "folders", errors)
    errors.raise_if_any()
    outcome, followed = Outcome(before), None
    if answers is not None:
        given = answers
        followed = await following.run(
            tx, actor, ready, context, now, lambda around: kickoff.save_kickoff(around, before, given, ready.doer)
        )
        outcome, context = followed.outcome, followed.context
        await invite(tx, actor, before, outcome, context, now)
    state = {name: columns.pop(name) for name in ("name", "summary", "owner_id") if name in columns}
    differing = {name: value for name, value in state.items() if value != getattr(before, name)}
    if differing or columns:
        process = msgspec.structs.replace(outcome.process, updated_at=now, **differing)
        event = Event("process.updated", None, {"changed": sorted([*differing, *columns])})
        outcome = msgspec.structs.replace(outcome, process=process, events=(*outcome.events, event))
    if tag_ids is not None:
        # before what is told of the process, tags included
        await tags.replace_on(tx, actor.organization_id, "Run", process_id, tag_ids, now)
    await aggregate.save(tx, actor, ready.aggregate, outcome, now, extra=columns)
    if followed is not None:
        await following.stored(tx, actor, followed)
    if folder_ids is not None:
        await folders.replace_on(tx, actor.organization_id, "Run", process_id, folder_ids, now)
    is_open = columns.get("is_public")
    if is_open is not None and is_open != bool(ready.aggregate.row.is_public):
        await opening.tell(tx, actor, process_id, outcome.process.name, now, is_open=is_open)
    return outcome


def _answers(body: wire.ProcessBody, errors: Errors) -> dict[str, Any] | None:
    if isinstance(body.prerun, dict):
        return body.prerun
    if isinstance(body.prerun, list) and body.prerun:
        errors.add("prerun", "The prerun must be an object keyed by field id, not a list.")
    return None


def _changes_process(body: wire.ProcessBody) -> bool:
    return any(getattr(body, name) is not msgspec.UNSET for name in body.__struct_fields__ if name != "prerun")


def _columns(body: wire.ProcessBody, directory: people.Directory, errors: Errors) -> dict[str, Any]:
    """The columns that the body sets, checked. Null means left out, except for the summary."""
    found: dict[str, Any] = {}
    if isinstance(body.name, str):
        if not body.name.strip():
            errors.add("name", "The name must not be blank.")
        found["name"] = body.name
    if body.summary is not msgspec.UNSET:
        found["summary"] = sanitise(body.summary) if isinstance(body.summary, str) else None
    if isinstance(body.owner_id, int):
        if not directory.is_active_member(body.owner_id):
            errors.add("owner_id", f"{body.owner_id} is not an active member of this organization.")
        found["owner_id"] = body.owner_id
    for name in ("starred", "is_public"):
        value = getattr(body, name)
        if isinstance(value, bool):
            found[name] = value
    for name in ("publicly_hidden_fields", "users", "groups"):
        value = getattr(body, name)
        if isinstance(value, list):
            found[name] = msgspec.json.encode(value).decode()
    for user in body.users if isinstance(body.users, list) else ():
        if not directory.has_member(user):
            errors.add("users", f"{user} is not a member of this organization.")
    for group in body.groups if isinstance(body.groups, list) else ():
        if not directory.has_group(group):
            errors.add("groups", f"There is no group {group} in this organization.")
    return found


class KickoffAnswers(msgspec.Struct, frozen=True):
    """The kick-off form of a process with its answers."""

    template_id: str | None
    fields: tuple[Field, ...]
    values: Mapping[str, Any]


async def change_answer(
    tx: Transaction, actor: Actor, process_id: str, field_id: str, value: Any, now: int
) -> KickoffAnswers | None:
    """Give a stored kick-off answer another value; None when nothing is stored for this field."""
    rows = await headers(tx, actor.organization_id, [process_id])
    if not rows or field_id not in aggregate.process_of(rows[0], ()).kickoff:
        return None
    outcome = await update(tx, actor, process_id, wire.ProcessBody(prerun={field_id: value}), now)
    process = outcome.process
    frozen = await load_snapshot(
        tx, actor.organization_id, process.template_id, process.template_version, process.injected
    )
    fields = () if frozen is None else frozen.definition.kickoff
    return KickoffAnswers(process.template_id, fields, process.kickoff)


Command = Callable[[Context, Process, Doer], Outcome]


async def command(tx: Transaction, actor: Actor, process_id: str, action: str, now: int, run: Command) -> Outcome:
    """Carry out a command of the engine that needs nothing but the process."""
    ready = await prepare(tx, actor, process_id, action)
    before = ready.aggregate.process
    named = [task.owners for task in before.tasks if task.everyone_must_complete]
    context = await ready.context(tx, actor, now, named)
    followed = await following.run(tx, actor, ready, context, now, lambda around: run(around, before, ready.doer))
    outcome, context = followed.outcome, followed.context
    await invite(tx, actor, before, outcome, context, now)
    await aggregate.save(tx, actor, ready.aggregate, outcome, now)
    await following.stored(tx, actor, followed)
    return outcome


async def archive(
    tx: Transaction, actor: Actor, process_id: str, now: int, tell: Callable[[Outcome], Outcome] | None = None
) -> None:
    """Archive a process; its tasks leave every list of open tasks. `tell` may add to what the feed says of it."""

    def run(context: Context, process: Process, _: Doer) -> Outcome:
        outcome = lifecycle.archive_process(context, process)
        return outcome if tell is None else tell(outcome)

    await command(tx, actor, process_id, "process.archive", now, run)
    await persistence.close_process(tx, actor.organization_id, process_id)


async def activate(tx: Transaction, actor: Actor, process_id: str, now: int) -> None:
    """Bring an archived process back, with the status it had."""
    await command(
        tx,
        actor,
        process_id,
        "process.archive",
        now,
        lambda context, process, _: lifecycle.activate_process(context, process),
    )
    await persistence.open_process(tx, actor.organization_id, process_id)


async def complete_kickoff(tx: Transaction, actor: Actor, process_id: str, now: int) -> None:
    """Submit the kick-off form (RUN-8)."""
    await command(tx, actor, process_id, "process.answer", now, kickoff.complete_kickoff)


async def reopen_kickoff(tx: Transaction, actor: Actor, process_id: str, now: int) -> None:
    """Take the submission back (RUN-9)."""
    await command(
        tx,
        actor,
        process_id,
        "process.answer",
        now,
        lambda context, process, _: kickoff.reopen_kickoff(context, process),
    )


async def delete(tx: Transaction, actor: Actor, process_id: str, now: int) -> None:
    """Delete a process for good; it must be archived first (RUN-7)."""
    ready = await prepare(tx, actor, process_id, "process.delete")
    process = ready.aggregate.process
    if process.archived_at is None:
        raise Impossible("Only an archived process can be deleted. Archive it first.")
    ids = [process_id, *(task.id for task in process.tasks)]
    await tags.take_off(tx, actor.organization_id, ids)
    await folders.take_out(tx, actor.organization_id, ids)
    await tx.run(store.delete, organization_id=actor.organization_id, id=process_id)
    entry = Entry(
        verb="deleted", subject_type="Run", subject_id=process_id, description=f"Deleted process: {process.name}"
    )
    await record(tx, actor, now, [entry])


async def form_fields(call: Call, process_id: str) -> wire.FormFields:
    """Every field of the process with its answer (RUN-10)."""
    async with call.database.reader() as reader:
        row = await visible(call, reader, process_id)
        (shown,) = await show_all(call, reader, [row], frozenset({"form_fields", "ko_form_fields"}))
        return wire.FormFields(
            id=row.id,
            name=row.name,
            form_fields=_data(shown.form_fields),
            ko_form_fields=_data(shown.ko_form_fields),
        )


async def export(call: Call, process_id: str) -> wire.ProcessExport:
    """The process with everything in it, as JSON (RUN-11)."""
    async with call.database.reader() as reader:
        row = await visible(call, reader, process_id, "process.export")
        wanted = frozenset({"tasks", "tasks.form_fields", "form_fields", "ko_form_fields"})
        (shown,) = await show_all(call, reader, [row], wanted)
        included = (shown.tasks, shown.form_fields, shown.ko_form_fields)
        tasks, fields, kickoff_fields = (_data(part) for part in included)
        shown.tasks = shown.form_fields = shown.ko_form_fields = msgspec.UNSET
        now = call.application.clock.now()
        written = await reading.in_process(reader, call.actor, process_id, now)
        known = {task.id for task in tasks}
        document = wire.ProcessExport(
            run=shown,
            tasks=tasks,
            form_fields=fields,
            ko_form_fields=kickoff_fields,
            threads=[thread for thread in written if thread.task_id is None or thread.task_id in known],
        )
    await call.application.database.write(
        lambda tx: exported(tx, call.actor, now, "a process", ("Run", process_id)),
    )
    return document


def _data(included: Included | msgspec.UnsetType) -> list[Any]:
    return included.data if isinstance(included, Included) else []


async def lock_for_changes(tx: Transaction, organization_id: str, ids: Iterable[str]) -> None:
    """Lock processes whose tasks are about to be changed by statements of their own; what is kept of them is void."""
    wanted = sorted(set(ids))
    if wanted:
        await tx.run(store.raise_revisions, organization_id=organization_id, ids=wanted)


async def reassign(tx: Transaction, organization_id: str, from_user: int, to_user: int, now: int) -> None:
    """Give the processes that a leaving member owns to somebody else; tasks have a move of their own."""
    await tx.run(store.reassign, organization_id=organization_id, from_user=from_user, to_user=to_user, now=now)


async def count_of_template(reader: Reader, organization_id: str, template_id: str) -> int:
    """How many processes were launched from a template and still exist."""
    return int(await reader.value(store.count_of_template, organization_id=organization_id, template_id=template_id))
