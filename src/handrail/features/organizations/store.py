"""The SQL of organizations."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import members, organizations
from handrail.schema.words import insert_all, own


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


get = Statement(sa.select(*organizations.c).where(own(organizations)), OrganizationRow)

insert = Statement[None](insert_all(organizations))

active_members = Statement[tuple[int]](
    sa.select(sa.func.count())
    .select_from(members)
    .where(own(members), members.c.status == "active", members.c.kind != "bot")
)
