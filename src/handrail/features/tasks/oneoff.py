"""One-off tasks: made by hand, alone, in a process, or one for each person; archived, restored, deleted, cloned."""

from typing import Any

import msgspec
from msgspec import UNSET

from handrail.engine import field_definitions as definitions
from handrail.engine import oneoff as engine
from handrail.engine.context import Context
from handrail.engine.definition import Field, Owners
from handrail.engine.launch import Numbers
from handrail.engine.permit import Doer
from handrail.engine.state import Task
from handrail.features.folders import service as folders
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.processes import access, aggregate
from handrail.features.processes.command import Ready, prepare
from handrail.features.processes.launching import Ids
from handrail.features.tags import service as tags
from handrail.features.tasks import body as bodies
from handrail.features.tasks import commands, persistence, store, wire
from handrail.features.templates import service as templates
from handrail.features.threads import service as threads
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Impossible, Invalid, NotFound
from handrail.kernel.permission import permit
from handrail.kernel.worktime import into_working_time
from handrail.ports.database import Transaction


async def create(tx: Transaction, actor: Actor, body: wire.OneOffBody, now: int) -> str:
    """Make a one-off task, or one for each person; the id of the (first) task. Invalid names every wrong key."""
    errors = Errors()
    command, fields = _command(actor, body, errors, now)
    tag_ids = await tags.check(tx, actor.organization_id, body.tags or [], "tags", errors)
    errors.raise_if_any()
    assert command is not None
    directory = await people.directory(tx, actor, [command.owners])
    organization = await organizations.load(tx, actor.organization_id)
    deadline = into_working_time(command.deadline, organization.working_days, organization.timezone)
    command = msgspec.structs.replace(command, deadline=deadline)
    context = Context(organization=organization, directory=directory, people=directory, now=now)
    if body.separate_task_for_each_assignee:
        created = await _create_separate(tx, actor, body, command, context, directory, fields, now)
    elif body.run_id is not None:
        created = await _add_to_process(tx, actor, body.run_id, command, fields, now)
    else:
        number = await tx.numbers(actor.organization_id, "tasks")
        outcome = engine.create_task(context, command, Ids(), number)
        await commands.invite(tx, actor, [outcome.task], directory, now)
        await persistence.insert(tx, actor.organization_id, [outcome.task], {outcome.task.id: fields})
        await aggregate.tell(tx, actor, None, outcome.events, now, outcome.task)
        created = [outcome.task.id]
    if tag_ids:
        await tags.put_on(tx, actor.organization_id, "Task", created, tag_ids, now)
    return created[0]


def _command(
    actor: Actor, body: wire.OneOffBody, errors: Errors, now: int
) -> tuple[engine.NewTask | None, tuple[Field, ...]]:
    title = body.title if body.title is not UNSET else body.name
    if not isinstance(title, str) or not title.strip():
        errors.add("title", "The title field is required.")
    elif len(title) > engine.TITLE_LENGTH:
        errors.add("title", f"The title may have at most {engine.TITLE_LENGTH} characters.")
    if body.task_type is UNSET or body.task_type is None:
        errors.add("task_type", f"The task_type field is required: one of {', '.join(bodies.STEP_TYPES)}.")
    kind = bodies.step_type(body.task_type, errors)
    edit = bodies.owners(body.owners, "owners", errors)
    named = bodies.named(edit)
    if not named:
        errors.add("owners", "The owners field is required: at least one member, guest or group.")
    if body.deadline is UNSET or body.deadline is None:
        errors.add("deadline", "The deadline field is required: YYYY-MM-DD HH:MM:SS (UTC) or ISO 8601.")
    deadline = bodies.moment(body.deadline, "deadline", errors)
    started_at = bodies.moment(body.started_at, "started_at", errors)
    summary = bodies.rich_text(body.summary, body.description)
    webhook = bodies.web_address(body.webhook, "webhook", errors)
    fields = _fields(body.form_fields or [], errors, now)
    if errors:
        return None, ()
    assert isinstance(title, str) and isinstance(kind, str) and isinstance(deadline, int)
    command = engine.NewTask(
        doer=Doer.member(actor),
        title=title,
        owners=named,
        deadline=deadline,
        task_type=kind,
        summary=summary if isinstance(summary, str) else None,
        started_at=started_at if isinstance(started_at, int) else None,
        position=body.position if isinstance(body.position, int) else None,
        fields=fields,
        webhook=webhook if isinstance(webhook, str) else None,
        max_assignable=body.max_assignable if isinstance(body.max_assignable, int) else 0,
        everyone_must_complete=body.everyone_must_complete is True,
        can_complete_only_assignees=body.can_complete_only_assignees is True,
        prevent_guest_comment=body.prevent_guest_comment is True,
        is_soft_start_date=body.is_soft_start_date is True,
        top_secret=body.top_secret is True,
        allow_guest_owners=body.allow_guest_owners is not False,
        send_chromeless=body.send_chromeless is True,
    )
    return command, fields


def _fields(given: list[dict[str, Any]], errors: Errors, now: int) -> tuple[Field, ...]:
    taken: set[str] = set()
    found: list[Field] = []
    for index, data in enumerate(given):
        field = definitions.field_from(
            data, current=None, path=f"form_fields.{index}", errors=errors, now=now, taken_aliases=taken
        )
        if field is not None:
            taken.add(field.alias)
            found.append(field)
    return tuple(found)


async def _add_to_process(
    tx: Transaction, actor: Actor, process_id: str, command: engine.NewTask, fields: tuple[Field, ...], now: int
) -> list[str]:
    ready = await _prepare(tx, actor, process_id)
    context = await ready.context(tx, actor, now, [command.owners])
    number = await tx.numbers(actor.organization_id, "tasks")
    outcome = engine.add_task(context, ready.aggregate.process, command, Ids(), number)
    return await _save_new(tx, actor, ready, outcome, context, fields, now)


async def _prepare(tx: Transaction, actor: Actor, process_id: str) -> Ready:
    try:
        return await prepare(tx, actor, process_id)
    except NotFound as problem:
        raise Invalid({"run_id": "There is no such process in this organization."}) from problem


async def _create_separate(
    tx: Transaction,
    actor: Actor,
    body: wire.OneOffBody,
    command: engine.NewTask,
    context: Context,
    directory: people.Directory,
    fields: tuple[Field, ...],
    now: int,
) -> list[str]:
    count = max(1, len(engine.separate_owners(command.owners, directory)))
    first = await tx.numbers(actor.organization_id, "tasks", count)
    if body.run_id is not None:
        ready = await _prepare(tx, actor, body.run_id)
        inside = await ready.context(tx, actor, now, [command.owners])
        outcome = engine.add_separate_tasks(inside, ready.aggregate.process, command, Ids(), first)
        return await _save_new(tx, actor, ready, outcome, inside, fields, now)
    template = await templates.system_template(tx, actor, now)
    container = engine.Container(template_id=template.id, version=template.version, title=template.title)
    numbers = Numbers(process=await tx.numbers(actor.organization_id, "runs"), first_task=first)
    outcome = engine.create_separate_tasks(context, command, container, Ids(), numbers)
    tasks = outcome.process.tasks
    await commands.invite(tx, actor, tasks, directory, now)
    await aggregate.insert(
        tx, actor, outcome, aggregate.plain_columns(), now, fields={task.id: fields for task in tasks}
    )
    return [task.id for task in tasks]


async def _save_new(
    tx: Transaction,
    actor: Actor,
    ready: Ready,
    outcome: Any,
    context: Context,
    fields: tuple[Field, ...],
    now: int,
) -> list[str]:
    before = ready.aggregate.process
    known = {task.id for task in before.tasks}
    fresh = [task for task in outcome.process.tasks if task.id not in known]
    assert isinstance(context.directory, people.Directory)
    await commands.invite(tx, actor, fresh, context.directory, now)
    await aggregate.save(tx, actor, ready.aggregate, outcome, now, fields={task.id: fields for task in fresh})
    return [task.id for task in fresh]


async def _single(tx: Transaction, actor: Actor, task_id: str, action: str) -> tuple[store.TaskRow, Task]:
    row = await tx.one(store.by_id_locked, organization_id=actor.organization_id, id=task_id)
    if row is None:
        raise NotFound
    task = persistence.task_of(row)
    permit(actor, action, access.of_task(actor, task, frozenset()))
    return row, task


async def change_state(tx: Transaction, actor: Actor, task_id: str, now: int, *, archived: bool) -> None:
    """Archive or restore a one-off task. Impossible for the task of a step."""
    process_id = await commands.process_of(tx, actor.organization_id, task_id)
    if process_id is None:
        _, task = await _single(tx, actor, task_id, "task.archive")
        context = await _context(tx, actor, now, task.owners)
        outcome = engine.archive_task(context, task) if archived else engine.restore_task(context, task)
        if outcome.changed:
            await persistence.update(tx, actor.organization_id, task, outcome.task)
        await aggregate.tell(tx, actor, None, outcome.events, now, outcome.task)
        return
    ready = await _in_process(tx, actor, process_id, task_id)
    context = await ready.context(tx, actor, now)
    run = engine.archive_in_process if archived else engine.restore_in_process
    await aggregate.save(tx, actor, ready.aggregate, run(context, ready.aggregate.process, task_id), now)


async def delete(tx: Transaction, actor: Actor, task_id: str, now: int) -> None:
    """Delete a one-off task for good. Impossible for the task of a step."""
    process_id = await commands.process_of(tx, actor.organization_id, task_id)
    if process_id is None:
        _, task = await _single(tx, actor, task_id, "task.archive")
        await persistence.delete(tx, actor.organization_id, task_id)
        await aggregate.tell_deleted(tx, actor, task, now)
    else:
        ready = await _in_process(tx, actor, process_id, task_id)
        context = await ready.context(tx, actor, now)
        before = ready.aggregate.process
        await aggregate.save(tx, actor, ready.aggregate, engine.delete_in_process(context, before, task_id), now)
    await tags.take_off(tx, actor.organization_id, [task_id])
    await folders.take_out(tx, actor.organization_id, [task_id])


async def unlink(tx: Transaction, actor: Actor, task_id: str, now: int) -> None:
    """Take a one-off task out of its process (engine 9.5). NotFound; Denied; Impossible for the task of a step, for one
    that belongs to no process, and while the process is archived or blocked."""
    process_id = await commands.process_of(tx, actor.organization_id, task_id)
    if process_id is None:
        await _single(tx, actor, task_id, "task.archive")
        raise Impossible("This task belongs to no process.")
    ready = await _in_process(tx, actor, process_id, task_id)
    context = await ready.context(tx, actor, now)
    outcome, task = engine.unlink(context, ready.aggregate.process, task_id)
    await persistence.unlink(tx, actor.organization_id, task)
    await threads.follow_unlinked(tx, actor.organization_id, task_id)
    await aggregate.save(tx, actor, ready.aggregate, outcome, now, unlinked=frozenset({task_id}))


async def clone(tx: Transaction, actor: Actor, task_id: str, now: int) -> str:
    """Copy a one-off task with its tags; the copy's id (OOT-8)."""
    copy = await _cloned(tx, actor, task_id, now)
    tagged = await tags.of_subjects(tx, actor.organization_id, "Task", [task_id])
    await tags.put_on(tx, actor.organization_id, "Task", [copy], [tag.tag_id for tag in tagged.get(task_id, [])], now)
    return copy


async def _cloned(tx: Transaction, actor: Actor, task_id: str, now: int) -> str:
    process_id = await commands.process_of(tx, actor.organization_id, task_id)
    number = await tx.numbers(actor.organization_id, "tasks")
    if process_id is None:
        row, task = await _single(tx, actor, task_id, "task.update")
        context = await _context(tx, actor, now, task.owners)
        fields = persistence.fields_of(row)
        context = msgspec.structs.replace(context, oneoff_fields={task_id: fields})
        outcome = engine.clone_task(context, task, Doer.member(actor), Ids(), number)
        await persistence.insert(tx, actor.organization_id, [outcome.task], {outcome.task.id: fields})
        await aggregate.tell(tx, actor, None, outcome.events, now, outcome.task)
        return outcome.task.id
    ready = await _in_process(tx, actor, process_id, task_id, "task.update")
    context = await ready.context(tx, actor, now)
    before = ready.aggregate.process
    copied = engine.clone_in_process(context, before, task_id, ready.doer, Ids(), number)
    row = ready.aggregate.extras.get(task_id)
    fields = () if row is None else persistence.fields_of(row)
    (created,) = await _save_new(tx, actor, ready, copied, context, fields, now)
    return created


async def _in_process(
    tx: Transaction, actor: Actor, process_id: str, task_id: str, action: str = "task.archive"
) -> Ready:
    ready = await prepare(tx, actor, process_id)
    task = ready.aggregate.process.task(task_id)
    if task is None:
        raise NotFound
    permit(actor, action, access.of_task(actor, task, ready.relations))
    return ready


async def _context(tx: Transaction, actor: Actor, now: int, named: Owners) -> Context:
    directory = await people.directory(tx, actor, [named])
    return Context(
        organization=await organizations.load(tx, actor.organization_id),
        directory=directory,
        people=directory,
        now=now,
    )
