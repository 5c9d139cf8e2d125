"""Runs a template for somebody: reads what the engine needs, and lets it run beside the server's own work."""

import asyncio
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from handrail.engine.context import Target
from handrail.engine.definition import Owners, Template
from handrail.engine.launch import Launch
from handrail.engine.launch_next import launching, people_named, why_not
from handrail.engine.permit import Doer
from handrail.engine.rules.compile import compile_rules
from handrail.engine.simulate import Simulation, World, simulate
from handrail.features.members import service as members
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.roles import titles as roles
from handrail.features.simulations import wire
from handrail.features.simulations.script import people_in, picked, script
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Invalid
from handrail.ports.database import Reader

# templates that tasks launch, and those that their tasks launch, and so on
MOST_TARGETS = 20


class Ids:
    """Ids that are the same in every run."""

    def __init__(self) -> None:
        self._given = 0

    def new_id(self) -> str:
        self._given += 1
        return f"{self._given:032x}"


class Prepared(msgspec.Struct, frozen=True):
    """A run with everything that it needs; `run` asks nobody."""

    world: World
    command: Launch
    body: wire.SimulationBody
    doers: Mapping[int | str, Doer]

    def run(self, now: int) -> Simulation:
        """The run. Invalid when the body names what there is not, or the launch is refused."""
        errors = Errors()
        plan = script(self.body, self.world.template.definition, self.doers, now, errors)
        errors.raise_if_any()
        return simulate(
            self.world,
            replace(self.command, kickoff=plan.kickoff),
            plan.started,
            plan.acts,
            answers=plan.answers,
            complete_rest=self.body.complete_rest,
            until=plan.until,
        )


async def prepared(reader: Reader, actor: Actor, template: Template, body: wire.SimulationBody) -> Prepared:
    """Read what a run of this template needs."""
    targets = await _targets(reader, actor, template)
    known = [template, *(target.template for target in targets.values() if target.template is not None)]
    named, users, guests = people_in(body)
    for one in known:
        named += people_named(one)
        rules = compile_rules(one.definition)
        if rules is not None:
            named += rules.people.named
    standing = await roles.standing(reader, actor.organization_id, [one.definition for one in known])
    named += [*standing.values(), Owners(guests=tuple(guests))]
    directory = await people.directory(reader, actor, named, users)
    doers: dict[int | str, Doer] = {guest: Doer(kind="guest", guest=guest, role="light") for guest in guests}
    for user_id in users:
        member = await members.load_actor(reader, actor.organization_id, user_id)
        if member is not None:
            doers[user_id] = Doer.member(member)
    liking = await people.liking(reader, actor)
    world = World(
        organization=await organizations.load(reader, actor.organization_id),
        directory=directory,
        people=directory,
        template=template,
        ids=Ids(),
        targets=targets,
        titles=standing,
    )
    command = Launch(
        doer=Doer.member(actor),
        starter_id=actor.user_id,
        name=body.name.strip() or None if body.name else None,
        date_format=liking.date_format,
        roles=picked(body),
    )
    return Prepared(world, command, body, doers)


async def run(ready: Prepared, now: int) -> Simulation:
    """Run in a thread: a long run must not hold up everybody else."""
    return await asyncio.to_thread(ready.run, now)


async def _targets(reader: Reader, actor: Actor, template: Template) -> dict[str, Target]:
    found: dict[str, Target] = {}
    waiting = [template]
    while waiting and len(found) < MOST_TARGETS:
        one = waiting.pop()
        own = launching(one.definition)
        ids = {step.next_launch.id for step in one.definition.steps if step.id in own and step.next_launch}
        for template_id in sorted(found_id for found_id in ids if found_id and found_id not in found):
            live = await templates.live(reader, actor.organization_id, template_id)
            reason = live if isinstance(live, str) else why_not(live)
            if isinstance(live, str) or reason is not None:
                found[template_id] = Target(reason=reason or "")
                continue
            found[template_id] = Target(live, first_task=1)
            waiting.append(live)
    return found


def messages(invalid: Invalid) -> list[str]:
    """What was refused, one line for each field."""
    return [f"{path}: {text}" for path, texts in invalid.errors.items() for text in texts]
