"""Simulated runs (wire 2.32, beyond the vendor): a virtual clock, who does what, what is refused, and no trace."""

from typing import Any

import pytest

from tests.features.builders import made, template
from tests.support.server import Org, Person

START = "2027-03-01T09:00:00.000Z"
UNKNOWN = "0" * 32


def simulated(person: Person, checklist: dict[str, Any], **body: Any) -> dict[str, Any]:
    return made(person.http.post(f"/x/checklists/{checklist['id']}/simulate", json={"started_at": START, **body}), 200)


def wrong(person: Person, checklist: dict[str, Any], **body: Any) -> set[str]:
    answer = person.http.post(f"/x/checklists/{checklist['id']}/simulate", json={"started_at": START, **body})
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])


def timeline(told: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(entry["at"][:16], entry["what"], entry["title"]) for entry in told["timeline"]]


def rule(org: Org, checklist: dict[str, Any], alias: str, operation: str, if_step: str, verb: str, step: str) -> None:
    body = {
        "automated_alias": alias,
        "conditions": [
            {
                "conditionable_id": if_step,
                "conditionable_type": "Step",
                "operation": operation,
                "statement": "any_time",
                "logic": "and",
            }
        ],
        "then_actions": [{"action_type": "visibility", "action_verb": verb, "target_step_id": step}],
    }
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=body))


def steps(checklist: dict[str, Any]) -> list[str]:
    return [step["id"] for step in checklist["steps"]["data"]]


def test_launch_alone(org: Org) -> None:
    checklist = template(org)
    told = simulated(org, checklist)
    assert timeline(told) == [("2027-03-01T09:00", "launched", None)]
    assert [(task["title"], task["status"], task["visible"]) for task in told["tasks"]] == [
        ("Step 1", "not-started", True),
        ("Step 2", "not-started", True),
    ]
    assert told["tasks"][0]["owners"] == {"users": [org.user_id], "guests": [], "groups": []}
    assert (told["run"]["status"], told["run"]["percent"], told["checklist_version"]) == ("active", 0, 1)


def test_rest_is_completed_in_order(org: Org) -> None:
    told = simulated(org, template(org), complete_rest=True)
    assert [entry[1:] for entry in timeline(told)[1:]] == [("completed", "Step 1"), ("completed", "Step 2")]
    assert (told["run"]["status"], told["run"]["percent"]) == ("complete", 100)


def test_rules_are_told_with_their_moments(org: Org) -> None:
    checklist = template(org, steps=[{"title": "Decide", "step_type": "approval"}, {"title": "Buy"}, {"title": "Tell"}])
    decide, buy, tell = steps(checklist)
    rule(org, checklist, "Approved: buy", "approved", decide, "show", buy)
    rule(org, checklist, "Rejected: tell", "rejected", decide, "show", tell)
    action = {"do": "approve", "step": "Decide", "after": {"value": 2, "unit": "hours"}}
    told = simulated(org, checklist, actions=[action], complete_rest=True)
    assert [(task["title"], task["visible"]) for task in told["tasks"]] == [
        ("Decide", True),
        ("Buy", True),
        ("Tell", False),
    ]
    assert [(one["alias"], one["fired_at"]) for one in told["rules"]] == [
        ("Approved: buy", ["2027-03-01T11:00:00.000Z"]),
        ("Rejected: tell", []),
    ]
    changes = told["timeline"][1]["changes"]
    applied = next(change for change in changes if change["kind"] == "rule.applied")
    assert (applied["rule"], applied["verb"], applied["title"]) == ("Approved: buy", "show", "Buy")
    assert told["run"]["status"] == "complete"


def test_the_clock_expires_tasks_and_tells_rules_of_late_ones(org: Org) -> None:
    day = {"value": 1, "unit": "days", "option": "from", "step": "start_run"}
    checklist = template(
        org,
        steps=[
            {"title": "Offer", "step_type": "expiring", "deadline": day},
            {"title": "Pay", "deadline": {**day, "value": 2}},
            {"title": "Remind"},
        ],
    )
    _, pay, remind = steps(checklist)
    rule(org, checklist, "Late", "overdue", pay, "show", remind)
    told = simulated(org, checklist, until="2027-03-10T09:00:00.000Z")
    assert timeline(told)[1:] == [("2027-03-02T09:00", "expired", "Offer"), ("2027-03-03T09:00", "overdue", "Pay")]
    assert [(task["status"], task["visible"]) for task in told["tasks"]] == [
        ("completed", True),
        ("not-started", True),
        ("not-started", True),
    ]
    assert told["tasks"][0]["is_approved"] is False
    assert told["run"]["ended_at"] == "2027-03-10T09:00:00.000Z"
    early = simulated(org, checklist, actions=[{"step": "Pay"}], until="2027-03-10T09:00:00.000Z")
    assert [entry[1] for entry in timeline(early)] == ["launched", "completed", "expired"]


def test_answers_by_label_and_refusals(org: Org) -> None:
    captures = [{"label": "Amount", "field_type": "text", "required": True, "field_validation": ["numeric"]}]
    checklist = template(
        org,
        steps=[{"title": "Pay", "captures": captures}, {"title": "File"}],
        prerun=[{"label": "Vendor", "field_type": "text", "required": True}],
    )
    assert len(wrong(org, checklist)) == 1
    prerun = {"Vendor": "Quay Ltd"}
    told = simulated(org, checklist, prerun=prerun, actions=[{"step": "Pay"}], complete_rest=True)
    assert [entry[1:] for entry in timeline(told)[1:]] == [
        ("refused", "Pay"),
        ("refused", "Pay"),
        ("completed", "File"),
    ]
    assert list(told["timeline"][1]["errors"].values()) == [["Amount is required"]]
    told = simulated(org, checklist, prerun=prerun, actions=[{"step": "Pay", "taskdata": {"Amount": "much"}}])
    assert timeline(told)[1][1] == "refused"
    told = simulated(org, checklist, prerun=prerun, answers={"Amount": "42"}, complete_rest=True)
    assert (told["run"]["status"], list(told["tasks"][0]["taskdata"].values())) == ("complete", ["42"])
    answering = {"do": "answer", "step": "Pay", "taskdata": {"Amount": "7"}}
    told = simulated(org, checklist, prerun=prerun, actions=[answering])
    assert told["tasks"][0]["status"] == "in-progress"


def test_people_act_with_their_own_rights(org: Org) -> None:
    ann, ben = org.member("standard"), org.member("standard")
    step = {"title": "Both", "assignees": [ann.user_id, ben.user_id], "everyone_must_complete": True}
    hers = {"title": "Ann's", "assignees": [ann.user_id], "can_complete_only_assignees": True}
    checklist = template(org, steps=[step, hers])
    actions = [{"step": "Both", "by": ann.user_id}, {"step": "Ann's", "by": ben.user_id}]
    told = simulated(org, checklist, actions=actions)
    assert [entry[1:] for entry in timeline(told)[1:]] == [("signed", "Both"), ("refused", "Ann's")]
    assert told["timeline"][2]["message"] == "You may not complete this task."
    told = simulated(org, checklist, complete_rest=True)
    assert [entry[1] for entry in timeline(told)] == ["launched", "signed", "completed", "completed"]
    guest = template(org, steps=[{"title": "Theirs", "guests": ["rui@pilots.example"]}])
    told = simulated(org, guest, actions=[{"step": "Theirs", "by": "Rui@pilots.example"}])
    assert timeline(told)[1][1] == "completed"


def test_reopening_and_waiting(org: Org) -> None:
    checklist = template(org)
    actions = [
        {"step": "Step 1"},
        {"do": "wait", "after": {"value": 1, "unit": "weeks"}},
        {"do": "reopen", "step": "Step 1"},
        {"do": "reopen", "step": "Step 1"},
    ]
    told = simulated(org, checklist, actions=actions)
    assert timeline(told)[2:] == [
        ("2027-03-08T09:00", "waited", None),
        ("2027-03-08T09:00", "reopened", "Step 1"),
        ("2027-03-08T09:00", "reopened", "Step 1"),
    ]
    assert told["timeline"][4]["changes"] == []


def test_steps_of_another_template_come_in(org: Org) -> None:
    inner = template(org, title="Inner", steps=[{"title": "Inside"}])
    checklist = template(org)
    first = steps(checklist)[0]
    at = f"/checklists/{checklist['id']}/steps/{first}"
    launch = {"id": inner["id"], "tasks_within_process": True}
    made(org.http.put(at, json={"title": "Step 1", "bp_to_launch": launch}), 200)
    told = simulated(org, checklist, complete_rest=True)
    assert [task["title"] for task in told["tasks"]] == ["Step 1", "Inside", "Step 2"]
    assert told["run"]["status"] == "complete"
    made(org.http.put(at, json={"title": "Step 1", "bp_to_launch": {**launch, "tasks_within_process": False}}), 200)
    told = simulated(org, checklist, complete_rest=True)
    assert "launch.process" in [change["kind"] for change in told["timeline"][1]["changes"]]


def test_no_trace_is_left(org: Org) -> None:
    mail = {"title": "Mail", "step_type": "email"}
    checklist = template(org, steps=[mail, {"title": "Two", "guests": ["new@quay.example"]}])
    before = [org.http.get(path).json() for path in ("/runs", "/tasks", "/x/mails", "/guests")]
    version = made(org.http.get(f"/checklists/{checklist['id']}"), 200)
    with org.server.count_statements() as statements:
        simulated(org, checklist, complete_rest=True)
    assert not [text for text in statements if not text.lstrip().upper().startswith("SELECT")]
    assert [org.http.get(path).json() for path in ("/runs", "/tasks", "/x/mails", "/guests")] == before
    assert made(org.http.get(f"/checklists/{checklist['id']}"), 200) == version


def test_what_is_wrong_is_named(org: Org) -> None:
    checklist = template(org)
    late = {"step": "Step 1", "at": "2027-02-01T00:00:00Z"}
    assert wrong(org, checklist, actions=[{"step": "Nowhere"}]) == {"actions.0.step"}
    assert wrong(org, checklist, actions=[{"do": "complete"}]) == {"actions.0.step"}
    assert wrong(org, checklist, actions=[late]) == {"actions.0.at"}
    assert wrong(org, checklist, actions=[{**late, "at": "soon"}]) == {"actions.0.at"}
    assert wrong(org, checklist, actions=[{"step": "Step 1", "by": 999_999_999}]) == {"actions.0.by"}
    assert wrong(org, checklist, actions=[{"step": "Step 1", "taskdata": {"Colour": "red"}}]) == {
        "actions.0.taskdata.Colour"
    }
    assert wrong(org, checklist, prerun={"Colour": "red"}) == {"prerun.Colour"}
    assert wrong(org, checklist, until="2020-01-01") == {"until"}
    assert wrong(org, checklist, until="2090-01-01") == {"until"}
    assert wrong(org, checklist, started_at="yesterday") == {"started_at"}
    pauses = [{"do": "wait", "after": {"value": 10_000, "unit": "weeks"}}]
    assert wrong(org, checklist, actions=pauses) == {"actions.0"}
    assert wrong(org, checklist, actions=[{"do": "dance"}]) == {"actions.0.do"}
    assert wrong(org, checklist, actions=[{"step": "Step 1"}] * 201) == {"actions"}


def test_who_may_simulate(org: Org) -> None:
    checklist = template(org)
    assert org.member("light").http.post(f"/x/checklists/{checklist['id']}/simulate", json={}).status_code in (403, 404)
    assert org.http.post(f"/x/checklists/{UNKNOWN}/simulate", json={}).status_code == 404
    assert simulated(org.member("standard"), checklist)["run"]["status"] == "active"


@pytest.mark.parametrize("draft", [True, False])
def test_drafts_are_tried_by_those_who_write_them(org: Org, draft: bool) -> None:
    checklist = template(org, dual_version_enabled=draft)
    assert simulated(org, checklist)["checklist_version"] == 1
