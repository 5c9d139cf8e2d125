"""The SQL of schedules."""

import msgspec
import sqlalchemy as sa

from handrail.schema.schedule_tables import DUE_SCHEDULES
from handrail.schema.statement import Statement
from handrail.schema.tables import launch_schedules
from handrail.schema.words import insert_all, is_, own, set_all


class ScheduleRow(msgspec.Struct, frozen=True):
    """A schedule as stored; `kickoff` is JSON."""

    organization_id: str
    id: str
    template_id: str
    title: str
    rule: str
    starts_at: str
    timezone: str
    name: str | None
    kickoff: str
    owner_id: int
    non_working_days: str
    catch_up: str
    paused: bool
    next_at: int | None
    launches: int
    last_at: int | None
    last_process_id: str | None
    last_error: str | None
    failures: int
    created_by: int
    created_at: int
    updated_at: int


_columns = tuple(launch_schedules.c[name] for name in ScheduleRow.__struct_fields__)
_one = sa.select(*_columns).where(own(launch_schedules), is_(launch_schedules.c.id))
get = Statement(_one, ScheduleRow)
locked = Statement(_one.with_for_update(), ScheduleRow)

insert = Statement[None](insert_all(launch_schedules))
CHANGING = tuple(
    name for name in ScheduleRow.__struct_fields__ if name not in ("organization_id", "id", "created_by", "created_at")
)
update = Statement[None](
    sa.update(launch_schedules)
    .where(own(launch_schedules), is_(launch_schedules.c.id))
    .values(set_all(launch_schedules, *CHANGING))
)
delete = Statement[None](sa.delete(launch_schedules).where(own(launch_schedules), is_(launch_schedules.c.id)))
of_template = Statement(
    sa.select(*_columns)
    .where(own(launch_schedules), is_(launch_schedules.c.template_id))
    .order_by(launch_schedules.c.id)
    .with_for_update(),
    ScheduleRow,
)


def _reassigning(column: sa.Column[int]) -> Statement[None]:
    """One member in the place of another."""
    return Statement(
        sa.update(launch_schedules)
        .where(own(launch_schedules), column == sa.bindparam("from_user", type_=sa.BigInteger))
        .values({column: sa.bindparam("to_user", type_=sa.BigInteger), **set_all(launch_schedules, "updated_at")})
    )


reassign_owner = _reassigning(launch_schedules.c.owner_id)
reassign_creator = _reassigning(launch_schedules.c.created_by)


def _page(restricted: bool) -> tuple[Statement[ScheduleRow], Statement[tuple[int]]]:
    where = [own(launch_schedules)]
    if restricted:
        me = sa.bindparam("me", type_=sa.BigInteger)
        where.append(sa.or_(launch_schedules.c.created_by == me, launch_schedules.c.owner_id == me))
    rows = (
        sa.select(*_columns)
        .where(*where)
        .order_by(launch_schedules.c.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .offset(sa.bindparam("offset", type_=sa.Integer))
    )
    count = sa.select(sa.func.count()).select_from(launch_schedules).where(*where)
    return Statement(rows, ScheduleRow), Statement(count)


pages = {restricted: _page(restricted) for restricted in (False, True)}

# across organizations: of all schedules the one that is due first launches first
due = Statement(
    sa.select(*_columns)
    .where(sa.text(DUE_SCHEDULES), launch_schedules.c.next_at <= sa.bindparam("now", type_=sa.BigInteger))
    .order_by(launch_schedules.c.next_at, launch_schedules.c.organization_id, launch_schedules.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    ScheduleRow,
)
