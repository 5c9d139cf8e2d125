"""The list of guests: one statement per shape of the request, compiled once (wire GST-1)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.features.guests.store import GuestRow, guest_columns, works_with
from handrail.schema.statement import Statement
from handrail.schema.tables import guests
from handrail.schema.words import own

SORTS: Mapping[str, str] = {
    "email": "email",
    "name": "first_name",
    "first_name": "first_name",
    "last_name": "last_name",
    "created_at": "created_at",
    "updated": "updated_at",
    "updated_at": "updated_at",
    "last_accessed_at": "last_accessed_at",
}
_TEXTS = ("first_name", "last_name")


class Shape(msgspec.Struct, frozen=True):
    """What decides the text: the order (`-` for descending), a search, and whether only coworkers are to be seen."""

    order: str = "created_at"
    searching: bool = False
    restricted: bool = False


def _conditions(shape: Shape) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [own(guests), guests.c.deleted_at.is_(None)]
    if shape.searching:
        found.append(sa.func.lower(guests.c.email).like(sa.bindparam("q", type_=sa.Text), escape="\\"))
    if shape.restricted:
        found.append(works_with())
    return found


@lru_cache(maxsize=64)
def page(shape: Shape) -> Statement[GuestRow]:
    """A page of guests."""
    word = shape.order.removeprefix("-")
    down = shape.order.startswith("-")
    column: sa.ColumnElement[Any] = guests.c[word]
    if word in _TEXTS:
        column = sa.func.lower(column)
    order = (column.desc() if down else column.asc()).nulls_last()
    statement = sa.select(*guest_columns).where(*_conditions(shape))
    statement = statement.order_by(order, guests.c.id.desc() if down else guests.c.id.asc())
    limit, offset = (sa.bindparam(name, type_=sa.BigInteger) for name in ("limit", "offset"))
    return Statement(statement.limit(limit).offset(offset), GuestRow)


@lru_cache(maxsize=16)
def total(shape: Shape) -> Statement[tuple[int]]:
    """How many guests the list has; the order does not matter."""
    return Statement(sa.select(sa.func.count()).select_from(guests).where(*_conditions(shape)))
