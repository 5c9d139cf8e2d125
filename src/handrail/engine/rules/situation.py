"""What the conditions of rules look at: the answers and tasks of a process as they are at that moment."""

from collections.abc import Mapping
from typing import Any

from handrail.engine.state import Process, Task
from handrail.engine.working import Working


class Situation:
    """A process in the middle of a command, as the changes of earlier rules have left it.

    `tasks` are the current tasks by step, kept up to date by whoever acts. `zone` is the time zone of the
    organization; `overdue` are the steps whose tasks this very command found overdue.
    """

    __slots__ = ("_working", "kickoff", "now", "overdue", "tasks", "zone")

    def __init__(self, working: Working, zone: str, overdue: frozenset[str] = frozenset()) -> None:
        assert working.process is not None
        self._working = working
        self.tasks = {task.step_id: task for task in working.tasks.values()}
        self.kickoff: Mapping[str, Any] = working.process.kickoff
        self.now = working.now
        self.zone = zone
        self.overdue = overdue

    @property
    def process(self) -> Process:
        process = self._working.process
        assert process is not None
        return process

    def task(self, step_id: str) -> Task | None:
        """The task of a step, None when the process has none (any more)."""
        return self.tasks.get(step_id)

    def refresh(self, task: Task) -> Task:
        """Take over what has become of a task."""
        now = self._working.tasks[task.id]
        self.tasks[task.step_id] = now
        return now
