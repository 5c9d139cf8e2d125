"""Sentences of the engine's sections 2, 3, 7 and 9, each asked of the running product."""

from typing import Any

from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.features.guests.codes import guest_of
from tests.support.server import Org, Person

GUEST = "rui@pilots.example"


def oneoff(person: Person, title: str = "Call", **body: Any) -> dict[str, Any]:
    owners = {"users": [person.user_id], "guests": [], "groups": []}
    given = {"title": title, "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners, **body}
    return made(person.http.post("/tasks", json=given))


def complete(person: Person, task: dict[str, Any], status: int = 200, **body: Any) -> dict[str, Any]:
    answer = person.http.post(f"/runs/{task['run_id']}/completed-tasks", json={"task_id": task["id"], **body})
    assert answer.status_code == status, answer.text
    return answer.json().get("data", answer.json())


def task_of(org: Org, task: dict[str, Any]) -> dict[str, Any]:
    return made(org.http.get(f"/tasks/{task['id']}"), 200)


def test_engine_2_2_the_first_reason_is_told(org: Org) -> None:
    ann = org.member()
    field = {"label": "Number", "field_type": "text", "required": True}
    steps = [{"title": "One", "step_type": "approval", "captures": [field], "assignees": [org.user_id],
              "can_complete_only_assignees": True}, {"title": "Two", "assignees": [ann.user_id]}]  # fmt: skip
    checklist = template(org, steps=steps)
    number = checklist["steps"]["data"][0]["captures"][0]["id"]
    process = launched(org, checklist)
    task = process["tasks"][0]
    issue = made(org.http.post(f"/tasks/{task['id']}/problem", json={"content": "Wait"}))
    # an issue before rights, rights before the decision, the decision before answers
    assert "issue" in complete(ann, task, 422)["message"]
    solved = {"thread_id": issue["id"], "content": "Go on"}
    made(org.http.post(f"/tasks/{task['id']}/resolved-threads", json=solved))
    complete(ann, task, 403)
    assert list(complete(org, task, 422)["errors"]) == ["is_approved"]
    assert list(complete(org, task, 422, is_approved=True)["errors"]) == [f"taskdata.{number}"]
    made(org.http.put(f"/tasks/{task['id']}", json={"taskdata": {number: "4711"}}), 200)
    assert complete(org, task, is_approved=False)["is_approved"] is False
    # a second completion comes first of all, also where the process is archived (decision 72)
    made(org.http.delete(f"/runs/{process['id']}"), 200)
    assert complete(org, task, is_approved=True)["is_approved"] is False
    complete(ann, process["tasks"][1], 422)


def test_engine_2_3_the_worked_example_of_signatures(org: Org) -> None:
    two, three, bystander = org.member(), org.member(), org.member("admin")
    one = org.member()
    guest = guest_of(org, GUEST)
    group = made(
        org.http.post("/groups", json={"name": "G", "members": [two.user_id, three.user_id], "guests": [GUEST]})
    )
    step = {"title": "Sign", "everyone_must_complete": True, "max_assignable": 4}
    checklist = template(org, steps=[step, {"title": "Later"}])
    ids = [entry["id"] for entry in checklist["steps"]["data"]]
    owners = {"users": [one.user_id, two.user_id], "groups": [group["id"]]}
    narrow = {ids[0]: {"owners": owners, "max_assignable": 3}}
    assert org.http.post("/runs", json={"checklist_id": checklist["id"], "tasks": narrow}).status_code == 422
    process = launched(org, checklist, tasks={ids[0]: {"owners": owners}})
    task = process["tasks"][0]
    assert complete(one, task)["completion_progress"] == 25
    assert made(guest.complete(task), 200)["completion_progress"] == 50
    made(org.http.put(f"/groups/{group['id']}", json={"members": [two.user_id]}), 200)
    assert task_of(org, task)["completion_progress"] == 67
    done = complete(two, task)
    assert (done["status"], done["completer_id"]) == ("completed", two.user_id)
    other = launched(org, checklist, tasks={ids[0]: {"owners": {"users": [one.user_id, two.user_id]}}})["tasks"][0]
    complete(one, other)
    assert complete(bystander, other)["completer_id"] == bystander.user_id


def test_engine_2_3_whoever_is_not_assigned_does_not_get_round_the_switch(org: Org) -> None:
    ann = org.member()
    step = {"title": "Mine", "assignees": [org.user_id], "can_complete_only_assignees": True}
    task = launched(org, template(org, steps=[step, {"title": "Hers", "assignees": [ann.user_id]}]))["tasks"][0]
    mine = {"owners": {"users": [org.user_id, ann.user_id]}}
    assert ann.http.put(f"/tasks/{task['id']}", json=mine).status_code == 403
    assert ann.http.put(f"/tasks/{task['id']}", json={"title": "Other"}).status_code == 403
    made(ann.http.post(f"/tasks/{task['id']}/comment", json={"content": f"@[{ann.user_id}]"}))
    assert task_of(org, task)["owners"]["users"] == [org.user_id]


def test_engine_7_3_the_worked_example(org: Org) -> None:
    five = org.member()
    group = made(org.http.post("/groups", json={"name": "G", "members": [five.user_id], "guests": []}))
    checklist = template(org, steps=[{"title": "One", "groups": [group["id"]]},
                                     {"title": "Two", "groups": [group["id"]], "assign_run_starter": False},
                                     {"title": "Three", "guests": [GUEST]}])  # fmt: skip
    first, second, _ = (entry["id"] for entry in checklist["steps"]["data"])

    def owners(**tasks: Any) -> list[Any]:
        process = launched(org, checklist, tasks=tasks)
        return [[task["owners"]["users"], task["owners"]["groups"]] for task in process["tasks"]]

    nobody = {"users": [], "groups": [], "guests": []}
    assert owners()[0] == [[], [group["id"]]]
    assert owners(**{first: {"owners": {"users": [five.user_id]}}})[0] == [[five.user_id], []]
    assert owners(**{first: {"owners": nobody}})[0] == [[org.user_id], []]
    assert owners(**{second: {"owners": nobody}})[1] == [[], []]
    assert owners()[2] == [[org.user_id], []]


def test_engine_7_5_the_last_member_beside_a_guest_comes_back(org: Org) -> None:
    ann = org.member()
    task = oneoff(org, owners={"users": [ann.user_id], "guests": [GUEST], "groups": []})
    found = made(org.http.put(f"/tasks/{task['id']}", json={"owners": {"users": []}}), 200)
    assert found["owners"]["users"] == [org.user_id]


def test_engine_9_3_a_copied_step_is_like_the_first(org: Org) -> None:
    field = {"label": "Number", "field_type": "text", "required": True}
    step = {"title": "One", "step_type": "approval", "captures": [field], "assignees": [org.user_id],
            "guests": [GUEST], "summary": "<p>Do</p>", "webhook": "https://hook.example/x", "max_assignable": 3,
            "deadline": {"value": 2, "unit": "days", "option": "from", "step": "start_run"},
            "settings": {"hide_by_default": True}}  # fmt: skip
    checklist = template(org, steps=[step, {"title": "Two"}])
    at = f"/checklists/{checklist['id']}/steps"
    copy = made(org.http.post(f"{at}/{checklist['steps']['data'][0]['id']}/clone"))
    steps: Any = made(org.http.get(at), 200)
    assert [entry["title"] for entry in steps] == ["One", "One - Copy", "Two"]
    first = steps[0]
    same = ("step_type", "assignees", "guests", "summary", "webhook", "max_assignable", "deadline")
    assert {name: copy[name] for name in same} == {name: first[name] for name in same}
    assert copy["id"] != first["id"] and copy["alias"] != first["alias"]
    assert [one["label"] for one in copy["captures"]] == ["Number"] and copy["captures"][0]["id"] != first["captures"][
        0
    ]["id"]
    process = launched(org, checklist)
    assert [task["status"] for task in process["tasks"]] == ["auto-skipped", "not-started", "not-started"]


def test_engine_9_5_added_tasks_are_counted_placed_and_refused(org: Org) -> None:
    process = launched(org, template(org))
    added = oneoff(org, "Added", run_id=process["id"], position=2)
    listed: Any = made(org.http.get(f"/runs/{process['id']}/tasks"), 200)
    assert [(task["title"], task["position"]) for task in listed] == [("Step 1", 1), ("Added", 2), ("Step 2", 3)]
    assert made(org.http.get(f"/runs/{process['id']}"), 200)["progress"]["total"] == 3
    hidden = org.http.post(f"/x/runs/{process['id']}/tasks/{added['id']}/visibility", json={"visible": False})
    assert hidden.status_code == 422
    assert org.http.delete(f"/tasks/{process['tasks'][0]['id']}").status_code == 422
    closed = launched(org, template(org, can_add_oot=False))
    owners = {"users": [org.user_id], "guests": [], "groups": []}
    body = {"title": "No", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    refused = org.http.post("/tasks", json={**body, "run_id": closed["id"]})
    assert (refused.status_code, "added tasks" in refused.json()["message"]) == (403, True)


def test_engine_9_5_an_added_task_is_taken_out_of_its_process_and_goes_on_alone(org: Org) -> None:
    ann = org.member()
    guest = guest_of(org, GUEST)
    field = {"label": "Number", "field_type": "text", "required": False}
    process = launched(org, template(org, plain_steps=1))
    owners = {"users": [ann.user_id], "guests": [GUEST], "groups": []}
    added = oneoff(org, "Added", run_id=process["id"], position=1, owners=owners, form_fields=[field])
    shown = made(org.http.get(f"/tasks/{added['id']}?with=form_fields"), 200)
    number = shown["form_fields"]["data"][0]["id"]
    made(ann.http.put(f"/tasks/{added['id']}", json={"taskdata": {number: "4711"}}), 200)
    made(org.http.post(f"/tasks/{added['id']}/comment", json={"content": "Said"}))
    complete(org, process["tasks"][0])
    assert made(org.http.get(f"/runs/{process['id']}"), 200)["status"] == "active"
    path = f"/x/tasks/{added['id']}/unlink"
    assert org.member().http.post(path).status_code == 403
    alone = made(ann.http.post(path), 200)
    assert (alone["run_id"], alone["position"], alone["taskdata"]) == (None, 1, {number: "4711"})
    assert alone["owners"]["users"] == [ann.user_id] and alone["owners"]["guests"] == [GUEST]
    # the process is complete without it, and knows it no more
    left = made(org.http.get(f"/runs/{process['id']}?with=tasks"), 200)
    assert (left["status"], left["progress"]["total"], len(left["tasks"]["data"])) == ("complete", 1, 1)
    rest: Any = made(org.http.get(f"/runs/{process['id']}/tasks"), 200)
    assert rest[0]["position"] == 1
    threads = made(org.http.get(f"/tasks/{added['id']}?with=threads"), 200)["threads"]["data"]
    assert [thread["content"] for thread in threads] == ["Said"]
    assert guest.tasks() == ["Added"]
    # it outlives the process
    made(org.http.delete(f"/runs/{process['id']}"), 200)
    assert org.http.delete(f"/runs/{process['id']}/delete").is_success
    assert made(guest.complete(added), 200)["status"] == "completed"
    told = [line for line in lines(org) if line.verb == "unlinked"]
    assert [(line.subject_id, line.actor_id) for line in told] == [(added["id"], str(ann.user_id))]


def test_engine_9_5_only_added_tasks_are_taken_out_and_only_once(org: Org) -> None:
    process = launched(org, template(org))
    assert org.http.post(f"/x/tasks/{process['tasks'][0]['id']}/unlink").status_code == 422
    single = oneoff(org)
    assert org.http.post(f"/x/tasks/{single['id']}/unlink").status_code == 422
    added = oneoff(org, "Added", run_id=process["id"])
    made(org.http.post(f"/runs/{process['id']}/problem", json={"content": "Stop"}))
    assert org.http.post(f"/x/tasks/{added['id']}/unlink").status_code == 422


def test_engine_4_5_variables_of_a_task_without_a_process_name_nothing(org: Org) -> None:
    # there is no field, no launch and no template that they could name (4.5, rule 3)
    task = oneoff(org, "Call {{client-name-a1b2}}", summary="<p>{{DATE}}</p>")
    assert (task["title"], task["original_title"]) == ("Call {{client-name-a1b2}}",) * 2
    assert task["summary"] == "<p>{{DATE}}</p>"


def test_engine_9_7_a_deleted_stage_leaves_its_steps(org: Org) -> None:
    checklist = template(org)
    at = f"/checklists/{checklist['id']}"
    stage = made(org.http.post(f"{at}/stages", json={"title": "First"}))
    step = checklist["steps"]["data"][0]["id"]
    made(org.http.put(f"{at}/steps/{step}", json={"stage_id": stage["id"]}), 200)
    assert org.http.delete(f"{at}/stages/{stage['id']}").is_success
    steps: Any = made(org.http.get(f"{at}/steps"), 200)
    assert [entry["stage_id"] for entry in steps] == [None, None]
