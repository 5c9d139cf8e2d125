"""When the slots of a schedule are, whatever the clocks of a zone do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.adapters.jobs_schedules import following_slot, latest_slot
from handrail.kernel.clock import iso, parse_moment

CRONS = ("* * * * *", "*/2 * * * * *", "*/15 * * * *", "0 * * * *", "30 2 * * *", "0 6 * * 1-5", "0 3 1 * *")
ZONES = ("UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
MOMENTS = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1000, int(datetime(2040, 1, 1, tzinfo=UTC).timestamp()) * 1000
)


@given(st.sampled_from(CRONS), st.sampled_from(ZONES), MOMENTS, st.integers(0, 4 * 86_400_000))
def test_slots_follow_each_other(cron: str, zone: str, now: int, more: int) -> None:
    slot = latest_slot(cron, zone, now)
    assert slot <= now
    assert latest_slot(cron, zone, slot) == slot
    assert following_slot(cron, zone, now) > now
    # time does not run backwards
    assert latest_slot(cron, zone, now + more) >= slot


def moment(text: str) -> int:
    found = parse_moment(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "now", "latest", "following"),
    [
        ("0 6 * * *", "UTC", "2027-03-02T06:00:00", "2027-03-02T06:00:00.000Z", "2027-03-03T06:00:00.000Z"),
        ("0 6 * * *", "UTC", "2027-03-02T05:59:59.999", "2027-03-01T06:00:00.000Z", "2027-03-02T06:00:00.000Z"),
        # the clock goes forward on the 28th of March, back on the 31st of October
        ("0 6 * * *", "Europe/Lisbon", "2027-03-28T12:00:00", "2027-03-28T05:00:00.000Z", "2027-03-29T05:00:00.000Z"),
        ("0 6 * * *", "Europe/Lisbon", "2027-10-31T12:00:00", "2027-10-31T06:00:00.000Z", "2027-11-01T06:00:00.000Z"),
        ("0 0 29 2 *", "UTC", "2027-03-02T06:00:00", "2024-02-29T00:00:00.000Z", "2028-02-29T00:00:00.000Z"),
        ("*/2 * * * * *", "UTC", "2027-03-02T06:00:03.5", "2027-03-02T06:00:02.000Z", "2027-03-02T06:00:04.000Z"),
    ],
)
def test_slots_on_the_clock_of_the_zone(cron: str, zone: str, now: str, latest: str, following: str) -> None:
    assert iso(latest_slot(cron, zone, moment(now))) == latest
    assert iso(following_slot(cron, zone, moment(now))) == following
