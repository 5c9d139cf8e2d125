"""Putting saved runs into the store; nothing here asks a template."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from handrail.engine.definition import Definition
from handrail.engine.permit import Doer
from handrail.features.simulations import store, wire
from handrail.features.simulations.expecting import check
from handrail.features.simulations.script import script
from handrail.features.simulations.store import SavedRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors
from handrail.kernel.ids import new_id
from handrail.ports.database import Transaction

# of one template
MOST = 100
# the launch of a run that does not say when it is: a Monday morning, so that it ends the same on every day
STARTED_AT = "2027-03-01T09:00:00.000Z"
_encode = msgspec.json.Encoder().encode


def with_start(body: wire.TemplateTestBody) -> wire.TemplateTestBody:
    """The body with a moment of launch."""
    if body.run.started_at is not None:
        return body
    return replace(body, run=replace(body.run, started_at=STARTED_AT))


def check_names(
    body: wire.TemplateTestBody,
    definition: Definition,
    doers: Mapping[int | str, Doer],
    now: int,
    errors: Errors,
    path: str = "",
) -> None:
    """Add an error for every name of nothing in a run and in what is expected of it."""
    run, expected = Errors(), Errors()
    script(body.run, definition, doers, now, run)
    check(body.expect, definition, expected)
    for prefix, wrong in ((f"{path}run.", run), (path, expected)):
        for where, texts in wrong.found.items():
            for text in texts:
                errors.add(f"{prefix}{where}", text)


async def insert(
    tx: Transaction, actor: Actor, template_id: str, bodies: Sequence[wire.TemplateTestBody], now: int
) -> list[SavedRow]:
    """Store new runs, which have been checked; they are due at once."""
    rows = [
        SavedRow(
            organization_id=actor.organization_id,
            id=new_id(),
            template_id=template_id,
            title=body.title.strip(),
            body=_encode(body).decode(),
            created_by=actor.user_id,
            passing=None,
            failures="[]",
            ran_version=None,
            ran_at=None,
            due_at=now,
            created_at=now,
            updated_at=now,
        )
        for body in bodies
    ]
    await tx.many(store.insert, [{name: getattr(row, name) for name in store.GIVEN} for row in rows])
    return rows
