"""Copies of a definition or of one step: new ids and aliases, and every reference to the old ones rewritten (1.2, 9.3).

References are the ids in deadlines, stages and rules, and the aliases in `{{placeholders}}` of texts.
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from handrail.engine import limits
from handrail.engine.definition import Action, Definition, Field, Rule, Stage, Step
from handrail.engine.field_definitions import unique_alias
from handrail.kernel.ids import new_id
from handrail.kernel.text import substitute

# the alias in `{{alias}}`, `{{alias.completed_by}}` and `{{alias|fallback}}`
_ALIAS = re.compile(r"[^.|]+")


class Copy(NamedTuple):
    """A copied definition, and what its ids and aliases were before: for references from outside of it."""

    definition: Definition
    ids: dict[str, str]
    aliases: dict[str, str]


def copy_definition(definition: Definition, *, now: int) -> Copy:
    """Everything anew. Texts outside of the definition (name formats, documents) are for `renamed_variables`."""
    parts = [*definition.kickoff, *definition.stages, *definition.steps, *definition.rules]
    ids = {part.id: new_id() for part in parts}
    ids.update((field.id, new_id()) for step in definition.steps for field in step.fields)
    aliases: dict[str, str] = {}
    taken: set[str] = set()
    for field in definition.kickoff:
        _rename(field.alias, field.label, ids[field.id], aliases, taken)
    for step in definition.steps:
        _rename(step.alias, step.title, ids[step.id], aliases, taken)
        for field in step.fields:
            _rename(field.alias, field.label, ids[field.id], aliases, taken)
    copy = Definition(
        kickoff=tuple(_field(field, ids, aliases, now) for field in definition.kickoff),
        steps=tuple(_step(step, ids, aliases, now) for step in definition.steps),
        stages=tuple(_stage(stage, ids, now) for stage in definition.stages),
        rules=tuple(_rule(rule, ids, now) for rule in definition.rules),
    )
    return Copy(copy, ids, aliases)


def copied_step(step: Step, taken_aliases: Collection[str], *, now: int) -> Step:
    """A copy of one step for the same template, shown by default and called ` - Copy`."""
    ending = " - Copy"
    title = step.title[: limits.STEP_TITLE - len(ending)] + ending
    ids = {step.id: new_id(), **{field.id: new_id() for field in step.fields}}
    aliases: dict[str, str] = {}
    taken = set(taken_aliases)
    _rename(step.alias, title, ids[step.id], aliases, taken)
    for field in step.fields:
        _rename(field.alias, field.label, ids[field.id], aliases, taken)
    return replace(
        _step(replace(step, title=title, hide_by_default=False), ids, aliases, now),
        deadline=step.deadline,
        stage_id=step.stage_id,
    )


def renamed_variables(text: str, aliases: Mapping[str, str]) -> str:
    """A text whose placeholders name the new aliases; those of anything else stay."""

    def renamed(name: str) -> str | None:
        told = _ALIAS.match(name)
        old = told[0].rstrip() if told else ""
        alias = aliases.get(old)
        return None if alias is None else f"{{{{{alias}{name[len(old) :]}}}}}"

    return substitute(text, renamed)


def with_renamed_variables(definition: Definition, aliases: Mapping[str, str]) -> Definition:
    """A definition whose texts name the new aliases."""
    if not aliases:
        return definition
    return replace(
        definition,
        kickoff=tuple(_field_texts(field, aliases) for field in definition.kickoff),
        steps=tuple(_step_texts(step, aliases) for step in definition.steps),
    )


def _rename(alias: str, text: str, record_id: str, aliases: dict[str, str], taken: set[str]) -> None:
    aliases[alias] = unique_alias(text, record_id, taken)
    taken.add(aliases[alias])


def _field(field: Field, ids: Mapping[str, str], aliases: Mapping[str, str], now: int) -> Field:
    return replace(
        _field_texts(field, aliases),
        id=ids[field.id],
        alias=aliases[field.alias],
        created_at=now,
        updated_at=now,
    )


def _step(step: Step, ids: Mapping[str, str], aliases: Mapping[str, str], now: int) -> Step:
    deadline = step.deadline
    if deadline is not None and deadline.step is not None:
        deadline = replace(deadline, step=_renamed(deadline.step, ids))
    return replace(
        _step_texts(replace(step, fields=()), aliases),
        id=ids[step.id],
        alias=aliases[step.alias],
        fields=tuple(_field(field, ids, aliases, now) for field in step.fields),
        deadline=deadline,
        stage_id=None if step.stage_id is None else ids.get(step.stage_id),
        created_at=now,
        updated_at=now,
    )


def _stage(stage: Stage, ids: Mapping[str, str], now: int) -> Stage:
    return replace(stage, id=ids[stage.id], created_at=now, updated_at=now)


def _rule(rule: Rule, ids: Mapping[str, str], now: int) -> Rule:
    return replace(
        rule,
        id=ids[rule.id],
        conditions=tuple(
            replace(condition, id=new_id(), conditionable_id=_renamed(condition.conditionable_id, ids))
            for condition in rule.conditions
        ),
        actions=tuple(_action(action, ids) for action in rule.actions),
        created_at=now,
        updated_at=now,
    )


def _action(action: Action, ids: Mapping[str, str]) -> Action:
    source = action.actionable_id
    return replace(
        action,
        id=new_id(),
        target_step_id=_renamed(action.target_step_id, ids),
        actionable_id=None if source is None else _renamed(source, ids),
    )


def _renamed(part_id: str, ids: Mapping[str, str]) -> str:
    return ids.get(part_id, part_id)


def _field_texts(field: Field, aliases: Mapping[str, str]) -> Field:
    default = field.default_value
    return replace(
        field,
        guidance=field.guidance and renamed_variables(field.guidance, aliases),
        default_value=renamed_variables(default, aliases) if isinstance(default, str) else default,
    )


def _step_texts(step: Step, aliases: Mapping[str, str]) -> Step:
    following = step.next_launch
    if following is not None and following.default_name_format:
        name_format = renamed_variables(following.default_name_format, aliases)
        following = replace(following, default_name_format=name_format)
    if following is not None and following.fields:
        texts = {field_id: renamed_variables(text, aliases) for field_id, text in following.fields.items()}
        following = replace(following, fields=texts)
    return replace(
        step,
        title=renamed_variables(step.title, aliases),
        summary=step.summary and renamed_variables(step.summary, aliases),
        fields=tuple(_field_texts(field, aliases) for field in step.fields),
        next_launch=following,
    )
