"""Signing in at an OpenID Connect provider: who somebody is, by its signed word (around 5.3).

Authlib checks what the provider's token claims and joserfc its signature. What a sign-in was begun with travels in a
sealed cookie, so nothing is stored for whoever never comes back.
"""

import asyncio
import secrets
from typing import Any
from urllib.parse import urlencode

import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2 import rfc7636
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from handrail.features.accounts import signing_in, store, taking_back
from handrail.features.members import accounts
from handrail.http.site import Visit
from handrail.kernel.addresses import is_email
from handrail.kernel.clock import MINUTE
from handrail.kernel.errors import Denied, Unavailable
from handrail.ports.database import Transaction
from handrail.ports.sealer import Broken
from handrail.settings import Settings

COOKIE = "hr_oidc"
COOKIE_SECONDS = 600
LONGEST_WAY = 600
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
SECONDS = 10.0
LARGEST_ANSWER = 256 * 1024
# how long what the provider tells about itself is believed
KEPT_MILLISECONDS = 10 * MINUTE
# OpenID Connect 2: a subject has 255 characters at most
LONGEST_SUBJECT = 255
# what the libraries raise for a token, keys or claims that are none: what is in them is whatever the provider likes
WRONG = (
    JoseError,
    AuthlibBaseError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
# clocks differ
LEEWAY_SECONDS = 60
NO_ACCOUNT = (
    "There is no account with the address {email}. Ask an administrator for an invitation to it, or register with it."
)
UNVERIFIED = "The provider does not vouch for your address, so it cannot be told which account is yours."
AGAIN = "This sign-in was not begun here, or too long ago. Begin again."


class Provider(msgspec.Struct, frozen=True):
    """What a provider tells about itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Begun(msgspec.Struct, frozen=True):
    """What a sign-in was begun with."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    at: int


class Person(msgspec.Struct, frozen=True):
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    email: str | None


_kept: dict[str, tuple[int, Any]] = {}


async def begin(visit: Visit, wanted: str) -> str:
    """Where the browser goes to sign in; the cookie remembers what with. Raises Unavailable."""
    provider = await _provider(visit.application.settings, visit.now)
    begun = Begun(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        wanted=wanted if len(wanted) <= LONGEST_WAY else "/account",
        at=visit.now,
    )
    visit.keep_cookie(COOKIE, visit.application.sealer.seal(msgspec.json.encode(begun).decode()), COOKIE_SECONDS)
    asked = {
        "response_type": "code",
        "client_id": visit.application.settings.oidc_client_id or "",
        "redirect_uri": _back(visit),
        "scope": "openid email profile",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": _challenge(begun.verifier),
        "code_challenge_method": "S256",
    }
    separator = "&" if "?" in provider.authorization_endpoint else "?"
    return f"{provider.authorization_endpoint}{separator}{urlencode(asked)}"


def begun_here(visit: Visit) -> Begun:
    """What this browser's sign-in was begun with; it works once. Raises Denied."""
    sealed = visit.cookie(COOKIE)
    visit.keep_cookie(COOKIE, "", 0)
    try:
        begun = msgspec.json.decode(visit.application.sealer.open(sealed or ""), type=Begun)
    except (Broken, msgspec.DecodeError) as error:
        raise Denied(AGAIN) from error
    is_fresh = visit.now - begun.at < COOKIE_SECONDS * 1000
    if not is_fresh or not secrets.compare_digest(begun.state.encode(), visit.query.get("state", "").encode()):
        raise Denied(AGAIN)
    return begun


async def person(visit: Visit, begun: Begun) -> Person:
    """Whom the provider's answer is about. Raises Denied, Unavailable."""
    settings, query = visit.application.settings, visit.query
    provider = await _provider(settings, visit.now)
    if query.get("iss", provider.issuer) != provider.issuer:
        raise Denied(AGAIN)
    if "error" in query or "code" not in query:
        raise Denied("The provider did not sign you in. Begin again, or sign in with your password.")
    told = await _asked(
        provider.token_endpoint,
        {
            "grant_type": "authorization_code",
            "code": query["code"],
            "redirect_uri": _back(visit),
            "code_verifier": begun.verifier,
            "client_id": settings.oidc_client_id or "",
            "client_secret": settings.oidc_client_secret or "",
        },
    )
    claims = await _claims(settings, provider, str(told.get("id_token", "")), begun.nonce, visit.now)
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise Denied("The provider did not say who you are.")
    is_verified = claims.get("email_verified") in (True, "true")
    address = email.strip().lower() if isinstance(email, str) and is_verified else None
    return Person(provider.issuer, subject, address if address is not None and is_email(address) else None)


async def admit(tx: Transaction, visit: Visit, found: Person) -> signing_in.Next:
    """A session for whom the provider vouches for: by its own name for them, or by the verified address the first
    time. Raises Denied.

    An account whose address was never verified may have been made by somebody else, who would share it from then on:
    its password and everything else that was left in it end when the address' owner comes.
    """
    now = visit.now
    account_id = await tx.value(store.identity, issuer=found.issuer, subject=found.subject)
    if account_id is not None:
        await tx.run(store.touch_identity, issuer=found.issuer, subject=found.subject, last_used_at=now)
        return await signing_in.admit(tx, visit, account_id)
    if found.email is None:
        raise Denied(UNVERIFIED)
    account = await accounts.by_email(tx, found.email)
    if account is None:
        raise Denied(NO_ACCOUNT.format(email=found.email))
    if account.email_verified_at is None:
        await accounts.forget_password(tx, account.id, now)
        await taking_back.take_back(tx, visit, account)
        tx.after_commit(visit.application.forget_people)
    await tx.run(
        store.insert_identity,
        issuer=found.issuer,
        subject=found.subject,
        account_id=account.id,
        created_at=now,
        last_used_at=now,
    )
    return await signing_in.admit(tx, visit, account.id)


async def _claims(settings: Settings, provider: Provider, token: str, nonce: str, now: int) -> dict[str, Any]:
    """What a token claims, once it is shown to be the provider's, for us and for this sign-in. Raises Denied."""
    read = None
    for is_again in (False, True):
        told = await _known(provider.jwks_uri, 0 if is_again else KEPT_MILLISECONDS, now)
        try:
            keys = KeySet.import_key_set(told)
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            break
        except WRONG as error:
            # the provider may have changed its keys
            if is_again:
                raise Denied("What the provider said is not signed by it.") from error
    assert read is not None
    wanted = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
    }
    checked: Any = CodeIDToken(read.claims, read.header, wanted, {"nonce": nonce, "client_id": settings.oidc_client_id})
    try:
        checked.validate(now=now // 1000, leeway=LEEWAY_SECONDS)
    except WRONG as error:
        raise Denied("What the provider said is not about this sign-in.") from error
    return read.claims


async def _provider(settings: Settings, now: int) -> Provider:
    assert settings.oidc_issuer is not None
    told = await _known(f"{settings.oidc_issuer}/.well-known/openid-configuration", KEPT_MILLISECONDS, now)
    try:
        provider = msgspec.convert(told, Provider)
    except msgspec.ValidationError as error:
        raise Unavailable("The provider's description of itself is not complete.") from error
    if provider.issuer.rstrip("/") != settings.oidc_issuer:
        raise Unavailable("The provider calls itself by another name than the settings do.")
    return provider


async def _known(url: str, age: int, now: int) -> Any:
    """A document of the provider, not older than `age` milliseconds."""
    kept = _kept.get(url)
    if kept is None or now - kept[0] >= age:
        kept = _kept[url] = (now, await _asked(url))
    return kept[1]


async def _asked(url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON object of an answer, which has to be whole in time. Raises Unavailable for anything else."""
    # only who signs in this way pays for it
    import httpx

    method = "GET" if form is None else "POST"
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client,
            client.stream(method, url, data=form, headers={"Accept": "application/json"}) as answer,
        ):
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise Unavailable("The provider's answer is too long.")
        if answer.status_code != 200:
            raise Unavailable("The provider did not answer as it should. Try again.")
        return msgspec.json.decode(body, type=dict[str, Any])
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError, ValueError, RecursionError, TimeoutError) as error:
        raise Unavailable("The provider cannot be reached just now. Try again.") from error


def _challenge(verifier: str) -> str:
    made: Any = rfc7636
    return made.create_s256_code_challenge(verifier)


def _back(visit: Visit) -> str:
    return f"{visit.base_url}/account/oidc/back"
