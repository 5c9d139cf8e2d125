"""Inserts that leave defaults out store the same rows as those that name everything."""

from typing import Any

import sqlalchemy as sa

from handrail.features.tasks import persistence
from handrail.ports.database import Transaction
from handrail.schema.sparse import Inserter, default_of
from handrail.schema.statement import Statement
from handrail.schema.tables import metadata, tags, task_owners, tasks
from handrail.schema.words import own
from tests.support.server import Org

everything = Statement[Any](sa.select(*tags.c).where(own(tags)).order_by(tags.c.title))


def test_every_default_is_known() -> None:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        for table in metadata.tables.values():
            stored = {row[1]: row[4] for row in connection.exec_driver_sql(f"PRAGMA table_info({table.name})")}
            for column in table.columns:
                said = stored[column.name]
                known = default_of(column)
                if said is None:
                    assert known is None, column
                else:
                    value = connection.exec_driver_sql(f"SELECT {said}").scalar()
                    assert str(int(known) if isinstance(known, bool) else known) == str(value), column


def test_what_is_left_out_is_what_the_column_holds(org: Org) -> None:
    insert = Inserter(tags)
    rows = [
        {"id": "1" * 32, "title": "a", "color": None, "auto_generated": False},
        {"id": "2" * 32, "title": "b", "color": "#b3541e", "auto_generated": True},
        {"id": "3" * 32, "title": "c", "color": None, "auto_generated": False},
    ]
    whole = [{"organization_id": org.organization_id, "created_at": 5, **row} for row in rows]

    async def body(tx: Transaction) -> list[Any]:
        await insert.many(tx, whole)
        return await tx.all(everything, organization_id=org.organization_id)

    stored = [dict(zip(tags.c.keys(), row, strict=True)) for row in org.server.write(body)]
    assert stored == whole


def test_rows_in_the_order_of_the_table(org: Org) -> None:
    insert = Inserter(tags)
    names = ("organization_id", "id", "title", "auto_generated", "created_at")
    assert all(insert.statement(names).compiled(dialect).names == names for dialect in ("sqlite", "postgresql"))
    rows = [(org.organization_id, str(number) * 32, f"t{number}", number % 2 == 0, 5) for number in range(1, 8)]

    async def body(tx: Transaction) -> list[Any]:
        await insert.put(tx, names, rows[:1])
        await insert.put(tx, names, rows[1:])
        await insert.put(tx, names, [])
        return await tx.all(everything, organization_id=org.organization_id)

    stored = [dict(zip(tags.c.keys(), row, strict=True)) for row in org.server.write(body)]
    assert [tuple(row[name] for name in names) for row in stored] == rows


def test_tasks_and_owners_are_put_in_the_order_of_their_tables() -> None:
    engine = [column.name for column in tasks.columns if column.name in persistence.STATE]
    assert tuple(engine) == persistence.STATE
    columns = [column.name for column in tasks.columns]
    assert columns[0] == "organization_id"
    assert [name for name in columns if name in ("fields", "custom_fields")] == ["fields", "custom_fields"]
    assert columns.index("fields") > columns.index(persistence.STATE[-1])
    assert tuple(column.name for column in task_owners.columns) == persistence.OWNER


def test_rows_name_only_what_differs() -> None:
    insert = Inserter(tasks)
    row = {**insert.defaults, "id": "1", "is_approved": False, "position": 0, "values": "{}", "summary": ""}
    assert insert.given(row) == {"id": "1", "is_approved": False, "position": 0, "summary": ""}
