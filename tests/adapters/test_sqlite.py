"""What only the embedded store does: one writer, group commit, other processes at the same file."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from handrail.adapters import sqlite, sqlite_batch
from handrail.adapters.sqlite import SqliteDatabase
from handrail.kernel.errors import Unavailable
from handrail.ports.database import DuplicateKey, StatementTooSlow, Transaction
from handrail.schema.migrate import upgrade_sqlite
from handrail.schema.statement import Statement
from handrail.schema.tables import organizations
from handrail.schema.words import insert_all, own

T = TypeVar("T")

insert = Statement[None](insert_all(organizations, "organization_id", "name", "slug", "created_at", "updated_at"))
count = Statement[tuple[int]](sa.select(sa.func.count()).select_from(organizations).where(own(organizations)))
forever = Statement[tuple[int]](
    sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("store") / "handrail.db"
    upgrade_sqlite(path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, migrated: bytes) -> Path:
    path = tmp_path / "handrail.db"
    path.write_bytes(migrated)
    return path


def using(path: Path, work: Callable[[SqliteDatabase], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on a store that is opened before and closed afterwards."""

    async def body() -> T:
        database = SqliteDatabase(path)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(body())


async def add(tx: Transaction, key: int) -> None:
    await tx.run(insert, organization_id=f"{key:032}", name="a", slug="a", created_at=0, updated_at=0)


def committed(path: Path) -> set[int]:
    """What another process reads at this moment."""
    connection = sqlite3.connect(path)
    try:
        return {int(row[0]) for row in connection.execute("SELECT organization_id FROM organizations")}
    finally:
        connection.close()


def test_answers_come_after_the_commit_and_share_it(path: Path) -> None:
    commits: list[str] = []
    missing: list[int] = []

    async def work(database: SqliteDatabase) -> None:
        database._writer.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)  # pyright: ignore[reportPrivateUsage]

        async def one(key: int) -> None:
            await database.write(lambda tx: add(tx, key))
            if key not in committed(path):
                missing.append(key)

        await asyncio.gather(*(one(key) for key in range(60)))
        database._writer.set_trace_callback(None)  # pyright: ignore[reportPrivateUsage]

    using(path, work)
    assert missing == []
    assert committed(path) == set(range(60))
    assert 1 <= len(commits) < 30


def test_slow_commits_are_made_beside_the_loop_and_still_come_before_the_answers(path: Path) -> None:
    missing: list[int] = []

    async def work(database: SqliteDatabase) -> None:
        database._batch.commit_seconds = 1.0  # pyright: ignore[reportPrivateUsage]

        async def one(key: int) -> None:
            await asyncio.sleep(key % 5 * 0.002)
            await database.write(lambda tx: add(tx, key))
            if key not in committed(path):
                missing.append(key)

        await asyncio.gather(*(one(key) for key in range(60)))

    using(path, work)
    assert missing == []
    assert committed(path) == set(range(60))


def test_body_that_waits_for_something_else_is_refused(path: Path) -> None:
    async def work(database: SqliteDatabase) -> None:
        async def body(tx: Transaction) -> None:
            await add(tx, 1)
            await asyncio.sleep(0)

        with pytest.raises(RuntimeError, match="other than its transaction"):
            await database.write(body)
        await database.write(lambda tx: add(tx, 2))

    using(path, work)
    assert committed(path) == {2}


def test_closing_commits_what_is_under_way(path: Path) -> None:
    async def work(database: SqliteDatabase) -> None:
        tasks = [asyncio.ensure_future(database.write(lambda tx, n=n: add(tx, n))) for n in range(5)]
        await asyncio.sleep(0)
        await database.close()
        await asyncio.gather(*tasks)

    async def body() -> None:
        await work(SqliteDatabase(path))

    asyncio.run(body())
    assert committed(path) == set(range(5))


def test_lock_of_another_process_is_reported_and_passes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_batch, "LOCK_SECONDS", 0.03)

    async def work(database: SqliteDatabase) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await database.write(lambda tx: add(tx, 1))
        other.execute("ROLLBACK")
        other.close()
        await database.write(lambda tx: add(tx, 2))

    using(path, work)
    assert committed(path) == {2}


def test_lock_of_another_process_is_waited_for_without_holding_others_up(path: Path) -> None:
    async def work(database: SqliteDatabase) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = [asyncio.ensure_future(database.write(lambda tx, key=key: add(tx, key))) for key in range(20)]
        began = asyncio.get_running_loop().time()
        async with database.reader() as reader:
            assert await reader.total(count, organization_id=f"{1:032}") == 0
        await asyncio.sleep(0.1)
        assert asyncio.get_running_loop().time() - began < 2
        assert not any(task.done() for task in writing)
        other.execute("ROLLBACK")
        other.close()
        await asyncio.gather(*writing)

    using(path, work)
    assert committed(path) == set(range(20))


def test_refusal_waits_for_what_it_rests_on(path: Path) -> None:
    """A body that fails because of another one in the same batch answers only when that one is durable."""
    seen: list[set[int]] = []

    async def work(database: SqliteDatabase) -> None:
        async def twice(tx: Transaction) -> None:
            await add(tx, 1)

        async def one() -> None:
            try:
                await database.write(twice)
            except DuplicateKey:
                seen.append(committed(path))

        await asyncio.gather(*(one() for _ in range(5)))

    using(path, work)
    assert seen == [{1}] * 4


def test_totals_notice_what_other_processes_write(path: Path) -> None:
    async def work(database: SqliteDatabase) -> list[int]:
        found: list[int] = []

        async def total() -> None:
            async with database.reader() as reader:
                found.append(await reader.total(count, organization_id=f"{1:032}"))

        await total()
        other = sqlite3.connect(path, isolation_level=None)
        values = f"('{1:032}', 'a', 'a', 0, 0)"
        other.execute(
            f"INSERT INTO organizations (organization_id, name, slug, created_at, updated_at) VALUES {values}"
        )
        other.close()
        await total()
        return found

    assert using(path, work) == [0, 1]


def test_statement_beyond_its_budget_is_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "STATEMENT_SECONDS", 0.05)

    async def work(database: SqliteDatabase) -> None:
        async with database.reader() as reader:
            with pytest.raises(StatementTooSlow):
                await reader.all(forever)

        async def body(tx: Transaction) -> None:
            await add(tx, 1)
            await tx.all(forever)

        with pytest.raises(StatementTooSlow):
            await database.write(body)
        await database.write(lambda tx: add(tx, 2))

    using(path, work)
    assert committed(path) == {2}


def test_readers_cannot_write(path: Path) -> None:
    async def work(database: SqliteDatabase) -> None:
        async with database.reader() as reader:
            with pytest.raises(Unavailable):
                await reader.all(insert, organization_id="1", name="a", slug="a", created_at=0, updated_at=0)

    using(path, work)
    assert committed(path) == set()


@pytest.mark.parametrize("disk", ["fast", "slow"])
def test_log_begins_anew_instead_of_growing(path: Path, monkeypatch: pytest.MonkeyPatch, disk: str) -> None:
    monkeypatch.setattr(sqlite, "CHECKPOINT_ROWS", 20)
    monkeypatch.setattr("handrail.adapters.sqlite_batch.INLINE_COMMIT_SECONDS", 10.0 if disk == "fast" else 0.0)
    log = path.with_name("handrail.db-wal")
    sizes: list[int] = []

    async def work(database: SqliteDatabase) -> None:
        for key in range(600):
            await database.write(lambda tx, key=key: add(tx, key))
            sizes.append(log.stat().st_size)

    using(path, work)
    assert committed(path) == set(range(600))
    # a commit of one row takes a few pages, and so do twenty
    assert max(sizes) < 200 * 4096 * (1 if disk == "fast" else 5)
    assert sizes[-1] == max(sizes)
    assert not log.exists()
