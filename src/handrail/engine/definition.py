"""What a template says: steps, form fields, stages and rules, as one immutable document per template version.

The same structs are stored (as JSON), launched from and edited; every edit makes a new document. Order in a list
is the order of the thing: a step's or field's position is its index plus one (engine 9.8).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import msgspec

TemplateType = Literal["procedure", "form", "document"]
StepType = Literal["task", "approval", "expiring", "email", "expiring_email"]
FieldType = Literal[
    "text", "textarea", "radio", "dropdown", "multiselect", "date", "email", "file", "table", "assignees_form"
]
CHOICE_TYPES: frozenset[str] = frozenset({"radio", "dropdown", "multiselect"})


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of all that is stored in a definition: unset keys take no room, unknown keys are dropped."""


class Owners(Struct, frozen=True):
    """People a task or step belongs to: member ids, guest addresses, group ids (engine 7.1)."""

    users: tuple[int, ...] = ()
    guests: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.users or self.guests or self.groups)


NOBODY = Owners()


class Field(Struct, frozen=True):
    """A form field of a step (capture) or of the kick-off form (prerun) (engine 4.1)."""

    id: str
    alias: str
    label: str
    field_type: FieldType
    required: bool = False
    guidance: str | None = None
    options: tuple[dict[str, Any], ...] = ()
    columns: tuple[dict[str, Any], ...] = ()
    field_validation: tuple[str, ...] = ()
    default_value: Any = None
    default_value_enabled: bool = False
    collect_time: bool = False
    use_wysiwyg_editor: bool = False
    prefix: str | None = None
    suffix: str | None = None
    settings: dict[str, Any] | None = None
    list: Any = None
    custom_fields: dict[str, Any] | None = None
    created_at: int = 0
    updated_at: int = 0

    def setting(self, name: str) -> bool:
        """One of our own switches: `read_only`, `must_all_checked`, `default_to_guest`."""
        return bool(self.settings and self.settings.get(name))


# the word that stands where the step would that a deadline hangs on
FROM_LAUNCH = "start_run"


class StepDeadline(Struct, frozen=True):
    """`{value, unit, option, step}`: from or prior to the launch (`start_run`) or another step (engine 6.1)."""

    value: int
    unit: str
    option: str = "from"
    step: str | None = None


class StepStart(Struct, frozen=True):
    """Offset from launch that becomes a task's `started_at`."""

    value: int = 0
    unit: str = "days"


class NextLaunch(Struct, frozen=True):
    """`bp_to_launch`: the template to launch when the task completes (engine 3.9)."""

    id: str | None = None
    default_name_format: str | None = None
    tasks_within_process: bool = True
    # our own: what fields there begin with, by field id, as text with variables of the process that launches
    fields: dict[str, str] = {}


class Step(Struct, frozen=True):
    """One step of a template (wire 2.8)."""

    id: str
    alias: str
    title: str
    summary: str | None = None
    step_type: StepType = "task"
    owners: Owners = NOBODY
    roles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    deadline: StepDeadline | None = None
    start_date: StepStart | None = None
    max_assignable: int = 0
    webhook: str | None = None
    stage_id: str | None = None
    next_launch: NextLaunch | None = None
    allow_guest_owners: bool = True
    skip_start_process: bool = False
    can_complete_only_assignees: bool = False
    everyone_must_complete: bool = False
    prevent_guest_comment: bool = False
    is_soft_start_date: bool = False
    role_changes_every_time: bool = False
    assign_run_starter: bool = True
    top_secret: bool = False
    send_chromeless: bool = False
    hide_by_default: bool = False
    custom_fields: dict[str, Any] | None = None
    created_at: int = 0
    updated_at: int = 0

    @property
    def anchor(self) -> str | None:
        """The id of the step that this step's deadline hangs on; None when it counts from the launch."""
        deadline = self.deadline
        if deadline is None or deadline.step in (None, FROM_LAUNCH, self.id):
            return None
        return deadline.step


class Stage(Struct, frozen=True):
    """A milestone: an ordered group of steps (engine 9.7)."""

    id: str
    title: str
    created_at: int = 0
    updated_at: int = 0


class Condition(Struct, frozen=True):
    """One condition of a rule (engine 5.3)."""

    id: str
    conditionable_id: str
    conditionable_type: Literal["Step", "Capture", "Prerun"]
    operation: str
    statement: Any = None
    logic: Literal["and", "or"] = "and"
    column_contains_name: str | None = None


class RuleDeadline(Struct, frozen=True):
    """The date a deadline action sets: an offset before or from an anchor (engine 5.2)."""

    value: int
    unit: str
    option: Literal["before", "from"]


class Action(Struct, frozen=True):
    """One effect of a rule on one step (engine 5.2)."""

    id: str
    action_type: Literal["visibility", "deadline", "assignment", "status", "webhook"]
    action_verb: str
    target_step_id: str
    deadline: RuleDeadline | None = None
    assignees: Owners = NOBODY
    actionable_id: str | None = None
    actionable_type: str | None = None
    webhook_url: str | None = None
    alias_name: str | None = None


class Rule(Struct, frozen=True):
    """An if-this-then-that rule of a template; the order of rules is the order they run in."""

    id: str
    alias: str
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    created_at: int = 0
    updated_at: int = 0


class Definition(Struct, frozen=True, dict=True, gc=True):
    """Everything of a template that a process is a snapshot of."""

    kickoff: tuple[Field, ...] = ()
    steps: tuple[Step, ...] = ()
    stages: tuple[Stage, ...] = ()
    rules: tuple[Rule, ...] = ()

    # what every command asks for is looked up once for a version
    @cached_property
    def steps_by_id(self) -> Mapping[str, Step]:
        """The steps by their ids."""
        return {step.id: step for step in self.steps}

    @cached_property
    def following(self) -> Sequence[tuple[Step, StepDeadline, str]]:
        """The steps whose deadline hangs on another step, that deadline, and the other step's id."""
        return [
            (step, step.deadline, anchor)
            for step in self.steps
            if step.deadline is not None and (anchor := step.anchor) is not None
        ]


class Template(Struct, frozen=True):
    """One template version as the engine sees it: its definition and the settings a launch reads."""

    id: str
    version: int
    title: str
    type: TemplateType
    definition: Definition
    auto_naming: bool = False
    default_process_name_format: str | None = None
    allow_launcher_change_name: bool = True
    can_add_oot: bool = True
    default_folder: str | None = None
    folderize_process: bool = False
    tag_process: bool = False
    webhook: str | None = None
    reverse_rules_on_reopen: bool = False
