"""The figures of guests, one statement for a whole page and kind of figure (wire GST-1 with=stats)."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from handrail.features.guests import wire
from handrail.kernel.clock import iso_or_none
from handrail.ports.database import Reader
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import group_people, task_owners, tasks
from handrail.schema.words import own


class _Completed(msgspec.Struct, frozen=True):
    email: str
    is_oneoff: bool
    count: int
    last: int | None


_completed = Statement(
    sa.select(tasks.c.completer_guest, tasks.c.is_oneoff, sa.func.count(), sa.func.max(tasks.c.completed_at))
    .where(own(tasks), any_of(tasks.c.completer_guest, "emails"))
    .group_by(tasks.c.completer_guest, tasks.c.is_oneoff),
    _Completed,
)

_through_group = group_people.join(
    task_owners,
    sa.and_(
        task_owners.c.organization_id == group_people.c.organization_id,
        task_owners.c.principal == sa.literal_column("'r:'", sa.Text).concat(group_people.c.group_id),
    ),
)
_held = sa.union(
    sa.select(task_owners.c.principal.label("person"), task_owners.c.task_id).where(
        own(task_owners), any_of(task_owners.c.principal, "principals"), task_owners.c.is_open == sa.true()
    ),
    sa.select(group_people.c.principal.label("person"), task_owners.c.task_id)
    .select_from(_through_group)
    .where(own(group_people), any_of(group_people.c.principal, "principals"), task_owners.c.is_open == sa.true()),
).subquery("held")
_assigned = Statement[tuple[str, int]](sa.select(_held.c.person, sa.func.count()).group_by(_held.c.person))


async def stats_of(reader: Reader, organization_id: str, emails: Sequence[str]) -> dict[str, wire.GuestStats]:
    """The figures of each of these guests, by address."""
    principals = [f"g:{email}" for email in emails]
    assigned = {
        row[0][2:]: row[1]
        for row in await reader.all(_assigned, organization_id=organization_id, principals=principals)
    }
    rows = await reader.all(_completed, organization_id=organization_id, emails=list(emails))
    completed = {(row.email, bool(row.is_oneoff)): row for row in rows}
    nothing = _Completed("", False, 0, None)
    found: dict[str, wire.GuestStats] = {}
    for email in emails:
        step, single = completed.get((email, False), nothing), completed.get((email, True), nothing)
        found[email] = wire.GuestStats(
            assigned_tasks=assigned.get(email, 0),
            tasks_completed=step.count,
            last_task_completed_at=iso_or_none(step.last),
            one_off_tasks_completed=single.count,
            last_one_off_task_completed_at=iso_or_none(single.last),
        )
    return found
