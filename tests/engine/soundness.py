"""What must be true of every definition, whatever was done to it."""

from handrail.engine.definition import Definition
from handrail.engine.definitions import aliases_of
from handrail.engine.rule_definitions import Parts


def assert_sound(definition: Definition) -> None:
    """Ids and aliases are unique, and every reference leads to a part of the right kind."""
    fields = [*definition.kickoff, *(field for step in definition.steps for field in step.fields)]
    rules = definition.rules
    ids = [part.id for part in (*fields, *definition.steps, *definition.stages, *rules)]
    ids += [part.id for rule in rules for part in (*rule.conditions, *rule.actions)]
    assert len(set(ids)) == len(ids)
    assert len(aliases_of(definition)) == len(fields) + len(definition.steps)
    parts = Parts(definition)
    stages = {stage.id for stage in definition.stages}
    for step in definition.steps:
        assert step.stage_id is None or step.stage_id in stages
        anchor = step.deadline.step if step.deadline else None
        assert anchor in (None, "start_run") or anchor in parts.steps
    for rule in rules:
        for condition in rule.conditions:
            assert parts.kind_of(condition.conditionable_id) == condition.conditionable_type
        for action in rule.actions:
            assert action.target_step_id in parts.steps
            assert (action.actionable_id is None) == (action.actionable_type is None)
            if action.actionable_id is not None:
                assert parts.kind_of(action.actionable_id) == action.actionable_type
