"""A simulated run of every sample ends as the real one does, task by task and rule by rule."""

from typing import Any

import pytest

from tests.examples.samples import SAMPLES, Sample
from tests.features.builders import made
from tests.features.feed import details
from tests.support.server import Org

SAME = ("title", "status", "deadline", "deadline_held", "is_approved", "task_type", "started_at", "completed_at")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)
def test_simulation_is_like_life(org: Org, sample: Sample) -> None:
    # before the days that the runs speak of: what is overdue would expire at once
    with org.server.later(days=-150):
        compare(org, sample)


def compare(org: Org, sample: Sample) -> None:
    checklist = made(org.http.post("/checklists?with=steps", json=sample.template))
    aliases = {field["id"]: field["alias"] for field in sample.all_fields()}
    ids = {field["alias"]: field["id"] for field in checklist["prerun"]}
    for step in checklist["steps"]["data"]:
        ids |= {field["alias"]: field["id"] for field in step["captures"]}
    kickoff = {ids[aliases[name]]: value for name, value in sample.run["prerun"].items()}
    process = made(org.http.post("/runs", json={"checklist_id": checklist["id"], "prerun": kickoff}))
    actions: list[dict[str, Any]] = []
    for entry in sample.run["tasks"]:
        title = sample.steps[entry["step"]]["title"]
        answers = {aliases[name]: value for name, value in entry.get("taskdata", {}).items()}
        tasks: Any = made(org.http.get(f"/runs/{process['id']}/tasks?without_pagination=true"), 200)
        task = next(task for task in tasks if task["original_title"] == title)
        body = {"task_id": task["id"], "taskdata": {ids[name]: value for name, value in answers.items()}}
        if task["task_type"] == "approval":
            body["is_approved"] = entry.get("is_approved", True)
        answer = org.http.post(f"/runs/{process['id']}/completed-tasks", json=body)
        action = {"step": title, "taskdata": answers}
        if "is_approved" in body:
            action["do"] = "approve" if body["is_approved"] else "reject"
        if answer.status_code == 200:
            action["at"] = answer.json()["data"]["completed_at"]
        actions.append(action)
    simulated = made(
        org.http.post(
            f"/x/checklists/{checklist['id']}/simulate",
            json={
                "started_at": process["started_at"],
                "prerun": {aliases[name]: value for name, value in sample.run["prerun"].items()},
                "actions": actions,
            },
        ),
        200,
    )
    real: Any = made(org.http.get(f"/runs/{process['id']}/tasks?without_pagination=true"), 200)
    assert len(real) == len(simulated["tasks"])
    for task, other in zip(real, simulated["tasks"], strict=True):
        assert {name: task[name] for name in SAME} == {name: other[name] for name in SAME}
        assert task["owners"]["users"] == other["owners"]["users"]
    shown = made(org.http.get(f"/runs/{process['id']}"), 200)
    run = simulated["run"]
    assert (run["status"], run["name"]) == (shown["status"], shown["name"])
    assert {name: run[name] for name in ("complete", "total", "percent")} == shown["progress"]
    changes = [change for entry in simulated["timeline"] for change in entry["changes"]]
    acted = sorted(change["rule_id"] for change in changes if change["kind"] == "rule.applied")
    assert acted == sorted(detail["rule"] for detail in details(org, "verb") if "rule" in detail)
    # a rule that did several things at one moment is named for it once
    for rule in simulated["rules"]:
        assert len(set(rule["fired_at"])) == len(rule["fired_at"])
    assert {rule["id"] for rule in simulated["rules"] if rule["fired_at"]} == set(acted)
