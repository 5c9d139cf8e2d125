"""The public JSON of guests (wire 2.4)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Name = Annotated[str, Meta(max_length=200)]
Phone = Annotated[str, Meta(max_length=20)]
Address = Annotated[str, Meta(max_length=2_048, description="A web address.")]


class GuestDetails(msgspec.Struct, kw_only=True):
    """What the organization knows of a guest."""

    first_name: str | None
    last_name: str | None
    status: Annotated[str, Meta(description="Free text; active or disabled while nobody has written one.")]
    phone_1: str | None
    phone_2: str | None
    timezone: str | None
    image_url: str | None
    contact_url: str | None
    company_url: str | None
    opportunity_url: str | None
    company_name: str | None
    opportunity_name: str | None
    external_sync_source: str | None
    external_date_creation: str | None
    daily_digest: Annotated[bool, Meta(description="Whether they get a daily digest by mail.")]
    cadence_days: Annotated[list[str] | None, Meta(description="Days of digests; null: the organization's.")]
    associated_members: Annotated[list[int], Meta(description="Members who look after the guest.")]
    last_city: str | None
    last_country: str | None
    last_accessed_at: str | None
    disabled_at: str | None
    disabled_by: int | None
    reactivated_at: str | None
    reactivated_by: int | None


class GuestStats(msgspec.Struct, kw_only=True):
    """A guest's figures."""

    assigned_tasks: Annotated[int, Meta(description="Open tasks, directly or through a group.")]
    tasks_completed: Annotated[int, Meta(description="Of processes.")]
    last_task_completed_at: str | None
    one_off_tasks_completed: int
    last_one_off_task_completed_at: str | None


class Guest(msgspec.Struct, kw_only=True):
    """A guest. Where they last came from is shown to administrators only."""

    id: int
    email: str
    first_name: str | None
    last_name: str | None
    last_accessed_at: str | None
    last_known_ip: str | None
    last_known_country: str | None
    created_at: str
    deleted_at: str | None
    disabled_at: str | None
    link: Annotated[str, Meta(description="Under which the guest reaches their tasks; the code is its last part.")]
    details: GuestDetails
    stats: Annotated[GuestStats | UnsetType, Meta(description="Include: the guest's figures.")] = UNSET


class ListedDetails(msgspec.Struct, kw_only=True):
    """Whether a guest is disabled."""

    disabled_at: str | None


class ListedGuest(msgspec.Struct, kw_only=True):
    """A guest in the short list."""

    id: int
    email: str
    first_name: str | None
    last_name: str | None
    link: str
    details: ListedDetails


class GuestPreferencesBody(msgspec.Struct, kw_only=True):
    """What a guest may change of themself. Keys that are left out stay as they are."""

    daily_digest: Annotated[bool, Meta(description="false: no daily digest by mail.")] | UnsetType | None = UNSET
    cadence_days: (
        Annotated[list[str], Meta(max_length=7, description="Days of digests; null: the organization's.")]
        | UnsetType
        | None
    ) = UNSET
    timezone: Annotated[str, Meta(max_length=64, description="An IANA name.")] | UnsetType | None = UNSET


class GuestBody(GuestPreferencesBody, kw_only=True):
    """Changes of a guest. Keys that are left out stay as they are, null empties."""

    first_name: Name | UnsetType | None = UNSET
    last_name: Name | UnsetType | None = UNSET
    phone_1: Phone | UnsetType | None = UNSET
    phone_2: Phone | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=20, description="Another name for `phone_1`.")] | UnsetType | None = UNSET
    company_name: Name | UnsetType | None = UNSET
    opportunity_name: Name | UnsetType | None = UNSET
    status: Name | UnsetType | None = UNSET
    company_url: Address | UnsetType | None = UNSET
    contact_url: Address | UnsetType | None = UNSET
    image_url: Address | UnsetType | None = UNSET
    opportunity_url: Address | UnsetType | None = UNSET
    external_sync_source: Annotated[str, Meta(max_length=50, description="`salesforce`.")] | UnsetType | None = UNSET
    external_date_creation: (
        Annotated[str, Meta(max_length=40, description="`YYYY-MM-DD HH:MM:SS`.")] | UnsetType | None
    ) = UNSET
    associated_members: (
        Annotated[list[int], Meta(max_length=500, description="Member ids; replaces the list.")] | UnsetType | None
    ) = UNSET


class GuestPreferences(msgspec.Struct, kw_only=True):
    """What a guest decides for themself."""

    daily_digest: Annotated[bool, Meta(description="Whether they get a daily digest by mail.")]
    cadence_days: Annotated[list[str], Meta(description="The days on which it comes.")]
    is_own_choice: Annotated[bool, Meta(description="false: the days are the organization's.")]
    timezone: Annotated[str | None, Meta(description="By whose clock it comes at six; null: the organization's.")]


class NewGuestBody(GuestBody, kw_only=True):
    """A guest to invite."""

    email: Annotated[str, Meta(max_length=254, description="The guest's address; not a member's.")]


class GuestQuery(msgspec.Struct, kw_only=True):
    """Search and order of the list of guests."""

    q: Annotated[str, Meta(description="A part of the address, in any case.")] = ""
    sort: Annotated[
        str, Meta(description="email, first_name, last_name, created_at, updated_at or last_accessed_at; also sort_by.")
    ] = "created_at"
    without_pagination: Annotated[str, Meta(description="true: the whole list, without meta.")] = ""


_LINK = "https://handrail.example/5d1f0c7a9b3e4d62a8c4f10b7e95d233/guest/8c1f2be05d9347a6b1e0f4c27d56a9388c1f2be0"
_GUEST: dict[str, Any] = {
    "id": 9421,
    "email": "rui@pilots.example",
    "first_name": "Rui",
    "last_name": "Falcao",
    "last_accessed_at": "2027-02-28T17:12:00.000Z",
    "last_known_ip": "198.51.100.9",
    "last_known_country": "PT",
    "created_at": "2026-11-03T09:00:00.000Z",
    "deleted_at": None,
    "disabled_at": None,
    "link": _LINK,
    "details": {
        "first_name": "Rui",
        "last_name": "Falcao",
        "status": "active",
        "phone_1": "+351 910 000 222",
        "phone_2": None,
        "timezone": "Europe/Lisbon",
        "image_url": None,
        "contact_url": None,
        "company_url": "https://pilots.example",
        "opportunity_url": None,
        "company_name": "Pilot Services",
        "opportunity_name": None,
        "external_sync_source": None,
        "external_date_creation": None,
        "daily_digest": True,
        "cadence_days": None,
        "associated_members": [512],
        "last_city": "Porto",
        "last_country": "PT",
        "last_accessed_at": "2027-02-28T17:12:00.000Z",
        "disabled_at": None,
        "disabled_by": None,
        "reactivated_at": None,
        "reactivated_by": None,
    },
}
_STATS: dict[str, Any] = {
    "assigned_tasks": 2,
    "tasks_completed": 5,
    "last_task_completed_at": "2027-02-14T16:30:00.000Z",
    "one_off_tasks_completed": 1,
    "last_one_off_task_completed_at": "2027-01-20T12:00:00.000Z",
}
EXAMPLES: dict[str, Any] = {
    "Guest": {**_GUEST, "stats": _STATS},
    "GuestDetails": _GUEST["details"],
    "GuestStats": _STATS,
    "ListedGuest": {
        **{name: _GUEST[name] for name in ("id", "email", "first_name", "last_name", "link")},
        "details": {"disabled_at": None},
    },
    "ListedDetails": {"disabled_at": None},
    "GuestPreferences": {
        "daily_digest": True,
        "cadence_days": ["Monday", "Thursday"],
        "is_own_choice": True,
        "timezone": "Europe/Lisbon",
    },
    "GuestPreferencesBody": {"cadence_days": ["Monday", "Thursday"], "timezone": "Europe/Lisbon"},
    "NewGuestBody": {
        "email": "rui@pilots.example",
        "first_name": "Rui",
        "last_name": "Falcao",
        "phone_1": "+351 910 000 222",
        "company_name": "Pilot Services",
        "company_url": "https://pilots.example",
        "timezone": "Europe/Lisbon",
    },
    "GuestBody": {"phone_1": "+351 910 000 223", "associated_members": [512, 519]},
    "GuestQuery": {"q": "pilots", "sort": "-created_at"},
}
