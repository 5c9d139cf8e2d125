"""The one mutable thing inside of a command: the state being changed, and what has changed so far.

A command makes a `Working`, changes it through these methods alone and asks it for the outcome. The structs it was
made from stay as they were.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from handrail.engine.events import Event, EventKind, Outcome
from handrail.engine.progress import recounted, totals
from handrail.engine.state import Process, Task
from handrail.engine.status import is_finished, process_status
from handrail.kernel.errors import Impossible, NotFound

_id: Callable[[Task], str] = attrgetter("id")


class TaskOutcome(msgspec.Struct, frozen=True):
    """What a command made of a one-off task that belongs to no process. `changed` is false when it did nothing."""

    task: Task
    changed: bool = False
    events: tuple[Event, ...] = ()


class Working:
    """A process with its tasks, or one task outside of any process, in the middle of a command."""

    __slots__ = ("_before", "_by_rules", "_original", "_reordered", "events", "now", "process", "tasks", "wanted")

    def __init__(self, process: Process | None, tasks: tuple[Task, ...], now: int) -> None:
        self.process = process
        # in position order
        self.tasks = dict(zip(map(_id, tasks), tasks, strict=True))
        self.now = now
        self.events: list[Event] = []
        # templates to launch that are not at hand
        self.wanted: list[str] = []
        self._original = process
        # what the touched tasks were before; None: they did not exist
        self._before: dict[str, Task | None] = {}
        self._reordered = False
        # what the tasks that rules changed were before the first of them did
        self._by_rules: dict[str, Task] = {}

    @classmethod
    def of_process(cls, process: Process, now: int) -> "Working":
        return cls(process, process.tasks, now)

    @classmethod
    def of_new_process(cls, process: Process, now: int) -> "Working":
        """A process that does not exist yet: what is derived is derived, also when nothing happens to it."""
        working = cls(process, (), now)
        working._original = None
        return working

    @classmethod
    def of_task(cls, task: Task, now: int) -> "Working":
        return cls(None, (task,), now)

    def task(self, task_id: str) -> Task:
        """The current state of a task. NotFound when the process has no such task."""
        task = self.tasks.get(task_id)
        if task is None:
            raise NotFound("Task not found")
        return task

    def require_writable(self) -> None:
        """Refuse changes to what is archived, and to a process with an open issue of its own (engine 8, 71)."""
        process = self.process
        if process is None:
            return
        if process.archived_at is not None:
            raise Impossible("This process is archived. Activate it before changing anything in it.")
        if process.open_issues:
            raise Impossible("This process has an open issue. Resolve it before changing anything in the process.")

    def replace_task(self, task_id: str, **changes: Any) -> Task:
        """Set fields of a task, and its time of change if any of them differs."""
        task = self.tasks[task_id]
        for name, value in changes.items():
            if getattr(task, name) != value:
                break
        else:
            return task
        self._before.setdefault(task_id, task)
        new = self.tasks[task_id] = replace(task, updated_at=self.now, **changes)
        return new

    def replace_process(self, **changes: Any) -> None:
        """Set fields of the process that are not derived from its tasks."""
        assert self.process is not None
        if any(getattr(self.process, name) != value for name, value in changes.items()):
            self.process = replace(self.process, updated_at=self.now, **changes)

    def insert(self, task: Task, position: int | None = None) -> None:
        """Add a task at a position (1 is the first), by default after all the others."""
        self._before.setdefault(task.id, None)
        self.tasks[task.id] = task
        self._reordered = True
        if position is not None:
            self.move(task.id, position)

    def move(self, task_id: str, position: int) -> None:
        """Give a task another position; the others make room. Positions beyond the ends mean the ends."""
        order = [other for other in self.tasks if other != task_id]
        order.insert(max(position, 1) - 1, task_id)
        self.tasks = {other: self.tasks[other] for other in order}
        self._reordered = True

    def remove(self, task_id: str) -> None:
        """Take a task out for good."""
        self._before.setdefault(task_id, self.tasks.pop(task_id))
        self._reordered = True

    def renumber(self) -> None:
        """Ask for positions to be given anew: a task was archived or restored."""
        self._reordered = True

    def emit(self, kind: EventKind, task_id: str | None = None, **data: Any) -> None:
        """Record a fact."""
        self.events.append(Event(kind, task_id, data))

    def touched(self) -> Iterator[tuple[Task | None, Task | None]]:
        """What each touched task was at first, and what it is now; None where it did not or does not exist."""
        for task_id, before in list(self._before.items()):
            yield before, self.tasks.get(task_id)

    def changed_by_rule(self, before: Task) -> None:
        """Note that a rule has changed a task, and what it was before."""
        self._by_rules.setdefault(before.id, before)

    @property
    def original(self) -> Process | None:
        """The process as the command found it; None when the command makes it."""
        return self._original

    def finish(self) -> Outcome:
        """The outcome for a process: positions, counts, status and dates derived anew if anything changed."""
        process = self.process
        assert process is not None
        if self._reordered:
            self._number()
        changed = self._changed()
        removed = self._reordered and any(task_id not in self.tasks for task_id in self._before)
        if not changed and not removed and process is self._original:
            return Outcome(process, (), tuple(self.events))
        tasks = tuple(self.tasks.values()) if changed or removed else process.tasks
        pairs = None if self._reordered else tuple((self._was(task_id), self.tasks[task_id]) for task_id in changed)
        counted = None
        if pairs is not None and len(pairs) == 1 and process is self._original:
            counted = recounted(process, tasks, *pairs[0])
        if counted is None:
            counted = totals(tasks)
        finished = is_finished(process, counted)
        status = process_status(process, counted)
        completed_at = process.completed_at
        # an issue of the process, or its archiving, leaves it as complete as it was
        if status == "complete" and completed_at is None:
            completed_at = self.now
            self.emit("process.completed")
        elif completed_at is not None and not finished:
            completed_at = None
            self.emit("process.reopened")
        new = replace(
            process,
            tasks=tasks,
            status=status,
            tasks_total=counted.total,
            tasks_complete=counted.complete,
            whole_total=counted.whole_total,
            whole_complete=counted.whole_complete,
            due_at=counted.due_at,
            collaborators=tuple(sorted(counted.members | {process.owner_id})),
            completed_at=completed_at,
            updated_at=self.now,
        )
        by_rules = self._changed_by_rules() if self._by_rules else ()
        return Outcome(new, changed, tuple(self.events), by_rules, tuple(self.wanted), self._original, pairs)

    def finish_task(self) -> TaskOutcome:
        """The outcome for a task that belongs to no process."""
        (task,) = self.tasks.values()
        return TaskOutcome(task, bool(self._changed()), tuple(self.events))

    def _was(self, task_id: str) -> Task:
        before = self._before[task_id]
        assert before is not None
        return before

    def _changed(self) -> tuple[str, ...]:
        before = self._before
        if not before:
            return ()
        if len(before) == 1:
            ((task_id, old),) = before.items()
            task = self.tasks.get(task_id)
            return () if task is None or task == old else (task_id,)
        return tuple(task_id for task_id, task in self.tasks.items() if task_id in before and before[task_id] != task)

    def _changed_by_rules(self) -> tuple[str, ...]:
        """In position order; not what a later rule has put back."""
        return tuple(
            task.id
            for task in self.tasks.values()
            if (before := self._by_rules.get(task.id)) is not None
            and replace(before, updated_at=task.updated_at, position=task.position) != task
        )

    def _number(self) -> None:
        """Positions 1 to n without gaps; archived tasks come after all others, so that they leave none."""
        order = sorted(self.tasks.values(), key=lambda task: task.archived_at is not None)
        numbered: dict[str, Task] = {}
        for position, task in enumerate(order, 1):
            if task.position != position:
                self._before.setdefault(task.id, task)
                task = replace(task, position=position)
            numbered[task.id] = task
        self.tasks = numbered
