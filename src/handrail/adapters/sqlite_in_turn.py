"""Group commit where several processes share the store: requests wait for their process's turn to write, and all that
wait when it comes are one batch.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from handrail.adapters.sqlite_batch import (
    BATCH_SECONDS,
    LOCK_PAUSE,
    LOCK_SECONDS,
    Changing,
    GroupCommit,
    Member,
    is_busy,
)
from handrail.adapters.sqlite_turn import Turn

T = TypeVar("T")


class CommitInTurn(GroupCommit):
    """One of several writers of a store."""

    def __init__(
        self,
        turn: Turn,
        writer: sqlite3.Connection,
        begin: Callable[[], Changing],
        committed: Callable[[set[str]], None],
        tidy: Callable[[], None],
        translate: Callable[[sqlite3.Error], Exception],
    ) -> None:
        super().__init__(writer, begin, committed, tidy, translate)
        self._turn = turn
        # who waits for the turn, whether it has been asked for, and until when it is worth asking
        self._waiting: list[Member] = []
        self._is_asking = False
        self._patience = 0.0

    async def write(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        if not self._is_asking:
            self._is_asking = True
            self._begin_to_wait()
            self._loop.call_soon(self._ask)
        member = Member(body, self._loop.create_future())
        self._waiting.append(member)
        await member.waiter
        if member.error is not None:
            raise member.error
        return member.result

    def _ask(self, *, without_turn: bool = False) -> None:
        """Run all bodies that wait, if the store is free; otherwise ask again when it may be."""
        if self._may_be_joined() and not without_turn:
            self._loop.call_soon(self._ask)
            return
        has_turn = self._turn.take()
        if not has_turn and not without_turn:
            self._turn.when_free(lambda in_vain: self._ask(without_turn=in_vain))
            return
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if has_turn:
                self._turn.give()
            if not is_busy(error) or time.monotonic() >= self._patience:
                self._refuse(self._translate(error))
            else:
                # another program writes, which knows nothing of turns
                self._loop.call_later(LOCK_PAUSE, self._ask)
            return
        self._open = True
        if not self._run_waiting():
            self._turn_over()
            return
        if self.has_fast_disk:
            self._commit()
            self._turn_over()
            return
        self._flushing = self._loop.create_future()
        self._loop.run_in_executor(None, self._commit).add_done_callback(lambda _: self._turn_over())

    def _begin_to_wait(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._opened_at = time.monotonic()
        self._patience = self._opened_at + LOCK_SECONDS
        self._seen = 0

    def _may_be_joined(self) -> bool:
        """Whether somebody came since the last look, so that more may follow, within the batch's time."""
        joined, self._seen = self._seen != len(self._waiting), len(self._waiting)
        return joined and time.monotonic() - self._opened_at < BATCH_SECONDS

    def _run_waiting(self) -> bool:
        """Run the bodies that wait, for a while; whether there is a transaction left to commit."""
        ends = time.monotonic() + BATCH_SECONDS
        waiting, self._waiting = self._waiting, []
        for place, member in enumerate(waiting):
            self._members.append(member)
            try:
                if self._careful_until and self._is_careful():
                    self._run_apart(member)
                else:
                    self._run(member, joined=True)
            except Exception as error:
                # nothing is left of the batch, and all in it were told so
                if not member.waiter.done():
                    member.waiter.set_exception(error)
                self._waiting = waiting[place + 1 :] + self._waiting
                return False
            if time.monotonic() >= ends:
                self._waiting = waiting[place + 1 :] + self._waiting
                break
        return True

    def _turn_over(self) -> None:
        """Let the next process write, answer, and see who has come meanwhile."""
        self._tidy()
        self._turn.give()
        flushing, self._flushing = self._flushing, None
        self._answer()
        if flushing is not None:
            flushing.set_result(None)
        self._is_asking = bool(self._waiting)
        if self._is_asking:
            self._begin_to_wait()
            # others may be waiting, too, and have the time of a round to take it
            self._loop.call_soon(self._ask)

    def _refuse(self, failure: Exception) -> None:
        """Tell all who wait that their turn does not come."""
        self._is_asking = False
        waiting, self._waiting = self._waiting, []
        for member in waiting:
            if not member.waiter.done():
                member.waiter.set_exception(failure)

    async def close(self) -> None:
        if self._is_asking:
            await self.write(nothing)
        await super().close()


async def nothing(_: Any) -> None:
    """A body that does nothing; whoever waits for it has waited for those before it."""
