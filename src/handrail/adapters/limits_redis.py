"""Counting in Redis or Valkey, for as many processes as there are; alone in memory while it does not answer.

Redis decides, with its own clock, so processes whose clocks differ agree. One script looks at all windows of a question
and counts in them, so a question is one round trip.
"""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import hiredis
import structlog
from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from handrail.adapters.limits_memory import MemoryLimiter
from handrail.adapters.limits_wire import Broken, Wire
from handrail.kernel.clock import Clock, SystemClock
from handrail.ports.limiter import Allowance, Counted, window

# seconds in which Redis answers, or is taken for away
PATIENCE = 0.25
# seconds until one that was away is asked again
PAUSE = 3.0
PREFIX = "handrail:limit"
SCRIPT = (files("handrail.adapters") / "limits_redis.lua").read_text()
SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

log = structlog.get_logger("handrail.limits")


class RedisLimiter:
    """Counts together with every process that has the same Redis. `clock` stands in for the server's own."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        library: Any = ConnectionPool  # not typed throughout
        self._pool: Any = library.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0))
        self._clock = clock
        # knows what this process was granted, so that its limits hold from the first moment alone
        self._alone = MemoryLimiter(clock or SystemClock())
        self._wire: Wire | None = None
        self._connecting: asyncio.Task[Wire] | None = None
        # when Redis, which was away, is asked again; None while it answers
        self._retry_at: float | None = None
        self._trying: asyncio.Task[list[int] | None] | None = None

    @property
    def is_alone(self) -> bool:
        """Whether Redis is away, so that this process counts by itself."""
        return self._retry_at is not None

    async def take(self, wanted: Sequence[Allowance]) -> Counted:
        answer = await self._ask(wanted, 1)
        if answer is None:
            return await self._alone.take(wanted)
        counted = _counted(wanted, answer)
        if counted.fits:
            self._alone.note(wanted)
        return counted

    async def look(self, wanted: Sequence[Allowance]) -> Counted:
        answer = await self._ask(wanted, 0)
        return await self._alone.look(wanted) if answer is None else _counted(wanted, answer)

    async def give_back(self, wanted: Sequence[Allowance]) -> None:
        await self._ask(wanted, -1)
        # which had noted it, or counted it alone
        await self._alone.give_back(wanted)

    async def close(self) -> None:
        tasks: list[asyncio.Task[Any]] = [task for task in (self._trying, self._connecting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._hang_up()
        await self._alone.close()

    async def _ask(self, wanted: Sequence[Allowance], count: int) -> list[int] | None:
        """What the script says; None while Redis is away."""
        if not wanted:
            return [1, 0]
        keys = [f"{PREFIX}:{allowance.seconds}:{allowance.key}" for allowance in wanted]
        numbers = [number for allowance in wanted for number in (allowance.limit, allowance.seconds)]
        now = "" if self._clock is None else self._clock.now()
        words = ("EVALSHA", SHA, len(keys), *keys, count, now, *numbers)
        if self._retry_at is None:
            return await self._answer(words)
        loop = asyncio.get_running_loop()
        if loop.time() >= self._retry_at:
            # nobody waits for the attempt, and there is no other until it has ended
            self._retry_at = math.inf
            self._trying = loop.create_task(self._answer(words))
        return None

    async def _answer(self, words: tuple[str | int, ...]) -> list[int] | None:
        try:
            try:
                reply = await self._reply(words)
            except Broken:
                # it may have been closed in this moment, by a restart say; a second time it is no coincidence
                reply = await self._reply(words)
            if isinstance(reply, hiredis.ReplyError):
                raise reply
        except Exception as error:  # whatever is wrong with Redis, calls are answered
            await self._lose(error)
            return None
        if self._retry_at is not None:
            self._retry_at = None
            log.info("limits_shared_again")
        return reply

    async def _reply(self, words: tuple[str | int, ...]) -> Any:
        wire = self._wire
        if wire is None or not wire.is_open:
            if self._connecting is None or self._connecting.done():
                self._connecting = asyncio.get_running_loop().create_task(self._connected())
            wire = await asyncio.shield(self._connecting)
        reply = await wire.ask(*words)
        if isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT"):
            await wire.ask("SCRIPT", "LOAD", SCRIPT)
            reply = await wire.ask(*words)
        return reply

    async def _connected(self) -> Wire:
        await self._hang_up()
        connection: Connection = self._pool.make_connection()
        try:
            async with asyncio.timeout(PATIENCE):
                await connection.connect()
            self._wire = Wire(connection, PATIENCE)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return self._wire

    async def _lose(self, error: Exception) -> None:
        if self._retry_at is None:
            what = str(error) or f"no answer within {PATIENCE * 1000:.0f} ms"
            log.warning("limits_alone", error=what, meaning="Redis is away: this process counts requests by itself")
        self._retry_at = asyncio.get_running_loop().time() + PAUSE
        await self._hang_up()

    async def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()


def _counted(wanted: Sequence[Allowance], answer: list[int]) -> Counted:
    fits, now, *rest = answer
    windows = [
        window(allowance.limit, rest[2 * index], rest[2 * index + 1], now) for index, allowance in enumerate(wanted)
    ]
    return Counted(fits == 1, tuple(windows))
