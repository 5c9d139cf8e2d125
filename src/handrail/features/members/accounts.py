"""The person behind memberships: one sign-in, one password, many organizations."""

from handrail.features.members import store
from handrail.features.members.store import AccountRow as Account
from handrail.features.members.store import PlaceRow as Place
from handrail.ports.database import Reader, Transaction

__all__ = ["Account", "Place"]


async def by_id(reader: Reader, account_id: int) -> Account | None:
    """The person with this id."""
    return await reader.one(store.account_by_id, id=account_id)


async def by_email(reader: Reader, email: str) -> Account | None:
    """The person who signs in with this address, as it is stored; bots do not sign in."""
    account = await reader.one(store.account_by_email, email=email.strip().lower())
    return None if account is None or account.kind != "person" else account


async def places(reader: Reader, account_id: int) -> list[Place]:
    """Every organization that somebody is in, with what their place there is; the oldest first."""
    return await reader.all(store.places, user_id=account_id)


async def verified(tx: Transaction, account_id: int, now: int) -> None:
    """They have shown that the address is theirs."""
    await tx.run(store.set_verified, id=account_id, email_verified_at=now, updated_at=now)


async def signed_in(tx: Transaction, account_id: int, now: int) -> None:
    """Remember when somebody signed in last."""
    await tx.run(store.note_login, id=account_id, last_login_at=now)


async def change_password(
    tx: Transaction, account_id: int, password_hash: str, now: int, *, but: str | None = None
) -> None:
    """Another password. Every session ends, except the one that is named."""
    await tx.run(store.set_password, id=account_id, password_hash=password_hash, updated_at=now)
    await end_sessions(tx, account_id, now, but=but)


async def forget_password(tx: Transaction, account_id: int, now: int) -> None:
    """No password any more, until they choose one; every session ends."""
    await tx.run(store.set_password, id=account_id, password_hash=None, updated_at=now)
    await end_sessions(tx, account_id, now)


async def end_sessions(tx: Transaction, account_id: int, now: int, *, but: str | None = None) -> None:
    """End the sessions of somebody, and the tokens that belong to them, except for one session."""
    await tx.run(store.end_sessions, account_id=account_id, but=but or "", ended_at=now)
    await tx.run(store.revoke_tokens_of_sessions, account_id=account_id, but=but or "", revoked_at=now)
