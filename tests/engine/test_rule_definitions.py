"""Rules from client data: engine 5.2 and 5.3, wire 2.11."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.definition import Definition, Field, Owners, Rule, RuleDeadline, Step
from handrail.engine.definitions import VERBS, rule_from
from handrail.kernel.errors import Errors

NOW = 1_800_000_000_000
AMOUNT = Field(id="k1", alias="amount", label="Amount", field_type="text")
DATE = Field(id="k2", alias="date", label="Date", field_type="date")
WHO = Field(id="f1", alias="who", label="Who", field_type="assignees_form")
NOTE = Field(id="f2", alias="note", label="Note", field_type="textarea")
DEFINITION = Definition(
    kickoff=(AMOUNT, DATE),
    steps=(
        Step(id="s1", alias="draft", title="Draft", fields=(WHO, NOTE)),
        Step(id="s2", alias="review", title="Review"),
        Step(id="s3", alias="pay", title="Pay"),
    ),
)
CONDITION = {"conditionable_type": "Prerun", "conditionable_id": "k1", "operation": "greater_than", "statement": "9"}
APPROVED = {"conditionable_type": "Step", "conditionable_id": "s2", "operation": "approved", "statement": None}
SHOW = {"action_type": "visibility", "action_verb": "show", "target_step_id": "s3"}
REOPEN = {"action_type": "status", "action_verb": "reopen", "target_step_id": "s1"}
SHIFT = {
    "action_type": "deadline",
    "action_verb": "deadline",
    "target_step_id": "s3",
    "deadline": {"value": -3, "unit": "days", "option": "before"},
}
ASSIGN = {"action_type": "assignment", "action_verb": "assign", "target_step_id": "s3", "assignees": {"users": [12]}}
CALL = {
    "action_type": "webhook",
    "action_verb": "emit_webhook",
    "target_step_id": "s3",
    "webhook_url": "https://erp.example/x",
    "alias_name": "erp",
}


class Office:
    """One member, no groups."""

    def has_member(self, user_id: int) -> bool:
        return user_id == 12

    def has_group(self, group_id: str) -> bool:
        return False


def body(*actions: dict[str, Any], conditions: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "automated_alias": "CFO if big",
        "conditions": [CONDITION] if conditions is None else conditions,
        "then_actions": list(actions) or [SHOW],
        **more,
    }


def attempt(data: dict[str, Any], current: Rule | None = None) -> tuple[Rule | None, dict[str, list[str]]]:
    errors = Errors()
    rule = rule_from(data, current=current, definition=DEFINITION, people=Office(), path="", errors=errors, now=NOW)
    assert (rule is None) == bool(errors)
    return rule, errors.found


def made(data: dict[str, Any], current: Rule | None = None) -> Rule:
    rule, found = attempt(data, current)
    assert found == {}
    assert rule is not None
    return rule


def test_a_rule_of_every_kind_of_action() -> None:
    anchored = {**SHIFT, "target_step_id": "s2", "actionable_type": "Prerun", "actionable_id": "k2"}
    picked = {**ASSIGN, "action_verb": "assign_only", "actionable_type": "Capture", "actionable_id": "f1"}
    clear = {**ASSIGN, "action_verb": "clear_assignees", "target_step_id": "s2"}
    rule = made(body(SHOW, SHIFT, anchored, ASSIGN, picked, clear, CALL, REOPEN, condition_logic="or"))
    assert rule.alias == "CFO if big"
    assert rule.conditions[0].logic == "and"
    assert rule.conditions[0].statement == "9"
    assert rule.actions[1].deadline == RuleDeadline(value=-3, unit="days", option="before")
    assert (rule.actions[2].actionable_type, rule.actions[2].actionable_id) == ("Prerun", "k2")
    assert [action.assignees for action in rule.actions[3:6]] == [Owners(users=(12,)), Owners(users=(12,)), Owners()]
    assert (rule.actions[6].webhook_url, rule.actions[6].alias_name) == ("https://erp.example/x", "erp")


@pytest.mark.parametrize(
    ("data", "path", "advice"),
    [
        (body(automated_alias=None), "automated_alias", "required"),
        (body(automated_alias="x" * 301), "automated_alias", "at most 300"),
        (body(conditions=[]), "conditions", "at least one"),
        ({"automated_alias": "A", "conditions": [CONDITION]}, "then_actions", "at least one"),
        (body(conditions=[CONDITION] * 51), "conditions", "at most 50"),
        (body(*[ASSIGN] * 51), "then_actions", "at most 50"),
        (body(conditions=["x"]), "conditions.0", "object"),
        (body(conditions=[{**CONDITION, "conditionable_type": "step"}]), "conditions.0.conditionable_type", "Step, Ca"),
        (body(conditions=[{**CONDITION, "conditionable_id": "zz"}]), "conditions.0.conditionable_id", "kick-off field"),
        (body(conditions=[{**CONDITION, "conditionable_id": "f1"}]), "conditions.0.conditionable_id", "is Capture"),
        (body(conditions=[{**CONDITION, "operation": "approved"}]), "conditions.0.operation", "not_contains, equals"),
        (body(conditions=[{**APPROVED, "operation": "equals"}]), "conditions.0.operation", "rejected, acknowledged"),
        (body(conditions=[{**CONDITION, "operation": ["equals"]}]), "conditions.0.operation", "one of"),
        (
            body(conditions=[{key: CONDITION[key] for key in CONDITION if key != "statement"}]),
            "conditions.0.statement",
            "present",
        ),
        (body(conditions=[{**APPROVED, "statement": "late"}]), "conditions.0.statement", "any_time, on-time"),
        (body(conditions=[{**CONDITION, "statement": "x" * 5001}]), "conditions.0.statement", "at most 5000"),
        (body(conditions=[{**CONDITION, "logic": "AND"}]), "conditions.0.logic", "and, or"),
        (body({**SHOW, "action_type": "show"}), "then_actions.0.action_type", "visibility, deadline"),
        (body({**SHOW, "action_verb": "reopen"}), "then_actions.0.action_verb", "show, hide"),
        (body({**ASSIGN, "action_verb": "add"}), "then_actions.0.action_verb", "assign_only, unassign, clear"),
        (body({**SHOW, "target_step_id": "k1"}), "then_actions.0.target_step_id", "no step"),
        (body({**SHOW, "target_step_id": None}), "then_actions.0.target_step_id", "required"),
        (body({**SHIFT, "deadline": None}), "then_actions.0.deadline", "value, unit and option"),
        (
            body({**SHIFT, "deadline": {"value": 1, "unit": "days"}}),
            "then_actions.0.deadline.option",
            "required",
        ),
        (
            body({**SHIFT, "deadline": {"value": 1, "unit": "day", "option": "from"}}),
            "then_actions.0.deadline.unit",
            "minutes, hours",
        ),
        (
            body({**SHIFT, "deadline": {"value": 1, "unit": "days", "option": "prior_to"}}),
            "then_actions.0.deadline.option",
            "before, from",
        ),
        (
            body({**SHIFT, "actionable_type": "Prerun", "actionable_id": "k1"}),
            "then_actions.0.actionable_id",
            "type date",
        ),
        (
            body({**ASSIGN, "actionable_type": "Step", "actionable_id": "s1"}),
            "then_actions.0.actionable_type",
            "Capture, Prerun",
        ),
        (
            body({**ASSIGN, "actionable_type": "Capture", "actionable_id": "f2"}),
            "then_actions.0.actionable_id",
            "assignees_form",
        ),
        (
            body({**SHOW, "actionable_type": "Step", "actionable_id": "s1"}),
            "then_actions.0.actionable_id",
            "leave it null",
        ),
        (body({**SHIFT, "actionable_type": "Step"}), "then_actions.0.actionable_id", "required"),
        (body({**SHIFT, "actionable_id": "s1"}), "then_actions.0.actionable_type", "Step, Capture"),
        (body({**ASSIGN, "assignees": {"users": []}}), "then_actions.0.assignees", "users, guests or groups"),
        (body({**ASSIGN, "assignees": {"users": [13]}}), "then_actions.0.assignees.users.0", "member"),
        (body({**CALL, "webhook_url": None}), "then_actions.0.webhook_url", "required"),
        (body({**CALL, "webhook_url": "erp"}), "then_actions.0.webhook_url", "http"),
        (body({**CALL, "alias_name": " "}), "then_actions.0.alias_name", "required"),
        (body(SHOW, {**SHOW, "action_verb": "hide"}), "then_actions.1.target_step_id", "second"),
        (body(SHIFT, SHIFT), "then_actions.1.target_step_id", "second"),
        (
            body({**REOPEN, "target_step_id": "s2"}, conditions=[CONDITION, APPROVED]),
            "then_actions.0.target_step_id",
            "may not reopen",
        ),
        (
            body(REOPEN, conditions=[{**CONDITION, "conditionable_type": "Capture", "conditionable_id": "f2"}]),
            "then_actions.0.target_step_id",
            "may not reopen",
        ),
    ],
)
def test_5_2_refusals(data: dict[str, Any], path: str, advice: str) -> None:
    _, found = attempt(data)
    assert list(found) == [path]
    assert advice in found[path][0]


def test_5_2_other_types_may_use_the_same_step_in_condition_and_action() -> None:
    actions = [{**action, "target_step_id": "s2"} for action in (SHOW, SHIFT, ASSIGN, CALL)]
    assert len(made(body(*actions, conditions=[APPROVED])).actions) == 4


def test_decision_62_any_field_operation_saves_on_any_field() -> None:
    condition = {"conditionable_type": "Capture", "conditionable_id": "f1", "operation": "less_than", "statement": []}
    assert made(body(conditions=[condition])).conditions[0].statement == []


def test_statements_keep_their_shape() -> None:
    for statement in ("EU", None, ["EU", "US"], 5, {"id": 1, "text": "EU"}):
        assert made(body(conditions=[{**CONDITION, "statement": statement}])).conditions[0].statement == statement


def test_5_4_positions_order_the_conditions_when_each_has_its_own() -> None:
    second = {**CONDITION, "statement": "second", "position": 2}
    first = {**CONDITION, "statement": "first", "position": "1"}
    listed = made(body(conditions=[second, first])).conditions
    assert [condition.statement for condition in listed] == ["first", "second"]
    tied = made(body(conditions=[{**second, "position": 1}, first])).conditions
    assert [condition.statement for condition in tied] == ["second", "first"]


def test_decision_1_absent_lists_stay_and_items_keep_their_ids() -> None:
    current = made(body(SHOW, ASSIGN))
    renamed = made({"automated_alias": "Other"}, current)
    assert (renamed.alias, renamed.conditions, renamed.actions) == ("Other", current.conditions, current.actions)
    kept = {**SHOW, "action_verb": "hide", "id": current.actions[0].id}
    foreign = {**ASSIGN, "id": "f" * 32}
    changed = made({"then_actions": [kept, foreign]}, current)
    assert changed.id == current.id
    assert changed.conditions == current.conditions
    assert changed.actions[0].id == current.actions[0].id
    assert changed.actions[1].id != "f" * 32
    _, found = attempt({"conditions": None}, current)
    assert list(found) == ["conditions"]


def test_kept_conditions_are_checked_against_new_actions() -> None:
    current = made(body(conditions=[APPROVED]))
    _, found = attempt({"then_actions": [{**REOPEN, "target_step_id": "s2"}]}, current)
    assert list(found) == ["then_actions.0.target_step_id"]


# ----------------------------------------------------------------------------------------------------- properties

IDS = ["s1", "s2", "s3", "f1", "f2", "k1", "k2", "zz"]
WORDS = [*IDS, *VERBS, *(verb for verbs in VERBS.values() for verb in verbs), "Step", "Capture", "Prerun", "equals"]
ATOMS = st.none() | st.booleans() | st.integers(-2, 12) | st.floats() | st.text(max_size=5) | st.sampled_from(WORDS)
KEYS = sorted({*CONDITION, *CALL, *SHIFT, *ASSIGN, "actionable_id", "actionable_type", "position", "logic", "users"})
JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "conditionable_type": st.sampled_from(["Step", "Capture", "Prerun"]),
            "conditionable_id": st.sampled_from(IDS),
            "operation": st.sampled_from(["equals", "completed", "is_empty"]),
            "statement": st.none() | JSON,
        },
        optional={"position": st.integers(1, 3), "logic": st.sampled_from(["and", "or"])},
    ),
    max_size=3,
)
ACTIONS = st.lists(
    st.tuples(st.sampled_from([SHOW, SHIFT, ASSIGN, CALL, REOPEN]), st.dictionaries(st.sampled_from(KEYS), JSON)).map(
        lambda pair: {**pair[0], **pair[1]}
    )
    | st.sampled_from([SHOW, SHIFT, ASSIGN, CALL, REOPEN]),
    max_size=3,
)


@given(CONDITIONS | JSON, ACTIONS | JSON, st.just("A") | JSON)
def test_any_body_makes_a_sound_rule_or_says_why_not(conditions: Any, actions: Any, alias: Any) -> None:
    rule, found = attempt({"automated_alias": alias, "conditions": conditions, "then_actions": actions})
    if rule is None:
        assert found
        return
    assert rule.conditions
    for condition in rule.conditions:
        assert condition.conditionable_id in IDS
    for action in rule.actions:
        assert action.action_verb in VERBS[action.action_type]
        assert action.target_step_id in ("s1", "s2", "s3")
        assert (action.deadline is None) == (action.action_type != "deadline")
    assert made({}, rule) == rule
