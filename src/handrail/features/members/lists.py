"""The list of members: one statement per shape of the request, compiled once (wire 2.3)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import msgspec
import sqlalchemy as sa

from handrail.features.members.store import MemberRow, member_columns, members_with_accounts
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import accounts, members
from handrail.schema.words import own

Search = Literal["nothing", "names", "all"]

SORTS: Mapping[str, str] = {
    "id": "id",
    "email": "email",
    "username": "username",
    "first_name": "first_name",
    "last_name": "last_name",
    "name": "full_name",
    "full_name": "full_name",
    "role": "role",
    "status": "status",
    "created_at": "created_at",
    "updated": "updated_at",
    "updated_at": "updated_at",
    "last_updated": "updated_at",
    "last_login_at": "last_login_at",
    "last_accessed_at": "last_accessed_at",
}
_full_name = sa.func.lower(accounts.c.first_name + " " + accounts.c.last_name)
_COLUMNS: Mapping[str, sa.ColumnElement[object]] = {
    "id": members.c.user_id,
    "email": accounts.c.email,
    "username": sa.func.lower(accounts.c.username),
    "first_name": sa.func.lower(accounts.c.first_name),
    "last_name": sa.func.lower(accounts.c.last_name),
    "full_name": _full_name,
    "role": members.c.role,
    "status": members.c.status,
    "created_at": members.c.created_at,
    "updated_at": members.c.updated_at,
    "last_login_at": accounts.c.last_login_at,
    "last_accessed_at": members.c.last_accessed_at,
}


class Shape(msgspec.Struct, frozen=True):
    """What decides the text of the statement: where `q` is looked for, and the order (`-` for descending)."""

    search: Search = "nothing"
    order: str = "id"


def pattern(q: str) -> str:
    """The parameter of a substring search: lower case, with the characters that mean something escaped."""
    escaped = q.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _conditions(search: Search) -> list[sa.ColumnElement[bool]]:
    """Everybody but the bot and those who were deleted; of them, who matches the search."""
    found: list[sa.ColumnElement[bool]] = [own(members), members.c.deleted_at.is_(None), members.c.kind != "bot"]
    if search != "nothing":
        wanted = sa.bindparam("q", type_=sa.Text)
        matches = [_full_name.like(wanted, escape="\\")]
        if search == "all":
            matches.append(sa.func.lower(accounts.c.email).like(wanted, escape="\\"))
        found.append(sa.or_(*matches))
    return found


@lru_cache(maxsize=64)
def page(shape: Shape) -> Statement[MemberRow]:
    """A page of members."""
    column = _COLUMNS[shape.order.removeprefix("-")]
    down = shape.order.startswith("-")
    order = (column.desc() if down else column.asc()).nulls_last()
    tie = members.c.user_id.desc() if down else members.c.user_id.asc()
    return Statement(
        sa.select(*member_columns)
        .select_from(members_with_accounts)
        .where(*_conditions(shape.search))
        .order_by(order, tie)
        .limit(sa.bindparam("limit", type_=sa.BigInteger))
        .offset(sa.bindparam("offset", type_=sa.BigInteger)),
        MemberRow,
    )


named = Statement(
    sa.select(*member_columns)
    .select_from(members_with_accounts)
    .where(*_conditions("nothing"), any_of(members.c.user_id, "ids"))
    .order_by(members.c.user_id),
    MemberRow,
)


@lru_cache(maxsize=4)
def total(search: Search) -> Statement[tuple[int]]:
    """How many members a search finds."""
    return Statement(sa.select(sa.func.count()).select_from(members_with_accounts).where(*_conditions(search)))
