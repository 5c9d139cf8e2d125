"""The token endpoint and its opposite: who gets a token, and how one ends (wire 1.1, RFC 6749, 7009)."""

from collections.abc import Mapping
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.util import extract_basic_authorization

from handrail.features.members import service as members
from handrail.features.oauth import server, signing, store
from handrail.features.oauth.server import Client, World
from handrail.http.attempts import a_minute, an_hour, require, take
from handrail.kernel.errors import ProtocolProblem
from handrail.kernel.ids import integer_id, new_id
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Database, Reader, Transaction
from handrail.ports.limiter import Limiter

# of one address, whatever it asks for
ASKED_PER_MINUTE = 120
# wrong passwords for one account, from one address and from all
FAILED_PER_HOUR_FROM_ADDRESS = 10
FAILED_PER_HOUR = 50
USER_TOKEN_OF_APPLICATION_SECONDS = 7_776_000


async def issue(
    database: Database,
    fields: Mapping[str, str],
    authorization: str | None,
    address: str,
    now: int,
    *,
    limiter: Limiter,
    with_passwords: bool,
) -> dict[str, Any]:
    """A token for whoever has shown to be entitled to it. Raises ProtocolProblem, TooMany."""
    await take(limiter, [(a_minute(ASKED_PER_MINUTE), ("token", address))])
    client_id = _client_id(fields, authorization)
    account_id: int | None = None
    if fields.get("grant_type") == "password" and with_passwords:
        account_id = await _person(database, client_id, fields, authorization, address, now, limiter)

    async def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        world = await _world(tx, client_id, now)
        world.account_id = await _member(tx, world, account_id)
        if fields.get("refresh_token"):
            row = await tx.one(store.refresh_by_hash, token_hash=fingerprint(fields["refresh_token"]))
            if row is not None and await _member(tx, world, row.account_id) is not None:
                world.refresh = row
        try:
            status, body = server.answer(world, fields, authorization, with_passwords=with_passwords)
        except AuthlibBaseError as error:
            return 400, {"error": error.error or "invalid_request", "error_description": error.description}
        await _carry_out(tx, world, now)
        if with_passwords or fields.get("grant_type") != "password":
            world.is_client = _is_client(world, fields, authorization)
            await signing.audited(tx, world, fields, address, now)
        return status, body

    status, body = await database.write(work)
    if "error" in body:
        raise _refusal(status, body)
    return body


async def revoke(database: Database, fields: Mapping[str, str], authorization: str | None, now: int) -> None:
    """End a token that the application holds: with a refresh token all that came of it. Unknown ones are no error."""
    client_id = _client_id(fields, authorization)

    async def work(tx: Transaction) -> bool:
        world = await _world(tx, client_id, now)
        if not _is_client(world, fields, authorization):
            return False
        digest = fingerprint(fields.get("token", ""))
        await tx.run(store.end_application_token, token_hash=digest, application_id=client_id)
        row = await tx.one(store.refresh_by_hash, token_hash=digest)
        if row is not None and row.application_id == client_id:
            await _end_family(tx, row.family, now)
            return True
        token = await members.find_token(tx, digest)
        if token is not None and token.application_id == client_id:
            await tx.run(store.revoke_token, id=token.id, revoked_at=now)
        return True

    if not await database.write(work):
        raise _refusal(401, {"error": "invalid_client"})


async def _person(
    database: Database,
    client_id: int | None,
    fields: Mapping[str, str],
    authorization: str | None,
    address: str,
    now: int,
    limiter: Limiter,
) -> int | None:
    """Whose password this is; nobody's for a stranger who is no client."""
    async with database.reader() as reader:
        if not _is_client(await _world(reader, client_id, now), fields, authorization):
            return None
        account = fields.get("username", "").strip().lower()[:254]
        failures = [
            (an_hour(FAILED_PER_HOUR_FROM_ADDRESS), ("password", account, address)),
            (an_hour(FAILED_PER_HOUR), ("password", account)),
        ]
        await require(limiter, failures)
        found = await members.person_with(reader, account, fields.get("password", ""))
    if found is None:
        await take(limiter, failures)
    return found


async def _world(reader: Reader, client_id: int | None, now: int) -> World:
    world = World(now)
    if client_id is not None:
        world.application = await reader.one(store.by_client_id, id=client_id)
        if world.application is not None:
            world.secrets = await reader.all(store.secrets, application_id=client_id)
    return world


def _is_client(world: World, fields: Mapping[str, str], authorization: str | None) -> bool:
    if world.application is None:
        return False
    secret = fields.get("client_secret") or _basic(authorization)[1] or ""
    return Client(world, world.application).check_client_secret(secret)


async def _member(reader: Reader, world: World, account_id: int | None) -> int | None:
    """The account, if it is an active member of the application's organization."""
    if world.application is None or account_id is None:
        return None
    actor = await members.load_actor(reader, world.application.organization_id, account_id)
    return None if actor is None else account_id


async def _carry_out(tx: Transaction, world: World, now: int) -> None:
    """Write what was decided."""
    if world.misused and world.refresh is not None:
        await _end_family(tx, world.refresh.family, now)
    token, application = world.issued, world.application
    if token is None or application is None:
        return
    expires_at = now + token["expires_in"] * 1000
    if world.issued_to is None:
        await tx.run(
            store.insert_application_token,
            token_hash=fingerprint(token["access_token"]),
            application_id=application.id,
            created_at=now,
            expires_at=expires_at,
        )
        return
    token_id = await members.insert_token(
        tx,
        token["access_token"],
        world.issued_to,
        application.organization_id,
        application.name,
        now,
        scopes=token["scope"],
        expires_at=expires_at,
        application_id=application.id,
    )
    old = world.refresh if world.refreshed else None
    if old is not None:
        await tx.run(store.use_refresh, token_hash=old.token_hash, used_at=now)
        await tx.run(store.revoke_token, id=old.token_id, revoked_at=now)
    if "refresh_token" in token:
        await tx.run(
            store.insert_refresh,
            token_hash=fingerprint(token["refresh_token"]),
            family=new_id() if old is None else old.family,
            application_id=application.id,
            account_id=world.issued_to,
            organization_id=application.organization_id,
            scopes=token["scope"],
            token_id=token_id,
            created_at=now,
            expires_at=now + server.REFRESH_TOKEN_SECONDS * 1000,
        )


async def _end_family(tx: Transaction, family: str, now: int) -> None:
    await tx.run(store.revoke_family, family=family, revoked_at=now)
    await tx.run(store.revoke_tokens_of_family, family=family, revoked_at=now)


def _client_id(fields: Mapping[str, str], authorization: str | None) -> int | None:
    return integer_id(_basic(authorization)[0] or fields.get("client_id", ""))


def _basic(authorization: str | None) -> tuple[str | None, str | None]:
    try:
        return extract_basic_authorization({} if authorization is None else {"Authorization": authorization})
    except ValueError:
        return None, None


def _refusal(status: int, body: Mapping[str, Any]) -> ProtocolProblem:
    error = str(body.get("error"))
    if error == "invalid_client":
        status = 401
    text = body.get("error_description") or {
        "invalid_client": "The client id or the client secret is wrong.",
        "invalid_grant": "What was presented is not valid: wrong, expired, used before or revoked.",
        "unsupported_grant_type": "This grant is not offered here.",
        "unauthorized_client": "This application was not registered for this grant.",
    }.get(error, "The request is not complete.")
    # RFC 6749, 5.2: how to say who one is
    headers = {"WWW-Authenticate": 'Basic realm="Handrail"'} if status == 401 else None
    return ProtocolProblem(status, error, str(text), headers=headers)
