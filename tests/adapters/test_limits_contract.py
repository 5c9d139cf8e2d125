"""What the limiter port promises, held on every adapter: the same answers to the same questions, to the last number."""

import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.adapters.limits_memory import MemoryLimiter
from handrail.adapters.limits_redis import PREFIX, RedisLimiter
from handrail.adapters.limits_shared import NEAR, PLACES, Book, SharedLimiter
from handrail.kernel.clock import FixedClock
from handrail.ports.limiter import STEPS, Allowance, Counted, Limiter, Window
from tests.support.redis import RedisServer, running_redis, valkey

# the beginning of a minute and of an hour
START = 1_803_888_000_000


class Counting:
    """A limiter whose clock stands still, asked from outside of its event loop."""

    def __init__(self, limiter: Limiter, clock: FixedClock, runner: asyncio.Runner) -> None:
        self.limiter = limiter
        self.clock = clock
        self.runner = runner

    def take(self, *wanted: tuple[str, int, int]) -> Counted:
        return self.runner.run(self.limiter.take([Allowance(*each) for each in wanted]))

    def look(self, *wanted: tuple[str, int, int]) -> Counted:
        return self.runner.run(self.limiter.look([Allowance(*each) for each in wanted]))

    def give_back(self, *wanted: tuple[str, int, int]) -> None:
        self.runner.run(self.limiter.give_back([Allowance(*each) for each in wanted]))

    def fit(self, times: int, *wanted: tuple[str, int, int]) -> int:
        """How many of so many are counted."""
        return sum(self.take(*wanted).fits for _ in range(times))


Kind = tuple[str, RedisServer | None]


@contextlib.contextmanager
def counting(kind: Kind) -> Iterator[Counting]:
    clock = FixedClock(START)
    name, redis = kind
    with asyncio.Runner() as runner, contextlib.closing(Book()) as book:
        limiter: Limiter
        if redis is not None:
            limiter = RedisLimiter(redis.url, clock)
        else:
            limiter = MemoryLimiter(clock) if name == "memory" else SharedLimiter(book, clock)
        try:
            yield Counting(limiter, clock, runner)
        finally:
            runner.run(limiter.close())


@pytest.fixture(scope="module")
def valkey_server() -> Iterator[RedisServer]:
    """A real Valkey, where one is to be had."""
    program = valkey()
    if program is None:
        pytest.skip("no Valkey for this machine")
    with running_redis(program) as server:
        yield server


@pytest.fixture(params=["memory", "shared", "redis", "valkey"])
def kind(request: pytest.FixtureRequest) -> Kind:
    if request.param in ("memory", "shared"):
        return request.param, None
    server: RedisServer = request.getfixturevalue("redis" if request.param == "redis" else "valkey_server")
    server.empty()
    return request.param, server


def test_valkey_is_valkey(valkey_server: RedisServer) -> None:
    with contextlib.closing(valkey_server.client()) as client:
        assert client.info("server")["server_name"] == "valkey"  # pyright: ignore[reportIndexIssue]


@pytest.fixture
def count(kind: Kind) -> Iterator[Counting]:
    with counting(kind) as found:
        yield found


def test_counts_to_the_limit_and_not_beyond(count: Counting) -> None:
    windows = [count.take(("a", 3, 60)).windows[0] for _ in range(3)]
    assert [window.remaining for window in windows] == [2, 1, 0]
    refused = count.take(("a", 3, 60))
    assert not refused.fits
    assert refused.windows == (Window(3, 0, START // 1000 + 61, 61),)


def test_all_or_nothing(count: Counting) -> None:
    assert count.fit(5, ("a", 2, 60), ("a", 4, 3600), ("b", 4, 60)) == 2
    # what was refused was counted nowhere
    assert [window.remaining for window in count.look(("a", 4, 3600), ("b", 4, 60)).windows] == [2, 2]
    assert count.fit(5, ("a", 4, 3600), ("a", 9, 60)) == 2


def test_looking_counts_nothing(count: Counting) -> None:
    for _ in range(5):
        looked = count.look(("a", 1, 60))
        assert looked.fits
        assert looked.windows == (Window(1, 1, START // 1000, 0),)
    assert count.take(("a", 1, 60)).fits
    assert not count.look(("a", 1, 60)).fits


def test_what_is_given_back_is_counted_no_more(count: Counting) -> None:
    assert count.fit(5, ("a", 3, 60), ("a", 3, 3600)) == 3
    count.give_back(("a", 3, 60))
    assert [window.remaining for window in count.look(("a", 3, 60), ("a", 3, 3600)).windows] == [1, 0]
    count.give_back(("a", 3, 60), ("a", 3, 3600))
    assert count.fit(5, ("a", 3, 60), ("a", 3, 3600)) == 1
    for _ in range(5):
        count.give_back(("a", 3, 60), ("a", 3, 3600), ("never", 3, 60))
    # not below nothing, and then no place has to come free
    assert count.look(("a", 3, 60)).windows == (Window(3, 3, START // 1000, 0),)
    assert count.fit(5, ("a", 3, 60), ("a", 3, 3600)) == 3


def test_the_latest_one_is_given_back(count: Counting) -> None:
    for _ in range(2):
        assert count.take(("a", 2, 60)).fits
        count.clock.advance(18_000)
    count.give_back(("a", 2, 60))
    assert count.take(("a", 2, 60)).fits
    # the first counts as it did
    assert count.look(("a", 2, 60)).windows[0].resets_in == 61 - 36


def test_nothing_wanted_always_fits(count: Counting) -> None:
    assert count.take() == count.look() == Counted(True, ())


def test_keys_and_windows_are_counted_apart(count: Counting) -> None:
    assert count.fit(3, ("a", 1, 60)) == 1
    assert count.fit(3, ("b", 1, 60)) == 1
    assert count.fit(3, ("a", 1, 3600)) == 1


def test_window_slides(count: Counting) -> None:
    assert count.fit(2, ("a", 3, 60)) == 2
    count.clock.advance(18_000)
    assert count.fit(2, ("a", 3, 60)) == 1
    count.clock.advance(42_000)
    # a whole minute after the first, these still count, for a thousandth of a minute
    assert not count.take(("a", 3, 60)).fits
    count.clock.advance(60)
    assert count.fit(3, ("a", 3, 60)) == 2
    # the second
    count.clock.advance(17_999)
    assert not count.take(("a", 3, 60)).fits
    count.clock.advance(1)
    assert count.fit(2, ("a", 3, 60)) == 1


def test_what_is_long_ago_is_forgotten(count: Counting) -> None:
    assert count.fit(3, ("a", 3, 60), ("a", 3, 3600)) == 3
    count.clock.advance(3_700_000)
    assert count.fit(5, ("a", 3, 60), ("a", 3, 3600)) == 3


def test_limits_may_change(count: Counting) -> None:
    for _ in range(4):
        assert count.take(("a", 4, 60)).fits
        count.clock.advance(6_000)
    assert count.take(("a", 5, 60)).windows[0].remaining == 0
    # two places of five are wanted: room comes when four have left, of which the fourth came at 18 seconds
    lowered = count.take(("a", 2, 60))
    assert not lowered.fits
    assert lowered.windows == (Window(2, 0, START // 1000 + 79, 55),)
    count.clock.advance(54_059)
    assert not count.take(("a", 2, 60)).fits
    count.clock.advance(1)
    assert count.take(("a", 2, 60)).fits


def test_clock_that_is_set_back_does_not_free_anything(count: Counting) -> None:
    assert count.fit(2, ("a", 3, 60)) == 2
    count.clock.advance(-30_000)
    assert count.fit(3, ("a", 3, 60)) == 1
    count.clock.advance(30_000 + 60_060)
    assert count.fit(5, ("a", 3, 60)) == 3


def test_high_limits_need_no_more_room(count: Counting, kind: Kind) -> None:
    for _ in range(4 * STEPS):
        assert count.take(("a", 1_000_000, 60)).fits
        count.clock.advance(25)
    used = 1_000_000 - count.look(("a", 1_000_000, 60)).windows[0].remaining
    assert 60_000 / 25 <= used <= 60_120 / 25
    if isinstance(count.limiter, MemoryLimiter):
        log = count.limiter._logs[60]["a"]  # pyright: ignore[reportPrivateUsage]
        assert len(log.steps) <= STEPS + 1
    if kind[1] is not None:
        with contextlib.closing(kind[1].client()) as client:
            assert client.llen(f"{PREFIX}:60:a") <= 2 * (STEPS + 2)  # pyright: ignore[reportOperatorIssue]
            assert 0 < client.ttl(f"{PREFIX}:60:a") <= 62  # pyright: ignore[reportOperatorIssue]


def test_many_at_once_share_exactly_the_limit(count: Counting) -> None:
    async def work() -> list[Counted]:
        wanted = [Allowance("a", 300, 60), Allowance("a", 3000, 3600)]
        return await asyncio.gather(*(count.limiter.take(wanted) for _ in range(500)))

    assert sum(counted.fits for counted in count.runner.run(work())) == 300


class Model:
    """The port's words as plainly as they can be written: every moment is kept, and all are looked at."""

    def __init__(self) -> None:
        self.moments: dict[tuple[str, int], list[int]] = {}

    def ask(self, wanted: Sequence[Allowance], now: int, *, take: bool) -> Counted:
        held = [self._held(allowance, now) for allowance in wanted]
        fits = all(len(steps) < allowance.limit for allowance, steps in zip(wanted, held, strict=True))
        if fits and take:
            for allowance, steps in zip(wanted, held, strict=True):
                steps.append(now // allowance.seconds)
        return Counted(fits, tuple(self._window(*pair, now) for pair in zip(wanted, held, strict=True)))

    def give_back(self, wanted: Sequence[Allowance], now: int) -> None:
        for allowance in wanted:
            del self._held(allowance, now)[-1:]

    def _held(self, allowance: Allowance, now: int) -> list[int]:
        steps = self.moments.setdefault((allowance.key, allowance.seconds), [])
        steps[:] = [step for step in steps if now < (step + STEPS + 1) * allowance.seconds]
        return steps

    @staticmethod
    def _window(allowance: Allowance, steps: list[int], now: int) -> Window:
        opens_at = now
        if steps:
            too_many = max(0, len(steps) - allowance.limit)
            opens_at = (steps[too_many] + STEPS + 1) * allowance.seconds
        wait = opens_at - now
        return Window(
            allowance.limit,
            max(0, allowance.limit - len(steps)),
            opens_at // 1000 + bool(opens_at % 1000),
            wait // 1000 + bool(wait % 1000),
        )


allowances = st.lists(
    st.builds(Allowance, st.sampled_from("ab"), st.integers(1, 6), st.sampled_from([1, 7, 60])),
    max_size=3,
    unique_by=lambda allowance: (allowance.key, allowance.seconds),
)
kinds = st.sampled_from(["take", "take", "look", "give back"])
moves = st.tuples(st.one_of(st.just(0), st.integers(0, 70_000)), kinds, allowances)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(moves, max_size=40))
def test_answers_as_the_model_does(kind: Kind, moved: list[tuple[int, str, list[Allowance]]]) -> None:
    if kind[1] is not None:
        kind[1].empty()
    model = Model()
    with counting(kind) as count:
        for pause, what, wanted in moved:
            count.clock.advance(pause)
            now = count.clock.now()
            if what == "give back":
                count.runner.run(count.limiter.give_back(wanted))
                model.give_back(wanted, now)
                continue
            ask = count.limiter.take if what == "take" else count.limiter.look
            assert count.runner.run(ask(wanted)) == model.ask(wanted, now, take=what == "take")


def test_memory_forgets_keys_that_nobody_uses() -> None:
    clock = FixedClock(START)
    limiter = MemoryLimiter(clock)

    async def work() -> None:
        for number in range(2_000):
            await limiter.take([Allowance(f"{number}", 5, 60), Allowance("busy", 100_000, 60)])
            clock.advance(600)
        # the two hundred of the last two minutes at most, and not two thousand
        assert limiter.size < 250
        assert (await limiter.look([Allowance("busy", 100_000, 60)])).windows[0].remaining == 100_000 - 100

    asyncio.run(work())


def test_full_book_gives_up_the_window_with_the_least_in_it() -> None:
    clock = FixedClock(START)
    book = Book()
    limiter = SharedLimiter(book, clock)

    async def work() -> None:
        for _ in range(3):
            await limiter.take([Allowance("busy", 5, 3600)])
        for number in range(PLACES + 100 * NEAR):
            await limiter.take([Allowance(f"{number}", 5, 3600)])
        assert (await limiter.look([Allowance("busy", 5, 3600)])).windows[0].remaining == 2
        # and those that have passed make room without anybody's loss
        clock.advance(3_700_000)
        for number in range(NEAR):
            assert (await limiter.take([Allowance(f"{number}", 5, 3600)])).windows[0].remaining == 4

    with contextlib.closing(book):
        asyncio.run(work())


def test_processes_with_one_book_share_exactly_the_limit() -> None:
    book = Book()
    limiter = SharedLimiter(book, FixedClock(START))

    async def work() -> int:
        wanted = [Allowance("a", 3_000, 60), Allowance("a", 30_000, 3600)]
        return sum([(await limiter.take(wanted)).fits for _ in range(2_000)])

    def counted_by(child: int) -> int:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)

    children: list[int] = []
    shares = [os.pipe() for _ in range(3)]
    for _, ends in shares:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.write(ends, str(asyncio.run(work())).encode())
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [counted_by(child) for child in children] == [0, 0, 0]
    assert sum(int(os.read(begins, 100)) for begins, _ in shares) == 3_000
    for pair in shares:
        for end in pair:
            os.close(end)
    book.close()
