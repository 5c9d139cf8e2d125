"""PostgreSQL behind the database port: asyncpg, one connection per request, retries on serialisation failures."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Literal, TypeVar

import asyncpg

from handrail.adapters.postgres_text import believing, merged, target
from handrail.adapters.postgres_youth import Youth
from handrail.kernel.errors import Unavailable
from handrail.ports.database import BrokenReference, DuplicateKey, Statement, StatementTooSlow
from handrail.ports.sealer import Keyless, Sealer
from handrail.schema.counters import raise_sequence, start_sequence

R = TypeVar("R")
T = TypeVar("T")

ATTEMPTS = 6
# running numbers are reserved in blocks, outside of the transaction, so that nobody waits for a counter's row
BLOCK = {"activities": 500, "tasks": 200}
DEFAULT_BLOCK = 20
STATEMENT_SECONDS = 15
# how long a request waits for a row that another transaction holds, for a connection of the pool, and for a new one;
# and after how long an answer that does not come is given up, should the network have swallowed it
LOCK_SECONDS = 10
ACQUIRE_SECONDS = 10
CONNECT_SECONDS = 5
SILENCE_SECONDS = 20
# a transaction that does nothing for this long has lost its server
IDLE_SECONDS = 60

_RETRY = {"40001", "40P01"}
# somebody else wrote the same key, or deleted what is referred to, at the same moment: run again, the body sees it
_OVERTAKEN = {"23505", "23503"}
OVERTAKEN_ATTEMPTS = 3
# not there, out of room, somebody holds the row too long, or read-only for the time being
_GONE = ("08", "57P", "53", "55P03", "55006", "25006")
_READ_ONLY = "25006"
# how often a request is tried when its connection goes away before anything was committed
GONE_ATTEMPTS = 2
# of the driver, about the connection rather than from the database
_BROKEN = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_DRIVER = (asyncpg.PostgresError, *_BROKEN)


class PlainConnection(asyncpg.Connection):  # pyright: ignore[reportMissingTypeArgument]
    """A connection that is used for statements and transactions alone: there is nothing to reset when it is given
    back, and so no round trip for it."""

    def get_reset_query(self) -> str:
        return ""


class PostgresReader:
    """Statements on one connection of the pool."""

    def __init__(self, database: "PostgresDatabase", connection: Any) -> None:
        self._database = database
        self._connection = connection

    @property
    def sealer(self) -> Sealer:
        return self._database.sealer

    async def _fetch(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> list[Any]:
        compiled = statement.compiled("postgresql")
        if self._database.observer is not None:
            self._database.observer(compiled.text)
        arguments = compiled.arguments(parameters)
        try:
            return await self._connection.fetch(compiled.text, *arguments)
        except _DRIVER as error:
            if not is_gone(error) or not await self._renewed():
                raise
        return await self._connection.fetch(compiled.text, *arguments)

    async def _renewed(self) -> bool:
        """Go on with another connection, if that makes no difference; whether it does not."""
        await self.drop()
        await self._database.expire()
        self._connection = await self._database.acquire()
        return True

    async def drop(self) -> None:
        """End the connection: in whatever state it is, nobody else may get it."""
        with suppress(*_DRIVER):
            self._connection.terminate()
        await self.release()

    async def release(self) -> None:
        """Give the connection back."""
        await self._database.release(self._connection)

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        rows = await self._fetch(statement, parameters)
        row = statement.row
        if row is None:
            return rows
        return [row(*columns) for columns in rows]

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        rows = await self._fetch(statement, parameters)
        if not rows:
            return None
        return rows[0] if statement.row is None else statement.row(*rows[0])

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        rows = await self._fetch(statement, parameters)
        return rows[0][0] if rows else None

    async def total(self, statement: Statement[Any], **parameters: Any) -> int:
        return int(await self.value(statement, **parameters))


class Mistaken(Exception):
    """What a transaction believed does not hold: it is to be run again, and to look."""


class PostgresTransaction(PostgresReader):
    """One transaction.

    It begins with the first statement that is not deferred. One that only believes something and defers writes, as most
    commands on a process do, is a single statement that looks and writes, and so one round trip instead of four.
    """

    def __init__(self, database: "PostgresDatabase", connection: Any, *, believes: bool) -> None:
        super().__init__(database, connection)
        self._believes = believes
        # a locking statement with its arguments and what it is believed to give
        self._belief: tuple[str, tuple[Any, ...], Any] | None = None
        self._block: AsyncExitStack | None = None
        self._has_begun = False
        self.callbacks: list[Callable[[], None]] = []
        # nothing is left to do but the commit
        self.is_complete = False
        self._deferred: list[tuple[str, tuple[Any, ...]]] = []
        # of two changes of one row in one statement only one would happen, so the second one waits
        self._touched: set[tuple[str, Any, Any]] = set()

    async def carried_out(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """What the body returns, once it is committed."""
        try:
            async with AsyncExitStack() as self._block:
                result = await self._run(body)
        except _BROKEN:
            await self.drop()
            raise
        for callback in self.callbacks:
            callback()
        return result

    async def _run(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        try:
            result = await body(self)
        except Exception:
            # a refusal is true only if what it rests on is
            await self._look()
            raise
        if self._has_begun:
            await self.flush()
        elif self._deferred:
            await self._write_at_once()
        else:
            await self._look()
        self.is_complete = True
        return result

    async def _begin(self) -> None:
        if not self._has_begun:
            assert self._block is not None
            await self._block.enter_async_context(self._connection.transaction())
            self._has_begun = True
            await self._look()

    async def _look(self) -> None:
        """See whether what is believed holds; Mistaken."""
        belief, self._belief = self._belief, None
        if belief is None:
            return
        text, arguments, expected = belief
        if self._database.observer is not None:
            self._database.observer(text)
        rows = await self._connection.fetch(text, *arguments)
        if not rows or rows[0][0] != expected:
            raise Mistaken

    async def _write_at_once(self) -> None:
        """The whole transaction in one statement, which commits by itself; Mistaken."""
        deferred, self._deferred = self._deferred, []
        texts = tuple(text for text, _ in deferred)
        values = [value for _, values in deferred for value in values]
        if self._belief is None:
            text = merged(texts)
        else:
            belief, arguments, expected = self._belief
            text, values = believing(belief, texts), [*arguments, expected, *values]
            self._belief = None
        if self._database.observer is not None:
            self._database.observer(text)
        # if the connection breaks from here on, nobody knows whether it was carried out
        self.is_complete = not self._connection.is_closed()
        try:
            await self._connection.execute(text, *values)
        except asyncpg.DivisionByZeroError:
            raise Mistaken from None

    async def still(self, statement: Statement[Any], expected: Any, **parameters: Any) -> bool:
        if self._believes and self._belief is None and not self._has_begun and not self._deferred:
            compiled = statement.compiled("postgresql")
            self._belief = (compiled.text, compiled.arguments(parameters), expected)
            return True
        return await self.value(statement, **parameters) == expected

    async def _fetch(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> list[Any]:
        await self._begin()
        await self.flush()
        return await super()._fetch(statement, parameters)

    async def _renewed(self) -> bool:
        # what was done on the lost connection is undone, so only the whole can be done again
        return False

    async def defer(self, statement: Statement[Any], **parameters: Any) -> None:
        compiled = statement.compiled("postgresql")
        row = (target(compiled.text), parameters.get("id"), parameters.get("task_id"))
        if row in self._touched:
            await self.flush()
        self._touched.add(row)
        self._deferred.append((compiled.text, compiled.arguments(parameters)))

    async def flush(self) -> None:
        """Carry out what was deferred, in one round trip."""
        if not self._deferred:
            return
        await self._begin()
        deferred, self._deferred = self._deferred, []
        self._touched.clear()
        text = merged(tuple(text for text, _ in deferred))
        if self._database.observer is not None:
            self._database.observer(text)
        await self._connection.execute(text, *(value for _, values in deferred for value in values))

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        await self._begin()
        await self.flush()
        compiled = statement.compiled("postgresql")
        if self._database.observer is not None:
            self._database.observer(compiled.text)
        return _rows_touched(await self._connection.execute(compiled.text, *compiled.arguments(parameters)))

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        await self._begin()
        await self.flush()
        compiled = statement.compiled("postgresql")
        if self._database.observer is not None:
            self._database.observer(compiled.text)
        await self._connection.executemany(compiled.text, [compiled.arguments(row) for row in rows])

    async def put(self, statement: Statement[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        text = statement.compiled("postgresql").text
        if len(rows) <= MERGED_ROWS:
            self._deferred += [(text, row) for row in rows]
            return
        await self._begin()
        await self.flush()
        if self._database.observer is not None:
            self._database.observer(text)
        await self._connection.executemany(text, rows)

    async def numbers(self, organization_id: str, name: str, count: int = 1) -> int:
        return await self._database.numbers(organization_id, name, count)

    def reads_ahead(self) -> None:
        """Nobody waits for a turn here."""

    def after_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


# more new rows of one table than these go in by themselves, so that there are not too many texts of several statements
MERGED_ROWS = 4


def _rows_touched(status: str) -> int:
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


class PostgresDatabase:
    """A pool of connections."""

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, pool: Any, numbering: Any, sealer: Sealer) -> None:
        self._pool = pool
        self.sealer: Sealer = sealer
        # apart from the pool: whoever needs a number holds one of its connections already
        self._numbering = numbering
        self._blocks: dict[tuple[str, str], tuple[int, int]] = {}
        self._reserving: dict[tuple[str, str], asyncio.Lock] = {}
        self._youth = Youth(numbering)
        self.observer: Callable[[str], None] | None = None

    @classmethod
    async def open(cls, dsn: str, *, size: int = 10, sealer: Sealer | None = None) -> "PostgresDatabase":
        """Connect; `dsn` is a `postgresql://` URL. Raises Unavailable when nobody answers."""
        try:
            pool = await _pool(dsn, min_size=min(2, size), max_size=size)
            numbering = await _pool(dsn, min_size=0, max_size=2)
        except (OSError, asyncpg.PostgresError) as error:
            raise Unavailable(f"PostgreSQL does not answer: {error}") from error
        return cls(pool, numbering, sealer or Keyless())

    def reader(self) -> AbstractAsyncContextManager[PostgresReader]:
        return self._borrow()

    async def acquire(self) -> Any:
        """A connection of the pool."""
        return await self._pool.acquire(timeout=ACQUIRE_SECONDS)

    async def expire(self) -> None:
        """Make every connection anew before it is used again: what is wrong with one of them is wrong with others, or
        another server has taken over."""
        await self._pool.expire_connections()

    async def release(self, connection: Any) -> None:
        """Give a connection back to the pool."""
        with suppress(*_DRIVER):
            await self._pool.release(connection)

    @asynccontextmanager
    async def _borrow(self) -> AsyncGenerator[PostgresReader]:
        reader: PostgresReader | None = None
        try:
            reader = PostgresReader(self, await self.acquire())
            yield reader
        except _DRIVER as error:
            raise translated(error) from error
        finally:
            if reader is not None:
                await reader.release()

    async def write(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        attempt = 0
        believes = True
        while True:
            attempt += 1
            transaction: PostgresTransaction | None = None
            try:
                transaction = PostgresTransaction(self, await self.acquire(), believes=believes)
                result = await transaction.carried_out(body)
                self._youth.committed()
                return result
            except Mistaken:
                believes = False
                continue
            except _DRIVER as error:
                state = getattr(error, "sqlstate", None)
                if state == _READ_ONLY or is_gone(error):
                    await self.expire()
                is_complete = transaction is not None and transaction.is_complete
                if attempt >= _attempts(error, is_complete=is_complete):
                    raise translated(error) from error
            finally:
                if transaction is not None:
                    await transaction.release()
            await asyncio.sleep(0.002 * 2**attempt)

    async def numbers(self, organization_id: str, name: str, count: int) -> int:
        """The first of `count` running numbers, from a block reserved in a transaction of its own."""
        key = (organization_id, name)
        free = self._take(key, count)
        if free is not None:
            return free
        async with self._reserving.setdefault(key, asyncio.Lock()):
            free = self._take(key, count)
            if free is not None:
                return free
            size = max(count, BLOCK.get(name, DEFAULT_BLOCK))
            last = await self._reserve(organization_id, name, size)
            self._blocks[key] = (last - size + 1, last)
            taken = self._take(key, count)
            assert taken is not None
            return taken

    def _take(self, key: tuple[str, str], count: int) -> int | None:
        first, last = self._blocks.get(key, (1, 0))
        if last - first + 1 < count:
            return None
        self._blocks[key] = (first + count, last)
        return first

    async def _reserve(self, organization_id: str, name: str, size: int) -> int:
        async with self._numbering.acquire(timeout=ACQUIRE_SECONDS) as connection:
            try:
                return await _raised(connection, organization_id, name, size)
            except _BROKEN:
                connection.terminate()
                raise

    async def close(self) -> None:
        await self._youth.end()
        await self._pool.close()
        await self._numbering.close()


async def _raised(connection: Any, organization_id: str, name: str, size: int) -> int:
    """A sequence's value after it was raised."""
    more = raise_sequence.compiled("postgresql")
    start = start_sequence.compiled("postgresql")
    arguments = more.arguments({"organization_id": organization_id, "name": name, "count": size})
    found = await connection.fetchval(more.text, *arguments)
    if found is None:
        try:
            values = {"organization_id": organization_id, "name": name, "value": size}
            await connection.execute(start.text, *start.arguments(values))
            return size
        except asyncpg.UniqueViolationError:
            found = await connection.fetchval(more.text, *arguments)
    return int(found)


async def _pool(dsn: str, *, min_size: int, max_size: int) -> Any:
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        statement_cache_size=1024,
        max_cached_statement_lifetime=0,
        connection_class=PlainConnection,
        timeout=CONNECT_SECONDS,
        command_timeout=SILENCE_SECONDS,
        server_settings={
            "application_name": "handrail",
            "statement_timeout": str(int(STATEMENT_SECONDS * 1000)),
            "lock_timeout": str(int(LOCK_SECONDS * 1000)),
            "idle_in_transaction_session_timeout": str(int(IDLE_SECONDS * 1000)),
        },
    )


def is_gone(error: BaseException) -> bool:
    """Whether the connection went away, rather than that the statement was refused or took too long."""
    if isinstance(error, _BROKEN):
        return not isinstance(error, TimeoutError)
    return (getattr(error, "sqlstate", None) or "").startswith(("08", "57P"))


def _attempts(error: BaseException, *, is_complete: bool) -> int:
    """How often a transaction that fails with this error is tried. Whether a commit that broke off was carried out
    nobody knows, so then it is not tried again."""
    state = getattr(error, "sqlstate", None)
    if state in _RETRY:
        return ATTEMPTS
    if state in _OVERTAKEN:
        return OVERTAKEN_ATTEMPTS
    return GONE_ATTEMPTS if is_gone(error) and not is_complete else 1


def translated(error: BaseException) -> BaseException:
    """The port's exception for a driver's error, by SQLSTATE and never by constraint name."""
    state = getattr(error, "sqlstate", None)
    if state == "23505":
        return DuplicateKey(str(error))
    if state in ("23503", "23502", "23514"):
        return BrokenReference(str(error))
    if state == "57014":
        return StatementTooSlow("The request takes too long; narrow it with filters or a smaller page.")
    if isinstance(error, _BROKEN) or (state or "").startswith(_GONE) or state in _RETRY:
        return Unavailable("The store cannot be used just now; please try again.")
    return error
