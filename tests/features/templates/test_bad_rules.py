"""Rules and deadlines that cannot be: 422 with the path of each key that offends, and nothing is stored."""

from typing import Any

import pytest

from tests.features.builders import made, template
from tests.support.server import Org

WHO = {"id": "who", "label": "Who", "field_type": "assignees_form", "required": False}
DAY = {"id": "day", "label": "Day", "field_type": "date", "required": False}
AMOUNT = {"id": "amount", "label": "Amount", "field_type": "text", "required": False}
STEPS: list[dict[str, Any]] = [
    {"id": "a", "title": "A", "captures": [{"id": "note", "label": "Note", "field_type": "text", "required": False}]},
    {"id": "b", "title": "B", "step_type": "approval"},
    {"id": "c", "title": "C"},
]
BIG = {"conditionable_type": "Prerun", "conditionable_id": "amount", "operation": "greater_than", "statement": "9"}
SHOW = {"action_type": "visibility", "action_verb": "show", "target_step_id": "c"}
SHIFT = {
    "action_type": "deadline",
    "action_verb": "deadline",
    "target_step_id": "c",
    "deadline": {"value": 1, "unit": "days", "option": "before"},
}


def rule(condition: dict[str, Any] | None = None, action: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"automated_alias": "R", "conditions": [{**BIG, **(condition or {})}], "then_actions": [action or SHOW]}


def refused(org: Org, rules: list[Any], steps: list[dict[str, Any]] | None = None) -> dict[str, list[str]]:
    """What is wrong when a template with these rules is posted; nothing is stored."""
    before = org.http.get("/checklists").json()["meta"]["pagination"]["total"]
    body = {"title": "T", "type": "procedure", "prerun": [AMOUNT, WHO, DAY], "steps": steps or STEPS}
    answer = org.http.post("/checklists", json={**body, "automated_actions": rules})
    assert answer.status_code == 422, answer.text
    assert org.http.get("/checklists").json()["meta"]["pagination"]["total"] == before
    return answer.json()["errors"]


def test_a_sound_rule_is_taken(org: Org) -> None:
    made(
        org.http.post(
            "/checklists",
            json={"title": "T", "prerun": [AMOUNT], "steps": STEPS, "automated_actions": [rule(action=SHIFT)]},
        )
    )


@pytest.mark.parametrize(
    ("given", "path"),
    [
        # steps and fields that are not there
        (rule({"conditionable_id": "nothing"}), "conditions.0.conditionable_id"),
        (
            rule({"conditionable_type": "Step", "conditionable_id": "z", "operation": "completed", "statement": None}),
            "conditions.0.conditionable_id",
        ),
        (rule({"conditionable_type": "Capture"}), "conditions.0.conditionable_id"),
        (rule(action={**SHOW, "target_step_id": "z"}), "then_actions.0.target_step_id"),
        (rule(action={**SHIFT, "actionable_type": "Prerun", "actionable_id": "z"}), "then_actions.0.actionable_id"),
        (
            rule(action={**SHIFT, "actionable_type": "Prerun", "actionable_id": "amount"}),
            "then_actions.0.actionable_id",
        ),
        # pairs that do not go together
        (rule(action={**SHOW, "action_verb": "reopen"}), "then_actions.0.action_verb"),
        (
            rule(action={**SHOW, "action_type": "assignment", "assignees": {"guests": ["a@x.example"]}}),
            "then_actions.0.action_verb",
        ),
        (rule(action={**SHOW, "action_type": "complete"}), "then_actions.0.action_type"),
        (rule({"operation": "approved"}), "conditions.0.operation"),
        # the words of the other kind of deadline
        (
            rule(action={**SHIFT, "deadline": {"value": 1, "unit": "days", "option": "prior_to"}}),
            "then_actions.0.deadline.option",
        ),
        (
            rule(action={**SHIFT, "deadline": {"value": 1, "unit": "day", "option": "from"}}),
            "then_actions.0.deadline.unit",
        ),
        (rule({"logic": "AND"}), "conditions.0.logic"),
    ],
)
def test_the_key_that_offends_is_named(org: Org, given: dict[str, Any], path: str) -> None:
    # the same where rules are saved one by one, without the place in the list
    assert set(refused(org, [rule(), given])) == {f"automated_actions.1.{path}"}
    checklist = template(org, prerun=[AMOUNT, WHO, DAY], steps=STEPS)
    names = {field["label"].lower(): field["id"] for field in checklist["prerun"]}
    names |= {step["title"].lower(): step["id"] for step in checklist["steps"]["data"]}

    def renamed(part: Any) -> Any:
        if isinstance(part, dict):
            return {
                key: names.get(value, value) if key.endswith("_id") else renamed(value) for key, value in part.items()
            }
        return [renamed(one) for one in part] if isinstance(part, list) else part

    answer = org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=renamed(given))
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {path})


@pytest.mark.parametrize(
    ("deadline", "path"),
    [
        ({"value": 1, "unit": "days", "option": "before", "step": "b"}, "deadline.option"),
        ({"value": 1, "unit": "days", "option": "prior_to", "step": "start_run"}, "deadline"),
        ({"value": 1, "unit": "moons", "option": "from", "step": "b"}, "deadline.unit"),
        ({"value": -1, "unit": "days", "option": "from", "step": "b"}, "deadline.value"),
        ({"value": 1, "unit": "days", "option": "from", "step": "z"}, "deadline.step"),
        ({"value": 1, "unit": "days", "option": "from", "step": "a"}, "deadline.step"),
    ],
)
def test_deadlines_of_steps(org: Org, deadline: dict[str, Any], path: str) -> None:
    steps = [{**STEPS[0], "deadline": deadline}, *STEPS[1:]]
    (found,) = refused(org, [], steps)
    assert found.startswith(f"steps.0.{path}")


def test_deadlines_that_wait_for_each_other(org: Org) -> None:
    def due(anchor: str) -> dict[str, Any]:
        return {"deadline": {"value": 1, "unit": "days", "option": "from", "step": anchor}}

    steps = [{**STEPS[0], **due("b")}, {**STEPS[1], **due("c")}, {**STEPS[2], **due("a")}]
    (found,) = refused(org, [], steps)
    assert found.startswith("steps.")
    assert found.endswith("deadline.step")


def test_ten_thousand_rules(org: Org) -> None:
    body = {"title": "T", "prerun": [AMOUNT], "steps": STEPS, "automated_actions": [rule()] * 10_000}
    answer = org.http.post("/checklists", json=body)
    assert answer.status_code in (413, 422)
    if answer.status_code == 422:
        assert set(answer.json()["errors"]) == {"automated_actions"}


def test_a_rule_that_would_run_away(org: Org) -> None:
    """Conditions and statements are bounded, so none of them takes long; each bound is named."""
    assert set(refused(org, [{**rule(), "conditions": [BIG] * 10_000}])) == {"automated_actions.0.conditions"}
    assert set(refused(org, [{**rule(), "then_actions": [SHOW] * 10_000}])) == {"automated_actions.0.then_actions"}
    long = {"operation": "equals_any", "statement": ["x"] * 10_000}
    assert set(refused(org, [rule(long)])) == {"automated_actions.0.conditions.0.statement"}
    assert set(refused(org, [rule({"statement": "9" * 100_000})])) == {"automated_actions.0.conditions.0.statement"}
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    assert set(refused(org, [rule({"statement": deep})])) == {"automated_actions.0.conditions.0.statement"}
    for number in ("9" * 400, "1e400", "-", "1" + ",000" * 90):
        # numbers of any size are read or are none; they cost nothing
        body = {"title": "T", "prerun": [AMOUNT], "steps": STEPS, "automated_actions": [rule({"statement": number})]}
        checklist = made(org.http.post("/checklists", json=body))
        run = org.http.post("/runs", json={"checklist_id": checklist["id"], "prerun": {}})
        assert run.status_code == 201
