"""Tokens for whoever signs in without a page, and for a browser that has a session (wire 1.4)."""

from handrail.features.accounts import second_factor, sessions, signing_in, telling, wire
from handrail.features.accounts.caller import Caller, of_call
from handrail.features.members import accounts, service
from handrail.http.call import Call
from handrail.http.site import SESSION_COOKIE, cookie_name, cookies_of, require_same_site
from handrail.kernel.clock import HOUR, iso
from handrail.kernel.errors import Conflict, Invalid, NotFound, Unauthenticated
from handrail.kernel.secrets import PERSONAL_TOKEN, USER_TOKEN, new_secret
from handrail.ports.database import Reader, Transaction

# of a sign-in without a browser, and of a browser, which asks again
LOGIN_MILLISECONDS = 24 * HOUR
SESSION_TOKEN_MILLISECONDS = HOUR


async def login(caller: Caller, body: wire.LoginBody) -> wire.Login:
    """A token for an address and its password. Raises Invalid, Denied, TooMany."""
    account_id = await signing_in.prove_password(caller, body.email, body.password)
    database, secret = caller.application.database, new_secret(PERSONAL_TOKEN)
    async with database.reader() as reader:
        await signing_in.refuse_disabled(reader, account_id)
        needs_code = await second_factor.is_on(reader, account_id)
        organization_id = await _place(reader, account_id, body.organization_id or None)
    if needs_code:
        if not body.code:
            raise Invalid({"code": "This account has a second factor; the code of its authenticator is needed."})
        await signing_in.prove_code(caller, account_id, body.code)
    expires_at = caller.now + LOGIN_MILLISECONDS

    async def work(tx: Transaction) -> accounts.Account:
        account = await accounts.by_id(tx, account_id)
        if account is None:
            raise NotFound
        await service.insert_token(
            tx, secret, account_id, organization_id, "sign-in", caller.now, expires_at=expires_at
        )
        await accounts.signed_in(tx, account_id, caller.now)
        await telling.of_person(tx, caller, account_id, "login_succeeded", "Signed in")
        return account

    return _told(await database.write(work), organization_id, secret, expires_at, caller.now)


async def of_session(call: Call, organization_id: str | None) -> wire.Login:
    """A token of the browser's session: it ends with it. Raises Unauthenticated, Denied, NotFound, Conflict."""
    application, now = call.application, call.application.clock.now()
    require_same_site(call.headers, call.base_url)
    name = cookie_name(SESSION_COOKIE, secure=call.base_url.startswith("https://"))
    session = await sessions.by_secret(application, cookies_of(call.headers).get(name), call.client_address, now)
    if session is None or session.is_half:
        raise Unauthenticated("There is no session. Sign in at /account/sign-in first.")
    async with application.database.reader() as reader:
        place = await _place(reader, session.account.id, organization_id or session.organization_id)
    secret, expires_at = new_secret(USER_TOKEN), now + SESSION_TOKEN_MILLISECONDS

    async def work(tx: Transaction) -> None:
        await service.insert_token(
            tx,
            secret,
            session.account.id,
            place,
            "browser",
            now,
            expires_at=expires_at,
            session_id=session.id,
        )
        said = "Got a token of the browser's session"
        await telling.in_organization(tx, of_call(call), place, session.account.id, "token_created", said)

    await application.database.write(work)
    return _told(session.account, place, secret, expires_at, now)


async def _place(reader: Reader, account_id: int, wanted: str | None) -> str:
    active = [place.organization_id for place in await accounts.places(reader, account_id) if place.status == "active"]
    if not active:
        raise Conflict("You are in no organization. Found one, or ask for an invitation.")
    if wanted is None:
        return active[0]
    if wanted not in active:
        raise NotFound("You are not a member of this organization.")
    return wanted


def _told(account: accounts.Account, organization_id: str, secret: str, expires_at: int, now: int) -> wire.Login:
    token = wire.SessionToken(
        access_token=secret, token_type="Bearer", expires_in=(expires_at - now) // 1000, expire=iso(expires_at)
    )
    return wire.Login(
        token=token,
        user_id=account.id,
        email=account.email,
        first_name=account.first_name,
        last_name=account.last_name,
        organization_id=organization_id,
    )
