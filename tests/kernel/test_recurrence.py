"""Recurrence rules: what they mean, what is refused, and that none runs away."""

from datetime import datetime
from itertools import islice, pairwise
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.kernel.clock import iso
from handrail.kernel.recurrence import FREQUENCIES, parse

START = datetime(2027, 3, 1, 9, 0)
LONG_AGO = 0


def moments(rule: str, count: int = 4, *, start: datetime = START, zone: str = "UTC") -> list[str]:
    return [iso(moment)[:16] for moment in islice(parse(rule, start, zone).moments(LONG_AGO), count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", ["2027-03-01T09:00", "2027-03-02T09:00", "2027-03-03T09:00"]),
        ("RRULE:FREQ=DAILY;INTERVAL=2;", ["2027-03-01T09:00", "2027-03-03T09:00", "2027-03-05T09:00"]),
        ("freq=weekly;byday=mo,fr", ["2027-03-01T09:00", "2027-03-05T09:00", "2027-03-08T09:00"]),
        # the day of the start does not count unless the rule names it
        ("FREQ=WEEKLY;BYDAY=TU", ["2027-03-02T09:00", "2027-03-09T09:00", "2027-03-16T09:00"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["2027-03-26T09:00", "2027-04-30T09:00", "2027-05-28T09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2027-03-31T09:00", "2027-05-31T09:00", "2027-07-31T09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=17", ["2027-03-31T17:00", "2027-04-30T17:00", "2027-05-31T17:00"]),
        ("FREQ=DAILY;BYHOUR=8,9;BYMINUTE=5", ["2027-03-01T09:05", "2027-03-02T08:05", "2027-03-02T09:05"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29T09:00", "2032-02-29T09:00", "2036-02-29T09:00"]),
        ("FREQ=HOURLY;INTERVAL=6", ["2027-03-01T09:00", "2027-03-01T15:00", "2027-03-01T21:00"]),
        ("FREQ=DAILY;COUNT=2", ["2027-03-01T09:00", "2027-03-02T09:00"]),
        ("FREQ=DAILY;UNTIL=20270302", ["2027-03-01T09:00", "2027-03-02T09:00"]),
        ("FREQ=DAILY;UNTIL=20270302T085959", ["2027-03-01T09:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2027-03-31T09:00", "2027-04-30T09:00", "2027-05-31T09:00"]),
    ],
)
def test_what_rules_mean(rule: str, expected: list[str]) -> None:
    assert moments(rule, 3) == expected


def test_the_clock_on_the_wall_stays() -> None:
    """Lisbon puts its clocks forward on 28 March 2027 at 01:00, and back on 31 October at 02:00."""
    start = datetime(2027, 3, 27, 9, 0)
    assert moments("FREQ=DAILY", 3, start=start, zone="Europe/Lisbon") == [
        "2027-03-27T09:00",
        "2027-03-28T08:00",
        "2027-03-29T08:00",
    ]
    # the hour that is left out, and the hour that comes twice
    assert moments("FREQ=DAILY", 2, start=datetime(2027, 3, 28, 1, 30), zone="Europe/Lisbon") == [
        "2027-03-28T01:30",
        "2027-03-29T00:30",
    ]
    assert moments("FREQ=DAILY", 2, start=datetime(2027, 10, 31, 1, 30), zone="Europe/Lisbon") == [
        "2027-10-31T00:30",
        "2027-11-01T01:30",
    ]
    until = "FREQ=DAILY;UNTIL=20270329T080000Z"
    assert moments(until, 9, start=start, zone="Europe/Lisbon")[-1] == "2027-03-29T08:00"


def test_only_what_comes_later() -> None:
    recurrence = parse("FREQ=DAILY", START, "UTC")
    first, second = islice(recurrence.moments(LONG_AGO), 2)
    assert next(recurrence.moments(first)) == second
    assert next(recurrence.moments(first - 1)) == first


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("", "RFC 5545"),
        ("FREQ=DAILY;" * 60, "RFC 5545"),
        ("BYDAY=MO", "FREQ"),
        ("FREQ=MINUTELY", "HOURLY, DAILY"),
        ("FREQ=SECONDLY", "HOURLY, DAILY"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=DAILY;BYSECOND=1", "BYSECOND"),
        ("FREQ=DAILY;BYEASTER=1", "BYEASTER"),
        ("FREQ=DAILY;COLOUR=RED", "COLOUR"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270401", "not both"),
        ("FREQ=DAILY;UNTIL=20271301", "UNTIL"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
        ("FREQ=HOURLY;BYMONTH=2", "a longer FREQ"),
        ("FREQ=DAILY;BYSETPOS=3", "a longer FREQ"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "a longer FREQ"),
        ("FREQ=HOURLY;INTERVAL=25", "at most 24"),
        ("FREQ=HOURLY;BYMINUTE=0,30", "one minute"),
        ("FREQ=DAILY;COUNT=10001", "COUNT"),
        ("FREQ=DAILY;INTERVAL=14;BYDAY=MO", "FREQ=WEEKLY"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no moment"),
        ("FREQ=DAILY;UNTIL=20200101", "no moment"),
        ("DTSTART:20270301T090000\nRRULE:FREQ=DAILY", "one RRULE"),
        ("FREQ=DAILY\nEXRULE:FREQ=WEEKLY", "one RRULE"),
        ("FREQ=DAILY\nEXDATE:tomorrow", "20270301T090000"),
        ("FREQ=DAILY\nEXDATE:20271301", "20270301T090000"),
        ("FREQ=DAILY\nEXDATE;TZID=Mars/Olympus:20270301T090000", "TZID"),
        ("FREQ=DAILY\nEXDATE;VALUE=PERIOD:20270301T090000", "VALUE=DATE"),
        ("FREQ=DAILY\nRDATE:20270228", "before the start"),
        ("FREQ=DAILY\nRDATE:99991231", "20270301T090000"),
        ("EXDATE:20270301", "RFC 5545"),
        ("FREQ=DAILY\nEXDATE:" + ",".join(["20270301"] * 201), "at most 200"),
        ("FREQ=DAILY\n" + "EXDATE:20270301\n" * 600, "8000 signs"),
        ("FREQ=DAILY;COUNT=2\nEXDATE:20270301,20270302", "no moment"),
        ("FREQ", "FREQ"),
    ],
)
def test_what_is_refused(rule: str, word: str) -> None:
    with pytest.raises(ValueError, match=word.replace("(", r"\(")):
        parse(rule, START, "UTC")


WEEKDAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)
LISTS = {
    "BYMONTH": st.lists(st.integers(1, 12), min_size=1, max_size=3),
    "BYMONTHDAY": st.lists(st.integers(-31, 31), min_size=1, max_size=3),
    "BYYEARDAY": st.lists(st.integers(-366, 366), min_size=1, max_size=3),
    "BYWEEKNO": st.lists(st.integers(-53, 53), min_size=1, max_size=2),
    "BYSETPOS": st.lists(st.integers(-5, 5), min_size=1, max_size=2),
    "BYHOUR": st.lists(st.integers(0, 23), min_size=1, max_size=4),
    "BYMINUTE": st.lists(st.integers(0, 59), min_size=1, max_size=1),
    "BYDAY": WEEKDAYS,
}


@st.composite
def rules(draw: st.DrawFn) -> str:
    parts = [f"FREQ={draw(st.sampled_from(FREQUENCIES))}", f"INTERVAL={draw(st.sampled_from([1, 1, 2, 7, 1000]))}"]
    for name in draw(st.lists(st.sampled_from(sorted(LISTS)), max_size=3, unique=True)):
        parts.append(f"{name}={','.join(map(str, draw(LISTS[name])))}")
    return ";".join(parts)


@settings(max_examples=150)
@given(
    rules(),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_any_rule_is_refused_or_goes_forward_in_bounded_time(rule: str, start: datetime, zone: str) -> None:
    began = process_time()
    try:
        recurrence = parse(rule, start, zone)
    except ValueError:
        assert process_time() - began < 10
        return
    found = list(islice(recurrence.moments(LONG_AGO), 50))
    assert found
    assert all(one < two for one, two in pairwise(found))
    assert found[0] >= int(start.replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000 - 3_600_000
    # asked again from any of them, the rest is the same
    half = len(found) // 2
    assert list(islice(recurrence.moments(found[half]), len(found) - half - 1)) == found[half + 1 :]
    assert process_time() - began < 10


@pytest.mark.parametrize(
    "rule",
    ["FREQ=HOURLY", "FREQ=HOURLY;INTERVAL=7;BYDAY=MO", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA"],
)
def test_a_start_long_ago_costs_nothing_and_changes_nothing(rule: str) -> None:
    """The moments of one month are the same whether they are walked to from 1970 or met there."""
    recurrence = parse(rule, datetime(1970, 1, 1, 9, 30), "Europe/Lisbon")
    began = process_time()
    after = int(datetime(2027, 3, 1, tzinfo=ZoneInfo("UTC")).timestamp()) * 1000
    found = list(islice(recurrence.moments(after), 20))
    assert process_time() - began < 0.5
    everything = rrulestr(rule, dtstart=datetime(1970, 1, 1, 9, 30)).between(
        datetime(2027, 2, 27), datetime(2028, 3, 1)
    )
    walked = [int(local.replace(tzinfo=ZoneInfo("Europe/Lisbon")).timestamp()) * 1000 for local in everything]
    assert found == [moment for moment in dict.fromkeys(walked) if moment > after][:20]
