"""The single dates beside a recurrence rule: EXDATE leaves moments out, RDATE adds some (RFC 5545, 3.8.5).

A date without a time leaves out its whole day, or adds the time of day of the start. What is left out stays out even
where it was added. A rule counts its moments before any is left out.
"""

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec

from handrail.kernel.worktime import zone_named
from handrail.kernel.zones import is_zone

LONGEST_TEXT = 8000
MOST_DATES = 200
_LINE = re.compile(r"(EXDATE|RDATE)((?:;[A-Z-]+=[^;:]+)*):(.*)", re.IGNORECASE)
_VALUE = re.compile(r"\d{8}(T\d{6}Z?)?")
_DAY, _TIME = "%Y%m%d", "%Y%m%dT%H%M%S"


class Dates(msgspec.Struct, frozen=True):
    """Local moments in order: what is left out, whole days that are, and what comes on top."""

    without: frozenset[datetime] = frozenset()
    without_days: frozenset[date] = frozenset()
    extra: tuple[datetime, ...] = ()

    @classmethod
    def read(cls, text: str) -> "tuple[str, Dates]":
        """A text that `joined` made: the rule, and its dates."""
        rule, _, rest = text.partition("\n")
        values = {name: given.split(",") for name, _, given in (line.partition(":") for line in rest.splitlines())}
        out = values.get("EXDATE", [])
        return rule, cls(
            frozenset(datetime.strptime(value, _TIME) for value in out if "T" in value),
            frozenset(datetime.strptime(value, _DAY).date() for value in out if "T" not in value),
            tuple(datetime.strptime(value, _TIME) for value in values.get("RDATE", ())),
        )

    def applied(self, moments: Iterator[datetime], until: datetime, from_here: datetime) -> Iterator[datetime]:
        """The moments of a rule with the dates applied to them, in order and none twice."""
        extra = [moment for moment in self.extra if from_here <= moment <= until]
        last: datetime | None = None
        for moment in heapq.merge(moments, extra) if extra else moments:
            if moment != last and moment not in self.without and moment.date() not in self.without_days:
                yield moment
            last = moment


def lines_of(text: str, start: datetime, zone: str) -> tuple[str, Dates]:
    """The rule of a text, and the dates of its further lines on the clocks of the zone. ValueError says what is wrong.

    The rule is the line without a name, or the one called RRULE.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"A rule and its dates must be at most {LONGEST_TEXT} signs.")
    rules: list[str] = []
    listed: Mapping[str, list[str]] = {"EXDATE": [], "RDATE": []}
    # a line that begins with a space goes on with the one before it
    for line in re.sub(r"\r?\n[ \t]", "", text.strip()).splitlines():
        found = _LINE.fullmatch(line.strip())
        if found is None:
            rules.append(line)
            continue
        name, parameters, values = found[1].upper(), found[2], found[3]
        own_zone = _zone_of(name, parameters, zone)
        listed[name].extend(_local(name, value.strip(), own_zone, zone, start) for value in values.split(","))
    if len(rules) > 1:
        raise ValueError(
            "The lines of a rule are one RRULE, and any of EXDATE and RDATE; when it begins is said apart from it."
        )
    for name, values in listed.items():
        if len(values) > MOST_DATES:
            raise ValueError(f"{name} takes at most {MOST_DATES} dates.")
    return "".join(rules), Dates.read(_joined("", listed["EXDATE"], listed["RDATE"]))[1]


def joined(rule: str, dates: Dates) -> str:
    """A rule and its dates as one text, each kind of dates in a line, in order."""
    out = [f"{day:{_DAY}}" for day in dates.without_days] + [f"{moment:{_TIME}}" for moment in dates.without]
    return _joined(rule, out, [f"{moment:{_TIME}}" for moment in dates.extra])


def _joined(rule: str, without: Sequence[str], extra: Sequence[str]) -> str:
    lines = [rule]
    for name, values in (("EXDATE", without), ("RDATE", extra)):
        if values:
            lines.append(f"{name}:{','.join(sorted(set(values)))}")
    return "\n".join(lines)


def _zone_of(name: str, parameters: str, zone: str) -> str:
    """The zone that the values of a line are in."""
    for parameter in parameters.split(";")[1:]:
        key, _, value = parameter.partition("=")
        if key.upper() == "TZID" and is_zone(value):
            zone = value
        elif (key.upper(), value.upper()) not in (("VALUE", "DATE"), ("VALUE", "DATE-TIME")):
            raise ValueError(
                f"{name} must not have {parameter}; it takes TZID with the name of a zone, and VALUE=DATE."
            )
    return zone


def _local(name: str, value: str, own_zone: str, zone: str, start: datetime) -> str:
    """A value on the clocks of the rule's zone, as it is stored."""
    wrong = f"{name} must be a list of dates such as 20270301 or 20270301T090000, with a Z for UTC."
    if not _VALUE.fullmatch(value.upper()):
        raise ValueError(wrong)
    text = value.upper()
    try:
        moment = datetime.strptime(text.rstrip("Z"), _TIME if "T" in text else _DAY)
        if text.endswith("Z") or ("T" in text and own_zone != zone):
            there = UTC if text.endswith("Z") else zone_named(own_zone)
            moment = moment.replace(tzinfo=there).astimezone(zone_named(zone)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(wrong) from None
    if "T" not in text and name == "EXDATE":
        return f"{moment:{_DAY}}"
    if "T" not in text:
        moment = datetime.combine(moment, start.time())
    if name == "RDATE" and moment < start:
        raise ValueError(f"RDATE must not have {value}, which is before the start.")
    if not 1970 <= moment.year < 9000:
        raise ValueError(wrong)
    return f"{moment:{_TIME}}"
