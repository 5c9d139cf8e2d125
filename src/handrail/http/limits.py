"""The quota of an organization: requests a minute and an hour, counted once whichever token is used (wire 0.10)."""

import math
import time

import msgspec
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from handrail.kernel.errors import TooMany

# a log of every request is exact; beyond this many it costs too much, and a weighted count serves
EXACT_UP_TO = 20_000


class Window(msgspec.Struct, frozen=True):
    """The state of one window after a request."""

    limit: int
    remaining: int
    resets_at: int


class Usage(msgspec.Struct, frozen=True):
    """Both windows after a request; None for one without a limit."""

    minute: Window | None
    hour: Window | None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The usage headers of every answer, old names and IETF draft."""
        found: list[tuple[str, str]] = []
        policies: list[str] = []
        states: list[str] = []
        now = time.time()
        for window, suffix, name, seconds in ((self.minute, "", "minute", 60), (self.hour, "-Hour", "hour", 3600)):
            if window is None:
                continue
            found += [
                (f"X-RateLimit-Limit{suffix}", str(window.limit)),
                (f"X-RateLimit-Used{suffix}", str(window.limit - window.remaining)),
                (f"X-RateLimit-Remaining{suffix}", str(window.remaining)),
                (f"X-RateLimit-Reset{suffix}", str(window.resets_at)),
            ]
            policies.append(f'"{name}";q={window.limit};w={seconds}')
            states.append(f'"{name}";r={window.remaining};t={max(0, math.ceil(window.resets_at - now))}')
        if policies:
            found += [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(states))]
        return [(name.lower().encode(), value.encode()) for name, value in found]


class Quota:
    """Counts requests of organizations in memory."""

    def __init__(self, per_minute: int, per_hour: int) -> None:
        storage = MemoryStorage()
        exact = max(per_minute, per_hour) <= EXACT_UP_TO
        self._limiter = MovingWindowRateLimiter(storage) if exact else SlidingWindowCounterRateLimiter(storage)
        self._minute = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._hour = RateLimitItemPerHour(per_hour) if per_hour else None

    @property
    def is_open(self) -> bool:
        """Whether nothing is limited."""
        return self._minute is None and self._hour is None

    def count(self, organization_id: str) -> Usage | None:
        """Count one request of an organization, if anything is limited. Raises TooMany, which bears the usage."""
        if self.is_open:
            return None
        try:
            return self.take(organization_id)
        except TooMany as error:
            error.__dict__["usage"] = self.usage(organization_id)
            raise

    def take(self, organization_id: str) -> Usage:
        """Count one request. Raises TooMany when a window is used up; nothing is counted then."""
        for item in (self._hour, self._minute):
            if item is not None and not self._limiter.test(item, organization_id):
                raise self._exceeded(item, organization_id)
        return Usage(self._hit(self._minute, organization_id), self._hit(self._hour, organization_id))

    def usage(self, organization_id: str) -> Usage:
        """The windows as they stand."""
        return Usage(self._window(self._minute, organization_id), self._window(self._hour, organization_id))

    def _hit(self, item: RateLimitItemPerMinute | RateLimitItemPerHour | None, organization_id: str) -> Window | None:
        if item is not None:
            self._limiter.hit(item, organization_id)
        return self._window(item, organization_id)

    def _window(
        self, item: RateLimitItemPerMinute | RateLimitItemPerHour | None, organization_id: str
    ) -> Window | None:
        if item is None:
            return None
        stats = self._limiter.get_window_stats(item, organization_id)
        return Window(item.amount, stats.remaining, math.ceil(stats.reset_time))

    def _exceeded(self, item: RateLimitItemPerMinute | RateLimitItemPerHour, organization_id: str) -> TooMany:
        stats = self._limiter.get_window_stats(item, organization_id)
        wait = max(1, math.ceil(stats.reset_time - time.time()))
        unit = "minute" if item is self._minute else "hour"
        return TooMany(
            f"Rate limit of {item.amount} requests per {unit} exceeded for this organization. "
            f"Try again in {wait} seconds; nothing was applied.",
            headers={"Retry-After": str(wait)},
        )
