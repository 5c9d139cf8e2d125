"""Showing that an address is one's own: a link to it, which any device may follow."""

from handrail.features.accounts import links, mailing, store
from handrail.features.accounts.caller import Caller
from handrail.features.accounts.links import VERIFY
from handrail.features.members import accounts
from handrail.http.attempts import an_hour, take
from handrail.kernel.errors import Denied, Impossible
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Transaction

PER_HOUR_OF_ACCOUNT = 5
NOT_YOU = (
    "If it was not you, do not follow it: somebody has put your address into an account of theirs. Choose a new "
    "password for this address instead, which makes the account yours."
)
FIRST = "Verify your e-mail address first: your account's page sends you the link."


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


async def verify(caller: Caller, secret: str) -> bool:
    """The address is verified; False when it was before. Raises Impossible for a link that does not work."""

    async def work(tx: Transaction) -> bool:
        known = await tx.one(store.link_by_hash, secret_hash=fingerprint(secret.strip()))
        if known is not None and known.kind == VERIFY and known.account_id is not None and known.used_at is not None:
            account = await accounts.by_id(tx, known.account_id)
            if account is not None and account.email == known.email and account.email_verified_at is not None:
                return False
        row = await links.usable(tx, VERIFY, secret, caller.now)
        account = None if row.account_id is None else await accounts.by_id(tx, row.account_id)
        if account is None or account.email != row.email:
            raise Impossible("This link belongs to an address that has changed since.")
        await links.use(tx, row, caller.now)
        await accounts.verified(tx, account.id, caller.now)
        return True

    return await caller.application.database.write(work)
