"""Rules from what a client gave: the rules about rules of engine 5.2 and 5.3 and wire 2.11."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from handrail.engine import limits
from handrail.engine.definition import (
    NOBODY,
    Action,
    Condition,
    Definition,
    Field,
    Owners,
    Rule,
    RuleDeadline,
)
from handrail.engine.given import Given, in_given_order
from handrail.engine.people import People
from handrail.engine.step_definitions import read_people
from handrail.kernel.errors import Errors
from handrail.kernel.ids import new_id
from handrail.kernel.worktime import UNITS

STEP_OPERATIONS = (
    *("completed", "approved", "rejected", "acknowledged", "expired", "reopened", "not_assigned"),
    "overdue",
)
FIELD_OPERATIONS = (
    *("contains", "not_contains", "equals", "not_equals", "equals_any", "greater_than", "less_than"),
    *("is_empty", "is_not_empty", "greater_or_equal", "less_or_equal"),
)
TIME_CLAUSES = ("any_time", "on-time", "early_24", "late_24")
CONDITIONABLE_TYPES: tuple[Literal["Step", "Capture", "Prerun"], ...] = ("Step", "Capture", "Prerun")
VERBS: dict[str, tuple[str, ...]] = {
    "visibility": ("show", "hide"),
    "deadline": ("deadline",),
    "assignment": ("assign", "assign_only", "unassign", "clear_assignees"),
    "status": ("reopen",),
    "webhook": ("emit_webhook",),
}
DEADLINE_OPTIONS = ("before", "from")
# what the date or the people of an action may be read from, by the type of the action (decision 75)
_ACTIONABLE = {"deadline": ("Step", "Capture", "Prerun"), "assignment": ("Capture", "Prerun")}
_ACTIONABLE_FIELD = {"deadline": "date", "assignment": "assignees_form"}


class Parts:
    """What the rules of a template can refer to, by id."""

    def __init__(self, definition: Definition) -> None:
        self.steps = {step.id: step for step in definition.steps}
        self.kickoff = {field.id: field for field in definition.kickoff}
        self.captures = {field.id: field for step in definition.steps for field in step.fields}
        self.step_of = {field.id: step.id for step in definition.steps for field in step.fields}

    def kind_of(self, part_id: str) -> str | None:
        """`Step`, `Capture` or `Prerun`; None when the template has no such part."""
        if part_id in self.steps:
            return "Step"
        if part_id in self.captures:
            return "Capture"
        return "Prerun" if part_id in self.kickoff else None

    def field(self, field_id: str) -> Field | None:
        return self.captures.get(field_id) or self.kickoff.get(field_id)


def rule_from(
    data: Mapping[str, Any],
    *,
    current: Rule | None,
    definition: Definition,
    people: People,
    path: str,
    errors: Errors,
    now: int,
) -> Rule | None:
    """A new rule, or `current` with what was given merged over it; None when something is wrong.

    A list that is given replaces the stored one; its entries keep the ids they had. Everything named must be part of
    `definition`.
    """
    found = Errors()
    given = Given(data, path, found)
    parts = Parts(definition)
    alias = given.needed_text("automated_alias", current and current.alias, limits.RULE_NAME)
    conditions = current.conditions if current else ()
    actions = current.actions if current else ()
    if "conditions" in given or current is None:
        known = {condition.id for condition in conditions}
        conditions = tuple(_condition(item, parts, known) for item in _listed(given, "conditions", limits.CONDITIONS))
    if "then_actions" in given or current is None:
        stored = {action.id: action for action in actions}
        actions = tuple(_action(item, parts, stored, people) for item in _listed(given, "then_actions", limits.ACTIONS))
    if not found:
        _check_together(given, conditions, actions, parts)
    for where, texts in found.found.items():
        for text in texts:
            errors.add(where, text)
    if found:
        return None
    return Rule(
        id=current.id if current else new_id(),
        alias=alias,
        conditions=conditions,
        actions=actions,
        created_at=current.created_at if current else now,
        updated_at=now,
    )


def reopened_in_conditions(conditions: tuple[Condition, ...], action: Action, parts: Parts) -> bool:
    """Whether an action would reopen a step that the conditions look at, itself or through one of its fields."""
    return action.action_type == "status" and any(
        action.target_step_id == parts.step_of.get(condition.conditionable_id, condition.conditionable_id)
        for condition in conditions
    )


def _listed(given: Given, key: str, limit: int) -> list[Given]:
    items = given.objects(key, limit)
    if not items and not given.is_wrong(key):
        given.refuse(key, f"The {key} are required: a list with at least one entry.")
    return in_given_order(items)


def _kept_id(given: Given, known: set[str] | Mapping[str, object]) -> str:
    """The id an entry came with when it is one of this rule's, else a new one."""
    item_id = given.data.get("id")
    return item_id if isinstance(item_id, str) and item_id in known else new_id()


# ------------------------------------------------------------------------------------------------------ conditions


def _condition(given: Given, parts: Parts, known: set[str]) -> Condition:
    kind = given.word("conditionable_type", CONDITIONABLE_TYPES)
    if kind is None and given.data.get("conditionable_type") is None:
        given.refuse("conditionable_type", f"The conditionable_type is required: {', '.join(CONDITIONABLE_TYPES)}.")
    part_id = given.needed_text("conditionable_id", None, 64)
    if kind is not None and part_id:
        _check_part(given, "conditionable_id", part_id, kind, parts)
    allowed = STEP_OPERATIONS if kind == "Step" else FIELD_OPERATIONS
    operation = given.data.get("operation")
    if kind is not None and operation not in allowed:
        given.refuse("operation", f"The operation of a condition on a {kind} must be one of: {', '.join(allowed)}.")
    return Condition(
        id=_kept_id(given, known),
        conditionable_id=part_id,
        conditionable_type=kind or "Step",
        operation=operation if isinstance(operation, str) else "",
        statement=_statement(given, kind),
        logic="or" if given.word("logic", ("and", "or")) == "or" else "and",
        column_contains_name=given.text("column_contains_name", None, limits.COLUMN_LABEL),
    )


def _check_part(given: Given, key: str, part_id: str, kind: str, parts: Parts) -> None:
    actual = parts.kind_of(part_id)
    if actual is None:
        given.refuse(key, f"This template has no {_NAMES[kind]} with this id.")
    elif actual != kind:
        given.refuse(key, f"This is the id of a {_NAMES[actual]}: its type is {actual}, not {kind}.")


_NAMES = {"Step": "step", "Capture": "field of a step", "Prerun": "kick-off field"}


def _statement(given: Given, kind: str | None) -> Any:
    if "statement" not in given:
        given.refuse("statement", "The statement key must be present; it may be null.")
        return None
    statement = given.plain("statement", None)
    if isinstance(statement, str) and len(statement) > limits.STATEMENT:
        given.refuse("statement", f"The statement may have at most {limits.STATEMENT} characters.")
    if kind == "Step" and statement not in (None, "", *TIME_CLAUSES):
        given.refuse("statement", f"The statement of a condition on a Step must be null or one of: {_listing()}.")
    return statement


def _listing() -> str:
    return ", ".join(TIME_CLAUSES)


# --------------------------------------------------------------------------------------------------------- actions


def _action(given: Given, parts: Parts, stored: Mapping[str, Action], people: People) -> Action:
    action_type = given.data.get("action_type")
    if not isinstance(action_type, str) or action_type not in VERBS:
        given.refuse_word("action_type", VERBS)
        action_type = ""
    verb = given.data.get("action_verb")
    allowed = VERBS.get(action_type, ())
    if action_type and verb not in allowed:
        given.refuse("action_verb", f"The action_verb of a {action_type} action must be one of: {', '.join(allowed)}.")
    target = given.needed_text("target_step_id", None, 64)
    if target and target not in parts.steps:
        given.refuse("target_step_id", "This template has no step with this id.")
    action_id = _kept_id(given, stored)
    actionable_id, actionable_type = _actionable(given, action_type, parts)
    before = stored.get(action_id)
    is_webhook = action_type == "webhook"
    return Action(
        id=action_id,
        action_type=cast(Any, action_type),
        action_verb=verb if isinstance(verb, str) else "",
        target_step_id=target,
        deadline=_rule_deadline(given) if action_type == "deadline" else None,
        assignees=_assignees(given, verb, actionable_id, before.assignees if before else NOBODY, people)
        if action_type == "assignment"
        else NOBODY,
        actionable_id=actionable_id,
        actionable_type=actionable_type,
        webhook_url=_needed_address(given) if is_webhook else None,
        alias_name=given.needed_text("alias_name", None, limits.WEBHOOK_NAME) if is_webhook else None,
    )


def _needed_address(given: Given) -> str | None:
    address = given.web_address("webhook_url", None)
    if address is None and not given.is_wrong("webhook_url"):
        given.refuse("webhook_url", "The webhook_url is required for emit_webhook.")
    return address


def _actionable(given: Given, action_type: str, parts: Parts) -> tuple[str | None, str | None]:
    part_id = given.text("actionable_id", None, 64)
    kind = given.text("actionable_type", None, 64)
    if part_id is None and kind is None:
        return None, None
    allowed = _ACTIONABLE.get(action_type, ())
    if not allowed:
        if action_type:
            given.refuse("actionable_id", f"A {action_type} action reads nothing from a step or field: leave it null.")
    elif kind is None or kind not in allowed:
        given.refuse(
            "actionable_type", f"The actionable_type of a {action_type} action must be one of: {', '.join(allowed)}."
        )
    elif part_id is None:
        given.refuse("actionable_id", "The actionable_id is required beside actionable_type.")
    else:
        _check_part(given, "actionable_id", part_id, kind, parts)
        field = parts.field(part_id)
        wanted = _ACTIONABLE_FIELD[action_type]
        if field is not None and field.field_type != wanted:
            given.refuse("actionable_id", f"A {action_type} action reads fields of type {wanted} only.")
    return part_id, kind


def _rule_deadline(given: Given) -> RuleDeadline | None:
    deadline = given.object("deadline")
    if deadline is None:
        if not given.is_wrong("deadline"):
            given.refuse("deadline", "The deadline is required, with value, unit and option.")
        return None
    value = deadline.whole("value", -limits.OFFSET, limits.OFFSET)
    unit = deadline.word("unit", UNITS)
    option = deadline.word("option", DEADLINE_OPTIONS)
    for key in ("value", "unit", "option"):
        if deadline.data.get(key) is None:
            deadline.refuse(key, f"The {key} is required in the deadline of an action.")
    return RuleDeadline(value=value or 0, unit=unit or "days", option="before" if option == "before" else "from")


def _assignees(given: Given, verb: Any, actionable_id: str | None, current: Owners, people: People) -> Owners:
    if verb == "clear_assignees":
        return NOBODY
    assignees = given.object("assignees")
    owners = NOBODY
    if assignees is not None:
        # absent buckets are empty here: the list of actions replaces the stored one as a whole
        listed = Given({"users": None, "guests": None, "groups": None, **assignees.data}, assignees.path, given.errors)
        owners = read_people(listed, ("users", "guests", "groups"), current, people)
    if not owners and actionable_id is None and not given.is_wrong("assignees"):
        given.refuse("assignees", f"The action {verb} needs users, guests or groups, or an assignee field to read.")
    return owners


# -------------------------------------------------------------------------------------------------------- together


def _check_together(given: Given, conditions: tuple[Condition, ...], actions: tuple[Action, ...], parts: Parts) -> None:
    targets: set[tuple[str, str]] = set()
    for index, action in enumerate(actions):
        key = f"then_actions.{index}.target_step_id"
        if action.action_type in ("visibility", "deadline"):
            target = (action.action_type, action.target_step_id)
            if target in targets:
                given.refuse(key, f"A rule may have one {action.action_type} action for a step; this is the second.")
            targets.add(target)
        if reopened_in_conditions(conditions, action, parts):
            given.refuse(key, "A rule may not reopen a step that its conditions look at, itself or one of its fields.")
