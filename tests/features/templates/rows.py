"""What tests look up in the store itself."""

from typing import Any

import sqlalchemy as sa

from handrail.kernel.ids import new_id
from handrail.schema import tables
from handrail.schema.statement import Statement
from handrail.schema.words import insert_all, is_, own
from tests.support.server import Org, Person

activities = Statement[Any](
    sa.select(tables.activities.c.verb, tables.activities.c.client, tables.activities.c.description)
    .where(own(tables.activities), is_(tables.activities.c.subject_id))
    .order_by(tables.activities.c.id)
)

versions = Statement[Any](
    sa.select(tables.template_versions.c.version, tables.template_versions.c.frozen)
    .where(own(tables.template_versions), is_(tables.template_versions.c.template_id))
    .order_by(tables.template_versions.c.version)
)

insert_tag = Statement[None](insert_all(tables.tags, "organization_id", "id", "title", "color", "created_at"))

insert_group = Statement[None](insert_all(tables.groups, "organization_id", "id", "name", "created_at", "updated_at"))
insert_group_person = Statement[None](insert_all(tables.group_people))


def group_of(org: Org, person: Person) -> str:
    """A new group with one member; its id."""
    group_id = new_id()

    async def body(tx: Any) -> None:
        group = {"organization_id": org.organization_id, "id": group_id, "name": group_id}
        await tx.run(insert_group, **group, created_at=1, updated_at=1)
        membership = {"group_id": group_id, "principal": f"u:{person.user_id}"}
        await tx.run(insert_group_person, organization_id=org.organization_id, **membership)

    org.server.write(body)
    org.server.forget_people()
    return group_id
