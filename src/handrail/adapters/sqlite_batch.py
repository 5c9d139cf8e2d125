"""Group commit: the transactions of requests that wait at the same time become durable together, in one commit.

The first request opens the outer transaction; others run their bodies in it, one after another, until nobody new
joins or a few milliseconds have passed; then it is committed once, and all are answered. A body that fails before it
has written leaves nothing behind. One that fails afterwards has spoilt the batch: everything is taken back and every
body is run again, each in a savepoint of its own this time, so that only what failed is left out. Bodies may be run
more than once (see the port), and nobody has been answered yet.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from handrail.kernel.errors import Unavailable

T = TypeVar("T")

# a batch stays open while requests keep joining, but not longer than this
BATCH_SECONDS = 0.010
# a commit faster than this is not worth a hop to another thread
INLINE_COMMIT_SECONDS = 0.0015
# how long a request waits for another process that writes to the same file, and how often it looks
LOCK_SECONDS = 5.0
LOCK_PAUSE = 0.01
# after a spoilt batch, bodies run in savepoints for so long: a savepoint costs less than running a batch again
CAREFUL_SECONDS = 1.0


class Changing(Protocol):
    """What a body is given to change the store with, and what the batch has to know of it."""

    callbacks: list[Callable[[], None]]
    organizations: set[str]
    # of which rows somebody in the batch has believed something; None when nothing may be believed
    believed: set[tuple[Any, ...]] | None

    def look(self) -> None:
        """See whether what the body believes, and did not change, holds; Overtaken."""
        ...

    def undone(self) -> None:
        """What was written is taken back."""
        ...


class Overtaken(Exception):
    """What a body had worked out before its turn does not fit any more; run again, it works it out anew."""


class Member:
    """One request in the batch: its body, and what came of it."""

    __slots__ = ("body", "error", "result", "transaction", "waiter")

    def __init__(self, body: Callable[[Any], Coroutine[Any, Any, Any]], waiter: asyncio.Future[None]) -> None:
        self.body = body
        self.waiter = waiter
        self.transaction: Changing | None = None
        self.result: Any = None
        self.error: BaseException | None = None


class GroupCommit:
    """The one writer of a store. `begin` makes what a body is given; `committed` is told what became durable: the
    organizations that were written to; `tidy` is called afterwards, while nobody writes;
    `translate` makes the port's exceptions."""

    def __init__(
        self,
        writer: sqlite3.Connection,
        begin: Callable[[], Changing],
        committed: Callable[[set[str]], None],
        tidy: Callable[[], None],
        translate: Callable[[sqlite3.Error], Exception],
    ) -> None:
        self._writer = writer
        self._transaction = begin
        self._committed = committed
        self._tidy = tidy
        self._translate = translate
        self._members: list[Member] = []
        self._believed: set[tuple[Any, ...]] = set()
        self._open = False
        self._opened_at = 0.0
        self._seen = 0
        # the event loop, looked up once for every batch: asking for it costs a call into the kernel
        self._loop: asyncio.AbstractEventLoop
        self._flushing: asyncio.Future[None] | None = None
        self._failure: Exception | None = None
        self._careful_until = 0.0
        # an average, of those lately
        self.commit_seconds = 0.0

    @property
    def is_flushing(self) -> bool:
        """Whether a commit is under way in another thread."""
        return self._flushing is not None

    @property
    def has_fast_disk(self) -> bool:
        """Whether waiting for a commit costs less than having another thread wait for it."""
        return self.commit_seconds < INLINE_COMMIT_SECONDS

    async def write(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """Run a body in the batch; what it returns or raises, once that is durable."""
        joined = await self._enter()
        member = Member(body, self._loop.create_future())
        if joined and self._careful_until and self._is_careful():
            self._run_apart(member)
        else:
            self._run(member, joined)
        self._members.append(member)
        if not joined:
            self._schedule()
        await member.waiter
        if member.error is not None:
            raise member.error
        return member.result

    def _run(self, member: Member, joined: bool) -> None:
        """Run a body among those of the batch, without a way to take back only what it writes."""
        transaction = member.transaction = self._transaction()
        transaction.believed = self._believed
        before = self._writer.total_changes
        try:
            try:
                member.result = drive(member.body(transaction))
            finally:
                # a refusal, too, is true only if what it rests on is
                transaction.look()
        except BaseException as error:
            if not joined and not isinstance(error, Overtaken):
                # nobody has joined yet: the batch is this request's alone, and ends with it
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                self._open = False
                transaction.undone()
                raise
            # a refusal may rest on what others in the batch wrote, so it is true only once that is durable
            member.error = error
            if not self._writer.in_transaction:
                self._abandon()
                raise
            if self._writer.total_changes != before or isinstance(error, Overtaken):
                self._run_again(member)

    def _run_apart(self, member: Member) -> None:
        """Run a body in a savepoint of its own."""
        transaction = member.transaction = self._transaction()
        member.result = member.error = None
        self._writer.execute("SAVEPOINT request")
        try:
            member.result = drive(member.body(transaction))
        except BaseException as error:
            member.error = error
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK TO request")
                self._writer.execute("RELEASE request")
            transaction.undone()
            if not self._writer.in_transaction:
                self._abandon()
                raise
            if isinstance(error, Overtaken):
                self._run_apart(member)
        else:
            self._writer.execute("RELEASE request")

    def _run_again(self, spoiler: Member) -> None:
        """Take the whole batch back and run its bodies again; who was refused without a trace stays so."""
        if not isinstance(spoiler.error, Overtaken):
            self._careful_until = time.monotonic() + CAREFUL_SECONDS
        with suppress(sqlite3.Error):
            self._writer.execute("ROLLBACK")
        members = [member for member in self._members if member.error is None]
        for member in (*members, spoiler):
            if member.transaction is not None:
                member.transaction.undone()
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            failure = self._translate(error)
            self._abandon(failure)
            raise failure from error
        for member in (*members, spoiler):
            self._run_apart(member)

    def _is_careful(self) -> bool:
        if time.monotonic() < self._careful_until:
            return True
        self._careful_until = 0.0
        return False

    async def _enter(self) -> bool:
        """Be inside the outer transaction; whether it was open already. Waits for a commit that is under way, and for
        other processes that write. Raises Unavailable when one does not let go."""
        deadline = 0.0
        while True:
            while self._flushing is not None:
                await asyncio.shield(self._flushing)
            if self._open:
                return True
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.Error as error:
                deadline = deadline or time.monotonic() + LOCK_SECONDS
                if not is_busy(error) or time.monotonic() >= deadline:
                    raise self._translate(error) from error
            await asyncio.sleep(LOCK_PAUSE)
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._opened_at = time.monotonic()
        self._seen = 0
        return False

    def _schedule(self) -> None:
        self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if not self._open or self._flushing is not None:
            return
        # somebody joined since the last look: give the next one a chance, within the batch's time
        if self._seen != len(self._members) and time.monotonic() - self._opened_at < BATCH_SECONDS:
            self._seen = len(self._members)
            self._schedule()
            return
        if self.has_fast_disk:
            self._commit()
            self._answer()
            self._tidy()
            return
        self._flushing = self._loop.create_future()
        self._loop.run_in_executor(None, self._commit).add_done_callback(lambda _: self._flushed())

    def _flushed(self) -> None:
        flushing, self._flushing = self._flushing, None
        self._answer()
        self._tidy()
        if flushing is not None:
            flushing.set_result(None)

    def _commit(self) -> None:
        """Make the outer transaction durable; what went wrong is kept for `_answer`."""
        started = time.perf_counter()
        self._failure = None
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._failure = self._translate(error)
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
        self.commit_seconds += 0.2 * (time.perf_counter() - started - self.commit_seconds)

    def _answer(self) -> None:
        members, self._members = self._members, []
        self._believed.clear()
        self._open = False
        failure = self._failure
        if failure is None:
            self._told(members)
        for member in members:
            if failure is not None and member.transaction is not None:
                member.transaction.undone()
            if member.waiter.done():
                continue
            if failure is None:
                member.waiter.set_result(None)
            else:
                member.waiter.set_exception(failure)

    def _told(self, members: list[Member]) -> None:
        touched: set[str] = set()
        callbacks: list[Callable[[], None]] = []
        for member in members:
            if member.error is None and member.transaction is not None:
                touched |= member.transaction.organizations
                callbacks += member.transaction.callbacks
        self._committed(touched)
        for callback in callbacks:
            callback()

    def _abandon(self, failure: Exception | None = None) -> None:
        """The store has ended the transaction by itself: nobody's change was kept."""
        self._failure = failure or Unavailable("The store could not carry out the change; please try again.")
        self._answer()

    async def close(self) -> None:
        """Make durable what is under way."""
        while self._flushing is not None:
            await asyncio.shield(self._flushing)
        if self._open:
            self._commit()
            self._answer()


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process writes."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def drive(body: Coroutine[Any, Any, T]) -> T:
    """Run a transaction body to its end at once. It may await nothing but its transaction, which never suspends."""
    try:
        body.send(None)
    except StopIteration as finished:
        return finished.value
    body.close()
    raise RuntimeError("a transaction body awaited something other than its transaction")
