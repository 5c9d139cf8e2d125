"""The quota of an organization: requests a minute and an hour, counted once whichever token is used (wire 0.10)."""

import msgspec

from handrail.kernel.actor import Rates
from handrail.kernel.errors import TooMany
from handrail.ports.limiter import Allowance, Limiter, Window

MINUTE, HOUR = 60, 3600


class Usage(msgspec.Struct, frozen=True):
    """Both windows after a request; None for one without a limit."""

    minute: Window | None
    hour: Window | None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The usage headers of every answer, old names and IETF draft."""
        found: list[tuple[str, str]] = []
        policies: list[str] = []
        states: list[str] = []
        for window, suffix, name, seconds in ((self.minute, "", "minute", MINUTE), (self.hour, "-Hour", "hour", HOUR)):
            if window is None:
                continue
            found += [
                (f"X-RateLimit-Limit{suffix}", str(window.limit)),
                (f"X-RateLimit-Used{suffix}", str(window.limit - window.remaining)),
                (f"X-RateLimit-Remaining{suffix}", str(window.remaining)),
                (f"X-RateLimit-Reset{suffix}", str(window.resets_at)),
            ]
            policies.append(f'"{name}";q={window.limit};w={seconds}')
            states.append(f'"{name}";r={window.remaining};t={window.resets_in}')
        if policies:
            found += [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(states))]
        return [(name.lower().encode(), value.encode()) for name, value in found]


class Quota:
    """Counts requests of organizations, by their own limits, else the installation's, and of people at browsers; 0 is
    no limit."""

    def __init__(self, limiter: Limiter, per_minute: int, per_hour: int, per_person: int = 0) -> None:
        self._limiter = limiter
        self._per_minute = per_minute
        self._per_hour = per_hour
        self._per_person = per_person

    async def count(self, organization_id: str, rates: Rates) -> Usage | None:
        """Count one request of an organization, if anything is limited.

        Raises TooMany, which bears the usage, when a window is used up; nothing is counted then.
        """
        per_minute = self._per_minute if rates.per_minute is None else rates.per_minute
        per_hour = self._per_hour if rates.per_hour is None else rates.per_hour
        wanted: list[Allowance] = []
        if per_minute:
            wanted.append(Allowance(organization_id, per_minute, MINUTE))
        if per_hour:
            wanted.append(Allowance(organization_id, per_hour, HOUR))
        if not wanted:
            return None
        counted = await self._limiter.take(wanted)
        windows = counted.windows
        usage = Usage(windows[0] if per_minute else None, windows[-1] if per_hour else None)
        if not counted.fits:
            raise _exceeded(usage, "this organization")
        return usage

    async def count_person(self, account_id: int) -> Usage | None:
        """Count one request of somebody at a browser. Raises TooMany, which bears the usage."""
        if not self._per_person:
            return None
        counted = await self._limiter.take([Allowance(f"person:{account_id}", self._per_person, MINUTE)])
        usage = Usage(counted.windows[0], None)
        if not counted.fits:
            raise _exceeded(usage, "your sessions")
        return usage


def _exceeded(usage: Usage, whose: str) -> TooMany:
    """The refusal, by the window that is used up for the longest time."""
    unit, window = max(
        ((unit, window) for unit, window in (("minute", usage.minute), ("hour", usage.hour)) if window is not None),
        key=lambda pair: (pair[1].remaining == 0, pair[1].resets_in),
    )
    wait = max(1, window.resets_in)
    refusal = TooMany(
        f"Rate limit of {window.limit} requests per {unit} exceeded for {whose}. "
        f"Try again in {wait} seconds; nothing was applied.",
        headers={"Retry-After": str(wait)},
    )
    refusal.__dict__["usage"] = usage
    return refusal
