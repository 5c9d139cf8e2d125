"""Answers on a task: checked, merged key by key, and the first one gets the task going (engine 1.4, 4.4)."""

from collections.abc import Mapping
from typing import Any

from handrail.engine.context import Context
from handrail.engine.definition import Field
from handrail.engine.permit import Doer
from handrail.engine.state import Task, TaskStatus
from handrail.engine.values import check_values
from handrail.engine.working import Working
from handrail.kernel.errors import Errors


def save_values(working: Working, context: Context, task: Task, given: Mapping[str, Any], doer: Doer) -> Task:
    """Store answers by field id; unknown ids are dropped. Invalid with `taskdata.<id>` when a value does not fit."""
    fields = context.fields_of(task)
    errors = Errors()
    accepted = check_values(fields, given, context.people, path_prefix="taskdata", errors=errors)
    refuse_read_only(fields, accepted, task.values, doer, path_prefix="taskdata", errors=errors)
    errors.raise_if_any()
    if not accepted:
        return task
    differing = changed_keys(task.values, accepted)
    changes: dict[str, Any] = going(task)
    if differing:
        changes["values"] = {**task.values, **accepted}
        working.emit("task.values_saved", task.id, fields=differing)
    return working.replace_task(task.id, **changes)


def refuse_read_only(
    fields: tuple[Field, ...],
    accepted: Mapping[str, Any],
    stored: Mapping[str, Any],
    doer: Doer,
    *,
    path_prefix: str,
    errors: Errors,
) -> None:
    """Add an error for each read-only field that a person would change; programs may write them (decision 23)."""
    if doer.by_api:
        return
    for field in fields:
        if field.id in accepted and field.setting("read_only") and stored.get(field.id) != accepted[field.id]:
            errors.add(f"{path_prefix}.{field.id}", f"{field.label} is read-only")


def changed_keys(stored: Mapping[str, Any], accepted: Mapping[str, Any]) -> list[str]:
    """The ids of the fields whose answer differs from the stored one, or is the first."""
    return [key for key, value in accepted.items() if key not in stored or stored[key] != value]


def going(task: Task) -> dict[str, TaskStatus]:
    """The changes that show that somebody has begun with a task; a hidden one remembers it for when it is shown."""
    if task.status == "not-started":
        return {"status": "in-progress"}
    if task.is_hidden and task.status_before_hiding != "in-progress":
        return {"status_before_hiding": "in-progress"}
    return {}
