"""What people are called, for pages that name them and tell nothing else of them."""

from collections.abc import Iterable, Sequence

import msgspec
import sqlalchemy as sa

from handrail.engine.definition import Owners
from handrail.kernel.decoded import JsonObject
from handrail.ports.database import Reader
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import accounts, groups, guests, members
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


_groups = Statement[tuple[str, str]](
    sa.select(groups.c.id, groups.c.name).where(own(groups), any_of(groups.c.id, "ids"))
)


class _Contact(msgspec.Struct, frozen=True):
    user_id: int
    email: str
    first_name: str
    last_name: str


# the bot too, which may have completed something
_contacts = Statement(
    sa.select(members.c.user_id, accounts.c.email, accounts.c.first_name, accounts.c.last_name)
    .select_from(members.join(accounts, accounts.c.id == members.c.user_id))
    .where(own(members), any_of(members.c.user_id, "ids")),
    _Contact,
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


async def display_names(
    reader: Reader, organization_id: str, named: Sequence[Owners], *, with_addresses: bool
) -> dict[int | str, str]:
    """What people and groups are called, members by id, guests by address, groups by id.

    A guest without a name is called by the address, or only a guest where addresses are not to be told.
    """
    addresses = {email for owners in named for email in owners.guests}
    known = await names_of(reader, organization_id, {user for owners in named for user in owners.users}, addresses)
    ids = sorted({group for owners in named for group in owners.groups})
    rows = await reader.all(_groups, organization_id=organization_id, ids=ids) if ids else []
    guests = {email: known.guests.get(email, A_GUEST) for email in addresses}
    if with_addresses:
        guests = {email: email if name == A_GUEST else name for email, name in guests.items()}
    return {**known.members, **guests, **dict(rows)}


async def contacts(reader: Reader, organization_id: str, users: Iterable[int]) -> dict[int, JsonObject]:
    """Members by id as `{id, email, full_name}`, for programs that are told of them."""
    ids = sorted(set(users))
    rows = await reader.all(_contacts, organization_id=organization_id, ids=ids) if ids else []
    return {
        row.user_id: {
            "id": row.user_id,
            "email": row.email,
            "full_name": f"{row.first_name} {row.last_name}".strip(),
        }
        for row in rows
    }
