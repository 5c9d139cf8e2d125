"""The parts of a definition under their names on the wire (wire 2.7 to 2.12), for answers and for exports."""

from collections.abc import Sequence

from handrail.engine.definition import Action, Condition, Definition, Field, Owners, Rule, Stage, Step
from handrail.kernel.clock import iso_or_none
from handrail.kernel.decoded import JsonObject

# kept for the home of a template alone: other ids, other dates, other metadata wherever it is imported
_NOT_EXPORTED = ("checklist_id", "step_id", "custom_fields", "roles", "created_at", "last_updated", "archived_at")


def field_to_wire(
    field: Field, position: int, *, checklist_id: str | None = None, step_id: str | None = None
) -> JsonObject:
    """A field as it is answered: of a step when `step_id` is given, else of the kick-off form of `checklist_id`."""
    home = ("checklist_id", checklist_id) if step_id is None else ("step_id", step_id)
    return {
        "id": field.id,
        home[0]: home[1],
        "alias": field.alias,
        "label": field.label,
        "field_type": field.field_type,
        "guidance": field.guidance,
        "position": position,
        "required": field.required,
        "options": list(field.options),
        "columns": list(field.columns),
        "field_validation": list(field.field_validation),
        "default_value": field.default_value,
        "default_value_enabled": field.default_value_enabled,
        "collect_time": field.collect_time,
        "use_wysiwyg_editor": field.use_wysiwyg_editor,
        "prefix": field.prefix,
        "suffix": field.suffix,
        "settings": field.settings,
        "list": field.list,
        "custom_fields": field.custom_fields,
        "created_at": iso_or_none(field.created_at),
        "last_updated": iso_or_none(field.updated_at),
        "archived_at": None,
    }


def fields_to_wire(
    fields: Sequence[Field], *, checklist_id: str | None = None, step_id: str | None = None
) -> list[JsonObject]:
    """A form as it is answered, in order."""
    return [
        field_to_wire(field, position, checklist_id=checklist_id, step_id=step_id)
        for position, field in enumerate(fields, start=1)
    ]


def step_to_wire(step: Step, position: int, *, checklist_id: str | None = None) -> JsonObject:
    """A step as it is answered, with its fields."""
    deadline, start, following = step.deadline, step.start_date, step.next_launch
    return {
        "id": step.id,
        "checklist_id": checklist_id,
        "title": step.title,
        "alias": step.alias,
        "summary": step.summary,
        "step_type": step.step_type,
        "position": position,
        "allow_guest_owners": step.allow_guest_owners,
        "max_assignable": step.max_assignable,
        "skip_start_process": step.skip_start_process,
        "can_complete_only_assignees": step.can_complete_only_assignees,
        "everyone_must_complete": step.everyone_must_complete,
        "webhook": step.webhook,
        "start_date": {"value": start.value, "unit": start.unit} if start else {"value": 0, "unit": "days"},
        "is_soft_start_date": step.is_soft_start_date,
        "deadline": None
        if deadline is None
        else {"value": deadline.value, "unit": deadline.unit, "option": deadline.option, "step": deadline.step},
        "bp_to_launch": {
            "id": following.id if following else None,
            "default_name_format": following.default_name_format if following else None,
            "tasks_within_process": following.tasks_within_process if following else True,
            **({"fields": following.fields} if following and following.fields else {}),
        },
        "assignees": list(step.owners.users),
        "guests": list(step.owners.guests),
        "groups": list(step.owners.groups),
        "captures": fields_to_wire(step.fields, step_id=step.id),
        "prevent_guest_comment": step.prevent_guest_comment,
        "roles": list(step.roles),
        "role_changes_every_time": step.role_changes_every_time,
        "assign_run_starter": step.assign_run_starter,
        "top_secret": step.top_secret,
        "send_chromeless": step.send_chromeless,
        "stage_id": step.stage_id,
        "tags": list(step.tags),
        "settings": {"hide_by_default": step.hide_by_default},
        "custom_fields": step.custom_fields,
        "created_at": iso_or_none(step.created_at),
        "last_updated": iso_or_none(step.updated_at),
        "archived_at": None,
    }


def stage_to_wire(stage: Stage, position: int, *, checklist_id: str | None = None) -> JsonObject:
    """A stage as it is answered."""
    return {
        "id": stage.id,
        "checklist_id": checklist_id,
        "title": stage.title,
        "position": position,
        "created_at": iso_or_none(stage.created_at),
        "last_updated": iso_or_none(stage.updated_at),
    }


def rule_to_wire(rule: Rule) -> JsonObject:
    """A rule as it is answered, with its conditions and actions in order."""
    return {
        "id": rule.id,
        "automated_alias": rule.alias,
        "conditions": [_condition(condition, position) for position, condition in enumerate(rule.conditions, start=1)],
        "then_actions": [_action(action, position) for position, action in enumerate(rule.actions, start=1)],
        "created_at": iso_or_none(rule.created_at),
        "last_updated": iso_or_none(rule.updated_at),
        "archived_at": None,
    }


def owners_to_wire(owners: Owners) -> JsonObject:
    """People in their three buckets."""
    return {"users": list(owners.users), "guests": list(owners.guests), "groups": list(owners.groups)}


def export_definition(definition: Definition) -> JsonObject:
    """The keys of a template object that `import_definition` reads back, references by the ids of this definition."""
    steps = [step_to_wire(step, position) for position, step in enumerate(definition.steps, start=1)]
    return {
        "prerun": [_exported(field) for field in fields_to_wire(definition.kickoff)],
        "stages": [_exported(stage_to_wire(stage, at)) for at, stage in enumerate(definition.stages, start=1)],
        "steps": [
            {**_exported(step), "captures": [_exported(capture) for capture in step["captures"]]} for step in steps
        ],
        "automated_actions": [_exported(rule_to_wire(rule)) for rule in definition.rules],
    }


def _exported(part: JsonObject) -> JsonObject:
    return {key: value for key, value in part.items() if key not in _NOT_EXPORTED}


def _condition(condition: Condition, position: int) -> JsonObject:
    return {
        "id": condition.id,
        "conditionable_id": condition.conditionable_id,
        "conditionable_type": condition.conditionable_type,
        "operation": condition.operation,
        "statement": condition.statement,
        "logic": condition.logic,
        "position": position,
        "column_contains_name": condition.column_contains_name,
    }


def _action(action: Action, position: int) -> JsonObject:
    deadline = action.deadline
    return {
        "id": action.id,
        "action_type": action.action_type,
        "action_verb": action.action_verb,
        "target_step_id": action.target_step_id,
        "position": position,
        "actionable_id": action.actionable_id,
        "actionable_type": action.actionable_type,
        "deadline": None
        if deadline is None
        else {"value": deadline.value, "unit": deadline.unit, "option": deadline.option},
        "assignees": owners_to_wire(action.assignees),
        "webhook_url": action.webhook_url,
        "alias_name": action.alias_name,
    }
