"""What is worked out before its turn comes is what would have been worked out in it."""

import asyncio
import contextlib
import copy
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from handrail.adapters.sqlite import SqliteDatabase
from handrail.adapters.sqlite_turn import Turn
from handrail.ports.database import DuplicateKey, Transaction
from handrail.schema.migrate import upgrade_sqlite
from handrail.schema.statement import Statement
from handrail.schema.tables import organizations
from handrail.schema.words import parameter

T = TypeVar("T")
WHERE = organizations.c.organization_id == parameter("organization_id", organizations.c.organization_id)
value = Statement[tuple[int]](sa.select(organizations.c.updated_at).where(WHERE).with_for_update())
plain = Statement[tuple[int]](sa.select(organizations.c.updated_at).where(WHERE))
change = Statement[None](
    sa.update(organizations).where(WHERE).values(updated_at=parameter("value", organizations.c.updated_at))
)
insert = Statement[None](
    sa.insert(organizations).values(
        **{name: parameter(name, organizations.c[name]) for name in ("organization_id", "name", "slug")},
        created_at=0,
        updated_at=0,
    )
)


def key(number: int) -> str:
    return f"{number:032}"


async def add(tx: Transaction, number: int) -> None:
    await tx.defer(insert, organization_id=key(number), name="a", slug=f"a{number}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "handrail.db"
    upgrade_sqlite(path)
    return path


@pytest.fixture
def turn() -> Iterator[Turn]:
    with contextlib.closing(Turn()) as turn:
        yield turn


def using(path: Path, turn: Turn, work: Callable[[SqliteDatabase], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on the store as one process of several would."""

    async def body() -> T:
        # the pipe is the same, what a process remembers of its own waiting is not
        database = SqliteDatabase(path, synchronous="NORMAL", turn=copy.copy(turn))
        try:
            await database.write(lambda tx: add(tx, 1))
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(body())


def test_what_is_believed_rightly_is_run_once_and_before_its_turn(path: Path, turn: Turn) -> None:
    runs: list[bool] = []

    async def work(database: SqliteDatabase) -> None:
        async def body(tx: Transaction) -> str:
            runs.append(type(tx).__name__ == "Notes")
            assert await tx.still(value, 0, organization_id=key(1))
            await tx.defer(change, organization_id=key(1), value=5)
            return "done"

        assert await database.write(body) == "done"
        async with database.reader() as reader:
            assert await reader.value(plain, organization_id=key(1)) == 5

    using(path, turn, work)
    assert runs == [True]


def test_what_is_believed_wrongly_is_run_again_in_its_turn(path: Path, turn: Turn) -> None:
    told: list[bool] = []
    after: list[int] = []

    async def work(database: SqliteDatabase) -> None:
        async def body(tx: Transaction) -> int:
            is_so = await tx.still(value, 3, organization_id=key(1))
            told.append(is_so)
            now = 3 if is_so else await tx.value(value, organization_id=key(1))
            await tx.defer(change, organization_id=key(1), value=now + 1)
            tx.after_commit(lambda: after.append(now + 1))
            return now + 1

        assert await database.write(body) == 1

    using(path, turn, work)
    # believed before its turn; in it the change touches nothing; run again, it looks
    assert told == [True, False]
    # what the first run would have had done is not done
    assert after == [1]


def test_row_that_came_meanwhile_is_found(path: Path, turn: Turn) -> None:
    runs = 0

    async def work(database: SqliteDatabase) -> tuple[str, str]:
        async def body(tx: Transaction) -> str:
            nonlocal runs
            runs += 1
            tx.reads_ahead()
            if await tx.value(plain, organization_id=key(2)) is not None:
                return "there already"
            await add(tx, 2)
            return "made"

        # both read before either has written
        first, second = await asyncio.gather(database.write(body), database.write(body))
        return first, second

    assert using(path, turn, work) == ("made", "there already")
    assert runs == 3


def test_failure_that_is_one_stays_one(path: Path, turn: Turn) -> None:
    async def work(database: SqliteDatabase) -> None:
        with pytest.raises(DuplicateKey):
            await database.write(lambda tx: add(tx, 1))
        # the others of the batch are not touched by it
        found = await asyncio.gather(
            *(database.write(lambda tx, number=number: add(tx, number)) for number in (7, 1, 8)),
            return_exceptions=True,
        )
        assert [type(one) for one in found] == [type(None), DuplicateKey, type(None)]
        async with database.reader() as reader:
            assert await reader.value(plain, organization_id=key(8)) == 0

    using(path, turn, work)


@pytest.mark.parametrize("kind", ["unasked", "locking", "after a change"])
def test_what_must_be_read_in_its_turn_is_not_read_ahead(path: Path, turn: Turn, kind: str) -> None:
    kinds: list[str] = []

    async def work(database: SqliteDatabase) -> None:
        async def body(tx: Transaction) -> None:
            kinds.append(type(tx).__name__)
            if kind != "unasked":
                tx.reads_ahead()
            if kind == "after a change":
                await tx.defer(change, organization_id=key(1), value=9)
            statement = value if kind == "locking" else plain
            assert await tx.value(statement, organization_id=key(1)) == (9 if kind == "after a change" else 0)
            await tx.defer(change, organization_id=key(1), value=9)

        await database.write(body)

    using(path, turn, work)
    assert kinds == ["Notes", "SqliteTransaction"]


def test_two_processes_count_to_the_sum_and_use_no_number_twice(path: Path, turn: Turn) -> None:
    numbers: list[int] = []
    failures: list[BaseException] = []
    times = 150

    async def work(database: SqliteDatabase) -> None:
        known = [0, 0, 0]

        async def raised(row: int) -> None:
            async def body(tx: Transaction) -> tuple[int, int]:
                where = {"organization_id": key(row + 1)}
                before = known[row]
                if not await tx.still(value, before, **where):
                    before = await tx.value(value, **where)
                await tx.defer(change, value=before + 1, **where)
                return before + 1, await tx.numbers(key(1), "activities", 3)

            known[row], first = await database.write(body)
            numbers.extend(range(first, first + 3))

        await asyncio.gather(*(raised(number % 3) for number in range(times)))

    async def prepare(database: SqliteDatabase) -> None:
        for number in (2, 3):
            await database.write(lambda tx, number=number: add(tx, number))

    async def begun(database: SqliteDatabase) -> None:
        try:
            await work(database)
        except BaseException as error:
            failures.append(error)

    def process() -> None:
        async def body() -> None:
            database = SqliteDatabase(path, synchronous="NORMAL", turn=copy.copy(turn))
            try:
                await begun(database)
            finally:
                await database.close()

        asyncio.run(body())

    using(path, turn, prepare)
    threads = [threading.Thread(target=process) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []

    async def read(database: SqliteDatabase) -> list[int]:
        async with database.reader() as reader:
            return [await reader.value(plain, organization_id=key(row)) for row in (1, 2, 3)]

    async def reopened() -> list[int]:
        database = SqliteDatabase(path, synchronous="NORMAL")
        try:
            return await read(database)
        finally:
            await database.close()

    assert sum(asyncio.run(reopened())) == 3 * times
    assert len(numbers) == len(set(numbers)) == 9 * times
