"""Launching with the parameters of a magic link: answers by alias, and a name (engine 3.5)."""

from handrail.engine.typed import answers_by_alias, one_object, parts
from handrail.features.people import service as people
from handrail.features.processes import launching, wire
from handrail.features.processes.aggregate import Aggregate
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Invalid
from handrail.ports.database import Transaction


async def launch(tx: Transaction, actor: Actor, template_id: str, body: wire.MagicBody, now: int) -> Aggregate:
    """Launch; required answers that are missing are Invalid with `prerun.<id>`. NotFound, Denied, Impossible."""
    if body.launchprocess is False:
        raise Invalid({"launchprocess": "Showing the form is up to the caller; leave this out, or send true."})
    template = await templates.load_for_launch(tx, actor, template_id)
    errors = Errors()
    given = one_object(body.ko_fields, errors)
    addresses = {part.lower() for value in given.values() if isinstance(value, str) for part in parts(value)}
    members = await people.members_at(
        tx, actor.organization_id, [address for address in addresses if "@" in address and len(address) <= 320]
    )
    fields = template.definition.kickoff
    answers = answers_by_alias(fields, given, members, path="ko_fields", errors=errors)
    errors.raise_if_any()
    asked = wire.LaunchBody(checklist_id=template_id, name=body.default_run_name, prerun=answers)
    manner = launching.Manner(command={"origin": {"source": "magic link"}})
    return await launching.launch(tx, actor, asked, now, manner)
