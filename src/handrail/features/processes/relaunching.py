"""Launching anew with the same answers (decision 48): a process of the template as it is now, with the kick-off answers
of an earlier process.

Answers go by field, whatever the field is called now. A default with variables that nobody had edited is no answer; the
new process begins with the default of today.
"""

from typing import Any

from handrail.engine.definition import Field, Template
from handrail.engine.variables import is_live_default
from handrail.features.processes import access, launching, store, wire
from handrail.features.processes.aggregate import Aggregate, process_of
from handrail.features.processes.snapshot import injected_in, load
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.kernel.permission import permit
from handrail.kernel.scopes import require
from handrail.ports.database import Transaction

GONE = "The template of this process is not yours to launch: it is archived, deleted or hidden, or there is none."


async def relaunch(
    tx: Transaction, actor: Actor, process_id: str, body: wire.RelaunchBody, now: int
) -> tuple[Aggregate, list[wire.DroppedAnswer]]:
    """The new process as it was stored, and the answers for which there is no field any more.

    NotFound, Denied, Impossible and Invalid as a launch raises them; Invalid with `prerun.<field id>` also for answers
    of the old process that their field does not take any more.
    """
    row = await tx.one(store.by_id, organization_id=actor.organization_id, id=process_id)
    if row is None:
        raise NotFound
    permit(actor, "process.relaunch", await access.of_process(tx, actor, row))
    # a token that may not launch must not do so by this way either
    require(actor, "template.launch")
    old = await load(tx, actor.organization_id, row.template_id, row.template_version, injected_in(row.launched))
    if row.template_id is None or old is None:
        raise NotFound(GONE)
    fields = {field.id: field for field in old.definition.kickoff}
    answers = {
        key: value for key, value in process_of(row, ()).kickoff.items() if not _is_unedited(fields.get(key), value)
    }
    asked = {name: getattr(body, name) for name in body.__struct_fields__}
    manner = launching.Manner(
        command={"carried": answers, "origin": {"source": "relaunch", "relaunched_process": process_id}}
    )
    launch = wire.LaunchBody(checklist_id=row.template_id, **asked)
    try:
        planned = await launching.plan(tx, actor, launch, now, manner)
    except NotFound:
        raise NotFound(GONE) from None
    created = await launching.store(tx, actor, planned, now)
    return created, _dropped(answers, fields, planned.template)


def _is_unedited(field: Field | None, value: Any) -> bool:
    return field is not None and is_live_default(field, value)


def _dropped(answers: dict[str, Any], fields: dict[str, Field], template: Template) -> list[wire.DroppedAnswer]:
    known = {field.id for field in template.definition.kickoff}
    found: list[wire.DroppedAnswer] = []
    for key, value in answers.items():
        if value and key not in known:
            field = fields.get(key)
            found.append(
                wire.DroppedAnswer(key, None if field is None else field.alias, None if field is None else field.label)
            )
    return found
