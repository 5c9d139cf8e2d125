"""Sessions of browsers: begun by signing in, found by the cookie, ended by signing out, by time, or from elsewhere."""

import msgspec

from handrail.features.accounts import store
from handrail.features.accounts.store import SessionRow
from handrail.features.members import accounts
from handrail.http.call import Application
from handrail.http.site import SESSION_COOKIE, Visit
from handrail.kernel.clock import DAY, HOUR
from handrail.kernel.ids import new_id
from handrail.kernel.secrets import SESSION, fingerprint, new_secret
from handrail.ports.database import Reader, Transaction

SIGNED_IN, HALF = "signed-in", "half"
# between the password and the code of the second factor
HALF_MILLISECONDS = 10 * 60_000
# how exactly it is known when a session was used last
SEEN_MILLISECONDS = 60_000


class Session(msgspec.Struct, frozen=True):
    """A session that works, and whose it is."""

    id: str
    account: accounts.Account
    organization_id: str | None
    is_half: bool


async def begin(tx: Transaction, visit: Visit, account_id: int, *, half: bool = False) -> str:
    """A new session and its cookie; the browser's earlier one ends. Its id."""
    now = visit.now
    await leave(tx, visit)
    secret, session_id = new_secret(SESSION), new_id()
    settings = visit.application.settings
    lifetime = HALF_MILLISECONDS if half else settings.session_days * DAY
    active = [] if half else [place for place in await accounts.places(tx, account_id) if place.status == "active"]
    await tx.run(
        store.insert_session,
        id=session_id,
        secret_hash=fingerprint(secret),
        account_id=account_id,
        organization_id=active[0].organization_id if len(active) == 1 else None,
        state=HALF if half else SIGNED_IN,
        address=visit.address or None,
        agent=visit.agent or None,
        created_at=now,
        last_seen_at=now,
        expires_at=now + lifetime,
        ended_at=None,
    )
    if not half:
        await accounts.signed_in(tx, account_id, now)
    # a body that is run again must not leave two cookies
    visit.set_cookies = [cookie for cookie in visit.set_cookies if SESSION_COOKIE.encode() not in cookie]
    visit.keep_cookie(SESSION_COOKIE, secret, lifetime // 1000)
    return session_id


async def current(visit: Visit) -> Session | None:
    """The browser's session, if it works; that it is in use is written down now and then."""
    return await by_secret(visit.application, visit.cookie(SESSION_COOKIE), visit.address, visit.now)


async def by_secret(application: Application, secret: str | None, address: str, now: int) -> Session | None:
    """The session of a cookie, if it works."""
    if secret is None:
        return None
    async with application.database.reader() as reader:
        row = await reader.one(store.session_by_hash, secret_hash=fingerprint(secret))
        if row is None or not works(row, now, application.settings.session_idle_hours * HOUR):
            return None
        account = await accounts.by_id(reader, row.account_id)
    if account is None:
        return None
    if now - row.last_seen_at > SEEN_MILLISECONDS:
        await application.database.write(
            lambda tx: tx.run(store.touch_session, id=row.id, last_seen_at=now, address=address or None)
        )
    return Session(row.id, account, row.organization_id, row.state == HALF)


def works(row: SessionRow, now: int, idle: int) -> bool:
    """Whether a session has neither ended nor run out, nor lain unused for too long (milliseconds)."""
    return row.ended_at is None and now < row.expires_at and now - row.last_seen_at < idle


async def leave(tx: Transaction, visit: Visit) -> SessionRow | None:
    """End the browser's session, if it has one, and the tokens that belong to it."""
    secret = visit.cookie(SESSION_COOKIE)
    row = None if secret is None else await tx.one(store.session_by_hash, secret_hash=fingerprint(secret))
    if row is not None:
        await end(tx, row.account_id, row.id, visit.now)
    return row


async def end(tx: Transaction, account_id: int, session_id: str, now: int) -> None:
    """End one of somebody's sessions, and the tokens that belong to it."""
    if await tx.run(store.end_session, id=session_id, account_id=account_id, ended_at=now):
        await tx.run(store.revoke_tokens_of_session, session_id=session_id, revoked_at=now)


async def listed(reader: Reader, account_id: int, now: int, idle: int) -> list[SessionRow]:
    """The sessions of somebody that work, the one that was used last first."""
    return [row for row in await reader.all(store.sessions_of, account_id=account_id) if works(row, now, idle)]
