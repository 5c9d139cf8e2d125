"""Commands on a process whose tasks launch something on completion (engine 3.9), in the transaction of the command.

The engine says which templates it misses; they are looked up and the command is run again. Where no step launches
anything, which is nearly everywhere, this is the command alone.
"""

from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from handrail.engine import launch_next as engine
from handrail.engine.context import Context, Target
from handrail.engine.definition import Owners, Template
from handrail.engine.events import Event, Outcome
from handrail.engine.state import Process
from handrail.features.people import service as people
from handrail.features.people.bot import bot_of
from handrail.features.processes import launching, snapshot, wire
from handrail.features.processes.command import Ready
from handrail.features.processes.snapshot import Snapshot, snapshot_of
from handrail.features.roles import titles as roles
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Invalid
from handrail.ports.database import Transaction

Command = Callable[[Context], Outcome]


class Followed(msgspec.Struct, frozen=True):
    """What a command and the launches that it caused came to, not saved yet. `snapshot` is that of the process now."""

    outcome: Outcome
    context: Context
    snapshot: Snapshot | None
    # of tasks that came in, by task id
    titles: roles.Picks = {}


async def run(tx: Transaction, actor: Actor, ready: Ready, context: Context, now: int, command: Command) -> Followed:
    """Run a command of the engine, and launch what the tasks that it completes launch."""
    outcome = command(context)
    if not outcome.wanted:
        return Followed(outcome, context, ready.snapshot)
    assert ready.snapshot is not None
    targets: dict[str, Target] = {}
    while True:
        while outcome.wanted:
            for template_id in outcome.wanted:
                targets[template_id] = await _target(tx, actor.organization_id, template_id)
            context = await _around(tx, actor, ready, context, targets)
            outcome = command(context)
        planned = await _plan_each(tx, actor, ready, context, outcome.process, now)
        if isinstance(planned, list):
            break
        targets[planned[0]] = Target(reason=planned[1])
        context = replace(context, targets=dict(targets))
        outcome = command(context)
    for one in planned:
        await launching.store(tx, actor, one, now)
        outcome = replace(outcome, events=(*outcome.events, _comment(one)))
    process = outcome.process
    known = {task.id for task in ready.aggregate.process.tasks}
    titles: dict[str, Mapping[str, Owners]] = {}
    for template in [target.template for target in targets.values() if target.template is not None]:
        own = {step.id for step in template.definition.steps}
        fresh = [task for task in process.tasks if task.id not in known and task.step_id in own]
        await launching.tag_tasks(tx, actor, template, fresh, now)
        titles.update(launching.titles_of(template, fresh, context))
    loaded = await snapshot.load(
        tx, actor.organization_id, process.template_id, process.template_version, process.injected
    )
    return Followed(outcome, context, loaded, titles)


async def stored(tx: Transaction, actor: Actor, followed: Followed) -> None:
    """Add what belongs to tasks that came in, once these are stored."""
    await roles.put_on(tx, actor.organization_id, followed.titles)


def _comment(launched: launching.Planned) -> Event:
    """What the bot says of it on the task that launched it (engine 3.7)."""
    process = launched.outcome.process
    text = f'Launched the process "{process.name}" ({process.id}).'
    return Event("bot.comment", process.parent_task_id, {"text": text})


async def _target(tx: Transaction, organization_id: str, template_id: str) -> Target:
    found = await templates.load_unattended(tx, organization_id, template_id)
    if isinstance(found, str):
        return Target(reason=found)
    reason = engine.why_not(found)
    if reason is not None:
        return Target(reason=reason)
    steps = len(found.definition.steps)
    return Target(found, first_task=await tx.numbers(organization_id, "tasks", steps) if steps else 0)


async def _around(tx: Transaction, actor: Actor, ready: Ready, context: Context, targets: dict[str, Target]) -> Context:
    """The surroundings with the templates at hand, those whose steps come into the process as part of its own."""
    process = ready.aggregate.process
    assert ready.snapshot is not None
    found = [target.template for target in targets.values() if target.template is not None]
    known = {process.template_id, *(template_id for template_id, _ in process.injected)}
    within = _launched_within(ready.snapshot.template, found)
    coming = [template for template in found if template.id in within and template.id not in known]
    whole = snapshot_of(ready.snapshot.template, coming)
    standing = await roles.standing(tx, actor.organization_id, [template.definition for template in found])
    named = [owners for template in found for owners in engine.people_named(template)]
    named += standing.values()
    if whole.rules is not None:
        named += whole.rules.people.named
    assert isinstance(context.directory, people.Directory)
    users = {process.owner_id, process.started_by, *(n for o in named for n in o.users)}
    users |= {task.completer_id for task in process.tasks if task.completer_id is not None}
    await people.acquaint(tx, actor, context.directory, named, users)
    return replace(
        context,
        template=whole.template,
        rules=whole.rules,
        launching=whole.launching,
        targets=dict(targets),
        titles=standing,
        ids=launching.Ids(),
    )


def _launched_within(template: Template, found: list[Template]) -> set[str]:
    """The templates whose steps some step brings into the process."""
    steps = [step for one in (template, *found) for step in one.definition.steps]
    return {step.next_launch.id or "" for step in steps if step.next_launch and step.next_launch.tasks_within_process}


async def _plan_each(
    tx: Transaction, actor: Actor, ready: Ready, context: Context, process: Process, now: int
) -> list[launching.Planned] | tuple[str, str]:
    """The processes that the command asked for; or the template that cannot be launched after all, and why."""
    before = len(ready.aggregate.process.launched)
    wanted = [one for one in process.launched[before:] if one.process is not None]
    if not wanted:
        return []
    bot = await bot_of(tx, actor.organization_id)
    planned: list[launching.Planned] = []
    for one in wanted:
        template = context.targets[one.template].template
        assert template is not None
        starter = engine.starter_of(context, process, one, bot.user_id)
        liking = await people.liking(tx, actor, starter)
        command = engine.next_process(context, process, one, template, starter=starter, date_format=liking.date_format)
        manner = launching.Manner(template=template, command=msgspec.structs.asdict(command))
        body = wire.LaunchBody(checklist_id=template.id, parent_id=process.id)
        try:
            planned.append(await launching.plan(tx, actor, body, now, manner))
        except Invalid as invalid:
            return template.id, " ".join(text for texts in invalid.errors.values() for text in texts)
    return planned
