"""When a young PostgreSQL database is given statistics, and when it is left alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from handrail.adapters import postgres_youth
from handrail.adapters.postgres_youth import MOMENTS, YOUNG_TASKS, Youth
from tests.support.server import TestServer


class Pool:
    """Connections that remember what they were told."""

    def __init__(self, tasks: float, failure: Exception | None = None) -> None:
        self.tasks, self.failure = tasks, failure
        self.told: list[str] = []

    @asynccontextmanager
    async def acquire(self, **_: Any) -> AsyncIterator[Any]:
        yield self

    async def fetchval(self, statement: str) -> float:
        if self.failure is not None:
            raise self.failure
        return self.tasks

    async def execute(self, statement: str) -> None:
        self.told.append(statement)


def after(pool: Pool, transactions: int) -> int:
    async def work() -> None:
        youth = Youth(pool)
        for _ in range(transactions):
            youth.committed()
            await youth.end()

    asyncio.run(work())
    return len(pool.told)


def test_statistics_come_at_the_first_moments_and_no_more() -> None:
    assert after(Pool(-1), MOMENTS[0] - 1) == 0
    assert after(Pool(-1), MOMENTS[0]) == 1
    assert after(Pool(100), MOMENTS[1]) == 2
    assert after(Pool(100), 2 * MOMENTS[-1]) == len(MOMENTS)


def test_grown_store_is_left_alone() -> None:
    assert after(Pool(YOUNG_TASKS + 1), MOMENTS[-1]) == 0


def test_failure_is_nobodys() -> None:
    pool = Pool(0, asyncpg.InsufficientPrivilegeError("not yours"))
    assert after(pool, MOMENTS[-1]) == 0


def test_tables_are_there(servers: Any) -> None:
    server: TestServer = servers("postgresql")
    database: Any = server.database

    async def work() -> list[float]:
        youth = Youth(database._pool)
        for _ in range(MOMENTS[0]):
            youth.committed()
        await youth.end()
        statement = "SELECT reltuples FROM pg_class WHERE oid = CAST($1 AS text)::regclass"
        async with database._pool.acquire() as connection:
            return [await connection.fetchval(statement, table) for table in postgres_youth.TABLES]

    assert -1 not in server.run(work)
