"""The public JSON of applications and of the token endpoint (wire 1, 2.32)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Name = Annotated[str, Meta(max_length=100)]
Grant = Literal["client_credentials", "password", "refresh_token"]
Uris = Annotated[list[Annotated[str, Meta(max_length=2000)]], Meta(max_length=20)]
Scopes = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=60)]
Grants = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=10)]


class Secret(msgspec.Struct, kw_only=True):
    """A secret that works; two may, while programs change over."""

    id: str
    created_at: str


class Application(msgspec.Struct, kw_only=True):
    """A program that acts for the organization and its people."""

    id: Annotated[int, Meta(description="Its client id.")]
    client_id: int
    name: str
    grants: list[str]
    scopes: list[str]
    redirect_uris: list[str]
    is_first_party: Annotated[bool, Meta(description="Whether it may ask people for their passwords.")]
    secrets: list[Secret]
    created_at: str
    last_updated: str
    client_secret: Annotated[
        str | UnsetType, Meta(description="Only in the answer that made it: the value is shown once.")
    ] = UNSET


class NewApplicationBody(msgspec.Struct, kw_only=True):
    """An application to register."""

    name: Name
    grants: Annotated[
        Grants | UnsetType,
        Meta(description="client_credentials, refresh_token, password (for a first-party application)."),
    ] = UNSET
    scopes: Annotated[Scopes | UnsetType, Meta(description='What its tokens may be used for; ["*"] when left out.')] = (
        UNSET
    )
    redirect_uris: Uris | UnsetType = UNSET
    is_first_party: bool = False


class ApplicationBody(msgspec.Struct, kw_only=True):
    """Changes of an application. Keys that are left out stay as they are."""

    name: Name | UnsetType = UNSET
    grants: Grants | UnsetType = UNSET
    scopes: Scopes | UnsetType = UNSET
    redirect_uris: Uris | UnsetType = UNSET
    is_first_party: bool | UnsetType = UNSET


class TokenRequest(msgspec.Struct, kw_only=True):
    """What is asked of the token endpoint; form-encoded or JSON."""

    grant_type: Annotated[str, Meta(max_length=200)] = ""
    client_id: Annotated[str | int, Meta(description="The application's client id; or HTTP Basic.")] = ""
    client_secret: Annotated[str, Meta(max_length=500)] = ""
    username: Annotated[str, Meta(max_length=254, description="An address, for `password`.")] = ""
    password: Annotated[str, Meta(max_length=500)] = ""
    refresh_token: Annotated[str, Meta(max_length=500)] = ""
    scope: Annotated[str, Meta(max_length=2000)] = ""


class TokenAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A token, and how to get the next one."""

    token_type: str
    expires_in: Annotated[int, Meta(description="Seconds.")]
    access_token: str
    refresh_token: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET


class RevokeBody(msgspec.Struct, kw_only=True):
    """A token to end (RFC 7009)."""

    token: Annotated[str, Meta(max_length=500)] = ""
    token_type_hint: Annotated[str, Meta(max_length=64)] = ""
    client_id: str | int = ""
    client_secret: Annotated[str, Meta(max_length=500)] = ""


class ProvisionBody(msgspec.Struct, kw_only=True):
    """A member whom an application makes."""

    first_name: Annotated[str, Meta(max_length=32)]
    last_name: Annotated[str, Meta(max_length=32)]
    email: Annotated[str, Meta(max_length=254)]
    role: Annotated[str | UnsetType, Meta(description="admin, standard or light; standard when left out.")] = UNSET
    timezone: Annotated[str | UnsetType | None, Meta(description="An IANA time zone.")] = UNSET


_APPLICATION: dict[str, Any] = {
    "id": 3,
    "client_id": 3,
    "name": "Harbour portal",
    "grants": ["client_credentials"],
    "scopes": ["*"],
    "redirect_uris": [],
    "is_first_party": False,
    "secrets": [{"id": "01a20300993a70e2bdfd3c64774c54c1", "created_at": "2027-03-02T08:00:00.000Z"}],
    "created_at": "2027-03-02T08:00:00.000Z",
    "last_updated": "2027-03-02T08:00:00.000Z",
}
_SECRET = "hrc_9WTiODJBz8FIr1AqfEQt6ZauNzV1UR3zkMvS0jMX89937af2"
EXAMPLES: dict[str, Any] = {
    "Secret": _APPLICATION["secrets"][0],
    "Application": {**_APPLICATION, "client_secret": _SECRET},
    "NewApplicationBody": {"name": "Harbour portal", "grants": ["client_credentials"], "scopes": ["*"]},
    "ApplicationBody": {"name": "Harbour portal, berth 2"},
    "TokenRequest": {"grant_type": "client_credentials", "client_id": 3, "client_secret": _SECRET},
    "TokenAnswer": {
        "token_type": "Bearer",
        "expires_in": 604800,
        "access_token": "hra_KN6peH8Hk65R5yUIUtctjltX4H0WxFxQKLrWvlavf76ca38c",
    },
    "RevokeBody": {
        "token": "hrr_KN6peH8Hk65R5yUIUtctjltX4H0WxFxQKLrWvlavf76ca38c",
        "client_id": 3,
        "client_secret": _SECRET,
    },
    "ProvisionBody": {"first_name": "Mina", "last_name": "Costa", "email": "mina@pilots.example", "role": "standard"},
}
