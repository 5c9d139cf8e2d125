"""Changes of a template's parts: steps, form fields, stages and rules (wire 2.8 to 2.12)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from handrail.engine import definitions, template_edit
from handrail.engine.definition import Field, Rule, Stage, Step
from handrail.engine.given import Given
from handrail.engine.portable import field_to_wire, rule_to_wire, stage_to_wire, step_to_wire
from handrail.features.people.roster import roster_of
from handrail.features.roles import titles as roles
from handrail.features.templates import editing, references
from handrail.features.templates.editing import Draft
from handrail.features.templates.heads import refuse_steps
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Invalid
from handrail.ports.database import Transaction

JsonObject = dict[str, Any]
P = TypeVar("P", Field, Step, Stage, Rule)

# ----------------------------------------------------------------------------------------------------------- steps


async def add_step(tx: Transaction, actor: Actor, template_id: str, data: Mapping[str, Any], now: int) -> JsonObject:
    """A new step at the end. Invalid with `type` where the template is of a type without steps."""
    draft = await editing.begin(tx, actor, template_id)
    _require_steps(draft)
    step = await _step(tx, actor, draft, data, None, now)
    definition = template_edit.add_step(draft.definition, step)
    said = f'added the step "{step.title}" to the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="created", subject=("Step", step.id))
    return step_to_wire(step, len(definition.steps), checklist_id=template_id)


async def change_step(
    tx: Transaction, actor: Actor, template_id: str, step_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A step with what was given merged over it."""
    draft = await editing.begin(tx, actor, template_id)
    current = template_edit.find_step(draft.definition, step_id)
    step = await _step(tx, actor, draft, data, current, now)
    definition = template_edit.replace_step(draft.definition, step)
    said = f'changed the step "{step.title}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Step", step.id))
    return step_to_wire(step, _position(definition.steps, step_id), checklist_id=template_id)


def _require_steps(draft: Draft) -> None:
    errors = Errors()
    refuse_steps(draft.row.type, "type", errors)
    errors.raise_if_any()


async def _step(
    tx: Transaction, actor: Actor, draft: Draft, data: Mapping[str, Any], current: Step | None, now: int
) -> Step:
    errors = Errors()
    known_templates = await references.known_templates(tx, actor, data)
    if current is not None and current.next_launch is not None and current.next_launch.id is not None:
        # what is stored may be sent back by somebody who may not read that template
        known_templates.setdefault(current.next_launch.id, "")
    step = definitions.step_from(
        data,
        current=current,
        definition=draft.definition,
        people=await roster_of(tx, actor.organization_id, data),
        path="",
        errors=errors,
        now=now,
        known_tags=await references.known_tags(tx, actor.organization_id, data),
        known_templates=known_templates,
    )
    return _checked(step, errors)


async def put_titles(
    tx: Transaction, actor: Actor, template_id: str, step_id: str, titles: Sequence[str], now: int
) -> JsonObject:
    """A step with these job titles, each once. Invalid with `roles.<index>` for those that are not there."""
    draft = await editing.begin(tx, actor, template_id)
    current = template_edit.find_step(draft.definition, step_id)
    errors = Errors()
    known = await roles.known(tx, actor.organization_id, titles)
    for index, title in enumerate(titles):
        if title not in known and title not in current.roles:
            errors.add(f"roles.{index}", "There is no job title of this id in this organization.")
    errors.raise_if_any()
    step = replace(current, roles=tuple(dict.fromkeys(titles)), updated_at=now)
    definition = template_edit.replace_step(draft.definition, step)
    said = f'changed the job titles of the step "{step.title}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Step", step_id))
    return step_to_wire(step, _position(definition.steps, step_id), checklist_id=template_id)


async def remove_step(tx: Transaction, actor: Actor, template_id: str, step_id: str, now: int) -> None:
    """Delete a step with its fields. Impossible while a rule or another step's deadline uses it."""
    draft = await editing.begin(tx, actor, template_id)
    step = template_edit.find_step(draft.definition, step_id)
    definition = template_edit.remove_step(draft.definition, step_id)
    said = f'removed the step "{step.title}" from the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="deleted", subject=("Step", step_id))


async def clone_step(tx: Transaction, actor: Actor, template_id: str, step_id: str, now: int) -> JsonObject:
    """A copy of a step right after it. Invalid as `add_step`."""
    draft = await editing.begin(tx, actor, template_id)
    _require_steps(draft)
    definition, copy = template_edit.clone_step(draft.definition, step_id, now=now)
    said = f'copied the step "{copy.title}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="created", subject=("Step", copy.id))
    return step_to_wire(copy, _position(definition.steps, copy.id), checklist_id=template_id)


async def move_step(
    tx: Transaction, actor: Actor, template_id: str, step_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A step at another position."""
    draft = await editing.begin(tx, actor, template_id)
    position = _needed_position(data)
    definition = template_edit.move_step(draft.definition, step_id, position)
    step = template_edit.find_step(definition, step_id)
    said = f'moved the step "{step.title}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Step", step_id))
    return step_to_wire(step, _position(definition.steps, step_id), checklist_id=template_id)


# ---------------------------------------------------------------------------------------------------------- fields


async def add_field(
    tx: Transaction, actor: Actor, template_id: str, step_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A new field of a step, at the position given or at the end."""
    draft = await editing.begin(tx, actor, template_id)
    errors = Errors()
    template_edit.find_step(draft.definition, step_id)
    position = definitions.position_from(data, path="", errors=errors)
    taken = definitions.aliases_of(draft.definition)
    field = _checked(
        definitions.field_from(data, current=None, path="", errors=errors, now=now, taken_aliases=taken), errors
    )
    definition = template_edit.add_field(draft.definition, step_id, field, position=position)
    said = f'added the field "{field.label}" to the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="created", subject=("Capture", field.id))
    return _field_to_wire(template_edit.fields_of(definition, step_id), field, step_id)


async def change_field(
    tx: Transaction, actor: Actor, template_id: str, step_id: str, field_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A field with what was given merged over it; a position given moves it."""
    draft = await editing.begin(tx, actor, template_id)
    errors = Errors()
    current = template_edit.find_field(draft.definition, step_id, field_id)
    position = definitions.position_from(data, path="", errors=errors)
    field = _checked(
        definitions.field_from(data, current=current, path="", errors=errors, now=now, taken_aliases=()), errors
    )
    definition = template_edit.replace_field(draft.definition, step_id, field)
    if position is not None:
        definition = template_edit.move_field(definition, step_id, field_id, position)
    said = f'changed the field "{field.label}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Capture", field_id))
    return _field_to_wire(template_edit.fields_of(definition, step_id), field, step_id)


async def remove_field(tx: Transaction, actor: Actor, template_id: str, step_id: str, field_id: str, now: int) -> None:
    """Delete a field of a step. Impossible while a rule uses it."""
    draft = await editing.begin(tx, actor, template_id)
    field = template_edit.find_field(draft.definition, step_id, field_id)
    definition = template_edit.remove_field(draft.definition, step_id, field_id)
    said = f'removed the field "{field.label}" from the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="deleted", subject=("Capture", field_id))


async def move_field_out(
    tx: Transaction, actor: Actor, template_id: str, step_id: str, field_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A field in another step of the template."""
    draft = await editing.begin(tx, actor, template_id)
    errors = Errors()
    position = definitions.position_from(data, path="", errors=errors)
    target = Given(data, "", errors).identifier("target_step_id", None)
    if target is None:
        errors.add("target_step_id", "The target_step_id is required: the step the field moves to.")
    errors.raise_if_any()
    assert target is not None
    definition = template_edit.move_field_out(draft.definition, step_id, field_id, target, position)
    field = template_edit.find_field(definition, target, field_id)
    said = f'moved the field "{field.label}" of the template "{draft.row.title}" to another step'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Capture", field_id))
    return _field_to_wire(template_edit.fields_of(definition, target), field, target)


async def reorder_field(
    tx: Transaction, actor: Actor, template_id: str, step_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A field at another position of its step."""
    draft = await editing.begin(tx, actor, template_id)
    template_edit.find_step(draft.definition, step_id)
    field_id = Given(data, "", Errors()).identifier("capture_id", None)
    fields = template_edit.fields_of(draft.definition, step_id)
    if all(field.id != field_id for field in fields):
        raise Invalid({"capture_id": "The capture_id must be the id of a field of this step."})
    assert field_id is not None
    definition = template_edit.move_field(draft.definition, step_id, field_id, _needed_position(data))
    field = template_edit.find_field(definition, step_id, field_id)
    said = f'moved the field "{field.label}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Capture", field_id))
    return _field_to_wire(template_edit.fields_of(definition, step_id), field, step_id)


def _field_to_wire(fields: tuple[Field, ...], field: Field, step_id: str) -> JsonObject:
    return field_to_wire(field, _position(fields, field.id), step_id=step_id)


# ---------------------------------------------------------------------------------------------------------- stages


async def add_stage(tx: Transaction, actor: Actor, template_id: str, data: Mapping[str, Any], now: int) -> JsonObject:
    """A new stage, at the position given or at the end."""
    draft = await editing.begin(tx, actor, template_id)
    errors = Errors()
    position = definitions.position_from(data, path="", errors=errors)
    stage = _checked(definitions.stage_from(data, current=None, path="", errors=errors, now=now), errors)
    definition = template_edit.add_stage(draft.definition, stage, position=position)
    said = f'added the stage "{stage.title}" to the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="created", subject=("Stage", stage.id))
    return stage_to_wire(stage, _position(definition.stages, stage.id), checklist_id=template_id)


async def change_stage(
    tx: Transaction, actor: Actor, template_id: str, stage_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A stage with what was given merged over it; a position given moves it."""
    draft = await editing.begin(tx, actor, template_id)
    errors = Errors()
    current = template_edit.find_stage(draft.definition, stage_id)
    position = definitions.position_from(data, path="", errors=errors)
    stage = _checked(definitions.stage_from(data, current=current, path="", errors=errors, now=now), errors)
    definition = template_edit.replace_stage(draft.definition, stage)
    if position is not None:
        definition = template_edit.move_stage(definition, stage_id, position)
    said = f'changed the stage "{stage.title}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Stage", stage_id))
    return stage_to_wire(stage, _position(definition.stages, stage_id), checklist_id=template_id)


async def remove_stage(tx: Transaction, actor: Actor, template_id: str, stage_id: str, now: int) -> None:
    """Delete a stage; its steps stay and belong to none."""
    draft = await editing.begin(tx, actor, template_id)
    stage = template_edit.find_stage(draft.definition, stage_id)
    definition = template_edit.remove_stage(draft.definition, stage_id)
    said = f'removed the stage "{stage.title}" from the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="deleted", subject=("Stage", stage_id))


# ----------------------------------------------------------------------------------------------------------- rules


async def add_rule(tx: Transaction, actor: Actor, template_id: str, data: Mapping[str, Any], now: int) -> JsonObject:
    """A new rule, which runs after all others."""
    draft = await editing.begin(tx, actor, template_id)
    rule = await _rule(tx, actor, draft, data, None, now)
    definition = template_edit.add_rule(draft.definition, rule)
    said = f'added the rule "{rule.alias}" to the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="created", subject=("Rule", rule.id))
    return rule_to_wire(rule)


async def change_rule(
    tx: Transaction, actor: Actor, template_id: str, rule_id: str, data: Mapping[str, Any], now: int
) -> JsonObject:
    """A rule with what was given merged over it; a list that is given replaces the stored one."""
    draft = await editing.begin(tx, actor, template_id)
    rule = await _rule(tx, actor, draft, data, template_edit.find_rule(draft.definition, rule_id), now)
    definition = template_edit.replace_rule(draft.definition, rule)
    said = f'changed the rule "{rule.alias}" of the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, subject=("Rule", rule_id))
    return rule_to_wire(rule)


async def remove_rule(tx: Transaction, actor: Actor, template_id: str, rule_id: str, now: int) -> None:
    """Delete a rule."""
    draft = await editing.begin(tx, actor, template_id)
    rule = template_edit.find_rule(draft.definition, rule_id)
    definition = template_edit.remove_rule(draft.definition, rule_id)
    said = f'removed the rule "{rule.alias}" from the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="deleted", subject=("Rule", rule_id))


async def _rule(
    tx: Transaction, actor: Actor, draft: Draft, data: Mapping[str, Any], current: Rule | None, now: int
) -> Rule:
    errors = Errors()
    rule = definitions.rule_from(
        data,
        current=current,
        definition=draft.definition,
        people=await roster_of(tx, actor.organization_id, data),
        path="",
        errors=errors,
        now=now,
    )
    return _checked(rule, errors)


# ---------------------------------------------------------------------------------------------------------- common


def _checked(part: P | None, errors: Errors) -> P:
    errors.raise_if_any()
    assert part is not None
    return part


def _needed_position(data: Mapping[str, Any]) -> int:
    errors = Errors()
    position = definitions.position_from(data, path="", errors=errors)
    errors.raise_if_any()
    if position is None:
        raise Invalid({"position": "The position is required: a whole number from 1."})
    return position


def _position(parts: tuple[Field, ...] | tuple[Step, ...] | tuple[Stage, ...], part_id: str) -> int:
    return next(position for position, part in enumerate(parts, 1) if part.id == part_id)
