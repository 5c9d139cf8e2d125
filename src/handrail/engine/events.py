"""What happened, as facts: the engine returns them, the shell turns them into feed entries, outbox rows and jobs."""

from typing import Any, Literal

import msgspec

from handrail.engine.state import Process, Task

EventKind = Literal[
    "process.launched",
    "process.completed",
    "process.reopened",
    "process.updated",
    "process.archived",
    "process.activated",
    "kickoff.completed",
    "kickoff.reopened",
    "task.created",
    "task.completed",
    "task.signed",
    "task.reopened",
    "task.updated",
    "task.values_saved",
    "task.owners_changed",
    "task.assigned",
    "task.deadline_changed",
    "task.shown",
    "task.hidden",
    "task.archived",
    "task.restored",
    "task.deleted",
    "task.unlinked",
    "launch.process",
    "launch.tasks",
    "launch.refused",
    "rule.applied",
    "rule.reversed",
    "rule.webhook",
    "bot.comment",
]


class Event(msgspec.Struct, frozen=True, gc=False):
    """One fact about the process, or about one of its tasks.

    What a rule did is told twice: as any change of a task is, with the rule's id under `rule`, and as `rule.applied`
    with the rule's `alias` and the `verb` of its action. `rule.webhook` asks for a request to `url`, `bot.comment` for
    a comment with this `text`.
    `launch.process`, `launch.tasks` and `launch.refused` are what the completion of a task launched, or why it did not.
    """

    kind: EventKind
    task_id: str | None = None
    data: dict[str, Any] = {}


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """The new state, the ids of the tasks that differ from the old one, and what happened, in order.

    `changed_by_rules` names, in position order, the tasks whose state a rule changed (engine 5.6). `pairs` are the
    tasks that differ, as they were in `before` and as they are now; None when some came, went or changed places.
    """

    process: Process
    changed: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    changed_by_rules: tuple[str, ...] = ()
    # templates that completed tasks launch and that the context did not hold; the command has to be run again with them
    wanted: tuple[str, ...] = ()
    before: Process | None = None
    pairs: tuple[tuple[Task, Task], ...] | None = None

    def changed_tasks(self) -> list[Task]:
        """The new state of every task that differs."""
        if not self.changed:
            return []
        if self.pairs is not None:
            return [after for _, after in self.pairs]
        wanted = set(self.changed)
        return [task for task in self.process.tasks if task.id in wanted]
