"""The token endpoint: Authlib decides, this module shows it what the store holds and remembers what it decided.

Authlib's grants are synchronous and ask for clients, people and tokens one by one; whatever they may ask for is read
before, and what they issue, use up or find misused is written after, in the same transaction.
"""

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import (
    ClientCredentialsGrant,
    RefreshTokenGrant,
    ResourceOwnerPasswordCredentialsGrant,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from handrail.features.oauth.store import ApplicationRow, RefreshRow, SecretRow
from handrail.kernel.scopes import SCOPES
from handrail.kernel.secrets import APPLICATION_TOKEN, REFRESH_TOKEN, USER_TOKEN, fingerprint, new_secret

# seconds (wire 2.33, 8)
USER_TOKEN_SECONDS = 15_778_800
REFRESH_TOKEN_SECONDS = 2 * USER_TOKEN_SECONDS
APPLICATION_TOKEN_SECONDS = 604_800
# the library asks for the address to see that it is a secure one; what is in front of this server looks after that
ADDRESS = "https://handrail.invalid/oauth/token"
# what clients of the wire write there, whatever they want
LEGACY = {"*", "read", "write"}
METHODS = ["client_secret_basic", "client_secret_post"]


class World(msgspec.Struct):
    """What a request may be about, as the store has it, and what was decided."""

    now: int
    application: ApplicationRow | None = None
    secrets: list[SecretRow] = []
    # whose password was right
    account_id: int | None = None
    refresh: RefreshRow | None = None
    issued: dict[str, Any] | None = None
    issued_to: int | None = None
    refreshed: bool = False
    misused: bool = False
    # whether the application has shown that it is itself
    is_client: bool = False


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
        return method in METHODS

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


class Request(OAuth2Request):
    """A request of the token endpoint; form and JSON are the same to it."""

    def __init__(self, fields: Mapping[str, str], authorization: str | None) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        super().__init__("POST", ADDRESS, None, headers)  # pyright: ignore[reportUnknownMemberType] - no stubs
        self._fields = dict(fields)
        self.payload = BasicOAuth2Payload(self._fields)

    @property
    def form(self) -> dict[str, str]:
        return self._fields


class Server(AuthorizationServer):
    """The authorization server for one request."""

    def __init__(self, world: World, *, with_passwords: bool) -> None:
        super().__init__()
        self.world = world
        self.register_token_generator("default", BearerTokenGenerator(_access, _refresh, _seconds))
        for grant in (_ClientCredentials, _Refresh, *([_Password] if with_passwords else [])):
            self.register_grant(grant)

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


class _Refresh(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
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


def _access(*, client: ClientMixin, grant_type: str, user: Any, scope: str) -> str:
    return new_secret(APPLICATION_TOKEN if grant_type == "client_credentials" else USER_TOKEN)


def _refresh(*, client: ClientMixin, grant_type: str, user: Any, scope: str) -> str:
    return new_secret(REFRESH_TOKEN)


def _seconds(client: ClientMixin, grant_type: str) -> int:
    return APPLICATION_TOKEN_SECONDS if grant_type == "client_credentials" else USER_TOKEN_SECONDS
