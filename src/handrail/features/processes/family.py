"""Processes under a process: launched there by a task, or given it as their parent (engine 3.7)."""

from collections.abc import Sequence
from typing import Any

from handrail.engine.progress import percent
from handrail.features.processes import lists, visibility
from handrail.http.call import Call
from handrail.kernel.clock import iso, iso_or_none
from handrail.ports.database import Reader


async def briefs(call: Call, reader: Reader, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The children that the caller may see, archived ones too, by parent and the first first; one statement."""
    actor = call.actor
    shape = lists.Shape(restricted=not actor.is_admin, archived="with", parents=True, sort="created_at")
    rows = await reader.all(
        lists.page(shape),
        organization_id=actor.organization_id,
        parent_ids=list(ids),
        limit=1000,
        offset=0,
        **visibility.parameters(actor.user_id, actor.owner_principals, actor.grant_principals),
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        child = {
            "id": row.id,
            "increment_id": row.increment_id,
            "name": row.name,
            "checklist_id": row.template_id,
            "checklist_title": row.template_title,
            "status": row.status,
            "progress": {
                "complete": row.tasks_complete,
                "total": row.tasks_total,
                "percent": percent(row.tasks_complete, row.tasks_total),
            },
            "parent_task_id": row.parent_task_id,
            "created_at": iso(row.created_at),
            "completed_at": iso_or_none(row.completed_at),
            "archived_at": iso_or_none(row.archived_at),
        }
        found.setdefault(row.parent_id or "", []).append(child)
    return found
