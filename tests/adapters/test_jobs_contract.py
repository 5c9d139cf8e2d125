"""What the jobs port promises, held on both queues."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from handrail.adapters.jobs_rows import DIED_WITH_WORKER
from handrail.adapters.jobs_schedules import Scheduler, first_slot, last_slot
from handrail.kernel.clock import FixedClock, SystemClock
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction
from handrail.ports.jobs import Attempt, Catalogue, Retry, Schedule
from handrail.schema.migrate import upgrade_postgres, upgrade_sqlite
from tests.adapters.queues import QUICK, Queue, Store, inside, outside, until
from tests.conftest import DATABASES


@pytest.fixture(scope="module")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("empty") / "handrail.db"
    upgrade_sqlite(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def migrated_postgres(module_postgres: str) -> str:
    asyncio.run(upgrade_postgres(module_postgres))
    return module_postgres


async def emptied(dsn: str) -> None:
    connection: Any = await asyncpg.connect(dsn)
    await connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, jobs, schedule_slots CASCADE")
    await connection.close()


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty queue."""
    if request.param == "sqlite":
        path = tmp_path / "handrail.db"
        path.write_bytes(request.getfixturevalue("empty_sqlite"))
        yield Store(str(path), tmp_path)
        return
    dsn = request.getfixturevalue("migrated_postgres")
    asyncio.run(emptied(dsn))
    yield Store(dsn, tmp_path)


class Seen(list[int]):
    """Notes the numbers of the jobs it is given as a handler."""

    async def __call__(self, given: Attempt) -> None:
        self.append(given.job.payload["number"])


class Failed(Exception):
    """What handlers and bodies raise in these tests."""


# asking


def test_asked_for_in_a_transaction_that_commits(store: Store) -> None:
    seen = Seen()

    async def work(queue: Queue) -> None:
        async with queue.working():
            await queue.ask("note", 1)
            await until(lambda: seen == [1])
            await until(lambda: none_left(queue, "note"))

    store.run(work, outside("note", seen))


def test_asked_for_in_a_transaction_that_fails(store: Store) -> None:
    seen = Seen()

    async def work(queue: Queue) -> None:
        async def body(tx: Transaction) -> None:
            await queue.jobs.defer(tx, "note", {"number": 1}, key="k")
            assert await queue.jobs.unfinished(tx, "note") == 1
            raise Failed

        async with queue.working():
            with pytest.raises(Failed):
                await queue.database.write(body)
            assert await queue.unfinished("note") == 0
            # what comes after it is not held up by what never was
            await queue.ask("note", 2, key="k")
            await until(lambda: bool(seen))

    store.run(work, outside("note", seen))
    assert seen == [2]


def test_asked_for_while_nobody_works(store: Store) -> None:
    seen = Seen()

    async def work(queue: Queue) -> None:
        await queue.ask("note", 1, 2)
        assert await queue.unfinished("note") == 2
        assert await queue.unfinished("other") == 0
        await queue.work_until(lambda: none_left(queue, "note"))

    store.run(work, outside("note", seen))
    assert sorted(seen) == [1, 2]


def test_payload_and_key_come_as_they_were_given(store: Store) -> None:
    payload = {"text": "Ünïcode \u2028 'quoted' \\ $1 %s", "nested": {"list": [1, 2.5, None, True, {}]}, "": 2**53}
    found: list[Attempt] = []

    async def handler(given: Attempt) -> None:
        found.append(given)

    async def work(queue: Queue) -> None:
        await queue.database.write(lambda tx: queue.jobs.defer(tx, "look", payload, key="a 'key'"))
        await queue.work_until(lambda: bool(found))
        assert found[0].jobs is queue.jobs
        assert found[0].database is queue.database

    store.run(work, outside("look", handler))
    job = found[0].job
    assert (dict(job.payload), job.key, job.name, job.attempt) == (payload, "a 'key'", "look", 1)


# time


def test_not_before_its_time(store: Store) -> None:
    moments: dict[int, int] = {}
    clock = SystemClock()

    async def handler(given: Attempt) -> None:
        moments[given.job.payload["number"]] = clock.now()

    async def work(queue: Queue) -> None:
        async with queue.working():
            later = clock.now() + 1200
            await queue.ask("note", 1, run_at=later)
            await queue.ask("note", 2)
            await until(lambda: 1 in moments)
            assert 0 <= moments[1] - later < 5000
            assert moments[2] < later

    store.run(work, outside("note", handler))


def test_overdue_at_the_start(store: Store) -> None:
    seen = Seen()

    async def work(queue: Queue) -> None:
        await queue.ask("note", 1, run_at=SystemClock().now() - 86_400_000)
        await queue.work_until(lambda: seen == [1])

    store.run(work, outside("note", seen))


# failures


def test_failures_are_tried_again_with_growing_pauses(store: Store) -> None:
    attempts: list[tuple[int, int]] = []

    async def handler(given: Attempt) -> None:
        attempts.append((given.job.attempt, SystemClock().now()))
        if given.job.attempt < 3:
            raise Failed("not yet")

    async def work(queue: Queue) -> None:
        await queue.ask("fail", 1)
        await queue.work_until(lambda: none_left(queue, "fail"))
        assert await queue.dead() == []

    store.run(work, outside("fail", handler, Retry(attempts=3, first=0.3, factor=3, jitter=0)))
    assert [attempt for attempt, _ in attempts] == [1, 2, 3]
    first, second, third = (moment for _, moment in attempts)
    # both moments are cut to whole milliseconds, and so is the one in between from which the pause counts
    assert second - first >= 299
    assert third - second >= 899


def test_effect_in_the_store_happens_once_and_only_with_the_end_of_the_job(store: Store) -> None:
    runs: list[int] = []

    async def handler(tx: Transaction, given: Attempt) -> None:
        runs.append(given.job.attempt)
        await tx.run(first_slot, schedule="mark", slot=given.job.attempt)
        assert await given.jobs.unfinished(tx, "mark") == 0
        if given.job.attempt < 3:
            raise Failed

    async def work(queue: Queue) -> None:
        await queue.ask("mark", 1)
        await queue.work_until(lambda: none_left(queue, "mark"))
        async with queue.database.reader() as reader:
            # the rows of the failed attempts would be in the way of this one
            assert await reader.value(last_slot, schedule="mark") == 3

    store.run(work, inside("mark", handler))
    assert runs == [1, 2, 3]


def test_jobs_ask_for_jobs(store: Store) -> None:
    seen = Seen()

    async def handler(tx: Transaction, given: Attempt) -> None:
        await given.jobs.defer(tx, "note", {"number": given.job.attempt}, key=given.job.key)
        if given.job.attempt == 1:
            raise Failed

    async def work(queue: Queue) -> None:
        await queue.ask("parent", 1, key="k")
        await queue.work_until(lambda: bool(seen))
        assert await queue.unfinished("parent") == 0

    store.run(work, inside("parent", handler), outside("note", seen))
    assert seen == [2]


def test_given_up_after_the_last_attempt_and_asked_for_anew(store: Store) -> None:
    seen: list[tuple[int, int]] = []
    broken = True

    async def handler(given: Attempt) -> None:
        seen.append((given.job.payload["number"], given.job.attempt))
        if broken and given.job.payload["number"] == 1:
            raise Failed("the receiver is away")

    async def work(queue: Queue) -> None:
        nonlocal broken
        await queue.ask("send", 1, 2, key="receiver")
        await queue.work_until(lambda: none_left(queue, "send"))
        # the one behind it got its turn
        assert seen == [(1, 1), (1, 2), (1, 3), (2, 1)]
        (dead,) = await queue.dead()
        assert (dead.name, dead.payload, dead.key, dead.attempts) == ("send", {"number": 1}, "receiver", 3)
        assert dead.error == "Failed: the receiver is away"
        assert 0 <= SystemClock().now() - dead.died_at < 60_000
        broken = False
        with pytest.raises(NotFound):
            await queue.database.write(lambda tx: queue.jobs.retry(tx, dead.id + 1000))
        await queue.database.write(lambda tx: queue.jobs.retry(tx, dead.id))
        assert await queue.dead() == []
        with pytest.raises(NotFound):
            await queue.database.write(lambda tx: queue.jobs.retry(tx, dead.id))
        await queue.work_until(lambda: none_left(queue, "send"))
        assert seen[4:] == [(1, 1)]
        assert await queue.dead() == []

    store.run(work, outside("send", handler))


def test_dead_jobs_are_listed_page_by_page_the_latest_first(store: Store) -> None:
    async def handler(tx: Transaction, given: Attempt) -> None:
        raise Failed(f"number {given.job.payload['number']}")

    async def work(queue: Queue) -> None:
        await queue.ask("fail", 1, 2, 3, key="k")
        await queue.work_until(lambda: none_left(queue, "fail"))
        async with queue.database.reader() as reader:
            pages = [await queue.jobs.dead(reader, limit=2, offset=offset) for offset in (0, 2, 4)]
        assert [[dead.error for dead in page] for page in pages] == [
            ["Failed: number 3", "Failed: number 2"],
            ["Failed: number 1"],
            [],
        ]

    store.run(work, inside("fail", handler, Retry(attempts=1)))


def test_job_that_nothing_handles_waits_for_a_program_that_does(store: Store) -> None:
    seen = Seen()

    async def ignorant(queue: Queue) -> None:
        await queue.ask("note", 1)
        await queue.ask("other", 2)
        await queue.work_until(lambda: none_left(queue, "other"))
        await asyncio.sleep(0.3)
        assert await queue.unfinished("note") == 1
        assert await queue.dead() == []

    store.run(ignorant, outside("other", seen))
    store.run(lambda queue: queue.work_until(lambda: none_left(queue, "note")), outside("note", seen))
    assert seen == [2, 1]


# order


def test_one_key_one_after_another_in_order(store: Store) -> None:
    events: list[tuple[str, int, int]] = []

    async def handler(given: Attempt) -> None:
        number = given.job.payload["number"]
        events.append(("begin", number, given.job.attempt))
        await asyncio.sleep(0.01)
        events.append(("end", number, given.job.attempt))
        if number == 2 and given.job.attempt == 1:
            raise Failed

    async def work(queue: Queue) -> None:
        await queue.ask("one", 0, 1, key="k")
        await queue.ask("two", 2, key="k")
        await queue.ask("one", 3, 4, key="k")
        await queue.work_until(lambda: none_left(queue, "one", "two"))

    store.run(work, outside("one", handler), outside("two", handler))
    tries = [(0, 1), (1, 1), (2, 1), (2, 2), (3, 1), (4, 1)]
    assert events == [(word, *attempt) for attempt in tries for word in ("begin", "end")]


def test_job_that_waits_for_its_time_keeps_those_behind_it_waiting(store: Store) -> None:
    seen = Seen()

    async def work(queue: Queue) -> None:
        await queue.ask("note", 1, key="k", run_at=SystemClock().now() + 700)
        await queue.ask("note", 2, key="k")
        await queue.ask("note", 3, key="other")
        await queue.work_until(lambda: none_left(queue, "note"))

    store.run(work, outside("note", seen))
    assert seen == [3, 1, 2]


def test_different_keys_run_side_by_side_within_bounds(store: Store) -> None:
    at_once = 0
    most = 0

    async def handler(given: Attempt) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1

    async def work(queue: Queue) -> None:
        for number in range(12):
            await queue.ask("slow", number, key=f"k{number % 6}")
        await queue.work_until(lambda: none_left(queue, "slow"))

    store.run(work, outside("slow", handler), concurrency=4)
    assert 2 <= most <= 4


# workers that end


def test_worker_that_is_told_to_stop_finishes_or_gives_back(store: Store) -> None:
    ended: list[int] = []
    started = asyncio.Event()

    async def handler(given: Attempt) -> None:
        number = given.job.payload["number"]
        started.set()
        if number == 2 and given.job.payload["number"] not in ended and len(begun) == 0:
            begun.append(number)
            await asyncio.sleep(1000)
        await asyncio.sleep(0.2)
        ended.append(number)

    begun: list[int] = []

    async def work(queue: Queue) -> None:
        async with queue.working():
            await queue.ask("slow", 1, 2)
            await until(lambda: started.is_set() and begun == [2])
        assert ended == [1]
        assert await queue.unfinished("slow") == 1
        await queue.work_until(lambda: none_left(queue, "slow"))

    store.run(work, outside("slow", handler))
    assert ended == [1, 2]


def test_workers_share_the_work_and_do_each_job_once(store: Store) -> None:
    # both are there when the time comes
    store.run(lambda queue: ask_in_parts(queue, 120, SystemClock().now() + 10_000))
    with store.program(), store.program():
        found = store.until_seen(lambda lines: len(lines) >= 120)
        store.run(lambda queue: until(lambda: none_left(queue, "plain")))
    assert Counter(line["number"] for line in store.seen()) == Counter(range(120))
    assert len({line["process"] for line in found}) == 2


@pytest.mark.parametrize("name", ["hanging", "marking"])
def test_job_of_a_killed_worker_is_rescued(store: Store, name: str) -> None:
    async def ask(queue: Queue) -> None:
        await queue.ask(name, 1, key="k")
        await queue.ask("plain", 2, key="k")

    with store.program() as first:
        store.run(ask)
        store.until_seen(lambda lines: bool(lines))
        first.kill()
        first.wait()
    with store.program():
        found = store.until_seen(lambda lines: len(lines) == 3)
        store.run(lambda queue: until(lambda: none_left(queue, name, "plain")))
    assert [(line["number"], line["attempt"]) for line in found] == [(1, 1), (1, 2), (2, 1)]

    async def look(queue: Queue) -> None:
        async with queue.database.reader() as reader:
            mark = await reader.value(last_slot, schedule="mark 1")
        assert mark == (2 if name == "marking" else None)

    store.run(look)


def test_job_that_kills_its_workers_is_given_up(store: Store) -> None:
    with store.program() as first:
        store.run(lambda queue: queue.ask("hopeless", 1))
        store.until_seen(lambda lines: bool(lines))
        first.kill()
        first.wait()
    with store.program():
        store.run(lambda queue: until(lambda: none_left(queue, "hopeless")))
    (dead,) = store.run(lambda queue: queue.dead())
    assert (dead.name, dead.payload, dead.attempts, dead.error) == ("hopeless", {"number": 1}, 1, DIED_WITH_WORKER)
    assert len(store.seen()) == 1


# schedules

MINUTE = 60_000
NOON = 1_800_000_000_000 // MINUTE * MINUTE


def scheduler(queue: Queue, clock: FixedClock, *schedules: Schedule) -> Scheduler:
    return Scheduler(queue.database, queue.jobs, schedules, clock)


def test_slots_are_taken_once_and_the_last_missed_one_is_made_up_for(store: Store) -> None:
    slots: list[int] = []
    clock = FixedClock(NOON + 5000)

    async def handler(given: Attempt) -> None:
        slots.append(given.job.payload["slot"])

    async def work(queue: Queue) -> None:
        each_minute = Schedule(job="tick", cron="* * * * *")
        one, other = scheduler(queue, clock, each_minute), scheduler(queue, clock, each_minute)

        async def after(milliseconds: int) -> list[int]:
            clock.advance(milliseconds)
            await one.look()
            await other.look()
            await queue.work_until(lambda: none_left(queue, "tick"))
            taken, slots[:] = list(slots), []
            return taken

        # what came before there was a schedule is none of its business
        assert await after(0) == []
        assert await after(MINUTE) == [NOON + MINUTE]
        assert await after(MINUTE - 6000) == []
        assert await after(1000) == [NOON + 2 * MINUTE]
        # nobody was there for an hour, and those who come then know nothing of what was
        one, other = scheduler(queue, clock, each_minute), scheduler(queue, clock, each_minute)
        assert await after(0) == []
        one, other = scheduler(queue, clock, each_minute), scheduler(queue, clock, each_minute)
        assert await after(60 * MINUTE) == [NOON + 62 * MINUTE]
        # the clock is set back, and comes to the same slots again
        assert await after(-5 * MINUTE) == []
        assert await after(5 * MINUTE) == []
        assert await after(MINUTE) == [NOON + 63 * MINUTE]

    store.run(work, outside("tick", handler))


def test_slot_is_left_out_while_the_job_of_another_is_unfinished(store: Store) -> None:
    slots: list[int] = []
    clock = FixedClock(NOON)

    async def handler(given: Attempt) -> None:
        slots.append(given.job.payload["slot"])

    async def work(queue: Queue) -> None:
        plan = scheduler(queue, clock, Schedule(job="tick", cron="*/2 * * * * *", key="k"))
        for _ in range(4):
            await plan.look()
            clock.advance(2000)
        assert await queue.unfinished("tick") == 1
        await queue.work_until(lambda: none_left(queue, "tick"))
        await plan.look()
        assert await queue.unfinished("tick") == 1

    store.run(work, outside("tick", handler))
    assert slots == [NOON + 2000]


def test_schedule_that_asks_first(store: Store) -> None:
    clock = FixedClock(NOON)
    asked: list[int] = []
    answer = False

    async def wanted(reader: Reader, now: int) -> bool:
        assert await reader.value(last_slot, schedule="nothing") is None
        asked.append(now)
        return answer

    async def work(queue: Queue) -> None:
        nonlocal answer
        plan = scheduler(queue, clock, Schedule(job="tick", cron="* * * * * *", wanted=wanted))
        for _ in range(3):
            await plan.look()
            clock.advance(500)
        assert asked == [NOON, NOON + 1000]
        assert await queue.unfinished("tick") == 0
        answer = True
        clock.advance(500)
        await plan.look()
        # it has something to do now, so it does not wait for the next slot
        assert await queue.unfinished("tick") == 1

    store.run(work, outside("tick", Seen()))


def test_slots_of_two_workers(store: Store) -> None:
    with store.program("tick"), store.program("tick"):
        found = store.until_seen(lambda lines: len(lines) >= 4)
    slots = [line["slot"] for line in found]
    assert len(set(slots)) == len(slots)
    assert slots == sorted(slots)
    assert all(slot % 1000 == 0 for slot in slots)
    assert max(later - earlier for earlier, later in itertools.pairwise(slots)) <= 5000


def test_mistakes_in_a_catalogue_are_told() -> None:
    seen = Seen()
    with pytest.raises(ValueError, match="two handlers are called a"):
        Catalogue([outside("a", seen), outside("a", seen)])
    with pytest.raises(ValueError, match="nothing handles b"):
        Catalogue([outside("a", seen)], [Schedule(job="b", cron="* * * * *")])
    assert Catalogue([outside("a", seen)]).retry_of("a") is QUICK


async def none_left(queue: Queue, *names: str) -> bool:
    return sum([await queue.unfinished(name) for name in names]) == 0


async def ask_in_parts(queue: Queue, count: int, run_at: int) -> None:
    for number in range(0, count, 10):
        await queue.ask("plain", *range(number, number + 10), run_at=run_at)
