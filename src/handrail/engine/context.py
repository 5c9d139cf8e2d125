"""What every command of the engine is given beside the state: the template version, the organization, the time."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from handrail.engine.assignment import Directory
from handrail.engine.definition import Field, Owners, Step, Template
from handrail.engine.rules.compile import RuleSet
from handrail.engine.state import Organization, Task
from handrail.engine.values import People


class Target(msgspec.Struct, frozen=True):
    """A template that the completion of a task may launch: its version, or why it cannot be launched.

    `first_task` is the first of as many increment ids as it has steps, for those that become tasks of the process.
    """

    template: Template | None = None
    reason: str = ""
    first_task: int = 0


class Ids(Protocol):
    """Makes ids. A replay gives the same ones again in the same order."""

    def new_id(self) -> str:
        """An id that was never given before."""
        ...


class Context(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The surroundings of one command; equal surroundings and equal state give equal outcomes.

    `template` is the version the process was launched from, None for one-off tasks outside of processes and for
    processes made of one-off tasks alone; `rules` are its rules, compiled. `oneoff_fields` holds the form fields of
    one-off tasks by task id. `launching` are the steps whose completion launches a template, `targets` those templates
    that are at hand, by id, and `ids` makes ids for what they bring. `people` says which people and groups an answer
    may name. `titles` are the people who fill a job title unless a launch picks others, by its id. `now` is in
    milliseconds UTC.
    """

    organization: Organization
    directory: Directory
    people: People
    now: int
    template: Template | None = None
    rules: RuleSet | None = None
    oneoff_fields: Mapping[str, tuple[Field, ...]] = {}
    launching: frozenset[str] = frozenset()
    targets: Mapping[str, Target] = {}
    titles: Mapping[str, Owners] = {}
    ids: Ids | None = None

    def step_of(self, task: Task) -> Step | None:
        """The step a task was made from; None for one-off tasks."""
        if task.step_id is None or self.template is None:
            return None
        return self.template.definition.steps_by_id.get(task.step_id)

    def fields_of(self, task: Task) -> tuple[Field, ...]:
        """The form fields of a task."""
        if task.step_id is None:
            return self.oneoff_fields.get(task.id, ())
        step = self.step_of(task)
        return () if step is None else step.fields
