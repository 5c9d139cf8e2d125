"""Sentences of the engine's sections 2.2, 2.3, 3.7, 3.9, 6.6, 8 and 9, each asked of the running product."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.features.guests.codes import guest_of
from tests.support.server import Org, Person

GUEST = "rui@pilots.example"


def complete(person: Person, task: dict[str, Any], status: int = 200, **body: Any) -> dict[str, Any]:
    answer = person.http.post(f"/runs/{task['run_id']}/completed-tasks", json={"task_id": task["id"], **body})
    assert answer.status_code == status, answer.text
    return answer.json().get("data", answer.json())


def reopen(person: Person, task: dict[str, Any]) -> dict[str, Any]:
    return made(person.http.delete(f"/runs/{task['run_id']}/completed-tasks/{task['id']}"), 200)


def task_of(person: Person, task: dict[str, Any], query: str = "") -> dict[str, Any]:
    return made(person.http.get(f"/tasks/{task['id']}{query}"), 200)


def run_of(person: Person, process: dict[str, Any]) -> dict[str, Any]:
    return made(person.http.get(f"/runs/{process['id']}?with=tasks"), 200)


def said(person: Person, task: dict[str, Any]) -> list[str]:
    return [one["content"] for one in task_of(person, task, "?with=threads")["threads"]["data"]]


def test_engine_2_2_what_is_not_seen_hidden_archived_or_stopped_is_not_completed(org: Org) -> None:
    light = org.member("light")
    steps = [{"title": "One"}, {"title": "Hidden", "settings": {"hide_by_default": True}}]
    process = launched(org, template(org, steps=steps))
    one, hidden = process["tasks"]
    complete(light, one, 404)
    complete(org, hidden, 422)
    issue = made(org.http.post(f"/runs/{process['id']}/problem", json={"content": "Stop"}))
    complete(org, one, 422)
    solved = {"thread_id": issue["id"], "content": "Go on"}
    made(org.http.post(f"/runs/{process['id']}/resolved-threads", json=solved))
    made(org.http.delete(f"/runs/{process['id']}"), 200)
    complete(org, one, 422)
    made(org.http.put(f"/runs/{process['id']}/activate"), 200)
    done = complete(org, one)
    assert (done["status"], done["completer_id"], done["completed_at"] is None) == ("completed", org.user_id, False)


def test_engine_2_1_a_decision_is_taken_from_approvals_alone(org: Org) -> None:
    process = launched(org, template(org, steps=[{"title": "Plain"}, {"title": "Read", "step_type": "expiring",
        "deadline": {"value": 9, "unit": "days", "option": "from", "step": "start_run"}}]))  # fmt: skip
    assert complete(org, process["tasks"][0], is_approved=False)["is_approved"] is None
    assert complete(org, process["tasks"][1], is_approved=False)["is_approved"] is True


def test_engine_2_2_a_signature_is_no_completion(org: Org) -> None:
    ann, ben, other = org.member(), org.member(), org.member()
    people = [ann.user_id, ben.user_id]
    checklist = template(org, steps=[{"title": "Sign", "assignees": people, "everyone_must_complete": True}])
    process = launched(org, checklist)
    task = process["tasks"][0]
    assert (task["completion_progress"], task["status"]) == (0, "not-started")
    complete(other, task, 403)
    signed = complete(ann, task)
    assert (signed["status"], signed["completion_progress"], signed["completed_at"]) == ("in-progress", 50, None)
    notes = len(said(org, task))
    assert notes == 1
    # a second signature of the same person changes nothing
    assert complete(ann, task)["completion_progress"] == 50
    assert len(said(org, task)) == notes
    assert complete(ben, task)["status"] == "completed"
    # decision 47: signatures are gone after a reopening
    assert reopen(org, task)["completion_progress"] == 0
    assert launched(org, template(org))["tasks"][0]["completion_progress"] is None


def test_engine_2_3_a_rejection_ends_what_all_must_approve(org: Org) -> None:
    ann, ben = org.member(), org.member("admin")
    step = {"title": "Sign", "step_type": "approval", "assignees": [ann.user_id, ben.user_id],
            "everyone_must_complete": True}  # fmt: skip
    checklist = template(org, steps=[step])
    first, second, third = (launched(org, checklist)["tasks"][0] for _ in range(3))
    done = complete(ann, first, is_approved=False)
    assert (done["status"], done["is_approved"]) == ("completed", False)
    # decision 55: an administrator who is asked only signs
    assert complete(ben, second, is_approved=True)["status"] == "in-progress"
    done = complete(ann, second, is_approved=True)
    assert (done["status"], done["is_approved"]) == ("completed", True)
    assert complete(org, third, is_approved=True)["status"] == "completed"


def test_engine_2_2_somebody_else_is_recorded_as_completer(org: Org) -> None:
    ann = org.member()
    task = launched(org, template(org))["tasks"][0]
    assert complete(org, task, override_user=ann.user_id)["completer_id"] == ann.user_id
    other = launched(org, template(org))["tasks"][0]
    complete(org, other, 422, override_user=999_999)


def test_engine_2_3_switches_of_a_step_come_to_its_task(org: Org) -> None:
    ann = org.member()
    tag = made(org.http.post("/tags", json={"title": "urgent", "color": "#102030"}))
    step = {"title": "One", "skip_start_process": True, "is_soft_start_date": True, "send_chromeless": True,
            "top_secret": True, "prevent_guest_comment": True, "max_assignable": 1, "tags": [tag["id"]],
            "assignees": [ann.user_id, org.user_id], "start_date": {"value": 2, "unit": "days"},
            "webhook": "https://hook.example/x"}  # fmt: skip
    checklist = template(org, steps=[step])
    shown = checklist["steps"]["data"][0]
    # decision 58: a whole template that exceeds its limit has none, a step that is given one keeps it
    assert (shown["skip_start_process"], shown["max_assignable"]) == (True, 0)
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{shown['id']}", json={"max_assignable": 1}), 200)
    assert org.http.post("/runs", json={"checklist_id": checklist["id"]}).status_code == 422
    few = {shown["alias"]: {"owners": {"users": [ann.user_id]}}}
    process = launched(org, checklist, tasks=few)
    task = task_of(org, process["tasks"][0], "?with=tags")
    assert task["owners"]["users"] == [ann.user_id]
    assert all(task[name] for name in ("is_soft_start_date", "send_chromeless", "top_secret", "prevent_guest_comment"))
    assert (task["webhook"], [one["title"] for one in task["tags"]["data"]]) == ("https://hook.example/x", ["urgent"])
    assert (task["started_at"][:10] > process["started_at"][:10], task["max_assignable"]) == (True, 1)
    assert org.member().http.get(f"/tasks/{task['id']}").status_code == 404


def test_engine_2_3_guests_neither_read_nor_write_where_they_must_not_comment(org: Org) -> None:
    guest = guest_of(org, GUEST)
    step = {"title": "One", "guests": [GUEST], "prevent_guest_comment": True}
    task = launched(org, template(org, steps=[step]))["tasks"][0]
    made(org.http.post(f"/tasks/{task['id']}/comment", json={"content": "Hear", "state": "open"}))
    assert guest.comment(task, "Say").status_code == 403
    assert guest.comments(task) == []
    assert made(guest.complete(task), 200)["status"] == "completed"
    refused = {"title": "No", "guests": [GUEST], "allow_guest_owners": False}
    assert launched(org, template(org, steps=[refused]))["tasks"][0]["owners"]["guests"] == []


def test_engine_3_5_a_launch_counts_for_whom_it_names(org: Org) -> None:
    ann, gone = org.member(), org.member()
    assert org.http.delete(f"/users/{gone.user_id}").is_success
    checklist = template(org)
    process = launched(org, checklist, user_id=ann.user_id)
    assert (process["started_by"], process["owner_id"]) == (ann.user_id, ann.user_id)
    assert process["tasks"][0]["owners"]["users"] == [ann.user_id]
    for name in ("user_id", "owner_id"):
        answer = org.http.post("/runs", json={"checklist_id": checklist["id"], name: gone.user_id})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])


def test_engine_3_7_a_child_says_nothing_of_its_parent(org: Org) -> None:
    checklist = template(org, plain_steps=1)
    parent = launched(org, checklist)
    child = launched(org, checklist, parent_id=parent["id"])
    complete(org, child["tasks"][0])
    assert (run_of(org, child)["status"], run_of(org, parent)["status"]) == ("complete", "active")
    assert run_of(org, child)["parent_id"] == parent["id"]


@pytest.mark.parametrize("within", [True, False])
def test_engine_3_9_a_task_launches_once(org: Org, within: bool) -> None:
    ann = org.member()
    target = template(org, title="Parcel", plain_steps=2)
    following = {"id": target["id"], "tasks_within_process": within}
    process = launched(org, template(org, steps=[{"title": "Go", "bp_to_launch": following}, {"title": "End"}]))
    go = process["tasks"][0]
    complete(ann, go)
    reopen(org, go)
    complete(ann, go)
    titles = [task["title"] for task in run_of(org, process)["tasks"]["data"]]
    children: Any = made(org.http.get(f"/x/runs/{process['id']}/children"), 200)
    if within:
        assert (titles, children) == (["Go", "Step 1", "Step 2", "End"], [])
    else:
        assert (titles, len(children)) == (["Go", "End"], 1)
        assert (children[0]["started_by"], children[0]["parent_id"]) == (ann.user_id, process["id"])
    assert len(said(org, go)) >= 2


@pytest.mark.parametrize(
    "target",
    [
        {"prerun": [{"label": "Name", "field_type": "text", "required": True}]},
        {"type": "document", "steps": []},
    ],
)
def test_engine_3_9_what_cannot_be_launched_cannot_be_chosen(org: Org, target: dict[str, Any]) -> None:
    chosen = template(org, **target)
    checklist = template(org)
    path = f"/checklists/{checklist['id']}/steps/{checklist['steps']['data'][0]['id']}"
    answer = org.http.put(path, json={"bp_to_launch": {"id": chosen["id"], "tasks_within_process": False}})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["bp_to_launch.id"]), answer.text


def test_engine_6_6_reminders_are_of_tasks_that_wait(org: Org) -> None:
    ann = org.member()
    steps = [{"title": "One", "assignees": [ann.user_id]}, {"title": "Hidden", "settings": {"hide_by_default": True}}]
    one, hidden = launched(org, template(org, steps=steps))["tasks"]
    assert org.http.post(f"/x/tasks/{one['id']}/reminder", json={}).is_success
    assert org.http.post(f"/x/tasks/{hidden['id']}/reminder", json={}).status_code == 422
    assert org.http.post(f"/x/tasks/{one['id']}/status-request", json={}).is_success
    assert len(said(org, one)) == 1
    complete(ann, one)
    assert org.http.post(f"/x/tasks/{one['id']}/reminder", json={}).status_code == 422


def test_engine_8_an_issue_of_the_process_stops_every_change(org: Org) -> None:
    field = {"label": "Name", "field_type": "text", "required": False}
    checklist = template(org, prerun=[field])
    number = checklist["prerun"][0]["id"]
    process = launched(org, checklist)
    one, two = process["tasks"]
    complete(org, two)
    issue = made(org.http.post(f"/runs/{process['id']}/problem", json={"content": "Stop"}))
    found = run_of(org, process)
    assert (found["status"], found["has_open_issue"]) == ("issue", True)
    path = f"/tasks/{one['id']}"
    for method, at, body in (
        ("PUT", path, {"title": "Other"}),
        ("PUT", path, {"owners": {"users": [org.user_id]}}),
        ("PUT", path, {"deadline": "2031-01-01 00:00:00"}),
        ("POST", f"/runs/{process['id']}/completed-tasks", {"task_id": one["id"]}),
        ("DELETE", f"/runs/{process['id']}/completed-tasks/{two['id']}", None),
        ("PUT", f"/runs/{process['id']}", {"prerun": {number: "x"}}),
    ):
        answer = org.http.request(method, at, json=body)
        assert answer.status_code == 422, (method, at, answer.text)
    made(org.http.post(f"{path}/comment", json={"content": "Still talking"}))
    body = {"thread_id": issue["id"], "content": "Solved"}
    made(org.http.post(f"/runs/{process['id']}/resolved-threads", json=body))
    assert (run_of(org, process)["status"], run_of(org, process)["has_open_issue"]) == ("active", False)


def test_engine_8_the_worked_example(org: Org) -> None:
    guest = guest_of(org, GUEST)
    checklist = template(org, steps=[{"title": "T", "guests": [GUEST]},
                                     {"title": "Later", "settings": {"hide_by_default": True}}])  # fmt: skip
    steps = [step["id"] for step in checklist["steps"]["data"]]
    condition = {"conditionable_id": steps[0], "conditionable_type": "Step", "operation": "reopened", "statement": None}
    action = {"action_type": "visibility", "action_verb": "show", "target_step_id": steps[1]}
    rule = {"automated_alias": "Again", "conditions": [condition], "then_actions": [action]}
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=rule))
    process = launched(org, checklist)
    task, later = process["tasks"]
    assert made(guest.complete(task), 200)["status"] == "completed"
    issue = made(org.http.post(f"/tasks/{task['id']}/comment", json={"content": "Wrong", "label": "problem"}))
    found = task_of(org, task)
    assert (found["status"], found["problem"], run_of(org, process)["status"]) == ("in-progress", True, "problem")
    assert task_of(org, later)["status"] == "not-started"
    made(org.http.post(f"/tasks/{task['id']}/comment", json={"content": "No", "label": "resolve"}))
    assert task_of(org, task)["problem"] is True
    complete(org, task, 422)
    body = {"thread_id": issue["id"], "content": "Right"}
    made(org.http.post(f"/tasks/{task['id']}/resolved-threads", json=body))
    assert (task_of(org, task)["problem"], run_of(org, process)["status"]) == (False, "active")
    assert complete(org, task)["status"] == "completed"


def test_engine_9_1_reopening_leaves_later_tasks_alone(org: Org) -> None:
    process = launched(org, template(org))
    one, two = process["tasks"]
    complete(org, one)
    complete(org, two)
    assert run_of(org, process)["status"] == "complete"
    opened = reopen(org, one)
    assert (opened["status"], opened["completed_at"], opened["completer_id"]) == ("in-progress", None, None)
    assert task_of(org, two)["status"] == "completed"
    assert run_of(org, process)["status"] == "active"
    # decision 54: once more changes nothing
    assert reopen(org, one)["last_updated"] == opened["last_updated"]


def test_engine_9_2_archived_processes_are_not_edited(org: Org) -> None:
    process = launched(org, template(org))
    made(org.http.delete(f"/runs/{process['id']}"), 200)
    assert org.http.put(f"/runs/{process['id']}", json={"name": "Other"}).status_code == 422
    assert org.http.put(f"/runs/{process['id']}", json={"is_public": True}).status_code == 422
    assert org.http.put(f"/tasks/{process['tasks'][0]['id']}", json={"title": "Other"}).status_code == 422
    assert org.http.post(f"/tasks/{process['tasks'][0]['id']}/comment", json={"content": "x"}).status_code == 422


def test_engine_9_5_everybody_gets_their_own(org: Org) -> None:
    ann, ben = org.member(), org.member()
    group = made(org.http.post("/groups", json={"name": "G", "members": [ben.user_id], "guests": [GUEST]}))
    owners = {"users": [ann.user_id], "guests": [], "groups": [group["id"]]}
    body = {"title": "Read", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    first = made(org.http.post("/tasks", json={**body, "separate_task_for_each_assignee": True}))
    assert (first["run"]["data"]["name"], first["run"]["data"]["owner_id"]) == ("Read", org.user_id)
    tasks: Any = made(org.http.get(f"/runs/{first['run_id']}/tasks"), 200)
    assert [task["owners"]["users"] for task in tasks if not task["owners"]["guests"]] == [[ann.user_id], [ben.user_id]]
    assert [task["owners"]["guests"] for task in tasks if task["owners"]["guests"]] == [[GUEST]]


def test_engine_9_8_positions_have_no_gaps(org: Org) -> None:
    process = launched(org, template(org, plain_steps=3))
    made(org.http.put(f"/tasks/{process['tasks'][2]['id']}", json={"position": 1}), 200)
    listed: Any = made(org.http.get(f"/runs/{process['id']}/tasks"), 200)
    assert [(task["title"], task["position"]) for task in listed] == [("Step 3", 1), ("Step 1", 2), ("Step 2", 3)]


def test_engine_9_9_what_is_done_is_not_hidden_by_hand(org: Org) -> None:
    process = launched(org, template(org))
    path = f"/x/runs/{process['id']}/tasks/{process['tasks'][0]['id']}/visibility"
    assert made(org.http.post(path, json={"visible": False}), 200)["status"] == "auto-skipped"
    assert made(org.http.post(path, json={"visible": True}), 200)["status"] == "not-started"
    complete(org, process["tasks"][0])
    assert org.http.post(path, json={"visible": False}).status_code == 422
