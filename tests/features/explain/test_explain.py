"""Explanations: what is told of a task is what the rules themselves would say (wire 2.32)."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.support.server import Org

CHOICE = {
    "label": "Region",
    "field_type": "radio",
    "required": False,
    "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}],
}


def rule(org: Org, checklist: dict[str, Any], alias: str, conditions: list[Any], *actions: dict[str, Any]) -> None:
    body = {"automated_alias": alias, "conditions": conditions, "then_actions": list(actions)}
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=body))


def on_kickoff(checklist: dict[str, Any], value: str) -> dict[str, Any]:
    field = checklist["prerun"][0]["id"]
    return {
        "conditionable_id": field,
        "conditionable_type": "Prerun",
        "operation": "equals",
        "statement": value,
        "logic": "and",
    }


def completed(step: dict[str, Any]) -> dict[str, Any]:
    return {
        "conditionable_id": step["id"],
        "conditionable_type": "Step",
        "operation": "completed",
        "statement": "any_time",
        "logic": "and",
    }


def visibility(verb: str, step: dict[str, Any]) -> dict[str, Any]:
    return {"action_type": "visibility", "action_verb": verb, "target_step_id": step["id"]}


def explain(person: Any, process: dict[str, Any], place: int) -> dict[str, Any]:
    return made(person.http.get(f"/x/tasks/{process['tasks'][place]['id']}/explain"), 200)


def complete(org: Org, process: dict[str, Any], place: int) -> None:
    body = {"task_id": process["tasks"][place]["id"]}
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json=body), 200)


def test_hidden_until_a_rule_shows_it(org: Org) -> None:
    checklist = template(org, prerun=[CHOICE], plain_steps=3)
    first, second, _ = checklist["steps"]["data"]
    shows = visibility("show", second)
    rule(org, checklist, "Customs", [on_kickoff(checklist, "UK"), completed(first)], shows)
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "UK"})
    told = explain(org, process, 1)["visibility"]
    assert (told["visible"], told["because"]) == (False, "hidden-at-first")
    (one,) = told["rules"]
    assert (one["automated_alias"], one["holds"], one["verbs"]) == ("Customs", False, ["show"])
    kickoff, step = one["conditions"]
    assert (kickoff["name"], kickoff["holds"], kickoff["current"], kickoff["statement"]) == ("Region", True, "UK", "UK")
    assert (step["name"], step["holds"], step["current"]) == (first["title"], False, "not-started")
    text = explain(org, process, 1)["would_change"]
    assert text == [f'The rule "Customs" (show) acts once "{first["title"]}" is completed.']
    complete(org, process, 0)
    told = explain(org, process, 1)["visibility"]
    assert (told["visible"], told["because"]) == (True, "shown-by-rule")
    assert told["rules"][0]["holds"] is True
    assert told["rules"][0]["last_verb"] == "show"
    assert told["rules"][0]["last_acted_at"] is not None
    assert explain(org, process, 1)["would_change"] == []


def test_what_was_done_by_hand_is_said(org: Org) -> None:
    checklist = template(org, prerun=[CHOICE], plain_steps=2)
    first, _ = checklist["steps"]["data"]
    rule(org, checklist, "Never", [on_kickoff(checklist, "EU")], visibility("hide", first))
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "UK"})
    assert explain(org, process, 0)["visibility"]["because"] == "visible-from-the-start"
    path = f"/x/runs/{process['id']}/tasks/{process['tasks'][0]['id']}/visibility"
    made(org.http.post(path, json={"visible": False}), 200)
    told = explain(org, process, 0)
    assert told["visibility"]["because"] == "hidden-by-hand"
    assert "by hand" in told["would_change"][0]


def test_whose_it_is(org: Org) -> None:
    member = org.member()
    checklist = template(org, prerun=[CHOICE], plain_steps=1)
    (step,) = checklist["steps"]["data"]
    assign = {
        "action_type": "assignment",
        "action_verb": "assign",
        "target_step_id": step["id"],
        "assignees": {"users": [member.user_id], "guests": [], "groups": []},
    }
    rule(org, checklist, "Ours", [on_kickoff(checklist, "EU")], assign)
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "EU"})
    told = explain(org, process, 0)["assignment"]
    assert set(told["owners"]["users"]) >= {member.user_id}
    assert told["from_step"] == {"users": [], "guests": [], "groups": []}
    assert told["starter_fills_in"] is True
    assert told["because"] == "by-rule"
    assert (told["rules"][0]["holds"], told["rules"][0]["last_verb"]) == (True, "assign")


def test_when_it_is_due(org: Org) -> None:
    first = {"title": "First", "deadline": {"value": 1, "unit": "days", "option": "from", "step": "start_run"}}
    checklist = template(org, steps=[first, {"title": "Second"}, {"title": "Third"}])
    steps = checklist["steps"]["data"]
    hanging = {"value": 2, "unit": "days", "option": "from", "step": steps[0]["id"]}
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{steps[1]['id']}", json={"deadline": hanging}), 200)
    process = launched(org, checklist)
    assert explain(org, process, 0)["deadline"]["because"] == "step"
    assert explain(org, process, 2)["deadline"]["because"] == "organization-default"
    told = explain(org, process, 1)["deadline"]
    assert (told["because"], told["anchor"]["step_id"], told["anchor"]["status"]) == (
        "waits-for-step",
        steps[0]["id"],
        "not-started",
    )
    assert told["of_step"] == hanging
    complete(org, process, 0)
    told = explain(org, process, 1)["deadline"]
    assert (told["because"], told["anchor"]["status"]) == ("follows-step", "completed")
    path = f"/runs/{process['id']}/tasks/{process['tasks'][1]['id']}"
    made(org.http.put(path, json={"deadline": "2031-05-01 10:00:00"}), 200)
    assert explain(org, process, 1)["deadline"]["because"] == "by-hand"


def test_where_owners_come_from(org: Org) -> None:
    helper = org.member()
    steps = [
        {"title": "Named", "assignees": [helper.user_id]},
        {"title": "Nobody named"},
        {"title": "Left alone", "assign_run_starter": False},
        {"title": "Handed over"},
    ]
    process = launched(org, template(org, steps=steps))
    path = f"/runs/{process['id']}/tasks/{process['tasks'][3]['id']}"
    made(org.http.put(path, json={"owners": {"users": [helper.user_id]}}), 200)
    because = [explain(org, process, place)["assignment"]["because"] for place in range(4)]
    assert because == ["step", "starter", "nobody", "by-hand"]


def test_a_date_that_a_rule_has_set(org: Org) -> None:
    checklist = template(org, prerun=[CHOICE], plain_steps=1)
    (step,) = checklist["steps"]["data"]
    moves = {
        "action_type": "deadline",
        "action_verb": "deadline",
        "target_step_id": step["id"],
        "deadline": {"value": 1, "unit": "days", "option": "from"},
    }
    rule(org, checklist, "Later", [on_kickoff(checklist, "EU")], moves)
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "EU"})
    assert explain(org, process, 0)["deadline"]["because"] == "by-rule"


def test_what_would_change_is_true_and_says_how(org: Org) -> None:
    """Neither what cannot happen to a task as it stands, nor a name without what it would have to be."""
    checklist = template(org, prerun=[CHOICE], steps=[{"title": "A", "step_type": "expiring"}, {"title": "B"}])
    first, second = checklist["steps"]["data"]
    alias = checklist["prerun"][0]["alias"]
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{first['id']}", json={"title": f"A {{{{{alias}}}}}"}), 200)
    either = [on_kickoff(checklist, "EU"), completed(first) | {"logic": "or", "statement": "late_24"}]
    rule(org, checklist, "Shows", either, visibility("show", second))
    rule(org, checklist, "Hides", [on_kickoff(checklist, "EU")], visibility("hide", second))
    reopens = {"action_type": "status", "action_verb": "reopen", "target_step_id": first["id"]}
    rule(org, checklist, "Again", [completed(second)], reopens)
    process = launched(org, checklist, prerun={checklist["prerun"][0]["id"]: "UK"})
    # hidden: what hides it cannot act; open: nothing reopens it
    assert explain(org, process, 1)["would_change"] == [
        'The rule "Shows" (show) acts once "Region" equals "EU" or "A UK" is completed at least 24 hours late.'
    ]
    assert explain(org, process, 0)["would_change"] == ["It expires by itself at its deadline."]
    complete(org, process, 0)
    assert explain(org, process, 0)["would_change"] == [
        "The task is completed: only reopening it changes anything.",
        'The rule "Again" (reopen) acts once "B" is completed.',
    ]
    path = f"/x/runs/{process['id']}/tasks/{process['tasks'][1]['id']}/visibility"
    made(org.http.post(path, json={"visible": True}), 200)
    assert explain(org, process, 1)["would_change"] == ["It was shown by hand, and no rule changes that."]


def test_a_rule_that_sends_too_does_not_keep_what_it_shows_waiting(org: Org) -> None:
    note = {"label": "Verdict", "field_type": "text", "required": False}
    checklist = template(org, steps=[{"title": "Ask", "captures": [note]}, {"title": "B"}])
    ask, second = checklist["steps"]["data"]
    filled = completed(ask) | {
        "conditionable_id": ask["captures"][0]["id"],
        "conditionable_type": "Capture",
        "operation": "is_not_empty",
        "statement": None,
    }
    sends = {"action_type": "webhook", "action_verb": "emit_webhook", "target_step_id": second["id"]}
    sends |= {"webhook_url": "https://erp.example/in", "alias_name": "erp"}
    rule(org, checklist, "Both", [filled], visibility("show", second), sends)
    process = launched(org, checklist)
    path = f"/runs/{process['id']}/tasks/{process['tasks'][0]['id']}"
    made(org.http.put(path, json={"taskdata": {ask["captures"][0]["id"]: "guilty"}}), 200)
    told = explain(org, process, 1)
    assert (told["visibility"]["visible"], told["visibility"]["rules"][0]["waiting_for"]) == (True, [])
    assert told["would_change"] == []


def test_secrets_of_others_are_withheld(org: Org) -> None:
    member = org.member()
    note = {"label": "Verdict", "field_type": "text", "required": False}
    checklist = template(org, steps=[{"title": "Secret", "top_secret": True, "captures": [note]}, {"title": "Open"}])
    secret, open_step = checklist["steps"]["data"]
    field = secret["captures"][0]["id"]
    condition = {
        "conditionable_id": field,
        "conditionable_type": "Capture",
        "operation": "contains",
        "statement": "guilty",
        "logic": "and",
    }
    rule(org, checklist, "Sentence", [condition], visibility("hide", open_step))
    owners = {open_step["id"]: {"owners": {"users": [member.user_id]}}}
    process = launched(org, checklist, tasks=owners)
    path = f"/runs/{process['id']}/tasks/{process['tasks'][0]['id']}"
    made(org.http.put(path, json={"taskdata": {field: "not proven"}}), 200)
    assert explain(org, process, 1)["visibility"]["rules"][0]["conditions"][0]["current"] == "not proven"
    answer = member.http.get(f"/x/tasks/{process['tasks'][1]['id']}/explain")
    (told,) = made(answer, 200)["visibility"]["rules"][0]["conditions"]
    assert (told["withheld"], told["current"], told["name"]) == (True, None, "")
    for word in ("not proven", "guilty", "Verdict", "Secret"):
        assert word not in answer.text
    assert member.http.get(f"/x/tasks/{process['tasks'][0]['id']}/explain").status_code == 404


@pytest.mark.parametrize("role", ["standard", "light"])
def test_strangers_and_single_tasks(org: Org, role: str) -> None:
    process = launched(org, template(org, plain_steps=1))
    light = org.member("light")
    assert light.http.get(f"/x/tasks/{process['tasks'][0]['id']}/explain").status_code == 404
    body = {
        "title": "Errand",
        "task_type": "task",
        "owners": {"users": [org.user_id]},
        "deadline": "2031-05-01 10:00:00",
    }
    single = made(org.http.post("/tasks", json=body))
    assert org.http.get(f"/x/tasks/{single['id']}/explain").status_code == 422
    assert org.member(role).http.get(f"/x/tasks/{'0' * 32}/explain").status_code == 404


def test_explaining_writes_nothing_and_costs_a_fixed_number_of_statements(org: Org) -> None:
    counts: list[int] = []
    for steps in (2, 30):
        process = launched(org, template(org, plain_steps=steps))
        explain(org, process, 0)
        with org.server.count_statements() as statements:
            explain(org, process, 0)
        assert not [text for text in statements if not text.startswith("SELECT")]
        counts.append(len(statements))
    assert counts[0] == counts[1]
