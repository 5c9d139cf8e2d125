"""Which groups people are in, for lists that count what a group owns as theirs (decision 81)."""

from collections.abc import Sequence

import sqlalchemy as sa

from handrail.ports.database import Reader
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import group_people
from handrail.schema.words import own

_groups_of = Statement[tuple[str]](
    sa.select(group_people.c.group_id)
    .where(own(group_people), any_of(group_people.c.principal, "principals"))
    .distinct()
    .order_by(group_people.c.group_id)
)


async def principals_of(reader: Reader, organization_id: str, people: Sequence[str]) -> list[str]:
    """These principals (`u:<id>`, `g:<address>`) and those of the groups they are in."""
    if not people:
        return []
    rows = await reader.all(_groups_of, organization_id=organization_id, principals=list(people))
    return [*people, *(f"r:{row[0]}" for row in rows)]
