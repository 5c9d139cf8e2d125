"""The store as somebody sees it who looks into the database directly, past the server."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from handrail.settings import Settings

T = TypeVar("T")


class Rows:
    """Reads and changes a store with plain SQL; a new connection for every question."""

    def __init__(self, store: Path | str) -> None:
        self.store = store

    @classmethod
    def of(cls, settings: Settings) -> "Rows":
        """The store that a server with these settings has."""
        if settings.is_embedded:
            return cls(settings.sqlite_path)
        assert settings.database_url is not None
        return cls(settings.database_url)

    @property
    def is_embedded(self) -> bool:
        return isinstance(self.store, Path)

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of a statement without parameters."""
        return self.many(sql)[0]

    def many(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """The rows of several statements, all as of one moment."""
        if isinstance(self.store, Path):
            connection = sqlite3.connect(self.store, isolation_level=None, timeout=30)
            try:
                connection.execute("BEGIN")
                return [connection.execute(sql).fetchall() for sql in statements]
            finally:
                connection.close()

        async def read(connection: Any) -> list[list[tuple[Any, ...]]]:
            async with connection.transaction(isolation="repeatable_read"):
                return [[tuple(row) for row in await connection.fetch(sql)] for sql in statements]

        return self._connected(read)

    def value(self, sql: str) -> Any:
        """The first column of the first row."""
        return self.all(sql)[0][0]

    def damage(self) -> list[str]:
        """What the database itself finds wrong with its files."""
        if not self.is_embedded:
            return []
        found = [text for (text,) in self.all("PRAGMA integrity_check") if text != "ok"]
        return found + [f"broken reference: {row}" for row in self.all("PRAGMA foreign_key_check")]

    def wait_until_left(self, name: str = "handrail") -> None:
        """Wait until PostgreSQL has noticed that a killed program is gone, and has undone or done its last words."""
        if self.is_embedded:
            return
        others = (
            "SELECT count(*) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = '{name}'"
        )

        async def wait(connection: Any) -> None:
            async with asyncio.timeout(30):
                while await connection.fetchval(others):  # noqa: ASYNC110 - PostgreSQL does not tell
                    await asyncio.sleep(0.02)

        self._connected(wait)

    def wait_until_idle(self) -> None:
        """Wait until PostgreSQL carries nothing out any more for anybody else."""
        busy = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state <> 'idle'"
        )

        async def wait(connection: Any) -> None:
            async with asyncio.timeout(30):
                while await connection.fetchval(busy):  # noqa: ASYNC110 - PostgreSQL does not tell
                    await asyncio.sleep(0.02)

        self._connected(wait)

    def change(self, sql: str) -> None:
        """Carry an administrative statement out, whatever the database is set to."""
        if isinstance(self.store, Path):
            connection = sqlite3.connect(self.store, isolation_level=None, timeout=30)
            try:
                connection.execute(sql)
            finally:
                connection.close()
            return

        async def work(connection: Any) -> None:
            await connection.execute("SET default_transaction_read_only = off")
            await connection.execute(sql)

        self._connected(work)

    @contextlib.contextmanager
    def holding(self, sql: str) -> Generator[None]:
        """Inside, a transaction of somebody else has carried the statement out and is still open."""
        loop = asyncio.new_event_loop()
        try:
            connection: Any = loop.run_until_complete(asyncpg.connect(str(self.store)))
            loop.run_until_complete(connection.execute("BEGIN"))
            loop.run_until_complete(connection.fetch(sql))
            yield
            loop.run_until_complete(connection.execute("ROLLBACK"))
            loop.run_until_complete(connection.close())
        finally:
            loop.close()

    def end_connections(self, name: str = "handrail") -> int:
        """Make PostgreSQL end every connection of a program; how many there were."""
        return self.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = '{name}'"
        )

    def _connected(self, work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        async def body() -> T:
            connection = await asyncpg.connect(str(self.store))
            try:
                return await work(connection)
            finally:
                await connection.close()

        return asyncio.run(body())
