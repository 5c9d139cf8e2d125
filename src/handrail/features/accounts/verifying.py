"""Showing that an address is one's own: a link to it, which any device may follow.

That somebody reads the mail does not make the account theirs: anybody can have put the address into an account of their
own. So the link counts for whoever is signed in to that account, or knows its password. Whoever is neither is led to a
new password, with which the account is taken back (`taking_back.py`).
"""

from typing import Literal

import msgspec

from handrail.features.accounts import links, mailing, store, telling
from handrail.features.accounts.caller import Caller
from handrail.features.accounts.links import VERIFY
from handrail.features.accounts.sessions import Session
from handrail.features.accounts.store import LinkRow
from handrail.features.members import accounts, proving
from handrail.http.attempts import an_hour, take
from handrail.kernel.errors import Denied, Impossible, Invalid
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Transaction

PER_HOUR_OF_ACCOUNT = 5
NOT_YOU = (
    "If it was not you, somebody has put your address into an account of theirs. Choose a new password for this "
    "address instead, which makes the account yours."
)
FIRST = "Verify your e-mail address first: your account's page sends you the link."
MOVED = "This link belongs to an address that has changed since."


class Looked(msgspec.Struct, frozen=True):
    """What is left to do with a link: nothing, a click, or a password first; and for which address."""

    state: Literal["done", "click", "password"]
    email: str


def require(caller: Caller, account: accounts.Account) -> None:
    """Raise Denied for an address that is not shown to be its owner's, where a mail could show it."""
    if caller.application.settings.smtp_url is not None and account.email_verified_at is None:
        raise Denied(FIRST)


async def ask(caller: Caller, account: accounts.Account) -> None:
    """Mail the link. Raises TooMany."""
    await take(caller.application.limiter, [(an_hour(PER_HOUR_OF_ACCOUNT), ("verify", str(account.id)))])

    async def work(tx: Transaction) -> None:
        secret = await links.make(tx, VERIFY, account.email, caller.now, account_id=account.id)
        link = f"{caller.mail_url}/account/verify-email?token={secret}"
        text = "Follow this link within a day to show that this address is yours."
        paragraphs = [text, NOT_YOU]
        await mailing.post(tx, caller.application.jobs, account.email, "Verify your address", paragraphs, link)

    await caller.application.database.write(work)


async def look(caller: Caller, session: Session | None, secret: str) -> Looked:
    """What is left to do with a link. Raises Impossible for one that does not work."""
    return await caller.application.database.write(lambda tx: _looked(tx, caller, session, secret))


async def verify(caller: Caller, session: Session | None, secret: str, password: str) -> bool:
    """The address is verified; False when it was before. Raises Impossible for a link that does not work, Invalid for a
    wrong password where one is needed, TooMany."""
    application = caller.application
    looked = await look(caller, session, secret)
    if looked.state == "done":
        return False
    proven = None
    if looked.state == "password":
        proven = await proving.person(application, looked.email, password, caller.address)
        if proven is None:
            raise Invalid({"password": f"This is not the password of {looked.email}."})

    async def work(tx: Transaction) -> bool:
        if (await _looked(tx, caller, session, secret)).state == "done":
            return False
        row = await links.usable(tx, VERIFY, secret, caller.now)
        account = await _account(tx, row)
        if account.id not in (proven, _signed_in(session)):
            raise Impossible(MOVED)
        await links.use(tx, row, caller.now)
        await accounts.verified(tx, account.id, caller.now)
        await telling.of_person(tx, caller, account.id, "email_verified", "Showed that their address is theirs")
        return True

    return await application.database.write(work)


async def _looked(tx: Transaction, caller: Caller, session: Session | None, secret: str) -> Looked:
    known = await tx.one(store.link_by_hash, secret_hash=fingerprint(secret.strip()))
    if known is not None and known.kind == VERIFY and known.used_at is not None:
        account = None if known.account_id is None else await accounts.by_id(tx, known.account_id)
        if account is not None and account.email == known.email and account.email_verified_at is not None:
            return Looked("done", account.email)
    account = await _account(tx, await links.usable(tx, VERIFY, secret, caller.now))
    if account.email_verified_at is not None:
        return Looked("done", account.email)
    return Looked("click" if _signed_in(session) == account.id else "password", account.email)


async def _account(tx: Transaction, row: LinkRow) -> accounts.Account:
    account = None if row.account_id is None else await accounts.by_id(tx, row.account_id)
    if account is None or account.email != row.email:
        raise Impossible(MOVED)
    return account


def _signed_in(session: Session | None) -> int | None:
    """Whose session this is, if it is a whole one."""
    return None if session is None or session.is_half else session.account.id
