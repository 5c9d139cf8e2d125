"""The SQL of digests: who may get one, and who was looked at today."""

import msgspec
import sqlalchemy as sa

from handrail.kernel.actor import Role
from handrail.schema.statement import Statement
from handrail.schema.tables import accounts, digests, guests, members
from handrail.schema.words import insert_all, is_, own, parameter, set_all


class MemberRow(msgspec.Struct, frozen=True):
    """An active member; `day` is when they were last looked at, `profile` JSON."""

    user_id: int
    email: str
    role: Role
    timezone: str | None
    date_format: str | None
    profile: str
    activated_at: int | None
    day: str | None


class GuestRow(msgspec.Struct, frozen=True):
    """A guest who may come; `day` is when they were last looked at, `details` JSON."""

    id: int
    email: str
    sealed_code: str
    details: str
    created_at: int
    day: str | None


_limit = sa.bindparam("limit", type_=sa.BigInteger)
_of_member = sa.literal_column("'u:'", sa.Text).concat(sa.cast(members.c.user_id, sa.Text))
_of_guest = sa.literal_column("'g:'", sa.Text).concat(guests.c.email)

members_after = Statement(
    sa.select(
        members.c.user_id,
        accounts.c.email,
        members.c.role,
        members.c.timezone,
        members.c.date_format,
        members.c.profile,
        members.c.activated_at,
        digests.c.day,
    )
    .select_from(
        members.join(accounts, accounts.c.id == members.c.user_id).outerjoin(
            digests,
            sa.and_(digests.c.organization_id == members.c.organization_id, digests.c.principal == _of_member),
        )
    )
    .where(
        own(members),
        members.c.user_id > parameter("after", members.c.user_id),
        members.c.status == "active",
        members.c.kind != "bot",
        members.c.deleted_at.is_(None),
    )
    .order_by(members.c.user_id)
    .limit(_limit),
    MemberRow,
)

guests_after = Statement(
    sa.select(guests.c.id, guests.c.email, guests.c.sealed_code, guests.c.details, guests.c.created_at, digests.c.day)
    .select_from(
        guests.outerjoin(
            digests, sa.and_(digests.c.organization_id == guests.c.organization_id, digests.c.principal == _of_guest)
        )
    )
    .where(
        own(guests),
        guests.c.id > parameter("after", guests.c.id),
        guests.c.disabled_at.is_(None),
        guests.c.deleted_at.is_(None),
    )
    .order_by(guests.c.id)
    .limit(_limit),
    GuestRow,
)

lock = Statement[tuple[str]](sa.select(digests.c.day).where(own(digests), is_(digests.c.principal)).with_for_update())
insert = Statement[None](insert_all(digests))
move_on = Statement[None](
    sa.update(digests).where(own(digests), is_(digests.c.principal)).values(set_all(digests, "day"))
)
