"""The JSON of every resource, key by key, against the samples of the public API in `shapes/`.

A sample says of each key that it is there, of which type it is, and what stands there when nothing does: null, an
empty list or an empty object. `OURS` are the keys that are answered beyond them, so that none slips in unseen.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import made
from tests.support.browser import Browser
from tests.support.server import Org

HERE = Path(__file__).with_name("shapes")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HEX = re.compile(r"[a-f0-9]{32}")
# objects whose keys are ids, or names that people choose
MAPS = {"prerun", "taskdata", "custom_fields"}
# null for as long as nothing fills them: places by network address, countries by number, custom fields
UNFILLED = {
    "user.last_known_country",
    "user.country.data",
    "run.custom_fields",
}
# what stands there although the sample has null
FILLED = {
    "run_form_fields.ko_form_fields.0.unique_id": "the id of a stored answer, which makes single answers changeable",
    "run_form_fields.form_fields.0.unique_id": "the same",
}
DETAILS = {
    "guidance",
    "field_validation",
    "default_value",
    "default_value_enabled",
    "collect_time",
    "use_wysiwyg_editor",
    "prefix",
    "suffix",
    "settings",
    "list",
    "custom_fields",
    "created_at",
    "last_updated",
    "archived_at",
}
OURS: dict[str, set[str]] = {
    "organization": {"remind_future_start", "end_tokens_at_sign_out", "escape_csv_formulas"},
    "checklist": {"version"},
    "checklist.prerun.0": {"archived_at"},
    "checklist.folder.data": {"parent_id"},
    "step": {"settings"},
    "run": {"parent_task_id", "tasks_changed_by_rules"},
    "task": {"deadline_held", "tasks_changed_by_rules"},
    "task.form_fields.data.0": {*DETAILS, "step_id"},
    "task.step.data": {"alias"},
    "checklist_form_fields.form_fields.0": DETAILS,
    "checklist_form_fields.ko_form_fields.0": {*DETAILS, "checklist_id"},
    "run_form_fields.form_fields.0": DETAILS,
    "run_form_fields.ko_form_fields.0": {*DETAILS, "checklist_id"},
}
# whole records that the samples cut short
CUT_SHORT = {"run.checklist.data", "task.run.data"}
TASK_INCLUDES = "form_fields,threads,step,run,summary,threads_count"
RUN_INCLUDES = "tags,folders,next_task,tasks_meta,checklist,tasks"


def sample(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text())


def differences(documented: Any, found: Any, path: str) -> Iterator[str]:
    """What a client that knows the sample would stumble over."""
    if documented is None:
        if found is not None and path not in FILLED:
            yield f"{path}: null in the sample, here {found!r}"
    elif isinstance(documented, dict):
        if path in UNFILLED and found is None:
            return
        if not isinstance(found, dict):
            yield f"{path}: an object in the sample, here {found!r}"
        elif path.rpartition(".")[2] not in MAPS:
            for key, value in documented.items():
                if key not in found:
                    yield f"{path}.{key} is missing"
                else:
                    yield from differences(value, found[key], f"{path}.{key}")
            extra = found.keys() - documented.keys() - OURS.get(path, set())
            if extra and path not in CUT_SHORT:
                yield f"{path}: not in the sample: {sorted(extra)}"
    elif isinstance(documented, list):
        if not isinstance(found, list):
            yield f"{path}: a list in the sample, here {found!r}"
        elif documented and found:
            yield from differences(documented[0], found[0], f"{path}.0")
        elif documented:
            yield f"{path}: nothing in it"
    elif not (found is None and path in UNFILLED):
        yield from _scalar(documented, found, path)


def _scalar(documented: Any, found: Any, path: str) -> Iterator[str]:
    if type(documented) is not type(found):
        yield f"{path}: {documented!r} in the sample, here {found!r}"
    elif isinstance(documented, str):
        for form in (MOMENT, HEX):
            if form.fullmatch(documented) and not form.fullmatch(found):
                yield f"{path}: {documented!r} in the sample, here {found!r}"


def fits(name: str, found: Any, *, without: Collection[str] = (), beside: Collection[str] = ()) -> None:
    """The record has what the sample has; `without` are keys that only an include brings, `beside` others."""
    documented = {key: value for key, value in sample(name).items() if key not in without}
    found = {key: value for key, value in found.items() if key not in beside}
    for key in beside:
        documented.pop(key)
    assert list(differences(documented, found, name)) == []


class World:
    """One of everything, with something in every key that can be filled."""

    def __init__(self, org: Org) -> None:
        http = org.http
        self.org = org
        self.member = org.member(first_name="Tomas")
        group = {"name": "Customs desk", "members": [org.user_id], "guests": ["rui@pilots.example"]}
        self.group = made(http.post("/groups", json=group))
        self.tag = made(http.post("/tags", json={"title": "urgent", "color": "#b3541e"}))
        folder = made(http.post("/folders", json={"name": "Suppliers"}))
        runs = made(http.post("/folders", json={"name": "Suppliers", "folder_type": "run"}))
        choices = [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}]
        tax = {"label": "Tax number", "field_type": "text", "required": True, "field_validation": ["alpha_num"]}
        first = {
            "title": "Collect documents",
            "summary": "<p>Ask for the trade licence.</p>",
            "assignees": [self.member.user_id],
            "guests": ["rui@pilots.example"],
            "deadline": {"value": 3, "unit": "days", "option": "from", "step": "start_run"},
            "captures": [tax],
        }
        body = {
            "title": "Vendor intake",
            "type": "procedure",
            "summary": "<p>Onboard a new carrier or agent.</p>",
            "icon": "ship",
            "folder_id": folder["id"],
            "kickoff_title": "Tell us about the vendor",
            "users": [org.user_id],
            "groups": [self.group["id"]],
            "prerun": [
                {"label": "Vendor name", "field_type": "text", "required": True},
                {"label": "Region", "field_type": "dropdown", "required": True, "options": choices},
            ],
            "steps": [first],
        }
        self.made_checklist = made(http.post("/checklists", json=body))
        self.checklist = f"/checklists/{self.made_checklist['id']}"
        second = {"title": "Approve vendor", "step_type": "approval", "assignees": [org.user_id]}
        made(http.post(f"{self.checklist}/steps", json=second))
        tagging = {"subject_id": self.made_checklist["id"], "subject_type": "Checklist", "tag_type": "private"}
        made(http.post("/checklists/tags", json={**tagging, "tag_id": self.tag["id"]}))
        self.steps: list[Any] = http.get(f"{self.checklist}/steps").json()["data"]
        vendor, region = self.made_checklist["prerun"]
        launch = {
            "checklist_id": self.made_checklist["id"],
            "name": "Vendor intake - Atlantic Pilots",
            "prerun": {vendor["id"]: "Atlantic Pilots", region["id"]: choices[1]},
            "tags": [self.tag["id"]],
            "folders": [runs["id"]],
            "users": [org.user_id],
        }
        self.launched = made(http.post("/runs", json=launch))
        self.run = f"/runs/{self.launched['id']}"
        self.task_id: str = http.get(f"{self.run}/tasks").json()["data"][0]["id"]
        self.task = f"{self.run}/tasks/{self.task_id}"
        answers = {self.steps[0]["captures"][0]["id"]: "PT501964843"}
        self.answered = made(http.put(self.task, json={"taskdata": answers}), 200)
        # the process goes on, and one task of it is done by the one whose it is
        done = self.member.http.post(f"{self.run}/completed-tasks", json={"task_id": self.task_id})
        self.completed = made(done, 200)


@pytest.fixture(scope="module")
def worlds(servers: Any) -> Callable[[str], World]:
    known: dict[str, World] = {}

    def of(dialect: str) -> World:
        if dialect not in known:
            known[dialect] = World(servers(dialect).found("Harbor Freight Forwarding"))
        return known[dialect]

    return of


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> World:
    return worlds(request.param)


def test_organization(world: World) -> None:
    http = world.org.http
    hours = {"enabled": True, "start": "09:00", "end": "17:00"}
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    told = {
        "industry": "Logistics",
        "description": "Sea and air freight desk",
        "address1": "14 Quay Street",
        "city": "Porto",
        "zipcode": "4050-123",
        "country": "Portugal",
        "team_size": [11, 50],
        "working_days": {**dict.fromkeys(days, hours), "Saturday": {"enabled": False}, "Sunday": {"enabled": False}},
    }
    fits("organization", made(http.put("", json=told), 200))
    fits("organization", made(http.get(""), 200))
    listed = world.org.server.client(world.org.token).get("/api/me/organizations").json()
    fits("organization", listed["data"][0])


def test_user(world: World) -> None:
    org = world.org
    Browser(org.server.url).sign_in(with_password(org).email, PASSWORD)
    told = {
        "phone": "+351 220 000 111",
        "job_title": "Operations lead",
        "team": "Ocean desk",
        "timezone": "Europe/Lisbon",
        "date_format": "dd/mm/yyyy",
        "country_id": 174,
    }
    made(org.http.put(f"/users/{org.user_id}", json=told), 200)
    query = "with=country,groups,stats"
    fits("user", made(org.http.get(f"/users/{org.user_id}?{query}"), 200))
    fits("user", made(org.http.get(f"/me?{query}"), 200))
    fits("user", made(org.server.client(org.token).get(f"/api/me?{query}"), 200))
    (listed,) = [one for one in org.http.get(f"/users?{query}").json()["data"] if one["id"] == org.user_id]
    fits("user", listed)


def test_checklist(world: World) -> None:
    http = world.org.http
    included = {"steps", "tags", "folder"}
    fits("checklist", world.made_checklist, without=included)
    fits("checklist", made(http.put(world.checklist, json={"title": "Vendor intake"}), 200), without=included)
    fits("checklist", made(http.get(f"{world.checklist}?with=steps,tags,folder"), 200))
    fits("checklist", http.get("/checklists?with=steps,tags,folder").json()["data"][0])
    fits("checklist_form_fields", made(http.get(f"{world.checklist}/form-fields"), 200))
    copy = made(http.post(f"{world.checklist}/clone", json={"tenant": world.org.organization_id}))
    fits("checklist", copy, without=included, beside={"folder_id"})
    archived = http.delete(f"/checklists/{copy['id']}").json()
    assert (archived.keys(), archived["deleted_references"]) == (sample("archived_checklist").keys(), [])
    fits("checklist", made(http.put(f"/checklists/{copy['id']}/restore"), 200), without=included, beside={"folder_id"})


def test_step_capture_and_stage(world: World) -> None:
    http, steps = world.org.http, f"{world.checklist}/steps"
    fits("step", world.steps[0])
    step = made(http.get(f"{steps}/{world.steps[0]['id']}"), 200)
    fits("step", step)
    fits("step", made(http.put(f"{steps}/{step['id']}", json={"title": step["title"]}), 200))
    fits("capture", step["captures"][0])
    copy = made(http.post(f"{steps}/{step['id']}/clone"), 201)
    fits("step", copy)
    captures = f"{steps}/{copy['id']}/captures"
    field = {"label": "A", "field_type": "text", "required": True, "field_validation": ["alpha_num"]}
    fits("capture", made(http.post(captures, json=field)))
    fits("capture", made(http.put(f"{captures}/{copy['captures'][0]['id']}", json={"label": "B"}), 200))
    stage = made(http.post(f"{world.checklist}/stages", json={"title": "Due diligence"}))
    fits("stage", stage)
    fits("stage", http.get(f"{world.checklist}/stages").json()["data"][0])
    assert http.delete(f"{steps}/{copy['id']}").status_code in (200, 204)


def test_run(world: World) -> None:
    http, included = world.org.http, set(RUN_INCLUDES.split(","))
    fits("run", world.launched, without=included)
    fits("run", made(http.put(world.run, json={"starred": False}), 200), without=included)
    fits("run", made(http.get(f"{world.run}?with={RUN_INCLUDES}"), 200))
    fits("run", http.get(f"/runs?with={RUN_INCLUDES}").json()["data"][0])
    fits("run_form_fields", made(http.get(f"{world.run}/form-fields"), 200))
    fits("run", made(http.delete(world.run), 200), without=included, beside={"archived_at"})
    fits("run", made(http.put(f"{world.run}/activate"), 200), without=included)


def test_task(world: World) -> None:
    http, included = world.org.http, {"form_fields", "threads", "step", "run", "threads_count"}
    fits("task", world.completed, without=included)
    fits("task", made(http.get(f"{world.task}?with={TASK_INCLUDES}"), 200))
    fits("task", made(http.get(f"/tasks/{world.task_id}?with={TASK_INCLUDES}"), 200))
    fits("task", http.get(f"{world.run}/tasks?with={TASK_INCLUDES}").json()["data"][0])
    mine = world.member.http.get(f"/me/tasks?status=all&with={TASK_INCLUDES}").json()["data"]
    fits("task", mine[0])
    listed = http.get(f"/tasks?status=completed&with={TASK_INCLUDES}").json()["data"]
    fits("task", listed[0])


def test_one_off_task(world: World) -> None:
    """Null where there is no process and no step, everything else as on any task."""
    owners = {"users": [world.org.user_id], "guests": ["rui@pilots.example"]}
    body = {"title": "Call", "task_type": "task", "deadline": "2031-05-04 12:00:00", "owners": owners}
    task = made(world.org.http.post("/tasks", json=body))
    found = list(differences(sample("task"), task, "task"))
    absent = {"form_fields", "threads", "step", "run", "threads_count"}
    null = {
        "original_summary",
        "summary",
        "run_id",
        "checklist_id",
        "step_id",
        "alias",
        "blueprint_position",
        "completed_at",
        "completer_id",
        "run_status",
    }
    assert {line.partition(" ")[0].partition(":")[0].removeprefix("task.") for line in found} == absent | null
    assert {key for key in null if task[key] is None} == null


def test_what_is_answered_can_be_sent_back(world: World) -> None:
    """Clients read a record, change a key and send all of it; includes and computed keys change nothing."""
    http, org = world.org.http, world.org
    step = f"{world.checklist}/steps/{world.steps[0]['id']}"
    second = http.get(f"{world.run}/tasks").json()["data"][1]["id"]
    everything = (
        "tags,folders,folder,checklist,steps,stages,permissions,runs,statistics,next_task,tasks_meta,form_fields"
    )
    for path in ("", "/me", f"/users/{org.user_id}", world.checklist, step, world.run, f"/tasks/{second}"):
        for query in ("", f"?with={everything},ko_form_fields,groups,stats,country,threads,assets,member_watchers,run"):
            before = made(http.get(path + query), 200)
            made(http.put(path, json=before), 200)
            after = made(http.get(path + query), 200)
            assert untimed(before) == untimed(after), path


def untimed(value: Any) -> Any:
    """The value without what an edit moves on (an edit after a launch writes a new version), at any depth."""
    if isinstance(value, dict):
        left_out = {"last_updated", "updated_at", "last_accessed_at", "version"}
        return {key: untimed(inner) for key, inner in value.items() if key not in left_out}
    return [untimed(inner) for inner in value] if isinstance(value, list) else value


def test_a_list_of_an_include_needs_its_data(world: World) -> None:
    for key in ("tags", "folders"):
        answer = world.org.http.put(world.run, json={key: {"a": 1}})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [f"{key}.data"])
