"""Handing over the tasks of a member who leaves."""

from typing import Any

from tests.features.builders import launched, template
from tests.support.server import Org, Person


def owners(org: Org, process: dict[str, Any]) -> list[list[int]]:
    """The members of each task of a process, in order, hidden ones too."""
    page = org.http.get(f"/runs/{process['id']}/tasks?per_page=100").json()["data"]
    return [task["owners"]["users"] for task in page]


def leave(org: Org, person: Person, heir: Person) -> None:
    answer = org.http.delete(f"/users/{person.user_id}?with_reassignment=true&to={heir.user_id}")
    assert answer.status_code == 200, answer.text


def assigned(*people: Person, **step: Any) -> dict[str, Any]:
    return {"title": "Step", "assignees": [person.user_id for person in people], **step}


def mine(person: Person) -> set[str]:
    answer = person.http.get("/me/tasks?per_page=100")
    assert answer.status_code == 200, answer.text
    return {task["id"] for task in answer.json()["data"]}


def test_open_tasks_move_and_completed_ones_stay(org: Org) -> None:
    person, heir, other = org.member(), org.member(), org.member()
    steps = [assigned(person), assigned(person, other), assigned(person, heir), assigned(other)]
    process = launched(org, template(org, steps=steps))
    done = org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": process["tasks"][0]["id"]})
    assert done.status_code in (200, 201), done.text
    leave(org, person, heir)
    assert owners(org, process) == [
        [person.user_id],
        [heir.user_id, other.user_id],
        [heir.user_id],
        [other.user_id],
    ]
    assert mine(heir) == {process["tasks"][1]["id"], process["tasks"][2]["id"]}


def test_later_commands_see_the_heir(org: Org) -> None:
    """What is kept of a process in memory must not bring the leaving member back."""
    person, heir = org.member(), org.member()
    process = launched(org, template(org, steps=[assigned(person), assigned(person)]))
    leave(org, person, heir)
    done = heir.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": process["tasks"][0]["id"]})
    assert done.status_code in (200, 201), done.text
    assert done.json()["data"]["owners"]["users"] == [heir.user_id]
    assert owners(org, process) == [[heir.user_id], [heir.user_id]]


def test_hidden_tasks_move(org: Org) -> None:
    person, heir = org.member(), org.member()
    steps = [assigned(person), assigned(person, settings={"hide_by_default": True})]
    process = launched(org, template(org, steps=steps))
    leave(org, person, heir)
    assert owners(org, process) == [[heir.user_id], [heir.user_id]]
    assert len(mine(heir)) == 1


def test_tasks_of_archived_processes_move_without_becoming_open(org: Org) -> None:
    person, heir = org.member(), org.member()
    process = launched(org, template(org, steps=[assigned(person)]))
    assert org.http.delete(f"/runs/{process['id']}").status_code == 200
    leave(org, person, heir)
    assert mine(heir) == set()
    assert org.http.put(f"/runs/{process['id']}/activate").status_code == 200
    assert mine(heir) == {process["tasks"][0]["id"]}


def test_single_tasks_move(org: Org) -> None:
    person, heir = org.member(), org.member()
    owners = {"users": [person.user_id], "guests": [], "groups": []}
    body = {"title": "Call back", "task_type": "task", "owners": owners, "deadline": "2031-01-01 00:00:00"}
    answer = org.http.post("/tasks", json=body)
    assert answer.status_code == 201, answer.text
    leave(org, person, heir)
    assert mine(heir) == {answer.json()["data"]["id"]}


def test_task_that_everyone_must_complete_is_complete_when_the_heir_has_signed(org: Org) -> None:
    person, heir = org.member(), org.member()
    steps = [assigned(person, heir, everyone_must_complete=True), assigned(heir)]
    process = launched(org, template(org, steps=steps))
    task_id = process["tasks"][0]["id"]
    signed = heir.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task_id})
    assert signed.json()["data"]["status"] != "completed"
    leave(org, person, heir)
    task = org.http.get(f"/runs/{process['id']}/tasks/{task_id}").json()["data"]
    assert (task["status"], task["owners"]["users"]) == ("completed", [heir.user_id])


def test_processes_move(org: Org) -> None:
    person, heir = org.member(), org.member()
    checklist = template(org)
    started = person.http.post("/runs", json={"checklist_id": checklist["id"]})
    assert started.status_code == 201, started.text
    leave(org, person, heir)
    process = org.http.get(f"/runs/{started.json()['data']['id']}").json()["data"]
    assert process["owner_id"] == heir.user_id


def test_other_organizations_and_other_people_keep_their_tasks(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    person, heir = one.member(), one.member()
    there = other.member(email=person.email)
    process = launched(other, template(other, steps=[assigned(there)]))
    leave(one, person, heir)
    assert owners(other, process) == [[person.user_id]]


def test_many_tasks_cost_a_few_statements(org: Org) -> None:
    checklist_of = {}
    counts: list[int] = []
    for size in (2, 30):
        person, heir = org.member(), org.member()
        checklist_of[size] = template(org, steps=[assigned(person) for _ in range(size)])
        launched(org, checklist_of[size])
        org.http.get("/me")
        with org.server.count_statements() as statements:
            leave(org, person, heir)
        counts.append(len(statements))
        assert len(mine(heir)) == size
    assert counts[1] <= counts[0] + 2
