"""What can be brought along with members: their groups, figures and organizations, one statement for a whole page."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from handrail.features.members import wire
from handrail.kernel.clock import iso_or_none
from handrail.ports.database import Reader
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import activities, group_people, groups, members, organizations, processes, tasks, templates
from handrail.schema.words import is_, own


class _GroupPersonRow(msgspec.Struct, frozen=True):
    group_id: str
    name: str
    principal: str


_asked = group_people.alias("asked")
# everybody in the groups that any of the asked people are in
_people_of_their_groups = Statement(
    sa.select(group_people.c.group_id, groups.c.name, group_people.c.principal)
    .select_from(
        group_people.join(
            groups,
            sa.and_(groups.c.organization_id == group_people.c.organization_id, groups.c.id == group_people.c.group_id),
        )
    )
    .where(
        own(group_people),
        own(groups),
        group_people.c.group_id.in_(
            sa.select(_asked.c.group_id).where(
                _asked.c.organization_id == sa.bindparam("organization_id", type_=sa.Text),
                any_of(_asked.c.principal, "principals"),
            )
        ),
    )
    .order_by(groups.c.name, group_people.c.group_id, group_people.c.principal),
    _GroupPersonRow,
)


async def groups_of(
    reader: Reader, organization_id: str, user_ids: Iterable[int]
) -> dict[int, list[wire.GroupOfMember]]:
    """The groups of each of these members."""
    wanted = [f"u:{user_id}" for user_id in user_ids]
    rows = await reader.all(_people_of_their_groups, organization_id=organization_id, principals=wanted)
    by_id: dict[str, wire.GroupOfMember] = {}
    for row in rows:
        group = by_id.setdefault(row.group_id, wire.GroupOfMember(row.group_id, row.name, None, [], []))
        kind, _, person = row.principal.partition(":")
        if kind == "u":
            group.members.append(int(person))
        else:
            group.guests.append(person)
    found: dict[int, list[wire.GroupOfMember]] = {}
    for group in by_id.values():
        group.members.sort()
        for user_id in group.members:
            found.setdefault(user_id, []).append(group)
    return found


def _count(table: sa.Table, person: sa.Column[int], *conditions: sa.ColumnElement[bool]) -> Statement[tuple[int, int]]:
    return Statement(
        sa.select(person, sa.func.count()).where(own(table), any_of(person, "ids"), *conditions).group_by(person)
    )


_completed = _count(tasks, tasks.c.completer_id)
_launched = _count(processes, processes.c.started_by)
_templates = _count(templates, templates.c.created_by, templates.c.deleted_at.is_(None))
_steps = Statement[tuple[str, int, int]](
    sa.select(activities.c.actor_id, sa.func.count(), sa.func.max(activities.c.created_at))
    .where(
        own(activities),
        activities.c.subject_type == "Step",
        activities.c.verb == "created",
        activities.c.actor_type == "user",
        any_of(activities.c.actor_id, "actors"),
    )
    .group_by(activities.c.actor_id)
)


async def stats_of(reader: Reader, organization_id: str, user_ids: Iterable[int]) -> dict[int, wire.Counts]:
    """The figures of each of these members."""
    ids = list(user_ids)
    completed, launched, made = [
        {row[0]: row[1] for row in await reader.all(statement, organization_id=organization_id, ids=ids)}
        for statement in (_completed, _launched, _templates)
    ]
    rows = await reader.all(_steps, organization_id=organization_id, actors=[str(user_id) for user_id in ids])
    steps = {int(row[0]): (row[1], row[2]) for row in rows}
    return {
        user_id: wire.Counts(
            steps_created=steps.get(user_id, (0, None))[0],
            tasks_completed=completed.get(user_id, 0),
            processes_launched=launched.get(user_id, 0),
            checklists_created=made.get(user_id, 0),
            last_step_created_at=iso_or_none(steps.get(user_id, (0, None))[1]),
        )
        for user_id in ids
    }


class _PlaceRow(msgspec.Struct, frozen=True):
    user_id: int
    organization_id: str
    name: str
    slug: str
    role: str
    status: str


def _places(*conditions: sa.ColumnElement[bool]) -> Statement[_PlaceRow]:
    return Statement(
        sa.select(
            members.c.user_id,
            organizations.c.organization_id,
            organizations.c.name,
            organizations.c.slug,
            members.c.role,
            members.c.status,
        )
        .select_from(members.join(organizations, organizations.c.organization_id == members.c.organization_id))
        .where(*conditions)
        .order_by(organizations.c.created_at, organizations.c.organization_id),
        _PlaceRow,
    )


_here = _places(own(members), any_of(members.c.user_id, "ids"))
# across organizations, for the person alone
_mine = _places(is_(members.c.user_id), members.c.status == "active", members.c.deleted_at.is_(None))


async def places_of(
    reader: Reader, organization_id: str, user_ids: Iterable[int], reader_id: int
) -> dict[int, list[wire.Place]]:
    """The organizations of each of these members: all of the reader's own, of others the one they share."""
    ids = list(user_ids)
    rows = await reader.all(_here, organization_id=organization_id, ids=ids)
    if reader_id in ids:
        rows = [row for row in rows if row.user_id != reader_id]
        rows += await reader.all(_mine, user_id=reader_id)
    found: dict[int, list[wire.Place]] = {}
    for row in rows:
        place = wire.Place(row.organization_id, row.name, row.slug, row.role, row.status)
        found.setdefault(row.user_id, []).append(place)
    return found
