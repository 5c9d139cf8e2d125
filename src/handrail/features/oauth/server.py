"""The OAuth server: Authlib decides, this module shows it what the store holds and remembers what it decided.

Authlib's grants are synchronous and ask for clients, people and tokens one by one; whatever they may ask for is read
before, and what they issue, use up or find misused is written after, in the same transaction.
"""

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    ImplicitGrant,
    RefreshTokenGrant,
    ResourceOwnerPasswordCredentialsGrant,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge

from handrail.features.oauth import json_tokens
from handrail.features.oauth.json_tokens import Signer
from handrail.features.oauth.redirects import is_registered
from handrail.features.oauth.store import ApplicationRow, CodeRow, RefreshRow, SecretRow
from handrail.kernel.scopes import SCOPES
from handrail.kernel.secrets import (
    APPLICATION_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    USER_TOKEN,
    fingerprint,
    new_secret,
)

# seconds (wire 2.33, 8)
USER_TOKEN_SECONDS = 15_778_800
REFRESH_TOKEN_SECONDS = 2 * USER_TOKEN_SECONDS
APPLICATION_TOKEN_SECONDS = 604_800
CODE_TOKEN_SECONDS = 3600
CODE_REFRESH_SECONDS = 60 * 86_400
# the library asks for the address to see that it is a secure one; what is in front of this server looks after that
ADDRESS = "https://handrail.invalid/oauth/token"
# what clients of the wire write there, whatever they want
LEGACY = {"*", "read", "write"}
METHODS = ["client_secret_basic", "client_secret_post"]
WITH_PUBLIC = [*METHODS, "none"]


class NewCode(msgspec.Struct, frozen=True):
    """A code that was given out."""

    code: str
    redirect_uri: str
    scopes: str
    challenge: str | None


class World(msgspec.Struct):
    """What a request may be about, as the store has it, and what was decided."""

    now: int
    # of this server
    issuer: str = ""
    application: ApplicationRow | None = None
    # the one that tokens are for
    organization_id: str = ""
    secrets: list[SecretRow] = []
    # where the application wants JSON web tokens
    signer: Signer | None = None
    # whose password was right
    account_id: int | None = None
    refresh: RefreshRow | None = None
    code: CodeRow | None = None
    issued: dict[str, Any] | None = None
    issued_to: int | None = None
    new_code: NewCode | None = None
    # where the browser is sent
    location: str | None = None
    refreshed: bool = False
    used_code: bool = False
    misused: bool = False
    misused_code: bool = False
    # whether the application has shown that it is itself
    is_client: bool = False

    @property
    def is_of_code(self) -> bool:
        """Whether the tokens come of an authorization code, and so live shortly."""
        if self.code is not None:
            return True
        old = self.refresh
        return old is not None and old.expires_at - old.created_at <= CODE_REFRESH_SECONDS * 1000


class Client(ClientMixin):
    """An application, as the library asks about it."""

    def __init__(self, world: World, row: ApplicationRow) -> None:
        self.row = row
        self._world = world

    def get_client_id(self) -> str:
        return str(self.row.id)

    def check_client_secret(self, client_secret: str) -> bool:
        given = fingerprint(client_secret)
        # every secret is compared, each in constant time
        matching = [hmac.compare_digest(given, secret.secret_hash) for secret in self._world.secrets]
        return any(matching)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none" if self.row.is_public else method in METHODS

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return is_registered(redirect_uri, self.redirect_uris)

    def get_default_redirect_uri(self) -> Any:
        """The only one, where there is one alone."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def check_response_type(self, response_type: str) -> bool:
        grant = {"code": "authorization_code", "token": "implicit"}.get(response_type, "")
        return grant in self.row.grants.split()

    @property
    def redirect_uris(self) -> list[str]:
        return msgspec.json.decode(self.row.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.row.grants.split()

    def get_allowed_scope(self, scope: Any) -> str:
        """What was asked for. Raises InvalidScopeError when it is more than the application may have.

        Nothing, `*` and the `read write` of old clients mean everything it may. A refresh asks for what was granted
        once, and gets what of it the application may still have.
        """
        allowed = self.row.scopes.split()
        wanted = str(scope or "").split()
        if not wanted or set(wanted) <= LEGACY:
            return self.row.scopes
        granted = [word for word in wanted if word in SCOPES and _covers(allowed, word)]
        if not granted or (len(granted) < len(wanted) and self._world.refresh is None):
            raise InvalidScopeError()
        return " ".join(granted)


def _covers(allowed: list[str], word: str) -> bool:
    """Writing includes reading."""
    return "*" in allowed or word in allowed or word.replace(":read", ":write") in allowed


class Credential(TokenMixin):
    """A refresh token, as the library asks about it."""

    def __init__(self, row: RefreshRow) -> None:
        self.row = row

    def check_client(self, client: Client) -> bool:
        return client.row.id == self.row.application_id

    def get_scope(self) -> str:
        return self.row.scopes


class Code(TokenMixin):
    """An authorization code, as the library asks about it."""

    def __init__(self, row: CodeRow) -> None:
        self.row = row
        self.code_challenge = row.challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scopes


class Request(OAuth2Request):
    """A request of the token endpoint, or of the authorization endpoint; form, query and JSON are the same to it."""

    def __init__(self, fields: Mapping[str, str], authorization: str | None, method: str = "POST") -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        super().__init__(method, ADDRESS, None, headers)  # pyright: ignore[reportUnknownMemberType] - no stubs
        self._fields = dict(fields)
        self.payload = BasicOAuth2Payload(self._fields)

    @property
    def form(self) -> dict[str, str]:
        return self._fields

    @property
    def args(self) -> Any:
        return self._fields


class Server(AuthorizationServer):
    """The authorization server for one request."""

    def __init__(self, world: World, *, with_passwords: bool = False, with_implicit: bool = False) -> None:
        super().__init__()
        self.world = world
        self.register_token_generator("default", BearerTokenGenerator(self._access, _refresh, self._seconds))
        self.register_grant(_AuthorizationCode, [_Challenge()])
        for grant in (
            _ClientCredentials,
            _Refresh,
            *([_Password] if with_passwords else []),
            *([_Implicit] if with_implicit else []),
        ):
            self.register_grant(grant)

    def _access(self, *, client: Any, grant_type: str, user: Any, scope: str) -> str:
        if grant_type == "client_credentials":
            return new_secret(APPLICATION_TOKEN)
        if self.world.signer is None:
            return new_secret(USER_TOKEN)
        return json_tokens.made(
            self.world.signer,
            issuer=self.world.issuer,
            client_id=client.row.id,
            account_id=user,
            organization_id=self.world.organization_id,
            scopes=scope,
            now=self.world.now,
            seconds=self._seconds(client, grant_type),
        )

    def _seconds(self, client: ClientMixin, grant_type: str) -> int:
        if grant_type == "client_credentials":
            return APPLICATION_TOKEN_SECONDS
        return CODE_TOKEN_SECONDS if self.world.is_of_code else USER_TOKEN_SECONDS

    def query_client(self, client_id: str) -> Any:
        row = self.world.application
        return Client(self.world, row) if row is not None and str(row.id) == client_id else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        self.world.issued, self.world.issued_to = token, request.user

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> Any:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, dict[str, Any]]:
        self.world.location = dict(headers).get("Location")
        return status, body


class _ClientCredentials(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class _Password(ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_user(self, username: str, password: str) -> int:
        account_id = self.server.world.account_id
        if account_id is None:
            raise InvalidGrantError("The user credentials were incorrect.")
        return account_id


class _AuthorizationCode(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = WITH_PUBLIC

    def generate_authorization_code(self) -> str:
        return new_secret(AUTHORIZATION_CODE)

    def save_authorization_code(self, code: str, request: Any) -> None:
        redirect_uri = request.payload.redirect_uri or request.client.get_default_redirect_uri()
        challenge = request.payload.data.get("code_challenge")
        self.server.world.new_code = NewCode(code, redirect_uri, request.scope, challenge)

    def query_authorization_code(self, code: str, client: Any) -> Any:
        world: World = self.server.world
        row = world.code
        if row is None or row.application_id != client.row.id or row.expires_at <= world.now:
            return None
        if row.used_at is not None:
            # somebody else has a copy, and it cannot be told who of the two is the right one
            world.misused_code = True
            return None
        return Code(row)

    def delete_authorization_code(self, authorization_code: Any) -> None:
        self.server.world.used_code = True

    def authenticate_user(self, authorization_code: Any) -> int | None:
        return self.server.world.account_id


class _Challenge(CodeChallenge):
    """PKCE with S256 alone; needed of every application, unless it can keep a secret and was excused."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"

    def __init__(self) -> None:
        super().__init__(required=True)
        self.SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        data: dict[str, str] = grant.request.payload.data
        client: Client = grant.request.client
        if not data.get("code_challenge"):
            if client.row.requires_pkce or client.row.is_public:
                raise InvalidRequestError("Missing 'code_challenge': this server asks for PKCE with S256.")
        elif data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The 'code_challenge_method' must be S256.")
        plain: Any = super()
        plain.validate_code_challenge(grant, redirect_uri)


class _Implicit(ImplicitGrant):
    """Kept for old clients, where the installation allows it."""

    TOKEN_ENDPOINT_AUTH_METHODS = WITH_PUBLIC

    def authenticate_token_endpoint_client(self) -> Any:
        # there is no secret to show: the redirect URI is what it goes by
        payload: Any = self.request.payload
        client = self.server.query_client(payload.client_id)
        if client is None:
            raise InvalidRequestError("There is no such application.")
        return client


class _Refresh(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = WITH_PUBLIC
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        world: World = self.server.world
        row = world.refresh
        if row is None or row.revoked_at is not None or row.expires_at <= world.now:
            return None
        if row.application_id != self.server.world.application.id:
            return None
        if row.used_at is not None:
            # somebody else has a copy: whose it is cannot be told, so all of them end
            world.misused = True
            return None
        return Credential(row)

    def authenticate_user(self, refresh_token: Any) -> int:
        return refresh_token.row.account_id

    def revoke_old_credential(self, refresh_token: Any) -> None:
        self.server.world.refreshed = True


def answer(
    world: World, fields: Mapping[str, str], authorization: str | None, *, with_passwords: bool
) -> tuple[int, dict[str, Any]]:
    """The status and the body of the answer; what follows from it is in `world`."""
    server: Any = Server(world, with_passwords=with_passwords)
    status, body = server.create_token_response(Request(fields, authorization))
    return status, body


def _refresh(*, client: ClientMixin, grant_type: str, user: Any, scope: str) -> str:
    return new_secret(REFRESH_TOKEN)
