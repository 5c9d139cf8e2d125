"""Routes of applications and of the token endpoint (wire 1, 2.32)."""

from typing import Any

import msgspec

from handrail.features.members import directory
from handrail.features.members.service import User
from handrail.features.oauth import (
    acting,
    applications,
    keys,
    metadata,
    registering,
    signing,
    telling_tokens,
    tokens,
    wire,
)
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.kernel.actor import Actor
from handrail.kernel.errors import ProtocolProblem
from handrail.ports.database import Transaction

router = Router("OAuth")
ALL = "/organizations/{org}/x/applications"
ONE = ALL + "/{application}"


@router.get(ALL, action="application.list", returns=wire.Application, shape="list")
async def index(call: Call) -> list[wire.Application]:
    """List applications.

    Programs that act for the organization and its people. The values of their secrets are never shown again.
    """
    async with call.database.reader() as reader:
        return await applications.listed(reader, call.actor)


@router.get(ONE, action="application.read", returns=wire.Application)
async def show(call: Call) -> wire.Application:
    """Read an application."""
    async with call.database.reader() as reader:
        return await applications.found(reader, call.actor, call.integer("application"))


@router.post(ALL, action="application.manage", body=wire.NewApplicationBody, returns=wire.Application, status=201)
async def create(call: Call, body: wire.NewApplicationBody) -> wire.Application:
    """Register an application.

    The answer carries its first secret, which is shown this once.
    """
    now = call.application.clock.now()
    return await call.database.write(lambda tx: applications.register(tx, call.actor, body, now))


@router.put(ONE, action="application.manage", body=wire.ApplicationBody, returns=wire.Application)
async def update(call: Call, body: wire.ApplicationBody) -> wire.Application:
    """Change an application.

    Keys that are left out stay as they are. Tokens that it has got keep what they may.
    """
    client_id, now = call.integer("application"), call.application.clock.now()
    return await call.database.write(lambda tx: applications.change(tx, call.actor, client_id, body, now))


@router.delete(ONE, action="application.manage", shape="empty", status=204)
async def delete(call: Call) -> None:
    """Delete an application.

    Every token that was got through it stops working at once.
    """
    client_id, now = call.integer("application"), call.application.clock.now()

    async def work(tx: Transaction) -> None:
        await applications.delete(tx, call.actor, client_id, now)
        tx.after_commit(call.application.forget_people)

    await call.database.write(work)


@router.post(f"{ONE}/secrets", action="application.manage", returns=wire.Application, status=201, errors=(404, 422))
async def add_secret(call: Call) -> wire.Application:
    """Make another secret.

    Two work at a time, so that programs can change over one by one; the new value is shown this once.
    """
    client_id, now = call.integer("application"), call.application.clock.now()
    return await call.database.write(lambda tx: applications.add_secret(tx, call.actor, client_id, now))


@router.delete(f"{ONE}/secrets/{{secret}}", action="application.manage", returns=wire.Application)
async def end_secret(call: Call) -> wire.Application:
    """End a secret.

    At once; tokens that were got with it go on.
    """
    client_id, secret_id, now = call.integer("application"), call.id("secret"), call.application.clock.now()
    return await call.database.write(lambda tx: applications.end_secret(tx, call.actor, client_id, secret_id, now))


@router.post(
    "/oauth/token",
    action=None,
    body=wire.TokenRequest,
    returns=wire.TokenAnswer,
    shape="bare",
    form=True,
    misfit="invalid_request",
    errors=(400, 401, 429),
)
async def token(call: Call, body: wire.TokenRequest) -> wire.TokenAnswer:
    """Get a token.

    `client_credentials` gives a token of the application itself, with which it may only make members and get tokens
    to act as them. `authorization_code` gives a person's token for the code that the browser came back with, and
    the `code_verifier` of PKCE. `refresh_token` gives the next token of a person and another refresh token; the old
    one must not be used again. `password` is for first-party applications, where the installation allows it. The
    application shows who it is with HTTP Basic or with `client_id` and `client_secret`; a public one gives its
    `client_id` alone.
    """
    try:
        told = await tokens.issue(
            call.application,
            _fields(body),
            _authorization(call),
            call.client_address,
            issuer=call.base_url,
            request_id=call.request_id,
        )
    finally:
        # a refusal may have ended tokens, too
        call.application.forget_people()
    return msgspec.convert(told, wire.TokenAnswer)


@router.post(
    "/oauth/revoke",
    action=None,
    body=wire.RevokeBody,
    shape="empty",
    form=True,
    misfit="invalid_request",
    errors=(401,),
)
async def revoke(call: Call, body: wire.RevokeBody) -> None:
    """Revoke a token.

    By the application that holds it (RFC 7009). With a refresh token everything that came of the same sign-in ends. A
    token that is not known is no error.
    """
    asked = signing.From(call.application.clock.now(), call.client_address, call.request_id)
    await tokens.revoke(call.database, _fields(body), _authorization(call), asked)
    call.application.forget_people()


@router.post(
    "/oauth/introspect",
    action=None,
    body=wire.RevokeBody,
    returns=wire.Introspection,
    shape="bare",
    form=True,
    misfit="invalid_request",
    errors=(401,),
)
async def introspect(call: Call, body: wire.RevokeBody) -> wire.Introspection:
    """Ask about a token.

    By the application that holds it (RFC 7662). Of any other token, and of one that has ended, nothing is told but
    that it is not active.
    """
    now = call.application.clock.now()
    return await telling_tokens.introspect(call.database, _fields(body), _authorization(call), call.base_url, now)


@router.post(
    "/oauth/register",
    action=None,
    body=wire.RegistrationBody,
    returns=wire.Registration,
    shape="bare",
    status=201,
    misfit="invalid_client_metadata",
    errors=(400, 403, 429),
)
async def register(call: Call, body: wire.RegistrationBody) -> wire.Registration:
    """Register a program.

    By itself (RFC 7591), where the installation allows it. It belongs to no organization; people choose one when they
    let it act for them.
    """
    if call.application.settings.dynamic_registration != "on":
        raise ProtocolProblem(403, "access_denied", "Programs cannot register themselves; ask an administrator.")
    return await registering.register(
        call.database, call.application.limiter, body, call.client_address, call.application.clock.now()
    )


@router.get("/.well-known/oauth-authorization-server", action=None, returns=wire.Metadata, shape="bare")
async def server_metadata(call: Call) -> wire.Metadata:
    """Read where the OAuth endpoints are.

    At the root of the host (RFC 8414), with what each of them knows.
    """
    return metadata.document(call.application.settings, call.base_url)


@router.get("/.well-known/jwks.json", action=None, returns=wire.KeySet, shape="bare")
async def key_set(call: Call) -> wire.KeySet:
    """Read the keys of signed tokens.

    With these anybody can check the signature of a JSON web token of this server (RFC 7517).
    """
    call.response_headers["Cache-Control"] = "public, max-age=300"
    async with call.database.reader() as reader:
        return wire.KeySet(keys=await keys.public(reader, call.application.clock.now()))


@router.post(
    "/applications/{org}/users",
    action=None,
    body=wire.ProvisionBody,
    returns=User,
    status=201,
    errors=(401, 403, 404, 429),
)
async def provision(call: Call, body: wire.ProvisionBody) -> User:
    """Make a member, as an application.

    With the application's own token. The member is active at once, and has no password until they choose one.
    """
    now = call.application.clock.now()

    async def work(tx: Transaction) -> tuple[Actor, int]:
        tx.after_commit(call.application.forget_people)
        return await acting.provision(tx, call, body, now)

    actor, user_id = await call.database.write(work)
    async with call.database.reader() as reader:
        return await directory.one(reader, actor, user_id, frozenset(), now)


@router.post(
    "/applications/{org}/users/{email}/token",
    action=None,
    returns=wire.TokenAnswer,
    shape="bare",
    errors=(401, 403, 404, 422, 429),
)
async def user_token(call: Call) -> wire.TokenAnswer:
    """Get a token to act as a member, as an application.

    With the application's own token. It may do what the member may, as far as the application's scopes go, for three
    months.
    """
    now = call.application.clock.now()
    return await call.database.write(lambda tx: acting.token_for(tx, call, call.path["email"], now))


def _fields(body: msgspec.Struct) -> dict[str, str]:
    """What was sent, as a form has it; what was left out is not there."""
    values: dict[str, Any] = msgspec.structs.asdict(body)
    return {name: str(value) for name, value in values.items() if value != ""}


def _authorization(call: Call) -> str | None:
    text = call.headers.get(b"authorization")
    return None if text is None else text.decode("latin-1")
