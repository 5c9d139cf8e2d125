"""Lists show what the matrix lets one read, and nothing else: to full and light members, in every relation."""

from typing import Any

import pytest

from handrail.kernel.permission import MATRIX
from tests.security.product.cast import Cast, cast
from tests.security.product.records import FAMILIES
from tests.support.server import TestServer

# by family: the row of reading, what names the record, and the lists that it may be in
LISTS = {
    "template": ("template.read", "template", ("/checklists",)),
    "process": ("process.read", "process", ("/runs", "/runs?type=procedure", "/runs?q=Mooring")),
    "step_task": ("task.read", "task", ("/tasks", "/tasks?type=all", "/users/{owner}/tasks")),
    "oneoff": ("task.read", "task", ("/tasks", "/tasks?type=all", "/tasks?q=pilot", "/users/{owner}/tasks")),
    "guest": ("guest.read", "guest", ("/guests", "/guests-list", "/guests?q=quay")),
    "schedule": ("schedule.read", "schedule", ("/x/schedules",)),
}


@pytest.fixture
def made(server: TestServer) -> Cast:
    return cast(server)


def shown(cast: Cast, role: str, path: str) -> set[str]:
    address = path.replace("{owner}", str(cast.org.user_id))
    answer = cast.person(role).http.get(address, params={"per_page": 100, "status": "all"})
    if answer.status_code == 403:
        return set()
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return {str(entry["id"]) for entry in found} | {str(entry.get("email")) for entry in found}


@pytest.mark.parametrize("role", ["standard", "light"])
@pytest.mark.parametrize("family", LISTS)
def test_lists_show_what_one_may_read(made: Cast, family: str, role: str) -> None:
    action, name, paths = LISTS[family]
    cell = getattr(MATRIX[action], role)
    records = {
        variant: FAMILIES[family].make(made, made.person(role), variant) for variant in FAMILIES[family].variants
    }
    readable = {variant: "*" in cell or not cell.isdisjoint(record.words) for variant, record in records.items()}
    assert not all(readable.values()) or "*" in cell
    seen = {path: shown(made, role, path) for path in paths}
    for variant, record in records.items():
        for path, ids in seen.items():
            there = record.ids[name] in ids
            if not readable[variant]:
                assert not there, f"{path} shows a {role} member with the relation {variant} what they cannot read"
        if readable[variant]:
            listed = any(record.ids[name] in ids for ids in seen.values())
            assert listed, f"no list shows a {role} member with the relation {variant} what they can read"


def test_what_one_cannot_read_shows_in_no_include(made: Cast) -> None:
    """A light member's own task does not bring the rest of the process along."""
    found = FAMILIES["step_task"].make(made, made.light, "assignee")
    task = made.light.http.get(
        f"/tasks/{found.ids['task']}", params={"with": "run,run.checklist,step,next_task,tasks,form_fields,threads"}
    )
    assert task.status_code == 200, task.text
    assert made.light.http.get(f"/checklists/{found.ids['template']}").status_code == 404
    others = FAMILIES["oneoff"].make(made, made.light, "none").ids["task"]
    assert others not in task.text
