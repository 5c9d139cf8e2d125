"""What a body says about a guest, checked and merged over what is stored (around 3.1)."""

from typing import Any

import msgspec
from msgspec import UNSET

from handrail.features.guests import profile, wire
from handrail.features.guests.profile import Details
from handrail.features.organizations.document import weekdays
from handrail.features.people.roster import roster
from handrail.kernel.addresses import is_web_address
from handrail.kernel.clock import parse_moment
from handrail.kernel.errors import Errors
from handrail.kernel.zones import is_zone
from handrail.ports.database import Reader

TEXTS = ("phone_1", "phone_2", "company_name", "opportunity_name", "status")
ADDRESSES = ("company_url", "contact_url", "image_url", "opportunity_url")
SOURCES = ("salesforce",)


class Profile(msgspec.Struct, frozen=True):
    """Names and details of a guest."""

    first_name: str | None
    last_name: str | None
    details: Details


async def merged(
    reader: Reader, organization_id: str, body: wire.GuestBody, stored: Profile, errors: Errors
) -> Profile:
    """The stored profile with what the body changes. Empty texts are null."""
    changes: dict[str, Any] = {name: _text(value) for name in TEXTS if (value := getattr(body, name)) is not UNSET}
    if body.phone is not UNSET and body.phone_1 is UNSET:
        changes["phone_1"] = _text(body.phone)
    for name in ADDRESSES:
        if (value := getattr(body, name)) is not UNSET:
            changes[name] = _text(value)
            if changes[name] is not None and not is_web_address(changes[name]):
                errors.add(name, f"The {name} must be a web address that begins with http:// or https://.")
    if body.timezone is not UNSET:
        changes["timezone"] = zone = _text(body.timezone)
        if zone is not None and not is_zone(zone):
            errors.add("timezone", "The timezone must be the IANA name of a time zone, such as Europe/Lisbon.")
    if body.external_sync_source is not UNSET:
        changes["external_sync_source"] = source = _text(body.external_sync_source)
        if source is not None and source not in SOURCES:
            errors.add("external_sync_source", f"The external_sync_source must be one of {', '.join(SOURCES)}.")
    if body.external_date_creation is not UNSET:
        changes["external_date_creation"] = date = _text(body.external_date_creation)
        if date is not None and parse_moment(date) is None:
            errors.add("external_date_creation", "The external_date_creation must be written YYYY-MM-DD HH:MM:SS.")
    if body.daily_digest is not UNSET:
        changes["daily_digest"] = body.daily_digest
    if body.cadence_days is not UNSET:
        days = body.cadence_days
        changes["cadence_days"] = None if days is None else weekdays("cadence_days", days, errors)
    if body.associated_members is not UNSET:
        changes["associated_members"] = await _members(reader, organization_id, body.associated_members or [], errors)
    return Profile(
        stored.first_name if body.first_name is UNSET else _text(body.first_name),
        stored.last_name if body.last_name is UNSET else _text(body.last_name),
        msgspec.structs.replace(stored.details, **changes),
    )


def filled(given: Profile, stored: Profile) -> Profile:
    """The stored profile, with what was given in the places where it has nothing."""
    blank = Details()
    changes = {
        name: getattr(given.details, name)
        for name in Details.__struct_fields__
        if getattr(stored.details, name) == getattr(blank, name)
    }
    return Profile(
        stored.first_name or given.first_name,
        stored.last_name or given.last_name,
        msgspec.structs.replace(stored.details, **changes),
    )


def encoded(details: Details) -> str:
    """The details as they are stored."""
    return profile.encoded(details)


async def _members(reader: Reader, organization_id: str, ids: list[int], errors: Errors) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(ids))
    possible = [user for user in wanted if 0 < user < 2**53]
    known = await roster(reader, organization_id, users=possible)
    for index, user in enumerate(ids):
        if not known.has_member(user):
            errors.add(f"associated_members.{index}", f"{user} is not a member of this organization.")
    return wanted


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None
