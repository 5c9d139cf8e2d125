"""The SQL of notices."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import accounts, guests, members, notices
from handrail.schema.words import insert_all, own


class NoticeRow(msgspec.Struct, frozen=True):
    """A notice that waits; `body` is JSON."""

    organization_id: str
    id: str
    body: str
    created_at: int


class MemberRow(msgspec.Struct, frozen=True):
    """An active member as mail reaches them; `profile` is JSON."""

    user_id: int
    email: str
    profile: str
    timezone: str | None
    date_format: str | None


class GuestRow(msgspec.Struct, frozen=True):
    """A guest as mail reaches them; `details` is JSON."""

    email: str
    sealed_code: str
    details: str


_columns = [notices.c[name] for name in NoticeRow.__struct_fields__]

insert = Statement[None](insert_all(notices, *NoticeRow.__struct_fields__))

# across organizations: one teller serves all of them
waiting = Statement(
    sa.select(*_columns)
    .order_by(notices.c.organization_id, notices.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    NoticeRow,
)

locked = Statement(
    sa.select(*_columns).where(own(notices), any_of(notices.c.id, "ids")).order_by(notices.c.id).with_for_update(),
    NoticeRow,
)
delete = Statement[None](sa.delete(notices).where(own(notices), any_of(notices.c.id, "ids")))

members_named = Statement(
    sa.select(members.c.user_id, accounts.c.email, members.c.profile, members.c.timezone, members.c.date_format)
    .select_from(members.join(accounts, accounts.c.id == members.c.user_id))
    .where(
        own(members),
        any_of(members.c.user_id, "ids"),
        members.c.status == "active",
        members.c.kind != "bot",
        members.c.deleted_at.is_(None),
    ),
    MemberRow,
)
guests_named = Statement(
    sa.select(guests.c.email, guests.c.sealed_code, guests.c.details).where(
        own(guests), any_of(guests.c.email, "emails"), guests.c.disabled_at.is_(None), guests.c.deleted_at.is_(None)
    ),
    GuestRow,
)
