"""Inserts that leave out what a column holds anyway: fewer values to bind, the same rows.

Binding a value costs a driver more than the database needs to fill in a default, and most columns of most rows hold
theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from operator import is_not
from typing import Any

import sqlalchemy as sa

from handrail.ports.database import Transaction
from handrail.schema.statement import Statement
from handrail.schema.words import insert_all


class Inserter:
    """Inserts rows of one table; what a row does not name, or names with the column's default, is left out."""

    def __init__(self, table: sa.Table) -> None:
        self.names = tuple(column.name for column in table.columns)
        self.defaults: dict[str, Any] = {column.name: default_of(column) for column in table.columns}
        self._table = table
        self._statements: dict[tuple[str, ...], Statement[None]] = {}

    def statement(self, names: tuple[str, ...]) -> Statement[None]:
        """The insert of exactly these columns; there are few shapes, and each is compiled once."""
        found = self._statements.get(names)
        if found is None:
            found = self._statements[names] = Statement(insert_all(self._table, *names))
        return found

    def given(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What of a row differs from the defaults."""
        defaults = self.defaults
        # most are the very same object
        differing = map(is_not, row.values(), map(defaults.__getitem__, row))
        return {name: value for name, value in compress(row.items(), differing) if value != defaults[name]}

    async def one(self, tx: Transaction, row: Mapping[str, Any]) -> None:
        """Insert a row; it is there at the latest with the next other statement."""
        given = self.given(row)
        await tx.defer(self.statement(tuple(given)), **given)

    async def many(self, tx: Transaction, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows in their order, as many at once as name the same columns."""
        given = [self.given(row) for row in rows]
        if len(given) == 1:
            await tx.defer(self.statement(tuple(given[0])), **given[0])
            return
        shape: tuple[str, ...] = ()
        alike: list[Mapping[str, Any]] = []
        for row in given:
            names = tuple(row)
            if names != shape:
                await tx.many(self.statement(shape), alike)
                shape, alike = names, []
            alike.append(row)
        await tx.many(self.statement(shape), alike)

    async def put(self, tx: Transaction, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows of these columns, the organization first, then as the table has them; no column is an array."""
        if rows:
            await tx.put(self.statement(names), rows)


def default_of(column: sa.Column[Any]) -> Any:
    """The value that a column takes when an insert does not name it; None for null, also where that is refused."""
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return None
    if isinstance(column.type, sa.Boolean):
        return isinstance(default.arg, type(sa.true()))
    text = str(default.arg)
    return int(text) if isinstance(column.type, sa.Integer) else text
