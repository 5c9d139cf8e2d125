"""The feed of an organization as it is stored, for tests of what commands tell."""

import msgspec
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import activities
from handrail.schema.words import own
from tests.support.server import Person


class Line(msgspec.Struct, frozen=True):
    """One entry."""

    verb: str
    subject_type: str
    subject_id: str
    description: str
    actor_id: str


_lines = Statement(
    sa.select(*(activities.c[name] for name in Line.__struct_fields__))
    .where(own(activities))
    .order_by(activities.c.id),
    Line,
)


def lines(person: Person) -> list[Line]:
    """Every entry of the person's organization, in the order of their numbers."""

    async def read() -> list[Line]:
        async with person.server.database.reader() as reader:
            return await reader.all(_lines, organization_id=person.organization_id)

    return person.server.run(read)
