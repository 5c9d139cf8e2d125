"""Launching anew with the same answers (decision 48): `POST /x/runs/{run}/relaunch`."""

from typing import Any

import httpx

from tests.features.builders import launched, made, template
from tests.features.feed import details
from tests.support.server import Org, Person

FORM: list[dict[str, Any]] = [
    {"id": "vendor", "label": "Vendor", "field_type": "text", "required": True},
    {
        "id": "region",
        "label": "Region",
        "field_type": "dropdown",
        "required": False,
        "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}],
    },
    {"id": "note", "label": "Note", "field_type": "text", "required": False},
]


def relaunch(person: Person, process: dict[str, Any], **body: Any) -> httpx.Response:
    return person.client().post(f"/x/runs/{process['id']}/relaunch", json=body)


def put(org: Org, checklist: dict[str, Any], **body: Any) -> dict[str, Any]:
    return made(org.client().put(f"/checklists/{checklist['id']}", json=body), 200)


def answered(org: Org, *, form: list[dict[str, Any]] = FORM, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A template, and a process of it with every field answered."""
    checklist = template(org, prerun=form, **more)
    vendor, region, note = (field["id"] for field in checklist["prerun"])
    answers = {vendor: "Atlantic", region: {"id": 2, "text": "EU"}, note: "By sea"}
    return checklist, launched(org, checklist, name="First", prerun=answers)


def test_decision_48_the_same_answers_in_a_new_process_of_the_template_as_it_is_now(org: Org) -> None:
    checklist, old = answered(org)
    steps = f"/checklists/{checklist['id']}/steps"
    made(org.client().post(steps, json={"title": "Step 3"}))
    new = made(relaunch(org, old))
    assert new["id"] != old["id"]
    assert new["prerun"] == old["prerun"]
    assert new["prerun_status"] == "complete"
    assert new["checklist_id"] == checklist["id"]
    assert new["dropped_answers"] == []
    assert new["name"].startswith("Vendor intake - 20")
    assert new["progress"] == {"complete": 0, "total": 3, "percent": 0}
    again = made(org.client().get(f"/runs/{old['id']}"), 200)
    assert (again["name"], again["progress"]["total"]) == ("First", 2)
    assert "dropped_answers" not in again


def test_what_the_body_says_comes_over_the_old_process(org: Org) -> None:
    checklist, old = answered(org)
    helper = org.member()
    vendor, region, note = (field["id"] for field in checklist["prerun"])
    step = checklist["steps"]["data"][0]["id"]
    answer = org.client().post(
        f"/x/runs/{old['id']}/relaunch?with=tasks",
        json={
            "name": "Second",
            "owner_id": helper.user_id,
            "parent_id": old["id"],
            "prerun": {region: None, note: "By air"},
            "tasks": {step: {"owners": {"users": [helper.user_id]}}},
        },
    )
    new = made(answer)
    assert (new["name"], new["owner_id"], new["parent_id"]) == ("Second", helper.user_id, old["id"])
    assert new["prerun"] == {vendor: "Atlantic", region: None, note: "By air"}
    assert new["tasks"]["data"][0]["owners"]["users"] == [helper.user_id]
    wrong = relaunch(org, old, owner_id=987654321, prerun=[1])
    assert sorted(wrong.json()["errors"]) == ["owner_id", "prerun"]


def test_answers_without_a_field_are_dropped_and_named(org: Org) -> None:
    checklist, old = answered(org)
    vendor, region, note = checklist["prerun"]
    put(org, checklist, prerun=[vendor | {"label": "Company"}, region])
    new = made(relaunch(org, old))
    assert new["prerun"] == {vendor["id"]: "Atlantic", region["id"]: {"id": 2, "text": "EU"}}
    assert new["dropped_answers"] == [{"id": note["id"], "alias": note["alias"], "label": "Note"}]


def test_answers_that_do_not_fit_any_more_are_refused_by_name(org: Org) -> None:
    checklist, old = answered(org)
    vendor, region, note = checklist["prerun"]
    options = [{"id": 1, "text": "UK"}, {"id": 2, "text": "Europe"}]
    fresh = {"id": "port", "label": "Port", "field_type": "text", "required": True}
    put(org, checklist, prerun=[vendor, region | {"options": options}, note | {"field_type": "date"}, fresh])
    port = made(org.client().get(f"/checklists/{checklist['id']}"), 200)["prerun"][3]["id"]
    refused = relaunch(org, old)
    assert refused.status_code == 422
    errors = refused.json()["errors"]
    assert sorted(errors) == sorted(f"prerun.{field}" for field in (region["id"], note["id"], port))
    assert errors[f"prerun.{region['id']}"][0].startswith("Region needs `id` and `text` of the same option")
    assert [process["id"] for process in org.client().get("/runs").json()["data"]] == [old["id"]]
    # what is wrong may be given anew
    better = {region["id"]: {"id": 2, "text": "Europe"}, note["id"]: None, port: "Lisbon"}
    assert made(relaunch(org, old, prerun=better))["prerun"] == {vendor["id"]: "Atlantic", **better}


def test_read_only_answers_come_along_for_people_too(org: Org) -> None:
    checklist, old = answered(org)
    vendor, region, note = checklist["prerun"]
    put(org, checklist, prerun=[vendor | {"settings": {"read_only": True}}, region, note])
    new = made(relaunch(org, old))
    assert new["prerun"] == old["prerun"]


def test_a_default_that_nobody_edited_begins_anew(org: Org) -> None:
    live = {"default_value_enabled": True, "default_value": "For {{vendor-name}}"}
    checklist, _ = answered(org)
    vendor, region, note = checklist["prerun"]
    put(org, checklist, prerun=[vendor, region, note | live])
    old = launched(org, checklist, prerun={vendor["id"]: "Atlantic"})
    put(org, checklist, prerun=[vendor, region, note | live | {"default_value": "Via {{vendor-name}}"}])
    new = made(relaunch(org, old))
    assert new["prerun"][note["id"]] == "Via {{vendor-name}}"
    assert new["dropped_answers"] == []


def test_archived_processes_too_but_not_of_archived_templates(org: Org) -> None:
    checklist, old = answered(org)
    made(org.client().delete(f"/runs/{old['id']}"), 200)
    assert made(relaunch(org, old))["status"] == "active"
    assert org.client().delete(f"/checklists/{checklist['id']}").is_success
    gone = relaunch(org, old)
    assert gone.status_code == 404
    assert gone.json()["message"].startswith("The template of this process is not yours")
    assert relaunch(org, {"id": "0" * 32}).status_code == 404


def test_there_is_nothing_to_launch_separate_tasks_from(org: Org) -> None:
    body = {
        "title": "Call",
        "task_type": "task",
        "deadline": "2031-05-06 10:00:00",
        "owners": {"users": [org.user_id]},
        "separate_task_for_each_assignee": True,
    }
    task = made(org.client().post("/tasks", json=body))
    assert relaunch(org, {"id": task["run_id"]}).status_code == 404


def test_a_template_that_asks_for_tags_asks_again(org: Org) -> None:
    tag = made(org.client().post("/tags", json={"title": "urgent", "color": "#102030"}))["id"]
    checklist = template(org, prerun=FORM[2:], tag_process=True)
    old = launched(org, checklist, tags=[tag])
    assert list(relaunch(org, old).json()["errors"]) == ["tags"]
    assert made(relaunch(org, old, tags=[tag]))["status"] == "active"


def test_the_feed_tells_what_was_launched_anew(org: Org) -> None:
    _, old = answered(org)
    made(relaunch(org, old))
    told = {"source": "relaunch", "relaunched_process": old["id"]}
    assert details(org, "relaunched_process") == [told]


def test_who_may_launch_and_see(org: Org) -> None:
    checklist, old = answered(org)
    http = org.client()
    stranger, reader, launcher = org.member("standard"), org.member("standard"), org.member("standard")
    lists: dict[str, Any] = {name: [] for name in ("READ", "LAUNCH", "PROCESS_READ")}
    lists["PROCESS_READ"] = [{"type": "user", "id": one.user_id} for one in (reader, launcher)]
    lists["READ"] = [{"type": "user", "id": reader.user_id}]
    lists["LAUNCH"] = [{"type": "user", "id": one.user_id} for one in (stranger, launcher)]
    made(http.put(f"/checklists/{checklist['id']}/permissions", json={"permissions": lists}), 200)
    assert relaunch(stranger, old).status_code == 404
    assert relaunch(reader, old).status_code == 403
    new = made(relaunch(launcher, old))
    assert (new["started_by"], new["owner_id"]) == (launcher.user_id, launcher.user_id)


def test_a_token_needs_both_scopes(org: Org) -> None:
    _, old = answered(org)
    for scopes, status in (
        (["processes:write"], 403),
        (["templates:write"], 403),
        (["processes:write", "templates:write"], 201),
    ):
        token = made(org.client().post("/me/tokens", json={"name": "narrow", "scopes": scopes}))["access_token"]
        person = Person(org.server, org.organization_id, org.user_id, "", token)
        assert relaunch(person, old).status_code == status
