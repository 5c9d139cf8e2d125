"""Launching a process through the API: wire RUN-1, engine 3.1 to 3.4."""

from typing import Any

from tests.features.builders import launched, made, template
from tests.support.server import Org

KICKOFF = [
    {"id": "name", "label": "Vendor name", "field_type": "text", "required": True},
    {
        "id": "region",
        "label": "Region",
        "field_type": "dropdown",
        "required": False,
        "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}],
    },
]


def test_a_process_is_a_copy_of_the_template(org: Org) -> None:
    checklist = template(org, prerun=KICKOFF)
    name, region = (field["id"] for field in checklist["prerun"])
    answers = {name: "Atlantic Pilots", region: {"id": 2, "text": "EU"}}
    process = launched(org, checklist, name="Intake 1", prerun=answers)
    assert process["name"] == "Intake 1"
    assert process["checklist_id"] == checklist["id"]
    assert process["checklist_title"] == "Vendor intake"
    assert process["prerun"] == answers
    assert process["prerun_status"] == "complete"
    assert process["prerun_length"] == 2
    assert process["status"] == "active"
    assert process["progress"] == {"complete": 0, "total": 2, "percent": 0}
    assert process["started_by"] == process["owner_id"] == org.user_id
    assert [task["title"] for task in process["tasks"]] == ["Step 1", "Step 2"]
    assert [task["position"] for task in process["tasks"]] == [1, 2]
    assert [task["owners"]["users"] for task in process["tasks"]] == [[org.user_id]] * 2
    read = org.client().get(f"/runs/{process['id']}?with=prerun").json()["data"]
    assert read["prerun"] == answers


def test_every_missing_kickoff_answer_is_named(org: Org) -> None:
    checklist = template(
        org, prerun=[*KICKOFF, {"id": "mail", "label": "Mail", "field_type": "email", "required": True}]
    )
    answer = org.client().post("/runs", json={"checklist_id": checklist["id"]})
    assert answer.status_code == 422
    name, _, mail = (field["id"] for field in checklist["prerun"])
    assert answer.json()["errors"] == {
        f"prerun.{name}": ["Vendor name is required"],
        f"prerun.{mail}": ["Mail is required"],
    }
    assert org.client().get("/runs").json()["data"] == []


def test_unknown_kickoff_keys_are_dropped_and_lists_refused(org: Org) -> None:
    checklist = template(org)
    assert launched(org, checklist, prerun={"0" * 32: "x", "alias": "y"})["prerun"] == {}
    assert launched(org, checklist, prerun=[])["prerun"] == {}
    answer = org.client().post("/runs", json={"checklist_id": checklist["id"], "prerun": [{"a": 1}]})
    assert answer.status_code == 422
    assert "prerun" in answer.json()["errors"]


def test_names(org: Org) -> None:
    checklist = template(org)
    process = launched(org, checklist)
    assert process["name"].startswith("Vendor intake - 20")
    too_long = org.client().post("/runs", json={"checklist_id": checklist["id"], "name": "n" * 551})
    assert too_long.status_code == 422
    assert list(too_long.json()["errors"]) == ["name"]


def test_overrides_of_single_steps(org: Org) -> None:
    helper = org.member()
    checklist = template(org)
    first, second = checklist["steps"]["data"]
    process = launched(
        org,
        checklist,
        tasks={
            first["id"]: {"owners": {"users": [str(helper.user_id)], "guests": ["Rui@Pilots.example"]}},
            second["alias"]: {"deadline": "2031-05-06 10:00:00", "position": 1},
        },
    )
    by_step = {task["step_id"]: task for task in process["tasks"]}
    owners = by_step[first["id"]]["owners"]
    assert (owners["users"], owners["guests"]) == ([helper.user_id], ["rui@pilots.example"])
    assert len(owners["taskUrls"]) == 1
    assert "/guest/" in owners["taskUrls"][0]
    assert by_step[second["id"]]["deadline"] == "2031-05-06T10:00:00.000Z"
    assert by_step[second["id"]]["position"] == 1


def test_wrong_people_dates_and_tags_are_named(org: Org) -> None:
    checklist = template(org)
    first = checklist["steps"]["data"][0]["id"]
    answer = org.client().post(
        "/runs",
        json={
            "checklist_id": checklist["id"],
            "owner_id": 999_999,
            "users": [999_998],
            "tags": ["a" * 32],
            "parent_id": "b" * 32,
            "tasks": {first: {"owners": {"users": [999_997]}, "deadline": "soon"}},
        },
    )
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {
        "owner_id",
        "users",
        "tags",
        "parent_id",
        f"tasks.{first}.owners",
        f"tasks.{first}.deadline",
    }


def test_only_under_a_process_that_the_launcher_sees(org: Org) -> None:
    """One that they do not see is refused in the same words as one that does not exist."""
    checklist = template(org, title="Child")
    parent = template(org, title="Parent")
    nobody: dict[str, Any] = {"permissions": {"PROCESS_READ": []}}
    made(org.http.put(f"/checklists/{parent['id']}/permissions", json=nobody), 200)
    secret = launched(org, parent)
    member = org.member("standard")
    assert member.http.get(f"/runs/{secret['id']}").status_code == 404
    body = {"checklist_id": checklist["id"], "parent_id": secret["id"]}
    unseen = member.http.post("/runs", json=body)
    unknown = member.http.post("/runs", json=body | {"parent_id": "b" * 32})
    assert unseen.status_code == unknown.status_code == 422
    assert unseen.json()["errors"] == unknown.json()["errors"]
    made(org.http.put(f"/runs/{secret['id']}", json={"owner_id": member.user_id}), 200)
    assert made(member.http.post("/runs", json=body))["parent_id"] == secret["id"]


def test_only_launchable_templates(org: Org) -> None:
    client = org.client()
    assert client.post("/runs", json={"checklist_id": "f" * 32}).status_code == 404
    assert client.post("/runs", json={"checklist_id": "nothing like an id"}).status_code == 404
    missing = client.post("/runs", json={})
    assert missing.status_code == 422
    assert list(missing.json()["errors"]) == ["checklist_id"]
    checklist = template(org)
    made(client.post("/runs", json={"checklist_id": checklist["id"]}))
    assert client.delete(f"/checklists/{checklist['id']}").status_code == 200
    assert client.post("/runs", json={"checklist_id": checklist["id"]}).status_code == 404


def test_a_running_process_never_sees_later_edits(org: Org) -> None:
    client = org.client()
    checklist = template(org)
    process = launched(org, checklist)
    step = checklist["steps"]["data"][0]["id"]
    made(client.put(f"/checklists/{checklist['id']}/steps/{step}", json={"title": "Renamed", "summary": "new"}), 200)
    made(client.post(f"/checklists/{checklist['id']}/steps", json={"title": "Added"}))
    tasks = client.get(f"/runs/{process['id']}/tasks?with=step,summary").json()["data"]
    assert [task["title"] for task in tasks] == ["Step 1", "Step 2"]
    assert [task["step"]["data"]["title"] for task in tasks] == ["Step 1", "Step 2"]
    assert tasks[0]["summary"] is None
    later = launched(org, checklist)
    assert [task["title"] for task in later["tasks"]] == ["Renamed", "Step 2", "Added"]
