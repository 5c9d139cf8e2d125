"""The moments of a schedule: those of its rule, moved or left out on days that nobody works."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.features.schedules.store import ScheduleRow
from handrail.kernel.recurrence import Recurrence
from handrail.kernel.worktime import days_worked, local, zone_named

FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
FORMAT = FORMATS[0]


def local_moment(text: str) -> datetime | None:
    """A local date and time, or None."""
    for written in FORMATS:
        try:
            found = datetime.strptime(text.strip(), written).replace(tzinfo=UTC)
        except ValueError:
            continue
        return found.replace(tzinfo=None) if 1970 <= found.year < 9000 else None
    return None


def recurrence_of(row: ScheduleRow) -> Recurrence:
    """The rule of a stored schedule, which was checked when it was stored."""
    start = local_moment(row.starts_at)
    assert start is not None
    return Recurrence(row.rule, start, row.timezone)


def moments(
    recurrence: Recurrence, after: int, non_working_days: str, working_days: Mapping[str, Any] | None
) -> Iterator[int]:
    """The moments later than this one, in order, none twice."""
    days = days_worked(working_days)
    if non_working_days == "launch" or len(days) in (0, 7):
        yield from recurrence.moments(after)
        return
    last = after
    # one that is moved comes from up to a week before
    for moment in recurrence.moments(after - 8 * 86_400_000):
        here = local(moment, recurrence.zone)
        if here.weekday() not in days:
            if non_working_days == "skip":
                continue
            while here.weekday() not in days:
                here += timedelta(days=1)
            moment = int(here.replace(tzinfo=zone_named(recurrence.zone)).timestamp()) * 1000
        if moment > last:
            last = moment
            yield moment
