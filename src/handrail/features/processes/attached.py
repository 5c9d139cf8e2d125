"""The groups attached to processes, which they inherit from their templates."""

import msgspec
import sqlalchemy as sa

from handrail.ports.database import Transaction
from handrail.schema.statement import Statement
from handrail.schema.tables import processes
from handrail.schema.words import is_, own, parameter, set_all

_naming = Statement[tuple[str, str]](
    sa.select(processes.c.id, processes.c.groups)
    .where(own(processes), processes.c.groups.contains(parameter("text", processes.c.groups), autoescape=False))
    .order_by(processes.c.id)
    .with_for_update()
)
_set_groups = Statement[None](
    sa.update(processes)
    .where(own(processes), is_(processes.c.id))
    .values(revision=processes.c.revision + 1, **set_all(processes, "groups"))
)


async def forget_group(tx: Transaction, organization_id: str, group_id: str) -> None:
    """Take a deleted group out of every process."""
    rows = await tx.all(_naming, organization_id=organization_id, text=group_id)
    await tx.many(
        _set_groups,
        [
            {
                "organization_id": organization_id,
                "id": process_id,
                "groups": msgspec.json.encode(
                    [name for name in msgspec.json.decode(groups) if name != group_id]
                ).decode(),
            }
            for process_id, groups in rows
        ],
    )
