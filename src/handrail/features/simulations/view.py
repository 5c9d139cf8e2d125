"""A run as the wire shows it."""

from collections.abc import Mapping
from typing import Any

from handrail.engine.definition import Owners
from handrail.engine.events import Event
from handrail.engine.progress import percent
from handrail.engine.simulate import Happening, Simulation
from handrail.engine.state import HIDDEN, Task
from handrail.engine.variables import Texts, names_of
from handrail.features.simulations import wire
from handrail.kernel.clock import iso, iso_or_none


def shown(simulation: Simulation, zone: str) -> wire.Simulation:
    """The whole run; titles are filled in with the answers at its end, in the organization's zone."""
    process, template = simulation.process, simulation.template
    texts = Texts(process, names_of(template.definition), zone)
    tasks = {task.id: task for task in process.tasks}
    titles = {task.id: texts.plain(task.title, task.id) for task in process.tasks}
    steps = {task.step_id or "": titles[task.id] for task in process.tasks}
    forms = {step.id: step.fields for step in template.definition.steps}
    fired = simulation.fired()
    return wire.Simulation(
        checklist_id=template.id,
        checklist_version=template.version,
        run=wire.SimulatedProcess(
            name=process.name,
            status=process.status,
            complete=process.tasks_complete,
            total=process.tasks_total,
            percent=percent(process.tasks_complete, process.tasks_total),
            started_at=iso(process.started_at),
            ended_at=iso(simulation.ended),
            prerun=dict(texts.answers(template.definition.kickoff, process.kickoff, None)),
        ),
        timeline=[_entry(happening, steps, tasks, titles) for happening in simulation.happenings],
        tasks=[
            _task(
                task,
                titles[task.id],
                dict(texts.answers(forms.get(task.step_id or "", ()), task.values, task.id)),
                simulation.titles.get(task.step_id or "", {}),
            )
            for task in process.tasks
        ],
        rules=[
            # once for each moment, whatever it did then
            wire.FiredRule(
                id=rule.id, alias=rule.alias, fired_at=[iso(at) for at in dict.fromkeys(fired.get(rule.id, ()))]
            )
            for rule in template.definition.rules
        ],
    )


def _entry(
    happening: Happening, steps: dict[str, str], tasks: dict[str, Task], titles: dict[str, str]
) -> wire.TimelineEntry:
    return wire.TimelineEntry(
        at=iso(happening.at),
        what=happening.what,
        step_id=happening.step,
        title=steps.get(happening.step or ""),
        message=happening.reason,
        errors={path: list(texts) for path, texts in happening.errors.items()},
        changes=[_change(event, tasks, titles) for event in happening.events],
    )


def _change(event: Event, tasks: dict[str, Task], titles: dict[str, str]) -> wire.Change:
    task = tasks.get(event.task_id or "")
    return wire.Change(
        kind=event.kind,
        step_id=None if task is None else task.step_id,
        title=None if task is None else titles[task.id],
        rule_id=event.data.get("rule"),
        rule=event.data.get("alias"),
        verb=event.data.get("verb"),
    )


def _people(owners: Owners) -> wire.SimulatedPeople:
    return wire.SimulatedPeople(users=list(owners.users), guests=list(owners.guests), groups=list(owners.groups))


def _task(task: Task, title: str, values: dict[str, Any], by_title: Mapping[str, Owners]) -> wire.SimulatedTask:
    return wire.SimulatedTask(
        step_id=task.step_id,
        alias=task.alias,
        title=title,
        status=task.status,
        visible=task.status != HIDDEN,
        task_type=task.task_type,
        owners=_people(task.owners),
        from_roles={title: _people(people) for title, people in by_title.items()},
        started_at=iso(task.started_at),
        deadline=iso_or_none(task.deadline),
        deadline_held=task.deadline_held,
        completed_at=iso_or_none(task.completed_at),
        is_approved=task.is_approved,
        taskdata=values,
    )
