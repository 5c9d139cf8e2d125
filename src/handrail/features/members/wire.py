"""The public JSON of members, invitations and personal tokens (wire 2.2, 2.3, 2.32)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.http.envelope import Included

NAME_LENGTH = 32


class GroupOfMember(msgspec.Struct, frozen=True):
    """A group that the member is in."""

    id: str
    name: str
    logo: str | None
    members: list[int]
    guests: list[str]


class Groups(msgspec.Struct, frozen=True):
    """The member's groups."""

    data: list[GroupOfMember]


class Counts(msgspec.Struct, frozen=True):
    """What the member has done here."""

    steps_created: int
    tasks_completed: int
    processes_launched: int
    checklists_created: int
    last_step_created_at: str | None


class Stats(msgspec.Struct, frozen=True):
    """The member's figures."""

    data: Counts


class Place(msgspec.Struct, frozen=True):
    """An organization that the member is in."""

    id: str
    name: str
    slug: str
    user_role: str
    user_status: str


class Places(msgspec.Struct, frozen=True):
    """The organizations that the member is in; of others, only the one they share with the reader."""

    data: list[Place]


class Preference(msgspec.Struct, frozen=True):
    """One stored preference."""

    slug: str
    value: str
    metadata: None
    last_updated: str


class Preferences(msgspec.Struct, frozen=True):
    """The member's preferences."""

    data: list[Preference]


class Method(msgspec.Struct, frozen=True):
    """A way to sign in."""

    name: str


class Methods(msgspec.Struct, frozen=True):
    """The ways in which the member can sign in."""

    data: list[Method]


class Country(msgspec.Struct, frozen=True):
    """The member's country; there is no directory of countries, so only `country_id` is known."""

    data: None = None


class User(msgspec.Struct, kw_only=True):
    """A member. What is not for the reader's eyes is null: see the calls."""

    id: int
    email: str | None
    username: str
    first_name: str
    last_name: str
    full_name: str
    profile_pic: str | None = None
    resize_profile_pic: str | None = None
    locale: str
    active: bool
    is_active: bool
    complete: bool
    is_suspended: bool = False
    support_user: bool = False
    is_default_admin: bool
    type: str
    role: str
    status: str
    created_at: str
    last_updated: str
    updated_at: str
    last_login_at: str | None
    last_accessed_at: str | None
    activated_at: str | None
    approved_at: str | None
    invited_by: int | None
    disabled_at: str | None
    disabled_by: int | None
    reactivated_at: str | None
    reactivated_by: int | None
    phone: str | None
    job_title: str | None
    job_description: str | None
    team: str | None
    timezone: str
    UTC_offset: str
    date_format: str
    country_id: int | None
    last_known_ip: str | None
    last_known_country: str | None = None
    country: Country | UnsetType = UNSET
    groups: Groups | UnsetType = UNSET
    stats: Stats | UnsetType = UNSET
    organizations: Places | UnsetType = UNSET
    preferences: Preferences | UnsetType = UNSET
    auth_methods: Methods | UnsetType = UNSET
    assets: Included | UnsetType = UNSET
    member_watchers: Included | UnsetType = UNSET
    guest_watchers: Included | UnsetType = UNSET
    invite_link: Annotated[
        str | UnsetType, Meta(description="To administrators, once: the link that accepts the invitation.")
    ] = UNSET


class ListedUser(msgspec.Struct, frozen=True):
    """A member in the short list."""

    id: int
    email: str | None
    username: str
    first_name: str
    last_name: str
    full_name: str
    profile_pic: str | None
    status: str


class SignedIn(User, kw_only=True):
    """The member who has just accepted, with an access token that is shown this once."""

    organization_id: str
    access_token: str
    token_type: str = "Bearer"
    expires_in: int


Given = Annotated[str, Meta(max_length=NAME_LENGTH)]
Secret = Annotated[str, Meta(max_length=1_000)]


class InviteBody(msgspec.Struct):
    """Whom to invite."""

    email: Annotated[str, Meta(max_length=254, description="Where the invitation goes; the sign-in name later.")]
    first_name: Given
    last_name: Given
    role: Annotated[str, Meta(description="admin, standard or light.")] = "light"
    message: Annotated[str, Meta(max_length=5_000, description="A word to the invited person.")] | None = None


class RoleBody(msgspec.Struct):
    """A member's new role."""

    role: Annotated[str, Meta(description="admin, standard or light.")]


class ConversionBody(msgspec.Struct):
    """As what a guest becomes a member."""

    role: Annotated[str, Meta(description="admin, standard or light.")] = "standard"


class MemberBody(msgspec.Struct):
    """What may be changed of a member. Keys that are left out stay as they are."""

    first_name: Given | UnsetType = UNSET
    last_name: Given | UnsetType = UNSET
    timezone: Annotated[str, Meta(description="IANA name; null means the organization's.")] | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    job_title: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET
    job_description: Annotated[str, Meta(max_length=5_000)] | UnsetType | None = UNSET
    team: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET
    country_id: Annotated[int, Meta(ge=1, le=2**31 - 1)] | UnsetType | None = UNSET
    date_format: Annotated[str, Meta(description="mm/dd/yyyy or dd/mm/yyyy.")] | UnsetType | None = UNSET
    step_preferences: bool | UnsetType | None = UNSET
    daily_digest: Annotated[bool, Meta(description="false: no daily digest by mail.")] | UnsetType | None = UNSET
    cadence_days: (
        Annotated[list[str], Meta(max_length=7, description="The days of the digest; null: the organization's.")]
        | UnsetType
        | None
    ) = UNSET
    mail_preferences: (
        Annotated[
            dict[str, bool],
            Meta(
                description="Which mails about tasks come: `all`, `assignments`, `deadlines`, `reopening`, "
                "`owner_changes`, `mentions`, `issues`; false: none. Keys that are left out stay, null: all come."
            ),
        ]
        | UnsetType
        | None
    ) = UNSET
    is_default_admin: (
        Annotated[bool, Meta(description="true, by an administrator: makes this active administrator the default one.")]
        | UnsetType
    ) = UNSET


class EmailBody(msgspec.Struct):
    """A new address. The current password proves who asks; `current_password` is another name for it."""

    email: Annotated[str, Meta(max_length=254)]
    password: Secret | UnsetType = UNSET
    current_password: Secret | UnsetType = UNSET


class PasswordBody(msgspec.Struct):
    """A new password. The current one proves who asks; `current_password` is another name for it."""

    new_password: Secret
    new_password_confirmation: Secret | UnsetType = UNSET
    password: Secret | UnsetType = UNSET
    current_password: Secret | UnsetType = UNSET


class AcceptBody(msgspec.Struct):
    """The token of an invitation link and the password to sign in with from now on."""

    token: Annotated[str, Meta(max_length=200)]
    password: Secret
    first_name: Given | UnsetType | None = UNSET
    last_name: Given | UnsetType | None = UNSET


class TokenBody(msgspec.Struct):
    """A personal access token to make."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="What it is for.")]
    scopes: Annotated[
        list[str] | str,
        Meta(description="`*`, `admin`, or words like `tasks:read`; a list, or one text with spaces between."),
    ] = "*"
    expires_at: Annotated[str, Meta(description="When it ends. Without it, after half a year.")] | None = None


class PersonalToken(msgspec.Struct, kw_only=True):
    """A personal access token; its value is shown once, when it is made."""

    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    current: Annotated[bool, Meta(description="Whether this request was made with it.")]
    access_token: str | UnsetType = UNSET
    token_type: str | UnsetType = UNSET


class Revoked(msgspec.Struct, frozen=True):
    """How many tokens were revoked."""

    revoked: int


_USER: dict[str, Any] = {
    "id": 512,
    "email": "mira.santos@pilots.example",
    "username": "mira.santos",
    "first_name": "Mira",
    "last_name": "Santos",
    "full_name": "Mira Santos",
    "locale": "en",
    "active": True,
    "is_active": True,
    "complete": True,
    "is_default_admin": False,
    "type": "standard",
    "role": "standard",
    "status": "active",
    "created_at": "2027-01-14T09:02:11.000Z",
    "last_updated": "2027-02-27T11:20:05.000Z",
    "updated_at": "2027-02-27T11:20:05.000Z",
    "last_accessed_at": "2027-03-02T08:41:52.000Z",
    "activated_at": "2027-01-14T10:31:40.000Z",
    "approved_at": "2027-01-14T09:02:11.000Z",
    "invited_by": 501,
    "phone": "+351 220 000 222",
    "job_title": "Pilot coordinator",
    "job_description": None,
    "team": "Harbour desk",
    "timezone": "Europe/Lisbon",
    "UTC_offset": "+00:00",
    "date_format": "dd/mm/yyyy",
    "country_id": 174,
    "last_known_ip": "203.0.113.24",
    "last_known_country": None,
    "profile_pic": None,
    "resize_profile_pic": None,
    "is_suspended": False,
    "support_user": False,
    "last_login_at": "2027-03-02T07:55:10.000Z",
    "disabled_at": None,
    "disabled_by": None,
    "reactivated_at": None,
    "reactivated_by": None,
}
EXAMPLES: dict[str, Any] = {
    "User": _USER,
    "ListedUser": {
        **{key: _USER[key] for key in ("id", "email", "username", "first_name", "last_name", "full_name", "status")},
        "profile_pic": None,
    },
    "SignedIn": {
        **_USER,
        "organization_id": "5d1f0c7a9b3e4d62a8c4f10b7e95d233",
        "access_token": "hrp_3n8Qw1ZpRt6Yk0Vb5Xc2Ls9Dm4Hf7JgAuEiOqWs3b1c2d3e",
        "token_type": "Bearer",
        "expires_in": 15_811_200,
    },
    "InviteBody": {
        "email": "rui.costa@pilots.example",
        "first_name": "Rui",
        "last_name": "Costa",
        "role": "standard",
        "message": "Welcome aboard. Your first task is waiting.",
    },
    "RoleBody": {"role": "standard"},
    "ConversionBody": {"role": "light"},
    "MemberBody": {
        "first_name": "Mira",
        "last_name": "Santos",
        "timezone": "Europe/Lisbon",
        "phone": "+351 220 000 222",
        "job_title": "Pilot coordinator",
        "team": "Harbour desk",
        "date_format": "dd/mm/yyyy",
    },
    "EmailBody": {"email": "mira@pilots.example", "password": "correct horse battery"},
    "PasswordBody": {"password": "correct horse battery", "new_password": "staple the next harbour"},
    "AcceptBody": {"token": "hri_5Kd2Vm8Xq1", "password": "correct horse battery"},
    "TokenBody": {"name": "Nightly export", "scopes": ["processes:read", "tasks:read"]},
    "PersonalToken": {
        "id": "01a2029f4d6c7b3ea1f0c5d2e8b94c70",
        "name": "Nightly export",
        "scopes": ["processes:read", "tasks:read"],
        "created_at": "2027-03-02T09:14:31.000Z",
        "expires_at": "2027-09-01T09:14:31.000Z",
        "last_used_at": None,
        "current": False,
    },
    "Revoked": {"revoked": 3},
    "GroupOfMember": {
        "id": "2d9f6a80c7e14b53b8f1049e63ad5c7e",
        "name": "Harbour desk",
        "logo": None,
        "members": [512],
        "guests": [],
    },
    "Counts": {
        "steps_created": 12,
        "tasks_completed": 340,
        "processes_launched": 51,
        "checklists_created": 6,
        "last_step_created_at": "2027-02-20T10:00:00.000Z",
    },
    "Place": {
        "id": "5d1f0c7a9b3e4d62a8c4f10b7e95d233",
        "name": "Northwind Pilots",
        "slug": "northwind-pilots",
        "user_role": "standard",
        "user_status": "active",
    },
    "Preference": {
        "slug": "step_preferences",
        "value": "true",
        "metadata": None,
        "last_updated": "2027-02-27T11:20:05.000Z",
    },
    "Method": {"name": "native"},
}
