"""Counting how often something happens, so that no more of it happens than is allowed.

A window of s seconds slides in steps of s milliseconds, a thousandth of it. What happened within one step leaves the
window together, so never more than the limit is counted in any s seconds, a request may be remembered for a thousandth
of the window too long, and whoever keeps count needs no more than a thousand numbers, however high the limit.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

STEPS = 1_000


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """At most `limit` of what `key` names in any `seconds`. What was counted belongs to the key and the seconds, so a
    limit may change from one time to the next."""

    key: str
    limit: int
    seconds: int


class Window(msgspec.Struct, frozen=True, gc=False):
    """How an allowance stands. `resets_at` (seconds since 1970, by the clock that counts) and `resets_in` (seconds) say
    when the next place comes free: now, when nothing is counted."""

    limit: int
    remaining: int
    resets_at: int
    resets_in: int


class Counted(msgspec.Struct, frozen=True, gc=False):
    """Whether there was room in every window, and how each stands, in the order they were asked for."""

    fits: bool
    windows: tuple[Window, ...]


class Limiter(Protocol):
    """Keeps count. Two allowances of one question differ in key or seconds."""

    async def take(self, wanted: Sequence[Allowance]) -> Counted:
        """Count one of each, if every window has room; otherwise nothing is counted."""
        ...

    async def look(self, wanted: Sequence[Allowance]) -> Counted:
        """The same, but nothing is counted in any case."""
        ...

    async def give_back(self, wanted: Sequence[Allowance]) -> None:
        """Count the latest one of each no more, where anything is counted: what was taken in case it would go wrong has
        gone well."""
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...


def window(limit: int, used: int, opens_at: int, now: int) -> Window:
    """How a window with so many counted stands at `now`; the next place is free at `opens_at` (both milliseconds)."""
    return Window(limit, max(0, limit - used), -(-opens_at // 1000), max(0, -((now - opens_at) // 1000)))
