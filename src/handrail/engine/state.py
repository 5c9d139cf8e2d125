"""The state of one process: the process itself and its tasks, as immutable structs.

Every function of the engine takes such a state and returns another; nothing is changed in place. Times are
milliseconds UTC. Field values are exactly what clients sent (wire 3).
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Literal

import msgspec

from handrail.engine.definition import NOBODY, Owners, RuleDeadline, StepType, TemplateType

TaskStatus = Literal["not-started", "in-progress", "completed", "auto-skipped"]
ProcessStatus = Literal["active", "complete", "problem", "issue", "archived"]
HIDDEN: TaskStatus = "auto-skipped"

_id: Callable[[Any], str] = attrgetter("id")


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One task: the instance of a step in a process, or a one-off task (engine 1.4)."""

    id: str
    increment_id: int
    process_id: str | None
    template_id: str | None
    step_id: str | None
    alias: str | None
    title: str
    # None: as the step of the process's template version says
    summary: str | None
    task_type: StepType
    status: TaskStatus
    status_before_hiding: TaskStatus | None = None
    visibility_lock: Literal["hidden", "shown"] | None = None
    position: int
    owners: Owners = NOBODY
    # the member added because only guests owned the task (engine 7.5)
    watch_only: int | None = None
    values: Mapping[str, Any] = {}
    started_at: int
    started_explicitly: bool = False
    deadline: int | None
    # the date before any rule moved it
    deadline_base: int | None = None
    # set by hand, with the launch or by a rule: it follows no other step
    deadline_pinned: bool = False
    deadline_held: bool = False
    created_at: int
    updated_at: int
    completed_at: int | None = None
    archived_at: int | None = None
    starter_id: int | None = None
    completer_id: int | None = None
    completer_guest: str | None = None
    is_approved: bool | None = None
    was_reopened: bool = False
    # who has signed a task that everyone must complete: member ids as text, guest addresses, in order
    signatures: tuple[str, ...] = ()
    open_problems: int = 0
    is_oneoff: bool = False
    max_assignable: int = 0
    webhook: str | None = None
    stage_id: str | None = None
    everyone_must_complete: bool = False
    can_complete_only_assignees: bool = False
    allow_guest_owners: bool = True
    prevent_guest_comment: bool = False
    is_soft_start_date: bool = False
    top_secret: bool = False
    send_chromeless: bool = False

    @property
    def is_hidden(self) -> bool:
        return self.status == HIDDEN

    @property
    def is_done(self) -> bool:
        return self.status == "completed"

    @property
    def is_open(self) -> bool:
        """Visible, not completed, not archived: somebody has still to do it."""
        return self.status in ("not-started", "in-progress") and self.archived_at is None


class Effect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule did to the task of a step, kept where reopening may take it back (decision 35).

    Of a deadline it is the date that was set, or the shift of the task's own deadline; `pinned` and `held` are how it
    was before any rule.
    """

    rule: str
    step: str
    kind: Literal["show", "deadline"]
    date: int | None = None
    shift: RuleDeadline | None = None
    pinned: bool = False
    held: bool = False


class RuleState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a process remembers of its rules.

    `sent` are the rules whose webhooks went out and that have held ever since, `overdue` the steps whose tasks were
    found overdue, `shifts` what rules add to held deadlines once they are firm, by step.
    """

    sent: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    shifts: Mapping[str, RuleDeadline] = {}
    effects: tuple[Effect, ...] = ()


NOTHING_REMEMBERED = RuleState()


class Launched(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the completion of a task has launched, once and for all (engine 3.9).

    `process` is the new process; None where the steps of the template version became tasks of this one.
    """

    task: str
    template: str
    version: int
    process: str | None = None


class Process(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A running copy of a template version (engine 1.3), with its tasks in position order."""

    id: str
    increment_id: int
    template_id: str | None
    template_version: int
    template_title: str
    type: TemplateType
    name: str
    summary: str | None
    status: ProcessStatus
    owner_id: int
    started_by: int
    kickoff: Mapping[str, Any] = {}
    kickoff_completed_at: int | None = None
    kickoff_completed_by: int | None = None
    kickoff_submitted_by: int | None = None
    parent_id: str | None = None
    # the task of the parent whose completion launched this, and how many such launches lie behind it
    parent_task_id: str | None = None
    generation: int = 0
    launched: tuple[Launched, ...] = ()
    open_issues: int = 0
    can_add_oot: bool = True
    created_at: int
    started_at: int
    updated_at: int
    completed_at: int | None = None
    archived_at: int | None = None
    # derived after every change (engine 1.3): kept with the process so that lists need no aggregation
    tasks_total: int = 0
    tasks_complete: int = 0
    whole_total: int = 0
    whole_complete: int = 0
    due_at: int | None = None
    collaborators: tuple[int, ...] = ()
    rule_state: RuleState = NOTHING_REMEMBERED
    # the first deadline after which a rule that waits for overdue tasks has to be told; derived, for the timers
    watch_at: int | None = None
    tasks: tuple[Task, ...] = ()

    @property
    def injected(self) -> tuple[tuple[str, int], ...]:
        """The template versions whose steps were added to it since its launch, in that order."""
        if not self.launched:
            return ()
        return tuple((one.template, one.version) for one in self.launched if one.process is None)

    def task(self, task_id: str) -> Task | None:
        """The task with this id, if it belongs to the process."""
        ids = [*map(_id, self.tasks)]
        return self.tasks[ids.index(task_id)] if task_id in ids else None


class Organization(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the engine reads of an organization (engine 1.5)."""

    id: str
    timezone: str = "UTC"
    working_days: Mapping[str, Any] | None = None
    default_deadline_value: int = 5
    default_deadline_unit: str = "days"
    # of how many people a group may be that is assigned; 0: any number
    group_limit: int = 0
