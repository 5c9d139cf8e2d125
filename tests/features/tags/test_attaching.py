"""Tags on templates, processes and tasks: put on and taken off, by those who may change or work on them."""

from typing import Any

import httpx
import pytest

from tests.features.builders import launched, made, template
from tests.features.tags.test_tags import tag
from tests.support.server import Org, Person

KEYS = {
    "id",
    "tag_id",
    "subject_id",
    "subject_type",
    "tag_type",
    "type",
    "title",
    "color",
    "auto_generated",
    "created_at",
    "deleted_at",
}


def put(person: Person, subject_type: str, subject_id: str, tag_id: str, **body: Any) -> httpx.Response:
    given = {"subject_id": subject_id, "subject_type": subject_type, "tag_id": tag_id, "tag_type": "private", **body}
    return person.http.post("/checklists/tags", json=given)


def oneoff(person: Person, **owners: Any) -> dict[str, Any]:
    body = {"title": "Errand", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    return made(person.http.post("/tasks", json=body))


@pytest.mark.parametrize("kind", ["Checklist", "Run", "Task"])
def test_put_on_and_taken_off(org: Org, kind: str) -> None:
    found = tag(org, color="#102030")
    checklist = template(org)
    run = launched(org, checklist)
    subject, path = {
        "Checklist": (checklist["id"], f"/checklists/{checklist['id']}"),
        "Run": (run["id"], f"/runs/{run['id']}"),
        "Task": (run["tasks"][0]["id"], f"/tasks/{run['tasks'][0]['id']}"),
    }[kind]
    association = made(put(org, kind, subject, found["id"]))
    assert association.keys() == KEYS
    assert isinstance(association["id"], int)
    assert (association["tag_id"], association["subject_id"], association["subject_type"]) == (
        found["id"],
        subject,
        kind,
    )
    assert (association["title"], association["color"]) == ("urgent", "#102030")
    assert association["tag_type"] == association["type"] == "private"
    assert made(put(org, kind, subject, found["id"])) == association
    assert made(org.http.get(f"{path}?with=tags"), 200)["tags"] == {"data": [association]}
    at = f"/checklists/tags/{association['id']}"
    answer = org.http.delete(at)
    assert (answer.status_code, answer.content) == (204, b"")
    assert made(org.http.get(f"{path}?with=tags"), 200)["tags"] == {"data": []}
    assert org.http.delete(at).status_code == 404


def test_filters_find_what_was_tagged(org: Org) -> None:
    found = tag(org)
    checklist, other = template(org), template(org)
    run, plain = launched(org, checklist), launched(org, other)
    made(put(org, "Checklist", checklist["id"], found["id"]))
    made(put(org, "Run", run["id"], found["id"]))

    def ids(path: str) -> list[str]:
        return [entry["id"] for entry in org.http.get(path).json()["data"]]

    assert ids(f"/checklists?tag={found['id']}") == [checklist["id"]]
    assert ids(f"/runs?tag={found['id']}") == ids("/runs?tag=urgent") == [run["id"]]
    assert ids("/runs?untagged=true") == [plain["id"]]
    assert set(ids(f"/tasks?tag={found['id']}")) == {task["id"] for task in run["tasks"]}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"subject_id": "0" * 32}, "subject_id"),
        ({"subject_id": "x"}, "subject_id"),
        ({"subject_type": "Folder"}, "subject_type"),
        ({"subject_type": "Step"}, "subject_type"),
        ({"tag_id": "0" * 32}, "tag_id"),
        ({"tag_id": "x"}, "tag_id"),
        ({"tag_type": "public"}, "tag_id"),
        ({"tag_type": "secret"}, "tag_type"),
        ({"tag_type": None}, "tag_type"),
        ({"subject_id": None}, "subject_id"),
    ],
)
def test_bad_bodies_are_refused(org: Org, change: dict[str, Any], path: str) -> None:
    found = tag(org)
    checklist = template(org)
    answer = put(org, **{"subject_type": "Checklist", "subject_id": checklist["id"], "tag_id": found["id"], **change})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [path]


def test_archived_records_take_no_tags_but_lose_them(org: Org) -> None:
    found, late = tag(org), tag(org, "late")
    checklist = template(org)
    run = launched(org, checklist)
    task = run["tasks"][0]["id"]
    subjects = (("Checklist", checklist["id"]), ("Run", run["id"]), ("Task", task))
    numbers = [made(put(org, kind, subject, found["id"]))["id"] for kind, subject in subjects]
    org.http.delete(f"/runs/{run['id']}")
    org.http.delete(f"/checklists/{checklist['id']}")
    for kind, subject in subjects:
        assert put(org, kind, subject, late["id"]).status_code == 422, kind
    for number in numbers:
        assert org.http.delete(f"/checklists/tags/{number}").status_code == 204


def test_standard_members_tag_what_they_change_or_work_on(org: Org) -> None:
    found = tag(org)
    person, stranger = org.member(), org.member()
    theirs = template(person)
    assert put(person, "Checklist", theirs["id"], found["id"]).status_code == 201
    # readable for everybody, changeable for its maker alone
    assert put(stranger, "Checklist", theirs["id"], found["id"]).status_code == 403
    hidden = template(org)
    made(org.http.put(f"/checklists/{hidden['id']}/permissions", json={"permissions": {"READ": [], "LAUNCH": []}}), 200)
    assert put(person, "Checklist", hidden["id"], found["id"]).status_code == 422
    steps = [{"title": "Check", "assignees": [person.user_id]}]
    run = launched(org, template(org, steps=steps))
    association = made(put(person, "Run", run["id"], found["id"]))
    # may read the processes of the template, and no more
    assert put(stranger, "Run", run["id"], found["id"]).status_code == 403
    assert stranger.http.delete(f"/checklists/tags/{association['id']}").status_code == 403
    task = oneoff(org, users=[person.user_id])
    assert put(person, "Task", task["id"], found["id"]).status_code == 201
    assert put(stranger, "Task", task["id"], found["id"]).status_code == 422
    assert person.http.delete(f"/checklists/tags/{association['id']}").status_code == 204


def test_light_members_tag_nothing(org: Org) -> None:
    found = tag(org)
    light = org.member("light")
    task = oneoff(org, users=[light.user_id])
    assert put(light, "Task", task["id"], found["id"]).status_code == 403
    association = made(put(org, "Task", task["id"], found["id"]))
    assert light.http.delete(f"/checklists/tags/{association['id']}").status_code == 403


@pytest.mark.parametrize("text", ["0", "abc", "0" * 32, "99999999", "-1"])
def test_unknown_associations_are_not_found(org: Org, text: str) -> None:
    assert org.http.delete(f"/checklists/tags/{text}").status_code == 404


def test_associations_of_other_organizations_do_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    checklist, found = template(other), tag(other)
    association = made(put(other, "Checklist", checklist["id"], found["id"]))
    mine = template(one)
    assert put(one, "Checklist", checklist["id"], tag(one)["id"]).status_code == 422
    assert put(one, "Checklist", mine["id"], found["id"]).status_code == 422
    assert one.http.delete(f"/checklists/tags/{association['id']}").status_code == 404
    shown = made(other.http.get(f"/checklists/{checklist['id']}?with=tags"), 200)
    assert len(shown["tags"]["data"]) == 1
