"""What limiters that keep their own logs have in common: how a log answers for an allowance."""

from collections.abc import Sequence
from typing import Protocol

from handrail.ports.limiter import STEPS, Allowance, Counted, Window, window


class Log(Protocol):
    """What one window holds."""

    @property
    def used(self) -> int:
        """How often something was counted that has not left the window."""
        ...

    def frees_at(self, limit: int) -> int:
        """The step whose end frees a place. Something is counted."""
        ...


def fits(wanted: Sequence[Allowance], logs: Sequence[Log | None]) -> bool:
    """Whether there is room in every window; None stands for one with nothing in it."""
    return all((log.used if log else 0) < allowance.limit for allowance, log in zip(wanted, logs, strict=True))


def counted(wanted: Sequence[Allowance], logs: Sequence[Log | None], now: int, *, has_room: bool) -> Counted:
    """The answer to a question."""
    return Counted(has_room, tuple([_window(*pair, now) for pair in zip(wanted, logs, strict=True)]))


def _window(allowance: Allowance, log: Log | None, now: int) -> Window:
    if log is None or not log.used:
        return window(allowance.limit, 0, now, now)
    opens_at = (log.frees_at(allowance.limit) + STEPS + 1) * allowance.seconds
    return window(allowance.limit, log.used, opens_at, now)
