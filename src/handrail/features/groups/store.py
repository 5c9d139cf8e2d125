"""The SQL of groups."""

from functools import lru_cache

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import group_people, groups
from handrail.schema.words import insert_all, is_, own, set_all


class GroupRow(msgspec.Struct, frozen=True):
    """A group without its people."""

    id: str
    name: str
    description: str | None
    created_at: int
    updated_at: int


class PersonRow(msgspec.Struct, frozen=True):
    """Somebody in a group: `u:<member id>` or `g:<address>`."""

    group_id: str
    principal: str


_columns = tuple(groups.c[name] for name in GroupRow.__struct_fields__)
_one = sa.select(*_columns).where(own(groups), is_(groups.c.id))

get = Statement(_one, GroupRow)
lock = Statement(_one.with_for_update(), GroupRow)
named = Statement[tuple[str]](sa.select(groups.c.id).where(own(groups), is_(groups.c.name)))

insert = Statement[None](insert_all(groups))
update = Statement[None](
    sa.update(groups).where(own(groups), is_(groups.c.id)).values(set_all(groups, "name", "description", "updated_at"))
)
delete = Statement[None](sa.delete(groups).where(own(groups), is_(groups.c.id)))

people_of = Statement(
    sa.select(group_people.c.group_id, group_people.c.principal)
    .where(own(group_people), any_of(group_people.c.group_id, "ids"))
    .order_by(group_people.c.group_id, group_people.c.principal),
    PersonRow,
)
insert_person = Statement[None](insert_all(group_people))
delete_people = Statement[None](
    sa.delete(group_people).where(
        own(group_people), is_(group_people.c.group_id), any_of(group_people.c.principal, "principals")
    )
)
of_person = Statement[tuple[str]](
    sa.select(group_people.c.group_id)
    .where(own(group_people), is_(group_people.c.principal))
    .order_by(group_people.c.group_id)
)
delete_person = Statement[None](sa.delete(group_people).where(own(group_people), is_(group_people.c.principal)))


def _matches() -> sa.ColumnElement[bool]:
    wanted = sa.bindparam("q", type_=sa.Text)
    return sa.or_(
        sa.func.lower(groups.c.name).like(wanted, escape="\\"),
        sa.func.lower(groups.c.description).like(wanted, escape="\\"),
    )


@lru_cache(maxsize=16)
def page(order: str, searching: bool) -> Statement[GroupRow]:
    """A page of groups by `name`, `created_at` or `updated_at`, a minus in front for descending."""
    word = order.removeprefix("-")
    down = order.startswith("-")
    column: sa.ColumnElement[object] = sa.func.lower(groups.c.name) if word == "name" else groups.c[word]
    statement = sa.select(*_columns).where(own(groups), *([_matches()] if searching else []))
    statement = statement.order_by(
        column.desc() if down else column.asc(), groups.c.id.desc() if down else groups.c.id.asc()
    )
    limit, offset = (sa.bindparam(name, type_=sa.BigInteger) for name in ("limit", "offset"))
    return Statement(statement.limit(limit).offset(offset), GroupRow)


@lru_cache(maxsize=2)
def total(searching: bool) -> Statement[tuple[int]]:
    """How many groups there are, or how many a search finds."""
    return Statement(
        sa.select(sa.func.count()).select_from(groups).where(own(groups), *([_matches()] if searching else []))
    )
