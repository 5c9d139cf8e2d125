"""The SQL of the directory: only the people that a command names are looked up."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import group_people, groups, guests, members
from handrail.schema.words import insert_all, own


class MemberRow(msgspec.Struct, frozen=True):
    user_id: int
    status: str
    kind: str


class GuestRow(msgspec.Struct, frozen=True):
    email: str
    code: str
    disabled_at: int | None


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

guests_named = Statement(
    sa.select(guests.c.email, guests.c.code, guests.c.disabled_at).where(
        own(guests), any_of(guests.c.email, "emails"), guests.c.deleted_at.is_(None)
    ),
    GuestRow,
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
        "code",
        "first_name",
        "last_name",
        "details",
        "created_at",
        "updated_at",
    )
)
