"""Completing and reopening tasks through the API: wire 2.18, engine 2.2."""

from typing import Any

import httpx

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.accounts.test_tokens import session_token
from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.support.browser import Browser
from tests.support.server import Org, Person


def at_browser(person: Person) -> httpx.Client:
    """A client of the person who has signed in with a browser."""
    browser = Browser(person.server.url).sign_in(with_password(person).email, PASSWORD)
    return person.client(session_token(browser))


def complete(org: Org, process: dict[str, Any], task: dict[str, Any], **body: Any) -> Any:
    return org.client().post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"], **body})


def test_a_process_is_complete_when_its_tasks_are(org: Org) -> None:
    process = launched(org, template(org))
    first, second = process["tasks"]
    done = made(complete(org, process, first), 200)
    assert done["status"] == "completed"
    assert done["status_label"] == "completed"
    assert done["completer_id"] == org.user_id
    assert done["completed_at"] is not None
    assert done["tasks_changed_by_rules"] == {}
    read = org.client().get(f"/runs/{process['id']}").json()["data"]
    assert (read["status"], read["progress"]) == ("active", {"complete": 1, "total": 2, "percent": 50})
    made(complete(org, process, second), 200)
    read = org.client().get(f"/runs/{process['id']}").json()["data"]
    assert (read["status"], read["progress"]["percent"]) == ("complete", 100)
    assert read["completed_at"] is not None


def test_a_second_completion_changes_nothing(org: Org) -> None:
    process = launched(org, template(org))
    first = made(complete(org, process, process["tasks"][0]), 200)
    again = made(complete(org, process, process["tasks"][0]), 200)
    assert {**again, "tasks_changed_by_rules": None} == {**first, "tasks_changed_by_rules": None}
    strict = org.client().post(
        f"/runs/{process['id']}/completed-tasks",
        json={"task_id": process["tasks"][0]["id"]},
        headers={"X-Handrail-Strict": "1"},
    )
    assert strict.status_code == 422


def test_answers_may_come_with_the_completion(org: Org) -> None:
    checklist = template(
        org, steps=[{"title": "Ask", "captures": [{"label": "Tax number", "field_type": "text", "required": True}]}]
    )
    field = checklist["steps"]["data"][0]["captures"][0]["id"]
    process = launched(org, checklist)
    (task,) = process["tasks"]
    missing = complete(org, process, task)
    assert missing.status_code == 422
    assert missing.json()["errors"] == {f"taskdata.{field}": ["Tax number is required"]}
    wrong = complete(org, process, task, taskdata={field: ["a", "list"]})
    assert wrong.status_code == 422
    assert list(wrong.json()["errors"]) == [f"taskdata.{field}"]
    read = org.client().get(f"/tasks/{task['id']}").json()["data"]
    assert (read["status"], read["taskdata"]) == ("not-started", {})
    done = made(complete(org, process, task, taskdata={field: "PT501964843", "0" * 32: "dropped"}), 200)
    assert done["taskdata"] == {field: "PT501964843"}
    fields = org.client().get(f"/tasks/{task['id']}?with=form_fields").json()["data"]["form_fields"]["data"]
    assert [(entry["id"], entry["field_value"], entry["value"]) for entry in fields] == [
        (field, "PT501964843", "PT501964843")
    ]


def test_approvals_need_a_decision(org: Org) -> None:
    process = launched(org, template(org, steps=[{"title": "Approve", "step_type": "approval"}]))
    (task,) = process["tasks"]
    undecided = complete(org, process, task)
    assert undecided.status_code == 422
    assert list(undecided.json()["errors"]) == ["is_approved"]
    rejected = made(complete(org, process, task, is_approved=False), 200)
    assert (rejected["status"], rejected["is_approved"], rejected["status_label"]) == ("completed", False, "rejected")


def test_reopening_takes_the_completion_back(org: Org) -> None:
    client = org.client()
    process = launched(org, template(org, plain_steps=1))
    (task,) = process["tasks"]
    made(complete(org, process, task), 200)
    assert client.get(f"/runs/{process['id']}").json()["data"]["status"] == "complete"
    reopened = made(client.delete(f"/runs/{process['id']}/completed-tasks/{task['id']}"), 200)
    assert (reopened["status"], reopened["completed_at"], reopened["completer_id"]) == ("in-progress", None, None)
    assert client.get(f"/runs/{process['id']}").json()["data"]["status"] == "active"
    unchanged = client.post(f"/runs/{process['id']}/completed-tasks/{task['id']}")
    assert made(unchanged, 200)["status"] == "in-progress"


def test_a_completed_task_cannot_be_changed(org: Org) -> None:
    process = launched(org, template(org))
    task = process["tasks"][0]
    made(complete(org, process, task), 200)
    answer = org.client().put(f"/runs/{process['id']}/tasks/{task['id']}", json={"title": "Other"})
    assert answer.status_code == 422


def test_tasks_of_other_processes_and_nonsense_are_not_found(org: Org) -> None:
    checklist = template(org)
    one, other = launched(org, checklist), launched(org, checklist)
    assert complete(org, one, other["tasks"][0]).status_code == 404
    assert complete(org, one, {"id": "nonsense"}).status_code == 404
    assert org.client().get(f"/runs/{one['id']}/tasks/{other['tasks'][0]['id']}").status_code == 404
    assert org.client().post(f"/runs/{one['id']}/completed-tasks", json={}).status_code == 422


def test_what_light_members_may_complete(org: Org) -> None:
    light = org.member(role="light")
    checklist = template(org)
    first = checklist["steps"]["data"][0]["id"]
    process = launched(org, checklist, tasks={first: {"owners": {"users": [light.user_id]}}})
    own, others = process["tasks"]
    path = f"/runs/{process['id']}/completed-tasks"
    assert light.client().post(path, json={"task_id": others["id"]}).status_code == 403
    assert light.client().post(path, json={"task_id": own["id"]}).status_code == 200


def test_override_user_is_for_administrators_and_programs(org: Org) -> None:
    """Decision 10: whoever acts by a token of their own; a person at a browser is recorded as themselves."""
    helper = org.member()
    process = launched(org, template(org))
    first, second = process["tasks"]
    done = made(complete(org, process, first, override_user=str(helper.user_id)), 200)
    assert done["completer_id"] == helper.user_id
    path = f"/runs/{process['id']}/completed-tasks"
    body = {"task_id": second["id"], "override_user": org.user_id}
    denied = at_browser(helper).post(path, json=body)
    assert denied.status_code == 403
    allowed = made(helper.client().post(path, json=body), 200)
    assert allowed["completer_id"] == org.user_id
    # the feed keeps who did it
    last = [line for line in lines(org) if line.verb == "completed" and line.subject_id == second["id"]][-1]
    assert last.actor_id == str(helper.user_id)


def test_decision_23_read_only_fields_are_written_by_programs_alone(org: Org) -> None:
    helper = org.member()
    field = {"label": "Number", "field_type": "text", "required": False, "settings": {"read_only": True}}
    checklist = template(org, prerun=[field], steps=[{"title": "A", "captures": [field]}])
    kickoff, answer = checklist["prerun"][0]["id"], checklist["steps"]["data"][0]["captures"][0]["id"]
    process = launched(org, checklist, prerun={kickoff: "1"})
    assert process["prerun"] == {kickoff: "1"}
    path = f"/runs/{process['id']}"
    at_screen = at_browser(helper)
    for where, body, name in (
        (path, {"prerun": {kickoff: "2"}}, f"prerun.{kickoff}"),
        (f"{path}/tasks/{process['tasks'][0]['id']}", {"taskdata": {answer: "2"}}, f"taskdata.{answer}"),
    ):
        assert at_screen.put(where, json=body).json()["errors"] == {name: ["Number is read-only"]}
        made(helper.client().put(where, json=body), 200)
    refused = at_screen.post("/runs", json={"checklist_id": checklist["id"], "prerun": {kickoff: "3"}})
    assert list(refused.json()["errors"]) == [f"prerun.{kickoff}"]


def test_a_stored_answer_may_be_changed_by_its_own_id(org: Org) -> None:
    client = org.client()
    checklist = template(
        org,
        prerun=[{"label": "Vendor", "field_type": "text", "required": True}],
        steps=[{"title": "Ask", "captures": [{"label": "Tax number", "field_type": "text", "required": True}]}],
    )
    kickoff, field = checklist["prerun"][0]["id"], checklist["steps"]["data"][0]["captures"][0]["id"]
    process = launched(org, checklist, prerun={kickoff: "Nordwind"})
    (task,) = process["tasks"]
    never = client.put("/form-field/value", json={"id": field, "form_value": "x"})
    assert never.status_code == 422
    assert "capture" in never.json()["message"]
    made(client.put(f"/runs/{process['id']}/tasks/{task['id']}", json={"taskdata": {field: "1"}}), 200)
    fields = client.get(f"/runs/{process['id']}/form-fields").json()["data"]
    answer, first = fields["form_fields"][0], fields["ko_form_fields"][0]
    changed = made(client.put("/form-field/value", json={"id": answer["unique_id"], "form_value": "2"}), 200)
    assert (changed["id"], changed["field_value"]) == (field, "2")
    changed = made(client.put("/form-field/value", json={"id": first["unique_id"], "form_value": "Südwind"}), 200)
    assert (changed["id"], changed["field_value"]) == (kickoff, "Südwind")
    for stored in (answer, first):
        wrong = client.put("/form-field/value", json={"id": stored["unique_id"], "form_value": [1]})
        assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["form_value"])
    wrong = client.post(f"/tasks/{task['id']}/captures", json={"id": field, "value": [1]})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["value"])
    assert client.get(f"/tasks/{task['id']}").json()["data"]["taskdata"] == {field: "2"}
