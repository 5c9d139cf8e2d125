"""The store: one schema on SQLite and PostgreSQL, statements compiled once, one transaction per command.

A transaction body is an async function that awaits nothing but its transaction; it may be run again after a
serialisation failure, so it must have no other effects. Effects outside the store go through `after_commit`.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from operator import itemgetter
from typing import Any, Literal, Protocol, TypeVar

from handrail.kernel.errors import Problem
from handrail.ports.sealer import Sealer

R = TypeVar("R")
T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]


class CompiledStatement:
    """SQL for one dialect: its text, its parameter names in order, their defaults, which of them are arrays, and the
    places of those that are booleans."""

    __slots__ = ("_pick", "arrays", "defaults", "flags", "names", "text")

    def __init__(
        self,
        text: str,
        names: tuple[str, ...],
        defaults: Mapping[str, Any],
        arrays: frozenset[str],
        flags: tuple[int, ...] = (),
    ) -> None:
        self.text = text
        self.names = names
        self.defaults = dict(defaults)
        self.arrays = arrays
        self.flags = flags
        # a getter of one name gives the value itself
        self._pick: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None = (
            itemgetter(*names) if len(names) > 1 else None
        )

    def arguments(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in the order of the text. A missing one is a KeyError: a mistake in the code."""
        if self.defaults:
            parameters = {**self.defaults, **parameters}
        if self._pick is None:
            return tuple(parameters[name] for name in self.names)
        return self._pick(parameters)


class Statement(Protocol[R]):
    """A statement whose rows become `row(*columns)`."""

    row: Callable[..., R] | None

    def compiled(self, dialect: Dialect) -> CompiledStatement:
        """The statement for one dialect; compiled on first use and kept."""
        ...


class DuplicateKey(Exception):
    """A unique key exists already. Nothing of the statement was applied; the transaction is lost."""


class BrokenReference(Exception):
    """A foreign key points nowhere, or something still points here."""


class StatementTooSlow(Problem):
    """503: a statement ran beyond its budget and was stopped."""

    status = 503
    code = "TOO_SLOW"


class Reader(Protocol):
    """Reads committed rows."""

    @property
    def sealer(self) -> Sealer:
        """What seals texts that must be read again, before they are written into the store."""
        ...

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Every row."""
        ...

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """The first row, or None."""
        ...

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        ...

    async def total(self, statement: Statement[Any], **parameters: Any) -> int:
        """The exact count that a counting statement of one organization gives; may be answered from memory."""
        ...


class Transaction(Reader, Protocol):
    """One atomic change. Reads see its own writes."""

    async def still(self, statement: Statement[Any], expected: Any, **parameters: Any) -> bool:
        """Whether a statement that locks a row gives this value. A store may believe it for now and look when it
        writes; where that was wrong, nothing is written, and the body is run again and told so."""
        ...

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Carry a writing statement out; the number of rows it touched."""
        ...

    async def defer(self, statement: Statement[Any], **parameters: Any) -> None:
        """Carry a writing statement out before the next other one, or before the commit, together with those
        deferred around it. They must touch different rows; how many they touched is not told."""
        ...

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry a writing statement out once for each row."""
        ...

    async def put(self, statement: Statement[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert new rows of the organization, as `defer` does it. Each has its values in the order of the statement's
        parameters, the organization first; no column is an array."""
        ...

    async def numbers(self, organization_id: str, name: str, count: int = 1) -> int:
        """Reserve `count` running numbers of a sequence; the first of them. Gaps are possible, repeats are not."""
        ...

    def reads_ahead(self) -> None:
        """Say that what is read before the first change need not be so any more when the change is made: no rule of
        this body would be broken. A store may then read before its turn to write comes."""
        ...

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this once the transaction is durable; never when it is rolled back."""
        ...


class Database(Protocol):
    """A connected store."""

    @property
    def dialect(self) -> Dialect:
        """Which SQL it speaks."""
        ...

    @property
    def sealer(self) -> Sealer:
        """The same that its readers and transactions have."""
        ...

    def reader(self) -> AbstractAsyncContextManager[Reader]:
        """A reader for the span of one request."""
        ...

    async def write(self, body: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """Run one transaction; returns after it is durable. May run the body more than once."""
        ...

    async def close(self) -> None:
        """Release every connection."""
        ...
