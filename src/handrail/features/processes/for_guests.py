"""The kick-off form of a process as its guests read and correct it (engine 2.4, around 3.4).

Fields for people are left out: whom members have chosen there is not told to guests, nor theirs to choose.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from handrail.features.processes import aggregate, service, snapshot, wire
from handrail.features.processes.view import kickoff_answers
from handrail.features.tasks import view as tasks_view
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, NotFound
from handrail.ports.database import Reader, Transaction


class Form(msgspec.Struct, frozen=True):
    """A kick-off form with its answers; `fields` are entries as the wire has them."""

    process_id: str
    name: str
    is_complete: bool
    fields: list[dict[str, Any]]

    @property
    def answers(self) -> dict[str, Any]:
        """What is answered, by field id."""
        return {entry["id"]: entry["value"] for entry in self.fields if entry["value"] is not None}


async def form(reader: Reader, actor: Actor, process_id: str) -> Form:
    """The kick-off form of a process, texts filled in. Whether the actor may see it is asked before. NotFound."""
    rows = await service.headers(reader, actor.organization_id, [process_id])
    if not rows:
        raise NotFound
    row = rows[0]
    frozen = (await snapshot.load_many(reader, actor.organization_id, [snapshot.wanted(row)])).get(row.id)
    texts = await tasks_view.texts_for(
        actor, reader, [row.id], {row.id: frozen}, {row.id: aggregate.process_of(row, ())}
    )
    entries = kickoff_answers(row, frozen, texts.get(row.id))
    if actor.is_guest:
        entries = [entry for entry in entries if entry["field_type"] != "assignees_form"]
    return Form(row.id, row.name, row.kickoff_completed_at is not None, entries)


async def save(tx: Transaction, actor: Actor, process_id: str, answers: Mapping[str, Any], now: int) -> None:
    """Merge answers, checked as a member's are. NotFound, Denied, Impossible; Invalid with `prerun.<field id>`."""
    if actor.is_guest:
        await _refuse_people(tx, actor, process_id, answers)
    await service.update(tx, actor, process_id, wire.ProcessBody(prerun=dict(answers)), now)


async def _refuse_people(reader: Reader, actor: Actor, process_id: str, answers: Mapping[str, Any]) -> None:
    rows = await service.headers(reader, actor.organization_id, [process_id])
    frozen = (await snapshot.load_many(reader, actor.organization_id, [snapshot.wanted(row) for row in rows])).get(
        process_id
    )
    errors = Errors()
    for field in tasks_view.kickoff_of(frozen):
        if field.field_type == "assignees_form" and field.id in answers:
            errors.add(f"prerun.{field.id}", f"{field.label} is for members to fill in.")
    errors.raise_if_any()
