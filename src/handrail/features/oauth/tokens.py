"""The token endpoint and its opposite: who gets a token, and how one ends (wire 1.1, RFC 6749, 7009)."""

from collections.abc import Mapping
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.util import extract_basic_authorization

from handrail.features.accounts import second_factor
from handrail.features.members import proving
from handrail.features.members import service as members
from handrail.features.oauth import keys, server, signing, store
from handrail.features.oauth.server import Client, World
from handrail.http.attempts import a_minute, network, take
from handrail.http.call import Application
from handrail.kernel.errors import ProtocolProblem
from handrail.kernel.ids import integer_id, is_id, new_id
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Database, Reader, Transaction

# of one address, whatever it asks for
ASKED_PER_MINUTE = 120
USER_TOKEN_OF_APPLICATION_SECONDS = 7_776_000


async def issue(
    application: Application,
    fields: Mapping[str, str],
    authorization: str | None,
    address: str,
    *,
    issuer: str,
    request_id: str,
) -> dict[str, Any]:
    """A token for whoever has shown to be entitled to it. Raises ProtocolProblem, TooMany."""
    database, sealer, now = application.database, application.sealer, application.clock.now()
    await take(application.limiter, [(a_minute(ASKED_PER_MINUTE), ("token", network(address)))])
    if not fields.get("grant_type"):
        # RFC 6749, 5.2: a parameter that is missing is another mistake than a grant that is unknown
        raise refusal(400, {"error": "invalid_request", "error_description": "The grant_type is missing."})
    client_id = client_id_of(fields, authorization)
    account_id: int | None = None
    with_passwords = application.settings.password_grant == "on"
    if fields.get("grant_type") == "password" and with_passwords:
        account_id = await _person(application, client_id, fields, authorization, address)

    async def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        world = await world_of(tx, client_id, now, issuer)
        world.account_id = await member(tx, world, account_id)
        # a grant goes by its own credential alone: one that comes along for another must not speak for anybody
        grant = fields.get("grant_type")
        if grant == "refresh_token" and fields.get("refresh_token"):
            row = await tx.one(store.refresh_by_hash, token_hash=fingerprint(fields["refresh_token"]))
            if row is not None:
                world.organization_id = row.organization_id
                if await member(tx, world, row.account_id) is not None:
                    world.refresh = row
        if grant == "authorization_code" and fields.get("code"):
            world.code = await tx.one(store.code_by_hash, code_hash=fingerprint(fields["code"]))
            if world.code is not None:
                world.organization_id = world.code.organization_id
                world.account_id = await member(tx, world, world.code.account_id)
        if world.application is not None and world.application.token_format == "jwt":
            world.signer = await keys.signer(tx, sealer, now)
        try:
            status, body = server.answer(world, fields, authorization, with_passwords=with_passwords)
        except AuthlibBaseError as error:
            return 400, {"error": error.error or "invalid_request", "error_description": error.description}
        await carry_out(tx, world, now)
        if with_passwords or fields.get("grant_type") != "password":
            world.is_client = is_client(world, fields, authorization)
            await signing.audited(tx, application.jobs, world, fields, signing.From(now, address, request_id))
        return status, body

    status, body = await database.write(work)
    if "error" in body:
        raise refusal(status, body)
    if fields.get("scope") and body.get("scope") == "*" and set(fields["scope"].split()) <= server.LEGACY:
        # what old clients write for everything; some refuse an answer in other words
        body = {**body, "scope": fields["scope"]}
    return body


async def revoke(database: Database, fields: Mapping[str, str], authorization: str | None, asked: signing.From) -> None:
    """End a token that the application holds: with a refresh token all that came of it. Unknown ones are no error."""
    client_id, now = client_id_of(fields, authorization), asked.now

    async def work(tx: Transaction) -> bool:
        world = await world_of(tx, client_id, now)
        if not is_client(world, fields, authorization):
            return False
        digest = fingerprint(fields.get("token", ""))
        if await tx.run(store.end_application_token, token_hash=digest, application_id=client_id):
            await signing.revoked(tx, world, world.organization_id, None, asked)
        row = await tx.one(store.refresh_by_hash, token_hash=digest)
        if row is not None and row.application_id == client_id:
            await _end_family(tx, row.family, now)
            if row.revoked_at is None:
                await signing.revoked(tx, world, row.organization_id, row.account_id, asked)
            return True
        token = await members.find_token(tx, digest)
        if token is not None and token.application_id == client_id:
            await tx.run(store.revoke_token, id=token.id, revoked_at=now)
            if token.revoked_at is None:
                await signing.revoked(tx, world, token.organization_id, token.account_id, asked)
        return True

    if not await database.write(work):
        raise refusal(401, {"error": "invalid_client"})


async def _person(
    application: Application,
    client_id: int | None,
    fields: Mapping[str, str],
    authorization: str | None,
    address: str,
) -> int | None:
    """Whose password this is; nobody's for a stranger who is no client, nor where a password is half of what is
    needed: this grant has no place for the code of a second factor."""
    database = application.database
    async with database.reader() as reader:
        if not is_client(await world_of(reader, client_id, application.clock.now()), fields, authorization):
            return None
    found = await proving.person(application, fields.get("username", ""), fields.get("password", ""), address)
    async with database.reader() as reader:
        return None if found is None or await second_factor.is_on(reader, found) else found


async def world_of(reader: Reader, client_id: int | None, now: int, issuer: str = "") -> World:
    """What the store has about an application. The organization is the application's, unless a token says more."""
    world = World(now, issuer)
    if client_id is not None:
        # the same questions for an application that is not there
        world.application = await reader.one(store.by_client_id, id=client_id)
        world.secrets = await reader.all(store.secrets, application_id=client_id)
        if world.application is not None:
            world.organization_id = world.application.organization_id
    return world


def is_client(world: World, fields: Mapping[str, str], authorization: str | None) -> bool:
    """Whether the application has shown that it is itself."""
    if world.application is None:
        return False
    if world.application.is_public:
        # it cannot keep a secret; what it asks about is bound to it all the same
        return "client_secret" not in fields and authorization is None
    secret = fields.get("client_secret") or _basic(authorization)[1] or ""
    return Client(world, world.application).check_client_secret(secret)


async def member(reader: Reader, world: World, account_id: int | None) -> int | None:
    """The account, if it is an active member of the organization that tokens are for."""
    if world.application is None or account_id is None or not is_id(world.organization_id):
        return None
    if world.application.organization_id not in ("", world.organization_id):
        return None
    actor = await members.load_actor(reader, world.organization_id, account_id)
    return None if actor is None else account_id


async def carry_out(tx: Transaction, world: World, now: int) -> None:
    """Write what was decided."""
    if world.misused and world.refresh is not None:
        await _end_family(tx, world.refresh.family, now)
    if world.misused_code and world.code is not None:
        await _end_family(tx, world.code.family, now)
        if world.code.token_id is not None:
            await tx.run(store.revoke_token, id=world.code.token_id, revoked_at=now)
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
        world.organization_id,
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
    family = new_id() if old is None else old.family
    if world.used_code and world.code is not None:
        family = world.code.family
        await tx.run(store.use_code, code_hash=world.code.code_hash, used_at=now, token_id=token_id)
    if "refresh_token" in token:
        seconds = server.CODE_REFRESH_SECONDS if world.is_of_code else server.REFRESH_TOKEN_SECONDS
        await tx.run(
            store.insert_refresh,
            token_hash=fingerprint(token["refresh_token"]),
            family=family,
            application_id=application.id,
            account_id=world.issued_to,
            organization_id=world.organization_id,
            scopes=token["scope"],
            token_id=token_id,
            created_at=now,
            expires_at=now + seconds * 1000,
        )


async def _end_family(tx: Transaction, family: str, now: int) -> None:
    await tx.run(store.revoke_family, family=family, revoked_at=now)
    await tx.run(store.revoke_tokens_of_family, family=family, revoked_at=now)


def client_id_of(fields: Mapping[str, str], authorization: str | None) -> int | None:
    return integer_id(_basic(authorization)[0] or fields.get("client_id", ""))


def _basic(authorization: str | None) -> tuple[str | None, str | None]:
    try:
        return extract_basic_authorization({} if authorization is None else {"Authorization": authorization})
    except ValueError:
        return None, None


def refusal(status: int, body: Mapping[str, Any]) -> ProtocolProblem:
    error = str(body.get("error"))
    if error == "invalid_client":
        status = 401
    if error == "invalid_client":
        # the same whether there is such an application or not
        body = {}
    text = body.get("error_description") or {
        "invalid_client": "Client authentication failed",
        "invalid_grant": "What was presented is not valid: wrong, expired, used before or revoked.",
        "unsupported_grant_type": "This grant is not offered here.",
        "unauthorized_client": "This application was not registered for this grant.",
    }.get(error, "The request is not complete.")
    # RFC 6749, 5.2: how to say who one is
    headers = {"WWW-Authenticate": 'Basic realm="Handrail"'} if status == 401 else None
    return ProtocolProblem(status, error, str(text), headers=headers)
