"""Counting in Redis or Valkey, for as many processes as there are; alone in memory while it does not answer.

Redis decides, with its own clock, so processes whose clocks differ agree. One script looks at all windows of a question
and counts in them, so a question is one round trip; questions that come together share it. The connection is the
client library's, its pool of connections is not used: with one connection in a row there is nothing to choose from.
"""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import structlog
from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Broken
from redis.exceptions import NoScriptError, ResponseError

from handrail.adapters.limits_memory import MemoryLimiter
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


class _Question:
    """What is asked of the script, and where the answer goes; None stands for no answer."""

    __slots__ = ("answer", "words")

    def __init__(self, words: tuple[str | int, ...], answer: asyncio.Future[list[int] | None]) -> None:
        self.words = words
        self.answer = answer


class RedisLimiter:
    """Counts together with every process that has the same Redis. `clock` stands in for the server's own."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        library: Any = ConnectionPool  # not typed throughout
        self._pool: Any = library.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0))
        self._connection: Connection | None = None
        self._clock = clock
        # knows what this process was granted, so that its limits hold from the first moment alone
        self._alone = MemoryLimiter(clock or SystemClock())
        self._waiting: list[_Question] = []
        self._asking: asyncio.Task[None] | None = None
        # when Redis, which was away, is asked again; None while it answers
        self._retry_at: float | None = None

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

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._hang_up()
        await self._alone.close()

    async def _ask(self, wanted: Sequence[Allowance], count: int) -> list[int] | None:
        if not wanted:
            return [1, 0]
        if self._retry_at is None:
            return await self._sent(wanted, count)
        if asyncio.get_running_loop().time() >= self._retry_at:
            # nobody waits for the attempt, and there is no other until it has ended
            self._retry_at = math.inf
            self._sent(wanted, count)
        return None

    def _sent(self, wanted: Sequence[Allowance], count: int) -> asyncio.Future[list[int] | None]:
        keys = [f"{PREFIX}:{allowance.seconds}:{allowance.key}" for allowance in wanted]
        numbers = [number for allowance in wanted for number in (allowance.limit, allowance.seconds)]
        now = "" if self._clock is None else self._clock.now()
        loop = asyncio.get_running_loop()
        question = _Question(("EVALSHA", SHA, len(keys), *keys, count, now, *numbers), loop.create_future())
        self._waiting.append(question)
        if self._asking is None:
            self._asking = loop.create_task(self._ask_all())
        return question.answer

    async def _ask_all(self) -> None:
        """Ask what waits, all of it in one round trip, until nothing waits."""
        asked: list[_Question] = []
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                try:
                    async with asyncio.timeout(PATIENCE):
                        answers = await self._answers(asked)
                except Exception as error:  # whatever is wrong with Redis, calls are answered
                    await self._lose(error)
                    _tell([*asked, *self._waiting])
                    self._waiting = []
                    continue
                if self._retry_at is not None:
                    self._retry_at = None
                    log.info("limits_shared_again")
                _tell(asked, answers)
        finally:
            self._asking = None
            _tell([*asked, *self._waiting])

    async def _answers(self, asked: Sequence[_Question]) -> list[list[int]]:
        if self._connection is not None:
            try:
                return await self._exchanged(self._connection, asked)
            except (Broken, OSError):
                # closed while nothing was asked, or by a restart
                await self._hang_up()
        connection: Connection = self._pool.make_connection()
        self._connection = connection
        await connection.connect()
        return await self._exchanged(connection, asked)

    async def _exchanged(self, connection: Connection, asked: Sequence[_Question]) -> list[list[int]]:
        found = await _replies(connection, [question.words for question in asked])
        unknown = [index for index, reply in enumerate(found) if isinstance(reply, NoScriptError)]
        if unknown:
            again = [asked[index].words for index in unknown]
            _, *replies = await _replies(connection, [("SCRIPT", "LOAD", SCRIPT), *again])
            for index, reply in zip(unknown, replies, strict=True):
                found[index] = reply
        for reply in found:
            if isinstance(reply, ResponseError):
                raise reply
        return found

    async def _lose(self, error: Exception) -> None:
        if self._retry_at is None:
            what = str(error) or f"no answer within {PATIENCE * 1000:.0f} ms"
            log.warning("limits_alone", error=what, meaning="Redis is away: this process counts requests by itself")
        self._retry_at = asyncio.get_running_loop().time() + PAUSE
        await self._hang_up()

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


async def _replies(connection: Connection, commands: Sequence[tuple[str | int, ...]]) -> list[Any]:
    """What Redis replies to each command, refusals included, in one round trip. Raises Broken, OSError."""
    packed = [part for command in commands for part in connection.pack_command(*command)]
    await connection.send_packed_command(packed, check_health=False)
    found: list[Any] = []
    for _ in commands:
        try:
            found.append(await connection.read_response())
        except ResponseError as error:
            found.append(error)
    return found


def _tell(asked: Sequence[_Question], answers: Sequence[list[int]] = ()) -> None:
    """Give everybody who still waits their answer, or that there is none."""
    for index, question in enumerate(asked):
        if not question.answer.done():
            question.answer.set_result(answers[index] if index < len(answers) else None)


def _counted(wanted: Sequence[Allowance], answer: list[int]) -> Counted:
    fits, now, *rest = answer
    windows = [
        window(allowance.limit, rest[2 * index], rest[2 * index + 1], now) for index, allowance in enumerate(wanted)
    ]
    return Counted(fits == 1, tuple(windows))
