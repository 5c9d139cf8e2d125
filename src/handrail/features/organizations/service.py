"""Use cases of organizations: found one, read it, change its settings."""

import re
import unicodedata

import msgspec
from argon2 import PasswordHasher

from handrail.features.members import store as members
from handrail.features.organizations import store
from handrail.kernel.errors import Invalid
from handrail.kernel.ids import new_id
from handrail.kernel.secrets import PERSONAL_TOKEN, fingerprint, new_secret
from handrail.ports.database import Database, Transaction

TOKEN_LIFETIME = 183 * 86_400_000
MIN_PASSWORD = 8
BOT_NAME = ("Workflow", "Bot")

_hasher = PasswordHasher()


class Founding(msgspec.Struct, frozen=True):
    """A new organization, its first administrator and their token (shown once)."""

    organization_id: str
    user_id: int
    email: str
    access_token: str


def slug(name: str) -> str:
    """The name as a word for addresses."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60] or "organization"


def hash_password(password: str) -> str:
    """Argon2id. Raises Invalid for a password that is too short."""
    if len(password) < MIN_PASSWORD:
        raise Invalid({"password": f"The password must have at least {MIN_PASSWORD} characters."})
    return _hasher.hash(password)


async def found(
    database: Database, *, name: str, email: str, password: str | None, first_name: str, last_name: str, now: int
) -> Founding:
    """Create an organization with its first administrator, its bot and a personal token, in one transaction."""
    email = email.strip().lower()
    name = name.strip()
    if not name or len(name) > 50:
        raise Invalid({"name": "The name must have 1 to 50 characters."})
    password_hash = hash_password(password) if password is not None else None
    access_token = new_secret(PERSONAL_TOKEN)

    async def body(tx: Transaction) -> Founding:
        account = await tx.one(members.account_by_email, email=email)
        user_id = (
            account.id
            if account is not None
            else await create_account(tx, email, password_hash, first_name, last_name, now=now)
        )
        organization_id = new_id()
        await tx.run(
            store.insert,
            organization_id=organization_id,
            name=name,
            slug=slug(name),
            timezone="UTC",
            working_days=None,
            default_deadline_unit="days",
            default_deadline_value=5,
            settings="{}",
            created_at=now,
            updated_at=now,
        )
        await add_member(tx, organization_id, user_id, role="admin", is_default_admin=True, now=now)
        bot = await create_account(tx, f"bot@{organization_id}.invalid", None, *BOT_NAME, kind="bot", now=now)
        await add_member(tx, organization_id, bot, role="standard", kind="bot", now=now)
        await insert_token(tx, access_token, user_id, organization_id, "first token", now)
        return Founding(organization_id, user_id, email, access_token)

    return await database.write(body)


async def create_account(
    tx: Transaction,
    email: str,
    password_hash: str | None,
    first_name: str,
    last_name: str,
    *,
    kind: str = "person",
    now: int,
) -> int:
    """A new person (or bot) across organizations; their id."""
    return int(
        await tx.value(
            members.insert_account,
            kind=kind,
            email=email,
            password_hash=password_hash,
            first_name=first_name,
            last_name=last_name,
            username=email.partition("@")[0],
            email_verified_at=None if kind == "bot" else now,
            created_at=now,
            updated_at=now,
        )
    )


async def add_member(
    tx: Transaction,
    organization_id: str,
    user_id: int,
    *,
    role: str,
    kind: str = "standard",
    is_default_admin: bool = False,
    now: int,
) -> None:
    """An active membership."""
    await tx.run(
        members.insert_member,
        organization_id=organization_id,
        user_id=user_id,
        kind=kind,
        role=role,
        status="active",
        is_default_admin=is_default_admin,
        timezone=None,
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
    tx: Transaction, secret: str, account_id: int, organization_id: str, name: str, now: int
) -> None:
    """Store a personal token; only its fingerprint is kept."""
    await tx.run(
        members.insert_token,
        id=new_id(),
        token_hash=fingerprint(secret),
        account_id=account_id,
        organization_id=organization_id,
        name=name,
        scopes="*",
        created_at=now,
        expires_at=now + TOKEN_LIFETIME,
        last_used_at=None,
        revoked_at=None,
    )
