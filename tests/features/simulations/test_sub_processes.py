"""Two samples launch another one, as the demo connects them: in a simulated run and in a real one."""

from typing import Any

import pytest

from handrail.cli.demonstration import connect, samples
from handrail.features.members.service import load_actor
from tests.examples.samples import BY_SLUG
from tests.features.builders import made
from tests.support.server import Org

PAIRS = [
    ("employee-onboarding", "order-equipment", "device-handover", "Device for Marta Kowalczyk"),
    ("incident-response", "agree-actions", "corrective-action", "Corrective action: Card payments fail at checkout"),
]


@pytest.mark.parametrize(("name", "step", "other", "called"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_a_step_launches_the_other_sample(org: Org, name: str, step: str, other: str, called: str) -> None:
    sample = BY_SLUG[name]
    loaded = {slug: made(org.http.post("/checklists", json=BY_SLUG[slug].template))["id"] for slug in (name, other)}

    async def join() -> None:
        async with org.server.database.reader() as reader:
            actor = await load_actor(reader, org.organization_id, org.user_id)
        assert actor is not None
        await connect(org.server.database, actor, loaded, samples())

    org.server.run(join)
    title = sample.steps[step]["title"]
    answers = next(task for task in sample.run["tasks"] if task["step"] == step).get("taskdata", {})
    fields = {field["id"]: field["alias"] for field in sample.all_fields()}
    taskdata = {fields[key]: value for key, value in answers.items()}
    prerun = {fields[key]: value for key, value in sample.run["prerun"].items()}
    body = {"prerun": prerun, "actions": [{"step": title, "taskdata": taskdata}]}
    told = made(org.http.post(f"/x/checklists/{loaded[name]}/simulate", json=body), 200)
    # the days of the run are over, so that something expires first
    completed = next(entry for entry in told["timeline"] if entry["what"] == "completed")
    assert "launch.process" in [change["kind"] for change in completed["changes"]]
    assert org.http.get("/runs").json()["meta"]["pagination"]["total"] == 0
    shown = made(org.http.get(f"/checklists/{loaded[name]}?with=steps"), 200)
    ids = {field["alias"]: field["id"] for field in shown["prerun"]}
    for listed in shown["steps"]["data"]:
        ids |= {field["alias"]: field["id"] for field in listed["captures"]}
    process = made(
        org.http.post(
            "/runs", json={"checklist_id": loaded[name], "prerun": {ids[key]: value for key, value in prerun.items()}}
        )
    )
    tasks: Any = made(org.http.get(f"/runs/{process['id']}/tasks?without_pagination=true"), 200)
    task = next(task for task in tasks if task["original_title"] == title)
    completion = {"task_id": task["id"], "taskdata": {ids[key]: value for key, value in taskdata.items()}}
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json=completion), 200)
    (child,) = org.http.get(f"/x/runs/{process['id']}/children").json()["data"]
    assert child["checklist_id"] == loaded[other]
    assert child["name"].startswith(called)
    # saved tests pass with the connection, too
    report = made(org.http.post(f"/x/checklists/{loaded[name]}/tests/run"), 200)
    assert report["failing"] == 0
