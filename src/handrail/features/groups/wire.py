"""The public JSON of groups (wire 2.5)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.http.envelope import Included

Name = Annotated[str, Meta(max_length=200)]
Description = Annotated[str, Meta(max_length=5_000)]
Members = Annotated[list[int], Meta(max_length=5_000, description="Member ids.")]
Guests = Annotated[list[str], Meta(max_length=5_000, description="Addresses of guests.")]


class Group(msgspec.Struct, kw_only=True):
    """A group. Whoever is in it now has what is assigned or granted to it."""

    id: str
    name: str
    description: str
    logo: str | None = None
    members: Annotated[list[int], Meta(description="Member ids.")]
    guests: Annotated[list[str], Meta(description="Addresses of guests.")]
    created_at: str
    last_updated: str
    updated_at: Annotated[str, Meta(description="The same as `last_updated`.")]
    deleted_at: str | None = None
    users: Annotated[Included | UnsetType, Meta(description="Include: the members with their names.")] = UNSET
    assets: Annotated[Included | UnsetType, Meta(description="Include: the group's files.")] = UNSET


class NewGroupBody(msgspec.Struct, kw_only=True):
    """A group to make."""

    name: Annotated[str, Meta(max_length=200, description="What no other group is called.")]
    description: Description = ""
    members: Members = []
    guests: Guests = []


class GroupBody(msgspec.Struct, kw_only=True):
    """Changes of a group. Keys that are left out stay as they are; a list replaces the stored one."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    members: Members | UnsetType = UNSET
    guests: Guests | UnsetType = UNSET


class GroupQuery(msgspec.Struct, kw_only=True):
    """Search and order of the list of groups."""

    q: Annotated[str, Meta(description="A part of the name or the description, in any case.")] = ""
    sort_by: Annotated[str, Meta(description="name, created_at or updated_at.")] = "created_at"
    sort: Annotated[str, Meta(description="asc or desc; or the name of a field, with a minus for descending.")] = ""


_GROUP: dict[str, Any] = {
    "id": "2d9f6a80c7e14b53b8f1049e63ad5c7e",
    "name": "Harbour desk",
    "description": "Meets the pilots at the quay",
    "logo": None,
    "members": [512, 519],
    "guests": ["rui@pilots.example"],
    "created_at": "2026-05-04T10:00:00.000Z",
    "last_updated": "2027-02-01T10:00:00.000Z",
    "updated_at": "2027-02-01T10:00:00.000Z",
    "deleted_at": None,
}
EXAMPLES: dict[str, Any] = {
    "Group": _GROUP,
    "NewGroupBody": {name: _GROUP[name] for name in ("name", "description", "members", "guests")},
    "GroupBody": {"members": [512, 519, 530]},
    "GroupQuery": {"q": "harbour", "sort_by": "name", "sort": "desc"},
}
