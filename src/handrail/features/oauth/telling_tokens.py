"""What an application may ask about tokens it holds (RFC 7662)."""

from collections.abc import Mapping

from handrail.features.members import accounts
from handrail.features.members import service as members
from handrail.features.oauth import store, tokens, wire
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Database


async def introspect(
    database: Database, fields: Mapping[str, str], authorization: str | None, issuer: str, now: int
) -> wire.Introspection:
    """Whether a token works and what it may. Of a token that is not the application's nothing is told but that it does
    not work. Raises ProtocolProblem for whoever is no application."""
    client_id = tokens.client_id_of(fields, authorization)
    digest = fingerprint(fields.get("token", ""))
    nothing = wire.Introspection(active=False)
    async with database.reader() as reader:
        world = await tokens.world_of(reader, client_id, now)
        application = world.application
        if application is None or not tokens.is_client(world, fields, authorization):
            raise tokens.refusal(401, {"error": "invalid_client"})
        own = await reader.one(store.application_of_token, token_hash=digest, now=now)
        if own is not None and own.id == application.id:
            return wire.Introspection(
                active=True,
                scope=application.scopes,
                client_id=str(application.id),
                token_type="Bearer",
                aud=str(application.id),
                iss=issuer,
                org=application.organization_id,
            )
        token = await members.find_token(reader, digest)
        if token is None or token.application_id != application.id:
            return nothing
        if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
            return nothing
        person = await members.load_actor(reader, token.organization_id, token.account_id)
        account = await accounts.by_id(reader, token.account_id)
        if person is None or account is None:
            return nothing
    return wire.Introspection(
        active=True,
        scope=" ".join(sorted(token.scopes)),
        client_id=str(application.id),
        username=account.email,
        token_type="Bearer",
        exp=None if token.expires_at is None else token.expires_at // 1000,
        sub=str(token.account_id),
        aud=str(application.id),
        iss=issuer,
        org=token.organization_id,
    )
