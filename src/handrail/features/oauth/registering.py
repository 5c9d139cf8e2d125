"""Programs that register themselves (RFC 7591), where the installation allows it.

They belong to no organization: whoever lets them act chooses one on the consent page. They get the code grant alone.
"""

import msgspec

from handrail.features.oauth import redirects, store, wire
from handrail.features.oauth.applications import add_secret_to
from handrail.http.attempts import an_hour, network, take
from handrail.kernel.errors import Errors, ProtocolProblem
from handrail.kernel.scopes import SCOPES
from handrail.ports.database import Database, Transaction
from handrail.ports.limiter import Limiter

PER_HOUR_FROM_ADDRESS = 20
GRANTS = ("authorization_code", "refresh_token")
METHODS = ("none", "client_secret_basic", "client_secret_post")


async def register(
    database: Database, limiter: Limiter, body: wire.RegistrationBody, address: str, now: int
) -> wire.Registration:
    """A new application, with a secret if it can keep one. Raises ProtocolProblem, TooMany."""
    await take(limiter, [(an_hour(PER_HOUR_FROM_ADDRESS), ("register-application", network(address)))])
    errors = Errors()
    for uri in body.redirect_uris:
        redirects.check(uri, "redirect_uris", errors)
    if errors or not body.redirect_uris:
        raise ProtocolProblem(
            400, "invalid_redirect_uri", "At least one https redirect URI without fragment is needed."
        )
    grants = sorted(set(body.grant_types)) or ["authorization_code"]
    if not set(grants) <= set(GRANTS) or "authorization_code" not in grants:
        raise _wrong("The grant types are authorization_code and refresh_token.")
    if body.response_types not in ([], ["code"]):
        raise _wrong("The response type is code.")
    if body.token_endpoint_auth_method not in METHODS:
        raise _wrong(f"The token_endpoint_auth_method is one of {', '.join(METHODS)}.")
    wanted = body.scope.split() or ["*"]
    if not all(word in SCOPES for word in wanted):
        raise _wrong(f"The scopes are {', '.join(sorted(SCOPES))}.")
    is_public = body.token_endpoint_auth_method == "none"
    name = body.client_name.strip() or redirects.origin(body.redirect_uris[0])
    scopes = "*" if "*" in wanted else " ".join(sorted(set(wanted)))

    async def work(tx: Transaction) -> tuple[int, str | None]:
        client_id = await tx.value(
            store.insert,
            organization_id="",
            name=name[:100],
            grants=" ".join(grants),
            scopes=scopes,
            redirect_uris=msgspec.json.encode(list(dict.fromkeys(body.redirect_uris))).decode(),
            is_first_party=False,
            is_public=is_public,
            requires_pkce=True,
            token_format="opaque",
            created_at=now,
            updated_at=now,
        )
        return int(client_id), None if is_public else await add_secret_to(tx, int(client_id), now)

    client_id, secret = await database.write(work)
    return wire.Registration(
        client_id=str(client_id),
        client_id_issued_at=now // 1000,
        client_secret=wire.UNSET if secret is None else secret,
        client_secret_expires_at=wire.UNSET if secret is None else 0,
        client_name=name[:100],
        redirect_uris=body.redirect_uris,
        grant_types=grants,
        response_types=["code"],
        token_endpoint_auth_method=body.token_endpoint_auth_method,
        scope=scopes,
    )


def _wrong(message: str) -> ProtocolProblem:
    return ProtocolProblem(400, "invalid_client_metadata", message)
