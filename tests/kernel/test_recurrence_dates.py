"""The single dates beside a recurrence rule: EXDATE and RDATE, held against the rule sets of python-dateutil."""

from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrule, rruleset, rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.kernel.clock import iso
from handrail.kernel.recurrence import Recurrence, parse

START = datetime(2027, 3, 1, 9, 0)


def moments(text: str, count: int = 3, *, zone: str = "UTC") -> list[str]:
    return [iso(moment)[5:16] for moment in islice(parse(text, START, zone).moments(0), count)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY\nEXDATE:20270302T090000", ["03-01T09:00", "03-03T09:00", "03-04T09:00"]),
        # a day leaves out every moment of it
        ("FREQ=HOURLY;INTERVAL=8\nEXDATE;VALUE=DATE:20270302", ["03-01T09:00", "03-01T17:00", "03-03T01:00"]),
        ("RRULE:FREQ=WEEKLY\nRDATE:20270303T120000", ["03-01T09:00", "03-03T12:00", "03-08T09:00"]),
        # an added day has the time of the start
        ("FREQ=WEEKLY\nRDATE;VALUE=DATE:20270303", ["03-01T09:00", "03-03T09:00", "03-08T09:00"]),
        ("FREQ=WEEKLY\r\nRDATE:20270301T090000,20270304\r\n T090000", ["03-01T09:00", "03-04T09:00", "03-08T09:00"]),
        # what is left out stays out though it was added
        ("FREQ=WEEKLY\nRDATE:20270303\nEXDATE:20270303", ["03-01T09:00", "03-08T09:00", "03-15T09:00"]),
        # a count is one of the rule
        ("FREQ=DAILY;COUNT=3\nEXDATE:20270302\nRDATE:20270310", ["03-01T09:00", "03-03T09:00", "03-10T09:00"]),
        ("FREQ=DAILY;UNTIL=20270301\nRDATE:20270310T100000Z", ["03-01T09:00", "03-10T10:00"]),
        ("exdate:20270301\nfreq=daily\nexdate:20270302", ["03-03T09:00", "03-04T09:00", "03-05T09:00"]),
    ],
)
def test_what_dates_mean(text: str, expected: list[str]) -> None:
    assert moments(text) == expected


def test_dates_are_on_the_clocks_of_the_zone() -> None:
    assert moments("FREQ=DAILY\nEXDATE:20270302T080000Z", 2, zone="Europe/Berlin") == ["03-01T08:00", "03-03T08:00"]
    zoned = "FREQ=WEEKLY\nRDATE;TZID=America/New_York:20270303T090000"
    assert moments(zoned, 2, zone="Europe/Berlin") == ["03-01T08:00", "03-03T14:00"]
    # a skipped local time still counts as the moment it would have been
    skipped = "FREQ=YEARLY\nRDATE:20270328T023000"
    assert moments(skipped, 2, zone="Europe/Berlin")[1] == "03-28T01:30"


day = st.integers(0, 60).map(lambda number: START + timedelta(days=number))
moment = st.builds(lambda when, hours: when + timedelta(hours=hours), day, st.sampled_from([0, 0, 0, 3]))
RULES = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;COUNT=9",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=HOURLY;INTERVAL=6;UNTIL=20270320",
        "FREQ=MONTHLY;BYMONTHDAY=1,-1",
    ]
)


def written(moments: list[datetime]) -> str:
    return ",".join(f"{one:%Y%m%dT%H%M%S}" for one in moments)


@settings(max_examples=100, deadline=None)
@given(RULES, st.lists(moment, max_size=12), st.lists(moment, max_size=12), st.integers(0, 90))
def test_the_same_moments_as_a_rule_set(
    text_of_rule: str, without: list[datetime], extra: list[datetime], days_later: int
) -> None:
    text = (
        text_of_rule
        + (f"\nEXDATE:{written(without)}" if without else "")
        + (f"\nRDATE:{written(extra)}" if extra else "")
    )
    expected = rruleset()
    walked = rrulestr(text_of_rule.replace("UNTIL=20270320", "UNTIL=20270320T235959"), dtstart=START)
    assert isinstance(walked, rrule)
    expected.rrule(walked)
    for one in without:
        expected.exdate(one)
    for one in extra:
        expected.rdate(one)
    utc = ZoneInfo("UTC")
    after = START + timedelta(days=days_later)
    wanted = [int(one.replace(tzinfo=utc).timestamp()) * 1000 for one in islice(expected.xafter(after), 30)]
    try:
        recurrence = parse(text, START, "UTC")
    except ValueError:
        # nothing is left
        assert not list(islice(expected, 1))
        return
    found = list(islice(recurrence.moments(int(after.replace(tzinfo=utc).timestamp()) * 1000), 30))
    assert found == wanted
    assert all(one < two for one, two in pairwise(found))
    # what is stored reads as it was meant
    assert parse(recurrence.rule, START, "UTC") == recurrence
    assert Recurrence(recurrence.rule, START, "UTC") == recurrence


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="EXRDATE:;=TZIDVALUE,0123456789\n ", max_size=80))
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        recurrence = parse(f"FREQ=DAILY\n{line}", START, "Europe/Lisbon")
    except ValueError:
        return
    found = list(islice(recurrence.moments(0), 5))
    assert all(one < two for one, two in pairwise(found))
