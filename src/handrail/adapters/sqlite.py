"""SQLite behind the database port: one writer connection and one reading connection in each process.

Statements run inline on the event loop. Requests that write at the same time share a commit, and so an fsync (see
`sqlite_batch`). Readers see committed rows only.
"""

import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from handrail.adapters.sqlite_batch import GroupCommit, Overtaken
from handrail.adapters.sqlite_belief import Belief, believing
from handrail.adapters.sqlite_in_turn import CommitInTurn
from handrail.adapters.sqlite_prepared import prepared
from handrail.adapters.sqlite_turn import Turn
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

# an inline statement that runs longer than this is stopped: it would freeze every other request
STATEMENT_SECONDS = 5.0
# rows changed before the write-ahead log is copied into the file, while nobody writes, so that the log begins anew
# instead of growing: a file that grows makes every commit dearer. On a slow disk most of it is copied in the background
# first, and only what was written meanwhile is left to be copied then.
CHECKPOINT_ROWS = 3000
TOTALS_KEPT = 2048
# running numbers that nobody minds gaps in are reserved in blocks
BLOCK = {"activities": 200}
# where several processes share the store, they reserve more, so as not to wait for each other
SHARED_BLOCK = {"activities": 200, "tasks": 200, "runs": 20}

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
    return _without_flags(compiled, arguments) if compiled.flags else arguments


def _without_flags(compiled: CompiledStatement, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    # the driver takes a long way round for booleans
    plain = list(arguments)
    for place in compiled.flags:
        value = plain[place]
        if value is not None:
            plain[place] = 1 if value else 0
    return tuple(plain)


class SqliteReader:
    """Statements on one connection, inline."""

    __slots__ = ("_connection", "_database")

    def __init__(self, database: "SqliteDatabase", connection: sqlite3.Connection) -> None:
        self._database = database
        self._connection = connection

    @property
    def sealer(self) -> Sealer:
        return self._database.sealer

    def _execute(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        compiled = statement.compiled("sqlite")
        return self._carry_out(self._connection.execute, compiled.text, _arguments(compiled, parameters))

    def _carry_out(self, execute: Callable[[str, Any], sqlite3.Cursor], text: str, arguments: Any) -> sqlite3.Cursor:
        database = self._database
        if database.observer is not None:
            database.observer(text)
        database.looks = 0
        try:
            return execute(text, arguments)
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
    """One request's part of the outer transaction."""

    __slots__ = ("_belief", "_cursor", "believed", "callbacks", "organizations", "reserved")

    def __init__(self, database: "SqliteDatabase", cursor: sqlite3.Cursor) -> None:
        super().__init__(database, cursor.connection)
        # what was believed in the batch so far; None for one that may believe nothing
        self.believed: set[tuple[Any, ...]] | None = None
        self._belief: Belief | None = None
        # for statements that give no rows, so that none is left half read
        self._cursor = cursor
        self.callbacks: list[Callable[[], None]] = []
        self.organizations: set[str] = set()
        # sequences of which a block was reserved here: it is lost when what was written is taken back
        self.reserved: list[tuple[str, str]] = []

    async def still(self, statement: Statement[Any], expected: Any, **parameters: Any) -> bool:
        if self.believed is not None and self._belief is None and not self.organizations:
            compiled = statement.compiled("sqlite")
            arguments = compiled.arguments(parameters)
            # what somebody in the batch has believed, they may have changed
            if arguments not in self.believed:
                self.believed.add(arguments)
                self._belief = (compiled.text, arguments, expected)
                return True
        return await self.value(statement, **parameters) == expected

    def look(self) -> None:
        """See whether what is believed holds; Overtaken."""
        belief, self._belief = self._belief, None
        if belief is not None:
            text, arguments, expected = belief
            row = self._carry_out(self._connection.execute, text, arguments).fetchone()
            if row is None or row[0] != expected:
                raise Overtaken

    def _execute(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        if self._belief is not None:
            self.look()
        return super()._execute(statement, parameters)

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        if self._belief is not None:
            self.look()
        organization_id = parameters.get("organization_id")
        if organization_id is not None:
            self.organizations.add(organization_id)
        compiled = statement.compiled("sqlite")
        return self._carry_out(self._cursor.execute, compiled.text, _arguments(compiled, parameters)).rowcount

    async def defer(self, statement: Statement[Any], **parameters: Any) -> None:
        self.organizations.add(parameters["organization_id"])
        compiled = statement.compiled("sqlite")
        arguments = _arguments(compiled, parameters)
        if self._belief is not None:
            look, about, expected = self._belief
            text = believing(compiled.text, look)
            if text is not None and arguments[-len(about) :] == about:
                self._belief = None
                if self._carry_out(self._cursor.execute, text, (*arguments, expected)).rowcount == 0:
                    raise Overtaken
                return
            self.look()
        self._carry_out(self._cursor.execute, compiled.text, arguments)

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        if self._belief is not None:
            self.look()
        self.organizations.add(rows[0]["organization_id"])
        compiled = statement.compiled("sqlite")
        self._carry_out(self._cursor.executemany, compiled.text, [_arguments(compiled, row) for row in rows])

    async def put(self, statement: Statement[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        if self._belief is not None:
            self.look()
        self.organizations.add(rows[0][0])
        compiled = statement.compiled("sqlite")
        if compiled.flags:
            rows = [_without_flags(compiled, row) for row in rows]
        if len(rows) == 1:
            self._carry_out(self._cursor.execute, compiled.text, rows[0])
        else:
            self._carry_out(self._cursor.executemany, compiled.text, rows)

    async def numbers(self, organization_id: str, name: str, count: int = 1) -> int:
        size = self._database.block.get(name, 0)
        if count > size:
            return await self._reserve(organization_id, name, count)
        first = self._database.number_at_hand(organization_id, name, count)
        if first is None:
            first = await self._reserve(organization_id, name, size)
            key = (organization_id, name)
            self._database.blocks[key] = (first + count, first + size - 1)
            self.reserved.append(key)
        return first

    async def _reserve(self, organization_id: str, name: str, count: int) -> int:
        last = await self.value(raise_sequence, organization_id=organization_id, name=name, count=count)
        if last is None:
            await self.run(start_sequence, organization_id=organization_id, name=name, value=count)
            return 1
        return int(last) - count + 1

    def reads_ahead(self) -> None:
        """Everything is read in its turn here."""

    def after_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)

    def undone(self) -> None:
        """What was written is taken back."""
        for key in self.reserved:
            self._database.blocks.pop(key, None)


class SqliteDatabase:
    """The embedded store in one event loop. `turn`: other processes of the same server write to it too."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(
        self,
        path: Path,
        *,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        sealer: Sealer | None = None,
        turn: Turn | None = None,
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
        changing = self._writer.cursor()
        given = (self._writer, lambda: SqliteTransaction(self, changing), self._committed, self._tidy, translated)
        self._batch = GroupCommit(*given) if turn is None else CommitInTurn(turn, *given)
        self._is_shared = turn is not None
        self.block = SHARED_BLOCK if self._is_shared else BLOCK
        # a thread of its own, awake from the start: waiting for one to begin would hold every request up
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-checkpoint")
        self._checkpointer = connect(path, synchronous=synchronous)
        self._checkpoint: Future[None] | None = None
        self._background.submit(lambda: None)
        # how many rows this process had changed when the log was last copied
        self._tidied_at = 0
        self._epochs: dict[str, int] = {}
        # what is left of the reserved blocks: the next number and the last one
        self.blocks: dict[tuple[str, str], tuple[int, int]] = {}
        self._data_version = 0
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
        if not self._batch.is_flushing:
            self._data_version = self._writer.execute("PRAGMA data_version").fetchone()[0]
        return self._epochs.get(organization_id, 0), self._data_version

    def reader(self) -> AbstractAsyncContextManager[SqliteReader]:
        return self._reader

    async def write(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        if self._is_shared:
            body = prepared(self, self._reader, body)
        return await self._batch.write(body)

    def number_at_hand(self, organization_id: str, name: str, count: int) -> int | None:
        """The first of so many numbers of a block that is reserved for good, if it has them."""
        if self._batch.is_flushing:
            return None
        key = (organization_id, name)
        first, last = self.blocks.get(key, (1, 0))
        if last - first + 1 < count:
            return None
        self.blocks[key] = (first + count, last)
        return first

    def locks(self, statement: Statement[Any]) -> bool:
        """Whether a statement locks the rows that it gives, where a store has such locks."""
        return getattr(getattr(statement, "element", None), "_for_update_arg", None) is not None

    def _committed(self, organizations: set[str]) -> None:
        for organization_id in organizations:
            self._epochs[organization_id] = self._epochs.get(organization_id, 0) + 1

    def _tidy(self) -> None:
        """Keep the write-ahead log short. Called while nobody writes."""
        changed = self._writer.total_changes
        if self._checkpoint is not None:
            if self._checkpoint.done():
                self._checkpoint = None
                self._tidied_at = changed
                _copy_log(self._writer)
        elif changed - self._tidied_at < CHECKPOINT_ROWS:
            return
        elif self._batch.has_fast_disk:
            self._tidied_at = changed
            _copy_log(self._writer)
        else:
            self._checkpoint = self._background.submit(_copy_log, self._checkpointer)

    async def close(self) -> None:
        await self._batch.close()
        self._background.shutdown()
        self._checkpointer.close()
        self._reading.close()
        self._writer.close()


def _copy_log(connection: sqlite3.Connection) -> None:
    """Copy what the write-ahead log holds into the file, as far as no reader needs it where it is."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


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
