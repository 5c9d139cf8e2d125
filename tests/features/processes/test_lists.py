"""The list of processes: every filter and order that clients send (wire 0.7, RUN-2)."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.support.server import Org


def names(org: Org, query: str) -> list[str]:
    answer = org.http.get(f"/runs?sort=name&{query}")
    assert answer.status_code == 200, answer.text
    return [process["name"] for process in answer.json()["data"]]


def three(org: Org) -> dict[str, Any]:
    """`Anchor` is labelled, filed and starred; `Buoy` is late with a problem; `Crane` is complete, with an idea."""
    first, second = template(org, title="Berths", type="form", plain_steps=0), template(org, title="Cranes")
    tag = made(org.http.post("/tags", json={"title": "urgent"}))["id"]
    folder = made(org.http.post("/folders", json={"name": "Quay", "folder_type": "run"}))["id"]
    group = made(org.http.post("/groups", json={"name": "Pilots", "members": [org.user_id]}))["id"]
    anchor = launched(org, first, name="Anchor", tags=[tag], folders=[folder], starred=True)
    owners = {"users": [org.user_id], "guests": [], "groups": []}
    errand = {"title": "Ask", "task_type": "task", "owners": owners, "deadline": "2031-05-06 10:00:00"}
    made(org.http.post("/tasks", json={**errand, "run_id": anchor["id"]}))
    step = second["steps"]["data"][0]["id"]
    ours = made(org.http.post("/groups", json={"name": "Dockers"}))["id"]
    late = {"deadline": "2020-01-06 10:00:00", "owners": {"guests": ["rui@pilots.example"], "groups": [group]}}
    buoy = launched(org, second, name="Buoy", tasks={step: late}, parent_id=anchor["id"])
    made(org.http.post(f"/tasks/{buoy['tasks'][1]['id']}/problem", json={"content": "stuck", "label": "problem"}))
    crane = launched(org, second, name="Crane", groups=[ours])
    for task in crane["tasks"]:
        made(org.http.post(f"/runs/{crane['id']}/completed-tasks", json={"task_id": task["id"]}), 200)
    idea = {"content": "Ask by phone", "label": "improvement"}
    made(org.http.post(f"/tasks/{crane['tasks'][0]['id']}/comment", json=idea))
    made(org.http.post(f"/runs/{anchor['id']}/comment", json={"content": "Ask by mail"}))
    return {"first": first["id"], "second": second["id"], "tag": tag, "folder": folder, "group": group, "ours": ours}


def test_filters(org: Org) -> None:
    ids = three(org)
    for query, found in {
        "": "Anchor Buoy Crane",
        "q=ANCH": "Anchor",
        "status=active": "Anchor",
        "status=complete": "Crane",
        "status=completed": "Crane",
        "status=problem": "Buoy",
        "status=issue": "",
        "status=improvement": "Crane",
        "status=delayed": "Buoy",
        "status=starred": "Anchor",
        "status=archived": "",
        "status=nonsense": "Anchor Buoy Crane",
        f"owners={org.user_id}": "Anchor Buoy Crane",
        "owners=99999999": "",
        "guests=Rui@pilots.example": "Buoy",
        f"groups={ids['group']}": "Buoy",
        f"groups={ids['ours']}": "Crane",
        f"groups={ids['group']},{ids['ours']}": "Buoy Crane",
        f"groups={'f' * 32}": "",
        "groups=%25": "",
        f"checklist_id={ids['first']}": "Anchor",
        f"blueprint_id={ids['second']}": "Buoy Crane",
        f"folder={ids['folder']}": "Anchor",
        f"tag={ids['tag']}": "Anchor",
        f"tag_ids={ids['tag']},{'0' * 32}": "Anchor",
        "untagged=true": "Buoy Crane",
        "untagged=false": "Anchor Buoy Crane",
        "starred=true": "Anchor",
        "starred=false": "Buoy Crane",
        "type=form": "Anchor",
        "type=nonsense": "Anchor Buoy Crane",
        "task_status=all": "Anchor Buoy Crane",
        "task_status=in-progress": "Anchor Buoy",
        "task_status=completed": "Crane",
        "archived=only": "",
    }.items():
        assert names(org, query) == found.split(), query


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("name", "Anchor Buoy Crane"),
        ("-name", "Crane Buoy Anchor"),
        ("created_at", "Anchor Buoy Crane"),
        ("-created_at", "Crane Buoy Anchor"),
        ("nonsense", "Crane Buoy Anchor"),
        ("", "Crane Buoy Anchor"),
    ],
)
@pytest.mark.parametrize("word", ["sort", "sort_by"])
def test_orders(org: Org, word: str, sort: str, found: str) -> None:
    checklist = template(org)
    for name in ("Anchor", "Buoy", "Crane"):
        launched(org, checklist, name=name)
    listed = org.http.get("/runs", params={word: sort}).json()["data"]
    assert [process["name"] for process in listed] == found.split()


def test_archived_processes_come_when_they_are_asked_for(org: Org) -> None:
    checklist = template(org)
    for name in ("Anchor", "Buoy"):
        process = launched(org, checklist, name=name)
    assert made(org.http.delete(f"/runs/{process['id']}"), 200)["status"] == "archived"
    assert names(org, "") == ["Anchor"]
    assert names(org, "archived=only") == names(org, "status=archived") == ["Buoy"]
    assert names(org, "archived=true") == ["Anchor", "Buoy"]
    assert org.http.get("/runs?without_pagination=true").json().keys() == {"data"}
