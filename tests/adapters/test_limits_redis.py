"""Redis as several processes see it, and what happens while it is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from handrail.adapters import limits_redis
from handrail.adapters.limits_redis import PATIENCE, RedisLimiter
from handrail.kernel.clock import FixedClock, SystemClock
from handrail.ports.limiter import Allowance
from tests.support.redis import RedisServer

SHORT = 0.05
MINUTE = [Allowance("a", 10, 60)]


@pytest.fixture
def redis(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    monkeypatch.setattr(limits_redis, "PAUSE", SHORT)
    yield redis
    redis.empty()


@contextlib.asynccontextmanager
async def opened(server: RedisServer, clock: FixedClock | None = None) -> AsyncIterator[RedisLimiter]:
    limiter = RedisLimiter(server.url, clock)
    try:
        yield limiter
    finally:
        await limiter.close()


async def fitting(limiter: RedisLimiter, times: int) -> int:
    return sum([(await limiter.take(MINUTE)).fits for _ in range(times)])


async def until_shared_again(limiter: RedisLimiter) -> None:
    async with asyncio.timeout(20):
        while limiter.is_alone:
            await limiter.look(MINUTE)
            await asyncio.sleep(0.01)


def test_processes_share_a_limit_and_the_time(redis: RedisServer) -> None:
    async def work() -> None:
        async with opened(redis) as one, opened(redis) as other:
            assert await fitting(one, 4) == 4
            assert await fitting(other, 20) == 6
            assert await fitting(one, 3) == 0
            window = (await other.look(MINUTE)).windows[0]
            assert abs(window.resets_at - SystemClock().now() / 1000 - window.resets_in) < 2

    asyncio.run(work())


def test_questions_that_come_together_share_a_connection(redis: RedisServer) -> None:
    async def work() -> None:
        async with opened(redis) as limiter:
            await limiter.look(MINUTE)
            with contextlib.closing(redis.client()) as client:
                before = client.info("stats")
                wanted = [Allowance("b", 1000, 60), Allowance("b", 1000, 3600)]
                await asyncio.gather(*(limiter.take(wanted) for _ in range(200)))
                after = client.info("stats")
            assert after["total_connections_received"] == before["total_connections_received"]  # pyright: ignore[reportIndexIssue]

    asyncio.run(work())


def test_limit_holds_while_redis_is_away(redis: RedisServer) -> None:
    async def work() -> None:
        async with opened(redis) as limiter:
            assert await fitting(limiter, 4) == 4
            redis.kill()
            with capture_logs() as logs:
                # those that Redis had granted to this process are known to it
                assert await fitting(limiter, 40) == 6
                await asyncio.sleep(3 * SHORT)
                assert await fitting(limiter, 5) == 0
            assert [line["event"] for line in logs] == ["limits_alone"]
            assert logs[0]["log_level"] == "warning"
            redis.start()
            with capture_logs() as logs:
                await until_shared_again(limiter)
            assert [line["event"] for line in logs] == ["limits_shared_again"]
            # the new server has nothing of before
            async with opened(redis) as other:
                assert (await other.look(MINUTE)).windows[0].remaining >= 9
                assert (await limiter.take(MINUTE)).fits
            redis.kill()
            with capture_logs() as logs:
                await limiter.take(MINUTE)
            assert [line["event"] for line in logs] == ["limits_alone"], "once for each time it is away"

    asyncio.run(work())


def test_server_that_does_not_answer_is_not_waited_for(redis: RedisServer) -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        async with opened(redis) as limiter:
            assert await fitting(limiter, 4) == 4
            with redis.frozen():
                begun = loop.time()
                found = await asyncio.gather(*(limiter.take(MINUTE) for _ in range(40)))
                assert loop.time() - begun < PATIENCE + 0.5
                assert sum(counted.fits for counted in found) == 6
                # nobody waits for the attempts to reach it either
                for _ in range(5):
                    await asyncio.sleep(SHORT)
                    begun = loop.time()
                    assert not (await limiter.take(MINUTE)).fits
                    assert loop.time() - begun < PATIENCE / 2
            await until_shared_again(limiter)

    asyncio.run(work())


def test_start_without_redis(redis: RedisServer) -> None:
    async def work() -> None:
        redis.kill()
        async with opened(redis) as limiter:
            assert await fitting(limiter, 15) == 10
            redis.start()
            await until_shared_again(limiter)

    asyncio.run(work())


def test_what_happens_to_idle_servers_is_not_noticed(redis: RedisServer) -> None:
    async def work() -> None:
        with contextlib.closing(redis.client()) as client:
            async with opened(redis) as limiter:
                with capture_logs() as logs:
                    assert await fitting(limiter, 2) == 2
                    client.script_flush()
                    assert await fitting(limiter, 2) == 2
                    client.client_kill_filter(_type="normal", skipme=True)
                    assert await fitting(limiter, 2) == 2
                    redis.kill()
                    redis.start()
                    assert await fitting(limiter, 20) == 10
                assert logs == []

    asyncio.run(work())


def test_server_that_refuses_is_away(redis: RedisServer) -> None:
    async def work() -> None:
        with contextlib.closing(redis.client()) as client:
            async with opened(redis) as limiter:
                client.set(f"{limits_redis.PREFIX}:60:a", "not a list")
                with capture_logs() as logs:
                    assert await fitting(limiter, 15) == 10
                assert "WRONGTYPE" in logs[0]["error"]
                client.flushall()
                await until_shared_again(limiter)

    asyncio.run(work())
