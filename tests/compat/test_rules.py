"""Automated actions of templates, through the official client."""

from typing import Any

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client, said
from tests.compat.test_templates import template
from tests.support.server import Org


def rule(when: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "automated_alias": "Show the second",
        "conditions": [
            {
                "conditionable_id": when,
                "conditionable_type": "Step",
                "operation": "completed",
                "statement": "any_time",
                "logic": "and",
                "position": 1,
            }
        ],
        "then_actions": [{"action_type": "visibility", "action_verb": "show", "target_step_id": target, **more}],
    }


@pytest.fixture
def place(sdk: Client, org: Org) -> tuple[str, str, str]:
    """A template and its two steps."""
    made = template(sdk, org, "One", "Two")
    one, two = (step.id for step in sdk.get_template_steps(org.organization_id, made))
    return made, one, two


def test_create_and_read(org: Org, sdk: Client, place: tuple[str, str, str]) -> None:
    made, one, two = place
    created = sdk.create_automation_rule(org.organization_id, made, rule(one, two))
    assert created["automated_alias"] == "Show the second"
    assert len(created["id"]) == 32
    (read,) = sdk.get_template(org.organization_id, made).automated_actions
    assert read.id == created["id"]
    (condition,) = read.conditions
    assert (condition.conditionable_id, condition.conditionable_type) == (one, "Step")
    assert (condition.operation, condition.statement, condition.logic) == ("completed", "any_time", "and")
    (action,) = read.then_actions
    assert (action.action_type, action.action_verb, action.target_step_id) == ("visibility", "show", two)
    assert len(action.id) == 32
    assert action.deadline is None


def test_deadline_and_assignment_actions(org: Org, sdk: Client, place: tuple[str, str, str]) -> None:
    made, one, two = place
    person = org.member()
    body = rule(one, two)
    body["then_actions"] = [
        {
            "action_type": "deadline",
            "action_verb": "deadline",
            "target_step_id": two,
            "deadline": {"value": 2, "unit": "days", "option": "from"},
        },
        {
            "action_type": "assignment",
            "action_verb": "assign",
            "target_step_id": two,
            "assignees": {"users": [person.user_id], "guests": ["rui@pilots.example"], "groups": []},
        },
    ]
    sdk.create_automation_rule(org.organization_id, made, body)
    (read,) = sdk.get_template(org.organization_id, made).automated_actions
    deadline, assignment = read.then_actions
    assert (deadline.deadline.value, deadline.deadline.unit) == (2, "days")
    assert assignment.assignees.users == [person.user_id]
    assert assignment.assignees.guests == ["rui@pilots.example"]


def test_change_keeps_what_is_not_named(org: Org, sdk: Client, place: tuple[str, str, str]) -> None:
    made, one, two = place
    created = sdk.create_automation_rule(org.organization_id, made, rule(one, two))
    changed = sdk.update_automation_rule(org.organization_id, made, created["id"], {"alias": "Hide it"})
    assert (changed["id"], changed["automated_alias"]) == (created["id"], "Hide it")
    assert changed["conditions"][0]["conditionable_id"] == one
    hidden = [{"action_type": "visibility", "action_verb": "hide", "target_step_id": two}]
    sdk.update_automation_rule(org.organization_id, made, created["id"], actions=hidden)
    (read,) = sdk.get_template(org.organization_id, made).automated_actions
    assert [action.action_verb for action in read.then_actions] == ["hide"]


def test_wrong_verb_is_refused(org: Org, sdk: Client, place: tuple[str, str, str]) -> None:
    made, one, two = place
    with pytest.raises(TallyfyError) as failure:
        sdk.create_automation_rule(org.organization_id, made, rule(one, two, action_verb="assign"))
    assert failure.value.status_code == 422
    assert any(path.startswith("then_actions.0") for path in said(failure)["errors"])


def test_delete(org: Org, sdk: Client, place: tuple[str, str, str]) -> None:
    made, one, two = place
    created = sdk.create_automation_rule(org.organization_id, made, rule(one, two))
    assert sdk.delete_automation_rule(org.organization_id, made, created["id"])
    assert sdk.get_template(org.organization_id, made).automated_actions == []


def test_analysis_of_dependencies(org: Org, sdk: Client, place: tuple[str, str, str]) -> None:
    made, one, two = place
    created = sdk.create_automation_rule(org.organization_id, made, rule(one, two))
    of_one = sdk.get_step_dependencies(org.organization_id, made, one)["dependencies"]
    assert [entry["step_id"] for entry in of_one["outgoing"]] == [two]
    of_two = sdk.get_step_dependencies(org.organization_id, made, two)["dependencies"]
    assert [(entry["step_id"], entry["condition_type"]) for entry in of_two["incoming"]] == [(one, "completed")]
    seen = sdk.get_step_visibility_conditions(org.organization_id, made, two)
    assert [entry["automation_id"] for entry in seen["visibility_rules"]["show_rules"]] == [created["id"]]
    assert seen["step_info"]["default_visibility"] == "conditionally_visible"


def test_step_that_a_rule_needs_cannot_be_deleted(org: Org, sdk: Client, place: tuple[str, str, str]) -> None:
    made, one, two = place
    sdk.create_automation_rule(org.organization_id, made, rule(one, two))
    for step in (one, two):
        with pytest.raises(TallyfyError) as failure:
            sdk.delete_step(org.organization_id, made, step)
        assert failure.value.status_code == 422
