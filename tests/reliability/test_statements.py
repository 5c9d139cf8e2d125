"""How many SQL statements a request costs: a fixed number, whatever the number of rows, also when nothing is kept."""

from collections.abc import Callable
from typing import Any

import pytest

from handrail.features.processes import snapshot
from handrail.features.templates.versions import frozen_versions
from tests.features.builders import launched, made, template
from tests.support.server import Org

GUEST = "rui.{number}@pilots.example"


def cold() -> None:
    """Forget what is kept of frozen template versions, as a server that has just started."""
    frozen_versions.clear()
    snapshot._kept.clear()  # pyright: ignore[reportPrivateUsage]


def statements_of(org: Org, work: Callable[[], Any]) -> list[str]:
    """What one request carries out. Who calls is known already."""
    assert org.http.get("/me/tasks?per_page=1").status_code == 200
    cold()
    with org.server.count_statements() as statements:
        work()
    return list(statements)


def read(org: Org, path: str, expected: int) -> list[str]:
    """The statements of a list that has that many entries on its page."""

    def work() -> None:
        answer = org.http.get(path)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) == expected

    return statements_of(org, work)


def tagged(org: Org) -> dict[str, Any]:
    """A tag, if there is a way to make one yet; otherwise nothing."""
    answer = org.http.post("/tags", json={"title": "urgent"})
    return {"tags": [answer.json()["data"]["id"]]} if answer.status_code == 201 else {}


def launch_many(org: Org, count: int, templates: int = 4) -> None:
    """Processes of several templates, with answers, and with tasks of members and guests."""
    checklists = [
        template(
            org,
            steps=[
                {"title": f"Step {number}", "captures": [{"label": "Note", "field_type": "text", "required": False}]}
                for number in range(3)
            ],
        )
        for _ in range(templates)
    ]
    tags = tagged(org)
    for number in range(count):
        checklist = checklists[number % templates]
        first, second, _ = (step["id"] for step in checklist["steps"]["data"])
        owners = {
            first: {"owners": {"users": [org.user_id]}},
            second: {"owners": {"users": [org.user_id], "guests": [GUEST.format(number=number % 7)]}},
        }
        launched(org, checklist, tasks=owners, name=f"Process {number}", **tags)


def test_a_hundred_processes_with_includes_cost_six_statements(org: Org) -> None:
    launch_many(org, 100)
    statements = read(org, "/runs?per_page=100&with=checklist,tasks,tags", 100)
    assert len(statements) <= 6, "\n".join(statements)
    # and when there are more than the page shows, by a server that has seen the templates before
    launch_many(org, 1, templates=1)
    with org.server.count_statements() as warm:
        answer = org.http.get("/runs?per_page=100&with=checklist,tasks,tags&sort=created_at")
    assert answer.json()["meta"]["pagination"]["total"] == 101
    assert len(warm) <= 6, "\n".join(warm)


LISTS = [
    "/runs?per_page=100",
    "/runs?per_page=100&with=checklist,tasks,tags,next_task,tasks_meta,form_fields,ko_form_fields,stages",
    "/runs?per_page=100&with=tasks.step,tasks.form_fields&sort=due_date&status=active",
    "/tasks?per_page=100",
    "/tasks?per_page=100&with=run,run.checklist,step,form_fields,tags,threads,assets",
    "/me/tasks?per_page=100&with=run,step,form_fields,tags",
    "/tasks?per_page=100&q=step&sort=deadline",
]


@pytest.fixture(scope="module")
def small(server: Any) -> Org:
    org = server.found()
    launch_many(org, 10)
    return org


@pytest.fixture(scope="module")
def large(server: Any) -> Org:
    org = server.found()
    launch_many(org, 50, templates=10)
    return org


@pytest.mark.parametrize("path", LISTS)
def test_lists_of_work_cost_the_same_however_long(small: Org, large: Org, path: str) -> None:
    of_processes = path.startswith("/runs")
    few = read(small, path, 10 if of_processes else 30)
    many = read(large, path, 50 if of_processes else 100)
    # a page that ends before it is full says the total itself, a full one needs a statement for it
    totals = sum(statement.startswith("SELECT count(*)") for statement in many)
    totals_of_few = sum(statement.startswith("SELECT count(*)") for statement in few)
    assert totals_of_few <= totals <= totals_of_few + 1
    assert len(many) - totals == len(few) - totals_of_few, "\n".join(many)


@pytest.mark.parametrize("path", ["/checklists?per_page=100", "/checklists?per_page=100&with=steps,prerun,tags,stages"])
def test_lists_of_templates_cost_the_same_however_long(org: Org, path: str) -> None:
    counts: list[int] = []
    for total in (10, 50):
        while len(org.http.get("/checklists?per_page=100").json()["data"]) < total:
            checklist = template(org, prerun=[{"label": "Name", "field_type": "text", "required": False}])
            if total == 10:
                launched(org, checklist)
        counts.append(len(read(org, path, total)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", ["/users?per_page=100", "/users-list"])
def test_lists_of_members_cost_the_same_however_long(org: Org, path: str) -> None:
    counts: list[int] = []
    for total in (5, 25):
        while len(org.people) < total - 1:
            org.member()
        counts.append(len(statements_of(org, lambda: org.http.get(path))))
    assert counts[0] == counts[1]


def test_tasks_of_a_process_cost_the_same_however_many(org: Org) -> None:
    counts: list[int] = []
    for steps in (5, 40):
        process = launched(org, template(org, plain_steps=steps))
        path = f"/runs/{process['id']}/tasks?per_page=100&with=step,form_fields,tags,threads"
        counts.append(len(read(org, path, steps)))
    assert counts[0] == counts[1]


def test_commands_cost_the_same_however_large_the_process(org: Org) -> None:
    """Completing, reopening and answering touch one task, however many there are beside it."""
    costs: list[dict[str, int]] = []
    for steps in (3, 60):
        captures = [{"label": "Note", "field_type": "text", "required": False}]
        given = [{"title": f"Step {number}", "captures": captures} for number in range(steps)]
        checklist = template(org, steps=given)
        fields = {step["id"]: step["captures"][0]["id"] for step in checklist["steps"]["data"]}
        process = launched(org, checklist)
        task = process["tasks"][1]
        field = fields[task["step_id"]]
        path = f"/runs/{process['id']}"

        def call(method: str, address: str, body: Any = None) -> int:
            return len(statements_of(org, lambda: made(org.http.request(method, address, json=body), 200)))

        costs.append(
            {
                "answer": call("PUT", f"{path}/tasks/{task['id']}", {"taskdata": {field: "a"}}),
                "complete": call("POST", f"{path}/completed-tasks", {"task_id": task["id"], "taskdata": {field: "b"}}),
                "again": call("POST", f"{path}/completed-tasks", {"task_id": task["id"]}),
                "reopen": call("DELETE", f"{path}/completed-tasks/{task['id']}"),
                "rename": call("PUT", path, {"name": "Renamed"}),
            }
        )
    assert costs[0] == costs[1]
    assert costs[0]["complete"] <= 12


def test_launching_costs_the_same_however_many_steps(org: Org) -> None:
    counts: list[int] = []
    # a few tasks may go in together with what is written before them
    for steps in (8, 50):
        checklist = template(org, plain_steps=steps)
        launched(org, checklist)
        body = {"checklist_id": checklist["id"]}
        counts.append(len(statements_of(org, lambda body=body: made(org.http.post("/runs", json=body)))))
    assert counts[0] == counts[1]
