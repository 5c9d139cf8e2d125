"""The public JSON of job titles (wire 2.6)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Name = Annotated[str, Meta(max_length=200)]
Description = Annotated[str, Meta(max_length=5_000)]
Users = Annotated[list[int], Meta(max_length=500, description="Member ids.")]
Guests = Annotated[list[str], Meta(max_length=500, description="Addresses of guests.")]
Groups = Annotated[list[str], Meta(max_length=100, description="Group ids.")]


class Role(msgspec.Struct, kw_only=True):
    """A job title. Its people get the tasks of its steps, unless the launch picks others."""

    id: str
    name: str
    description: str
    users: Annotated[list[int], Meta(description="Member ids.")]
    guests: Annotated[list[str], Meta(description="Addresses of guests.")]
    groups: Annotated[list[str], Meta(description="Group ids.")]
    created_at: str
    last_updated: str


class NewRoleBody(msgspec.Struct, kw_only=True):
    """A job title to make."""

    name: Annotated[str, Meta(max_length=200, description="What no other job title is called.")]
    description: Description = ""
    users: Users = []
    guests: Guests = []
    groups: Groups = []


class RoleChangeBody(msgspec.Struct, kw_only=True):
    """Changes of a job title. Keys that are left out stay as they are; a list replaces the stored one."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    users: Users | UnsetType = UNSET
    guests: Guests | UnsetType = UNSET
    groups: Groups | UnsetType = UNSET


class RoleQuery(msgspec.Struct, kw_only=True):
    """Search and order of the list of job titles."""

    q: Annotated[str, Meta(description="A part of the name or the description, in any case.")] = ""
    sort: Annotated[
        str, Meta(description="name, created_at or last_updated, with a minus in front for descending.")
    ] = "name"


_ROLE: dict[str, Any] = {
    "id": "6b1e04c97a2d4f35b80d19e6c2f7a453",
    "name": "Duty officer",
    "description": "Decides while the harbour master is away",
    "users": [40817],
    "guests": [],
    "groups": [],
    "created_at": "2026-05-04T10:00:00.000Z",
    "last_updated": "2027-02-01T10:00:00.000Z",
}
EXAMPLES: dict[str, Any] = {
    "Role": _ROLE,
    "NewRoleBody": {name: _ROLE[name] for name in ("name", "description", "users", "guests", "groups")},
    "RoleChangeBody": {"users": [40817, 40822]},
    "RoleQuery": {"q": "officer", "sort": "name"},
}
