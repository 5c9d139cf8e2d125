"""The public JSON of organizations (wire 2.1)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.features.organizations.store import OrganizationRow
from handrail.kernel.clock import iso, iso_or_none

# what an organization has before anybody changes it; the keys of the document in `organizations.settings`
DEFAULTS: dict[str, Any] = {
    "industry": None,
    "description": None,
    "welcome_title": None,
    "welcome_description": None,
    "address1": None,
    "address2": None,
    "address3": None,
    "city": None,
    "state": None,
    "zipcode": None,
    "country": None,
}


class Membership(msgspec.Struct, frozen=True):
    """The caller's place in an organization."""

    role: str
    status: str
    joined_at: int | None
    disabled_at: int | None
    last_accessed_at: int | None


class Organization(msgspec.Struct, kw_only=True):
    """An organization as the wire shows it."""

    id: str
    name: str
    slug: str
    timezone: str
    users_count: int
    user_role: str
    user_status: str
    created_on: str
    created_at: str
    last_updated: str
    joined_on: str | None
    disabled_on: str | None
    last_accessed: str | None


def organization(row: OrganizationRow, users_count: int, membership: Membership) -> Organization:
    """The wire form of a stored organization for one of its members."""
    return Organization(
        id=row.organization_id,
        name=row.name,
        slug=row.slug,
        timezone=row.timezone,
        users_count=users_count,
        user_role=membership.role,
        user_status=membership.status,
        created_on=iso(row.created_at),
        created_at=iso(row.created_at),
        last_updated=iso(row.updated_at),
        joined_on=iso_or_none(membership.joined_at),
        disabled_on=iso_or_none(membership.disabled_at),
        last_accessed=iso_or_none(membership.last_accessed_at),
    )


class OrganizationBody(msgspec.Struct):
    """What may be changed of an organization. Keys that are left out stay as they are."""

    name: Annotated[str, Meta(min_length=1, max_length=50, description="The name.")] | UnsetType = UNSET


EXAMPLES: dict[str, Any] = {}
