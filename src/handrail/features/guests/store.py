"""The SQL of guests. Lists and figures have files of their own."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import group_people, guests, organizations, task_owners
from handrail.schema.words import is_, organization_id, own, parameter, set_all


class GuestRow(msgspec.Struct, frozen=True):
    """A guest as stored; `details` is JSON."""

    id: int
    email: str
    sealed_code: str
    first_name: str | None
    last_name: str | None
    details: str
    disabled_at: int | None
    deleted_at: int | None
    last_accessed_at: int | None
    invited_at: int | None
    created_at: int
    updated_at: int


guest_columns = tuple(guests.c[name] for name in GuestRow.__struct_fields__)
_present = sa.select(*guest_columns).where(own(guests), guests.c.deleted_at.is_(None))
_at = _present.where(is_(guests.c.email))
_with_code = _present.where(is_(guests.c.code_hash))

at = Statement(_at, GuestRow)
lock_at = Statement(_at.with_for_update(), GuestRow)
with_code = Statement(_with_code, GuestRow)
lock_with_code = Statement(_with_code.with_for_update(), GuestRow)


def _update(*names: str) -> Statement[None]:
    return Statement(
        sa.update(guests).where(own(guests), is_(guests.c.id)).values(set_all(guests, *names, "updated_at"))
    )


set_profile = _update("first_name", "last_name", "details")
set_invited = _update("first_name", "last_name", "details", "invited_at")
set_disabled = _update("disabled_at", "details")
set_code = _update("code_hash", "sealed_code")
bury = _update("code_hash", "sealed_code", "deleted_at")
note_visit = _update("last_accessed_at", "details")

# one invitation at a time, so that no two find the last free place
lock_organization = Statement[tuple[str]](
    sa.select(organizations.c.organization_id).where(own(organizations)).with_for_update(key_share=True)
)
invited_since = Statement[tuple[int]](
    sa.select(guests.c.invited_at)
    .where(own(guests), guests.c.invited_at > parameter("since", guests.c.invited_at))
    .order_by(guests.c.invited_at.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger))
)

guest_principal = sa.literal_column("'g:'", sa.Text).concat(guests.c.email)


def works_with() -> sa.ColumnElement[bool]:
    """The guest has a task together with the person of `my_principals`, each directly or through a group."""
    mine, theirs, inside = task_owners.alias("mine"), task_owners.alias("theirs"), group_people.alias("inside")

    through_group = sa.exists(
        sa.select(sa.literal(1))
        .where(
            inside.c.organization_id == organization_id,
            inside.c.principal == guest_principal,
            theirs.c.principal == sa.literal_column("'r:'", sa.Text).concat(inside.c.group_id),
        )
        # the guests two levels up are meant, not others
        .correlate(guests, theirs)
    )
    return sa.exists(
        sa.select(sa.literal(1)).where(
            mine.c.organization_id == organization_id,
            theirs.c.organization_id == organization_id,
            theirs.c.task_id == mine.c.task_id,
            any_of(mine.c.principal, "my_principals"),
            sa.or_(theirs.c.principal == guest_principal, through_group),
        )
    )


is_coworker = Statement[tuple[int]](
    sa.select(sa.literal(1)).select_from(guests).where(own(guests), is_(guests.c.id), works_with())
)


class PlaceRow(msgspec.Struct, frozen=True):
    """An organization in which somebody is a guest, and their code there."""

    organization_id: str
    name: str
    sealed_code: str


# for the owner of the address alone: what comes of it is mailed there, a mail for each organization
places = Statement(
    sa.select(organizations.c.organization_id, organizations.c.name, guests.c.sealed_code)
    .select_from(guests.join(organizations, organizations.c.organization_id == guests.c.organization_id))
    .where(is_(guests.c.email), guests.c.deleted_at.is_(None), guests.c.disabled_at.is_(None))
    .order_by(organizations.c.name, organizations.c.organization_id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
    PlaceRow,
)
