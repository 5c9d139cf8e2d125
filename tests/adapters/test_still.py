"""What a transaction may believe of a row: right or wrong, nothing comes of it that looking first would not give."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from handrail.ports.database import Transaction
from handrail.schema.statement import Statement
from handrail.schema.tables import groups
from handrail.schema.words import is_, own
from tests.adapters.test_contract import Failed, Groups, rename
from tests.support.server import Org

KEY = "1" * 32
revision = Statement[tuple[int]](sa.select(groups.c.updated_at).where(own(groups), is_(groups.c.id)).with_for_update())


class Counter(Groups):
    """A row whose `updated_at` counts its changes, and what somebody remembers of it."""

    def __init__(self, org: Org) -> None:
        super().__init__(org)
        self.remembered = 0
        self.told: list[bool] = []
        self.server.write(lambda tx: self.add(tx, "0", id=KEY))

    async def still(self, tx: Transaction, value: int) -> bool:
        told = await tx.still(revision, value, organization_id=self.organization_id, id=KEY)
        self.told.append(told)
        return told

    async def value(self, tx: Transaction) -> int:
        return int(await tx.value(revision, organization_id=self.organization_id, id=KEY))

    async def set(self, tx: Transaction, value: int) -> None:
        where = {"organization_id": self.organization_id, "id": KEY}
        await tx.defer(rename, name=str(value), updated_at=value, **where)

    async def raise_by_one(self, tx: Transaction) -> int:
        value = self.remembered
        if not await self.still(tx, value):
            value = await self.value(tx)
        await self.set(tx, value + 1)
        tx.after_commit(lambda: setattr(self, "remembered", value + 1))
        return value + 1


@pytest.fixture
def counter(org: Org) -> Counter:
    return Counter(org)


def test_what_holds_is_written(counter: Counter) -> None:
    assert counter.server.write(counter.raise_by_one) == 1
    assert counter.server.write(counter.raise_by_one) == 2
    assert counter.told == [True, True]
    assert counter.now() == ["2"]


def test_who_was_wrong_is_run_again_and_told(counter: Counter) -> None:
    counter.server.write(lambda tx: counter.set(tx, 5))
    assert counter.server.write(counter.raise_by_one) == 6
    assert counter.told[-1] is False
    assert counter.now() == ["6"]
    assert counter.remembered == 6


def test_row_that_is_gone_is_not_as_it_was(counter: Counter) -> None:
    async def body(tx: Transaction) -> str:
        found = await tx.still(revision, 0, organization_id=counter.organization_id, id="2" * 32)
        await counter.set(tx, 9)
        return "there" if found else "gone"

    assert counter.server.write(body) == "gone"


def test_nobody_is_overwritten(counter: Counter) -> None:
    async def work() -> list[int]:
        return await asyncio.gather(*(counter.database.write(counter.raise_by_one) for _ in range(40)))

    assert sorted(counter.server.run(work)) == list(range(1, 41))
    assert counter.now() == ["40"]


@pytest.mark.parametrize("reads", [False, True])
def test_refusal_that_rests_on_what_does_not_hold_is_none(counter: Counter, reads: bool) -> None:
    async def body(tx: Transaction) -> str:
        told = await counter.still(tx, 7)
        if reads:
            await counter.value(tx)
        if told:
            raise Failed
        return "looked"

    assert counter.server.write(body) == "looked"


def test_refusal_that_rests_on_what_holds_leaves_nothing(counter: Counter) -> None:
    async def body(tx: Transaction) -> None:
        assert await counter.still(tx, 0)
        await counter.set(tx, 1)
        raise Failed

    with pytest.raises(Failed):
        counter.server.write(body)
    assert counter.now() == ["0"]


def test_answer_without_a_change_is_looked_after_too(counter: Counter) -> None:
    assert counter.server.write(lambda tx: counter.still(tx, 3)) is False
    assert counter.server.write(lambda tx: counter.still(tx, 0)) is True


def test_it_is_one_statement(counter: Counter) -> None:
    database: Any = counter.database
    if database.dialect == "sqlite":
        # a batch that an earlier test has spoilt is no matter here
        database._batch._careful_until = 0.0
    statements: list[str] = []
    database.observer = statements.append
    try:
        counter.server.write(counter.raise_by_one)
    finally:
        database.observer = None
    assert len(statements) == 1
    if database.dialect == "postgresql":
        assert statements[0].startswith("WITH believed (value) AS (SELECT")
    else:
        assert statements[0].endswith("AND groups.updated_at = ?")


def test_belief_in_one_row_and_change_of_another(counter: Counter) -> None:
    other = {"organization_id": counter.organization_id, "id": "2" * 32}
    counter.server.write(lambda tx: counter.add(tx, "other", id="2" * 32))

    async def body(tx: Transaction) -> bool:
        told = await counter.still(tx, 1)
        await tx.defer(rename, name="right" if told else "refuted", updated_at=7, **other)
        return told

    assert counter.server.write(body) is False
    counter.server.write(lambda tx: counter.set(tx, 1))
    assert counter.server.write(body) is True
    assert sorted(counter.now()) == ["1", "right"]


def test_a_refusal_after_the_change_leaves_what_others_wrote(counter: Counter) -> None:
    """Of requests that wait together one has a wrong belief, one is refused after it has written."""

    async def refused(tx: Transaction) -> None:
        await counter.still(tx, counter.remembered)
        await counter.set(tx, 99)
        raise Failed

    async def work() -> list[Any]:
        counter.remembered = 5
        bodies = (counter.raise_by_one, refused, counter.raise_by_one, counter.raise_by_one)
        return await asyncio.gather(*(counter.database.write(one) for one in bodies), return_exceptions=True)

    found = counter.server.run(work)
    assert [type(one) for one in found] == [int, Failed, int, int]
    assert sorted(one for one in found if isinstance(one, int)) == [1, 2, 3]
    assert counter.now() == ["3"]
