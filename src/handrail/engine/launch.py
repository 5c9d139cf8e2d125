"""Starting a process from a template version (engine 3.1, 3.2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from handrail.engine.assignment import excess, oversized, owners_at_launch, problems, union, with_member, without_member
from handrail.engine.context import Context
from handrail.engine.deadlines import at_launch
from handrail.engine.definition import Field, Owners, Step, Template
from handrail.engine.events import Outcome
from handrail.engine.naming import process_name
from handrail.engine.permit import Doer
from handrail.engine.rules.compile import owners_of
from handrail.engine.rules.evaluate import run_about, run_at_launch
from handrail.engine.saving import refuse_read_only
from handrail.engine.settle import conclude
from handrail.engine.state import HIDDEN, Process, Task
from handrail.engine.values import check_values, initial_values, missing_required
from handrail.engine.working import Working
from handrail.kernel.errors import Errors
from handrail.kernel.worktime import add, into_working_time, local, unit_named


class Ids(Protocol):
    """Makes ids. A replay gives the same ones again in the same order."""

    def new_id(self) -> str:
        """An id that was never given before."""
        ...


class Numbers(msgspec.Struct, frozen=True):
    """The increment ids set aside: one for a process, and the first of as many as there will be tasks."""

    process: int
    first_task: int


class TaskOverride(msgspec.Struct, frozen=True, kw_only=True):
    """What a launch says about one step's task. Unset keys leave it to the step; owners replace as a whole."""

    owners: Owners | None = None
    deadline: int | None = None
    position: int | None = None
    max_assignable: int | None = None
    values: Mapping[str, Any] = {}


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """Launch a template.

    `starter_id` is the member the launch counts for, `doer` whoever calls. `tasks` is keyed by step id or alias,
    `roles` by job title, `kickoff` by field id; unknown keys are dropped. `name` is what the caller wants it called;
    `fixed_name` is a name made elsewhere and taken as it is. `submitter` is the guest behind a public launch.
    """

    doer: Doer
    starter_id: int
    owner_id: int | None = None
    name: str | None = None
    fixed_name: str | None = None
    summary: str | None = None
    kickoff: Mapping[str, Any] = {}
    tasks: Mapping[str, TaskOverride] = {}
    roles: Mapping[str, Owners] = {}
    parent_id: str | None = None
    date_format: str | None = None
    submitter: str | None = None


def launch(template: Template, context: Context, command: Launch, ids: Ids, numbers: Numbers) -> Outcome:
    """A new process with one task for each step, as many increment ids used from `numbers.first_task` on.

    Invalid, with everything wrong at once: `prerun.<field id>`, `owner_id`, `user_id`, `roles.<role>`,
    `tasks.<key>.owners` and `tasks.<key>.taskdata.<field id>`, the key as the caller wrote it.

    Steps that are hidden at first, by themselves or because a rule shows them, are so before the rules run (5.5).
    """
    now = context.now
    errors = Errors()
    _check_people(context, command, errors)
    kickoff = _kickoff_values(template, context, command, errors)
    overrides = _by_step(template.definition.steps, command.tasks)
    process_id = ids.new_id()
    tasks = _tasks(template, context, command, overrides, process_id, ids, numbers, errors)
    errors.raise_if_any()
    process = Process(
        id=process_id,
        increment_id=numbers.process,
        template_id=template.id,
        template_version=template.version,
        template_title=template.title,
        type=template.type,
        name=command.fixed_name
        or process_name(
            template,
            context.organization,
            given=command.name,
            kickoff=kickoff,
            now=now,
            date_format=command.date_format,
        ),
        summary=command.summary,
        status="active",
        owner_id=command.starter_id if command.owner_id is None else command.owner_id,
        started_by=command.starter_id,
        kickoff=kickoff,
        kickoff_completed_at=now,
        kickoff_completed_by=command.starter_id,
        kickoff_submitted_by=command.starter_id if command.submitter is None else None,
        parent_id=command.parent_id,
        can_add_oot=template.can_add_oot,
        created_at=now,
        started_at=now,
        updated_at=now,
    )
    working = Working.of_new_process(process, now)
    working.emit("process.launched")
    for task in _in_order(tasks, overrides):
        working.insert(task)
    run_at_launch(working, context)
    if command.submitter is not None:
        _assign_submitter(working, template, command, context)
    return conclude(working, context)


def _check_people(context: Context, command: Launch, errors: Errors) -> None:
    directory = context.directory
    if not directory.is_active_member(command.starter_id):
        errors.add("user_id", f"{command.starter_id} is not an active member of this organization.")
    if command.owner_id is not None and not directory.is_active_member(command.owner_id):
        errors.add("owner_id", f"{command.owner_id} is not an active member of this organization.")
    for role, picked in command.roles.items():
        for text in problems(picked, directory):
            errors.add(f"roles.{role}", text)


def _kickoff_values(template: Template, context: Context, command: Launch, errors: Errors) -> dict[str, Any]:
    fields = template.definition.kickoff
    if not fields:
        return {}
    values = defaults(fields, context)
    wrong = Errors()
    given = check_values(fields, command.kickoff, context.people, path_prefix="prerun", errors=wrong)
    refuse_read_only(fields, given, values, command.doer, path_prefix="prerun", errors=wrong)
    values.update(given)
    if command.submitter is not None:
        for field in fields:
            if is_default_to_guest(field) and not values.get(field.id):
                values[field.id] = {"users": [], "guests": [command.submitter], "groups": []}
    for path, texts in missing_required(fields, values, path_prefix="prerun", at_launch=True).items():
        if path not in wrong.found:
            wrong.found[path] = texts
    errors.found.update(wrong.found)
    return values


def is_default_to_guest(field: Field) -> bool:
    """Whether a public launch puts the submitter into this field (decision 15)."""
    return field.field_type == "assignees_form" and field.setting("default_to_guest")


def defaults(fields: Sequence[Field], context: Context) -> dict[str, Any]:
    """The values a form begins with today, in the organization's zone."""
    if not any(field.default_value_enabled for field in fields):
        return {}
    now = context.now
    return initial_values(fields, today=local(now, context.organization.timezone).date(), now=now)


def _by_step(steps: Sequence[Step], given: Mapping[str, TaskOverride]) -> dict[str, tuple[str, TaskOverride]]:
    """The overrides by step id, each with the key the caller used for it; the id comes before the alias."""
    if not given:
        return {}
    found: dict[str, tuple[str, TaskOverride]] = {}
    for step in steps:
        for key in (step.id, step.alias):
            if key in given:
                found[step.id] = (key, given[key])
                break
    return found


def _tasks(
    template: Template,
    context: Context,
    command: Launch,
    overrides: Mapping[str, tuple[str, TaskOverride]],
    process_id: str,
    ids: Ids,
    numbers: Numbers,
    errors: Errors,
) -> list[Task]:
    steps = template.definition.steps
    organization = context.organization
    pinned = {
        step_id: into_working_time(override.deadline, organization.working_days, organization.timezone)
        for step_id, (_, override) in overrides.items()
        if override.deadline is not None
    }
    deadlines = at_launch(steps, pinned, context.now, organization)
    shown_by_rules = frozenset[str]() if context.rules is None else context.rules.shown
    tasks: list[Task] = []
    for position, step in enumerate(steps, 1):
        key, override = overrides.get(step.id, (step.id, _NOTHING))
        maximum = step.max_assignable if override.max_assignable is None else override.max_assignable
        owners, watch_only = _owners(step, key, override, maximum, context, command, errors)
        deadline, held = deadlines[step.id]
        started_at, explicitly = _start(step, context)
        tasks.append(
            Task(
                id=ids.new_id(),
                increment_id=numbers.first_task + position - 1,
                process_id=process_id,
                template_id=template.id,
                step_id=step.id,
                alias=step.alias,
                title=step.title,
                summary=None,
                task_type=step.step_type,
                status=HIDDEN if step.hide_by_default or step.id in shown_by_rules else "not-started",
                position=position,
                owners=owners,
                watch_only=watch_only,
                values=_values(step, key, override, context, command, errors),
                started_at=started_at,
                started_explicitly=explicitly,
                deadline=deadline,
                deadline_base=deadline,
                deadline_pinned=step.id in pinned,
                deadline_held=held,
                created_at=context.now,
                updated_at=context.now,
                starter_id=command.starter_id,
                max_assignable=maximum,
                webhook=step.webhook,
                stage_id=step.stage_id,
                everyone_must_complete=step.everyone_must_complete,
                can_complete_only_assignees=step.can_complete_only_assignees,
                allow_guest_owners=step.allow_guest_owners,
                prevent_guest_comment=step.prevent_guest_comment,
                is_soft_start_date=step.is_soft_start_date,
                top_secret=step.top_secret,
                send_chromeless=step.send_chromeless,
            )
        )
    return tasks


_NOTHING = TaskOverride()


def _owners(
    step: Step,
    key: str,
    override: TaskOverride,
    maximum: int,
    context: Context,
    command: Launch,
    errors: Errors,
) -> tuple[Owners, int | None]:
    directory = context.directory
    if override.owners is not None:
        for text in problems(override.owners, directory, allow_guests=step.allow_guest_owners):
            errors.add(f"tasks.{key}.owners", text)
    picks = [command.roles[role] for role in step.roles if role in command.roles]
    owners = owners_at_launch(step, override.owners, picks, command.starter_id, directory)
    too_many = excess(owners, maximum, directory)
    if too_many is None and override.owners is None:
        too_many = oversized(owners, directory)
    if too_many is not None:
        errors.add(f"tasks.{key}.owners", too_many)
    return with_member(owners, None, command.starter_id, directory)


def _values(
    step: Step, key: str, override: TaskOverride, context: Context, command: Launch, errors: Errors
) -> dict[str, Any]:
    if not step.fields:
        return {}
    values = defaults(step.fields, context)
    if override.values:
        prefix = f"tasks.{key}.taskdata"
        given = check_values(step.fields, override.values, context.people, path_prefix=prefix, errors=errors)
        refuse_read_only(step.fields, given, values, command.doer, path_prefix=prefix, errors=errors)
        values.update(given)
    return values


def _start(step: Step, context: Context) -> tuple[int, bool]:
    start = step.start_date
    unit = None if start is None else unit_named(start.unit)
    if start is None or unit is None or not start.value:
        return context.now, False
    return add(context.now, start.value, unit, context.organization.timezone), True


def _in_order(tasks: list[Task], overrides: Mapping[str, tuple[str, TaskOverride]]) -> list[Task]:
    """The tasks with those that were given a position in it, and the others around them in the order of steps."""
    if not overrides:
        return tasks
    placed: list[tuple[int, Task]] = []
    ordered: list[Task] = []
    for task in tasks:
        given = overrides.get(task.step_id or "")
        position = None if given is None else given[1].position
        if position is None:
            ordered.append(task)
        else:
            placed.append((position, task))
    for position, task in sorted(placed, key=lambda entry: entry[0]):
        ordered.insert(max(position, 1) - 1, task)
    return ordered


def _assign_submitter(working: Working, template: Template, command: Launch, context: Context) -> None:
    """Give the guest behind a public launch the first visible task without owners of its own (decision 15).

    Only where the form has a field for the submitter and no rule reads it; a rule would say whose the guest is.
    """
    fields = {field.id for field in template.definition.kickoff if is_default_to_guest(field)}
    if not fields or fields & _read_by_rules(template):
        return
    own = {step.id for step in template.definition.steps if step.owners or not step.allow_guest_owners}
    for task in working.tasks.values():
        if task.is_open and task.step_id not in own:
            guest = Owners(guests=(command.submitter or "",))
            owners = union(without_member(task.owners, task.watch_only), guest)
            owners, watch_only = with_member(owners, task.watch_only, command.starter_id, context.directory)
            working.replace_task(task.id, owners=owners, watch_only=watch_only)
            run_about(working, context, [owners_of(task.step_id or "")])
            return


def _read_by_rules(template: Template) -> set[str]:
    rules = template.definition.rules
    read = {condition.conditionable_id for rule in rules for condition in rule.conditions}
    read.update(action.actionable_id for rule in rules for action in rule.actions if action.actionable_id)
    return read
