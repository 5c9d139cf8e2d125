"""The rules of a template version made ready to run: predicates, and which rules to ask when something changes."""

from collections.abc import Mapping, Sequence

import msgspec

from handrail.engine.definition import Action, Definition, Owners, Rule
from handrail.engine.rule_definitions import Parts
from handrail.engine.rules.conditions import Predicate, predicate
from handrail.engine.rules.live import spoken_of

# actions that wait until the tasks are completed whose answers the conditions look at (decision 31)
WAITING = ("status", "webhook")


class CompiledRule(msgspec.Struct, frozen=True, eq=False):
    """One rule. `index` is its place in the order of rules.

    `answered_in` are the steps whose fields its conditions look at, `looks_at` those and the steps they name.
    """

    index: int
    rule: Rule
    holds: Predicate
    actions: tuple[Action, ...]
    answered_in: tuple[str, ...]
    looks_at: frozenset[str]
    waits: bool
    sends: bool


class RuleSet(msgspec.Struct, frozen=True, eq=False):
    """All rules of one template version.

    `asking` has the rules, by index and in order, that a change of a subject concerns: a field id, a step id when its
    task was completed, reopened, hidden or shown, `owners_of(step id)` when its people changed, `lateness_of(step id)`
    when it became overdue. `fields_of` are the fields by step that are subjects, `unowned` the steps whose people are.
    `shown` are the steps that some rule shows, hidden at launch (engine 5.5); `watched` those that a rule wants to know
    overdue.
    """

    rules: tuple[CompiledRule, ...]
    asking: Mapping[str, tuple[int, ...]]
    fields_of: Mapping[str, tuple[str, ...]]
    unowned: frozenset[str]
    shown: frozenset[str]
    watched: frozenset[str]
    parts: Parts
    people: "RulePeople"


class RulePeople(msgspec.Struct, frozen=True, eq=False):
    """Whom assignment actions are about: people named, assignee fields read, and the steps whose owners change."""

    named: tuple[Owners, ...] = ()
    fields: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.steps)


def owners_of(step_id: str) -> str:
    """The subject that stands for the people of a step's task; only `not_assigned` asks for it."""
    return f"{step_id} owners"


def lateness_of(step_id: str) -> str:
    """The subject that stands for a step's task having become overdue; only `overdue` asks for it."""
    return f"{step_id} overdue"


def compile_rules(definition: Definition) -> RuleSet | None:
    """The rules of a definition, None when it has none. It costs some microseconds a rule: once per version."""
    if not definition.rules:
        return None
    parts = Parts(definition)
    rules = tuple(_compiled(index, rule, parts) for index, rule in enumerate(definition.rules))
    asking: dict[str, list[int]] = {}
    for compiled in rules:
        for subject in _subjects(compiled.rule):
            asking.setdefault(subject, []).append(compiled.index)
    for named, speaking in spoken_of([*parts.kickoff.values(), *parts.captures.values()], parts).items():
        more = {index for field_id in speaking for index in asking.get(field_id, ())}
        if more:
            asking[named] = sorted(more.union(asking.get(named, ())))
    fields_of = {
        step.id: fields
        for step in definition.steps
        if (fields := tuple(field.id for field in step.fields if field.id in asking))
    }
    actions = [action for rule in definition.rules for action in rule.actions]
    conditions = [condition for rule in definition.rules for condition in rule.conditions]
    return RuleSet(
        rules=rules,
        asking={subject: tuple(indexes) for subject, indexes in asking.items()},
        fields_of=fields_of,
        unowned=frozenset(c.conditionable_id for c in conditions if c.operation == "not_assigned"),
        shown=frozenset(action.target_step_id for action in actions if action.action_verb == "show"),
        watched=frozenset(c.conditionable_id for c in conditions if c.operation == "overdue"),
        parts=parts,
        people=_people([action for action in actions if action.action_type == "assignment"]),
    )


def _compiled(index: int, rule: Rule, parts: Parts) -> CompiledRule:
    captures = [c.conditionable_id for c in rule.conditions if c.conditionable_type == "Capture"]
    steps = {c.conditionable_id for c in rule.conditions if c.conditionable_type == "Step"}
    answered_in = tuple(dict.fromkeys(parts.step_of[field] for field in captures if field in parts.step_of))
    return CompiledRule(
        index=index,
        rule=rule,
        holds=predicate(rule.conditions, parts),
        actions=rule.actions,
        answered_in=answered_in,
        looks_at=frozenset(steps.union(answered_in)),
        waits=any(action.action_type in WAITING for action in rule.actions),
        sends=any(action.action_type == "webhook" for action in rule.actions),
    )


def _subjects(rule: Rule) -> set[str]:
    """What a rule has to be asked about again: what its conditions look at, and the fields its actions read."""
    found: set[str] = set()
    for condition in rule.conditions:
        found.add(condition.conditionable_id)
        if condition.operation == "not_assigned":
            found.add(owners_of(condition.conditionable_id))
        elif condition.operation == "overdue":
            found.add(lateness_of(condition.conditionable_id))
    found.update(action.actionable_id for action in rule.actions if action.actionable_id is not None)
    return found


def _people(actions: Sequence[Action]) -> RulePeople:
    return RulePeople(
        named=tuple(action.assignees for action in actions if action.assignees),
        fields=frozenset(action.actionable_id for action in actions if action.actionable_id is not None),
        steps=frozenset(action.target_step_id for action in actions),
    )
