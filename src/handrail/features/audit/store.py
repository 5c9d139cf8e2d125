"""The SQL of the audit log: it is read, and added to."""

from functools import lru_cache

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import audit_entries, organizations
from handrail.schema.words import insert_all, is_, own


class AuditRow(msgspec.Struct, frozen=True):
    """An entry as stored; `detail` is JSON."""

    organization_id: str
    position: int
    at: int
    event: str
    message: str
    actor_id: int | None
    application_id: int | None
    token_id: str | None
    address: str | None
    client: str | None
    request_id: str
    subject_type: str | None
    subject_id: str | None
    detail: str
    previous: str
    hash: str


_columns = tuple(audit_entries.c[name] for name in AuditRow.__struct_fields__)
insert = Statement[None](insert_all(audit_entries))

# whoever adds to the chain waits for whoever adds to it now
lock = Statement[tuple[str]](sa.select(organizations.c.organization_id).where(own(organizations)).with_for_update())
last = Statement[tuple[int, str]](
    sa.select(audit_entries.c.position, audit_entries.c.hash)
    .where(own(audit_entries))
    .order_by(audit_entries.c.position.desc())
    .limit(sa.literal_column("1"))
)
after = Statement(
    sa.select(*_columns)
    .where(own(audit_entries), audit_entries.c.position > sa.bindparam("position", type_=sa.BigInteger))
    .order_by(audit_entries.c.position)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    AuditRow,
)


class Shape(msgspec.Struct, frozen=True):
    """Which filters the list has."""

    event: bool = False
    actor: bool = False
    subject_type: bool = False
    subject: bool = False
    since: bool = False
    until: bool = False


def _conditions(shape: Shape) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [own(audit_entries)]
    if shape.event:
        found.append(is_(audit_entries.c.event))
    if shape.actor:
        found.append(is_(audit_entries.c.actor_id))
    if shape.subject_type:
        found.append(is_(audit_entries.c.subject_type))
    if shape.subject:
        found.append(is_(audit_entries.c.subject_id))
    if shape.since:
        found.append(audit_entries.c.at >= sa.bindparam("since", type_=sa.BigInteger))
    if shape.until:
        found.append(audit_entries.c.at <= sa.bindparam("until", type_=sa.BigInteger))
    return found


@lru_cache(maxsize=64)
def page(shape: Shape) -> Statement[AuditRow]:
    """A page of the log, the newest first."""
    limit, offset = (sa.bindparam(name, type_=sa.BigInteger) for name in ("limit", "offset"))
    statement = sa.select(*_columns).where(*_conditions(shape)).order_by(audit_entries.c.position.desc())
    return Statement(statement.limit(limit).offset(offset), AuditRow)


@lru_cache(maxsize=64)
def total(shape: Shape) -> Statement[tuple[int]]:
    """How many entries the list has."""
    return Statement(sa.select(sa.func.count()).select_from(audit_entries).where(*_conditions(shape)))
