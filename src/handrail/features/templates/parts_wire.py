"""The public JSON of a template's parts: steps, form fields, stages and rules (wire 2.8 to 2.12)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.features.templates import examples


class Field(msgspec.Struct, kw_only=True):
    """A form field: of a step (`step_id`) or of the kick-off form (`checklist_id`)."""

    id: str
    checklist_id: str | UnsetType | None = UNSET
    step_id: str | UnsetType = UNSET
    alias: Annotated[str, Meta(description="Its name in {{variables}}; never changes.")]
    label: str
    field_type: str
    guidance: str | None
    position: int
    required: bool
    options: list[dict[str, Any]]
    columns: list[dict[str, Any]]
    field_validation: list[str]
    default_value: Any
    default_value_enabled: bool
    collect_time: bool
    use_wysiwyg_editor: bool
    prefix: str | None
    suffix: str | None
    settings: dict[str, Any] | None
    list: Any
    custom_fields: dict[str, Any] | None
    created_at: str | None
    last_updated: str | None
    archived_at: str | None


class FieldOfForm(msgspec.Struct, kw_only=True):
    """A form field in the list of all of them."""

    id: str
    step_id: str | UnsetType = UNSET
    step_title: str | UnsetType = UNSET
    alias: str
    label: str
    field_type: str
    required: bool
    position: int
    options: list[dict[str, Any]]
    columns: list[dict[str, Any]]


class StepDeadline(msgspec.Struct, kw_only=True):
    """When a step's task is due."""

    value: int
    unit: str
    option: Annotated[str, Meta(description="from or prior_to.")]
    step: Annotated[str | None, Meta(description="start_run, or the step it counts from.")]


class StepStart(msgspec.Struct, kw_only=True):
    """When a step's task starts, counted from the launch."""

    value: int
    unit: str


class NextLaunch(msgspec.Struct, kw_only=True):
    """The template that is launched when a step's task is completed."""

    id: str | None
    default_name_format: str | None
    tasks_within_process: bool
    fields: Annotated[
        dict[str, str], Meta(description="What its fields begin with: texts with variables, by field id; ours alone.")
    ] = {}


class StepSettings(msgspec.Struct, kw_only=True):
    """Switches of a step that are our own."""

    hide_by_default: bool


class Step(msgspec.Struct, kw_only=True):
    """A step of a template."""

    id: str
    checklist_id: str
    title: str
    alias: Annotated[str, Meta(description="Its name in webhooks and launch overrides; never changes.")]
    summary: str | None
    step_type: str
    position: int
    allow_guest_owners: bool
    max_assignable: int
    skip_start_process: bool
    can_complete_only_assignees: bool
    everyone_must_complete: bool
    webhook: str | None
    start_date: StepStart
    is_soft_start_date: bool
    deadline: StepDeadline | None
    bp_to_launch: NextLaunch
    assignees: list[int]
    guests: list[str]
    groups: list[str]
    captures: Annotated[list[Field], Meta(description="The form.")]
    prevent_guest_comment: bool
    roles: list[str]
    role_changes_every_time: bool
    assign_run_starter: bool
    top_secret: bool
    send_chromeless: bool
    stage_id: str | None
    tags: list[str]
    settings: StepSettings
    custom_fields: dict[str, Any] | None
    created_at: str | None
    last_updated: str | None
    archived_at: str | None


class Stage(msgspec.Struct, kw_only=True):
    """A stage: an ordered group of steps."""

    id: str
    checklist_id: str
    title: str
    position: int
    created_at: str | None
    last_updated: str | None


class Condition(msgspec.Struct, kw_only=True):
    """What a rule asks for."""

    id: str
    conditionable_id: str
    conditionable_type: str
    operation: str
    statement: Any
    logic: str
    position: int
    column_contains_name: str | None


class RuleDeadline(msgspec.Struct, kw_only=True):
    """How far a deadline action counts, and which way."""

    value: int
    unit: str
    option: str


class Action(msgspec.Struct, kw_only=True):
    """What a rule does."""

    id: str
    action_type: str
    action_verb: str
    target_step_id: str
    position: int
    actionable_id: str | None
    actionable_type: str | None
    deadline: RuleDeadline | None
    assignees: dict[str, list[Any]]
    webhook_url: str | None
    alias_name: str | None


class Rule(msgspec.Struct, kw_only=True):
    """An if-this-then-that rule."""

    id: str
    automated_alias: str
    conditions: list[Condition]
    then_actions: list[Action]
    created_at: str | None
    last_updated: str | None
    archived_at: str | None


EXAMPLES: dict[str, Any] = {
    "Field": examples.FIELD,
    "FieldOfForm": examples.FIELD_OF_FORM,
    "StepDeadline": examples.STEP["deadline"],
    "StepStart": examples.STEP["start_date"],
    "NextLaunch": examples.STEP["bp_to_launch"],
    "StepSettings": examples.STEP["settings"],
    "Step": examples.STEP,
    "Stage": examples.STAGE,
    "Condition": examples.RULE["conditions"][0],
    "RuleDeadline": {"value": 2, "unit": "days", "option": "before"},
    "Action": examples.RULE["then_actions"][0],
    "Rule": examples.RULE,
}
