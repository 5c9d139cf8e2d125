"""What clients write of a template's parts (wire 2.8 to 2.12).

The engine reads these bodies leniently, knows every rule and names what is wrong; the declarations here say the same to
the reference.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta

from handrail.engine import limits
from handrail.engine.definitions import FIELD_OPERATIONS, FIELD_TYPES, STEP_OPERATIONS, STEP_TYPES, VERBS
from handrail.features.templates import examples

_FLAG = {"type": "boolean"}
_TEXT = {"type": ["string", "null"]}
_ID = {"type": ["string", "null"], "pattern": "^[a-f0-9]{32}$"}
_POSITION = {"type": "integer", "minimum": 1, "maximum": limits.POSITION}
_OPERATIONS = [*STEP_OPERATIONS, *FIELD_OPERATIONS]
_VERBS = [verb for verbs in VERBS.values() for verb in verbs]


class StepBody(msgspec.Struct, kw_only=True):
    """What may be written of a step. Keys that are left out stay as they are; unknown keys are dropped."""

    title: Annotated[
        Any,
        Meta(
            description="Its title; needed for a new step.",
            extra_json_schema={"type": "string", "minLength": 1, "maxLength": limits.STEP_TITLE},
        ),
    ] = UNSET
    summary: Annotated[
        Any,
        Meta(description="The instructions, as HTML.", extra_json_schema={**_TEXT, "maxLength": limits.SUMMARY}),
    ] = UNSET
    step_type: Annotated[
        Any,
        Meta(
            description="What completing it means.",
            extra_json_schema={"type": "string", "enum": list(STEP_TYPES), "default": "task"},
        ),
    ] = UNSET
    position: Annotated[
        Any, Meta(description="Ignored; steps are moved by their reorder call.", extra_json_schema=_POSITION)
    ] = UNSET
    assignees: Annotated[
        Any,
        Meta(
            description="Members it belongs to.",
            extra_json_schema={"type": "array", "items": {"type": "integer"}, "maxItems": limits.PEOPLE},
        ),
    ] = UNSET
    guests: Annotated[
        Any,
        Meta(
            description="Addresses of guests it belongs to.",
            extra_json_schema={"type": "array", "items": {"type": "string"}, "maxItems": limits.PEOPLE},
        ),
    ] = UNSET
    groups: Annotated[
        Any,
        Meta(
            description="Groups it belongs to.",
            extra_json_schema={"type": "array", "items": {"type": "string"}, "maxItems": limits.PEOPLE},
        ),
    ] = UNSET
    tags: Annotated[
        Any,
        Meta(
            description="Tags of its tasks.",
            extra_json_schema={"type": "array", "items": {"type": "string"}, "maxItems": limits.TAGS},
        ),
    ] = UNSET
    deadline: Annotated[
        Any,
        Meta(
            description="When it is due; null for the organization's default.",
            extra_json_schema={
                "type": ["object", "null"],
                "properties": {
                    "value": {"type": "integer", "minimum": 0, "maximum": limits.OFFSET},
                    "unit": {"type": "string", "enum": ["minutes", "hours", "days", "weeks", "months"]},
                    "option": {"type": "string", "enum": ["from", "prior_to"]},
                    "step": {"type": ["string", "null"], "description": "start_run, or the id of a step."},
                },
            },
        ),
    ] = UNSET
    start_date: Annotated[
        Any,
        Meta(
            description="When it starts, counted from the launch.",
            extra_json_schema={
                "type": ["object", "null"],
                "properties": {
                    "value": {"type": "integer", "minimum": 0, "maximum": limits.OFFSET},
                    "unit": {"type": "string", "enum": ["minutes", "hours", "days", "weeks", "months"]},
                },
            },
        ),
    ] = UNSET
    max_assignable: Annotated[
        Any,
        Meta(
            description="How many people its task may belong to; 0 or null for any number.",
            extra_json_schema={"type": ["integer", "null"], "minimum": 0, "maximum": limits.MAX_ASSIGNABLE},
        ),
    ] = UNSET
    webhook: Annotated[
        Any,
        Meta(description="The address told when it is completed.", extra_json_schema={**_TEXT, "format": "uri"}),
    ] = UNSET
    stage_id: Annotated[Any, Meta(description="The stage it belongs to.", extra_json_schema=_ID)] = UNSET
    bp_to_launch: Annotated[
        Any,
        Meta(
            description="The template to launch when it is completed.",
            extra_json_schema={
                "type": ["object", "null"],
                "properties": {
                    "id": _ID,
                    "default_name_format": {**_TEXT, "maxLength": limits.NAME_FORMAT},
                    "tasks_within_process": {"type": "boolean", "default": True},
                    "fields": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        ),
    ] = UNSET
    allow_guest_owners: Annotated[Any, Meta(description="It may belong to guests.", extra_json_schema=_FLAG)] = UNSET
    skip_start_process: Annotated[
        Any, Meta(description="It cannot be left out of a launch.", extra_json_schema=_FLAG)
    ] = UNSET
    can_complete_only_assignees: Annotated[
        Any, Meta(description="Only those it belongs to complete it.", extra_json_schema=_FLAG)
    ] = UNSET
    everyone_must_complete: Annotated[
        Any, Meta(description="Done when everybody it belongs to has said so.", extra_json_schema=_FLAG)
    ] = UNSET
    prevent_guest_comment: Annotated[Any, Meta(description="No comments by guests.", extra_json_schema=_FLAG)] = UNSET
    is_soft_start_date: Annotated[Any, Meta(description="It may be started at any time.", extra_json_schema=_FLAG)] = (
        UNSET
    )
    role_changes_every_time: Annotated[
        Any, Meta(description="Ask for the person at each launch.", extra_json_schema=_FLAG)
    ] = UNSET
    assign_run_starter: Annotated[
        Any, Meta(description="Whoever launches gets it if nobody else has it.", extra_json_schema=_FLAG)
    ] = UNSET
    top_secret: Annotated[Any, Meta(description="Only those it belongs to see it.", extra_json_schema=_FLAG)] = UNSET
    send_chromeless: Annotated[Any, Meta(description="Its mail goes out plain.", extra_json_schema=_FLAG)] = UNSET
    settings: Annotated[
        Any,
        Meta(
            description="Our own switches.",
            extra_json_schema={"type": ["object", "null"], "properties": {"hide_by_default": {"type": "boolean"}}},
        ),
    ] = UNSET


class FieldBody(msgspec.Struct, kw_only=True):
    """What may be written of a form field. Keys that are left out stay as they are; unknown keys are dropped."""

    id: Annotated[
        Any, Meta(description="In a kick-off form: the field that is meant.", extra_json_schema={"type": "string"})
    ] = UNSET
    label: Annotated[
        Any,
        Meta(
            description="The question; needed for a new field.",
            extra_json_schema={"type": "string", "minLength": 1, "maxLength": limits.LABEL},
        ),
    ] = UNSET
    field_type: Annotated[
        Any,
        Meta(
            description="The kind of answer; needed for a new field.",
            extra_json_schema={"type": "string", "enum": list(FIELD_TYPES)},
        ),
    ] = UNSET
    required: Annotated[
        Any,
        Meta(description="Whether it must be answered; needed for a new field.", extra_json_schema=_FLAG),
    ] = UNSET
    position: Annotated[Any, Meta(description="Where it goes, from 1.", extra_json_schema=_POSITION)] = UNSET
    guidance: Annotated[
        Any, Meta(description="Help, as HTML.", extra_json_schema={**_TEXT, "maxLength": limits.GUIDANCE})
    ] = UNSET
    options: Annotated[
        Any,
        Meta(
            description="The choices of a radio, dropdown or multiselect.",
            extra_json_schema={
                "type": ["array", "null"],
                "maxItems": limits.OPTIONS,
                "items": {
                    "type": "object",
                    "required": ["id", "text"],
                    "properties": {
                        "id": {"type": "integer"},
                        "text": {"type": "string", "maxLength": limits.OPTION_TEXT},
                    },
                },
            },
        ),
    ] = UNSET
    columns: Annotated[
        Any,
        Meta(
            description="The columns of a table.",
            extra_json_schema={
                "type": ["array", "null"],
                "maxItems": limits.COLUMNS,
                "items": {
                    "type": "object",
                    "required": ["id", "label"],
                    "properties": {
                        "id": {"type": "integer"},
                        "label": {"type": "string", "maxLength": limits.COLUMN_LABEL},
                    },
                },
            },
        ),
    ] = UNSET
    field_validation: Annotated[
        Any,
        Meta(
            description="Rules for a short text: numeric, email, url, alpha, alpha_num, alpha_dash, min:N, max:N.",
            extra_json_schema={
                "type": ["array", "null"],
                "items": {"type": "string"},
                "maxItems": limits.VALIDATIONS,
            },
        ),
    ] = UNSET
    default_value: Annotated[Any, Meta(description="The answer it begins with.")] = UNSET
    default_value_enabled: Annotated[Any, Meta(description="Whether it begins with that.", extra_json_schema=_FLAG)] = (
        UNSET
    )
    collect_time: Annotated[Any, Meta(description="A date with its time.", extra_json_schema=_FLAG)] = UNSET
    use_wysiwyg_editor: Annotated[Any, Meta(description="A long text as HTML.", extra_json_schema=_FLAG)] = UNSET
    prefix: Annotated[
        Any, Meta(description="Shown before the answer.", extra_json_schema={**_TEXT, "maxLength": limits.AFFIX})
    ] = UNSET
    suffix: Annotated[
        Any, Meta(description="Shown after the answer.", extra_json_schema={**_TEXT, "maxLength": limits.AFFIX})
    ] = UNSET
    settings: Annotated[
        Any,
        Meta(
            description="read_only, must_all_checked, default_to_guest.",
            extra_json_schema={
                "type": ["object", "null"],
                "properties": {
                    "read_only": {"type": "boolean"},
                    "must_all_checked": {"type": "boolean"},
                    "default_to_guest": {"type": "boolean"},
                },
            },
        ),
    ] = UNSET
    list: Annotated[Any, Meta(description="The list behind the choices.")] = UNSET


class MoveOutBody(msgspec.Struct, kw_only=True):
    """Where a field moves."""

    target_step_id: Annotated[
        Any, Meta(description="The step it moves to.", extra_json_schema={**_ID, "type": "string"})
    ] = UNSET
    position: Annotated[Any, Meta(description="Where in that step, from 1.", extra_json_schema=_POSITION)] = UNSET


class ReorderFieldBody(msgspec.Struct, kw_only=True):
    """Which field goes where."""

    capture_id: Annotated[Any, Meta(description="The field.", extra_json_schema={**_ID, "type": "string"})] = UNSET
    position: Annotated[Any, Meta(description="Where it goes, from 1.", extra_json_schema=_POSITION)] = UNSET


class TitlesBody(msgspec.Struct, kw_only=True):
    """The job titles of a step."""

    roles: Annotated[
        list[Annotated[str, Meta(extra_json_schema={"pattern": "^[a-f0-9]{32}$"})]],
        Meta(max_length=100, description="Ids of job titles."),
    ]


class PositionBody(msgspec.Struct, kw_only=True):
    """A place in a list."""

    position: Annotated[Any, Meta(description="Where it goes, from 1.", extra_json_schema=_POSITION)] = UNSET


class StageBody(msgspec.Struct, kw_only=True):
    """What may be written of a stage."""

    title: Annotated[
        Any,
        Meta(
            description="Its name; needed for a new stage.",
            extra_json_schema={"type": "string", "minLength": 1, "maxLength": limits.STAGE_TITLE},
        ),
    ] = UNSET
    position: Annotated[Any, Meta(description="Where it goes, from 1.", extra_json_schema=_POSITION)] = UNSET


class RuleBody(msgspec.Struct, kw_only=True):
    """What may be written of a rule. A list that is given replaces the stored one."""

    automated_alias: Annotated[
        Any,
        Meta(
            description="Its name; needed for a new rule.",
            extra_json_schema={"type": "string", "minLength": 1, "maxLength": limits.RULE_NAME},
        ),
    ] = UNSET
    conditions: Annotated[
        Any,
        Meta(
            description="What it asks for, joined from first to last.",
            extra_json_schema={
                "type": "array",
                "minItems": 1,
                "maxItems": limits.CONDITIONS,
                "items": {
                    "type": "object",
                    "required": ["conditionable_id", "conditionable_type", "operation", "statement"],
                    "properties": {
                        "conditionable_id": {"type": "string"},
                        "conditionable_type": {"type": "string", "enum": ["Step", "Capture", "Prerun"]},
                        "operation": {"type": "string", "enum": _OPERATIONS},
                        "statement": {},
                        "logic": {"type": "string", "enum": ["and", "or"], "default": "and"},
                        "position": {"type": "integer"},
                        "column_contains_name": _TEXT,
                    },
                },
            },
        ),
    ] = UNSET
    then_actions: Annotated[
        Any,
        Meta(
            description="What it does, in order.",
            extra_json_schema={
                "type": "array",
                "minItems": 1,
                "maxItems": limits.ACTIONS,
                "items": {
                    "type": "object",
                    "required": ["action_type", "action_verb", "target_step_id"],
                    "properties": {
                        "action_type": {"type": "string", "enum": list(VERBS)},
                        "action_verb": {"type": "string", "enum": _VERBS},
                        "target_step_id": {"type": "string"},
                        "deadline": {"type": ["object", "null"]},
                        "assignees": {"type": ["object", "null"]},
                        "webhook_url": _TEXT,
                        "alias_name": _TEXT,
                        "actionable_id": _TEXT,
                        "actionable_type": {"type": ["string", "null"], "enum": ["Step", "Capture", "Prerun", None]},
                        "position": {"type": "integer"},
                    },
                },
            },
        ),
    ] = UNSET


def given(body: msgspec.Struct) -> dict[str, Any]:
    """The keys that a client sent, as it sent them."""
    return {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}


EXAMPLES: dict[str, Any] = {
    "StepBody": examples.STEP_BODY,
    "FieldBody": examples.FIELD_BODY,
    "MoveOutBody": {"target_step_id": examples.OTHER_STEP_ID, "position": 1},
    "ReorderFieldBody": {"capture_id": examples.FIELD["id"], "position": 2},
    "TitlesBody": {"roles": ["6b1e04c97a2d4f35b80d19e6c2f7a453"]},
    "PositionBody": {"position": 3},
    "StageBody": {"title": "Survey", "position": 2},
    "RuleBody": examples.RULE_BODY,
}
