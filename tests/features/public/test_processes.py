"""Public processes: what everybody sees of them, and that nothing else shows (wire PUB-5, engine 12)."""

import json
from typing import Any

import httpx
import pytest

from tests.features.builders import launched, made, template
from tests.features.guests.codes import stranger
from tests.support.server import Org, Person

SECRET = "canary"
KEYS = {"id", "name", "type", "status", "checklist_title", "progress", "started_at", "completed_at", "tasks",
        "comments", "custom_fields"}  # fmt: skip
TASK_KEYS = {"id", "title", "position", "task_type", "status", "status_label", "started_at", "deadline",
             "completed_at", "assignees", "comments"}  # fmt: skip


def text(label: str, **more: Any) -> dict[str, Any]:
    return {"label": label, "field_type": "text", "required": False, **more}


@pytest.fixture
def anyone(org: Org) -> httpx.Client:
    client = stranger(org)
    client.base_url = f"{org.server.url}/api/public/runs/"
    return client


def canaries(org: Org) -> dict[str, Any]:
    """A public process with a canary in every place that the public does not see."""
    made(org.http.post("/guests", json={"email": f"{SECRET}@pilots.example", "first_name": "Rui"}))
    group = made(org.http.post("/groups", json={"name": f"{SECRET} group", "members": [org.user_id], "guests": []}))
    people = {"label": "Who", "field_type": "assignees_form", "required": False}
    checklist = template(
        org,
        summary=f"{SECRET} summary",
        guidance=f"{SECRET} guidance",
        kickoff_description=f"{SECRET} description",
        webhook=f"https://{SECRET}.example/template",
        prerun=[text("Vendor", guidance=f"{SECRET} guidance"), text(f"{SECRET} label"), people],
        steps=[
            {
                "title": "Check",
                "summary": f"{SECRET} description",
                "assignees": [org.user_id],
                "guests": [f"{SECRET}@pilots.example"],
                "groups": [group["id"]],
                "webhook": f"https://{SECRET}.example/hook",
                "captures": [text("Licence", default_value=f"{SECRET} default"), text(f"{SECRET} capture")],
            },
            {"title": f"{SECRET} top secret", "top_secret": True, "captures": [text(f"{SECRET} inside")]},
            {"title": f"{SECRET} out of sight"},
            {"title": "Quiet", "prevent_guest_comment": True},
        ],
    )
    vendor, hidden, who = checklist["prerun"]
    check, top, *_ = checklist["steps"]["data"]
    licence, closed = check["captures"]
    title = f"Check {{{{{vendor['alias']}}}}}{{{{{hidden['alias']}}}}}{{{{{top['captures'][0]['alias']}}}}}"
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{check['id']}", json={"title": title}), 200)
    process = launched(
        org,
        checklist,
        name="Atlantic Pilots",
        summary=f"{SECRET} notes",
        is_public=True,
        publicly_hidden_fields=[hidden["id"], closed["alias"]],
        prerun={
            vendor["id"]: "Atlantic",
            hidden["id"]: f"{SECRET} answer",
            who["id"]: {"users": [org.user_id], "guests": [f"{SECRET}@pilots.example"], "groups": [group["id"]]},
        },
    )
    first, second, third, fourth = process["tasks"]
    values = {licence["id"]: "L-1", closed["id"]: f"{SECRET} licence"}
    made(org.http.put(f"/tasks/{first['id']}", json={"taskdata": values}), 200)
    made(org.http.put(f"/tasks/{second['id']}", json={"taskdata": {top["captures"][0]["id"]: f"{SECRET} deep"}}), 200)
    made(org.http.post(f"/x/runs/{process['id']}/tasks/{third['id']}/visibility", json={"visible": False}), 200)
    for path, content, state in (
        (f"/tasks/{first['id']}", "in the open", "open"),
        (f"/tasks/{first['id']}", f"calls +{SECRET}@pilots.example", "open"),
        (f"/tasks/{first['id']}", f"{SECRET} inside", "hide-for-guests"),
        (f"/tasks/{second['id']}", f"{SECRET} about the secret", "open"),
        (f"/tasks/{third['id']}", f"{SECRET} about the hidden", "open"),
        (f"/tasks/{fourth['id']}", f"{SECRET} closed to guests", "open"),
        (f"/runs/{process['id']}", "on the whole", "open"),
        (f"/runs/{process['id']}", f"{SECRET} on the whole", "hide-for-guests"),
    ):
        made(org.http.post(f"{path}/comment", json={"content": content, "state": state}))
    tag = made(org.http.post("/tags", json={"title": f"{SECRET} tag", "color": "#102030"}))
    linking = {"subject_id": process["id"], "subject_type": "Run", "tag_id": tag["id"], "tag_type": "private"}
    assert org.http.post("/checklists/tags", json=linking).is_success
    return process


def test_what_is_not_public_does_not_show_anywhere(org: Org, anyone: httpx.Client) -> None:
    process = canaries(org)
    answer, fields = anyone.get(process["id"]), anyone.get(f"{process['id']}/form-fields")
    for shown in (answer, fields):
        assert shown.status_code == 200, shown.text
        assert SECRET not in shown.text
        for other in (org.email, org.organization_id, "pilots.example", process["checklist_id"]):
            assert other not in shown.text
    found = answer.json()["data"]
    assert set(found) == KEYS
    assert (found["name"], found["checklist_title"]) == ("Atlantic Pilots", "Vendor intake")
    assert found["progress"] == {"complete": 0, "total": 2, "percent": 0}
    check, quiet = found["tasks"]
    assert set(check) == TASK_KEYS
    assert (check["title"], quiet["title"]) == ("Check Atlantic", "Quiet")
    assert check["assignees"][0].startswith("Ada Admin") and check["assignees"][1] == "Rui"
    assert [comment["content"] for comment in check["comments"]] == ["in the open", "calls a guest"]
    assert quiet["comments"] == []
    assert [comment["content"] for comment in found["comments"]] == ["on the whole"]
    listed = fields.json()["data"]
    assert [(field["label"], field["value"]) for field in listed[:1]] == [("Vendor", "Atlantic")]
    assert [field["label"] for field in listed] == ["Vendor", "Who", "Licence"]
    assert listed[2]["task_id"] == check["id"]
    assert listed[2]["value"] == "L-1"
    assert listed[1]["value"][1] == "Rui"


@pytest.mark.parametrize(
    ("word", "gone"),
    [
        ("comments", {"in the open", "on the whole"}),
        ("assignees", {"Ada Admin", "Rui", "Who"}),
        ("Form-Fields", {'Atlantic"', "L-1", "Licence"}),
        ("ko_form_fields", {"Who"}),
    ],
)
def test_parts_can_be_hidden(org: Org, anyone: httpx.Client, word: str, gone: set[str]) -> None:
    process = canaries(org)

    def everything() -> str:
        answers = [anyone.get(process["id"]), anyone.get(f"{process['id']}/form-fields")]
        assert [answer.status_code for answer in answers] == [200, 200]
        return json.dumps([answer.json() for answer in answers])

    before = everything()
    assert all(part.strip('"') in before for part in gone)
    hidden = [*process["publicly_hidden_fields"], word]
    made(org.http.put(f"/runs/{process['id']}", json={"publicly_hidden_fields": hidden}), 200)
    after = everything()
    assert [part for part in gone if part in after] == []
    assert SECRET not in after


def test_whoever_may_not_make_it_public_does_not_launch_a_public_one(org: Org) -> None:
    """A light member sees their own tasks of a process alone; as a stranger they would have read all of them."""
    light, standard = org.member("light"), org.member("standard")
    checklist = template(org)
    entries = [{"type": "user", "id": person.user_id} for person in (light, standard)]
    made(org.http.put(f"/checklists/{checklist['id']}/permissions", json={"permissions": {"LAUNCH": entries}}), 200)
    body = {"checklist_id": checklist["id"], "is_public": True}
    assert light.http.post("/runs", json=body).status_code == 403
    assert made(light.http.post("/runs", json={**body, "is_public": False}))["is_public"] is False
    assert made(standard.http.post("/runs", json=body))["is_public"] is True
    rows = {"checklist_id": checklist["id"], "rows": [{"name": "A", "is_public": True}, {"name": "B"}]}
    report = light.http.post("/x/runs/bulk", json=rows).json()["data"]
    assert [row["status"] for row in report["rows"]] == ["invalid", "launched"]
    assert set(report["rows"][0]["errors"]) == {"is_public"}


def test_whom_comments_mention_is_not_told_where_people_are_hidden(org: Org, anyone: httpx.Client) -> None:
    mina = org.member("standard", first_name="Wilhelmina")
    process = launched(org, template(org), is_public=True)
    words = {"content": f"ask @[{mina.user_id}]", "state": "open"}
    made(org.http.post(f"/runs/{process['id']}/comment", json=words))
    assert "Wilhelmina" in anyone.get(process["id"]).text
    made(org.http.put(f"/runs/{process['id']}", json={"publicly_hidden_fields": ["assignees"]}), 200)
    shown = anyone.get(process["id"]).text
    assert "ask somebody" in shown
    assert "Wilhelmina" not in shown


def test_only_while_it_is_public(org: Org, anyone: httpx.Client) -> None:
    process = launched(org, template(org))
    expected = anyone.get("0" * 32)
    assert expected.status_code == 404

    def refused() -> None:
        for path in (process["id"], f"{process['id']}/form-fields"):
            answer = anyone.get(path)
            assert (answer.status_code, answer.json()) == (404, expected.json())

    refused()
    made(org.http.put(f"/runs/{process['id']}", json={"is_public": True}), 200)
    assert made(anyone.get(process["id"]), 200)["progress"]["total"] == 2
    made(org.http.put(f"/runs/{process['id']}", json={"is_public": False}), 200)
    refused()
    for name in ("x", "%00", "A" * 32, org.organization_id):
        assert anyone.get(name).status_code == 404


def test_looking_is_limited_for_each_address(org: Org) -> None:
    process = launched(org, template(org), is_public=True)
    with org.server.beside(public_reads_per_minute=2) as url, httpx.Client(base_url=url) as client:
        path = f"/public/runs/{process['id']}"
        answers = [client.get(path), client.get(f"{path}/form-fields"), client.get(path)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert "retry-after" in answers[-1].headers


def test_a_member_reads_it_without_being_recognized(org: Org, anyone: httpx.Client) -> None:
    process = launched(org, template(org), is_public=True)
    person: Person = org.member("light")
    with_token = anyone.get(process["id"], headers={"Authorization": f"Bearer {person.token}"})
    assert with_token.json() == anyone.get(process["id"]).json()
