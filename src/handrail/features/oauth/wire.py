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
    is_public: Annotated[bool, Meta(description="Whether it runs where it can keep no secret.")]
    requires_pkce: Annotated[bool, Meta(description="Whether its code flow needs PKCE.")]
    token_format: Annotated[str, Meta(description="What the tokens of its people are: `opaque`, or `jwt`.")]
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
        Meta(
            description="client_credentials, authorization_code, refresh_token, password (for a first-party "
            "application), implicit (for old clients, where the installation allows it)."
        ),
    ] = UNSET
    scopes: Annotated[Scopes | UnsetType, Meta(description='What its tokens may be used for; ["*"] when left out.')] = (
        UNSET
    )
    redirect_uris: Uris | UnsetType = UNSET
    is_first_party: bool = False
    is_public: Annotated[
        bool, Meta(description="True for what runs in a browser or on a phone; it gets no secret.")
    ] = False
    requires_pkce: bool = True
    token_format: Literal["opaque", "jwt"] = "opaque"


class ApplicationBody(msgspec.Struct, kw_only=True):
    """Changes of an application. Keys that are left out stay as they are."""

    name: Name | UnsetType = UNSET
    grants: Grants | UnsetType = UNSET
    scopes: Scopes | UnsetType = UNSET
    redirect_uris: Uris | UnsetType = UNSET
    is_first_party: bool | UnsetType = UNSET
    requires_pkce: bool | UnsetType = UNSET
    token_format: Literal["opaque", "jwt"] | UnsetType = UNSET


class TokenRequest(msgspec.Struct, kw_only=True):
    """What is asked of the token endpoint; form-encoded or JSON."""

    grant_type: Annotated[str, Meta(max_length=200)] = ""
    client_id: Annotated[str | int, Meta(description="The application's client id; or HTTP Basic.")] = ""
    client_secret: Annotated[str, Meta(max_length=500)] = ""
    username: Annotated[str, Meta(max_length=254, description="An address, for `password`.")] = ""
    password: Annotated[str, Meta(max_length=500)] = ""
    refresh_token: Annotated[str, Meta(max_length=500)] = ""
    code: Annotated[str, Meta(max_length=500, description="For `authorization_code`.")] = ""
    redirect_uri: Annotated[str, Meta(max_length=2000, description="The one that the code was asked for with.")] = ""
    code_verifier: Annotated[str, Meta(max_length=128, description="Of PKCE.")] = ""
    scope: Annotated[str, Meta(max_length=2000)] = ""


class TokenAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A token, and how to get the next one."""

    token_type: str
    expires_in: Annotated[int, Meta(description="Seconds.")]
    access_token: str
    refresh_token: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET


class RevokeBody(msgspec.Struct, kw_only=True):
    """A token to end, or to ask about (RFC 7009, 7662)."""

    token: Annotated[str, Meta(max_length=4000)] = ""
    token_type_hint: Annotated[str, Meta(max_length=64)] = ""
    client_id: str | int = ""
    client_secret: Annotated[str, Meta(max_length=500)] = ""


class Introspection(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a token is worth (RFC 7662)."""

    active: bool
    scope: str | None = None
    client_id: str | None = None
    username: Annotated[str | None, Meta(description="The address of the person whom the token acts for.")] = None
    token_type: str | None = None
    exp: Annotated[int | None, Meta(description="Seconds since 1970.")] = None
    sub: Annotated[str | None, Meta(description="The person's id.")] = None
    aud: str | None = None
    iss: str | None = None
    org: Annotated[str | None, Meta(description="The organization's id.")] = None


class Metadata(msgspec.Struct, kw_only=True):
    """Where the OAuth endpoints are and what they know (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    service_documentation: str
    registration_endpoint: str | UnsetType = UNSET


class KeySet(msgspec.Struct, kw_only=True):
    """The keys that signed tokens can be checked with (RFC 7517)."""

    keys: list[dict[str, Any]]


class RegistrationBody(msgspec.Struct, kw_only=True):
    """A program that registers itself (RFC 7591)."""

    redirect_uris: Uris = []
    client_name: Annotated[str, Meta(max_length=100)] = ""
    grant_types: Annotated[Grants, Meta(description="authorization_code when left out.")] = []
    response_types: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=5)] = []
    token_endpoint_auth_method: Annotated[str, Meta(max_length=64)] = "client_secret_basic"
    scope: Annotated[str, Meta(max_length=2000)] = ""


class Registration(msgspec.Struct, kw_only=True):
    """A program that has registered itself."""

    client_id: str
    client_id_issued_at: int
    client_name: str
    redirect_uris: list[str]
    grant_types: list[str]
    response_types: list[str]
    token_endpoint_auth_method: str
    scope: str
    client_secret: str | UnsetType = UNSET
    client_secret_expires_at: Annotated[int | UnsetType, Meta(description="0: never.")] = UNSET


class ProvisionBody(msgspec.Struct, kw_only=True):
    """A member whom an application makes."""

    first_name: Annotated[str, Meta(max_length=32)]
    last_name: Annotated[str, Meta(max_length=32)]
    email: Annotated[str, Meta(max_length=254)]
    role: Annotated[str | UnsetType | None, Meta(description="admin, standard or light; standard when left out.")] = (
        UNSET
    )
    timezone: Annotated[str | UnsetType | None, Meta(description="An IANA time zone.")] = UNSET


_APPLICATION: dict[str, Any] = {
    "id": 3,
    "client_id": 3,
    "name": "Harbour portal",
    "grants": ["client_credentials"],
    "scopes": ["*"],
    "redirect_uris": [],
    "is_first_party": False,
    "is_public": False,
    "requires_pkce": True,
    "token_format": "opaque",
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
    "Introspection": {
        "active": True,
        "scope": "tasks:read",
        "client_id": "3",
        "username": "mina@pilots.example",
        "token_type": "Bearer",
        "exp": 1804152000,
        "sub": "40817",
        "aud": "3",
        "iss": "https://flow.example",
        "org": "5d1f0c7a9b3e4d62a8c4f10b7e95d233",
    },
    "Metadata": {
        "issuer": "https://flow.example",
        "authorization_endpoint": "https://flow.example/oauth/authorize",
        "token_endpoint": "https://flow.example/oauth/token",
        "revocation_endpoint": "https://flow.example/oauth/revoke",
        "introspection_endpoint": "https://flow.example/oauth/introspect",
        "jwks_uri": "https://flow.example/.well-known/jwks.json",
        "scopes_supported": ["*", "tasks:read", "tasks:write"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": "https://flow.example/api/docs",
    },
    "KeySet": {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "01a20300993a70e2bdfd3c64774c54c1"}]},
    "RegistrationBody": {
        "redirect_uris": ["https://portal.example/back"],
        "client_name": "Harbour portal",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "tasks:read",
    },
    "Registration": {
        "client_id": "4",
        "client_id_issued_at": 1804149310,
        "client_name": "Harbour portal",
        "redirect_uris": ["https://portal.example/back"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "tasks:read",
    },
    "ProvisionBody": {"first_name": "Mina", "last_name": "Costa", "email": "mina@pilots.example", "role": "standard"},
}
