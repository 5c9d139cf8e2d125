"""What a guest is shown of a task that is theirs: what they need to work on it, and nobody else (around 3.4).

What is shown is named; whatever a task gets in addition stays inside until somebody decides here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from handrail.engine.definition import Field
from handrail.engine.people import entries_of
from handrail.engine.progress import percent
from handrail.engine.state import Task
from handrail.features.processes.aggregate import ProcessRow
from handrail.features.tasks import store, wire
from handrail.http.envelope import Included
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.decoded import as_object
from handrail.kernel.errors import Denied, Errors
from handrail.ports.database import Reader

INCLUDES = frozenset(
    {"run", "step", "form_fields", "threads", "issues", "comments", "summary", "threads_count"},
)
# of one task they come unasked (wire 2.24)
ALWAYS = frozenset({"threads", "step"})
SHOWN = (
    "id",
    "increment_id",
    "title",
    "name",
    "summary",
    "allow_guest_owners",
    "run_id",
    "step_id",
    "alias",
    "taskdata",
    "is_completable",
    "status",
    "status_label",
    "task_type",
    "is_approved",
    "is_oneoff_task",
    "position",
    "started_at",
    "deadline",
    "deadline_held",
    "created_at",
    "last_updated",
    "completed_at",
    "archived_at",
    "everyone_must_complete",
    "completion_progress",
    "can_complete_only_assignees",
    "max_assignable",
    "prevent_guest_comment",
    "problem",
    "is_soft_start_date",
    "top_secret",
    "run_status",
    "threads_count",
    "run",
    "step",
    "form_fields",
    "threads",
    "issues",
    "comments",
)
# filters that say nothing about other people, labels or places
FILTERS = frozenset(
    {
        "with",
        "status",
        "q",
        "sort",
        "sort_by",
        "page",
        "per_page",
        "limit",
        "created",
        "is_oneoff",
        "archived",
        "deadline_on",
        "deadline_before",
        "deadline_after",
        "deadline_start_range",
        "deadline_end_range",
    }
)


def reduced(shown: wire.Task, guest: Actor, organization: str, links: list[str]) -> wire.GuestTask:
    """The task as the guest sees it: texts filled in, no ids of people, no address but their own."""
    address = guest.guest or ""
    was_me = shown.completer_guest == address
    return wire.GuestTask(
        **{name: getattr(shown, name) for name in SHOWN},
        original_title=shown.title,
        original_summary=shown.summary if isinstance(shown.summary, str) else None,
        checklist_id=None,
        owners=wire.TaskOwners((), (address,), (), links),
        blueprint_position=None,
        starter_id=None,
        completer_id=None,
        completer_guest=address if was_me else None,
        completer_guest_id=guest.guest_id if was_me else None,
        has_deadline_dependent_child_tasks=False,
        webhook=None,
        stage_id=None,
        send_chromeless=False,
        custom_fields=None,
        organization=Included({"id": guest.organization_id, "name": organization}),
        guest_email=address,
    )


def require_answers_alone(body: wire.TaskBody) -> None:
    """Denied when a guest wants to change more of a task than its answers, whether it would differ or not."""
    others = [name for name in body.__struct_fields__ if name != "taskdata" and getattr(body, name) is not UNSET]
    if others:
        raise Denied(f"As a guest you may fill in this task, but not change it: leave out {', '.join(others)}.")


def refuse_people(task: Task, fields: Sequence[Field], values: Mapping[str, Any] | None) -> None:
    """Guests name guests: whether a number is that of a member would be told by the answer. Invalid."""
    errors = Errors()
    for field in fields:
        chosen = as_object((values or {}).get(field.id))
        if field.field_type != "assignees_form" or chosen is None or chosen == task.values.get(field.id):
            continue
        if entries_of(chosen, "users") or entries_of(chosen, "groups"):
            errors.add(f"taskdata.{field.id}", f"{field.label} takes addresses under `guests` alone from a guest.")
    errors.raise_if_any()


async def runs(reader: Reader, guest: Actor, rows: Sequence[ProcessRow]) -> dict[str, dict[str, Any]]:
    """The processes of a guest's tasks: what they are called, how they stand, and how far the guest's part is."""
    counted = await reader.all(
        store.progress_of,
        organization_id=guest.organization_id,
        process_ids=[row.id for row in rows],
        principals=list(guest.owner_principals),
    )
    progress = {row.process_id: row for row in counted}
    return {row.id: _run(row, progress) for row in rows}


def _run(row: ProcessRow, progress: Mapping[str, store.ProgressRow]) -> dict[str, Any]:
    found = progress.get(row.id)
    total, complete = (0, 0) if found is None else (int(found.total), int(found.complete))
    return {
        "id": row.id,
        "increment_id": row.increment_id,
        "name": row.name,
        "type": row.type,
        "status": row.status,
        "checklist_title": row.template_title,
        "is_public": bool(row.is_public),
        "progress": {
            "complete": complete,
            "total": total,
            "percent": percent(complete, total),
        },
        "started_at": iso(row.started_at),
        "completed_at": iso_or_none(row.completed_at),
        "archived_at": iso_or_none(row.archived_at),
    }
