"""Edits of a template's definition: each takes a definition and returns another, nothing is changed in place.

Parts come in checked (see `definitions`). Unknown ids raise `NotFound`; what the rest of the template forbids raises
`Impossible` with a message that names what stands in the way (engine 1.2). Positions count from 1 and are clamped.
"""

from collections.abc import Collection, Sequence
from typing import Any, NoReturn, TypeVar

from msgspec.structs import replace

from handrail.engine import limits
from handrail.engine.definition import Definition, Field, Rule, Stage, Step
from handrail.engine.field_definitions import field_from
from handrail.engine.given import Given, in_given_order
from handrail.engine.rule_definitions import Parts, reopened_in_conditions
from handrail.engine.step_definitions import aliases_of
from handrail.engine.template_copy import copied_step
from handrail.kernel.errors import Errors, Impossible, Invalid, NotFound

Part = TypeVar("Part", Field, Step, Stage, Rule)

# ----------------------------------------------------------------------------------------------------------- steps


def find_step(definition: Definition, step_id: str) -> Step:
    """The step with this id."""
    return _find(definition.steps, step_id)


def add_step(definition: Definition, step: Step) -> Definition:
    """The step at the end."""
    _check_room(definition.steps, limits.STEPS, "steps")
    return replace(definition, steps=(*definition.steps, step))


def replace_step(definition: Definition, step: Step) -> Definition:
    """The step in the place of the one with its id."""
    return replace(definition, steps=_replaced(definition.steps, step))


def remove_step(definition: Definition, step_id: str) -> Definition:
    """Without the step and its fields, unless a rule uses one of them or a deadline hangs on the step."""
    step = find_step(definition, step_id)
    users = _rules_using(definition, {step_id, *(field.id for field in step.fields)})
    waiting = [
        other.title
        for other in definition.steps
        if other.id != step_id and other.deadline is not None and other.deadline.step == step_id
    ]
    reasons: list[str] = []
    if users:
        reasons.append(f"it or one of its fields is used by the rules {_names(rule.alias for rule in users)}")
    if waiting:
        reasons.append(f"the deadlines of the steps {_names(waiting)} hang on it")
    if reasons:
        raise Impossible(f'The step "{step.title}" cannot be removed: {", and ".join(reasons)}. Change these first.')
    return replace(definition, steps=tuple(other for other in definition.steps if other.id != step_id))


def move_step(definition: Definition, step_id: str, position: int) -> Definition:
    """The step at another position."""
    return replace(definition, steps=_moved(definition.steps, step_id, position))


def clone_step(definition: Definition, step_id: str, *, now: int) -> tuple[Definition, Step]:
    """A copy right after the step, with new ids and aliases and its fields; no rule knows the copy (engine 9.3)."""
    _check_room(definition.steps, limits.STEPS, "steps")
    step = find_step(definition, step_id)
    copy = copied_step(step, aliases_of(definition), now=now)
    at = definition.steps.index(step) + 1
    return replace(definition, steps=(*definition.steps[:at], copy, *definition.steps[at:])), copy


# ---------------------------------------------------------------------------------------------------------- fields


def fields_of(definition: Definition, step_id: str | None) -> tuple[Field, ...]:
    """The fields of a step, or of the kick-off form when there is no step id."""
    return definition.kickoff if step_id is None else find_step(definition, step_id).fields


def find_field(definition: Definition, step_id: str | None, field_id: str) -> Field:
    """The field with this id in that step, or in the kick-off form."""
    return _find(fields_of(definition, step_id), field_id)


def add_field(definition: Definition, step_id: str | None, field: Field, *, position: int | None = None) -> Definition:
    """The field in a step (or the kick-off form), at the end unless a position is given."""
    fields = fields_of(definition, step_id)
    _check_room(fields, limits.FIELDS, "fields in one form")
    return _with_fields(definition, step_id, _inserted(fields, field, position))


def replace_field(definition: Definition, step_id: str | None, field: Field) -> Definition:
    """The field in the place of the one with its id."""
    return _with_fields(definition, step_id, _replaced(fields_of(definition, step_id), field))


def remove_field(definition: Definition, step_id: str | None, field_id: str) -> Definition:
    """Without the field, unless a rule uses it."""
    field = find_field(definition, step_id, field_id)
    _check_unused(definition, [field])
    kept = tuple(other for other in fields_of(definition, step_id) if other.id != field_id)
    return _with_fields(definition, step_id, kept)


def move_field(definition: Definition, step_id: str | None, field_id: str, position: int) -> Definition:
    """The field at another position of its form."""
    return _with_fields(definition, step_id, _moved(fields_of(definition, step_id), field_id, position))


def move_field_out(
    definition: Definition, step_id: str, field_id: str, target_step_id: str, position: int | None
) -> Definition:
    """The field in another step (wire 2.9, CAP-4); rules and variables that use it keep working."""
    field = find_field(definition, step_id, field_id)
    if all(step.id != target_step_id for step in definition.steps):
        raise Invalid({"target_step_id": "The target_step_id must be the id of a step of this template."})
    if target_step_id == step_id:
        return definition if position is None else move_field(definition, step_id, field_id, position)
    kept = tuple(other for other in fields_of(definition, step_id) if other.id != field_id)
    moved = add_field(_with_fields(definition, step_id, kept), target_step_id, field, position=position)
    parts = Parts(moved)
    conflicts = [
        rule.alias
        for rule in moved.rules
        if any(reopened_in_conditions(rule.conditions, action, parts) for action in rule.actions)
    ]
    if conflicts:
        raise Impossible(
            f'The field "{field.label}" cannot be moved there: the rules {_names(conflicts)} look at it and reopen '
            "that step. Change these first."
        )
    return moved


def set_kickoff(definition: Definition, entries: Any, *, errors: Errors, now: int, path: str = "prerun") -> Definition:
    """The whole kick-off form as listed: known ids are updated, others created, stored ones left out are removed.

    What is wrong is added to `errors` under `prerun.{index}...`, and the definition comes back as it was (wire 2.10).
    """
    found = Errors()
    if not isinstance(entries, list):
        errors.add(path, f"The {path} must be the list of all kick-off fields.")
        return definition
    stored = {field.id: field for field in definition.kickoff}
    taken = aliases_of(definition)
    fields: list[Field] = []
    for given in in_given_order(Given({path: entries}, "", found).objects(path, limits.FIELDS)):
        given.whole("position", 1, limits.POSITION)
        given_id = given.data.get("id")
        current = stored.pop(given_id, None) if isinstance(given_id, str) else None
        if current is None and any(field.id == given_id for field in fields):
            given.refuse("id", "This field is listed twice.")
        field = field_from(given.data, current=current, path=given.path, errors=found, now=now, taken_aliases=taken)
        if field is not None:
            fields.append(field)
            taken.add(field.alias)
    if found:
        for where, texts in found.found.items():
            for text in texts:
                errors.add(where, text)
        return definition
    _check_unused(definition, list(stored.values()))
    return replace(definition, kickoff=tuple(fields))


# ------------------------------------------------------------------------------------------------ stages and rules


def find_stage(definition: Definition, stage_id: str) -> Stage:
    """The stage with this id."""
    return _find(definition.stages, stage_id)


def add_stage(definition: Definition, stage: Stage, *, position: int | None = None) -> Definition:
    """The stage at the end unless a position is given."""
    _check_room(definition.stages, limits.STAGES, "stages")
    return replace(definition, stages=_inserted(definition.stages, stage, position))


def replace_stage(definition: Definition, stage: Stage) -> Definition:
    """The stage in the place of the one with its id."""
    return replace(definition, stages=_replaced(definition.stages, stage))


def remove_stage(definition: Definition, stage_id: str) -> Definition:
    """Without the stage; its steps stay, belonging to none (engine 1.2)."""
    stage = find_stage(definition, stage_id)
    return replace(
        definition,
        stages=tuple(other for other in definition.stages if other is not stage),
        steps=tuple(replace(step, stage_id=None) if step.stage_id == stage_id else step for step in definition.steps),
    )


def move_stage(definition: Definition, stage_id: str, position: int) -> Definition:
    """The stage at another position."""
    return replace(definition, stages=_moved(definition.stages, stage_id, position))


def find_rule(definition: Definition, rule_id: str) -> Rule:
    """The rule with this id."""
    return _find(definition.rules, rule_id)


def add_rule(definition: Definition, rule: Rule) -> Definition:
    """The rule at the end: it runs after all others."""
    _check_room(definition.rules, limits.RULES, "rules")
    return replace(definition, rules=(*definition.rules, rule))


def replace_rule(definition: Definition, rule: Rule) -> Definition:
    """The rule in the place of the one with its id."""
    return replace(definition, rules=_replaced(definition.rules, rule))


def remove_rule(definition: Definition, rule_id: str) -> Definition:
    """Without the rule."""
    rule = find_rule(definition, rule_id)
    return replace(definition, rules=tuple(other for other in definition.rules if other is not rule))


# ------------------------------------------------------------------------------------------------------------ lists


def _find(parts: Sequence[Part], part_id: str) -> Part:
    for part in parts:
        if part.id == part_id:
            return part
    raise NotFound


def _replaced(parts: tuple[Part, ...], part: Part) -> tuple[Part, ...]:
    _find(parts, part.id)
    return tuple(part if other.id == part.id else other for other in parts)


def _inserted(parts: tuple[Part, ...], part: Part, position: int | None) -> tuple[Part, ...]:
    at = len(parts) if position is None else max(position - 1, 0)
    return (*parts[:at], part, *parts[at:])


def _moved(parts: tuple[Part, ...], part_id: str, position: int) -> tuple[Part, ...]:
    part = _find(parts, part_id)
    return _inserted(tuple(other for other in parts if other is not part), part, position)


def _with_fields(definition: Definition, step_id: str | None, fields: tuple[Field, ...]) -> Definition:
    if step_id is None:
        return replace(definition, kickoff=fields)
    return replace_step(definition, replace(find_step(definition, step_id), fields=fields))


# ----------------------------------------------------------------------------------------------------------- guards


def _check_room(parts: Collection[object], limit: int, name: str) -> None:
    if len(parts) >= limit:
        raise Impossible(f"A template may have at most {limit} {name}.")


def _rules_using(definition: Definition, ids: Collection[str]) -> list[Rule]:
    return [
        rule
        for rule in definition.rules
        if any(condition.conditionable_id in ids for condition in rule.conditions)
        or any(action.target_step_id in ids or action.actionable_id in ids for action in rule.actions)
    ]


def _check_unused(definition: Definition, fields: Sequence[Field]) -> None:
    for field in fields:
        users = _rules_using(definition, {field.id})
        if users:
            _refuse_field(field, users)


def _refuse_field(field: Field, users: Sequence[Rule]) -> NoReturn:
    raise Impossible(
        f'The field "{field.label}" cannot be removed: it is used by the rules {_names(rule.alias for rule in users)}. '
        "Change these first."
    )


def _names(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in names)
