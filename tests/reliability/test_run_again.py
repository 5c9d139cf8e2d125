"""Bodies of transactions may be run more than once: what an earlier run made is taken back, and nothing is left."""

import contextlib
import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from handrail.ports.database import Transaction
from tests.features.builders import launched, made, template
from tests.reliability.rows import Rows
from tests.reliability.wholeness import contradictions
from tests.support.server import Org, TestServer

Body = Callable[[Transaction], Coroutine[Any, Any, Any]]
ID = re.compile(r"[a-f0-9]{32}")
TABLES = {
    "processes": "name, status, tasks_complete, revision",
    "tasks": 'title, status, "values", revision',
    "task_owners": "is_open",
    "activities": "verb, subject_type, description",
    "events": "type",
    "threads": "label, content",
    "guests": "email",
    "template_versions": "version",
}


class InVain(Exception):
    """What ends the first run of a body."""


@pytest.fixture
def rehearsing(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Call it, and from then on every body runs to its end, is taken back, and runs again; so do refusals."""
    once = server.database.write

    async def twice(body: Body) -> Any:
        async def first(tx: Transaction) -> None:
            await body(tx)
            raise InVain

        with contextlib.suppress(InVain):
            await once(first)
        return await once(body)

    yield lambda: monkeypatch.setattr(server.database, "write", twice)


def work(org: Org) -> None:
    """A bit of everything that people do."""
    rule = {"conditionable_type": "Step", "operation": "completed", "statement": "any_time", "logic": "and"}
    checklist = template(
        org,
        plain_steps=4,
        prerun=[{"label": "Vendor", "field_type": "text", "required": False}],
    )
    steps = [step["id"] for step in checklist["steps"]["data"]]
    action = {"action_type": "visibility", "action_verb": "show", "target_step_id": steps[2]}
    conditions = [{**rule, "conditionable_id": steps[0]}]
    body = {"automated_alias": "Show", "conditions": conditions, "then_actions": [action]}
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=body))
    note = {"label": "Note", "field_type": "text", "required": False}
    field = made(org.http.post(f"/checklists/{checklist['id']}/steps/{steps[0]}/captures", json=note))
    process = launched(org, checklist, name="Intake")
    first, second, third, fourth = (task["id"] for task in process["tasks"])
    done = f"/runs/{process['id']}/completed-tasks"
    # refused for its answer
    assert org.http.post(done, json={"task_id": first, "taskdata": {field["id"]: ["a"]}}).status_code == 422
    made(org.http.post(done, json={"task_id": first, "taskdata": {field["id"]: "hello"}}), 200)
    assert org.http.post(done, json={"task_id": "0" * 32}).status_code == 404
    made(org.http.post(f"/tasks/{second}/comment", json={"content": "Looks good"}))
    owners = {"owners": {"users": [org.user_id], "guests": ["new@example.org"], "groups": []}}
    made(org.http.put(f"/runs/{process['id']}/tasks/{third}", json=owners), 200)
    for task in (second, third, fourth):
        made(org.http.post(done, json={"task_id": task}), 200)
    made(org.http.delete(f"{done}/{fourth}"), 200)
    made(org.http.post(done, json={"task_id": fourth}), 200)
    assert org.http.delete(f"/runs/{process['id']}").is_success


def left(org: Org) -> dict[str, list[tuple[Any, ...]]]:
    """What is in the store, without ids and times."""
    rows = Rows.of(org.server.settings)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table, columns in TABLES.items():
        where = f"WHERE organization_id = '{org.organization_id}'"
        rows_of = rows.all(f"SELECT {columns} FROM {table} {where}")
        found[table] = sorted(tuple(ID.sub("id", str(value)) for value in row) for row in rows_of)
    return found


def test_whatever_runs_twice_is_there_once(server: TestServer, rehearsing: Callable[[], None]) -> None:
    usual, twice = server.found("Usual"), server.found("Usual")
    work(usual)
    expected = left(usual)
    assert all(expected[table] for table in TABLES)
    rehearsing()
    work(twice)
    found = left(twice)
    assert found == expected
    assert contradictions(Rows.of(server.settings)) == []
