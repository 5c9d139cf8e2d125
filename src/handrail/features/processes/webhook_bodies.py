"""The bodies of the webhooks that rules send (decision 49), made when the rule fires: what is true in its transaction.

Everything that a command without such a rule does not need is read here.
"""

from collections.abc import Mapping, Sequence

from handrail.engine.definition import Field, Owners
from handrail.engine.events import Event
from handrail.engine.state import Process
from handrail.engine.variables import Texts, people_named
from handrail.engine.webhook_body import Told, people_told, rule_body
from handrail.features.organizations import service as organizations
from handrail.features.organizations.document import decoded
from handrail.features.people import service as people
from handrail.features.people.names import contacts, display_names
from handrail.features.processes import snapshot
from handrail.features.tags import service as tags
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.decoded import JsonObject
from handrail.ports.database import Transaction


async def of_rules(
    tx: Transaction,
    actor: Actor,
    process: Process,
    sent: Sequence[Event],
    fields: Mapping[str, tuple[Field, ...]],
) -> list[JsonObject]:
    """The body for each `rule.webhook` of a process as a command has left it; `fields` are those of one-off tasks."""
    told = await _told(tx, actor, process, fields)
    bodies: list[JsonObject] = []
    for event in sent:
        task = process.task(event.task_id or "")
        assert task is not None
        data = event.data
        bodies.append(rule_body(told, task, rule_id=data["rule"], alias=data["alias"], alias_name=data["alias_name"]))
    return bodies


async def _told(tx: Transaction, actor: Actor, process: Process, fields: Mapping[str, tuple[Field, ...]]) -> Told:
    organization_id = actor.organization_id
    frozen = await snapshot.load(tx, organization_id, process.template_id, process.template_version, process.injected)
    assert frozen is not None
    about = await organizations.head_of(tx, organization_id)
    # with the guests in their groups
    directory = await people.directory(tx, actor, [task.owners for task in process.tasks])
    completers = {task.completer_guest for task in process.tasks if task.completer_guest is not None}
    named = [*people_named(process, frozen.names), Owners(guests=tuple(completers))]
    called = await display_names(tx, organization_id, named, with_addresses=True) if any(named) else {}
    liking = await people.liking(tx, actor, process.started_by)
    briefs = await templates.briefs(tx, organization_id, [process.template_id or ""])
    brief = briefs.get(process.template_id or "", {})
    attached = await tags.of_subjects(tx, organization_id, "Run", [process.id])
    return Told(
        organization_id=organization_id,
        process=process,
        kickoff=frozen.definition.kickoff,
        steps=frozen.steps,
        texts=Texts(process, frozen.names, about.timezone, liking.date_format, called),
        date_format=decoded(about.settings).webhook_date_field_format,
        members=await contacts(tx, organization_id, people_told(process)),
        guests=directory.guests,
        called=called,
        template={
            "id": process.template_id,
            "title": process.template_title,
            "alias": brief.get("alias"),
            "summary": brief.get("summary"),
        },
        tags=[{"id": one.tag_id, "name": one.title, "color": one.color} for one in attached.get(process.id, [])],
        fields=fields,
    )
