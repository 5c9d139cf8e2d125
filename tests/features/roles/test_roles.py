"""Job titles: made, read, changed and deleted, by whom (wire 2.6, around 2.10)."""

from typing import Any

from tests.features.builders import made, template
from tests.features.roles.steps import put_titles, title
from tests.support.server import Org, Person

KEYS = {"id", "name", "description", "users", "guests", "groups", "created_at", "last_updated"}
UNKNOWN = "0" * 32


def wrong(person: Person, method: str, path: str, **body: Any) -> set[str]:
    answer = person.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])


def names(person: Person, query: str = "") -> list[str]:
    answer = person.http.get(f"/roles{query}")
    assert answer.status_code == 200, answer.text
    return [found["name"] for found in answer.json()["data"]]


def test_made_read_listed_and_changed(org: Org) -> None:
    ann, light = org.member(), org.member("light")
    group = made(org.http.post("/groups", json={"name": "Desk", "members": [ann.user_id]}))
    found = title(
        ann,
        " Duty officer ",
        description="Decides",
        users=[str(ann.user_id), ann.user_id],
        guests=["Rui@Pilots.example"],
        groups=[group["id"]],
    )
    assert found.keys() == KEYS
    assert (found["name"], found["description"]) == ("Duty officer", "Decides")
    assert (found["users"], found["guests"], found["groups"]) == ([ann.user_id], ["rui@pilots.example"], [group["id"]])
    assert org.http.get("/guests/rui@pilots.example").is_success
    assert light.http.get(f"/roles/{found['id']}").json()["data"] == found
    title(org, "archivist")
    assert names(light) == ["archivist", "Duty officer"]
    assert names(org, "?sort=-name") == ["Duty officer", "archivist"]
    assert names(org, "?q=DECID") == ["Duty officer"]
    changed = made(org.http.put(f"/roles/{found['id']}", json={"users": []}), 200)
    assert (changed["users"], changed["guests"], changed["name"]) == ([], ["rui@pilots.example"], "Duty officer")
    assert made(org.http.put(f"/roles/{found['id']}", json={"name": "Officer"}), 200)["name"] == "Officer"


def test_names_are_taken_once_and_people_must_be_there(org: Org) -> None:
    one, two = title(org, "One"), title(org, "Two")
    assert wrong(org, "POST", "/roles", name="One") == {"name"}
    assert wrong(org, "POST", "/roles", name=" ") == {"name"}
    assert wrong(org, "POST", "/roles") == {"name"}
    assert wrong(org, "PUT", f"/roles/{two['id']}", name="One") == {"name"}
    assert made(org.http.put(f"/roles/{one['id']}", json={"name": "One"}), 200)["name"] == "One"
    body = {"name": "Three", "users": [999_999], "guests": ["no address"], "groups": [UNKNOWN]}
    assert wrong(org, "POST", "/roles", **body) == {"users.0", "guests.0", "groups.0"}
    assert org.http.put(f"/roles/{UNKNOWN}", json={"name": "X"}).status_code == 404
    assert org.http.get("/roles/nothing").status_code == 404


def test_who_may(org: Org) -> None:
    ann, light = org.member(), org.member("light")
    found = title(ann)
    assert light.http.post("/roles", json={"name": "Mine"}).status_code == 403
    assert light.http.put(f"/roles/{found['id']}", json={"name": "Mine"}).status_code == 403
    assert ann.http.delete(f"/roles/{found['id']}").status_code == 403
    assert org.http.delete(f"/roles/{found['id']}").status_code == 204
    assert org.http.get(f"/roles/{found['id']}").status_code == 404


def test_titles_of_steps_are_not_deleted(org: Org) -> None:
    found = title(org)
    checklist = template(org, title="Vendor intake")
    step = checklist["steps"]["data"][0]["id"]
    shown = put_titles(org, checklist, 0, found)
    assert shown["roles"] == [found["id"]]
    assert made(org.http.get(f"/checklists/{checklist['id']}/steps/{step}"), 200)["roles"] == [found["id"]]
    # changing the step by its own body leaves them
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{step}", json={"title": "T", "roles": []}), 200)
    answer = org.http.delete(f"/roles/{found['id']}")
    assert (answer.status_code, "Vendor intake" in answer.json()["errors"]["id"][0]) == (422, True)
    put_titles(org, checklist, 0)
    assert org.http.delete(f"/roles/{found['id']}").status_code == 204


def test_titles_that_are_not_there_come_on_no_step(two_orgs: tuple[Org, Org]) -> None:
    org, other = two_orgs
    checklist, foreign = template(org), title(other)
    step = checklist["steps"]["data"][0]["id"]
    path = f"/x/checklists/{checklist['id']}/steps/{step}/roles"
    assert wrong(org, "PUT", path, roles=[UNKNOWN]) == {"roles.0"}
    assert wrong(org, "PUT", path, roles=[foreign["id"]]) == {"roles.0"}
    assert wrong(org, "PUT", path) == {"roles"}
    assert org.http.put(f"/x/checklists/{checklist['id']}/steps/{UNKNOWN}/roles", json={"roles": []}).status_code == 404
    assert org.member("light").http.put(path, json={"roles": []}).status_code == 403


def test_copies_keep_titles_and_exports_do_not(org: Org) -> None:
    found, checklist = title(org), template(org)
    put_titles(org, checklist, 0, found)
    copy = made(org.http.post(f"/checklists/{checklist['id']}/clone", json={"title": "Copy"}))
    steps: Any = made(org.http.get(f"/checklists/{copy['id']}/steps"), 200)
    assert [step["roles"] for step in steps] == [[found["id"]], []]
    exported = org.http.get(f"/checklists/{checklist['id']}/export")
    assert exported.is_success, exported.text
    assert found["id"] not in exported.text


def test_changes_are_audited(org: Org) -> None:
    found = title(org, users=[org.user_id])
    made(org.http.put(f"/roles/{found['id']}", json={"users": []}), 200)
    entries = [entry for entry in org.http.get("/x/audit").json()["data"] if entry["event"] == "job_title_changed"]
    assert [entry["subject_id"] for entry in entries] == [found["id"]] * 2
    assert entries[0]["detail"]["before"]["users"] == [org.user_id]
