"""Time: milliseconds since 1970 in UTC inside, ISO 8601 with milliseconds on the wire (wire 0.4).

Whatever decides by the time takes it as an argument; only the shell asks a `Clock`.
"""

import re
import time
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Protocol

MINUTE = 60_000
HOUR = 3_600_000
DAY = 86_400_000
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LIKE_A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?", re.I)
# the years a client can mean; outside of them arithmetic on dates would overflow somewhere later
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> int:
        """Milliseconds since 1970, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


class FixedClock:
    """A clock for tests and simulations: it moves only when told to."""

    def __init__(self, now: int) -> None:
        self.value = now

    def now(self) -> int:
        return self.value

    def advance(self, milliseconds: int) -> None:
        self.value += milliseconds


@lru_cache(maxsize=4096)
def iso(milliseconds: int) -> str:
    """`2027-03-02T09:14:31.000Z`."""
    second, rest = divmod(milliseconds, 1000)
    return f"{_second(second)}.{_THOUSANDTHS[rest]}Z"


def stamp(milliseconds: int) -> str:
    """`2027-03-02 09:14:31`, in UTC: as sheets have it."""
    return iso(milliseconds)[:19].replace("T", " ")


_THOUSANDTHS = [f"{number:03d}" for number in range(1000)]


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    """The date and time so many seconds after the beginning of 1970; moments come many in a second."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"


def iso_or_none(milliseconds: int | None) -> str | None:
    """The wire form of a moment that may be unset."""
    return None if milliseconds is None else iso(milliseconds)


def parse_moment(text: str) -> int | None:
    """Milliseconds from `YYYY-MM-DD HH:MM:SS` (UTC), ISO 8601 with or without offset, or a day (its first moment).

    None when the text is no such date.
    """
    text = text.strip()
    if not _LIKE_A_DATE.fullmatch(text):
        return None
    text = text.replace(",", ".")
    if "." in text:  # more digits than Python reads
        head, _, tail = text.partition(".")
        digits = re.match(r"\d+", tail)
        assert digits is not None
        text = f"{head}.{digits[0][:6].ljust(6, '0')}{tail[digits.end() :].strip()}"
    try:
        moment = datetime.fromisoformat(text.upper().replace(" Z", "Z"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not _EARLIEST.replace(tzinfo=moment.tzinfo) <= moment <= _LATEST.replace(tzinfo=moment.tzinfo):
        return None
    return round(moment.timestamp() * 1000)


def parse_day(text: str) -> date | None:
    """A calendar day `YYYY-MM-DD`, or None."""
    if not _ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
