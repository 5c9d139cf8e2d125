"""One-off tasks through the API: wire OOT-1 to OOT-8, engine 9.5."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.support.server import Org

DEADLINE = "2031-05-06T10:00:00Z"


def body(org: Org, **more: Any) -> dict[str, Any]:
    return {
        "title": "Order a monitor",
        "task_type": "task",
        "deadline": DEADLINE,
        "owners": {"users": [org.user_id], "guests": [], "groups": []},
        **more,
    }


def test_a_single_task(org: Org) -> None:
    task = made(org.client().post("/tasks", json=body(org, description="<p>27 inches</p><script>x</script>")))
    assert (task["title"], task["summary"], task["deadline"]) == (
        "Order a monitor",
        "<p>27 inches</p>",
        "2031-05-06T10:00:00.000Z",
    )
    assert (task["run_id"], task["checklist_id"], task["step_id"], task["is_oneoff_task"]) == (None, None, None, True)
    assert made(org.client().get(f"/tasks/{task['id']}"), 200) == task


def test_everything_missing_is_named_at_once(org: Org) -> None:
    answer = org.client().post("/tasks", json={})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"title", "task_type", "owners", "deadline"}
    answer = org.client().post("/tasks", json=body(org, deadline="whenever", task_type="dance", webhook="ftp://x"))
    assert set(answer.json()["errors"]) == {"task_type", "deadline", "webhook"}
    assert set(org.client().post("/tasks", json=body(org, title="t" * 601)).json()["errors"]) == {"title"}
    assert set(org.client().post("/tasks", json=body(org, owners={"users": [9_999_999]})).json()["errors"]) == {
        "owners"
    }


def test_form_fields_of_its_own(org: Org) -> None:
    fields = [
        {
            "label": "Size",
            "field_type": "radio",
            "required": True,
            "options": [{"id": 1, "text": "S"}, {"id": 2, "text": "L"}],
        }
    ]
    task = made(org.client().post("/tasks?with=form_fields", json=body(org, form_fields=fields)))
    (field,) = task["form_fields"]["data"]
    assert (field["label"], field["field_value"]) == ("Size", None)
    path = f"/tasks/{task['id']}"
    wrong = org.client().put(path, json={"taskdata": {field["id"]: "M"}})
    assert wrong.status_code == 422
    assert list(wrong.json()["errors"]) == [f"taskdata.{field['id']}"]
    unfilled = org.client().post("/completed-tasks", json={"task_id": task["id"]})
    assert unfilled.status_code == 422
    saved = made(org.client().put(path, json={"taskdata": {field["id"]: "L"}}), 200)
    assert (saved["taskdata"], saved["status"]) == ({field["id"]: "L"}, "in-progress")
    assert made(org.client().post("/completed-tasks", json={"task_id": task["id"]}), 200)["status"] == "completed"


def test_put_leaves_what_is_absent(org: Org) -> None:
    helper = org.member()
    task = made(org.client().post("/tasks", json=body(org)))
    owners = {"users": [org.user_id, str(helper.user_id)], "task_urls": []}
    changed = made(org.client().put(f"/tasks/{task['id']}", json={"owners": owners}), 200)
    assert changed["owners"]["users"] == [org.user_id, helper.user_id]
    assert {key: changed[key] for key in ("title", "deadline", "task_type")} == {
        key: task[key] for key in ("title", "deadline", "task_type")
    }
    for blank, names in (
        ({"title": "   "}, {"title"}),
        ({"deadline": None}, {"deadline"}),
        ({"deadline": ""}, {"deadline"}),
        ({"owners": {"users": [], "guests": [], "groups": []}, "deadline": None}, {"owners", "deadline"}),
    ):
        refused = org.client().put(f"/tasks/{task['id']}", json=blank)
        assert refused.status_code == 422, blank
        assert set(refused.json()["errors"]) == names
    assert made(org.client().get(f"/tasks/{task['id']}"), 200)["owners"] == changed["owners"]


def test_tasks_of_steps_may_be_nobodys_and_keep_their_deadline(org: Org) -> None:
    process = launched(org, template(org))
    task = process["tasks"][0]
    path = f"/runs/{process['id']}/tasks/{task['id']}"
    changed = made(org.client().put(path, json={"owners": {"users": []}, "deadline": None}), 200)
    assert (changed["owners"]["users"], changed["deadline"]) == ([], task["deadline"])


def test_archive_restore_delete_clone(org: Org) -> None:
    client = org.client()
    task = made(client.post("/tasks", json=body(org)))
    copy = made(client.post(f"/tasks/{task['id']}/clone"), 200)
    assert (copy["title"], copy["id"] != task["id"]) == ("Order a monitor - Copy", True)
    assert client.delete(f"/tasks/{task['id']}").status_code == 204
    assert client.get(f"/tasks/{task['id']}").json()["data"]["archived_at"] is not None
    assert [found["id"] for found in client.get("/tasks").json()["data"]] == [copy["id"]]
    assert made(client.put(f"/tasks/{task['id']}/restore"), 200)["archived_at"] is None
    assert client.delete(f"/tasks/{task['id']}/delete").status_code == 204
    assert client.get(f"/tasks/{task['id']}").status_code == 404


def test_in_a_process(org: Org) -> None:
    client = org.client()
    process = launched(org, template(org))
    added = made(client.post("/tasks?with=run", json=body(org, run_id=process["id"], position=1)))
    assert (added["run_id"], added["position"], added["run"]["data"]["name"]) == (process["id"], 1, process["name"])
    listed = client.get(f"/runs/{process['id']}/tasks").json()["data"]
    assert [task["position"] for task in listed] == [1, 2, 3]
    assert client.get(f"/runs/{process['id']}").json()["data"]["progress"]["total"] == 3
    assert client.post("/completed-tasks", json={"task_id": added["id"]}).status_code == 422
    step_task = listed[1]["id"]
    assert client.delete(f"/tasks/{step_task}").status_code == 422
    assert client.delete(f"/tasks/{added['id']}").status_code == 204
    assert client.get(f"/runs/{process['id']}").json()["data"]["progress"]["total"] == 2


def test_a_process_that_is_not_there_is_named(two_orgs: tuple[Org, Org]) -> None:
    org, other = two_orgs
    foreign = launched(other, template(other))["id"]
    for run_id in ("f" * 32, foreign):
        for more in ({}, {"separate_task_for_each_assignee": True}):
            answer = org.http.post("/tasks", json=body(org, run_id=run_id, **more))
            assert (answer.status_code, list(answer.json()["errors"])) == (422, ["run_id"])


def test_a_process_may_refuse_added_tasks(org: Org) -> None:
    process = launched(org, template(org, can_add_oot=False))
    answer = org.client().post("/tasks", json=body(org, run_id=process["id"]))
    assert answer.status_code == 403


def test_one_for_each_person(org: Org) -> None:
    helper = org.member()
    owners = {"users": [org.user_id, helper.user_id], "guests": ["rui@pilots.example"], "groups": []}
    first = made(org.client().post("/tasks", json=body(org, owners=owners, separate_task_for_each_assignee=True)))
    assert first["run"]["data"]["name"] == "Order a monitor"
    tasks = org.client().get(f"/runs/{first['run_id']}/tasks").json()["data"]
    assert first["id"] == tasks[0]["id"]
    people = [(task["owners"]["users"], task["owners"]["guests"]) for task in tasks]
    assert people == [([org.user_id], []), ([helper.user_id], []), ([org.user_id], ["rui@pilots.example"])]
    assert org.client().get("/checklists").json()["data"] == []
    made(org.client().post(f"/runs/{first['run_id']}/completed-tasks", json={"task_id": first["id"]}), 200)


def test_a_copy_has_the_tags_of_its_original(org: Org) -> None:
    tag = made(org.http.post("/tags", json={"title": "Tax"}))["id"]
    process = launched(org, template(org))
    for where in ({}, {"run_id": process["id"]}):
        task = made(org.http.post("/tasks", json=body(org, tags=[tag], **where)))
        copy = made(org.http.post(f"/tasks/{task['id']}/clone"), 200)
        found = made(org.http.get(f"/tasks/{copy['id']}?with=tags"), 200)["tags"]["data"]
        assert [one["tag_id"] for one in found] == [tag]


def test_the_switches_of_a_step_are_those_of_a_one_off_task(org: Org) -> None:
    rui = "rui@pilots.example"
    team = made(org.http.post("/groups", json={"name": "Outside", "members": [org.user_id], "guests": [rui]}))["id"]
    task = made(org.http.post("/tasks", json=body(org, send_chromeless=True, allow_guest_owners=False)))
    assert (task["send_chromeless"], task["allow_guest_owners"]) == (True, False)
    for each in (False, True):
        more = {"allow_guest_owners": False, "separate_task_for_each_assignee": each}
        answer = org.http.post("/tasks", json=body(org, owners={"guests": [rui]}, **more))
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["owners"])
    alone = {"allow_guest_owners": False, "separate_task_for_each_assignee": True}
    assert org.http.post("/tasks", json=body(org, owners={"groups": [team]}, **alone)).status_code == 422
    plain = made(org.http.post("/tasks", json=body(org)))
    assert (plain["send_chromeless"], plain["allow_guest_owners"]) == (False, True)


def test_an_empty_list_of_owners_is_an_empty_object(org: Org) -> None:
    nobody = org.http.post("/tasks", json=body(org, owners=[]))
    assert nobody.json()["errors"] == {"owners": ["The owners field is required: at least one member, guest or group."]}
    task = made(org.http.post("/tasks", json=body(org)))
    assert made(org.http.put(f"/tasks/{task['id']}", json={"owners": []}), 200)["owners"] == task["owners"]
    checklist = template(org)
    first, second = (step["id"] for step in checklist["steps"]["data"])
    process = launched(org, checklist, tasks={first: [], second: {"owners": []}}, roles={"a": []})
    assert len(process["tasks"]) == 2


@pytest.mark.parametrize("is_allowed", [True, False])
def test_who_adds_a_task_to_a_process(org: Org, is_allowed: bool) -> None:
    """Around 2.7: administrators and standard members who see the process, where its template allows it."""
    sees, does_not, light = org.member(), org.member(), org.member("light")
    checklist = template(org, can_add_oot=is_allowed)
    reads = [{"type": "user", "id": person.user_id} for person in (sees, light)]
    lists = {"READ": [], "LAUNCH": [], "PROCESS_READ": reads}
    made(org.http.put(f"/checklists/{checklist['id']}/permissions", json={"permissions": lists}), 200)
    process = launched(org, checklist)
    answers = {
        name: person.http.post("/tasks", json=body(org, run_id=process["id"]))
        for name, person in {"admin": org, "sees": sees, "does not": does_not, "light": light}.items()
    }
    statuses = {name: answer.status_code for name, answer in answers.items()}
    added = 201 if is_allowed else 403
    # a process that one does not see is told as one that does not exist, whatever its switch
    assert statuses == {"admin": added, "sees": added, "does not": 422, "light": 403}
    assert answers["does not"].json()["errors"].keys() == {"run_id"}
    if not is_allowed:
        assert answers["sees"].json()["message"] == "This process takes no added tasks."
