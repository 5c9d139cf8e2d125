"""One connection to Redis on which questions follow each other without waiting, and answers come in their order.

The client library opens it, with all that belongs to that: addresses, TLS, passwords, database numbers. Its own way to
ask costs more than the answer, so once the connection stands the bytes are read and written here.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis.asyncio import Connection

# its types want exactly one word
_packed: Callable[[tuple[str | int, ...]], bytes] = cast("Any", hiredis).pack_command


class Broken(Exception):
    """The connection has ended; what was asked may have been heard or not."""


class Wire(asyncio.Protocol):
    """Questions and answers, each within `patience` seconds, or the connection is given up."""

    def __init__(self, connection: Connection, patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.is_open = True
        # not public, but there is no other way to what the library has opened
        self._transport = cast("asyncio.Transport", connection._writer.transport)  # pyright: ignore
        self._transport.set_protocol(self)

    def ask(self, *words: str | int) -> "asyncio.Future[Any]":
        """What Redis replies; a refusal is a `hiredis.ReplyError`, which is not raised. Raises Broken, TimeoutError."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if not self.is_open:
            answer.set_exception(Broken("the connection was closed"))
            return answer
        self._waiting.append((self._loop.time() + self._patience, answer))
        if self._timer is None:
            self._timer = self._loop.call_later(self._patience, self._look_at_the_time)
        self._transport.write(_packed(words))
        return answer

    async def close(self) -> None:
        """End the connection, and with it what waits."""
        self._end(Broken("the connection was closed"))
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while self._waiting and (reply := self._reader.gets()) is not False:
            _, answer = self._waiting.popleft()
            if not answer.done():
                answer.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Broken(str(exc or "the connection was closed by the server")))

    def _look_at_the_time(self) -> None:
        self._timer = None
        if not self._waiting:
            return
        wait = self._waiting[0][0] - self._loop.time()
        if wait <= 0:
            self._end(TimeoutError(f"no answer within {self._patience * 1000:.0f} ms"))
        else:
            self._timer = self._loop.call_later(wait, self._look_at_the_time)

    def _end(self, error: Exception) -> None:
        if not self.is_open:
            return
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
        self._transport.abort()
        for _, answer in self._waiting:
            if not answer.done():
                answer.set_exception(error)
        self._waiting.clear()
