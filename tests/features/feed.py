"""The feed of an organization as it is stored, for tests of what commands tell."""

from typing import Any

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


class _Detail(msgspec.Struct, frozen=True):
    detail: str


_details = Statement(
    sa.select(activities.c.detail).where(own(activities), activities.c.detail.is_not(None)).order_by(activities.c.id),
    _Detail,
)


def details(person: Person, key: str) -> list[dict[str, Any]]:
    """What the entries of the person's organization keep beside their words, of those that keep something of a key."""

    async def read() -> list[_Detail]:
        async with person.server.database.reader() as reader:
            return await reader.all(_details, organization_id=person.organization_id)

    found = [msgspec.json.decode(row.detail) for row in person.server.run(read)]
    return [detail for detail in found if key in detail]


def lines(person: Person) -> list[Line]:
    """Every entry of the person's organization, in the order of their numbers."""

    async def read() -> list[Line]:
        async with person.server.database.reader() as reader:
            return await reader.all(_lines, organization_id=person.organization_id)

    return person.server.run(read)
