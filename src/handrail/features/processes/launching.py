"""Launching a process (engine 3.1, 3.2): the body becomes the engine's command, the outcome is stored as one."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from handrail.engine import launch as engine
from handrail.engine.context import Context
from handrail.engine.definition import Owners, Template
from handrail.engine.events import Outcome
from handrail.engine.people import owners_of
from handrail.engine.permit import Doer
from handrail.engine.state import Task
from handrail.engine.variables import has_variables
from handrail.features.folders import service as folders
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.processes import access, aggregate, opening, snapshot, wire
from handrail.features.processes.aggregate import Aggregate
from handrail.features.processes.store import by_id as process_by_id
from handrail.features.roles import titles as roles
from handrail.features.tags import service as tags
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.clock import parse_moment
from handrail.kernel.errors import Errors, Invalid, NotFound
from handrail.kernel.html import sanitise
from handrail.kernel.ids import is_id, new_id
from handrail.ports.database import Transaction


class Ids:
    """Fresh ids for the engine."""

    def new_id(self) -> str:
        return new_id()


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a launch differs from one that a member asks for.

    `template`: found already, for a launch without anybody's permission, who is not there to choose tags and folders
    either. `command`: fields of the engine's command that no body sets.
    """

    template: Template | None = None
    command: Mapping[str, Any] = {}


AS_ASKED = Manner()


class Planned(msgspec.Struct, frozen=True):
    """A launch that is decided and not stored yet."""

    body: wire.LaunchBody
    template: Template
    outcome: Outcome
    directory: people.Directory
    inherited: templates.Inherited
    tags: list[str]
    folders: list[str]
    # by step id
    titles: roles.Picks


async def launch(
    tx: Transaction, actor: Actor, body: wire.LaunchBody, now: int, manner: Manner = AS_ASKED
) -> Aggregate:
    """Launch; the new process as it was stored. NotFound, Denied, Impossible, Invalid as engine 3.1 orders them."""
    return await store(tx, actor, await plan(tx, actor, body, now, manner), now)


async def plan(tx: Transaction, actor: Actor, body: wire.LaunchBody, now: int, manner: Manner = AS_ASKED) -> Planned:
    """What a launch comes to. Raises as `launch` does."""
    template = manner.template
    attended = template is None
    if template is None:
        if not is_id(body.checklist_id):
            raise NotFound
        template, inherited = await templates.load_with_inherited(tx, actor, body.checklist_id)
    else:
        inherited = await templates.inherited(tx, actor.organization_id, template.id)
    if body.is_public:
        opening.require(actor)
    errors = Errors()
    command = replace(_command(actor, template, body, errors), **manner.command)
    tag_ids = await tags.check(tx, actor.organization_id, body.tags or [], "tags", errors)
    if template.tag_process and attended and not tag_ids:
        errors.add("tags", "This template wants a tag on every process; choose one.")
    folder_ids = await _folders(tx, actor, inherited, body, errors)
    if template.folderize_process and attended and not folder_ids:
        errors.add("folders", "This template wants every process in a folder; choose one.")
    rules = snapshot.rules_at_launch(actor.organization_id, template)
    standing = await roles.standing(tx, actor.organization_id, [template.definition])
    named = [*_named(template, command), *standing.values()]
    if rules is not None:
        named += rules.people.named
    directory = await people.directory(tx, actor, named, _users(command, body))
    _check_members(body, directory, errors)
    if body.parent_id is not None and attended:
        await _check_parent(tx, actor, body.parent_id, errors)
    if command.fixed_name is None and template.auto_naming and has_variables(template.default_process_name_format):
        # dates in a name are written as its launcher writes them (decision 60)
        liking = await people.liking(tx, actor, command.starter_id)
        command = replace(command, date_format=liking.date_format)
    context = Context(
        organization=await organizations.load(tx, actor.organization_id),
        directory=directory,
        people=directory,
        now=now,
        template=template,
        rules=rules,
        titles=standing,
    )
    steps = template.definition.steps
    numbers = engine.Numbers(
        process=await tx.numbers(actor.organization_id, "runs"),
        first_task=await tx.numbers(actor.organization_id, "tasks", len(steps)) if steps else 0,
    )
    try:
        outcome = engine.launch(template, context, command, Ids(), numbers)
    except Invalid as invalid:
        raise Invalid({**invalid.errors, **errors.found}) from None
    errors.raise_if_any()
    titles = engine.titles_filled(template.definition.steps, command, context)
    return Planned(body, template, outcome, directory, inherited, tag_ids, folder_ids, titles)


async def store(tx: Transaction, actor: Actor, planned: Planned, now: int) -> Aggregate:
    """Store it: the process, its tasks, new guests, tags and folders."""
    outcome, template = planned.outcome, planned.template
    process = outcome.process
    emails = {email for task in process.tasks for email in task.owners.guests}
    if emails:
        await people.invite_guests(tx, actor, emails, planned.directory, now)
    if planned.tags:
        # before what is told of the process, tags included
        await tags.put_on(tx, actor.organization_id, "Run", [process.id], planned.tags, now)
    created = await aggregate.insert(tx, actor, outcome, _columns(template, planned.inherited, planned.body), now)
    await folders.put_in(tx, actor.organization_id, "Run", process.id, planned.folders, now)
    await tag_tasks(tx, actor, template, process.tasks, now)
    await roles.put_on(tx, actor.organization_id, _by_task(process.tasks, planned.titles))
    await templates.count_launch(tx, actor.organization_id, template.id)
    if planned.body.is_public:
        await opening.tell(tx, actor, process.id, process.name, now, is_open=True)
    return created


async def _folders(
    tx: Transaction,
    actor: Actor,
    inherited: templates.Inherited,
    body: wire.LaunchBody,
    errors: Errors,
) -> list[str]:
    """Where the process is filed: as the launcher says, if the template lets them, else where the template says."""
    own = []
    if inherited.folder_id is not None:
        own = await folders.check(tx, actor.organization_id, [inherited.folder_id], "folders", Errors())
    chosen = await folders.check(tx, actor.organization_id, body.folders or [], "folders", errors)
    if own and not inherited.launcher_may_choose_folder:
        if set(chosen) - set(own):
            errors.add("folders", "This template says where its processes are filed; leave the folders out.")
        chosen = own
    return chosen or own


async def tag_tasks(tx: Transaction, actor: Actor, template: Template, tasks: Sequence[Task], now: int) -> None:
    """Step tags become task tags."""
    tagged = {step.id: step.tags for step in template.definition.steps if step.tags}
    if not tagged:
        return
    wanted = sorted({tag for listed in tagged.values() for tag in listed})
    known = set(await tags.check(tx, actor.organization_id, wanted, "tags", Errors()))
    for task in tasks:
        chosen = [tag for tag in tagged.get(task.step_id or "", ()) if tag in known]
        if chosen:
            await tags.put_on(tx, actor.organization_id, "Task", [task.id], chosen, now)


def _by_task(tasks: Sequence[Task], titles: roles.Picks) -> roles.Picks:
    return {task.id: filled for task in tasks if (filled := titles.get(task.step_id or ""))}


def titles_of(template: Template, tasks: Sequence[Task], context: Context) -> roles.Picks:
    """The job titles of tasks that came into a running process, by task id, with who stands in them."""
    return _by_task(tasks, engine.titles_filled(template.definition.steps, None, context))


def _command(actor: Actor, template: Template, body: wire.LaunchBody, errors: Errors) -> engine.Launch:
    kickoff: dict[str, Any] = {}
    if isinstance(body.prerun, dict):
        kickoff = body.prerun
    elif body.prerun:
        errors.add("prerun", "The prerun must be an object keyed by field id, not a list.")
    if isinstance(body.tasks, list) and body.tasks:
        errors.add("tasks", "The tasks must be an object keyed by step id, not a list.")
    if isinstance(body.roles, list) and body.roles:
        errors.add("roles", "The roles must be an object keyed by role id, not a list.")
    overrides = body.tasks if isinstance(body.tasks, dict) else {}
    picks = body.roles if isinstance(body.roles, dict) else {}
    return engine.Launch(
        doer=Doer.member(actor),
        starter_id=body.user_id if body.user_id is not None else actor.user_id,
        owner_id=body.owner_id,
        name=body.name.strip() or None if body.name else None,
        summary=sanitise(body.summary) if body.summary else body.summary,
        kickoff=kickoff,
        tasks={key: _override(key, override, errors) for key, override in overrides.items()},
        roles={key: owners(picked) for key, picked in picks.items()},
        parent_id=body.parent_id,
    )


def owners(body: wire.OwnersBody) -> Owners:
    """People of a body as the engine names them; addresses in lower case."""
    return Owners(
        users=tuple(body.users),
        guests=tuple(email.strip().lower() for email in body.guests),
        groups=tuple(body.groups),
    )


def _override(key: str, body: wire.LaunchTaskBody, errors: Errors) -> engine.TaskOverride:
    given = body.taskdata if isinstance(body.taskdata, dict) else {}
    # one client nests the deadline in the answers
    text = body.deadline or given.get("deadline")
    deadline = parse_moment(text) if isinstance(text, str) else None
    if text is not None and deadline is None:
        errors.add(f"tasks.{key}.deadline", "The deadline is not a valid date; write YYYY-MM-DD HH:MM:SS or ISO 8601.")
    return engine.TaskOverride(
        owners=None if body.owners is None else owners(body.owners),
        deadline=deadline,
        position=body.position,
        max_assignable=body.max_assignable,
        values=given,
    )


def _named(template: Template, command: engine.Launch) -> list[Owners]:
    """Everybody the launch may have to know."""
    definition = template.definition
    found = [step.owners for step in definition.steps if step.owners]
    found += [override.owners for override in command.tasks.values() if override.owners is not None]
    found += list(command.roles.values())
    for field in definition.kickoff:
        if field.field_type == "assignees_form":
            found += [owners_of(answers.get(field.id)) for answers in (command.kickoff, command.carried)]
            found.append(owners_of(field.default_value))
    for override in command.tasks.values():
        if override.values:
            found += [owners_of(value) for value in override.values.values() if isinstance(value, dict)]
    if command.submitter is not None:
        found.append(Owners(guests=(command.submitter,)))
    return found


def _users(command: engine.Launch, body: wire.LaunchBody) -> set[int]:
    wanted = {command.starter_id, *(body.users or ())}
    if command.owner_id is not None:
        wanted.add(command.owner_id)
    return wanted


def _check_members(body: wire.LaunchBody, directory: people.Directory, errors: Errors) -> None:
    for user in body.users or ():
        if not directory.has_member(user):
            errors.add("users", f"{user} is not a member of this organization.")


async def _check_parent(tx: Transaction, actor: Actor, parent_id: str, errors: Errors) -> None:
    """Only a process that the launcher sees; another is as good as none."""
    row = await tx.one(process_by_id, organization_id=actor.organization_id, id=parent_id)
    try:
        if row is None:
            raise NotFound
        await access.of_process(tx, actor, row)
    except NotFound:
        errors.add("parent_id", "There is no such process in this organization.")


def _columns(template: Template, inherited: templates.Inherited, body: wire.LaunchBody) -> dict[str, Any]:
    """What the engine does not know: flags, lists and the people attached, inherited from the template."""
    return {
        "kickoff_length": len(template.definition.kickoff),
        "starred": bool(body.starred),
        "is_public": bool(body.is_public),
        "assign_someone_else": bool(body.assign_someone_else),
        "publicly_hidden_fields": msgspec.json.encode(body.publicly_hidden_fields or []).decode(),
        "users": inherited.users if body.users is None else msgspec.json.encode(body.users).decode(),
        "groups": inherited.groups if body.groups is None else msgspec.json.encode(body.groups).decode(),
        "custom_fields": None,
    }
