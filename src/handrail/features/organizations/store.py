"""The SQL of organizations."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import members, organizations
from handrail.schema.words import insert_all, is_, own, set_all


class OrganizationRow(msgspec.Struct, frozen=True):
    """An organization as stored; `settings` and `working_days` are JSON."""

    organization_id: str
    name: str
    slug: str
    timezone: str
    working_days: str | None
    default_deadline_unit: str
    default_deadline_value: int
    settings: str
    created_at: int
    updated_at: int


_names = OrganizationRow.__struct_fields__
_columns = [organizations.c[name] for name in _names]

get = Statement(sa.select(*_columns).where(own(organizations)), OrganizationRow)

lock = Statement(sa.select(*_columns).where(own(organizations)).with_for_update(), OrganizationRow)

insert = Statement[None](insert_all(organizations, *_names))

_changing = [name for name in _names if name not in ("organization_id", "created_at")]
update = Statement[None](sa.update(organizations).where(own(organizations)).values(set_all(organizations, *_changing)))


class RatesRow(msgspec.Struct, frozen=True):
    """How many requests an organization may make, where the operator has set that."""

    requests_per_minute: int | None
    requests_per_hour: int | None


rates = Statement(
    sa.select(organizations.c.requests_per_minute, organizations.c.requests_per_hour).where(own(organizations)),
    RatesRow,
)
set_rates = Statement[None](
    sa.update(organizations)
    .where(own(organizations))
    .values(set_all(organizations, "requests_per_minute", "requests_per_hour"))
)

active_members = Statement[tuple[int]](
    sa.select(sa.func.count())
    .select_from(members)
    .where(own(members), members.c.status == "active", members.c.kind != "bot")
)


# for what the clock does in every organization, a page at a time
page_after = Statement(
    sa.select(*_columns)
    .where(organizations.c.organization_id > sa.bindparam("after", type_=sa.Text))
    .order_by(organizations.c.organization_id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
    OrganizationRow,
)


class MyOrganizationRow(OrganizationRow, frozen=True):
    """An organization with a person's place in it."""

    role: str
    status: str
    joined_at: int | None
    disabled_at: int | None
    last_accessed_at: int | None


# a person's organizations: the one list that goes across organizations, by the person and nobody else
_mine = members.join(organizations, organizations.c.organization_id == members.c.organization_id)
_active = (is_(members.c.user_id), members.c.status == "active", members.c.kind != "bot")

of_person = Statement(
    sa.select(
        *_columns,
        members.c.role,
        members.c.status,
        members.c.activated_at,
        members.c.disabled_at,
        members.c.last_accessed_at,
    )
    .select_from(_mine)
    .where(*_active)
    .order_by(organizations.c.created_at, organizations.c.organization_id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger))
    .offset(sa.bindparam("offset", type_=sa.BigInteger)),
    MyOrganizationRow,
)
of_person_count = Statement[tuple[int]](sa.select(sa.func.count()).select_from(members).where(*_active))

active_members_of = Statement[tuple[str, int]](
    sa.select(members.c.organization_id, sa.func.count())
    .where(any_of(members.c.organization_id, "ids"), members.c.status == "active", members.c.kind != "bot")
    .group_by(members.c.organization_id)
)
