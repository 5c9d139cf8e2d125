"""Folders: made, listed, nested, moved and deleted, by whom."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.support.server import Org, Person

KEYS = {
    "id",
    "name",
    "parent_id",
    "parent",
    "folder_type",
    "position",
    "total",
    "custom_fields",
    "created_at",
    "last_updated",
}
UNKNOWN = "0" * 32


def folder(person: Person, name: str = "Suppliers", **body: Any) -> dict[str, Any]:
    return made(person.http.post("/folders", json={"name": name, **body}))


def put(person: Person, one: dict[str, Any], **body: Any) -> dict[str, Any]:
    return made(person.http.put(f"/folders/{one['id']}", json=body), 200)


def names(person: Person, query: str = "") -> list[str]:
    answer = person.http.get(f"/folders{query}")
    assert answer.status_code == 200, answer.text
    return [found["name"] for found in answer.json()["data"]]


def read(person: Person, one: dict[str, Any], query: str = "") -> dict[str, Any]:
    return made(person.http.get(f"/folders/{one['id']}{query}"), 200)


def wrong(person: Person, method: str, path: str, **body: Any) -> set[str]:
    answer = person.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])


def test_made_read_and_listed(org: Org) -> None:
    found = folder(org, nonsense=1)
    assert found.keys() == KEYS
    assert (found["name"], found["folder_type"], found["position"], found["total"]) == ("Suppliers", "checklist", 1, 0)
    assert found["parent_id"] is found["parent"] is found["custom_fields"] is None
    assert found["created_at"] == found["last_updated"]
    inside = folder(org, "Agents", parent_id=found["id"])
    assert (inside["parent_id"], inside["parent"], inside["position"]) == (found["id"], "Suppliers", 1)
    assert folder(org, "Others", parent_id="")["position"] == 2
    assert read(org, found) == found
    assert read(org, inside) == inside
    assert org.http.get("/folders").json()["data"][0] == found


@pytest.mark.parametrize(("given", "stored"), [("run", "run"), ("checklist", "checklist"), ("x", "checklist")])
def test_type_is_chosen_once(org: Org, given: str, stored: str) -> None:
    found = folder(org, folder_type=given)
    assert found["folder_type"] == stored
    assert put(org, found, folder_type="run" if stored == "checklist" else "checklist")["folder_type"] == stored


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"name"}),
        ({"name": " "}, {"name"}),
        ({"name": None}, {"name"}),
        ({"name": "x" * 33}, {"name"}),
        ({"name": "a", "parent_id": UNKNOWN}, {"parent_id"}),
        ({"name": "a", "parent_id": "x"}, {"parent_id"}),
        ({"name": " ", "parent_id": "x"}, {"name", "parent_id"}),
        ({"name": 7, "parent_id": 7}, {"name", "parent_id"}),
    ],
)
def test_bad_bodies_are_refused(org: Org, body: dict[str, Any], paths: set[str]) -> None:
    assert wrong(org, "POST", "/folders", **body) == paths
    found = folder(org)
    if body:
        assert wrong(org, "PUT", f"/folders/{found['id']}", **body) == paths
    assert read(org, found) == found


def test_the_two_trees_do_not_mix(org: Org) -> None:
    of_templates, of_processes = folder(org), folder(org, "Running", folder_type="run")
    assert wrong(org, "POST", "/folders", name="a", folder_type="run", parent_id=of_templates["id"]) == {"parent_id"}
    assert wrong(org, "PUT", f"/folders/{of_templates['id']}", parent_id=of_processes["id"]) == {"parent_id"}
    assert names(org) == names(org, "?folder_type=checklist") == names(org, "?folder_type=x") == ["Suppliers"]
    assert names(org, "?folder_type=run") == ["Running"]


def test_renamed_and_moved_in_part(org: Org) -> None:
    one, two = folder(org, "One"), folder(org, "Two")
    inside = folder(org, "Inside", parent_id=one["id"])
    assert put(org, inside, name="Renamed")["parent_id"] == one["id"]
    moved = put(org, inside, parent_id=two["id"])
    assert (moved["name"], moved["parent_id"], moved["parent"]) == ("Renamed", two["id"], "Two")
    assert put(org, inside) == moved
    top = put(org, inside, parent_id=None)
    assert (top["parent_id"], top["position"]) == (None, 3)
    assert top["last_updated"] > top["created_at"]


def test_nothing_is_moved_into_itself(org: Org) -> None:
    one = folder(org, "One")
    two = folder(org, "Two", parent_id=one["id"])
    three = folder(org, "Three", parent_id=two["id"])
    for below in (one, two, three):
        assert wrong(org, "PUT", f"/folders/{one['id']}", parent_id=below["id"]) == {"parent_id"}
    put(org, three, parent_id=one["id"])
    assert put(org, two, parent_id=three["id"])["parent"] == "Three"


def test_nesting_has_an_end(org: Org) -> None:
    top = at = folder(org, "1")
    for level in range(2, 33):
        at = folder(org, str(level), parent_id=at["id"])
    assert wrong(org, "POST", "/folders", name="33", parent_id=at["id"]) == {"parent_id"}
    other = folder(org, "other")
    assert wrong(org, "PUT", f"/folders/{top['id']}", parent_id=other["id"]) == {"parent_id"}
    assert len(org.http.get("/folders?pagination=false&with=children").json()["data"]) == 33


def test_list_is_searched_sorted_and_paged(org: Org) -> None:
    for name in ("beta", "Alpha", "g%mma"):
        folder(org, name)
    assert names(org) == names(org, "?sort=position") == ["beta", "Alpha", "g%mma"]
    assert names(org, "?sort=name") == names(org, "?sort_by=title") == ["Alpha", "beta", "g%mma"]
    assert names(org, "?sort=-position") == names(org, "?sort=-created_at") == ["g%mma", "Alpha", "beta"]
    assert names(org, "?sort=nonsense") == names(org)
    assert names(org, "?q=ALP") == ["Alpha"]
    assert names(org, "?q=%25") == ["g%mma"]
    assert names(org, "?limit=1&page=2") == ["Alpha"]
    page = org.http.get("/folders?per_page=2").json()
    assert page["meta"]["pagination"]["total"] == 3
    whole = org.http.get("/folders?pagination=false&per_page=1").json()
    assert (whole.keys(), len(whole["data"])) == ({"data"}, 3)


def test_children_come_with_theirs(org: Org) -> None:
    one = folder(org, "One")
    two = folder(org, "Two", parent_id=one["id"])
    folder(org, "Three", parent_id=two["id"])
    folder(org, "Beside", parent_id=one["id"])
    shown = read(org, one, "?with=children")
    assert [child["name"] for child in shown["children"]["data"]] == ["Two", "Beside"]
    (below, beside) = shown["children"]["data"]
    assert (below["parent"], [child["name"] for child in below["children"]["data"]]) == ("One", ["Three"])
    assert beside["children"] == {"data": []}
    listed = org.http.get("/folders?pagination=false&with=children&q=two").json()["data"]
    assert [(entry["name"], len(entry["children"]["data"])) for entry in listed] == [("Two", 1)]
    assert "children" not in read(org, one)


def test_list_costs_the_same_for_many(org: Org) -> None:
    top = folder(org, "One")
    query = "/folders?with=children&pagination=false"
    org.http.get(query)
    with org.server.count_statements() as few:
        org.http.get(query)
    for number in range(7):
        folder(org, f"F{number}", parent_id=top["id"])
    with org.server.count_statements() as many:
        assert len(org.http.get(query).json()["data"]) == 8
    assert len(many) == len(few)


def test_totals_are_of_what_the_reader_may_see(org: Org) -> None:
    person = org.member()
    of_templates, of_runs = folder(org), folder(org, "Running", folder_type="run")
    open_one, hidden, archived = (template(org, folder_id=of_templates["id"]) for _ in range(3))
    body = {"permissions": {"READ": [], "LAUNCH": [], "PROCESS_READ": []}}
    made(org.http.put(f"/checklists/{hidden['id']}/permissions", json=body), 200)
    org.http.delete(f"/checklists/{archived['id']}")
    for checklist in (open_one, hidden):
        run = launched(org, checklist, folders=[of_runs["id"]])
        task = {"folder_id": of_runs["id"], "subject_id": run["tasks"][0]["id"], "subject_type": "Task"}
        made(org.http.post("/folders/add-object", json=task))
    gone = launched(org, open_one, folders=[of_runs["id"]])
    org.http.delete(f"/runs/{gone['id']}")
    assert (read(org, of_templates)["total"], read(org, of_runs)["total"]) == (2, 4)
    assert (read(person, of_templates)["total"], read(person, of_runs)["total"]) == (1, 2)


def test_deleted_folder_leaves_its_content(org: Org) -> None:
    one = folder(org, "One")
    two = folder(org, "Two", parent_id=one["id"])
    three = folder(org, "Three", parent_id=two["id"])
    checklist, archived = template(org, folder_id=two["id"]), template(org, folder_id=two["id"])
    org.http.delete(f"/checklists/{archived['id']}")
    answer = org.http.delete(f"/folders/{two['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert org.http.get(f"/folders/{two['id']}").status_code == 404
    assert read(org, three)["parent_id"] is None
    assert read(org, three)["position"] == 2
    shown = made(org.http.get(f"/checklists/{checklist['id']}?with=folder"), 200)
    assert (shown["folder_id"], shown["folder"]) == (None, {"data": None})
    assert made(org.http.put(f"/checklists/{archived['id']}/restore"), 200)["folder_id"] is None
    for method in ("PUT", "DELETE"):
        assert org.http.request(method, f"/folders/{two['id']}", json={}).status_code == 404


def test_deleted_folder_leaves_its_processes_and_tasks(org: Org) -> None:
    one = folder(org, folder_type="run")
    checklist = template(org, default_folder=one["id"])
    run = launched(org, checklist, folders=[one["id"]])
    org.http.delete(f"/folders/{one['id']}")
    assert made(org.http.get(f"/runs/{run['id']}?with=folders"), 200)["folders"] == {"data": []}
    shown = made(org.http.get(f"/checklists/{checklist['id']}"), 200)
    assert shown["default_folder"] is None
    made(org.http.put(f"/checklists/{checklist['id']}", json=shown), 200)
    launched(org, checklist)


def test_who_may_do_what(org: Org) -> None:
    standard, light = org.member(), org.member("light")
    for kind in ("checklist", "run"):
        one = folder(standard, folder_type=kind)
        put(standard, one, name="Renamed")
        assert read(light, one)["name"] == "Renamed"
        assert light.http.post("/folders", json={"name": "x", "folder_type": kind}).status_code == 403
        assert light.http.put(f"/folders/{one['id']}", json={"name": "x"}).status_code == 403
        assert light.http.delete(f"/folders/{one['id']}").status_code == 403
        assert standard.http.delete(f"/folders/{one['id']}").status_code == 204


def test_folders_of_other_organizations_do_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    theirs, ours = folder(other), folder(one, "Ours")
    for method in ("GET", "PUT", "DELETE"):
        assert one.http.request(method, f"/folders/{theirs['id']}", json={}).status_code == 404
    assert wrong(one, "POST", "/folders", name="x", parent_id=theirs["id"]) == {"parent_id"}
    assert wrong(one, "PUT", f"/folders/{ours['id']}", parent_id=theirs["id"]) == {"parent_id"}
    assert names(other) == ["Suppliers"]


@pytest.mark.parametrize("text", [UNKNOWN, "x", "1", "add-object"])
def test_unknown_folders_are_not_found(org: Org, text: str) -> None:
    assert org.http.get(f"/folders/{text}").status_code in (404, 405)


def test_feed(org: Org) -> None:
    one = folder(org)
    put(org, one, name="Renamed")
    org.http.delete(f"/folders/{one['id']}")
    assert [(line.verb, line.description) for line in lines(org) if line.subject_type == "Folder"] == [
        ("created", "Made the folder Suppliers"),
        ("updated", "Changed the folder Renamed"),
        ("deleted", "Deleted the folder Renamed"),
    ]
