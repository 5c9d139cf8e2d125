"""Job titles where they matter: on the steps that are launched, and on the tasks that come of it."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from handrail.engine.definition import Definition, Owners
from handrail.features.roles import store
from handrail.features.roles.shown import shown
from handrail.features.roles.store import RoleRow
from handrail.ports.database import Reader, Transaction

# by step id: the people whom each title brought, by its id
Picks = Mapping[str, Mapping[str, Owners]]
_people = msgspec.json.Decoder(Owners).decode


async def standing(reader: Reader, organization_id: str, definitions: Iterable[Definition]) -> dict[str, Owners]:
    """Who stands in the titles that these steps have, by title id; those that are gone are left out.

    Nothing is asked where no step has any.
    """
    ids = {title for definition in definitions for step in definition.steps for title in step.roles}
    if not ids:
        return {}
    rows = await reader.all(store.listed, organization_id=organization_id, ids=sorted(ids))
    return {row.id: row.people for row in rows}


async def known(tx: Transaction, organization_id: str, ids: Iterable[str]) -> set[str]:
    """Those of the titles that exist; they cannot be deleted before this transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    return {row[0] for row in await tx.all(store.keep, organization_id=organization_id, ids=wanted)}


async def put_on(tx: Transaction, organization_id: str, tasks: Mapping[str, Mapping[str, Owners]]) -> None:
    """Remember the titles of new tasks, by task id, with whom each brought."""
    if not tasks:
        return
    kept = await known(tx, organization_id, (title for titles in tasks.values() for title in titles))
    await tx.many(
        store.insert_task,
        [
            {
                "organization_id": organization_id,
                "task_id": task_id,
                "title_id": title,
                "people": msgspec.json.encode(people).decode(),
            }
            for task_id, titles in tasks.items()
            for title, people in titles.items()
            if title in kept
        ],
    )


async def of_tasks(reader: Reader, organization_id: str, ids: Iterable[str]) -> dict[str, list[Any]]:
    """The titles of tasks as the wire shows them, by task id, in the order of their names."""
    found: dict[str, list[Any]] = {}
    for row in await reader.all(store.of_tasks, organization_id=organization_id, ids=list(ids)):
        fields = {name: getattr(row, name) for name in RoleRow.__struct_fields__}
        found.setdefault(row.task_id, []).append(shown(RoleRow(**fields)))
    return found


async def picks_of(reader: Reader, organization_id: str, task_id: str) -> dict[str, Owners]:
    """Whom each of a task's titles brought to it at the launch, by title id."""
    rows = await reader.all(store.of_tasks, organization_id=organization_id, ids=[task_id])
    return {row.id: _people(row.people) for row in rows}
