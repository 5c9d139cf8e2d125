"""What the completion of a task launches: a process of its own, or tasks in this one (engine 3.9).

The templates are looked up by the shell. A command that completes such a task without its template at hand says so
in `Outcome.wanted`, and is run again with it; commands are pure, so nothing has happened yet.

Once for each task, and once for each template whose steps come into a process. Chains of processes that launch each
other end after `GENERATIONS`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from handrail.engine.context import Context, Target
from handrail.engine.definition import Definition, Field, NextLaunch, Owners, Rule, Step, Template
from handrail.engine.naming import name_after_completion, render_name
from handrail.engine.new_tasks import Launch, new_tasks
from handrail.engine.permit import bot
from handrail.engine.rendering import plain
from handrail.engine.rules.compile import owners_of
from handrail.engine.rules.evaluate import run_about
from handrail.engine.state import Launched, Process, Task
from handrail.engine.typed import value_of
from handrail.engine.value_checks import Wrong
from handrail.engine.values import check_values, is_cleared
from handrail.engine.values import owners_of as people_of
from handrail.engine.variables import Texts, names_of
from handrail.engine.working import Working
from handrail.kernel.errors import Errors
from handrail.kernel.text import substitute

GENERATIONS = 100


def launching(definition: Definition) -> frozenset[str]:
    """The steps whose completion launches a template."""
    return frozenset(step.id for step in definition.steps if step.next_launch is not None and step.next_launch.id)


def launch_next(working: Working, context: Context) -> None:
    """Carry out what the tasks completed by this command launch."""
    if working.process is None:
        return
    for before, now in list(working.touched()):
        if before is None or now is None or before.is_done or not now.is_done or now.step_id not in context.launching:
            continue
        step = context.step_of(now)
        if step is not None and step.next_launch is not None:
            _launch(working, context, now, step.next_launch)


def why_not(template: Template) -> str | None:
    """Why a template cannot be launched by the completion of a task, or None when it can."""
    if template.type == "document":
        return f'"{template.title}" is a document; documents are not launched by tasks.'
    required = [field.label for field in template.definition.kickoff if field.required]
    if required:
        return f'The kick-off form of "{template.title}" asks for {", ".join(required[:5])}, which nobody would answer.'
    return None


def why_not_for_newcomers(template: Template) -> str | None:
    """Why a template cannot be launched for new members, or None when it can (engine 3.8)."""
    if template.type != "procedure":
        return f'"{template.title}" is no procedure; only procedures are launched for new members.'
    if not template.definition.steps:
        return f'"{template.title}" has no steps.'
    return why_not(template)


def _launch(working: Working, context: Context, task: Task, following: NextLaunch) -> None:
    process, template_id = working.process, following.id
    assert process is not None and template_id is not None
    if any(one.task == task.id for one in process.launched):
        _refuse(working, task, template_id, "This task has been completed before; what it launches, it launches once.")
        return
    if following.tasks_within_process and (
        template_id == process.template_id or any(template_id == known for known, _ in process.injected)
    ):
        _refuse(working, task, template_id, "The steps of that template are part of this process already.")
        return
    if not following.tasks_within_process and process.generation >= GENERATIONS:
        reason = f"This process stands at the end of {GENERATIONS} processes that launched each other."
        _refuse(working, task, template_id, reason)
        return
    target = context.targets.get(template_id)
    if target is None:
        working.wanted.append(template_id)
    elif target.template is None:
        _refuse(working, task, template_id, target.reason)
    elif following.tasks_within_process:
        _inject(working, context, task, following, target, target.template)
    else:
        assert context.ids is not None
        launched = Launched(
            task=task.id, template=template_id, version=target.template.version, process=context.ids.new_id()
        )
        _remember(working, launched)
        working.emit("launch.process", task.id, template=template_id, process=launched.process)


def _refuse(working: Working, task: Task, template_id: str, reason: str) -> None:
    working.emit("launch.refused", task.id, template=template_id, reason=reason)
    working.emit("bot.comment", task.id, text=f"Nothing was launched. {reason}")


def _remember(working: Working, launched: Launched) -> None:
    assert working.process is not None
    working.replace_process(launched=(*working.process.launched, launched))


# --------------------------------------------------------------------------------------------- into this process


def combined(template: Template, others: Iterable[Template]) -> Template:
    """A process's template version together with those whose steps came into it.

    Their rules come along, after the others, when all they ask about and act on is theirs; their kick-off forms do
    not.
    """
    definition = template.definition
    for other in others:
        more = other.definition
        definition = replace(
            definition,
            steps=definition.steps + more.steps,
            stages=definition.stages + more.stages,
            rules=definition.rules + tuple(rule for rule in more.rules if _is_self_contained(rule, more)),
        )
    return replace(template, definition=definition)


def _is_self_contained(rule: Rule, definition: Definition) -> bool:
    own = {step.id for step in definition.steps}
    own.update(field.id for step in definition.steps for field in step.fields)
    named = {condition.conditionable_id for condition in rule.conditions}
    named.update(action.target_step_id for action in rule.actions)
    named.update(action.actionable_id for action in rule.actions if action.actionable_id)
    return named <= own


def _inject(
    working: Working, context: Context, task: Task, following: NextLaunch, target: Target, template: Template
) -> None:
    """Make tasks of the steps, right after the task, as a launch at this moment would."""
    process = working.process
    assert process is not None and context.ids is not None
    errors = Errors()
    steps = template.definition.steps
    command = Launch(doer=bot(), starter_id=process.started_by)
    tasks = new_tasks(template, context, command, {}, process.id, context.ids, target.first_task, errors)
    if errors.found:
        reason = " ".join(text for texts in errors.found.values() for text in texts)
        _refuse(working, task, template.id, reason)
        return
    values, left_out = carried(context, working.process, working.tasks.values(), following, step_fields(steps))
    position = list(working.tasks).index(task.id) + 2
    for offset, new in enumerate(tasks):
        fields = next(step.fields for step in steps if step.id == new.step_id)
        mapped = {field.id: values[field.id] for field in fields if field.id in values}
        if mapped:
            new = replace(new, values={**new.values, **mapped})
        working.insert(new, position + offset)
        working.emit("task.created", new.id)
        if new.is_open and new.owners:
            working.emit("task.assigned", new.id, owners=new.owners)
    _remember(working, Launched(task=task.id, template=template.id, version=template.version))
    data: dict[str, Any] = {"left_out": left_out} if left_out else {}
    working.emit("bot.comment", task.id, text=f'Added the steps of "{template.title}" to this process.')
    working.emit("launch.tasks", task.id, template=template.id, tasks=[new.id for new in tasks], **data)
    run_about(working, context, _subjects(steps))


def step_fields(steps: Iterable[Step]) -> list[Field]:
    """The form fields of steps."""
    return [field for step in steps for field in step.fields]


def _subjects(steps: Iterable[Step]) -> set[str]:
    """Whatever rules may ask about these steps."""
    found = {field.id for step in steps for field in step.fields}
    for step in steps:
        found |= {step.id, owners_of(step.id)}
    return found


# ---------------------------------------------------------------------------------------- a process of its own


def starter_of(context: Context, process: Process, launched: Launched, bot_id: int) -> int:
    """For whom a launch counts: the member who completed the task; where that was a guest or the bot, or is nobody any
    more, the owner of the process (decision 17)."""
    task = process.task(launched.task)
    assert task is not None
    starter, directory = task.completer_id, context.directory
    if starter is not None and starter != bot_id and directory.is_active_member(starter):
        return starter
    return process.owner_id if directory.is_active_member(process.owner_id) else directory.default_admin_id


def next_process(
    context: Context,
    process: Process,
    launched: Launched,
    template: Template,
    *,
    starter: int,
    date_format: str | None = None,
) -> Launch:
    """The launch of the process that the completion of a task asked for; `starter` is whom it counts for, and
    `date_format` how they write dates."""
    task = process.task(launched.task)
    assert task is not None and launched.process is not None
    step = context.step_of(task)
    following = step.next_launch if step is not None and step.next_launch is not None else NextLaunch()
    values, left_out = carried(context, process, process.tasks, following, template.definition.kickoff)
    origin: dict[str, Any] = {"source": "task", "parent_id": process.id, "task_id": task.id}
    if left_out:
        origin["left_out"] = left_out
    return Launch(
        doer=bot(),
        starter_id=starter,
        fixed_name=_name(context, process, following, template, date_format),
        kickoff=values,
        parent_id=process.id,
        origin=origin,
        process_id=launched.process,
        parent_task_id=task.id,
        generation=process.generation + 1,
    )


def _name(
    context: Context, process: Process, following: NextLaunch, template: Template, date_format: str | None
) -> str:
    """By the step's format, filled in with the kick-off answers of the process that launches."""
    organization = context.organization
    if following.default_name_format and context.template is not None:
        speaking = replace(context.template, title=template.title)
        name = render_name(
            following.default_name_format,
            speaking,
            organization,
            kickoff=process.kickoff,
            now=context.now,
            date_format=date_format,
        )
        if name:
            return name
    return name_after_completion(template, organization, now=context.now)


# ------------------------------------------------------------------------------------------------ answers along


def carried(
    context: Context, process: Process | None, tasks: Iterable[Task], following: NextLaunch, fields: Iterable[Field]
) -> tuple[dict[str, Any], list[str]]:
    """What the fields of a launched template begin with, by field id, and those for which the answer did not fit.

    A text that is one variable and no more takes the answer as it is where both fields are of one type without
    options; anything else is read as plain text.
    """
    if not following.fields or process is None or context.template is None:
        return {}, []
    names = names_of(context.template.definition)
    present = tuple(tasks)
    texts = Texts(replace(process, tasks=present), names, context.organization.timezone)
    answers = dict(texts.answers(context.template.definition.kickoff, process.kickoff, None))
    for task in present:
        answers.update(texts.answers(context.fields_of(task), task.values, task.id))
    found: dict[str, Any] = {}
    left_out: list[str] = []
    for field in fields:
        text = following.fields.get(field.id)
        if text is None:
            continue
        try:
            value = _carry(context, field, text, names, answers)
        except Wrong:
            left_out.append(field.label)
            continue
        errors = Errors()
        accepted = check_values([field], {field.id: value}, context.people, path_prefix="", errors=errors)
        if errors.found:
            left_out.append(field.label)
        elif not is_cleared(accepted[field.id]):
            found[field.id] = accepted[field.id]
    return found, left_out


def _carry(
    context: Context, field: Field, text: str, names: Mapping[str, tuple[Field, str | None]], answers: dict[str, Any]
) -> Any:
    whole = text.strip()
    known = names.get(whole[2:-2].strip()) if whole.startswith("{{") and whole.endswith("}}") else None
    if known is not None and known[0].field_type == field.field_type and not field.options:
        return answers.get(known[0].id)
    zone = context.organization.timezone

    def shown(name: str) -> str | None:
        there = names.get(name)
        if there is None:
            return None
        source, value = there[0], answers.get(there[0].id)
        if source.field_type == "multiselect" and field.field_type == "multiselect":
            return ";".join(plain(source, [entry], date_format=None, zone=zone) for entry in value or ())
        if source.field_type == "date" and field.field_type == "date":
            return value if isinstance(value, str) else ""
        return plain(source, value, date_format=None, zone=zone)

    return value_of(field, substitute(text, shown), {})


def people_named(template: Template) -> list[Owners]:
    """Everybody whom launching the template may have to know."""
    definition = template.definition
    found = [step.owners for step in definition.steps if step.owners]
    found += [people_of(field.default_value) for field in definition.kickoff if field.field_type == "assignees_form"]
    return found
