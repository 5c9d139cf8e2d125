"""What a saved run expects, held against what came of it; and both with names that survive an import."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from handrail.engine.definition import Definition, Field, Owners
from handrail.engine.progress import percent
from handrail.engine.simulate import Simulation
from handrail.engine.state import HIDDEN, Task
from handrail.features.simulations import wire
from handrail.features.simulations.script import Names
from handrail.kernel.clock import iso_or_none, parse_moment
from handrail.kernel.errors import Errors


def check(expect: wire.Expectation, definition: Definition, errors: Errors) -> None:
    """Add an error for every name of nothing, and for every date that is none."""
    names = Names(definition)
    for name, task in expect.tasks.items():
        if names.step(name) is None:
            errors.add(f"expect.tasks.{name}", "There is no step of this id, alias or title.")
        if isinstance(task.deadline, str) and parse_moment(task.deadline) is None:
            errors.add(f"expect.tasks.{name}.deadline", "The deadline must be a date, or null for none.")
    for name in expect.rules:
        if names.rule(name) is None:
            errors.add(f"expect.rules.{name}", "There is no rule of this id or name.")


def failures(expect: wire.Expectation, simulation: Simulation) -> list[str]:
    """Everything that came otherwise, one sentence each; nothing when the run is as expected."""
    process = simulation.process
    names = Names(simulation.template.definition)
    found: list[str] = []
    if expect.status is not None and expect.status != process.status:
        found.append(f"The process is {process.status}, not {expect.status}.")
    done = percent(process.tasks_complete, process.tasks_total)
    if expect.percent is not None and expect.percent != done:
        found.append(f"The process is at {done} percent, not at {expect.percent}.")
    tasks = {task.step_id: task for task in process.tasks}
    for name, wanted in expect.tasks.items():
        step = names.step(name)
        task = tasks.get(step.id) if step is not None else None
        if task is None:
            found.append(f'There is no task of the step "{name}".')
        else:
            found += [f'"{name}" {text}' for text in _of_task(wanted, task)]
    fired = simulation.fired()
    for name, wanted_firing in expect.rules.items():
        rule = names.rule(name)
        if rule is None:
            found.append(f'There is no rule "{name}".')
        elif bool(fired.get(rule.id)) != wanted_firing:
            found.append(f'The rule "{name}" did {"not fire" if wanted_firing else "fire"}.')
    refused = [one for one in simulation.happenings if one.what == "refused"]
    if len(refused) != expect.refused:
        reasons = " ".join(dict.fromkeys(one.reason or "" for one in refused))
        found.append(f"{len(refused)} actions were refused, not {expect.refused}. {reasons}".strip())
    return found


def _of_task(wanted: wire.ExpectedTask, task: Task) -> Iterable[str]:
    visible = task.status != HIDDEN
    if wanted.visible is not None and wanted.visible != visible:
        yield f"is {'visible' if visible else 'hidden'}."
    if wanted.status is not None and wanted.status != task.status:
        yield f"is {task.status}, not {wanted.status}."
    if wanted.is_approved is not UNSET and wanted.is_approved != task.is_approved:
        yield f"has the decision {_word(task.is_approved)}, not {_word(wanted.is_approved)}."
    if wanted.deadline is not UNSET:
        due = None if task.deadline_held else task.deadline
        expected = None if wanted.deadline is None else parse_moment(wanted.deadline)
        if due != expected:
            yield f"is due {iso_or_none(due) or 'at no time'}, not {wanted.deadline or 'at no time'}."
    if wanted.owners is not None:
        expected_owners = Owners(
            users=tuple(sorted(wanted.owners.users)),
            guests=tuple(sorted(wanted.owners.guests)),
            groups=tuple(sorted(wanted.owners.groups)),
        )
        owners = task.owners
        actual = Owners(
            users=tuple(sorted(owners.users)), guests=tuple(sorted(owners.guests)), groups=tuple(sorted(owners.groups))
        )
        if actual != expected_owners:
            yield f"belongs to {_people(actual)}, not to {_people(expected_owners)}."


def _word(decision: bool | None) -> str:
    return "none" if decision is None else "approved" if decision else "rejected"


def _people(owners: Owners) -> str:
    return ", ".join([*(f"member {user}" for user in owners.users), *owners.guests, *owners.groups]) or "nobody"


# names that survive


def portable(body: wire.TemplateTestBody, definition: Definition) -> wire.TemplateTestBody:
    """The same with steps by title, fields by label and rules by name, where these are unique; without members, who
    are others elsewhere."""
    steps = {step.id: step for step in definition.steps}
    names = Names(definition)

    def step_name(name: str) -> str:
        step = names.step(name)
        if step is None:
            return name
        twins = [one for one in steps.values() if one.title.strip() == step.title.strip()]
        return step.title.strip() if len(twins) == 1 else step.alias

    def rule_name(name: str) -> str:
        rule = names.rule(name)
        return name if rule is None else rule.alias.strip()

    actions: list[wire.SimulatedAction] = []
    for action in body.run.actions:
        step = names.step(action.step or "")
        fields = () if step is None else step.fields
        actions.append(
            replace(
                action,
                step=None if action.step is None else step_name(action.step),
                taskdata=_by_label(action.taskdata, fields),
                by=None if isinstance(action.by, int) else action.by,
            )
        )
    every = [field for step in definition.steps for field in step.fields]
    run = replace(
        body.run,
        prerun=_by_label(body.run.prerun, definition.kickoff),
        answers=_by_label(body.run.answers, every),
        actions=actions,
    )
    expect = replace(
        body.expect,
        tasks={step_name(name): replace(task, owners=None) for name, task in body.expect.tasks.items()},
        rules={rule_name(name): fired for name, fired in body.expect.rules.items()},
    )
    return replace(body, run=run, expect=expect)


def _by_label(given: Mapping[str, Any] | None, fields: Iterable[Field]) -> dict[str, Any] | None:
    if given is None:
        return None
    listed = list(fields)
    labels = [field.label.strip() for field in listed]
    words: dict[str, str] = {}
    for field in listed:
        label = field.label.strip()
        word = label if labels.count(label) == 1 else field.alias
        for name in (field.label.strip(), field.alias, field.id):
            words[name] = word
    return {words.get(name.strip(), name): value for name, value in given.items()}
