"""What can happen to a task, whoever wants it: a person, the clock or a rule. Whether it may is decided before."""

from typing import Any

from handrail.engine.answers import missing_required
from handrail.engine.assignment import added
from handrail.engine.context import Context
from handrail.engine.defaults import initial_values
from handrail.engine.definition import Field
from handrail.engine.signing import needs_everyone, required_people, signed_by_all
from handrail.engine.state import HIDDEN, Task
from handrail.engine.working import Working
from handrail.kernel.ids import integer_id
from handrail.kernel.worktime import local


def record_completion(
    working: Working, task: Task, is_approved: bool | None, user: int | None, guest: str | None
) -> None:
    """Mark a task completed."""
    working.replace_task(
        task.id,
        status="completed",
        completed_at=working.now,
        completer_id=user,
        completer_guest=guest,
        is_approved=is_approved,
        was_reopened=False,
    )
    working.emit("task.completed", task.id, completer_id=user, completer_guest=guest, is_approved=is_approved)


def complete_if_signed(working: Working, context: Context, task_id: str) -> None:
    """Complete a task on which, after a change of its people, everyone left has signed (decision 56).

    The last signer is the completer. Where answers are missing or an issue is open, it waits for the next signature.
    """
    task = working.tasks[task_id]
    if not task.is_open or not needs_everyone(task) or task.open_problems:
        return
    if not signed_by_all(task, context.directory):
        return
    if missing_required(context.fields_of(task), task.values, path_prefix="taskdata"):
        return
    required = required_people(task, context.directory)
    last = next(person for person in reversed(task.signatures) if person in required)
    user = integer_id(last)
    is_approved = True if task.task_type == "approval" else None
    record_completion(working, task, is_approved, user, None if user is not None else last)


def take_back(working: Working, task: Task, **origin: Any) -> Task:
    """Make a completed task open again; answers stay, signatures go (decision 47)."""
    task = working.replace_task(
        task.id,
        status="in-progress",
        completed_at=None,
        completer_id=None,
        completer_guest=None,
        is_approved=None,
        was_reopened=True,
        signatures=(),
    )
    working.emit("task.reopened", task.id, **origin)
    return task


def hide(working: Working, task: Task, **origin: Any) -> Task:
    """Hide an incomplete task; it keeps its owners, answers and how far it was."""
    if task.is_hidden or task.is_done:
        return task
    working.emit("task.hidden", task.id, **origin)
    return working.replace_task(task.id, status=HIDDEN, status_before_hiding=task.status)


def show(working: Working, context: Context, task: Task, **origin: Any) -> Task:
    """Show a hidden task as it was before; its owners hear of it now.

    When it is visible for the first time, its defaults are made then: "today" means that day (decision 66).
    """
    if not task.is_hidden:
        return task
    before = task.status_before_hiding
    changes: dict[str, Any] = {"status": before or "not-started", "status_before_hiding": None}
    fields = context.fields_of(task)
    if before is None and any(field.default_value_enabled for field in fields):
        changes["values"] = {**task.values, **_defaults_of_today(working, context, task, fields)}
    working.emit("task.shown", task.id, **origin)
    if task.owners:
        working.emit("task.assigned", task.id, owners=task.owners, **origin)
    return working.replace_task(task.id, **changes)


def _defaults_of_today(working: Working, context: Context, task: Task, fields: tuple[Field, ...]) -> dict[str, Any]:
    """The defaults as they are today, of those fields that still have what they were made with."""
    zone = context.organization.timezone
    made = initial_values(fields, today=local(task.created_at, zone).date(), now=task.created_at)
    first = initial_values(fields, today=local(working.now, zone).date(), now=working.now)
    return {key: value for key, value in first.items() if key not in task.values or task.values[key] == made.get(key)}


def tell_owners(working: Working, before: Task, after: Task, **origin: Any) -> None:
    """Record new owners: for the feed, and for the mail to those who were not owners before."""
    new = added(before.owners, after.owners)
    working.emit("task.owners_changed", after.id, added=new, removed=added(after.owners, before.owners), **origin)
    if new and after.is_open:
        working.emit("task.assigned", after.id, owners=new, **origin)
