"""The processes of a page of templates, for their includes: the newest ones, and how many there are in each state."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from handrail.features.processes import visibility, wire
from handrail.features.processes.store import COLUMNS, ProcessRow
from handrail.features.processes.view import show_all
from handrail.http.call import Call
from handrail.ports.database import Reader
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import processes
from handrail.schema.words import own

NEWEST = 10

_of_templates = (own(processes), any_of(processes.c.template_id, "ids"))


def _newest(*more: sa.ColumnElement[bool]) -> Statement[ProcessRow]:
    number = sa.func.row_number().over(partition_by=processes.c.template_id, order_by=processes.c.id.desc())
    ranked = (
        sa.select(*COLUMNS, number.label("number"))
        .where(*_of_templates, processes.c.archived_at.is_(None), *more)
        .subquery()
    )
    chosen = [ranked.c[column.name] for column in COLUMNS]
    limit = sa.bindparam("newest", type_=sa.BigInteger)
    return Statement(
        sa.select(*chosen).where(ranked.c.number <= limit).order_by(ranked.c.template_id, ranked.c.id.desc()),
        ProcessRow,
    )


_newest_all = _newest()
_newest_visible = _newest(visibility.process_is_visible())

_counts = Statement[tuple[str, str, int]](
    sa.select(processes.c.template_id, processes.c.status, sa.func.count())
    .where(*_of_templates)
    .group_by(processes.c.template_id, processes.c.status)
)


async def newest(call: Call, reader: Reader, ids: Sequence[str]) -> dict[str, list[wire.Process]]:
    """The newest processes of these templates that the caller may see and that are not archived, ten of each."""
    actor = call.actor
    values: dict[str, Any] = {"organization_id": actor.organization_id, "ids": list(ids), "newest": NEWEST}
    if actor.is_admin:
        rows = await reader.all(_newest_all, **values)
    else:
        values |= visibility.parameters(actor.user_id, actor.owner_principals, actor.grant_principals)
        rows = await reader.all(_newest_visible, **values)
    found: dict[str, list[wire.Process]] = {}
    for row, shown in zip(rows, await show_all(call, reader, rows, frozenset()), strict=True):
        found.setdefault(row.template_id or "", []).append(shown)
    return found


async def counts(reader: Reader, organization_id: str, ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """How many processes of each status these templates have, by template."""
    found: dict[str, dict[str, int]] = {}
    for template_id, status, number in await reader.all(_counts, organization_id=organization_id, ids=list(ids)):
        found.setdefault(template_id, {})[status] = number
    return found
