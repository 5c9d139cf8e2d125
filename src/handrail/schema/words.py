"""Short words for writing statements: parameters that are named after the column they meet."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

organization_id = sa.bindparam("organization_id", type_=sa.Text)


def parameter(name: str, column: sa.Column[Any]) -> sa.BindParameter[Any]:
    """A parameter of a column's type."""
    return sa.bindparam(name, type_=column.type)


def own(table: sa.Table) -> sa.ColumnElement[bool]:
    """The row belongs to the organization of the request. Every statement on a tenant table says this."""
    return table.c.organization_id == organization_id


def is_(column: sa.Column[Any], name: str | None = None) -> sa.ColumnElement[bool]:
    """The column equals the parameter of its name."""
    return column == parameter(name or column.name, column)


def insert_all(table: sa.Table, *names: str) -> sa.Insert:
    """An insert of these columns (all, when none are named), each from the parameter of its name."""
    chosen = names or tuple(column.name for column in table.columns)
    return sa.insert(table).values({name: parameter(name, table.c[name]) for name in chosen})


def set_all(table: sa.Table, *names: str) -> dict[str, Any]:
    """The values of an update: these columns, each from the parameter of its name."""
    return {name: parameter(name, table.c[name]) for name in names}


def substring(text: str) -> str:
    """The parameter of `lower(column) LIKE ... ESCAPE '\\'` that finds a text anywhere; wildcards mean themselves."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def among(column: sa.Column[Any], words: Sequence[str]) -> sa.ColumnElement[bool]:
    """The column is one of these constant words; they are part of the statement's text."""
    assert all(word.replace("-", "").replace("_", "").isalpha() for word in words)
    return column.in_([sa.literal_column(f"'{word}'") for word in words])
