"""On which days, and when, a person wants a digest: what they chose, else what the organization decided."""

from collections.abc import Sequence
from datetime import datetime, time

from handrail.features.guests import profile as guests
from handrail.features.members import profile as members
from handrail.features.organizations.document import WEEK, Document
from handrail.kernel.clock import HOUR
from handrail.kernel.worktime import local, zone_named

AT = time(6)
# a server that stood still makes up for a morning until the evening
LATE = 12 * HOUR


def days_of_member(profile: str, organization: Document) -> tuple[str, ...]:
    """The names of the days; none when the member wants no digests."""
    chosen = members.decoded(profile)
    if chosen.daily_digest is False:
        return ()
    return organization.cadence_days if chosen.cadence_days is None else chosen.cadence_days


def days_of_guest(details: guests.Details, organization: Document) -> tuple[str, ...]:
    """The names of the days; none when the guest wants no digests."""
    if details.daily_digest is False:
        return ()
    return organization.guest_cadence_days if details.cadence_days is None else details.cadence_days


def due_on(now: int, zone: str) -> tuple[str, int] | None:
    """The day of the person's calendar whose digest is due, and since when; None before six and in the evening."""
    today = local(now, zone).date()
    due = int(datetime.combine(today, AT, zone_named(zone)).timestamp()) * 1000
    return (today.isoformat(), due) if due <= now < due + LATE else None


def is_chosen(day: str, days: Sequence[str]) -> bool:
    """Whether a day, `YYYY-MM-DD`, is one of these days of the week."""
    return WEEK[datetime.fromisoformat(day).weekday()] in days
