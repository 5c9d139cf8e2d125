"""What is in folders: templates by their folder_id, processes and tasks by relations; at launch, in filters."""

from typing import Any

import httpx
import pytest

from tests.features.builders import launched, made, template
from tests.features.folders.test_folders import folder, read, wrong
from tests.support.server import Org, Person

UNKNOWN = "0" * 32


def file(person: Person, folder_id: str, subject_type: str, subject_id: str) -> httpx.Response:
    body = {"folder_id": folder_id, "subject_type": subject_type, "subject_id": subject_id}
    return person.http.post("/folders/add-object", json=body)


def ids(person: Person, path: str) -> list[str]:
    answer = person.http.get(path)
    assert answer.status_code == 200, answer.text
    return [entry["id"] for entry in answer.json()["data"]]


def folders_of(person: Person, path: str) -> list[tuple[str, str]]:
    shown = made(person.http.get(f"{path}?with=folders"), 200)
    return [(entry["folder_id"], entry["name"]) for entry in shown["folders"]["data"]]


def oneoff(person: Person, **owners: Any) -> dict[str, Any]:
    body = {"title": "Errand", "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    return made(person.http.post("/tasks", json=body))


def test_template_is_in_one_folder(org: Org) -> None:
    one, two = folder(org, "One"), folder(org, "Two")
    checklist = template(org, folder_id=one["id"])
    assert checklist["folder_id"] == one["id"]
    at = f"/checklists/{checklist['id']}"
    shown = made(org.http.get(f"{at}?with=folder"), 200)
    assert shown["folder"] == {"data": {"id": one["id"], "name": "One", "parent_id": None}}
    moved = made(org.http.put(at, json={"title": shown["title"], "folder_id": two["id"]}), 200)
    assert moved["folder_id"] == two["id"]
    assert (read(org, one)["total"], read(org, two)["total"]) == (0, 1)
    assert made(org.http.put(at, json={"folder_id": None}), 200)["folder_id"] is None


def test_template_wants_a_folder_of_templates(org: Org) -> None:
    running, checklist = folder(org, folder_type="run"), template(org)
    at = f"/checklists/{checklist['id']}"
    for value in (running["id"], UNKNOWN, "x", 7, ["x"]):
        assert wrong(org, "PUT", at, folder_id=value) == {"folder_id"}
    of_templates = folder(org)
    assert wrong(org, "PUT", at, default_folder=of_templates["id"]) == {"default_folder"}
    assert template(org, folder_id=UNKNOWN, default_folder=of_templates["id"])["folder_id"] is None


def test_copy_of_a_template_is_in_its_folder(org: Org) -> None:
    one = folder(org)
    checklist = template(org, folder_id=one["id"])
    assert made(org.http.post(f"/checklists/{checklist['id']}/clone"))["folder_id"] == one["id"]


def test_templates_are_filtered_by_folder_and_tree(org: Org) -> None:
    top = folder(org, "Top")
    below = folder(org, "Below", parent_id=top["id"])
    deepest = folder(org, "Deepest", parent_id=below["id"])
    first, second, third = (template(org, folder_id=one["id"])["id"] for one in (top, below, deepest))
    template(org)
    assert ids(org, f"/checklists?folder={top['id']}") == ids(org, f"/checklists?folder_id={top['id']}") == [first]
    assert set(ids(org, f"/checklists?folder={top['id']},{deepest['id']}")) == {first, third}
    assert set(ids(org, f"/checklists?folder={top['id']}&entire_folder_tree=1")) == {first, second, third}
    assert set(ids(org, f"/checklists?folder={below['id']}&entire_folder_tree=true")) == {second, third}
    assert ids(org, f"/checklists?folder={top['id']}&entire_folder_tree=0") == [first]
    assert ids(org, f"/checklists?folder={UNKNOWN}&entire_folder_tree=1") == []


@pytest.mark.parametrize("kind", ["Run", "Task"])
def test_put_in_and_taken_out(org: Org, kind: str) -> None:
    one, two = folder(org, "One", folder_type="run"), folder(org, "Two", folder_type="run")
    run = launched(org, template(org))
    subject = run["id"] if kind == "Run" else run["tasks"][0]["id"]
    path = f"/runs/{subject}" if kind == "Run" else f"/tasks/{subject}"
    relation = made(file(org, one["id"], kind, subject))
    assert relation.keys() == {"id", "folder_id", "subject_id", "subject_type", "created_at"}
    assert (relation["folder_id"], relation["subject_id"], relation["subject_type"]) == (one["id"], subject, kind)
    assert isinstance(relation["id"], int)
    assert made(file(org, one["id"], kind, subject)) == relation
    made(file(org, two["id"], kind, subject))
    assert folders_of(org, path) == [(one["id"], "One"), (two["id"], "Two")]
    shown = made(org.http.get(f"{path}?with=folders"), 200)["folders"]["data"][0]
    assert shown == {"id": relation["id"], "folder_id": one["id"], "name": "One"}
    answer = org.http.delete(f"/folders-objects/{relation['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert folders_of(org, path) == [(two["id"], "Two")]
    assert org.http.delete(f"/folders-objects/{relation['id']}").status_code == 404


def test_filing_is_refused_with_what_is_wrong(org: Org) -> None:
    of_templates, running = folder(org), folder(org, "Running", folder_type="run")
    checklist = template(org)
    run = launched(org, checklist)

    def refused(folder_id: str, kind: str, subject: str) -> set[str]:
        answer = file(org, folder_id, kind, subject)
        assert answer.status_code == 422, answer.text
        return set(answer.json()["errors"])

    assert refused(of_templates["id"], "Run", run["id"]) == {"folder_id"}
    assert refused(UNKNOWN, "Run", run["id"]) == refused("x", "Run", run["id"]) == {"folder_id"}
    assert refused(running["id"], "Checklist", checklist["id"]) == {"subject_type"}
    assert refused(running["id"], "Folder", running["id"]) == {"subject_type"}
    assert refused(running["id"], "Run", UNKNOWN) == refused(running["id"], "Task", "x") == {"subject_id"}
    assert refused(running["id"], "Task", run["id"]) == {"subject_id"}
    assert refused("x", "Step", "x") == {"folder_id", "subject_type"}
    assert wrong(org, "POST", "/folders/add-object") == {"folder_id", "subject_id", "subject_type"}
    org.http.delete(f"/runs/{run['id']}")
    assert refused(running["id"], "Run", run["id"]) == {"subject_id"}


def test_who_files_what(org: Org) -> None:
    person, stranger, light = org.member(), org.member(), org.member("light")
    running = folder(org, folder_type="run")
    task = oneoff(org, users=[person.user_id, light.user_id])
    assert file(light, running["id"], "Task", task["id"]).status_code == 403
    assert file(stranger, running["id"], "Task", task["id"]).status_code == 422
    relation = made(file(person, running["id"], "Task", task["id"]))
    assert light.http.delete(f"/folders-objects/{relation['id']}").status_code == 403
    assert stranger.http.delete(f"/folders-objects/{relation['id']}").status_code == 404
    assert person.http.delete(f"/folders-objects/{relation['id']}").status_code == 204
    run = launched(org, template(org))
    assert file(stranger, running["id"], "Run", run["id"]).status_code == 201


def test_processes_and_tasks_are_filtered_by_folder(org: Org) -> None:
    one, two = folder(org, "One", folder_type="run"), folder(org, "Two", folder_type="run")
    run, other = launched(org, template(org)), launched(org, template(org))
    single = oneoff(org, users=[org.user_id])
    made(file(org, one["id"], "Run", run["id"]))
    made(file(org, two["id"], "Run", other["id"]))
    made(file(org, one["id"], "Task", single["id"]))
    assert ids(org, f"/runs?folder={one['id']}") == [run["id"]]
    assert set(ids(org, f"/runs?folder={one['id']},{two['id']}")) == {run["id"], other["id"]}
    assert ids(org, f"/runs?folder={UNKNOWN}") == ids(org, "/runs?folder=x") == []
    of_run = {task["id"] for task in run["tasks"]}
    assert set(ids(org, f"/tasks?folder={one['id']}")) == of_run | {single["id"]}
    assert ids(org, f"/me/tasks?folder={one['id']}&is_oneoff=true") == [single["id"]]
    assert org.http.get(f"/runs?folder={one['id']}").json()["meta"]["pagination"]["total"] == 1


def test_launched_into_folders(org: Org) -> None:
    one, two = folder(org, "One", folder_type="run"), folder(org, "Two", folder_type="run")
    of_templates = folder(org)
    checklist = template(org)
    run = launched(org, checklist, folders=[two["id"], one["id"], two["id"]])
    assert folders_of(org, f"/runs/{run['id']}") == [(two["id"], "Two"), (one["id"], "One")]
    for value in (of_templates["id"], UNKNOWN):
        body = {"checklist_id": checklist["id"], "folders": [one["id"], value]}
        assert wrong(org, "POST", "/runs", **body) == {"folders"}
    assert len(ids(org, "/runs")) == 1


def test_launched_into_the_folder_of_the_template(org: Org) -> None:
    own, other = folder(org, "Own", folder_type="run"), folder(org, "Other", folder_type="run")
    checklist = template(org, default_folder=own["id"], folderize_process=True)
    assert checklist["default_folder"] == own["id"]
    assert folders_of(org, f"/runs/{launched(org, checklist)['id']}") == [(own["id"], "Own")]
    chosen = launched(org, checklist, folders=[other["id"]])
    assert folders_of(org, f"/runs/{chosen['id']}") == [(other["id"], "Other")]
    made(org.http.put(f"/checklists/{checklist['id']}", json={"folder_changeable_by_launcher": False}), 200)
    assert wrong(org, "POST", "/runs", checklist_id=checklist["id"], folders=[other["id"]]) == {"folders"}
    same = launched(org, checklist, folders=[own["id"]])
    assert folders_of(org, f"/runs/{same['id']}") == [(own["id"], "Own")]


def test_template_that_wants_a_folder_gets_one(org: Org) -> None:
    one = folder(org, folder_type="run")
    checklist = template(org, folderize_process=True)
    assert wrong(org, "POST", "/runs", checklist_id=checklist["id"]) == {"folders"}
    assert wrong(org, "POST", "/runs", checklist_id=checklist["id"], folders=[]) == {"folders"}
    launched(org, checklist, folders=[one["id"]])


def test_folders_of_a_process_are_replaced(org: Org) -> None:
    one, two = folder(org, "One", folder_type="run"), folder(org, "Two", folder_type="run")
    run = launched(org, template(org), folders=[one["id"]])
    at = f"/runs/{run['id']}"
    before = made(org.http.get(f"{at}?with=folders"), 200)["folders"]["data"][0]["id"]
    made(org.http.put(at, json={"folders": [two["id"], one["id"]]}), 200)
    after = made(org.http.get(f"{at}?with=folders"), 200)["folders"]["data"]
    assert {entry["folder_id"] for entry in after} == {one["id"], two["id"]}
    assert before in {entry["id"] for entry in after}
    made(org.http.put(at, json={"name": "Renamed"}), 200)
    assert len(folders_of(org, at)) == 2
    assert wrong(org, "PUT", at, folders=[UNKNOWN]) == {"folders"}
    made(org.http.put(at, json={"folders": []}), 200)
    assert folders_of(org, at) == []


def test_deleted_records_are_in_no_folder(org: Org) -> None:
    one = folder(org, folder_type="run")
    run = launched(org, template(org), folders=[one["id"]])
    made(file(org, one["id"], "Task", run["tasks"][0]["id"]))
    single = oneoff(org, users=[org.user_id])
    made(file(org, one["id"], "Task", single["id"]))
    assert read(org, one)["total"] == 3
    org.http.delete(f"/runs/{run['id']}")
    assert read(org, one)["total"] == 2
    org.http.delete(f"/runs/{run['id']}/delete")
    org.http.delete(f"/tasks/{single['id']}/delete")
    assert read(org, one)["total"] == 0


@pytest.mark.parametrize("text", ["0", "abc", "0" * 32, "99999999", "-1"])
def test_unknown_relations_are_not_found(org: Org, text: str) -> None:
    assert org.http.delete(f"/folders-objects/{text}").status_code == 404


def test_relations_of_other_organizations_do_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    theirs = folder(other, folder_type="run")
    run = launched(other, template(other), folders=[theirs["id"]])
    number = made(other.http.get(f"/runs/{run['id']}?with=folders"), 200)["folders"]["data"][0]["id"]
    ours = folder(one, folder_type="run")
    mine = launched(one, template(one))
    assert file(one, ours["id"], "Run", run["id"]).status_code == 422
    assert file(one, theirs["id"], "Run", mine["id"]).status_code == 422
    assert one.http.delete(f"/folders-objects/{number}").status_code == 404
    assert wrong(one, "POST", "/runs", checklist_id=mine["checklist_id"], folders=[theirs["id"]]) == {"folders"}
    assert folders_of(other, f"/runs/{run['id']}") == [(theirs["id"], "Suppliers")]
