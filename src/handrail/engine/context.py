"""What every command of the engine is given beside the state: the template version, the organization, the time."""

from collections.abc import Mapping

import msgspec

from handrail.engine.assignment import Directory
from handrail.engine.definition import Field, Step, Template
from handrail.engine.rules.compile import RuleSet
from handrail.engine.state import Organization, Task
from handrail.engine.values import People


class Context(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The surroundings of one command; equal surroundings and equal state give equal outcomes.

    `template` is the version the process was launched from, None for one-off tasks outside of processes and for
    processes made of one-off tasks alone; `rules` are its rules, compiled. `oneoff_fields` holds the form fields of
    one-off tasks by task id. `people` says which people and groups an answer may name. `now` is in milliseconds UTC.
    """

    organization: Organization
    directory: Directory
    people: People
    now: int
    template: Template | None = None
    rules: RuleSet | None = None
    oneoff_fields: Mapping[str, tuple[Field, ...]] = {}

    def step_of(self, task: Task) -> Step | None:
        """The step a task was made from; None for one-off tasks."""
        if task.step_id is None or self.template is None:
            return None
        for step in self.template.definition.steps:
            if step.id == task.step_id:
                return step
        return None

    def fields_of(self, task: Task) -> tuple[Field, ...]:
        """The form fields of a task."""
        if task.step_id is None:
            return self.oneoff_fields.get(task.id, ())
        step = self.step_of(task)
        return () if step is None else step.fields
