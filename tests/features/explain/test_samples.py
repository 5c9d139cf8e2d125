"""Every task of every sample template can be explained, and what is told agrees with the task."""

from copy import deepcopy
from typing import Any

import pytest

from tests.examples.samples import SAMPLES, Sample
from tests.features.builders import made
from tests.support.server import Org


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)
def test_every_task_is_explained(org: Org, sample: Sample) -> None:
    given: dict[str, Any] = deepcopy(sample.template)
    for field in given["prerun"]:
        field["required"] = False
    checklist = made(org.http.post("/checklists", json=given))
    process = made(org.http.post("/runs", json={"checklist_id": checklist["id"]}))
    tasks: Any = made(org.http.get(f"/runs/{process['id']}/tasks?per_page=100"), 200)
    assert tasks
    for task in tasks:
        told = made(org.http.get(f"/x/tasks/{task['id']}/explain"), 200)
        assert told["visibility"]["visible"] == (task["status"] != "auto-skipped")
        assert told["deadline"]["deadline"] == task["deadline"]
        assert told["assignment"]["owners"]["users"] == task["owners"]["users"]
        assert (told["deadline"]["because"] == "waits-for-step") == task["deadline_held"]
        for rule in told["visibility"]["rules"]:
            assert len(rule["conditions"]) >= 1
            if len(rule["conditions"]) == 1:
                assert rule["holds"] == rule["conditions"][0]["holds"]
