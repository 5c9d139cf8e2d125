"""SQLite behind the database port: one process, one writer connection, group commit.

Statements run inline on the event loop. Each transaction is a savepoint inside an open outer transaction; when no
further request joins, the outer transaction is committed once and all of its requests are answered after it, so
that one fsync is shared by all who wait. A failed body rolls its own savepoint back. Readers use their own
connection and see committed rows only.
"""

import asyncio
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from handrail.kernel.errors import Unavailable
from handrail.ports.database import (
    BrokenReference,
    CompiledStatement,
    DuplicateKey,
    Statement,
    StatementTooSlow,
)
from handrail.ports.sealer import Keyless, Sealer
from handrail.schema.counters import raise_sequence, start_sequence

R = TypeVar("R")
T = TypeVar("T")

# a batch stays open while requests keep joining, but not longer than this
BATCH_SECONDS = 0.010
# a commit faster than this is not worth a hop to another thread
INLINE_COMMIT_SECONDS = 0.0015
# an inline statement that runs longer than this is stopped: it would freeze every other request
STATEMENT_SECONDS = 5.0
# how long a request waits for another process that writes to the same file, and how often it looks
LOCK_SECONDS = 5.0
LOCK_PAUSE = 0.01
# pages in the write-ahead log before a checkpoint is started in the background
CHECKPOINT_PAGES = 4000
TOTALS_KEPT = 2048
# running numbers that nobody minds gaps in are reserved in blocks
BLOCK = {"activities": 200}

_encode = msgspec.json.Encoder().encode


def connect(path: Path, *, synchronous: Literal["FULL", "NORMAL"]) -> sqlite3.Connection:
    """A connection set up the way every connection to the store is."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=1024, timeout=5.0
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA cache_size=-32768")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.create_function("lower", 1, _lower, deterministic=True)
    return connection


def _lower(value: Any) -> Any:
    # the built-in knows ASCII only; PostgreSQL folds every letter
    return value.lower() if isinstance(value, str) else value


def _arguments(compiled: CompiledStatement, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    if compiled.arrays:
        parameters = {
            **parameters,
            **{name: _encode(parameters[name]).decode() for name in compiled.arrays},
        }
    arguments = compiled.arguments(parameters)
    if not compiled.flags:
        return arguments
    # the driver takes a long way round for booleans
    plain = list(arguments)
    for place in compiled.flags:
        value = plain[place]
        if value is not None:
            plain[place] = 1 if value else 0
    return tuple(plain)


class SqliteReader:
    """Statements on one connection, inline."""

    def __init__(self, database: "SqliteDatabase", connection: sqlite3.Connection) -> None:
        self._database = database
        self._connection = connection

    @property
    def sealer(self) -> Sealer:
        return self._database.sealer

    def _execute(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        database = self._database
        compiled = statement.compiled("sqlite")
        if database.observer is not None:
            database.observer(compiled.text)
        database.looks = 0
        try:
            return self._connection.execute(compiled.text, _arguments(compiled, parameters))
        except sqlite3.Error as error:
            raise translated(error) from error

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        rows = self._execute(statement, parameters).fetchall()
        row = statement.row
        if row is None:
            return rows
        return [row(*columns) for columns in rows]

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        found = self._execute(statement, parameters).fetchone()
        if found is None or statement.row is None:
            return found
        return statement.row(*found)

    async def value(self, statement: Statement[Any], **parameters: Any) -> Any:
        found = self._execute(statement, parameters).fetchone()
        return None if found is None else found[0]

    async def total(self, statement: Statement[Any], **parameters: Any) -> int:
        return int(await self.value(statement, **parameters))


class CommittedReader(SqliteReader, AbstractAsyncContextManager["CommittedReader"]):
    """Reads committed rows; remembers totals until the organization is written to. Shared by all requests."""

    async def __aexit__(self, *_: object) -> None:
        """Nothing is borrowed, so nothing is given back."""

    async def total(self, statement: Statement[Any], **parameters: Any) -> int:
        database = self._database
        compiled = statement.compiled("sqlite")
        key = (compiled.text, _arguments(compiled, parameters))
        stamp = database.stamp(str(parameters["organization_id"]))
        kept = database.totals.get(key)
        if kept is not None and kept[0] == stamp:
            database.totals.move_to_end(key)
            return kept[1]
        total = int(await self.value(statement, **parameters))
        database.totals[key] = (stamp, total)
        if len(database.totals) > TOTALS_KEPT:
            database.totals.popitem(last=False)
        return total


class SqliteTransaction(SqliteReader):
    """One savepoint of the outer transaction."""

    def __init__(self, database: "SqliteDatabase", connection: sqlite3.Connection) -> None:
        super().__init__(database, connection)
        self.callbacks: list[Callable[[], None]] = []
        self.organizations: set[str] = set()
        # sequences of which a block was reserved here: it is lost with the savepoint
        self.reserved: list[tuple[str, str]] = []

    async def still(self, statement: Statement[Any], expected: Any, **parameters: Any) -> bool:
        return await self.value(statement, **parameters) == expected

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        organization_id = parameters.get("organization_id")
        if organization_id is not None:
            self.organizations.add(organization_id)
        return self._execute(statement, parameters).rowcount

    async def defer(self, statement: Statement[Any], **parameters: Any) -> None:
        self.organizations.add(parameters["organization_id"])
        self._execute(statement, parameters)

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        self.organizations.add(rows[0]["organization_id"])
        compiled = statement.compiled("sqlite")
        if self._database.observer is not None:
            self._database.observer(compiled.text)
        self._database.looks = 0
        try:
            self._connection.executemany(compiled.text, [_arguments(compiled, row) for row in rows])
        except sqlite3.Error as error:
            raise translated(error) from error

    async def put(self, statement: Statement[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        database = self._database
        self.organizations.add(rows[0][0])
        text = statement.compiled("sqlite").text
        if database.observer is not None:
            database.observer(text)
        database.looks = 0
        try:
            if len(rows) == 1:
                self._connection.execute(text, rows[0])
            else:
                self._connection.executemany(text, rows)
        except sqlite3.Error as error:
            raise translated(error) from error

    async def numbers(self, organization_id: str, name: str, count: int = 1) -> int:
        size = BLOCK.get(name, 0)
        if count > size:
            return await self._reserve(organization_id, name, count)
        blocks, key = self._database.blocks, (organization_id, name)
        first, last = blocks.get(key, (1, 0))
        if last - first + 1 < count:
            first = await self._reserve(organization_id, name, size)
            last = first + size - 1
            self.reserved.append(key)
        blocks[key] = (first + count, last)
        return first

    async def _reserve(self, organization_id: str, name: str, count: int) -> int:
        last = await self.value(raise_sequence, organization_id=organization_id, name=name, count=count)
        if last is None:
            await self.run(start_sequence, organization_id=organization_id, name=name, value=count)
            return 1
        return int(last) - count + 1

    def after_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


class SqliteDatabase:
    """The embedded store. One event loop, one process."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(
        self,
        path: Path,
        *,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        sealer: Sealer | None = None,
    ) -> None:
        self.path = path
        self.sealer: Sealer = sealer or Keyless()
        self._synchronous: Literal["FULL", "NORMAL"] = synchronous
        self._writer = connect(path, synchronous=synchronous)
        self._writer.execute("PRAGMA wal_autocheckpoint=0")
        # a lock is waited for on the event loop, where it holds nobody up
        self._writer.execute("PRAGMA busy_timeout=0")
        self._reading = connect(path, synchronous=synchronous)
        self._reading.execute("PRAGMA query_only=ON")
        self._reader = CommittedReader(self, self._reading)
        self._waiters: list[asyncio.Future[None]] = []
        self._callbacks: list[Callable[[], None]] = []
        self._touched: set[str] = set()
        self._open = False
        self._opened_at = 0.0
        self._joined = 0
        self._seen = -1
        self._flushing: asyncio.Future[None] | None = None
        self._commit_seconds = 0.0
        # a thread of its own, awake from the start: waiting for one to begin would hold every request up
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-checkpoint")
        self._checkpointer = connect(path, synchronous=synchronous)
        self._checkpoint: Future[None] = self._background.submit(lambda: None)
        self._written_pages = 0
        self._epochs: dict[str, int] = {}
        # what is left of the reserved blocks: the next number and the last one
        self.blocks: dict[tuple[str, str], tuple[int, int]] = {}
        self._data_version = 0
        self._failure: Exception | None = None
        self.totals: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
        # how often the watchdog has looked at the statement that is running, and when it did first
        self.looks = 0
        self._looked_at = 0.0
        self.observer: Callable[[str], None] | None = None
        for connection in (self._writer, self._reading):
            connection.set_progress_handler(self._watchdog, 200_000)

    def _watchdog(self) -> int:
        """Asked by SQLite now and then during long statements; anything but 0 stops the statement."""
        self.looks += 1
        if self.looks == 1:
            self._looked_at = time.monotonic()
        return 1 if time.monotonic() - self._looked_at > STATEMENT_SECONDS else 0

    def stamp(self, organization_id: str) -> tuple[int, int]:
        """Changes whenever the organization's rows may have: by our own commits, or by another process's."""
        if self._flushing is None:
            self._data_version = self._writer.execute("PRAGMA data_version").fetchone()[0]
        return self._epochs.get(organization_id, 0), self._data_version

    def reader(self) -> AbstractAsyncContextManager[SqliteReader]:
        return self._reader

    async def write(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        joined = await self._enter()
        transaction = SqliteTransaction(self, self._writer)
        if joined:
            self._writer.execute("SAVEPOINT request")
        try:
            result = drive(body(transaction))
        except BaseException:
            for key in transaction.reserved:
                self.blocks.pop(key, None)
            if not joined:
                # nobody has joined yet: the batch is this request's alone, and ends with it
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                self._open = False
                raise
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK TO request")
                self._writer.execute("RELEASE request")
            if not self._writer.in_transaction:
                self._abandon(Unavailable("The store could not carry out the change; please try again."))
            else:
                # the refusal may rest on what others in the batch wrote, so it is true only once that is durable
                await self._durable()
            raise
        if joined:
            self._writer.execute("RELEASE request")
        self._callbacks.extend(transaction.callbacks)
        self._touched |= transaction.organizations
        self._joined += 1
        if not joined:
            self._schedule()
        await self._durable()
        return result

    async def _enter(self) -> bool:
        """Be inside the outer transaction; whether it was open already. Waits for a commit that is under way, and for
        other processes that write. Raises Unavailable when one does not let go."""
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            while self._flushing is not None:
                await asyncio.shield(self._flushing)
            if self._open:
                return True
            try:
                self._begin()
                return False
            except sqlite3.Error as error:
                is_locked = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
                if not is_locked or time.monotonic() >= deadline:
                    raise translated(error) from error
            await asyncio.sleep(LOCK_PAUSE)

    async def _durable(self) -> None:
        """Wait for the commit of the batch. Raises what it failed with."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _begin(self) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        self._open = True
        self._opened_at = time.monotonic()
        self._joined = 0
        self._seen = -1

    def _schedule(self) -> None:
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        if not self._open or self._flushing is not None:
            return
        # somebody joined since the last look: give the next one a chance, within the batch's time
        if self._seen != self._joined and time.monotonic() - self._opened_at < BATCH_SECONDS:
            self._seen = self._joined
            self._schedule()
            return
        if self._commit_seconds < INLINE_COMMIT_SECONDS:
            self._commit()
            self._answer()
            return
        loop = asyncio.get_running_loop()
        self._flushing = loop.create_future()
        loop.run_in_executor(None, self._commit).add_done_callback(lambda _: self._flushed())

    def _flushed(self) -> None:
        flushing, self._flushing = self._flushing, None
        self._answer()
        if flushing is not None:
            flushing.set_result(None)

    def _commit(self) -> None:
        """Make the outer transaction durable; what went wrong is kept for `_answer`."""
        started = time.perf_counter()
        self._failure = None
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._failure = translated(error)
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
        self._commit_seconds += 0.2 * (time.perf_counter() - started - self._commit_seconds)

    def _answer(self) -> None:
        waiters, self._waiters = self._waiters, []
        callbacks, self._callbacks = self._callbacks, []
        touched, self._touched = self._touched, set()
        self._open = False
        if self._failure is not None:
            self.blocks.clear()
        else:
            for organization_id in touched:
                self._epochs[organization_id] = self._epochs.get(organization_id, 0) + 1
            for callback in callbacks:
                callback()
        for waiter in waiters:
            if waiter.done():
                continue
            if self._failure is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(self._failure)
        self._written_pages += len(waiters) * 8
        if self._written_pages > CHECKPOINT_PAGES:
            self._start_checkpoint()

    def _abandon(self, failure: Exception) -> None:
        self._failure = failure
        self._answer()

    def _start_checkpoint(self) -> None:
        if self._checkpoint.done():
            self._written_pages = 0
            self._checkpoint = self._background.submit(self._run_checkpoint)

    def _run_checkpoint(self) -> None:
        with suppress(sqlite3.Error):
            self._checkpointer.execute("PRAGMA wal_checkpoint(PASSIVE)")

    async def close(self) -> None:
        while self._flushing is not None:
            await asyncio.shield(self._flushing)
        if self._open:
            self._commit()
            self._answer()
        self._background.shutdown()
        self._checkpointer.close()
        self._reading.close()
        self._writer.close()


def drive(body: Coroutine[Any, Any, T]) -> T:
    """Run a transaction body to its end at once. It may await nothing but its transaction, which never suspends."""
    try:
        body.send(None)
    except StopIteration as finished:
        return finished.value
    body.close()
    raise RuntimeError("a transaction body awaited something other than its transaction")


def translated(error: sqlite3.Error) -> Exception:
    """The port's exception for a driver's error."""
    text = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return DuplicateKey(text) if text.startswith("UNIQUE") else BrokenReference(text)
    if isinstance(error, sqlite3.OperationalError):
        if text == "interrupted":
            return StatementTooSlow("The request takes too long; narrow it with filters or a smaller page.")
        return Unavailable(f"The store cannot be used just now ({text}); please try again.")
    return error
