"""Members become guests, guests become members; the work follows the address."""

from typing import Any

import pytest
import sqlalchemy as sa

from handrail.schema.statement import Statement
from handrail.schema.tables import processes, tasks
from handrail.schema.words import is_, own, set_all
from tests.features.builders import launched, made, template
from tests.features.guests.test_guests import code_of, guest, mails, oneoff, wrong
from tests.support.server import Org, Person

SECRET = "correct horse battery"

write = Statement[None](
    sa.update(tasks).where(own(tasks), is_(tasks.c.id)).values(set_all(tasks, "signatures", "status"))
)
touch = Statement[None](
    sa.update(processes).where(own(processes), is_(processes.c.id)).values(revision=processes.c.revision + 1)
)


def address(org: Org, name: str) -> str:
    return f"{name}.{org.organization_id}@pilots.example"


def owners(person: Person, task: dict[str, Any]) -> dict[str, Any]:
    return made(person.http.get(f"/tasks/{task['id']}"), 200)["owners"]


def member(person: Person, email: str) -> dict[str, Any]:
    return next(user for user in person.http.get("/users").json()["data"] if user["email"] == email)


def everyone(org: Org, **step: Any) -> dict[str, Any]:
    return launched(org, template(org, steps=[{"title": "Check", "everyone_must_complete": True, **step}]))


def status(person: Person, process: dict[str, Any]) -> str:
    return made(person.http.get(f"/tasks/{process['tasks'][0]['id']}"), 200)["status"]


def sign(person: Person, process: dict[str, Any]) -> None:
    body = {"task_id": process["tasks"][0]["id"]}
    made(person.http.post(f"/runs/{process['id']}/completed-tasks", json=body), 200)


def test_member_becomes_a_guest(org: Org) -> None:
    person = org.member(first_name="Mira", last_name="Santos")
    team = made(org.http.post("/groups", json={"name": "Desk", "members": [person.user_id]}))["id"]
    checklist = template(
        org,
        steps=[{"title": "Check", "assignees": [person.user_id]}],
        users=[person.user_id],
    )
    shared = oneoff(org, "Shared", users=[org.user_id, person.user_id])
    alone = oneoff(org, "Alone", users=[person.user_id])
    done = oneoff(org, "Done", users=[person.user_id])
    made(person.http.post("/completed-tasks", json={"task_id": done["id"]}), 200)
    found = made(org.http.put(f"/users/{person.user_id}/to/guest"), 200)
    assert (found["email"], found["first_name"], found["last_name"]) == (person.email, "Mira", "Santos")
    assert found["link"].endswith(code_of(found))
    assert person.http.get("/me").status_code == 401
    assert member(org, person.email)["status"] == "disabled"
    assert made(org.http.get(f"/groups/{team}"), 200)["members"] == []
    assert (owners(org, shared)["users"], owners(org, shared)["guests"]) == ([org.user_id], [person.email])
    assert owners(org, alone)["guests"] == [person.email]
    assert owners(org, alone)["users"] == [org.user_id]
    assert owners(org, done)["users"] == [person.user_id]
    shown = made(org.http.get(f"/checklists/{checklist['id']}?with=steps,permissions"), 200)
    assert (shown["steps"]["data"][0]["assignees"], shown["steps"]["data"][0]["guests"]) == ([], [person.email])
    assert shown["users"] == []
    assert f"'id': {person.user_id}" not in str(shown["permissions"])
    assert [task["title"] for task in org.http.get(f"/guests/{person.email}/tasks?sort=-newest").json()["data"]] == [
        "Shared",
        "Alone",
    ]


def test_enabled_member_gets_back_what_the_guest_had(org: Org) -> None:
    person = org.member()
    task = oneoff(org, "Alone", users=[person.user_id])
    made(org.http.put(f"/users/{person.user_id}/to/guest"), 200)
    made(org.http.put(f"/users/{person.user_id}/enable"), 200)
    assert (owners(org, task)["users"], owners(org, task)["guests"]) == ([org.user_id, person.user_id], [])
    assert mails(org) == []
    made(org.http.put(f"/users/{person.user_id}/to/guest"), 200)
    assert mails(org) == [person.email]


def test_signatures_follow(org: Org) -> None:
    one, two = org.member(), org.member()
    process = everyone(org, assignees=[one.user_id, two.user_id])
    sign(one, process)
    made(org.http.put(f"/users/{one.user_id}/to/guest"), 200)
    assert status(org, process) == "in-progress"
    made(org.http.post(f"/guests/{one.email}/to/member"), 200)
    assert status(org, process) == "in-progress"
    sign(two, process)
    assert status(org, process) == "completed"


def test_step_without_guests_is_not_given_to_one(org: Org) -> None:
    one, two = org.member(), org.member()
    process = everyone(org, assignees=[one.user_id, two.user_id], allow_guest_owners=False)
    sign(two, process)
    made(org.http.put(f"/users/{one.user_id}/to/guest"), 200)
    task = made(org.http.get(f"/tasks/{process['tasks'][0]['id']}"), 200)
    assert task["owners"]["guests"] == []
    # who is disabled need not sign
    assert (task["status"], task["completer_id"]) == ("completed", two.user_id)


def test_the_last_administrator_and_the_bot_stay(org: Org) -> None:
    assert org.http.put(f"/users/{org.user_id}/to/guest").status_code == 400
    second = org.member("admin")
    found = made(second.http.put(f"/users/{org.user_id}/to/guest"), 200)
    assert found["email"] == org.email
    assert member(second, second.email)["is_default_admin"] is True
    assert second.http.put("/users/999999999/to/guest").status_code == 404


def test_guest_becomes_a_member(org: Org) -> None:
    email = address(org, "rui")
    guest(org, email, first_name="Rui", last_name="Falcao")
    team = made(org.http.post("/groups", json={"name": "Desk", "guests": [email]}))["id"]
    checklist = template(org, steps=[{"title": "Check", "guests": [email]}])
    task = oneoff(org, "Open", guests=[email])
    done = oneoff(org, "Done", users=[org.user_id], guests=[email])
    made(org.http.post("/completed-tasks", json={"task_id": done["id"]}), 200)
    found = made(org.http.post(f"/guests/{email}/to/member"), 200)
    user = found["id"]
    assert (found["email"], found["status"], found["role"]) == (email, "invited", "standard")
    assert (found["first_name"], found["last_name"]) == ("Rui", "Falcao")
    assert found["invite_link"].startswith(org.server.url)
    assert org.http.get(f"/guests/{email}").status_code == 404
    assert (owners(org, task)["users"], owners(org, task)["guests"]) == ([org.user_id, user], [])
    assert (owners(org, done)["users"], owners(org, done)["guests"]) == ([org.user_id, user], [])
    shown = made(org.http.get(f"/groups/{team}"), 200)
    assert (shown["members"], shown["guests"]) == ([user], [])
    step = made(org.http.get(f"/checklists/{checklist['id']}?with=steps"), 200)["steps"]["data"][0]
    assert (step["assignees"], step["guests"]) == ([user], [])
    assert wrong(org, "POST", "/guests", email=email) == {"email"}
    token = found["invite_link"].partition("token=")[2]
    accepted = org.server.client(path="/api").post("/auth/accept-invite", json={"token": token, "password": SECRET})
    person = Person(org.server, org.organization_id, user, email, accepted.json()["data"]["access_token"])
    assert [task["title"] for task in person.http.get("/me/tasks").json()["data"]] == ["Open"]
    assert [task["title"] for task in person.http.get("/me/tasks?status=completed").json()["data"]] == ["Done"]


@pytest.mark.parametrize("by_group", [False, True])
def test_signature_of_a_guest_counts_for_the_member(org: Org, by_group: bool) -> None:
    email = address(org, "sig")
    guest(org, email)
    one = org.member()
    step: dict[str, Any] = {"assignees": [one.user_id], "guests": [email]}
    if by_group:
        body = {"name": "Desk", "members": [one.user_id], "guests": [email]}
        step = {"groups": [made(org.http.post("/groups", json=body))["id"]]}
    process = everyone(org, **step)
    signed_by(org, process, email)
    made(org.http.post(f"/guests/{email}/to/member", json={"role": "light"}), 200)
    assert status(org, process) == "in-progress"
    sign(one, process)
    assert status(org, process) == "completed"


def signed_by(org: Org, process: dict[str, Any], email: str) -> None:
    """Put a guest's signature on the first task, as their own page will."""

    async def body(tx: Any) -> None:
        here = {"organization_id": org.organization_id}
        await tx.run(write, **here, id=process["tasks"][0]["id"], signatures=f'["{email}"]', status="in-progress")
        await tx.run(touch, **here, id=process["id"])

    org.server.write(body)


def test_member_of_before_comes_back_as_active(org: Org) -> None:
    person = org.member()
    task = oneoff(org, "Alone", users=[person.user_id])
    made(org.http.put(f"/users/{person.user_id}/to/guest"), 200)
    found = made(org.http.post(f"/guests/{person.email}/to/member", json={"role": "Light"}), 200)
    assert (found["id"], found["status"], found["role"]) == (person.user_id, "active", "light")
    assert "invite_link" not in found
    assert person.user_id in owners(org, task)["users"]
    assert mails(org) == []


def test_invited_guest_leaves_the_list_of_guests(org: Org) -> None:
    email = address(org, "ana")
    task = oneoff(org, "Open", guests=[email])
    body = {"email": email, "first_name": "Ana", "last_name": "Reis", "role": "light"}
    invited = made(org.http.post("/users/invite", json=body), 200)
    assert mails(org) == []
    assert invited["id"] in owners(org, task)["users"]
    assert owners(org, task)["guests"] == []


def test_conversion_wants_a_role_and_a_guest(org: Org) -> None:
    guest(org)
    assert wrong(org, "POST", "/guests/rui@pilots.example/to/member", role="owner") == {"role"}
    assert mails(org) == ["rui@pilots.example"]
    assert org.http.post("/guests/nobody@pilots.example/to/member").status_code == 404


def test_archived_process_stays_closed(org: Org) -> None:
    person = org.member()
    process = launched(org, template(org, steps=[{"title": "Check", "assignees": [person.user_id]}]))
    made(org.http.delete(f"/runs/{process['id']}"), 200)
    made(org.http.put(f"/users/{person.user_id}/to/guest"), 200)
    assert org.http.get(f"/guests/{person.email}/tasks?status=active").json()["data"] == []
    made(org.http.put(f"/runs/{process['id']}/activate"), 200)
    found = org.http.get(f"/guests/{person.email}/tasks?status=active").json()["data"]
    assert [task["title"] for task in found] == ["Check"]
