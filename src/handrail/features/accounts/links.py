"""Links that are mailed and work once: to finish a registration, to verify an address, to choose a new password."""

from typing import Any

import msgspec

from handrail.features.accounts import store
from handrail.features.accounts.store import LinkRow
from handrail.kernel.clock import DAY, MINUTE
from handrail.kernel.errors import Impossible
from handrail.kernel.secrets import ACCOUNT_LINK, fingerprint, new_secret
from handrail.ports.database import Transaction

REGISTER, VERIFY, RESET = "register", "verify", "reset"
# around 5.1, 5.2
LIFETIMES = {REGISTER: DAY, VERIFY: DAY, RESET: 60 * MINUTE}


async def make(
    tx: Transaction, kind: str, email: str, now: int, *, account_id: int | None = None, payload: Any = None
) -> str:
    """A new link; older ones of its kind stop working. The secret that it bears."""
    secret = new_secret(ACCOUNT_LINK)
    await tx.run(store.replace_links, email=email, kind=kind, replaced_at=now)
    await tx.run(
        store.insert_link,
        secret_hash=fingerprint(secret),
        kind=kind,
        email=email,
        account_id=account_id,
        payload=msgspec.json.encode(payload or {}).decode(),
        created_at=now,
        expires_at=now + LIFETIMES[kind],
    )
    return secret


async def usable(tx: Transaction, kind: str, secret: str, now: int) -> LinkRow:
    """The link, if it still works. Raises Impossible, which says why it does not."""
    row = await tx.one(store.link_by_hash, secret_hash=fingerprint(secret.strip()))
    if row is None or row.kind != kind:
        raise Impossible("This link is not complete. Copy all of it out of the mail.")
    if row.used_at is not None:
        raise Impossible("This link was used already.")
    if row.replaced_at is not None:
        raise Impossible("A newer mail was sent since; use the link in that one.")
    if row.expires_at <= now:
        raise Impossible("This link has run out. Ask for another mail.")
    return row


async def use(tx: Transaction, row: LinkRow, now: int) -> None:
    """It works no more."""
    await tx.run(store.use_link, secret_hash=row.secret_hash, used_at=now)
