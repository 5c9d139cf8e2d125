"""The SQL of members, accounts and tokens."""

import msgspec
import sqlalchemy as sa

from handrail.kernel.actor import Actor, Role
from handrail.ports.database import Reader
from handrail.schema.statement import Statement
from handrail.schema.tables import accounts, group_people, members, tokens
from handrail.schema.words import insert_all, is_, own


class TokenRow(msgspec.Struct, frozen=True):
    """A token's owner and the organization it was made in."""

    id: str
    account_id: int
    organization_id: str
    scopes: str
    expires_at: int | None
    revoked_at: int | None


token_by_hash = Statement(
    sa.select(
        tokens.c.id,
        tokens.c.account_id,
        tokens.c.organization_id,
        tokens.c.scopes,
        tokens.c.expires_at,
        tokens.c.revoked_at,
    ).where(is_(tokens.c.token_hash)),
    TokenRow,
)

insert_token = Statement[None](insert_all(tokens))


class MembershipRow(msgspec.Struct, frozen=True):
    """What an active member is, for the actor."""

    role: Role


_membership = Statement(
    sa.select(members.c.role).where(
        own(members), is_(members.c.user_id), members.c.status == "active", members.c.kind != "bot"
    ),
    MembershipRow,
)

_groups_of = Statement[tuple[str]](
    sa.select(group_people.c.group_id)
    .where(own(group_people), is_(group_people.c.principal))
    .order_by(group_people.c.group_id)
)


async def load_actor(reader: Reader, organization: str, user_id: int) -> Actor | None:
    """The active member as an actor, with their groups; None when they are not one."""
    found = await reader.one(_membership, organization_id=organization, user_id=user_id)
    if found is None:
        return None
    groups = await reader.all(_groups_of, organization_id=organization, principal=f"u:{user_id}")
    return Actor(organization_id=organization, user_id=user_id, role=found.role, groups=tuple(row[0] for row in groups))


class AccountRow(msgspec.Struct, frozen=True):
    """A person, across organizations."""

    id: int
    email: str
    first_name: str
    last_name: str
    password_hash: str | None


_account = (accounts.c.id, accounts.c.email, accounts.c.first_name, accounts.c.last_name, accounts.c.password_hash)

account_by_email = Statement(sa.select(*_account).where(is_(accounts.c.email)), AccountRow)
account_by_id = Statement(sa.select(*_account).where(is_(accounts.c.id)), AccountRow)

insert_account = Statement[tuple[int]](
    insert_all(
        accounts,
        "kind",
        "email",
        "password_hash",
        "first_name",
        "last_name",
        "username",
        "email_verified_at",
        "created_at",
        "updated_at",
    ).returning(accounts.c.id)
)

insert_member = Statement[None](
    insert_all(
        members,
        "organization_id",
        "user_id",
        "kind",
        "role",
        "status",
        "is_default_admin",
        "timezone",
        "profile",
        "invited_by",
        "invite_hash",
        "invite_message",
        "invited_at",
        "activated_at",
        "approved_at",
        "created_at",
        "updated_at",
    )
)
