"""Access tokens as signed JSON web tokens (RFC 9068), for whoever wants to read them without asking.

This server itself goes by the fingerprint, as with every other token: one that was revoked is worth nothing here,
whatever it says.
"""

from typing import TYPE_CHECKING

import msgspec

from handrail.kernel.ids import new_id

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ALGORITHM = "RS256"


class Signer(msgspec.Struct, frozen=True):
    """A key and its id."""

    key_id: str
    key: "RSAKey"


def made(
    signer: Signer,
    *,
    issuer: str,
    client_id: int,
    account_id: int,
    organization_id: str,
    scopes: str,
    now: int,
    seconds: int,
) -> str:
    """A token of an account in an organization. `now` in milliseconds; the audience is the application (wire 1.5)."""
    # imported here, because few applications want such tokens and every start would wait for it
    from joserfc import jwt

    at = now // 1000
    claims = {
        "iss": issuer,
        "sub": str(account_id),
        "aud": str(client_id),
        "client_id": str(client_id),
        "org": organization_id,
        "scope": scopes,
        "iat": at,
        "exp": at + seconds,
        "jti": new_id(),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": signer.key_id}, claims, signer.key)
