"""Single answers by their own id (wire 2.19): `<task or process id>-<field id>`, there once a value is stored."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from handrail.engine.definition import Field
from handrail.engine.edit_task import EditTask
from handrail.engine.permit import Doer
from handrail.features.processes import service as processes
from handrail.features.tasks import commands, persistence, store
from handrail.features.tasks.view import answered
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Impossible, Invalid, NotFound
from handrail.kernel.ids import is_id
from handrail.ports.database import Transaction

# the key of the body that holds the value
KEY = "form_value"


async def change(tx: Transaction, actor: Actor, value_id: str, value: Any, now: int) -> dict[str, Any]:
    """Store another value for an answer; the field with it. Impossible when no answer has this id."""
    owner_id, _, field_id = value_id.partition("-")
    if is_id(owner_id) and is_id(field_id):
        row = await tx.one(store.by_id, organization_id=actor.organization_id, id=owner_id)
        if row is not None:
            if field_id in persistence.task_of(row).values:
                return await _on_task(tx, actor, owner_id, row.process_id, field_id, value, now)
        else:
            try:
                found = await processes.change_answer(tx, actor, owner_id, field_id, value, now)
            except Invalid as problem:
                raise problem.under(f"prerun.{field_id}", KEY) from problem
            if found is not None:
                return _entry(found.fields, found.values, field_id, checklist_id=found.template_id)
    raise Impossible("No stored capture value with this id.")


async def give(
    tx: Transaction, actor: Actor, value_id: str, value: Any, now: int, check: Callable[[str], Awaitable[None]]
) -> dict[str, Any]:
    """Store an answer of a task, whether there was one before or not; the field with it. `check` is asked about the
    task first. NotFound; Impossible when this is no such id."""
    task_id, _, field_id = value_id.partition("-")
    if is_id(task_id) and is_id(field_id):
        row = await tx.one(store.by_id, organization_id=actor.organization_id, id=task_id)
        if row is None:
            raise NotFound("Task not found")
        await check(task_id)
        return await _on_task(tx, actor, task_id, row.process_id, field_id, value, now)
    raise Impossible("No capture of a task has this value id; it is the task's id, a hyphen and the capture's id.")


async def _on_task(
    tx: Transaction, actor: Actor, task_id: str, process_id: str | None, field_id: str, value: Any, now: int
) -> dict[str, Any]:
    values = {field_id: value}
    command = EditTask(task_id=task_id, doer=Doer(), values=values)
    try:
        done = await commands.edit(
            tx,
            actor,
            now,
            task_id,
            lambda doer: replace(command, doer=doer),
            process_id=process_id,
            named=None,
            values=values,
        )
    except Invalid as problem:
        raise problem.under(f"taskdata.{field_id}", KEY) from problem
    step = None if done.snapshot is None else done.snapshot.step(done.task.step_id)
    fields = done.fields.get(task_id, ()) if step is None else step.fields
    return _entry(fields, done.task.values, field_id, step_id=done.task.step_id)


def _entry(
    fields: Sequence[Field],
    values: Mapping[str, Any],
    field_id: str,
    *,
    step_id: str | None = None,
    checklist_id: str | None = None,
) -> dict[str, Any]:
    entries = answered(fields, values, step_id=step_id, checklist_id=checklist_id)
    return next(entry for entry in entries if entry["id"] == field_id)
