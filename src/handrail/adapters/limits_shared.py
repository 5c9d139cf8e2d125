"""Counting in memory that the processes of one server share, so that they keep one count.

Each window has a place in a table: what it is of, and a ring of numbers, one for each step of the window. A place whose
window has passed is free again. The table is small enough to be looked through by hashing to a few neighbouring places;
when all of these are in use, the window with the least in it is given up.
"""

import fcntl
import hashlib
import mmap
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from handrail.adapters.limits_log import counted, fits
from handrail.kernel.clock import Clock
from handrail.ports.limiter import STEPS, Allowance, Counted

# windows that are kept at the same time; a place is memory only once it is used
PLACES = 4096
# so many places are looked at for one window
NEAR = 16
RING = STEPS + 1

# the head of a place, in 64-bit words: a digest of what the window is of in two words, its seconds, the last step in
# which something was counted, the last one that the ring has room for, one before which nothing is counted, and how
# often in all
HEAD = 8
NAME, SECONDS, COUNTED, NEWEST, FIRST, USED = 0, 2, 3, 4, 5, 6
_NOTHING = memoryview(bytes(4 * RING)).cast("I")


class Book:
    """The table, and the lock that one process at a time holds. Made before the processes part ways."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, PLACES * (HEAD * 8 + RING * 4))
        whole = memoryview(self._memory)
        self.heads = whole[: PLACES * HEAD * 8].cast("Q")
        self._rings = whole[PLACES * HEAD * 8 :]
        # the system lets go of the lock when a process ends, however it ends
        self._lock = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the book is

    def ring(self, place: int) -> memoryview:
        """The numbers of a place, by step modulo their count."""
        return self._rings[place * RING * 4 : (place + 1) * RING * 4].cast("I")

    @contextmanager
    def alone(self) -> Generator[None]:
        """Inside, no other process counts."""
        fcntl.lockf(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the lock's file, in this process."""
        self._lock.close()


class _Log:
    """One window's place in the book."""

    __slots__ = ("_base", "_heads", "_ring")

    def __init__(self, book: Book, place: int) -> None:
        self._heads = book.heads
        self._base = place * HEAD
        self._ring = book.ring(place)

    @property
    def used(self) -> int:
        """How often something was counted that has not left the window."""
        return self._heads[self._base + USED]

    def begin(self, name: tuple[int, int], seconds: int, step: int) -> None:
        """Take the place over."""
        heads, base = self._heads, self._base
        heads[base + NAME], heads[base + NAME + 1] = name
        heads[base + SECONDS] = seconds
        heads[base + COUNTED] = heads[base + NEWEST] = heads[base + FIRST] = step
        heads[base + USED] = 0
        self._ring[:] = _blank(RING)

    def reach(self, step: int) -> None:
        """Let go of what has left the window by this step."""
        heads, base = self._heads, self._base
        newest = heads[base + NEWEST]
        passed = step - newest
        if passed <= 0:
            return
        if heads[base + USED]:
            if passed >= RING:
                self._drop(0, RING)
            else:
                start = (newest + 1) % RING
                end = start + passed
                self._drop(start, min(end, RING))
                if end > RING:
                    self._drop(0, end - RING)
        heads[base + NEWEST] = step

    def _drop(self, start: int, end: int) -> None:
        gone = sum(self._ring[start:end])
        if gone:
            self._heads[self._base + USED] -= gone
            self._ring[start:end] = _blank(end - start)

    def add(self, step: int) -> None:
        heads, base = self._heads, self._base
        step = max(step, heads[base + NEWEST] - STEPS)
        if heads[base + USED]:
            # a clock that was set back does not bring the past back
            step = max(step, heads[base + COUNTED])
        else:
            heads[base + FIRST] = step
        heads[base + COUNTED] = step
        heads[base + USED] += 1
        self._ring[step % RING] += 1

    def remove(self) -> None:
        """Take the latest one back."""
        heads, base, ring = self._heads, self._base, self._ring
        if not heads[base + USED]:
            return
        step = heads[base + COUNTED]
        ring[step % RING] -= 1
        heads[base + USED] -= 1
        if heads[base + USED]:
            while not ring[step % RING]:
                step -= 1
            heads[base + COUNTED] = step

    def frees_at(self, limit: int) -> int:
        """The step whose end frees a place."""
        heads, base, ring = self._heads, self._base, self._ring
        left = used = heads[base + USED]
        counted = heads[base + COUNTED]
        for step in range(max(heads[base + FIRST], heads[base + NEWEST] - STEPS), counted + 1):
            count = ring[step % RING]
            if not count:
                continue
            if left == used:
                heads[base + FIRST] = step
            left -= count
            if left < limit:
                return step
        return counted


def _blank(count: int) -> memoryview:
    return _NOTHING[:count]


class SharedLimiter:
    """Counts for all processes that have the book. Nothing here waits for longer than another one counts."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def take(self, wanted: Sequence[Allowance]) -> Counted:
        now = self._clock.now()
        with self._book.alone():
            logs = [self._log(allowance, now) for allowance in wanted]
            has_room = fits(wanted, logs)
            if has_room:
                self._add(wanted, logs, now)
            return counted(wanted, logs, now, has_room=has_room)

    async def look(self, wanted: Sequence[Allowance]) -> Counted:
        now = self._clock.now()
        with self._book.alone():
            logs = [self._log(allowance, now) for allowance in wanted]
            return counted(wanted, logs, now, has_room=fits(wanted, logs))

    async def give_back(self, wanted: Sequence[Allowance]) -> None:
        now = self._clock.now()
        with self._book.alone():
            for allowance in wanted:
                log = self._log(allowance, now)
                if log is not None:
                    log.remove()

    async def close(self) -> None:
        """The book is its neighbours' too, and stays."""

    def _log(self, allowance: Allowance, now: int) -> _Log | None:
        """The log of an allowance, without what has left its window; None when it is new."""
        heads = self._book.heads
        first, second = _name(allowance)
        for place in _near(first):
            base = place * HEAD + NAME
            if heads[base] == first and heads[base + 1] == second:
                log = _Log(self._book, place)
                log.reach(now // allowance.seconds)
                return log
        return None

    def _add(self, wanted: Sequence[Allowance], logs: list[_Log | None], now: int) -> None:
        for allowance, log in zip(wanted, logs, strict=True):
            if log is not None:
                log.add(now // allowance.seconds)
        # only now is it known which places are free
        for number, allowance in enumerate(wanted):
            if logs[number] is None:
                log = logs[number] = self._begun(allowance, now)
                log.add(now // allowance.seconds)

    def _begun(self, allowance: Allowance, now: int) -> _Log:
        """A place for an allowance that has none: a free one, or else that of the window with the least in it."""
        heads = self._book.heads
        name = _name(allowance)

        def in_use(place: int) -> int:
            base = place * HEAD
            seconds = heads[base + SECONDS]
            has_passed = not seconds or now // seconds - heads[base + COUNTED] > STEPS
            return 0 if has_passed else heads[base + USED]

        log = _Log(self._book, min(_near(name[0]), key=in_use))
        log.begin(name, allowance.seconds, now // allowance.seconds)
        return log


def _name(allowance: Allowance) -> tuple[int, int]:
    digest = hashlib.blake2b(f"{allowance.seconds}:{allowance.key}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def _near(first: int) -> Sequence[int]:
    home = first % (PLACES - NEAR)
    return range(home, home + NEAR)
