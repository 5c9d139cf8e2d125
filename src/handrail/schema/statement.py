"""Statements: SQLAlchemy Core elements compiled once per dialect, with the row type they produce.

`any_of(column, name)` is `column IN (the array parameter)`, one text for any number of values.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from handrail.ports.database import CompiledStatement, Dialect

R = TypeVar("R")


class any_of(ColumnElement[bool]):
    """`column = ANY(array parameter)`: the array holds texts, or integers when the column does."""

    inherit_cache = False
    _is_implicitly_boolean = True
    type = sa.Boolean()

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name
        self.parameter: sa.BindParameter[Any] = sa.bindparam(name)


@compiles(any_of, "sqlite")
def _any_of_sqlite(element: any_of, compiler: SQLCompiler, **kw: Any) -> str:
    _note_array(compiler, element.name)
    column = compiler.process(element.column, **kw)
    return f"{column} IN (SELECT value FROM json_each({compiler.process(element.parameter, **kw)}))"


@compiles(any_of, "postgresql")
def _any_of_postgresql(element: any_of, compiler: SQLCompiler, **kw: Any) -> str:
    _note_array(compiler, element.name)
    column = compiler.process(element.column, **kw)
    kind = "BIGINT" if isinstance(element.column.type, sa.Integer) else "TEXT"
    return f"{column} = ANY(CAST({compiler.process(element.parameter, **kw)} AS {kind}[]))"


def _note_array(compiler: SQLCompiler, name: str) -> None:
    arrays: set[str] = compiler.__dict__.setdefault("handrail_arrays", set())
    arrays.add(name)


_DIALECTS: dict[str, Any] = {
    "sqlite": lambda: SQLiteDialect_pysqlite(paramstyle="qmark"),
    "postgresql": lambda: PGDialect_asyncpg(paramstyle="numeric_dollar"),
}
_instances: dict[str, Any] = {}


def _dialect(name: Dialect) -> Any:
    if name not in _instances:
        _instances[name] = _DIALECTS[name]()
    return _instances[name]


class Statement(Generic[R]):
    """A Core element and the type of its rows; compiled lazily, kept for the life of the process."""

    __slots__ = ("_compiled", "element", "row")

    def __init__(self, element: Any, row: Callable[..., R] | None = None) -> None:
        self.element = element
        self.row = row
        self._compiled: dict[str, CompiledStatement] = {}

    def compiled(self, dialect: Dialect) -> CompiledStatement:
        """The text and the parameter order for one dialect."""
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = self._compile(dialect)
        return found

    def _compile(self, dialect: Dialect) -> CompiledStatement:
        compiled: Any = self.element.compile(dialect=_dialect(dialect))
        names = tuple(compiled.positiontup or ())
        defaults = {name: value for name, value in compiled.params.items() if value is not None}
        arrays = frozenset(compiled.__dict__.get("handrail_arrays", ()))
        kinds = compiled.binds
        flags = tuple(place for place, name in enumerate(names) if isinstance(kinds[name].type, sa.Boolean))
        return CompiledStatement(str(compiled), names, defaults, arrays, flags)
