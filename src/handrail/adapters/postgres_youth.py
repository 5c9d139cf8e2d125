"""A young database: the tables that grow get statistics before PostgreSQL's own round comes, which takes a minute.

A plan made while a table is empty takes any index, because each of them costs the same, and a connection keeps its
plans until there are statistics: what should find one row by its key reads all rows of the organization.
"""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg

# after so many transactions of this process; then PostgreSQL looks after itself
MOMENTS = (100, 1_000, 10_000)
# a store of more tasks than this has had its statistics long ago
YOUNG_TASKS = 50_000
TABLES = ("processes", "tasks", "task_owners", "templates", "template_versions", "activities", "events")
_KNOWN_TASKS = "SELECT reltuples FROM pg_class WHERE oid = CAST(CAST('tasks' AS text) AS regclass)"


class Youth:
    """Counts transactions, and has the tables analyzed at the first moments."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._count = 0
        self._moments = list(MOMENTS)
        self._running: asyncio.Task[None] | None = None

    def committed(self) -> None:
        """One more transaction."""
        if not self._moments:
            return
        self._count += 1
        if self._count >= self._moments[0] and self._running is None:
            self._moments.pop(0)
            self._running = asyncio.create_task(self._analyze())

    async def _analyze(self) -> None:
        # it helps, but nothing depends on it: a role that may not do it, or a store that is away, is no failure
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with self._pool.acquire(timeout=1) as connection:
                if await connection.fetchval(_KNOWN_TASKS) > YOUNG_TASKS:
                    self._moments.clear()
                else:
                    await connection.execute(f"ANALYZE {', '.join(TABLES)}")
        self._running = None

    async def end(self) -> None:
        """Wait for what is running."""
        if self._running is not None:
            await self._running
