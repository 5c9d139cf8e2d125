"""Job titles at work: who gets the tasks of their steps, how it is told, what becomes of who leaves (engine 7)."""

from typing import Any

from tests.features.builders import launched, made, template
from tests.features.roles.steps import put_titles, title
from tests.support.server import Org, Person

GUEST = "rui@pilots.example"


def users(process: dict[str, Any]) -> list[list[int]]:
    return [task["owners"]["users"] for task in process["tasks"]]


def listed(person: Person, query: str) -> list[str]:
    answer = person.http.get(f"/tasks?{query}")
    assert answer.status_code == 200, answer.text
    return sorted(task["title"] for task in answer.json()["data"])


def test_engine_7_2_the_launch_fills_titles_and_else_the_title_does(org: Org) -> None:
    ann, ben = org.member(), org.member()
    lead, other = title(org, "Lead", users=[ann.user_id]), title(org, "Other")
    steps = [{"title": "One"}, {"title": "Two", "assignees": [org.user_id]}, {"title": "Three"}]
    checklist = template(org, steps=steps)
    put_titles(org, checklist, 0, lead)
    put_titles(org, checklist, 1, lead)
    put_titles(org, checklist, 2, other)
    # decision 43: whom nobody fills is the launcher's
    assert users(launched(org, checklist)) == [[ann.user_id], [org.user_id, ann.user_id], [org.user_id]]
    picked = {lead["id"]: {"users": [ben.user_id]}, other["id"]: {"users": [ann.user_id]}}
    assert users(launched(org, checklist, roles=picked)) == [
        [ben.user_id],
        [org.user_id, ben.user_id],
        [ann.user_id],
    ]
    nobody: dict[str, Any] = {lead["id"]: {}}
    assert users(launched(org, checklist, roles=nobody))[0] == [ann.user_id]
    first = checklist["steps"]["data"][0]["id"]
    assert users(launched(org, checklist, tasks={first: {"owners": {"users": [org.user_id]}}}))[0] == [org.user_id]
    wrong = org.http.post("/runs", json={"checklist_id": checklist["id"], "roles": {lead["id"]: {"users": [999_999]}}})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (422, {f"roles.{lead['id']}"})


def test_engine_2_3_a_step_that_asks_each_time_knows_no_defaults(org: Org) -> None:
    ann, ben = org.member(), org.member()
    lead = title(org, users=[ann.user_id])
    checklist = template(org, steps=[{"title": "One", "role_changes_every_time": True}, {"title": "Two"}])
    put_titles(org, checklist, 0, lead)
    put_titles(org, checklist, 1, lead)
    assert users(launched(org, checklist)) == [[org.user_id], [ann.user_id]]
    picked = {lead["id"]: {"users": [ben.user_id]}}
    assert users(launched(org, checklist, roles=picked)) == [[ben.user_id], [ben.user_id]]


def test_guests_and_groups_stand_in_titles_within_the_limit_of_people(org: Org) -> None:
    ann = org.member()
    group = made(org.http.post("/groups", json={"name": "Desk", "members": [ann.user_id, org.user_id]}))
    lead = title(org, guests=[GUEST], groups=[group["id"]])
    steps = [{"title": "One"}, {"title": "Two", "allow_guest_owners": False}]
    checklist = template(org, steps=steps)
    put_titles(org, checklist, 0, lead)
    put_titles(org, checklist, 1, lead)
    tasks = launched(org, checklist)["tasks"]
    assert [task["owners"]["guests"] for task in tasks] == [[GUEST], []]
    assert [task["owners"]["groups"] for task in tasks] == [[group["id"]], [group["id"]]]
    first = checklist["steps"]["data"][0]["id"]
    body = {"checklist_id": checklist["id"], "tasks": {first: {"max_assignable": 2}}}
    assert org.http.post("/runs", json=body).status_code == 422


def test_tasks_are_found_by_title_and_show_theirs(org: Org) -> None:
    light = org.member("light")
    lead, other = title(org, "Lead"), title(org, "Other")
    checklist = template(org)
    put_titles(org, checklist, 0, other, lead)
    process = launched(org, checklist)
    found = made(org.http.get(f"/tasks/{process['tasks'][0]['id']}?with=roles"), 200)["roles"]["data"]
    assert [role["name"] for role in found] == ["Lead", "Other"] and found[0] == lead
    assert made(org.http.get(f"/tasks/{process['tasks'][1]['id']}?with=roles"), 200)["roles"] == {"data": []}
    assert listed(org, f"roles={lead['id']}") == ["Step 1"]
    assert listed(org, f"roles={'0' * 32},{other['id']}") == ["Step 1"]
    assert listed(org, f"roles={'0' * 32}") == []
    assert listed(light, f"roles={lead['id']}") == []
    # what the title brings is no longer asked once the process runs
    put_titles(org, checklist, 0)
    assert listed(org, f"roles={lead['id']}") == ["Step 1"]


def test_explained_and_tried_out(org: Org) -> None:
    ann, ben = org.member(), org.member()
    lead = title(org, users=[ann.user_id])
    checklist = template(org, steps=[{"title": "One", "assignees": [org.user_id]}, {"title": "Two"}])
    put_titles(org, checklist, 0, lead)
    process = launched(org, checklist)
    told = made(org.http.get(f"/x/tasks/{process['tasks'][0]['id']}/explain"), 200)["assignment"]
    assert told["because"] == "role"
    assert told["from_roles"][lead["id"]]["users"] == [ann.user_id]
    other = made(org.http.get(f"/x/tasks/{process['tasks'][1]['id']}/explain"), 200)
    assert other["assignment"]["because"] == "starter"
    body: dict[str, Any] = {"roles": {lead["id"]: {"users": [ben.user_id]}}}
    for given, who in (({}, ann), (body, ben)):
        tried = made(org.http.post(f"/x/checklists/{checklist['id']}/simulate", json=given), 200)["tasks"][0]
        assert tried["owners"]["users"] == [org.user_id, who.user_id]
        assert tried["from_roles"][lead["id"]]["users"] == [who.user_id]


def test_engine_7_6_who_leaves_is_replaced_in_titles(org: Org) -> None:
    ann, ben, carl = org.member(), org.member(), org.member()
    lead = title(org, users=[ann.user_id, carl.user_id])
    gone = f"/users/{ann.user_id}?with_reassignment=true&to={ben.user_id}"
    assert org.http.delete(gone).is_success
    assert made(org.http.get(f"/roles/{lead['id']}"), 200)["users"] == [ben.user_id, carl.user_id]
    # without an heir they stay, and are given nothing
    checklist = template(org)
    put_titles(org, checklist, 0, lead)
    assert org.http.delete(f"/users/{carl.user_id}").is_success
    assert made(org.http.get(f"/roles/{lead['id']}"), 200)["users"] == [ben.user_id, carl.user_id]
    assert users(launched(org, checklist))[0] == [ben.user_id]


def test_engine_7_6_conversion_and_deletion_reach_titles(org: Org) -> None:
    ann = org.member()
    group = made(org.http.post("/groups", json={"name": "Desk", "members": [ann.user_id]}))
    lead = title(org, users=[ann.user_id], guests=[GUEST], groups=[group["id"]])
    path = f"/roles/{lead['id']}"
    assert org.http.delete(f"/groups/{group['id']}").is_success
    assert made(org.http.get(path), 200)["groups"] == []
    assert org.http.put(f"/users/{ann.user_id}/to/guest").is_success
    found = made(org.http.get(path), 200)
    assert (found["users"], len(found["guests"])) == ([], 2)
    assert org.http.delete(f"/guests/{GUEST}").is_success
    assert GUEST not in made(org.http.get(path), 200)["guests"]


def test_titles_of_steps_that_come_into_a_process(org: Org) -> None:
    ann = org.member()
    lead = title(org, users=[ann.user_id])
    coming = template(org, title="Coming", plain_steps=1)
    put_titles(org, coming, 0, lead)
    following = {"id": coming["id"], "tasks_within_process": True}
    checklist = template(org, steps=[{"title": "Go", "bp_to_launch": following}])
    process = launched(org, checklist)
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": process["tasks"][0]["id"]}), 200)
    tasks: Any = made(org.http.get(f"/runs/{process['id']}/tasks?with=roles"), 200)
    assert tasks[1]["owners"]["users"] == [ann.user_id]
    assert [role["id"] for role in tasks[1]["roles"]["data"]] == [lead["id"]]


def test_every_way_of_launching_knows_titles(org: Org) -> None:
    ann = org.member()
    lead = title(org, users=[ann.user_id])
    checklist = template(org, plain_steps=1)
    put_titles(org, checklist, 0, lead)
    run = launched(org, checklist)
    again = made(org.http.post(f"/x/runs/{run['id']}/relaunch", json={}))
    magic = made(org.http.post(f"/x/checklists/{checklist['id']}/magic-launch", json={}))
    rows = "name\nBy sheet\n"
    path = f"/x/runs/bulk?checklist_id={checklist['id']}"
    sheet = org.http.post(path, content=rows, headers={"Content-Type": "text/csv"})
    assert sheet.is_success, sheet.text
    made(org.http.put(f"/checklists/{checklist['id']}", json={"title": "Open", "is_public_kickoff": True}), 200)
    alias = made(org.http.get(f"/checklists/{checklist['id']}"), 200)["alias"]
    public = f"/organizations/{org.organization_id}/public/checklists/{alias}/runs"
    form = org.server.client().post(public, json={"email": GUEST})
    assert form.is_success, form.text
    for process in (run, again, magic):
        tasks: Any = made(org.http.get(f"/runs/{process['id']}/tasks"), 200)
        assert tasks[0]["owners"]["users"] == [ann.user_id]
    assert len(listed(ann, f"roles={lead['id']}&assignee=me")) == 5


def test_a_title_that_is_gone_leaves_its_tasks(org: Org) -> None:
    ann = org.member()
    lead = title(org, users=[ann.user_id])
    checklist = template(org)
    put_titles(org, checklist, 0, lead)
    task = launched(org, checklist)["tasks"][0]
    # the version that the process runs on has it, and that is no reason to keep it
    put_titles(org, checklist, 0)
    assert org.http.delete(f"/roles/{lead['id']}").status_code == 204
    found = made(org.http.get(f"/tasks/{task['id']}?with=roles"), 200)
    assert (found["owners"]["users"], found["roles"]["data"]) == ([ann.user_id], [])
