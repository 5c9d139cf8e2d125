"""Starting a process from a template version (engine 3.1, 3.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handrail.engine.assignment import able, problems, union, with_member, without_member
from handrail.engine.context import Context, Ids
from handrail.engine.definition import NOBODY, Field, Owners, Step, Template
from handrail.engine.events import Event, Outcome
from handrail.engine.naming import process_name
from handrail.engine.new_tasks import Launch, TaskOverride, defaults, new_tasks, title_picks
from handrail.engine.rules.compile import owners_of
from handrail.engine.rules.evaluate import run_about, run_at_launch
from handrail.engine.saving import refuse_read_only
from handrail.engine.settle import conclude
from handrail.engine.state import Process, Task
from handrail.engine.values import check_values, missing_required
from handrail.engine.working import Working
from handrail.kernel.errors import Errors

__all__ = ["Ids", "Launch", "Numbers", "TaskOverride", "defaults", "is_default_to_guest", "launch", "titles_filled"]


class Numbers(msgspec.Struct, frozen=True):
    """The increment ids set aside: one for a process, and the first of as many as there will be tasks."""

    process: int
    first_task: int


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
    process_id = command.process_id or ids.new_id()
    tasks = new_tasks(template, context, command, overrides, process_id, ids, numbers.first_task, errors)
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
        parent_task_id=command.parent_task_id,
        generation=command.generation,
        can_add_oot=template.can_add_oot,
        created_at=now,
        started_at=now,
        updated_at=now,
    )
    working = Working.of_new_process(process, now)
    working.events.append(Event("process.launched", None, dict(command.origin)))
    for task in _in_order(tasks, overrides):
        working.insert(task)
    run_at_launch(working, context)
    if command.submitter is not None:
        _assign_submitter(working, template, command, context)
    return conclude(working, context)


def titles_filled(steps: Sequence[Step], command: Launch | None, context: Context) -> dict[str, dict[str, Owners]]:
    """By step id, whom each of its job titles brings: nobody where the launch names the owners itself.

    Without a command it is a launch that picks nobody.
    """
    titled = [step for step in steps if step.roles]
    if not titled:
        return {}
    overrides = {} if command is None else _by_step(titled, command.tasks)
    picked: Mapping[str, Owners] = {} if command is None else command.roles
    found: dict[str, dict[str, Owners]] = {}
    for step in titled:
        named = step.id in overrides and overrides[step.id][1].owners is not None
        found[step.id] = {
            title: NOBODY if named else able(people, context.directory, allow_guests=step.allow_guest_owners)
            for title, people in title_picks(step, picked, context.titles).items()
        }
    return found


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
    if command.carried:
        carried = {key: value for key, value in command.carried.items() if key not in command.kickoff}
        values.update(check_values(fields, carried, context.people, path_prefix="prerun", errors=wrong))
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
