"""Counting in the memory of one process."""

from collections import deque
from collections.abc import Sequence

from handrail.adapters.limits_log import counted, fits
from handrail.kernel.clock import Clock
from handrail.ports.limiter import STEPS, Allowance, Counted

# with each new key so many old ones are looked at, and dropped when nothing in them counts any more
SWEPT = 2


class _Log:
    """What one window holds: the steps in which something was counted, how often in each, and how often in all."""

    __slots__ = ("counts", "steps", "used")

    def __init__(self) -> None:
        self.steps: deque[int] = deque()
        self.counts: deque[int] = deque()
        self.used = 0

    def forget_before(self, oldest: int) -> None:
        steps = self.steps
        while steps and steps[0] < oldest:
            steps.popleft()
            self.used -= self.counts.popleft()

    def add(self, step: int) -> None:
        steps = self.steps
        # a clock that was set back does not bring the past back
        if steps and step <= steps[-1]:
            self.counts[-1] += 1
        else:
            steps.append(step)
            self.counts.append(1)
        self.used += 1

    def remove(self) -> None:
        """Take the latest one back."""
        if not self.used:
            return
        self.used -= 1
        self.counts[-1] -= 1
        if not self.counts[-1]:
            self.counts.pop()
            self.steps.pop()

    def frees_at(self, limit: int) -> int:
        """The step whose end frees a place."""
        left = self.used
        for step, count in zip(self.steps, self.counts, strict=True):
            left -= count
            if left < limit:
                return step
        return self.steps[-1]


class MemoryLimiter:
    """Counts for this process alone. Nothing here waits, so awaiting it does not leave the caller's turn."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # by the length of the window, then by key
        self._logs: dict[int, dict[str, _Log]] = {}

    async def take(self, wanted: Sequence[Allowance]) -> Counted:
        now = self._clock.now()
        logs = [self._log(allowance, now) for allowance in wanted]
        has_room = fits(wanted, logs)
        if has_room:
            self._add(wanted, logs, now)
        return counted(wanted, logs, now, has_room=has_room)

    async def look(self, wanted: Sequence[Allowance]) -> Counted:
        now = self._clock.now()
        logs = [self._log(allowance, now) for allowance in wanted]
        return counted(wanted, logs, now, has_room=fits(wanted, logs))

    async def give_back(self, wanted: Sequence[Allowance]) -> None:
        now = self._clock.now()
        for allowance in wanted:
            self._log(allowance, now).remove()

    async def close(self) -> None:
        self.forget()

    def note(self, wanted: Sequence[Allowance]) -> None:
        """Count one of each, whether there is room or not: somebody else has decided."""
        now = self._clock.now()
        self._add(wanted, [self._log(allowance, now) for allowance in wanted], now)

    def forget(self) -> None:
        """Begin anew, for every key."""
        self._logs.clear()

    @property
    def size(self) -> int:
        """How many windows are kept."""
        return sum(map(len, self._logs.values()))

    def _log(self, allowance: Allowance, now: int) -> _Log:
        """The log of an allowance, without what has left its window; one that is new is not kept yet."""
        logs = self._logs.get(allowance.seconds)
        log = None if logs is None else logs.get(allowance.key)
        if log is None:
            return _Log()
        log.forget_before(now // allowance.seconds - STEPS)
        return log

    def _add(self, wanted: Sequence[Allowance], logs: Sequence[_Log], now: int) -> None:
        for allowance, log in zip(wanted, logs, strict=True):
            seconds, key = allowance.seconds, allowance.key
            kept = self._logs.setdefault(seconds, {})
            if key not in kept:
                _sweep(kept, now // seconds - STEPS)
                kept[key] = log
            log.add(now // seconds)


def _sweep(kept: dict[str, _Log], oldest: int) -> None:
    """Look at those that were looked at the longest time ago; what is in use goes to the end of the row."""
    for _ in range(min(SWEPT, len(kept))):
        key = next(iter(kept))
        log = kept.pop(key)
        if log.steps and log.steps[-1] >= oldest:
            kept[key] = log
