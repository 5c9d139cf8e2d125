"""Use cases of organizations: found one, read it, change its settings."""

import msgspec

from handrail.features.members.service import account_id, add_member, create_account, hashed, insert_token
from handrail.features.organizations import store
from handrail.kernel.addresses import is_email
from handrail.kernel.errors import Errors
from handrail.kernel.ids import new_id
from handrail.kernel.secrets import PERSONAL_TOKEN, new_secret
from handrail.kernel.words import slug
from handrail.ports.database import Database, Transaction

BOT_NAME = ("Workflow", "Bot")
NAME_LENGTH = 50


class Founding(msgspec.Struct, frozen=True):
    """A new organization, its first administrator and their token (shown once)."""

    organization_id: str
    user_id: int
    email: str
    access_token: str


async def found(
    database: Database, *, name: str, email: str, password: str | None, first_name: str, last_name: str, now: int
) -> Founding:
    """Create an organization with its first administrator, its bot and a personal token, in one transaction.

    An address that has an account already joins with it and keeps its name and password. Raises Invalid.
    """
    email = email.strip().lower()
    name = name.strip()
    errors = Errors()
    if not name or len(name) > NAME_LENGTH:
        errors.add("name", f"The name must have 1 to {NAME_LENGTH} characters.")
    if not is_email(email):
        errors.add("email", "The email must be a valid address.")
    errors.raise_if_any()
    password_hash = None if password is None else await hashed(password)
    access_token = new_secret(PERSONAL_TOKEN)

    async def body(tx: Transaction) -> Founding:
        user_id = await account_id(tx, email)
        if user_id is None:
            user_id = await create_account(tx, email, password_hash, first_name, last_name, now=now)
        organization_id = new_id()
        await tx.run(
            store.insert,
            organization_id=organization_id,
            name=name,
            slug=slug(name, ""),
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
