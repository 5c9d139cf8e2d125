"""A batch is as good as its requests one after another, whatever fails in it, and however often it is run."""

import asyncio
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from handrail.adapters.sqlite import connect, translated
from handrail.adapters.sqlite_batch import Changing, GroupCommit
from handrail.adapters.sqlite_in_turn import CommitInTurn
from handrail.adapters.sqlite_turn import Turn
from handrail.kernel.errors import Unavailable
from handrail.ports.database import DuplicateKey

Kind = Literal["write", "refuse", "write and fail", "write twice"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def writing(key: int) -> tuple[Kind, int]:
    return ("write", key)


class Refused(Exception):
    """What a body raises in these tests."""


class Changes:
    """What bodies of these tests are given."""

    def __init__(self, store: "Store") -> None:
        self.store = store
        self.callbacks: list[object] = []
        self.organizations: set[str] = set()
        self.believed: set[tuple[Any, ...]] | None = None
        self.is_undone = False
        store.made.append(self)

    def look(self) -> None:
        """Nothing is believed."""

    def undone(self) -> None:
        self.is_undone = True

    def add(self, key: int) -> None:
        self.organizations.add(f"organization of {key}")
        try:
            self.store.connection.execute("INSERT INTO rows VALUES (?)", (key,))
        except sqlite3.Error as error:
            raise translated(error) from error


class Store:
    """A table of keys behind a group commit."""

    def __init__(self, path: Path, turn: Turn | None = None) -> None:
        self.connection = connect(path, synchronous="NORMAL")
        self.connection.execute("PRAGMA busy_timeout=0")
        self.connection.execute("CREATE TABLE IF NOT EXISTS rows (key INTEGER PRIMARY KEY)")
        self.made: list[Changes] = []
        self.told: list[set[str]] = []
        self.tidied = 0
        self.statements: list[str] = []
        given = (self.connection, self._changes, self.told.append, self._tidy, translated)
        self.batch = GroupCommit(*given) if turn is None else CommitInTurn(turn, *given)
        self.connection.set_trace_callback(self.statements.append)

    def _tidy(self) -> None:
        assert not self.connection.in_transaction
        self.tidied += 1

    def _changes(self) -> Changing:
        return Changes(self)  # pyright: ignore[reportReturnType]

    def keys(self) -> list[int]:
        return [row[0] for row in self.connection.execute("SELECT key FROM rows ORDER BY key")]

    async def write(self, kind: Kind, key: int, told: list[int] | None = None) -> int:
        async def body(changes: Changes) -> int:
            if kind == "refuse":
                raise Refused
            changes.add(key)
            if told is not None:
                changes.callbacks.append(partial(told.append, key))
            if kind == "write and fail":
                raise Refused
            if kind == "write twice":
                changes.add(-key - 1)
                changes.add(key)
            return key

        return await self.batch.write(body)


@pytest.fixture(params=["alone", "in turn"])
def turn(request: pytest.FixtureRequest) -> Iterator[Turn | None]:
    turn = Turn() if request.param == "in turn" else None
    yield turn
    if turn is not None:
        turn.close()


@pytest.fixture
def store(tmp_path: Path, turn: Turn | None, monkeypatch: pytest.MonkeyPatch) -> Store:
    # however busy the machine is, a batch is not cut short
    monkeypatch.setattr("handrail.adapters.sqlite_in_turn.BATCH_SECONDS", 60.0)
    return Store(tmp_path / "rows.db", turn)


def together(store: Store, *asked: tuple[Kind, int], told: list[int] | None = None) -> list[int | BaseException]:
    async def work() -> list[int | BaseException]:
        return await asyncio.gather(*(store.write(kind, key, told) for kind, key in asked), return_exceptions=True)

    return asyncio.run(work())


def test_one_commit_and_no_savepoint_where_all_is_well(store: Store) -> None:
    told: list[int] = []
    assert together(store, *[writing(key) for key in range(20)], told=told) == list(range(20))
    assert store.keys() == told == list(range(20))
    assert store.statements.count("COMMIT") == 1
    assert not any(text.startswith("SAVEPOINT") for text in store.statements)
    assert store.told == [{f"organization of {key}" for key in range(20)}]
    assert store.tidied == 1


def test_a_refusal_leaves_the_batch_alone(store: Store) -> None:
    found = together(store, ("write", 1), ("refuse", 2), ("write", 3))
    assert [type(one) for one in found] == [int, Refused, int]
    assert store.keys() == [1, 3]
    assert store.statements.count("ROLLBACK") == 0
    assert len(store.made) == 3


def test_what_fails_after_writing_is_left_out_and_the_others_are_run_again(store: Store) -> None:
    told: list[int] = []
    found = together(store, ("write", 1), ("refuse", 2), ("write and fail", 3), ("write", 4), told=told)
    assert [type(one) for one in found] == [int, Refused, Refused, int]
    assert store.keys() == told == [1, 4]
    assert store.statements.count("ROLLBACK") == 1
    assert store.statements.count("COMMIT") == 1
    # the first and the third were run twice; what was undone says so
    assert [changes.is_undone for changes in store.made] == [True, False, True, False, True, False]
    assert store.told == [{"organization of 1", "organization of 4"}]


def test_half_of_a_failed_body_is_not_there(store: Store) -> None:
    found = together(store, ("write", 1), ("write twice", 5), ("write", 7))
    assert [type(one) for one in found] == [int, DuplicateKey, int]
    assert store.keys() == [1, 7]


def test_savepoints_for_a_while_after_a_spoilt_batch(
    store: Store, turn: Turn | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    together(store, ("write", 1), ("write and fail", 2))
    store.statements.clear()
    found = together(store, ("write", 3), ("write and fail", 4), ("write", 5))
    assert [type(one) for one in found] == [int, Refused, int]
    assert store.keys() == [1, 3, 5]
    assert store.statements.count("ROLLBACK") == 0
    # alone, the first of a batch can be taken back with all of it
    assert store.statements.count("SAVEPOINT request") == (2 if turn is None else 3)
    monkeypatch.setattr("handrail.adapters.sqlite_batch.time.monotonic", lambda: 1e12)
    store.statements.clear()
    together(store, ("write", 6), ("write", 8))
    assert "SAVEPOINT request" not in store.statements


def test_all_are_refused_when_the_batch_cannot_be_opened_again(store: Store, tmp_path: Path) -> None:
    """Another process takes the lock between the two."""
    other = sqlite3.connect(tmp_path / "rows.db", isolation_level=None)

    def take(text: str) -> None:
        if text == "ROLLBACK":
            # a statement is traced when it begins: the lock is free when the next one does
            store.connection.set_trace_callback(take_now)

    def take_now(text: str) -> None:
        store.connection.set_trace_callback(None)
        other.execute("BEGIN IMMEDIATE")

    store.connection.set_trace_callback(take)
    found = together(store, ("write", 1), ("write and fail", 2))
    other.execute("ROLLBACK")
    other.close()
    assert [type(one) for one in found] == [Unavailable, Unavailable]
    assert store.keys() == []
    assert together(store, ("write", 3)) == [3]
    assert store.keys() == [3]


def test_all_are_refused_when_the_store_ends_the_transaction_by_itself(store: Store, turn: Turn | None) -> None:
    async def work() -> list[object]:
        async def body(changes: Changes) -> None:
            changes.add(9)
            store.connection.execute("ROLLBACK")
            raise Refused

        writing = [store.write("write", 1), store.batch.write(body), store.write("write", 2)]
        return await asyncio.gather(*writing, return_exceptions=True)

    found = asyncio.run(work())
    assert [type(one) for one in found] == [Unavailable, Refused if turn is None else Unavailable, int]
    assert store.keys() == [2]


requests = some.lists(
    some.tuples(some.sampled_from(KINDS), some.integers(0, 12)),
    max_size=25,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=requests, waves=some.integers(1, 4), careful=some.booleans())
def test_any_batch_is_as_its_requests_one_after_another(
    tmp_path_factory: pytest.TempPathFactory,
    turn: Turn | None,
    asked: list[tuple[Kind, int]],
    waves: int,
    careful: bool,
) -> None:
    kept: set[int] = set()
    expected: list[type[object]] = []
    for kind, key in asked:
        if kind == "refuse":
            expected.append(Refused)
        elif key in kept:
            expected.append(DuplicateKey)
        elif kind == "write and fail":
            expected.append(Refused)
        elif kind == "write twice":
            expected.append(DuplicateKey)
        else:
            kept.add(key)
            expected.append(int)
    store = Store(tmp_path_factory.mktemp("batch") / "rows.db", turn)
    if careful:
        together(store, ("write", 100), ("write and fail", 101))
        kept.add(100)
    told: list[int] = []
    found: list[int | BaseException] = []
    for wave in range(waves):
        size = -(-len(asked) // waves)
        found += together(store, *asked[wave * size : (wave + 1) * size], told=told)
    assert [type(one) for one in found] == expected
    assert store.keys() == sorted(kept)
    assert sorted(told) == sorted(kept - {100})
    store.connection.close()


def test_who_comes_a_moment_later_is_in_the_same_batch(tmp_path: Path) -> None:
    store = Store(tmp_path / "moment.db", Turn())

    async def work() -> None:
        first = asyncio.ensure_future(store.write("write", 1))
        # the first one has asked, and the turn is free
        await asyncio.sleep(0)
        await asyncio.gather(first, store.write("write", 2))

    asyncio.run(work())
    assert store.told == [{"organization of 1", "organization of 2"}]
