"""Calendar arithmetic in an organization's time zone, and the way into its working hours (engine 6.2, 6.3).

Minutes and hours are exact. Days, weeks and months keep the clock on the wall across changes to and from summer
time, and months end on a day that exists. Moments are milliseconds UTC.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from handrail.kernel.clock import DAY

UNITS: tuple[str, ...] = ("minutes", "hours", "days", "weeks", "months")
DAY_NAMES: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTE, _HOUR = 60_000, 3_600_000
# moments are kept between these years, so that no arithmetic on them can overflow
_EARLIEST = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp()) * 1000
_LATEST = int(datetime(9000, 1, 1, tzinfo=UTC).timestamp()) * 1000
_LONGEST_STEP = 12 * 8000
_CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")

# the opening hours of one day in milliseconds after midnight, both ends inside
Window = tuple[int, int]
_ALL_HOURS: Window = (0, DAY)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """The time zone with this name; UTC when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def local(moment: int, zone: str) -> datetime:
    """The date and time that clocks in the zone show at a moment (whole seconds)."""
    return datetime.fromtimestamp(moment // 1000, zone_named(zone))


def day_starts(day: date, zone: str) -> int:
    """The first moment of a calendar day in the zone."""
    return int(datetime.combine(day, time(), zone_named(zone)).timestamp()) * 1000


def unit_named(word: str) -> str | None:
    """The plural of a unit of time, whether the singular or the plural was written; None for other words."""
    plural = word if word.endswith("s") else word + "s"
    return plural if plural in UNITS else None


def add(moment: int, value: int, unit: str, zone: str) -> int:
    """The moment `value` units later, or earlier when the value is negative.

    A unit that is none of `UNITS` (or its singular) raises ValueError. What would fall outside of the years 1900 to
    9000 is moved to that border.
    """
    plural = unit_named(unit)
    if plural is None:
        raise ValueError(f"unknown unit of time: {unit}")
    if value == 0:
        return moment
    if plural == "minutes":
        return _clamp(moment + value * _MINUTE)
    if plural == "hours":
        return _clamp(moment + value * _HOUR)
    if plural == "months":
        return _add_months(moment, value, zone)
    days = value * 7 if plural == "weeks" else value
    if abs(days) > _LONGEST_STEP * 31:
        return _LATEST if days > 0 else _EARLIEST
    if zone == "UTC":
        return _clamp(moment + days * DAY)
    here = local(moment, zone)
    try:
        there = here.replace(tzinfo=None, fold=0) + timedelta(days=days)
    except OverflowError:
        return _LATEST if days > 0 else _EARLIEST
    return _at(there, here.tzinfo, moment)


def _add_months(moment: int, value: int, zone: str) -> int:
    here = local(moment, zone)
    months = here.year * 12 + here.month - 1 + value
    year, month = divmod(months, 12)
    if year < 1900:
        return _EARLIEST
    if year >= 9000:
        return _LATEST
    day = min(here.day, monthrange(year, month + 1)[1])
    return _at(here.replace(tzinfo=None, fold=0, year=year, month=month + 1, day=day), here.tzinfo, moment)


def _at(there: datetime, zone: tzinfo | None, moment: int) -> int:
    """The moment of a local time, with the milliseconds of another moment.

    A time skipped by the change to summer time is read with the offset before it, so it lands after the gap.
    """
    if not 1900 <= there.year < 9000:
        return _LATEST if there.year >= 9000 else _EARLIEST
    return int(there.replace(tzinfo=zone).timestamp()) * 1000 + moment % 1000


def _clamp(moment: int) -> int:
    return max(_EARLIEST, min(_LATEST, moment))


def into_working_time(moment: int, working_days: Mapping[str, Any] | None, zone: str) -> int:
    """The moment itself when it lies in working time, else the start of the next working period.

    `working_days` maps names of days to `{enabled, start, end, all_hours}` (engine, decision 40); the end of a day's
    hours still belongs to them. Days that are not named are off; with every day off nothing moves.
    """
    if not working_days:
        return moment
    windows = _windows(working_days)
    if not any(windows) or all(window == _ALL_HOURS for window in windows):
        return moment
    here = local(moment, zone)
    day = here.date()
    today = windows[day.weekday()]
    clock = ((here.hour * 60 + here.minute) * 60 + here.second) * 1000 + moment % 1000
    if today is not None and today[0] <= clock <= today[1]:
        return moment
    # a window can vanish in a change to summer time, so one week is not always enough
    for _ in range(15):
        window = windows[day.weekday()]
        if window is not None:
            opening = _opening(day, window, moment, here.tzinfo)
            if opening is not None:
                return opening
        day += timedelta(days=1)
    return moment


def _opening(day: date, window: Window, not_before: int, zone: tzinfo | None) -> int | None:
    """When working time starts on a day, unless that is in the past or the day's hours do not exist."""
    start = datetime.combine(day, time()) + timedelta(milliseconds=window[0])
    for fold in (0, 1):
        opening = start.replace(tzinfo=zone, fold=fold)
        found = int(opening.timestamp()) * 1000
        if found >= not_before:
            shown = datetime.fromtimestamp(found // 1000, zone)
            clock = ((shown.hour * 60 + shown.minute) * 60 + shown.second) * 1000
            return found if shown.date() == day and window[0] <= clock <= window[1] else None
    return None


def days_worked(working_days: Mapping[str, Any] | None) -> frozenset[int]:
    """The days of the week with any working time, Monday is 0; all of them when nothing is said."""
    if not working_days:
        return frozenset(range(7))
    return frozenset(index for index, window in enumerate(_windows(working_days)) if window is not None)


def _windows(working_days: Mapping[str, Any]) -> list[Window | None]:
    by_name = {str(name).strip().lower(): day for name, day in working_days.items()}
    return [_window(by_name.get(name)) for name in DAY_NAMES]


def _window(day: Any) -> Window | None:
    if isinstance(day, bool):
        return _ALL_HOURS if day else None
    if not isinstance(day, Mapping):
        return None
    hours: Mapping[Any, Any] = day  # pyright: ignore[reportUnknownVariableType]
    if not hours.get("enabled", True):
        return None
    start, end = _clock_time(hours.get("start")), _clock_time(hours.get("end"))
    if hours.get("all_hours") or start is None or end is None:
        return _ALL_HOURS
    if end == 0:  # midnight as an end is the end of the day
        end = DAY
    return (start, end) if start < end else _ALL_HOURS


def _clock_time(text: Any) -> int | None:
    found = _CLOCK_TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    return (hour * 60 + minute) * _MINUTE if hour * 60 + minute <= 24 * 60 and minute < 60 else None
