"""When something recurs: RFC 5545 rules on the clocks of a time zone, bounded so that no rule can run away.

The rule is about local time, so nine o'clock stays nine o'clock when summer time begins. A local time that the change
skips is the moment at which it would have been; one that comes twice is the first of the two. Beside the rule a text
may have lines of dates that are left out (EXDATE) or come on top (RDATE).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from dateutil.rrule import rrulestr

from handrail.kernel.recurrence_dates import Dates, joined, lines_of
from handrail.kernel.worktime import zone_named

LENGTH = 500
# rules are looked at so far ahead; one that has no moment within it has none
HORIZON_YEARS = 10
MOST_COUNT = 10_000
_DAY = re.compile(r"[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?")
FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def _between(low: int, high: int, *, negative: bool = False) -> Callable[[str], bool]:
    def fits(word: str) -> bool:
        if not re.fullmatch(r"[+-]?\d{1,6}" if negative else r"\d{1,6}", word):
            return False
        number = int(word)
        return low <= (abs(number) if negative else number) <= high

    return fits


# of each part that takes a list: what its entries may be, and the words for it
_LISTS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "BYMONTH": (_between(1, 12), "months from 1 to 12"),
    "BYMONTHDAY": (_between(1, 31, negative=True), "days from 1 to 31, or -1 to -31 from the end"),
    "BYYEARDAY": (_between(1, 366, negative=True), "days from 1 to 366, or -1 to -366 from the end"),
    "BYWEEKNO": (_between(1, 53, negative=True), "weeks from 1 to 53, or -1 to -53 from the end"),
    "BYSETPOS": (_between(1, 366, negative=True), "places from 1 to 366, or -1 to -366 from the end"),
    "BYHOUR": (_between(0, 23), "hours from 0 to 23"),
    "BYMINUTE": (_between(0, 59), "minutes from 0 to 59"),
    "BYDAY": (lambda word: _DAY.fullmatch(word) is not None, "MO to SU, with a number before them for the n-th"),
}
_SINGLE: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "FREQ": (lambda word: word in FREQUENCIES, f"one of {', '.join(FREQUENCIES)}"),
    "INTERVAL": (_between(1, 1000), "a number from 1 to 1000"),
    "COUNT": (_between(1, MOST_COUNT), f"a number from 1 to {MOST_COUNT}"),
    "WKST": (lambda word: word in ("MO", "TU", "WE", "TH", "FR", "SA", "SU"), "MO to SU"),
    "UNTIL": (lambda word: _UNTIL.fullmatch(word) is not None, "YYYYMMDD or YYYYMMDDTHHMMSS, with a Z for UTC"),
}
# what makes no sense with a frequency (RFC 5545, 3.3.10), or has a plainer form with a longer one
_NOT_WITH: Mapping[str, tuple[str, ...]] = {
    "HOURLY": ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"),
    "DAILY": ("BYYEARDAY", "BYWEEKNO", "BYSETPOS"),
    "WEEKLY": ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"),
    "MONTHLY": ("BYYEARDAY", "BYWEEKNO"),
    "YEARLY": (),
}
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Recurrence(msgspec.Struct, frozen=True):
    """A rule that was checked, from a local moment on; lines of dates may follow it."""

    rule: str
    start: datetime
    zone: str

    def moments(self, after: int) -> Iterator[int]:
        """The moments later than this one, in order, none twice; at most ten years ahead. Milliseconds UTC."""
        clock = zone_named(self.zone)
        from_here = datetime.fromtimestamp(after // 1000, UTC).astimezone(clock).replace(tzinfo=None)
        until = max(from_here, self.start) + timedelta(days=366 * HORIZON_YEARS)
        last = after
        # clocks that are put back show an hour twice
        for local in _walk(self, until, from_here - timedelta(hours=3)):
            moment = int(local.replace(tzinfo=clock).timestamp()) * 1000
            if moment > last:
                last = moment
                yield moment


def parse(text: str, start: datetime, zone: str) -> Recurrence:
    """The rule of a text such as `FREQ=MONTHLY;BYDAY=-1FR`, from a local moment on, and its lines of dates.

    ValueError says what is wrong with it and what would be right.
    """
    start = start.replace(tzinfo=None, microsecond=0)
    text, dates = lines_of(text, start, zone)
    parts = _parts(text)
    if "FREQ" not in parts:
        raise ValueError("The rule must say FREQ: " + _SINGLE["FREQ"][1] + ".")
    if "UNTIL" in parts and "COUNT" in parts:
        raise ValueError("The rule may say UNTIL or COUNT, not both.")
    _require_sense(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] = _local_until(parts["UNTIL"], zone)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    found = Recurrence(joined(rule, dates), start, zone)
    try:
        first = next(found.moments(_before(found)), None)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f"The rule cannot be read: {problem}.") from None
    if first is None:
        raise ValueError(f"The rule has no moment within {HORIZON_YEARS} years after its start.")
    return found


def _before(found: Recurrence) -> int:
    return int((found.start - timedelta(days=2)).replace(tzinfo=zone_named(found.zone)).timestamp()) * 1000


def _parts(text: str) -> dict[str, str]:
    text = text.strip().upper().removeprefix("RRULE:")
    if not text or len(text) > LENGTH:
        raise ValueError(f"The rule must be an RFC 5545 rule, such as FREQ=WEEKLY;BYDAY=MO, of at most {LENGTH} signs.")
    parts: dict[str, str] = {}
    for part in text.rstrip(";").split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if name in parts:
            raise ValueError(f"The rule says {name} twice.")
        if not equals or (name not in _LISTS and name not in _SINGLE):
            known = ", ".join((*_SINGLE, *_LISTS))
            raise ValueError(f"The rule must not have {name or 'an empty part'}; its parts are {known}.")
        if name in _SINGLE:
            fits, words = _SINGLE[name]
            if not fits(value):
                raise ValueError(f"{name} must be {words}.")
        else:
            fits, words = _LISTS[name]
            entries = value.split(",")
            if len(entries) > 400 or not all(fits(entry) for entry in entries):
                raise ValueError(f"{name} must be a list of {words}.")
        parts[name] = value
    return parts


def _require_sense(parts: Mapping[str, str]) -> None:
    """Refuse what has no moments, or so few that looking for one takes long."""
    frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    for name in _NOT_WITH[frequency]:
        if name in parts:
            raise ValueError(f"A rule with FREQ={frequency} cannot have {name}; use a longer FREQ.")
    if frequency == "HOURLY" and interval > 24:
        raise ValueError("With FREQ=HOURLY the INTERVAL must be at most 24; use FREQ=DAILY.")
    if frequency == "DAILY" and interval % 7 == 0 and "BYDAY" in parts:
        raise ValueError("A rule for every so many weeks is one with FREQ=WEEKLY.")
    if "," in parts.get("BYMINUTE", ""):
        raise ValueError("BYMINUTE must be one minute: nothing launches more often than every hour.")
    if frequency != "WEEKLY" and "BYMONTH" in parts and "BYMONTHDAY" in parts:
        months = [int(word) for word in parts["BYMONTH"].split(",")]
        longest = max(_LONGEST_MONTH[month - 1] for month in months)
        if all(abs(int(word)) > longest for word in parts["BYMONTHDAY"].split(",")):
            raise ValueError("None of these months has such a day, so the rule has no moment.")


def _local_until(value: str, zone: str) -> str:
    """The end on the zone's clocks: a day means its end."""
    try:
        if len(value) == 8:
            return datetime.strptime(value, "%Y%m%d").strftime("%Y%m%dT235959")
        until = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        raise ValueError("UNTIL must be " + _SINGLE["UNTIL"][1] + ".") from None
    if value.endswith("Z"):
        until = until.replace(tzinfo=UTC).astimezone(zone_named(zone)).replace(tzinfo=None)
    return until.strftime("%Y%m%dT%H%M%S")


_PERIODS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


def _nearer(start: datetime, rule: str, from_here: datetime) -> datetime:
    """A start for the same moments, so near to where they are wanted that years are not walked through for nothing.

    Whole periods later, so that every so many hours, days or weeks stay the same ones. Months and years are few.
    """
    parts = dict(part.split("=") for part in rule.split(";"))
    period = _PERIODS.get(parts["FREQ"])
    # some weeks may lie before the first moment of a period
    ahead = from_here - start - timedelta(weeks=2)
    if period is None or ahead <= timedelta(0):
        return start
    period *= int(parts.get("INTERVAL", "1"))
    return start + (ahead // period) * period


def _walk(found: Recurrence, until: datetime, from_here: datetime) -> Iterator[datetime]:
    """The local moments from one on, up to another: those of the rule and of its dates, none twice."""
    rule, dates = Dates.read(found.rule)
    yield from dates.applied(_of_rule(rule, found.start, until, from_here), until, from_here)


def _of_rule(rule: str, began: datetime, until: datetime, from_here: datetime) -> Iterator[datetime]:
    if "UNTIL=" in rule:
        given = datetime.strptime(rule.partition("UNTIL=")[2].partition(";")[0], "%Y%m%dT%H%M%S")
        until = min(until, given)
        rule = ";".join(part for part in rule.split(";") if not part.startswith("UNTIL="))
    start = began if "COUNT=" in rule else _nearer(began, rule, from_here)
    parsed = rrulestr(rule, dtstart=start)
    if "COUNT=" not in rule:
        parsed = parsed.replace(until=until)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    for local in parsed:  # pyright: ignore[reportUnknownVariableType]
        if local > until:
            return
        if local >= from_here:
            yield local
