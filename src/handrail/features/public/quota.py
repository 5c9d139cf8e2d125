"""How often strangers may come: to all forms of an organization from one address, and to one form from anywhere.

Counted in memory by each server, as the quota of organizations is; nobody signs in here, so there is nothing else to
hold on to.
"""

import math
import time
from functools import lru_cache

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from handrail.kernel.errors import TooMany

_limiter = SlidingWindowCounterRateLimiter(MemoryStorage())


@lru_cache(maxsize=64)
def _an_hour(amount: int) -> RateLimitItem:
    return RateLimitItemPerHour(amount)


@lru_cache(maxsize=64)
def _a_minute(amount: int) -> RateLimitItem:
    return RateLimitItemPerMinute(amount)


def take_reading(address: str, a_minute: int) -> None:
    """Count a look at a form or at the library. TooMany; 0 means no limit."""
    _take([(_a_minute(a_minute), ("read", address))] if a_minute else [])


def take_launch(organization_id: str, form: str, address: str, *, per_address: int, per_form: int) -> None:
    """Count a launch of a form. TooMany, and then nothing is counted; 0 means no limit."""
    wanted: list[tuple[RateLimitItem, tuple[str, ...]]] = []
    if per_address:
        wanted.append((_an_hour(per_address), ("from", organization_id, address)))
    if per_form:
        wanted.append((_an_hour(per_form), ("form", organization_id, form)))
    _take(wanted)


def _take(wanted: list[tuple[RateLimitItem, tuple[str, ...]]]) -> None:
    for item, key in wanted:
        if not _limiter.test(item, *key):
            wait = max(1, math.ceil(_limiter.get_window_stats(item, *key).reset_time - time.time()))
            raise TooMany(
                f"Too many requests. Try again in {wait} seconds; nothing was applied.",
                headers={"Retry-After": str(wait)},
            )
    for item, key in wanted:
        _limiter.hit(item, *key)
