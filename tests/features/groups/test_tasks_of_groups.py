"""What groups mean for tasks that run: whoever is in a group now has its tasks (engine 7.1, decision 56)."""

from typing import Any

from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.support.server import Org, Person


def group(org: Person, name: str, *members: Person, guests: tuple[str, ...] = ()) -> str:
    body = {"name": name, "members": [person.user_id for person in members], "guests": list(guests)}
    return made(org.http.post("/groups", json=body))["id"]


def put(org: Person, group_id: str, *members: Person, **body: Any) -> None:
    made(org.http.put(f"/groups/{group_id}", json={"members": [person.user_id for person in members], **body}), 200)


def mine(person: Person, status: str = "active") -> list[str]:
    answer = person.http.get(f"/me/tasks?status={status}&sort=deadline")
    assert answer.status_code == 200, answer.text
    return sorted(task["title"] for task in answer.json()["data"])


def read(person: Person, process: dict[str, Any], position: int = 0) -> dict[str, Any]:
    task_id = process["tasks"][position]["id"]
    return made(person.http.get(f"/runs/{process['id']}/tasks/{task_id}"), 200)


def sign(person: Person, process: dict[str, Any], position: int = 0) -> dict[str, Any]:
    body = {"task_id": process["tasks"][position]["id"]}
    return made(person.http.post(f"/runs/{process['id']}/completed-tasks", json=body), 200)


def oneoff(org: Person, title: str = "Errand", **body: Any) -> dict[str, Any]:
    given = {"title": title, "task_type": "task", "deadline": "2031-05-06 10:00:00", **body}
    return made(org.http.post("/tasks", json=given))


def test_joining_and_leaving_counts_at_once(org: Org) -> None:
    one, two = org.member("light"), org.member("light")
    team = group(org, "Desk", one)
    process = launched(org, template(org, steps=[{"title": "Check", "groups": [team]}, {"title": "Other"}]))
    single = oneoff(org, owners={"groups": [team]})
    assert (mine(one), mine(two)) == (["Check", "Errand"], [])
    assert two.http.get(f"/runs/{process['id']}").status_code == 404
    assert two.http.get(f"/tasks/{single['id']}").status_code == 404
    put(org, team, two)
    assert (mine(one), mine(two)) == ([], ["Check", "Errand"])
    assert one.http.get(f"/runs/{process['id']}").status_code == 404
    assert made(two.http.get(f"/runs/{process['id']}"), 200)["id"] == process["id"]
    made(two.http.post("/completed-tasks", json={"task_id": single["id"]}), 200)


def test_last_unsigned_person_who_leaves_completes_the_task(org: Org) -> None:
    one, two, three = (org.member() for _ in range(3))
    team = group(org, "Desk", one, two)
    checklist = template(org, steps=[{"title": "Check", "groups": [team], "everyone_must_complete": True}])
    process = launched(org, checklist)
    assert sign(one, process)["status"] == "in-progress"
    assert read(org, process)["completion_progress"] == 50
    put(org, team, one, two, three)
    assert read(org, process)["completion_progress"] == 33
    put(org, team, one, two)
    assert read(org, process)["status"] == "in-progress"
    put(org, team, one)
    done = read(org, process)
    assert (done["status"], done["completer_id"]) == ("completed", one.user_id)
    assert made(org.http.get(f"/runs/{process['id']}"), 200)["status"] == "complete"


def test_nobody_needs_to_see_the_process_to_change_the_group(org: Org) -> None:
    one, two, manager = org.member("light"), org.member("light"), org.member("light")
    team = group(org, "Desk", one, two)
    checklist = template(org, steps=[{"title": "Check", "groups": [team], "everyone_must_complete": True}])
    process = launched(org, checklist)
    sign(one, process)
    assert manager.http.get(f"/runs/{process['id']}").status_code == 404
    put(manager, team, one)
    assert read(org, process)["status"] == "completed"


def test_single_task_is_completed_by_who_leaves(org: Org) -> None:
    one, two = org.member(), org.member()
    team = group(org, "Desk", one, two)
    task = oneoff(org, owners={"groups": [team]}, everyone_must_complete=True)
    made(one.http.post("/completed-tasks", json={"task_id": task["id"]}), 200)
    put(org, team, one)
    done = made(org.http.get(f"/tasks/{task['id']}"), 200)
    assert (done["status"], done["completer_id"]) == ("completed", one.user_id)


def test_who_is_disabled_no_longer_has_to_sign(org: Org) -> None:
    one, two, three = (org.member() for _ in range(3))
    team = group(org, "Desk", one, two)
    steps = [
        {"title": "By group", "groups": [team], "everyone_must_complete": True},
        {"title": "By name", "assignees": [one.user_id, three.user_id], "everyone_must_complete": True},
    ]
    process = launched(org, template(org, steps=steps))
    sign(one, process, 0)
    sign(one, process, 1)
    made(org.http.delete(f"/users/{two.user_id}/disable"), 200)
    assert read(org, process, 0)["status"] == "completed"
    assert read(org, process, 1)["status"] == "in-progress"
    made(org.http.delete(f"/users/{three.user_id}/disable"), 200)
    assert read(org, process, 1)["status"] == "completed"


def test_heir_of_who_leaves_still_has_to_sign(org: Org) -> None:
    one, two, heir = (org.member() for _ in range(3))
    steps = [{"title": "By name", "assignees": [one.user_id, two.user_id], "everyone_must_complete": True}]
    process = launched(org, template(org, steps=steps))
    sign(one, process)
    made(org.http.delete(f"/users/{two.user_id}?with_reassignment=true&to={heir.user_id}"), 200)
    assert read(org, process)["status"] == "in-progress"
    assert sign(heir, process)["status"] == "completed"


def test_deleted_group_leaves_its_tasks_to_its_people(org: Org) -> None:
    one, two = org.member("light"), org.member("light")
    team = group(org, "Desk", one, two, guests=("rui@pilots.example",))
    steps = [{"title": "Done", "groups": [team]}, {"title": "Check", "groups": [team], "assignees": [one.user_id]}]
    process = launched(org, template(org, steps=steps))
    single = oneoff(org, owners={"groups": [team]})
    sign(one, process)
    assert org.http.delete(f"/groups/{team}").status_code == 204
    for owners in (read(org, process, 0)["owners"], read(org, process, 1)["owners"]):
        assert sorted(owners["users"]) == [one.user_id, two.user_id]
        assert (owners["guests"], owners["groups"]) == (["rui@pilots.example"], [])
    owners = made(org.http.get(f"/tasks/{single['id']}"), 200)["owners"]
    assert (owners["groups"], len(owners["taskUrls"])) == ([], 1)
    assert mine(two) == ["Check", "Errand"]
    assert mine(two, "completed") == ["Done"]
    assert sign(two, process, 1)["status"] == "completed"


def test_guests_of_a_deleted_group_get_a_member_beside_them(org: Org) -> None:
    team = group(org, "Outside", guests=("rui@pilots.example",))
    task = oneoff(org, owners={"groups": [team]})
    assert org.http.delete(f"/groups/{team}").status_code == 204
    owners = made(org.http.get(f"/tasks/{task['id']}"), 200)["owners"]
    assert (owners["users"], owners["guests"]) == ([org.user_id], ["rui@pilots.example"])


def test_group_of_guests_alone_gets_a_member_beside_it(org: Org) -> None:
    rui, one, other = "rui@pilots.example", org.member(), org.member()
    team = group(org, "Outside", guests=(rui,))
    sign_all = {"groups": [team], "everyone_must_complete": True}
    process = launched(org, template(org, steps=[{"title": "Pack", **sign_all}, {"title": "Load", **sign_all}]))
    assert [task["owners"]["users"] for task in process["tasks"]] == [[org.user_id], [org.user_id]]
    single = oneoff(one, owners={"groups": [team]})
    assert single["owners"]["users"] == [one.user_id]
    # who was put there only watches: nobody waits for their signature
    code = made(org.http.get(f"/guests/{rui}"), 200)["link"].rsplit("/", 1)[1]
    done = org.server.client(path=org.path).post(
        f"/guests/{code}/completed-tasks", json={"task_id": process["tasks"][0]["id"]}
    )
    assert made(done, 200)["status"] == "completed"
    # whoever comes in their place is asked for, and the last member who goes leaves another
    at = f"/tasks/{single['id']}"
    given = {"users": [other.user_id]}
    assert made(org.http.put(at, json={"owners": given}), 200)["owners"]["users"] == [other.user_id]
    assert made(org.http.put(at, json={"owners": {"users": []}}), 200)["owners"]["users"] == [org.user_id]


def test_rule_that_takes_the_last_member_away_leaves_one_beside_a_group_of_guests(org: Org) -> None:
    one, other = org.member(), org.member()
    team = group(org, "Outside", guests=("rui@pilots.example",))
    checklist = template(org, steps=[{"title": "Pack", "groups": [team], "assignees": [one.user_id]}, {"title": "Go"}])
    pack, go = (step["id"] for step in checklist["steps"]["data"])
    condition = {"conditionable_type": "Step", "conditionable_id": go, "operation": "completed", "statement": None}
    action = {
        "action_type": "assignment",
        "action_verb": "unassign",
        "target_step_id": pack,
        "assignees": {"users": [one.user_id]},
    }
    rule = {"automated_alias": "Outside", "conditions": [condition], "then_actions": [action]}
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=rule))
    process = launched(other, checklist)
    assert process["tasks"][0]["owners"]["users"] == [one.user_id]
    sign(org, process, 1)
    assert read(org, process)["owners"]["users"] == [other.user_id]


def test_group_that_its_last_member_leaves_gets_another_beside_its_guests(org: Org) -> None:
    one, other = org.member(), org.member()
    team = group(org, "Both", one, guests=("rui@pilots.example",))
    process = launched(other, template(org, steps=[{"title": "Pack", "groups": [team]}]))
    single = oneoff(org, owners={"groups": [team]})
    assert (process["tasks"][0]["owners"]["users"], single["owners"]["users"]) == ([], [])
    made(org.http.delete(f"/users/{one.user_id}/disable"), 200)
    assert read(org, process)["owners"]["users"] == [other.user_id]
    assert made(org.http.get(f"/tasks/{single['id']}"), 200)["owners"]["users"] == [org.user_id]
    assert mine(other) == ["Pack"]


def test_deleted_group_stays_out_of_lists_of_open_tasks_when_archived(org: Org) -> None:
    one = org.member()
    team = group(org, "Desk", one)
    process = launched(org, template(org, steps=[{"title": "Check", "groups": [team]}]))
    made(org.http.delete(f"/runs/{process['id']}"), 200)
    assert org.http.delete(f"/groups/{team}").status_code == 204
    assert mine(one) == []
    made(org.http.put(f"/runs/{process['id']}/activate"), 200)
    assert mine(one) == ["Check"]


def test_templates_and_processes_forget_a_deleted_group(org: Org) -> None:
    one = org.member()
    team, other = group(org, "Desk", one), group(org, "Other", one)
    checklist = template(org, steps=[{"title": "Check", "groups": [team, other]}], groups=[team, other])
    process = launched(org, checklist)
    assert process["groups"] == [team, other]
    assert org.http.delete(f"/groups/{team}").status_code == 204
    shown = made(org.http.get(f"/checklists/{checklist['id']}?with=steps,permissions"), 200)
    assert shown["groups"] == shown["steps"]["data"][0]["groups"] == [other]
    assert team not in str(shown)
    run = made(org.http.get(f"/runs/{process['id']}"), 200)
    assert run["groups"] == [other]
    made(org.http.put(f"/runs/{process['id']}", json={"users": run["users"], "groups": run["groups"]}), 200)
    assert launched(org, checklist)["tasks"][0]["owners"]["groups"] == [other]


def test_groups_beyond_the_limit_cannot_be_assigned(org: Org) -> None:
    people = [org.member() for _ in range(3)]
    small, large = group(org, "Small", *people[:2]), group(org, "Large", *people)
    checklist = template(org, steps=[{"title": "Check", "groups": [large]}])
    running = launched(org, checklist)
    made(org.http.put("", json={"maximum_group_assignment_limit": 2}), 200)
    answer = org.http.post("/runs", json={"checklist_id": checklist["id"]})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [f"tasks.{checklist['steps']['data'][0]['id']}.owners"]
    at = f"/runs/{running['id']}/tasks/{running['tasks'][0]['id']}"
    fresh = launched(org, template(org, plain_steps=1))
    task = f"/runs/{fresh['id']}/tasks/{fresh['tasks'][0]['id']}"
    assert org.http.put(task, json={"owners": {"groups": [large]}}).status_code == 422
    assert made(org.http.put(task, json={"owners": {"groups": [small]}}), 200)["owners"]["groups"] == [small]
    # what is assigned already stays, and others may join
    owners = made(org.http.put(at, json={"owners": {"users": [org.user_id]}}), 200)["owners"]
    assert owners["groups"] == [large]
    body = {"title": "E", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": {"groups": [large]}}
    assert org.http.post("/tasks", json=body).status_code == 422
    made(org.http.put("", json={"maximum_group_assignment_limit": 0}), 200)
    launched(org, checklist)


def test_feed_tells_of_groups_and_of_their_tasks(org: Org) -> None:
    team = group(org, "Desk", org)
    task = oneoff(org, owners={"groups": [team]})
    put(org, team)
    put(org, team, org)
    org.http.delete(f"/groups/{team}")
    found = lines(org)
    assert [(line.verb, line.description) for line in found if line.subject_type == "Group"] == [
        ("created", "Made the group Desk"),
        ("updated", "Changed the group Desk"),
        ("updated", "Changed the group Desk"),
        ("deleted", "Deleted the group Desk"),
    ]
    assert ("owners-updated", task["id"]) in {(line.verb, line.subject_id) for line in found}
