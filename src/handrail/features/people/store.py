"""The SQL of the directory: only the people that a command names are looked up."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import accounts, group_people, groups, guests, members
from handrail.schema.words import among, insert_all, is_, own, set_all


class MemberRow(msgspec.Struct, frozen=True):
    user_id: int
    status: str
    kind: str


class GuestRow(msgspec.Struct, frozen=True):
    email: str
    sealed_code: str
    disabled_at: int | None
    deleted_at: int | None


class GroupPersonRow(msgspec.Struct, frozen=True):
    group_id: str
    principal: str


members_named = Statement(
    sa.select(members.c.user_id, members.c.status, members.c.kind).where(
        own(members), any_of(members.c.user_id, "ids")
    ),
    MemberRow,
)

default_admin = Statement[tuple[int]](
    sa.select(members.c.user_id).where(own(members), members.c.is_default_admin == sa.true())
)

bot = Statement[tuple[int]](sa.select(members.c.user_id).where(own(members), members.c.kind == "bot"))

guests_named = Statement(
    sa.select(guests.c.email, guests.c.sealed_code, guests.c.disabled_at, guests.c.deleted_at).where(
        own(guests), any_of(guests.c.email, "emails")
    ),
    GuestRow,
)

# addresses of people who sign in, so that nobody is member and guest at once
members_at = Statement[tuple[str]](
    sa.select(accounts.c.email)
    .select_from(members.join(accounts, accounts.c.id == members.c.user_id))
    .where(
        own(members),
        any_of(accounts.c.email, "emails"),
        among(members.c.status, ("active", "invited")),
        members.c.deleted_at.is_(None),
    )
)


class AddressRow(msgspec.Struct, frozen=True):
    email: str
    user_id: int


member_ids_at = Statement(
    sa.select(accounts.c.email, members.c.user_id)
    .select_from(members.join(accounts, accounts.c.id == members.c.user_id))
    .where(
        own(members),
        any_of(accounts.c.email, "emails"),
        members.c.kind != "bot",
        among(members.c.status, ("active", "invited")),
        members.c.deleted_at.is_(None),
    ),
    AddressRow,
)

groups_named = Statement[tuple[str]](sa.select(groups.c.id).where(own(groups), any_of(groups.c.id, "ids")))

people_of_groups = Statement(
    sa.select(group_people.c.group_id, group_people.c.principal).where(
        own(group_people), any_of(group_people.c.group_id, "ids")
    ),
    GroupPersonRow,
)

insert_guest = Statement[None](
    insert_all(
        guests,
        "organization_id",
        "id",
        "email",
        "code_hash",
        "sealed_code",
        "first_name",
        "last_name",
        "details",
        "created_at",
        "updated_at",
    )
)

# an address that was a guest before begins anew, under another code
revive_guest = Statement[None](
    sa.update(guests)
    .where(own(guests), is_(guests.c.email))
    .values(
        disabled_at=sa.null(),
        deleted_at=sa.null(),
        last_accessed_at=sa.null(),
        **set_all(guests, "code_hash", "sealed_code", "first_name", "last_name", "details", "created_at", "updated_at"),
    )
)


class FormatRow(msgspec.Struct, frozen=True):
    """How a member likes dates."""

    date_format: str | None
    timezone: str | None


format_of = Statement(
    sa.select(members.c.date_format, members.c.timezone).where(own(members), is_(members.c.user_id)), FormatRow
)
