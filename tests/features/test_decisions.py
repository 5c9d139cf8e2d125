"""Decisions of the specification (engine 14) that only the API shows and no other module tests, by their number."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.support.server import Org

CLIENT = {
    "label": "Client",
    "alias": "client-name",
    "field_type": "text",
    "required": False,
    "prefix": "Mr ",
    "suffix": "!",
}
WHO = {"label": "Who", "alias": "who", "field_type": "assignees_form", "required": False}
PAPERS = {"label": "Papers", "alias": "papers", "field_type": "file", "required": False}
GREETING = {
    "label": "Greeting",
    "alias": "greeting",
    "field_type": "text",
    "required": False,
    "default_value": "Dear {{client-name}}",
    "default_value_enabled": True,
}


def ids(checklist: dict[str, Any]) -> dict[str, str]:
    return {field["alias"]: field["id"] for field in checklist["prerun"]}


def shown(org: Org, task: dict[str, Any], query: str = "") -> dict[str, Any]:
    return made(org.http.get(f"/tasks/{task['id']}{query}"), 200)


def test_decision_3_answers_outlive_their_kick_off_field(org: Org) -> None:
    checklist = template(org, prerun=[CLIENT])
    field = ids(checklist)["client-name"]
    process = launched(org, checklist, prerun={field: "Ann"})
    assert org.http.delete(f"/checklists/{checklist['id']}/preruns/{field}").status_code < 300
    assert made(org.http.get(f"/runs/{process['id']}"), 200)["prerun"] == {field: "Ann"}


def test_decision_12_mandatory_steps_are_stored_and_echoed(org: Org) -> None:
    checklist = template(org, steps=[{"title": "A", "skip_start_process": True}, {"title": "B"}])
    assert [step["skip_start_process"] for step in checklist["steps"]["data"]] == [True, False]
    assert len(launched(org, checklist)["tasks"]) == 2


def test_decision_18_prefixes_and_suffixes_are_no_part_of_the_value(org: Org) -> None:
    checklist = template(org, prerun=[CLIENT], steps=[{"title": "Call {{client-name}}"}])
    process = launched(org, checklist, prerun={ids(checklist)["client-name"]: "Ann"})
    assert process["tasks"][0]["title"] == "Call Ann"


def test_decision_19_people_read_as_their_names_and_files_as_theirs(org: Org) -> None:
    text = "{{who}} / {{papers}}"
    group = made(org.http.post("/groups", json={"name": "Pilots", "members": [org.user_id]}), 201)
    checklist = template(org, prerun=[WHO, PAPERS], steps=[{"title": text, "summary": f"<p>{text}</p>"}])
    named = ids(checklist)
    answers = {
        named["who"]: {"users": [org.user_id], "guests": ["rui@pilots.example"], "groups": [group["id"]]},
        named["papers"]: [{"url": "https://x.example/a.pdf", "filename": "a & b.pdf"}],
    }
    process = launched(org, checklist, prerun=answers)
    me = made(org.http.get("/me"), 200)["full_name"]
    task = shown(org, process["tasks"][0])
    assert task["title"] == f"{me}, rui@pilots.example, Pilots / a & b.pdf"
    assert task["summary"] == f"<p>{me}, rui@pilots.example, Pilots / a &amp; b.pdf</p>"


def test_decision_22_defaults_with_variables_live_until_the_first_edit(org: Org) -> None:
    steps = [{"title": "Write: {{greeting}}", "captures": [GREETING]}, {"title": "B"}]
    checklist = template(org, prerun=[CLIENT], steps=steps)
    client = ids(checklist)["client-name"]
    greeting = checklist["steps"]["data"][0]["captures"][0]["id"]
    process = launched(org, checklist, prerun={client: "Ann"})
    task = shown(org, process["tasks"][0], "?with=form_fields")
    assert (task["title"], task["taskdata"]) == ("Write: Dear Ann", {greeting: "Dear Ann"})
    assert task["form_fields"]["data"][0]["value"] == "Dear Ann"
    # decision 26: what an answer holds is never expanded
    made(org.http.put(f"/runs/{process['id']}", json={"prerun": {client: "{{greeting}}"}}), 200)
    assert shown(org, task)["taskdata"] == {greeting: "Dear {{greeting}}"}
    listed: Any = made(org.http.get(f"/runs/{process['id']}/tasks"), 200)
    assert listed[0]["taskdata"] == {greeting: "Dear {{greeting}}"}
    path = f"/runs/{process['id']}/tasks/{task['id']}"
    made(org.http.put(path, json={"taskdata": {greeting: "Hello {{client-name}}"}}), 200)
    made(org.http.put(f"/runs/{process['id']}", json={"prerun": {client: "Bob"}}), 200)
    assert shown(org, task)["taskdata"] == {greeting: "Hello {{client-name}}"}


def test_decision_25_addresses_of_webhooks_hold_no_variables(org: Org) -> None:
    address = "https://erp.example/{{client-name}}"
    checklist = template(org, prerun=[CLIENT], steps=[{"title": "A", "webhook": address}])
    process = launched(org, checklist, prerun={ids(checklist)["client-name"]: "Ann"})
    assert shown(org, process["tasks"][0])["webhook"] == address


@pytest.mark.parametrize("status", [None, "active", "started"])
def test_decision_2_the_label_gates_nothing(org: Org, status: str | None) -> None:
    checklist = template(org)
    assert checklist["status"] == "active"
    if status is not None:
        put = made(org.http.put(f"/x/checklists/{checklist['id']}/status", json={"status": status}), 200)
        assert put["status"] == "active"
    launched(org, checklist)


def test_decision_53_and_69_hidden_by_hand(org: Org) -> None:
    process = launched(org, template(org))
    first, second = process["tasks"]
    path = f"/x/runs/{process['id']}/tasks/{first['id']}/visibility"
    answer = org.http.post(path, json={"visible": False, "comment": "Not needed"}).json()
    assert answer["data"]["status"] == "auto-skipped"
    assert answer["data"].get("tasks_changed_by_rules", answer.get("tasks_changed_by_rules")) == {}
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": second["id"]}), 200)
    refused = org.http.post(f"/x/runs/{process['id']}/tasks/{second['id']}/visibility", json={"visible": False})
    assert refused.status_code == 422


def test_decision_71_an_archived_process_is_read_but_not_written(org: Org) -> None:
    process = launched(org, template(org))
    task = process["tasks"][0]
    path = f"/runs/{process['id']}"
    done = {"task_id": process["tasks"][1]["id"]}
    made(org.http.post(f"{path}/completed-tasks", json=done), 200)
    made(org.http.delete(path), 200)
    for answer in (
        org.http.put(path, json={"name": "Other"}),
        org.http.put(f"{path}/tasks/{task['id']}", json={"title": "Other"}),
        org.http.post(f"{path}/completed-tasks", json={"task_id": task["id"]}),
    ):
        assert answer.status_code == 422, answer.text
        assert "archived" in answer.text
    assert made(org.http.get(path), 200)["status"] == "archived"
    assert shown(org, task)["id"] == task["id"]
    # decision 72: what is completed already answers as ever
    again = made(org.http.post(f"{path}/completed-tasks", json=done), 200)
    assert again["status"] == "completed"


def test_decision_80_who_is_invited_may_be_assigned_and_sees_it_later(org: Org) -> None:
    invited = org.http.post(
        "/users/invite",
        json={"email": "mina@pilots.example", "first_name": "Mina", "last_name": "Duarte", "role": "standard"},
    )
    user = made(invited, 200)["id"]
    process = launched(org, template(org))
    path = f"/runs/{process['id']}/tasks/{process['tasks'][0]['id']}"
    changed = made(org.http.put(path, json={"owners": {"users": [user]}}), 200)
    assert changed["owners"]["users"] == [user]


def test_decision_81_owners_through_a_group(org: Org) -> None:
    member = org.member("standard")
    group = made(org.http.post("/groups", json={"name": "Deck", "members": [member.user_id]}), 201)
    process = launched(org, template(org))
    path = f"/runs/{process['id']}/tasks/{process['tasks'][0]['id']}"
    made(org.http.put(path, json={"owners": {"users": [], "guests": [], "groups": [group["id"]]}}), 200)
    mine: Any = made(member.http.get("/me/tasks"), 200)
    assert [task["title"] for task in mine] == ["Step 1"]
    found: Any = made(org.http.get(f"/tasks?owners={member.user_id}"), 200)
    assert [task["title"] for task in found] == ["Step 1"]


def test_decision_82_days_of_filters_are_those_of_the_zone(org: Org) -> None:
    made(org.http.put("", json={"timezone": "America/New_York"}), 200)
    process = launched(org, template(org))
    path = f"/runs/{process['id']}/tasks/{process['tasks'][0]['id']}"
    # half past nine in the evening of 9 March in New York
    made(org.http.put(path, json={"deadline": "2027-03-10T02:30:00.000Z"}), 200)
    found: Any = made(org.http.get("/tasks?deadline_on=2027-03-09"), 200)
    assert [task["title"] for task in found] == ["Step 1"]
    assert made(org.http.get("/tasks?deadline_on=2027-03-10"), 200) == []
