"""The tasks that the steps of a template become, at a launch or in a process that runs already (engine 3.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handrail.engine.assignment import excess, oversized, owners_at_launch, problems, with_member
from handrail.engine.context import Context, Ids
from handrail.engine.deadlines import at_launch
from handrail.engine.definition import NOBODY, Field, Owners, Step, Template
from handrail.engine.permit import Doer
from handrail.engine.saving import refuse_read_only
from handrail.engine.state import HIDDEN, Task
from handrail.engine.values import check_values, initial_values
from handrail.kernel.errors import Errors
from handrail.kernel.worktime import add, into_working_time, local, unit_named


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
    `carried` are answers of an earlier process, by field id: `kickoff` comes over them, and read-only fields take them.
    """

    doer: Doer
    starter_id: int
    owner_id: int | None = None
    name: str | None = None
    fixed_name: str | None = None
    summary: str | None = None
    kickoff: Mapping[str, Any] = {}
    carried: Mapping[str, Any] = {}
    tasks: Mapping[str, TaskOverride] = {}
    roles: Mapping[str, Owners] = {}
    parent_id: str | None = None
    date_format: str | None = None
    submitter: str | None = None
    # where the launch came from, told in the feed
    origin: Mapping[str, Any] = {}
    # of a launch by a task: the id kept for the process, the task, and its place in the chain
    process_id: str | None = None
    parent_task_id: str | None = None
    generation: int = 0


def new_tasks(
    template: Template,
    context: Context,
    command: Launch,
    overrides: Mapping[str, tuple[str, TaskOverride]],
    process_id: str,
    ids: Ids,
    first_number: int,
    errors: Errors,
) -> list[Task]:
    """A task for each step, as a launch at this moment makes them; `first_number` begins their increment ids."""
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
                increment_id=first_number + position - 1,
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


def title_picks(step: Step, picked: Mapping[str, Owners], standing: Mapping[str, Owners]) -> dict[str, Owners]:
    """Who fills the job titles of a step: whoever the launch picked, else those who stand in the title.

    Where the launcher is to be asked each time, nobody stands in it.
    """
    found: dict[str, Owners] = {}
    for title in step.roles:
        people = picked.get(title)
        if not people and not step.role_changes_every_time:
            people = standing.get(title)
        found[title] = people or NOBODY
    return found


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
    picks = title_picks(step, command.roles, context.titles)
    owners = owners_at_launch(step, override.owners, picks.values(), command.starter_id, directory)
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


def defaults(fields: Sequence[Field], context: Context) -> dict[str, Any]:
    """The values a form begins with today, in the organization's zone."""
    if not any(field.default_value_enabled for field in fields):
        return {}
    now = context.now
    return initial_values(fields, today=local(now, context.organization.timezone).date(), now=now)
