"""What people are called, for pages that name them and tell nothing else of them."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from handrail.ports.database import Reader
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import accounts, guests, members
from handrail.schema.words import own

A_GUEST = "A guest"


class _Member(msgspec.Struct, frozen=True):
    user_id: int
    first_name: str
    last_name: str


class _Guest(msgspec.Struct, frozen=True):
    email: str
    first_name: str | None
    last_name: str | None


_members = Statement(
    sa.select(members.c.user_id, accounts.c.first_name, accounts.c.last_name)
    .select_from(members.join(accounts, accounts.c.id == members.c.user_id))
    .where(own(members), any_of(members.c.user_id, "ids"), members.c.kind != "bot"),
    _Member,
)
_guests = Statement(
    sa.select(guests.c.email, guests.c.first_name, guests.c.last_name).where(
        own(guests), any_of(guests.c.email, "emails")
    ),
    _Guest,
)


class Names(msgspec.Struct, frozen=True):
    """Names of members by id and of guests by address; who has none is left out, or only a guest."""

    members: dict[int, str] = {}
    guests: dict[str, str] = {}


async def names_of(reader: Reader, organization_id: str, users: Iterable[int], emails: Iterable[str]) -> Names:
    """The names of these people, in one statement for each kind."""
    ids, addresses = sorted(set(users)), sorted(set(emails))
    found = await reader.all(_members, organization_id=organization_id, ids=ids) if ids else []
    others = await reader.all(_guests, organization_id=organization_id, emails=addresses) if addresses else []
    return Names(
        {row.user_id: f"{row.first_name} {row.last_name}".strip() for row in found},
        {row.email: f"{row.first_name or ''} {row.last_name or ''}".strip() or A_GUEST for row in others},
    )
