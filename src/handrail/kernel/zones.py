"""Time zones by their IANA names."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone, such as `Europe/Lisbon`."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def utc_offset(name: str, moment: int) -> str:
    """`+01:00`: how far the clocks of a zone are ahead of UTC at a moment (milliseconds)."""
    offset = datetime.fromtimestamp(moment // 1000, UTC).astimezone(ZoneInfo(name)).utcoffset()
    assert offset is not None
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
