"""Commands on tasks: complete, reopen, change, show and hide; for tasks of processes and for single ones."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from handrail.engine import complete as completing
from handrail.engine import edit_task as editing
from handrail.engine import reopen as reopening
from handrail.engine import visibility
from handrail.engine.context import Context
from handrail.engine.definition import Field, Owners
from handrail.engine.events import Outcome
from handrail.engine.people import owners_of
from handrail.engine.permit import Doer
from handrail.engine.signing import needs_everyone
from handrail.engine.state import Process, Task
from handrail.engine.variables import Names
from handrail.engine.working import TaskOutcome
from handrail.features.mails import steps as mails
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.processes import access, aggregate, following
from handrail.features.processes.command import Ready, prepare
from handrail.features.processes.command import invite as invite_new
from handrail.features.processes.snapshot import Snapshot
from handrail.features.tasks import for_guests, persistence, store
from handrail.features.tasks.store import TaskRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction


class Done(msgspec.Struct, frozen=True, gc=False):
    """What a command left behind, enough to answer without reading again.

    `process`, `snapshot` and `changed_by_rules` are for tasks of processes.
    """

    task: Task
    directory: people.Directory
    process: Process | None = None
    snapshot: Snapshot | None = None
    changed_by_rules: tuple[Task, ...] = ()
    # the stored row, where it holds more than the engine's state
    row: TaskRow | None = None
    # of every one-off task in the process, by task id
    fields: Mapping[str, tuple[Field, ...]] = {}


InProcess = Callable[[Context, Process, Doer], Outcome]
Alone = Callable[[Context, Task, Doer], TaskOutcome]


async def process_of(reader: Reader, organization_id: str, task_id: str) -> str | None:
    """The process a task belongs to; None for a single one. NotFound."""
    found = await reader.one(store.process_of, organization_id=organization_id, id=task_id)
    if found is None:
        raise NotFound
    return found[0]


async def run(
    tx: Transaction,
    actor: Actor,
    task_id: str,
    now: int,
    action: str,
    *,
    in_process: InProcess,
    alone: Alone,
    process_id: str | None = None,
    named: Iterable[Owners] = (),
    users: Iterable[int] = (),
    values: Mapping[str, Any] | None = None,
    reassigns: bool = False,
) -> Done:
    """Carry a command out on a task, wherever it lives: load and lock, check, let the engine decide, save.

    `process_id` is what the path says, if it says anything: a task of another process is NotFound. `named`, `users`
    and `values` tell which people the command may have to know, and `reassigns` that it changes the owners.
    """
    home = process_id or await process_of(tx, actor.organization_id, task_id)
    if home is None:
        return await _run_alone(tx, actor, task_id, now, action, alone, named, users, values, reassigns)
    ready = await prepare(tx, actor, home)
    task = ready.aggregate.process.task(task_id)
    if task is None:
        raise NotFound
    relations = access.of_task(actor, task, ready.relations)
    permit(actor, action, relations)
    fields = _fields_of(ready, task)
    if actor.is_guest:
        for_guests.refuse_people(task, fields, values)
    context = await ready.context(tx, actor, now, [*named, *people_in(task, fields, values, reassigns)], users)
    before = ready.aggregate.process
    doer = ready.doer if relations is ready.relations else access.doer(actor, relations)
    followed = await following.run(tx, actor, ready, context, now, lambda around: in_process(around, before, doer))
    outcome, context = followed.outcome, followed.context
    assert isinstance(context.directory, people.Directory)
    await invite_new(tx, actor, before, outcome, context, now)
    await aggregate.save(tx, actor, ready.aggregate, outcome, now)
    await following.stored(tx, actor, followed)
    after = outcome.process.task(task_id)
    assert after is not None
    if _is_sent(task, after):
        step = None if ready.snapshot is None else ready.snapshot.step(after.step_id)
        summary = after.summary if after.summary is not None or step is None else step.summary
        names: Names = {} if ready.snapshot is None else ready.snapshot.names
        await mails.send_step(tx, actor, after, summary, outcome.process, names, now)
    return Done(
        task=after,
        row=ready.aggregate.extras.get(task_id),
        directory=context.directory,
        process=outcome.process,
        snapshot=followed.snapshot,
        changed_by_rules=tuple(
            task
            for task in outcome.process.tasks
            if task.id in outcome.changed_by_rules and access.may_see(actor, task)
        )
        if outcome.changed_by_rules
        else (),
        fields=context.oneoff_fields,
    )


async def _run_alone(
    tx: Transaction,
    actor: Actor,
    task_id: str,
    now: int,
    action: str,
    command: Alone,
    named: Iterable[Owners],
    users: Iterable[int],
    values: Mapping[str, Any] | None,
    reassigns: bool,
) -> Done:
    row = await tx.one(store.by_id_locked, organization_id=actor.organization_id, id=task_id)
    if row is None:
        raise NotFound
    before = persistence.task_of(row)
    relations = access.of_task(actor, before, frozenset())
    permit(actor, action, relations)
    fields = persistence.fields_of(row)
    if actor.is_guest:
        for_guests.refuse_people(before, fields, values)
    directory = await people.directory(tx, actor, [*named, *people_in(before, fields, values, reassigns)], users)
    context = Context(
        organization=await organizations.load(tx, actor.organization_id),
        directory=directory,
        people=directory,
        now=now,
        oneoff_fields={task_id: fields},
    )
    outcome = command(context, before, access.doer(actor, relations))
    if outcome.changed:
        await invite(tx, actor, [outcome.task], directory, now)
        await persistence.update(tx, actor.organization_id, before, outcome.task)
    await aggregate.tell(tx, actor, None, outcome.events, now, outcome.task)
    if _is_sent(before, outcome.task):
        await mails.send_step(tx, actor, outcome.task, outcome.task.summary, None, {}, now)
    return Done(task=outcome.task, row=row, directory=directory, fields=context.oneoff_fields)


def _is_sent(before: Task, after: Task) -> bool:
    """Whether the command has completed a task that is a mail."""
    return after.task_type in mails.EMAIL_TYPES and after.is_done and not before.is_done


def _fields_of(ready: Ready, task: Task) -> tuple[Field, ...]:
    step = None if ready.snapshot is None else ready.snapshot.step(task.step_id)
    if step is not None:
        return step.fields
    row = ready.aggregate.extras.get(task.id)
    return () if row is None else persistence.fields_of(row)


def people_in(task: Task, fields: tuple[Field, ...], values: Mapping[str, Any] | None, reassigns: bool) -> list[Owners]:
    """The people a command on this task may have to know: signers, owners who stay, and those named in answers."""
    found: list[Owners] = []
    if reassigns or needs_everyone(task) or task.owners.guests:
        found.append(task.owners)
    if values:
        for field in fields:
            if field.field_type == "assignees_form" and field.id in values:
                found.append(owners_of(values[field.id]))
    return found


async def invite(tx: Transaction, actor: Actor, tasks: Iterable[Task], directory: people.Directory, now: int) -> None:
    """Make guests of the addresses that tasks were given to and that are none yet."""
    emails = {email for task in tasks for email in task.owners.guests}
    if emails:
        await people.invite_guests(tx, actor, emails, directory, now)


async def complete(
    tx: Transaction,
    actor: Actor,
    now: int,
    command: Callable[[Doer], completing.Complete],
    task_id: str,
    *,
    process_id: str | None,
    values: Mapping[str, Any] | None,
    override_user: int | None,
) -> Done:
    """Complete a task (engine 2.2)."""
    return await run(
        tx,
        actor,
        task_id,
        now,
        "task.complete",
        in_process=lambda context, process, doer: completing.complete(context, process, command(doer)),
        alone=lambda context, task, doer: completing.complete_task(context, task, command(doer)),
        process_id=process_id,
        users=() if override_user is None else (override_user,),
        values=values,
    )


async def reopen(
    tx: Transaction, actor: Actor, now: int, task_id: str, *, process_id: str | None, strict: bool
) -> Done:
    """Take a completion back (engine 9.1)."""

    def command(doer: Doer) -> reopening.Reopen:
        return reopening.Reopen(task_id=task_id, doer=doer, strict=strict)

    return await run(
        tx,
        actor,
        task_id,
        now,
        "task.reopen",
        in_process=lambda context, process, doer: reopening.reopen(context, process, command(doer)),
        alone=lambda context, task, doer: reopening.reopen_task(context, task, command(doer)),
        process_id=process_id,
    )


async def edit(
    tx: Transaction,
    actor: Actor,
    now: int,
    task_id: str,
    command: Callable[[Doer], editing.EditTask],
    *,
    process_id: str | None,
    named: Owners | None,
    values: Mapping[str, Any] | None,
) -> Done:
    """Change a task (wire TSK-3, OOT-4); `named` are the owners that the change names, None where it leaves them."""
    return await run(
        tx,
        actor,
        task_id,
        now,
        "task.update",
        in_process=lambda context, process, doer: editing.edit_task(context, process, command(doer)),
        alone=lambda context, task, doer: editing.edit_single_task(context, task, command(doer)),
        process_id=process_id,
        named=() if named is None else (named,),
        values=values,
        reassigns=named is not None,
    )


async def set_visibility(
    tx: Transaction, actor: Actor, now: int, task_id: str, process_id: str, *, visible: bool
) -> Done:
    """Show or hide a task by hand (decision 53)."""

    def refuse(context: Context, task: Task, doer: Doer) -> TaskOutcome:
        raise NotFound

    return await run(
        tx,
        actor,
        task_id,
        now,
        "task.hide",
        in_process=lambda context, process, doer: visibility.set_visibility(
            context, process, visibility.SetVisibility(task_id=task_id, visible=visible, doer=doer)
        ),
        alone=refuse,
        process_id=process_id,
    )
