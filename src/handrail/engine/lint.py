"""What is wrong with a template before anybody launches it: rules that never fire, steps that never show, and so on.

It only claims what it can show from the definition alone: an answer that nobody can give, a step that no rule can
reach. What depends on people is not guessed. Pure; the work grows with conditions and actions, not with their pairs.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from handrail.engine.complete import EXPIRING_TYPES
from handrail.engine.definition import CHOICE_TYPES, Condition, Definition, Field, Rule, Step
from handrail.engine.lint_texts import unknown_names
from handrail.engine.rules.comparisons import COMPARISONS, ORDER
from handrail.engine.rules.readings import date_of, number_of, statement_lists, statement_text

Code = Literal[
    "rule-never-fires",
    "option-does-not-exist",
    "step-never-shows",
    "rules-contradict",
    "rule-contradicts-itself",
    "rule-undoes-its-cause",
    "deadline-held-forever",
    "deadline-goes-round",
    "variable-unknown",
]
Severity = Literal["error", "warning"]

# two different texts cannot both equal the one answer; dates can be written in several ways
_ONE_TEXT = frozenset({"text", "textarea", "email", "dropdown", "radio"})
_FITTING = {
    "approved": frozenset({"approval"}),
    "rejected": frozenset({"approval"}),
    "acknowledged": frozenset(EXPIRING_TYPES),
    "expired": frozenset(EXPIRING_TYPES),
}
# of one task, at one moment, at most one of these
_EXCLUSIVE = ("approved", "rejected", "acknowledged", "expired", "reopened")
_OPPOSITE = {"show": "hide", "hide": "show"}


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: where, what, and what would mend it.

    `step` and `rule` are ids; `path` is the place in the template's document.
    """

    code: Code
    severity: Severity
    path: str
    message: str
    advice: str
    step: str | None = None
    rule: str | None = None


def lint(definition: Definition) -> list[Finding]:
    """Everything that is wrong, in the order of the rules and then of the steps."""
    return list(_Look(definition).findings())


class _Look:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.steps = {step.id: step for step in definition.steps}
        self.places = {step.id: index for index, step in enumerate(definition.steps)}
        self.captures = {field.id: (field, step) for step in definition.steps for field in step.fields}
        self.kickoff = {field.id: field for field in definition.kickoff}
        self.impossible = {rule.id: self._why_impossible(rule) for rule in definition.rules}
        self.reachable = self._reachable()

    def findings(self) -> Iterator[Finding]:
        for index, rule in enumerate(self.definition.rules):
            yield from self._of_rule(index, rule)
        yield from self._contradictions()
        for index, step in enumerate(self.definition.steps):
            yield from self._of_step(index, step)
        for unknown in unknown_names(self.definition):
            yield Finding(
                "variable-unknown",
                "warning",
                unknown.path,
                f"{unknown.about} speaks of {{{{{unknown.name}}}}}, which is the alias of no field; people will see "
                "the braces.",
                "Write the alias of a field, or take it out.",
                step=unknown.step,
            )

    # what can be seen at all

    def _reachable(self) -> set[str]:
        """The steps that can be seen by somebody: not hidden at first, or shown by a rule that can fire."""
        shown = {
            action.target_step_id
            for rule in self.definition.rules
            for action in rule.actions
            if action.action_verb == "show"
        }
        found = {step.id for step in self.definition.steps if step.id not in shown and not step.hide_by_default}
        waiting = list(self.definition.rules)
        while True:
            firing = [rule for rule in waiting if self._can_fire(rule, found)]
            fresh = {
                action.target_step_id
                for rule in firing
                for action in rule.actions
                if action.action_verb == "show" and action.target_step_id in self.steps
            } - found
            waiting = [rule for rule in waiting if rule not in firing]
            if not fresh:
                return found
            found |= fresh

    def _can_fire(self, rule: Rule, reachable: set[str]) -> bool:
        """The left fold with what each condition could be, at best."""
        if self.impossible[rule.id] is not None:
            return False
        result = False
        for number, condition in enumerate(rule.conditions):
            holds = self._can_hold(condition, reachable)
            result = holds if number == 0 else (result or holds) if condition.logic == "or" else (result and holds)
        return result

    def _can_hold(self, condition: Condition, reachable: set[str]) -> bool:
        if self._why_never(condition) is not None:
            return False
        if condition.conditionable_type == "Step":
            return condition.operation == "not_assigned" or condition.conditionable_id in reachable
        # answers of hidden steps may be written all the same (engine 1.4)
        return True

    # conditions that cannot hold whatever happens

    def _why_never(self, condition: Condition) -> str | None:
        part = condition.conditionable_id
        if condition.conditionable_type == "Step":
            step = self.steps.get(part)
            if step is None:
                return "it asks about a step that is not there"
            fitting = _FITTING.get(condition.operation)
            if fitting is not None and step.step_type not in fitting:
                return f'"{step.title}" is of type {step.step_type}, which is never {condition.operation}'
            return None
        field = self._field(condition)
        if field is None:
            return "it asks about a field that is not there"
        missing = self._missing_options(condition, field)
        if missing and condition.operation != "not_equals":
            return f'"{field.label}" has no option "{missing[0]}"'
        return _why_meaningless(condition, field)

    def _field(self, condition: Condition) -> Field | None:
        if condition.conditionable_type == "Prerun":
            return self.kickoff.get(condition.conditionable_id)
        found = self.captures.get(condition.conditionable_id)
        return None if found is None else found[0]

    def _missing_options(self, condition: Condition, field: Field) -> list[str]:
        """What a condition on a choice asks for and no option has; empty while one of several is there."""
        if field.field_type not in CHOICE_TYPES:
            return []
        known = {str(option.get("text", "")).strip() for option in field.options}
        known |= {str(option.get("id", "")) for option in field.options}
        if condition.operation in ("equals", "not_equals") and field.field_type != "multiselect":
            word = statement_text(condition.statement).strip()
            return [word] if word and word not in known else []
        if condition.operation != "equals_any":
            return []
        lists = [[word.strip() for word in words] for words in statement_lists(condition.statement)]
        if any(word in known for words in lists for word in words):
            return []
        return [word for word in (lists[-1] if lists else []) if word]

    def _why_impossible(self, rule: Rule) -> str | None:
        """Two conditions joined by `and` alone that exclude each other."""
        if any(condition.logic == "or" for condition in rule.conditions[1:]):
            return None
        answers: dict[str, str] = {}
        states: dict[str, str] = {}
        filled: dict[str, bool] = {}
        for condition in rule.conditions:
            part, operation = condition.conditionable_id, condition.operation
            if condition.conditionable_type == "Step":
                if operation in _EXCLUSIVE and states.setdefault(part, operation) != operation:
                    title = self.steps[part].title if part in self.steps else part
                    return f'"{title}" cannot be {states[part]} and {operation} at once'
                continue
            field = self._field(condition)
            if field is None:
                continue
            if operation in ("is_empty", "is_not_empty", "equals"):
                wanted = operation != "is_empty"
                if filled.setdefault(part, wanted) != wanted:
                    return f'"{field.label}" cannot be empty and answered at once'
            if operation == "equals" and field.field_type in _ONE_TEXT:
                word = _text(field, condition)
                if answers.setdefault(part, word) != word:
                    return f'"{field.label}" has one answer, not "{answers[part]}" and "{word}" at once'
        return None

    # findings

    def _of_rule(self, index: int, rule: Rule) -> Iterator[Finding]:
        path = f"automated_actions.{index}"
        for place, condition in enumerate(rule.conditions):
            field = self._field(condition) if condition.conditionable_type != "Step" else None
            if field is None:
                continue
            for word in self._missing_options(condition, field)[:5]:
                yield Finding(
                    "option-does-not-exist",
                    "error" if condition.operation != "not_equals" else "warning",
                    f"{path}.conditions.{place}.statement",
                    f'The rule "{rule.alias}" asks for "{word}", which is no option of "{field.label}".',
                    "Write one of the options, or add it to the field.",
                    rule=rule.id,
                )
        if not self._can_fire(rule, self.reachable):
            yield Finding(
                "rule-never-fires",
                "error",
                path,
                f'The rule "{rule.alias}" can never fire: {self._because(rule)}.',
                "Change its conditions, or delete it.",
                rule=rule.id,
            )
        verbs: dict[tuple[str, str], int] = {}
        for place, action in enumerate(rule.actions):
            opposite, title = _OPPOSITE.get(action.action_verb), self._title(action.target_step_id)
            if opposite is not None and (opposite, action.target_step_id) in verbs:
                yield Finding(
                    "rule-contradicts-itself",
                    "error",
                    f"{path}.then_actions.{place}",
                    f'The rule "{rule.alias}" shows and hides "{title}"; the last one wins.',
                    "Keep the one that is meant.",
                    step=action.target_step_id,
                    rule=rule.id,
                )
            verbs[action.action_verb, action.target_step_id] = place
            if self._undoes_its_cause(rule, action.action_verb, action.target_step_id):
                yield Finding(
                    "rule-undoes-its-cause",
                    "warning",
                    f"{path}.then_actions.{place}",
                    f'The rule "{rule.alias}" reopens "{title}" because of what happened to it; '
                    "the task whose change fires a rule is left alone by it.",
                    "Let another step decide.",
                    step=action.target_step_id,
                    rule=rule.id,
                )

    def _undoes_its_cause(self, rule: Rule, verb: str, target: str) -> bool:
        return (
            verb == "reopen"
            and len(rule.conditions) == 1
            and rule.conditions[0].conditionable_id == target
            and rule.conditions[0].operation != "reopened"
        )

    def _because(self, rule: Rule) -> str:
        reason = self.impossible[rule.id]
        if reason is not None:
            return reason
        for condition in rule.conditions:
            never = self._why_never(condition)
            if never is not None:
                return never
        for condition in rule.conditions:
            if not self._can_hold(condition, self.reachable):
                return f'"{self._title(condition.conditionable_id)}" is never shown'
        return "its conditions exclude each other"

    def _title(self, step_id: str) -> str:
        step = self.steps.get(step_id)
        return step_id if step is None else step.title

    def _contradictions(self) -> Iterator[Finding]:
        """Rules that hold at the same times and want the opposite of one step."""
        seen: dict[tuple[Any, str, str], Rule] = {}
        for index, rule in enumerate(self.definition.rules):
            asked = tuple(_asked(condition, place) for place, condition in enumerate(rule.conditions))
            for place, action in enumerate(rule.actions):
                opposite = _OPPOSITE.get(action.action_verb)
                if opposite is None:
                    continue
                other = seen.get((asked, opposite, action.target_step_id))
                if other is not None and other.id != rule.id:
                    yield Finding(
                        "rules-contradict",
                        "error",
                        f"automated_actions.{index}.then_actions.{place}",
                        f'The rules "{other.alias}" and "{rule.alias}" have the same conditions and want the opposite '
                        f'of "{self._title(action.target_step_id)}"; the later one wins.',
                        "Delete one of the two, or change its conditions.",
                        step=action.target_step_id,
                        rule=rule.id,
                    )
                seen.setdefault((asked, action.action_verb, action.target_step_id), rule)

    def _of_step(self, index: int, step: Step) -> Iterator[Finding]:
        if step.id not in self.reachable:
            yield Finding(
                "step-never-shows",
                "error",
                f"steps.{index}",
                f'"{step.title}" is hidden at first, and no rule that can fire shows it.',
                "Add a rule that shows it, mend the ones that should, or delete the step.",
                step=step.id,
            )
        deadline = step.deadline
        anchor = None if deadline is None else deadline.step
        if deadline is None or anchor is None or anchor not in self.steps:
            return
        if self._goes_round(step):
            yield Finding(
                "deadline-goes-round",
                "error",
                f"steps.{index}.deadline.step",
                f'The deadline of "{step.title}" depends on itself, through "{self._title(anchor)}".',
                "Let one of them depend on the launch.",
                step=step.id,
            )
        elif anchor not in self.reachable and step.id in self.reachable and deadline.option != "prior_to":
            yield Finding(
                "deadline-held-forever",
                "warning",
                f"steps.{index}.deadline.step",
                f'The deadline of "{step.title}" waits for "{self._title(anchor)}", which is never shown.',
                "Let it depend on a step that is shown, or on the launch.",
                step=step.id,
            )

    def _goes_round(self, step: Step) -> bool:
        seen: set[str] = set()
        at = step
        while at.deadline is not None and at.deadline.step in self.steps:
            if at.id in seen:
                return at.id == step.id
            seen.add(at.id)
            at = self.steps[at.deadline.step or ""]
        return False


def _text(field: Field, condition: Condition) -> str:
    """The answer that a condition wants; of a choice the option's text, also where its id is written."""
    word = statement_text(condition.statement).strip()
    texts = {str(option.get("id", "")): str(option.get("text", "")).strip() for option in field.options}
    return texts.get(word, word)


def _why_meaningless(condition: Condition, field: Field) -> str | None:
    """An operation that the type does not know, or a statement that no answer can be compared with (decision 62)."""
    operation, kind = condition.operation, field.field_type
    if operation in ("is_empty", "is_not_empty"):
        return None
    if operation not in COMPARISONS[kind]:
        return f'"{field.label}" is of type {kind}, for which {operation} is never true'
    written = statement_text(condition.statement)
    word = written.strip()
    # a space may be searched for
    if (operation == "equals" and not word and kind != "multiselect") or (operation == "contains" and not written):
        return f'it compares "{field.label}" with nothing'
    if operation not in ORDER:
        return None
    what, read = ("date", date_of(word, "UTC")) if kind == "date" else ("number", number_of(word))
    return None if read is not None else f'it compares "{field.label}" with "{word}", which is no {what}'


def _asked(condition: Condition, place: int) -> tuple[Any, ...]:
    statement = condition.statement
    words = repr(statement) if not isinstance(statement, str) else statement.strip()
    if condition.operation in ("contains", "not_contains"):
        # without regard to case, unlike all others (decision 29)
        words = words.casefold()
    logic = condition.logic if place else "and"
    return (
        condition.conditionable_type,
        condition.conditionable_id,
        condition.operation,
        words,
        logic,
        condition.column_contains_name,
    )
