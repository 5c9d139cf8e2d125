"""Working a transaction out before its turn to write comes, where several processes share a store.

Most commands on a process believe that it is still as this process knows it, and then only write. Such a body runs
before the store is free: what it believes and what it writes is noted, and when the turn comes the belief is looked at
and the notes are carried out. So the turn is held for a few statements, and not while rules are evaluated. A body that
does anything else, whose belief is wrong, or that refuses, runs in its turn like any other.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from handrail.adapters.sqlite_batch import Overtaken, drive
from handrail.ports.database import BrokenReference, DuplicateKey, Statement
from handrail.ports.sealer import Sealer

if TYPE_CHECKING:
    from handrail.adapters.sqlite import SqliteDatabase, SqliteReader, SqliteTransaction

R = TypeVar("R")
T = TypeVar("T")
Body = Callable[[Any], Coroutine[Any, Any, T]]


class Unsuitable(Exception):
    """The body needs the store itself."""


class Notes:
    """What a body is given instead of a transaction."""

    __slots__ = ("_database", "_may_read", "_reader", "belief", "callbacks", "steps")

    def __init__(self, database: "SqliteDatabase", reader: "SqliteReader") -> None:
        self._database = database
        self._reader = reader
        self._may_read = False
        self.belief: tuple[Statement[Any], Any, Mapping[str, Any]] | None = None
        # the name of the transaction's method, and what it is to be given
        self.steps: list[tuple[str, Statement[Any], Any]] = []
        self.callbacks: list[Callable[[], None]] = []

    @property
    def sealer(self) -> Sealer:
        return self._database.sealer

    def reads_ahead(self) -> None:
        self._may_read = True

    def _readable(self, statement: Statement[Any]) -> "SqliteReader":
        if not self._may_read or self.steps or self._database.locks(statement):
            raise Unsuitable
        return self._reader

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        return await self._readable(statement).all(statement, **parameters)

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        return await self._readable(statement).one(statement, **parameters)

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        return await self._readable(statement).value(statement, **parameters)

    async def total(self, statement: Statement[Any], **parameters: Any) -> int:
        return await self._readable(statement).total(statement, **parameters)

    async def still(self, statement: Statement[Any], expected: Any, **parameters: Any) -> bool:
        if self.belief is not None or self.steps or self._may_read:
            raise Unsuitable
        self.belief = statement, expected, parameters
        return True

    async def run(self, *_: Any, **parameters: Any) -> NoReturn:
        raise Unsuitable

    async def defer(self, statement: Statement[Any], **parameters: Any) -> None:
        self.steps.append(("defer", statement, parameters))

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        self.steps.append(("many", statement, rows))

    async def put(self, statement: Statement[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        self.steps.append(("put", statement, rows))

    async def numbers(self, organization_id: str, name: str, count: int = 1) -> int:
        first = self._database.number_at_hand(organization_id, name, count)
        if first is None:
            raise Unsuitable
        return first

    def after_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


def prepared(database: "SqliteDatabase", reader: "SqliteReader", body: Body[T]) -> Body[T]:
    """A body that does what this one does, in less time if it could be worked out now."""
    notes = Notes(database, reader)
    try:
        result = drive(body(notes))
    except Exception:  # whatever it is, it is true only if it is so in its turn
        return body
    if not notes.steps:
        return body
    is_overtaken = False

    async def carry_out(tx: "SqliteTransaction") -> T:
        nonlocal is_overtaken
        if is_overtaken:
            return await body(tx)
        if notes.belief is not None:
            statement, expected, parameters = notes.belief
            if not await tx.still(statement, expected, **parameters):
                return await body(tx)
        try:
            for verb, statement, given in notes.steps:
                if verb == "defer":
                    await tx.defer(statement, **given)
                elif verb == "put":
                    await tx.put(statement, given)
                else:
                    await tx.many(statement, given)
        except (DuplicateKey, BrokenReference, Overtaken):
            # a row that was read is no more or not as it was, or one has come
            is_overtaken = True
            raise Overtaken from None
        tx.callbacks += notes.callbacks
        return result

    return carry_out
