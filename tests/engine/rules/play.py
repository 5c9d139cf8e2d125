"""A process to be played with: commands by the name of a step, and what came of the last one."""

from collections.abc import Callable
from typing import Any

from handrail.engine.complete import Complete, complete
from handrail.engine.context import Context
from handrail.engine.definition import Template
from handrail.engine.edit_task import EditTask, OwnersEdit, edit_task
from handrail.engine.events import Outcome
from handrail.engine.expire import expire
from handrail.engine.kickoff import complete_kickoff, reopen_kickoff, save_kickoff
from handrail.engine.permit import Doer
from handrail.engine.reopen import Reopen, reopen
from handrail.engine.state import Process, Task
from handrail.engine.tick import tick
from handrail.engine.visibility import SetVisibility, set_visibility
from tests.engine.builders import ADMIN, DAY_MS, NOON, Directory, context, start, task_of

Command = Callable[[Context, Process], Outcome]


class Play:
    """Launched at noon of day 0; `day` is when the next command happens."""

    def __init__(
        self, made: Template, *, directory: Directory | None = None, launch: dict[str, Any] | None = None, **zone: Any
    ) -> None:
        self.template, self.directory, self.zone = made, directory or Directory(), zone
        self.day = 0.0
        self.outcome = start(made, self.context, **(launch or {}))

    @property
    def context(self) -> Context:
        now = NOON + round(self.day * DAY_MS)
        return context(self.template, now=now, directory=self.directory, **self.zone)

    @property
    def process(self) -> Process:
        return self.outcome.process

    def task(self, step_id: str) -> Task:
        return task_of(self.process, step_id)

    def do(self, command: Command) -> "Play":
        self.outcome = command(self.context, self.process)
        return self

    def complete(self, step_id: str, approved: bool | None = None, doer: Doer = ADMIN, **values: Any) -> "Play":
        command = Complete(task_id=self.task(step_id).id, doer=doer, is_approved=approved, values=values or None)
        return self.do(lambda surroundings, process: complete(surroundings, process, command))

    def reopen(self, step_id: str) -> "Play":
        command = Reopen(task_id=self.task(step_id).id, doer=ADMIN)
        return self.do(lambda surroundings, process: reopen(surroundings, process, command))

    def edit(self, step_id: str, **changes: Any) -> "Play":
        command = EditTask(task_id=self.task(step_id).id, doer=ADMIN, **changes)
        return self.do(lambda surroundings, process: edit_task(surroundings, process, command))

    def save(self, step_id: str, **values: Any) -> "Play":
        return self.edit(step_id, values=values)

    def give(
        self,
        step_id: str,
        users: tuple[int, ...] = (),
        guests: tuple[str, ...] = (),
        groups: tuple[str, ...] = (),
    ) -> "Play":
        return self.edit(step_id, owners=OwnersEdit(users=users, guests=guests, groups=groups))

    def move(self, step_id: str, day: float) -> "Play":
        return self.edit(step_id, deadline=NOON + round(day * DAY_MS))

    def toggle(self, step_id: str, *, visible: bool) -> "Play":
        command = SetVisibility(task_id=self.task(step_id).id, visible=visible, doer=ADMIN)
        return self.do(lambda surroundings, process: set_visibility(surroundings, process, command))

    def answer(self, **values: Any) -> "Play":
        return self.do(lambda surroundings, process: save_kickoff(surroundings, process, values, ADMIN))

    def submit(self) -> "Play":
        return self.do(lambda surroundings, process: complete_kickoff(surroundings, process, ADMIN))

    def reopen_form(self) -> "Play":
        return self.do(reopen_kickoff)

    def expire(self, step_id: str) -> "Play":
        return self.do(lambda surroundings, process: expire(surroundings, process, self.task(step_id).id, bot_id=77))

    def tick(self) -> "Play":
        return self.do(tick)

    # ------------------------------------------------------------------------------------------- what came of it

    @property
    def visible(self) -> set[str]:
        return {task.step_id or "" for task in self.process.tasks if not task.is_hidden}

    @property
    def hidden(self) -> set[str]:
        return {task.step_id or "" for task in self.process.tasks if task.is_hidden}

    @property
    def changed(self) -> list[str]:
        """The steps that rules changed, as the last command told."""
        by_id = {task.id: task.step_id or "" for task in self.process.tasks}
        return [by_id[task_id] for task_id in self.outcome.changed_by_rules]

    @property
    def applied(self) -> list[tuple[str, str, str]]:
        """What rules did: rule, verb, step."""
        return self.told("rule.applied", "alias", "verb")

    def told(self, kind: str, *keys: str) -> list[Any]:
        """The data of events of one kind, with the step at the end."""
        by_id = {task.id: task.step_id or "" for task in self.process.tasks}
        return [
            (*(event.data.get(key) for key in keys), by_id[event.task_id or ""])
            for event in self.outcome.events
            if event.kind == kind
        ]

    def owners(self, step_id: str) -> set[int | str]:
        owners = self.task(step_id).owners
        return {*owners.users, *owners.guests, *owners.groups}

    def due(self, step_id: str) -> str:
        """The deadline in days from the launch; `?` after it while it is held."""
        task = self.task(step_id)
        return "none" if task.deadline is None else f"{(task.deadline - NOON) / DAY_MS:g}{'?' * task.deadline_held}"
