"""How often somebody who is not signed in may try: by address, account or form; counted in memory."""

import math
import time
from collections.abc import Sequence
from functools import lru_cache

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from handrail.kernel.errors import TooMany

Wanted = Sequence[tuple[RateLimitItem, tuple[str, ...]]]
_storage = MemoryStorage()
_limiter = SlidingWindowCounterRateLimiter(_storage)


@lru_cache(maxsize=64)
def an_hour(amount: int) -> RateLimitItem:
    """So many an hour."""
    return RateLimitItemPerHour(amount)


@lru_cache(maxsize=64)
def a_minute(amount: int) -> RateLimitItem:
    """So many a minute."""
    return RateLimitItemPerMinute(amount)


def take(wanted: Wanted) -> None:
    """Count one of each. TooMany when one is used up, and then nothing is counted."""
    require(wanted)
    for item, key in wanted:
        _limiter.hit(item, *key)


def forget() -> None:
    """Begin to count anew, for everybody."""
    _storage.reset()


def require(wanted: Wanted) -> None:
    """Raise TooMany when one of these is used up; nothing is counted."""
    for item, key in wanted:
        if not _limiter.test(item, *key):
            wait = max(1, math.ceil(_limiter.get_window_stats(item, *key).reset_time - time.time()))
            raise TooMany(
                f"Too many requests. Try again in {wait} seconds; nothing was applied.",
                headers={"Retry-After": str(wait)},
            )
