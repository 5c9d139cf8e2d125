"""What the rest of the house asks of members: who a token belongs to, and the makings of people and memberships."""

import msgspec

from handrail.features.members import store
from handrail.features.members.passwords import hashed as hashed
from handrail.features.members.passwords import matches as matches
from handrail.features.members.passwords import nobodys_password
from handrail.features.members.wire import NAME_LENGTH as NAME_LENGTH
from handrail.features.members.wire import User as User
from handrail.kernel.actor import Actor, Rates, Token
from handrail.kernel.ids import new_id
from handrail.kernel.scopes import scopes_of
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Database, Reader, Transaction

TOKEN_LIFETIME = 183 * 86_400_000


class Membership(msgspec.Struct, frozen=True):
    """Somebody's place in an organization."""

    role: str
    status: str
    joined_at: int | None
    disabled_at: int | None
    last_accessed_at: int | None


async def find_token(reader: Reader, token_hash: str) -> Token | None:
    """The token with this fingerprint, whatever its state."""
    row = await reader.one(store.token_by_hash, token_hash=token_hash)
    if row is None:
        return None
    return Token(
        row.id,
        row.account_id,
        row.organization_id,
        scopes_of(row.scopes),
        row.expires_at,
        row.revoked_at,
        row.application_id,
        row.session_id,
    )


async def load_actor(reader: Reader, organization_id: str, user_id: int) -> Actor | None:
    """The active member as an actor, with their groups; None when they are not one."""
    row = await reader.one(store.active, organization_id=organization_id, user_id=user_id)
    if row is None:
        return None
    groups = await reader.all(store.groups_of, organization_id=organization_id, principal=f"u:{user_id}")
    return Actor(
        organization_id=organization_id,
        user_id=user_id,
        role=row.role,
        groups=tuple(group[0] for group in groups),
        rates=Rates(row.requests_per_minute, row.requests_per_hour),
    )


async def note_use(tx: Transaction, token: Token, organization_id: str, address: str, now: int) -> None:
    """Remember that the token was used: when, and from where."""
    await tx.run(store.touch_token, id=token.id, last_used_at=now)
    await tx.run(
        store.touch_member,
        organization_id=organization_id,
        user_id=token.account_id,
        last_accessed_at=now,
        last_known_ip=address or None,
    )


async def membership(reader: Reader, organization_id: str, user_id: int) -> Membership | None:
    """Somebody's place in an organization; None for strangers and for members who were deleted."""
    row = await reader.one(store.get, organization_id=organization_id, user_id=user_id)
    if row is None or row.deleted_at is not None:
        return None
    return Membership(row.role, row.status, row.activated_at, row.disabled_at, row.last_accessed_at)


async def create_account(
    tx: Transaction,
    email: str,
    password_hash: str | None,
    first_name: str,
    last_name: str,
    *,
    kind: str = "person",
    email_verified_at: int | None = None,
    now: int,
) -> int:
    """A new person (or bot) across organizations; their id."""
    return int(
        await tx.value(
            store.insert_account,
            kind=kind,
            email=email,
            password_hash=password_hash,
            first_name=first_name,
            last_name=last_name,
            username=email.partition("@")[0],
            email_verified_at=email_verified_at,
            created_at=now,
            updated_at=now,
        )
    )


async def account_id(reader: Reader, email: str) -> int | None:
    """The person with this address (lower case), in whichever organizations."""
    account = await reader.one(store.account_by_email, email=email)
    return None if account is None else account.id


async def add_member(
    tx: Transaction,
    organization_id: str,
    user_id: int,
    *,
    role: str,
    kind: str = "standard",
    is_default_admin: bool = False,
    timezone: str | None = None,
    now: int,
) -> None:
    """An active membership."""
    await tx.run(
        store.insert_member,
        organization_id=organization_id,
        user_id=user_id,
        kind=kind,
        role=role,
        status="active",
        is_default_admin=is_default_admin,
        timezone=timezone,
        profile="{}",
        invited_by=None,
        invite_hash=None,
        invite_message=None,
        invited_at=None,
        activated_at=now,
        approved_at=now,
        created_at=now,
        updated_at=now,
    )


async def insert_token(
    tx: Transaction,
    secret: str,
    account_id: int,
    organization_id: str,
    name: str,
    now: int,
    *,
    scopes: str = "*",
    expires_at: int | None = None,
    application_id: int | None = None,
    session_id: str | None = None,
) -> str:
    """Store a token of a person, of which only the fingerprint is kept; its id. It lives half a year unless told.

    `application_id` is the application it was got through, `session_id` the browser's session, if it was.
    """
    token_id = new_id()
    await tx.run(
        store.insert_token,
        id=token_id,
        token_hash=fingerprint(secret),
        account_id=account_id,
        organization_id=organization_id,
        name=name,
        scopes=scopes,
        created_at=now,
        expires_at=now + TOKEN_LIFETIME if expires_at is None else expires_at,
        last_used_at=None,
        revoked_at=None,
        application_id=application_id,
        session_id=session_id,
    )
    return token_id


async def person_with(database: Database, email: str, password: str) -> int | None:
    """The person who signs in with this address and password. It takes as long for an unknown address as for a wrong
    password, and keeps no connection to the store while passwords wait for their turn."""
    async with database.reader() as reader:
        account = await reader.one(store.account_by_email, email=email.strip().lower())
    stored = None if account is None or account.kind != "person" else account.password_hash
    is_right = await matches(stored or await nobodys_password(), password)
    return account.id if account is not None and stored is not None and is_right else None
