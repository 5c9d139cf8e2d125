"""Expiring tasks complete at their deadline, once, in order, whatever the clock did (engine 2.1, 6.4; decision 46)."""

import asyncio
from typing import Any

import pytest

from handrail.engine.events import Outcome
from handrail.features.timers import due as due_things
from handrail.features.timers import expiry, store
from handrail.features.timers.firing import Resting
from handrail.kernel.clock import FixedClock
from handrail.schema.statement import Statement
from tests.features.builders import launched, made, template
from tests.features.timers.clockwork import (
    DAY,
    HOUR,
    SECOND,
    YEAR,
    Clockwork,
    by_title,
    due,
    expiring,
    moment,
    task_status,
)
from tests.support.server import Org


def deadline(task: dict[str, Any]) -> int:
    return moment(task["deadline"])


def complete(org: Org, process: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    return made(org.client().post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)


def single(org: Org, at: str, **more: Any) -> dict[str, Any]:
    body = {"title": "Confirm", "task_type": "expiring", "deadline": at, "owners": {"users": [org.user_id]}, **more}
    return made(org.client().post("/tasks", json=body))


def test_at_the_deadline_and_not_before(org: Org, clockwork: Clockwork) -> None:
    process = launched(org, template(org, steps=[expiring("Confirm"), {"title": "Other"}]))
    task = by_title(process)["Confirm"]
    at = deadline(task)
    assert not clockwork.is_anything_due(at - 1)
    assert clockwork.expire(at - 1) == 0
    assert clockwork.is_anything_due(at)
    assert clockwork.expire(at) == 1
    assert not clockwork.is_anything_due(at)
    assert clockwork.expire(at) == 0
    stored = clockwork.task(org, task)
    assert (stored["status"], bool(stored["is_approved"]), stored["completed_at"]) == ("completed", False, at)
    read = made(org.client().get(f"/tasks/{task['id']}"), 200)
    assert (read["status"], read["is_approved"], read["status_label"]) == ("completed", False, "expired")
    assert read["completer_id"] not in (None, org.user_id)
    shown = made(org.client().get(f"/runs/{process['id']}"), 200)
    assert shown["progress"] == {"complete": 1, "total": 2, "percent": 50}


def test_the_feed_and_other_programs_are_told_once_and_how_late_it_was(org: Org, clockwork: Clockwork) -> None:
    task = launched(org, template(org, steps=[expiring("Confirm")]))["tasks"][0]
    at = deadline(task) + 90 * SECOND
    assert clockwork.expire(at) == 1
    assert clockwork.expire(at + DAY) == 0
    bot = clockwork.task(org, task)["completer_id"]
    completions = [(actor, detail) for verb, actor, detail in clockwork.feed(org, task) if verb == "completed"]
    ((actor, detail),) = completions
    assert (actor, detail["automatic"], detail["due"], detail["late_seconds"]) == (
        str(bot),
        "task_expired",
        task["deadline"],
        90.0,
    )
    told = [data for kind, data in clockwork.events(org, task) if kind == "task.completed"]
    assert len(told) == 1
    assert told[0]["is_approved"] is False


def test_held_until_the_other_step_is_completed(org: Org, clockwork: Clockwork) -> None:
    steps = [{"id": "a", "title": "First"}, expiring("Then", deadline=due(1, step="a"))]
    process = launched(org, template(org, steps=steps))
    tasks = by_title(process)
    assert clockwork.expire(clockwork.now() + YEAR) == 0
    complete(org, process, tasks["First"])
    at = deadline(made(org.client().get(f"/tasks/{tasks['Then']['id']}"), 200))
    assert abs(at - clockwork.now() - HOUR) < 60 * SECOND
    assert clockwork.expire(at - 1) == 0
    assert clockwork.expire(at) == 1


def test_hidden_until_it_is_shown(org: Org, clockwork: Clockwork) -> None:
    process = launched(org, template(org, steps=[expiring("Confirm"), {"title": "Other"}]))
    task = by_title(process)["Confirm"]
    path = f"/x/runs/{process['id']}/tasks/{task['id']}/visibility"
    made(org.client().post(path, json={"visible": False}), 200)
    at = deadline(task) + DAY
    assert not clockwork.is_anything_due(at)
    assert clockwork.expire(at) == 0
    made(org.client().post(path, json={"visible": True}), 200)
    assert clockwork.expire(at) == 1


def test_clock_stands_still_while_the_process_has_an_issue_or_is_archived(org: Org, clockwork: Clockwork) -> None:
    process = launched(org, template(org, steps=[expiring("Confirm"), expiring("Later", 3)]))
    at = deadline(by_title(process)["Confirm"])
    clockwork.raise_issue(org, process)
    assert not clockwork.is_anything_due(at)
    assert clockwork.expire(at) == 0
    clockwork.resolve_issue(org, process)
    assert clockwork.expire(at) == 1
    later = deadline(by_title(process)["Later"])
    clockwork.raise_issue(org, process)
    made(org.client().delete(f"/runs/{process['id']}"), 200)
    assert clockwork.expire(later) == 0
    made(org.client().put(f"/runs/{process['id']}/activate"), 200)
    # still the issue
    assert clockwork.expire(later) == 0
    clockwork.resolve_issue(org, process)
    assert clockwork.expire(later) == 1


def test_acknowledged_in_time_and_reopened(org: Org, clockwork: Clockwork) -> None:
    process = launched(org, template(org, steps=[expiring("Confirm")]))
    (task,) = process["tasks"]
    assert complete(org, process, task)["is_approved"] is True
    assert clockwork.expire(deadline(task)) == 0
    made(org.client().delete(f"/runs/{process['id']}/completed-tasks/{task['id']}"), 200)
    assert clockwork.expire(deadline(task)) == 1


def test_moved_deadlines_count(org: Org, clockwork: Clockwork) -> None:
    process = launched(org, template(org, steps=[expiring("Confirm")]))
    (task,) = process["tasks"]
    path = f"/runs/{process['id']}/tasks/{task['id']}"
    moved = made(org.client().put(path, json={"deadline": "2031-05-06 10:00:00"}), 200)
    assert clockwork.expire(deadline(task)) == 0
    assert clockwork.expire(deadline(moved) - 1) == 0
    assert clockwork.expire(deadline(moved)) == 1


def test_only_expiring_types(org: Org, clockwork: Clockwork) -> None:
    types = ("task", "approval", "email", "expiring", "expiring_email")
    steps = [{"title": kind, "step_type": kind, "deadline": due(1)} for kind in types]
    process = launched(org, template(org, steps=steps))
    assert clockwork.expire(clockwork.now() + YEAR) == 2
    for kind, task in by_title(process).items():
        assert (clockwork.task(org, task)["status"] == "completed") is kind.startswith("expiring"), kind


def test_required_answers_and_switches_do_not_hinder(org: Org, clockwork: Clockwork) -> None:
    ask = {"label": "Reason", "field_type": "text", "required": True}
    step = expiring("Confirm", captures=[ask], can_complete_only_assignees=True, everyone_must_complete=True)
    task = launched(org, template(org, steps=[step]))["tasks"][0]
    assert clockwork.expire(deadline(task)) == 1


def test_rules_follow_from_an_expiry(org: Org, clockwork: Clockwork) -> None:
    condition = {"conditionable_type": "Step", "conditionable_id": "ask", "operation": "expired", "statement": None}
    show = {"action_type": "visibility", "action_verb": "show", "target_step_id": "escalate"}
    rule = {"automated_alias": "Escalate", "conditions": [condition], "then_actions": [show]}
    steps = [expiring("Ask", id="ask"), {"id": "escalate", "title": "Escalate"}]
    process = launched(org, template(org, steps=steps, automated_actions=[rule]))
    tasks = by_title(process)
    assert clockwork.task(org, tasks["Escalate"])["status"] == "auto-skipped"
    assert clockwork.expire(deadline(tasks["Ask"])) == 1
    assert clockwork.task(org, tasks["Escalate"])["status"] == "not-started"


def test_single_tasks_expire_too(org: Org, clockwork: Clockwork) -> None:
    task = single(org, "2031-05-06 10:00:00")
    assert clockwork.expire(deadline(task) - 1) == 0
    assert clockwork.expire(deadline(task)) == 1
    assert clockwork.task(org, task)["status"] == "completed"
    assert [verb for verb, _, _ in clockwork.feed(org, task)].count("completed") == 1


def test_one_by_one_in_the_order_they_were_due(clockwork: Clockwork) -> None:
    one, other = clockwork.server.found(), clockwork.server.found()
    tasks: list[tuple[Org, dict[str, Any]]] = []
    for org, wanted in ((one, (5, 1, 4)), (other, (2, 6, 3))):
        process = launched(org, template(org, steps=[expiring(f"After {hour}", hour) for hour in wanted]))
        tasks += [(org, task) for task in process["tasks"]]
        tasks.append((org, single(org, f"2029-0{wanted[0]}-01 00:00:00")))
    assert clockwork.expire_in_a_hurry(clockwork.now() + 9 * YEAR) == len(tasks)
    moments = [(clockwork.task(org, task)["completed_at"], deadline(task)) for org, task in tasks]
    assert len({completed for completed, _ in moments}) == len(tasks)
    assert [at for _, at in sorted(moments)] == sorted(at for _, at in moments)


def test_more_than_fit_on_a_page(org: Org, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_things, "PAGE", 3)
    # several at the same moment, across the ends of pages
    tasks = [single(org, f"2030-01-01 00:00:0{number // 4}") for number in range(10)]
    assert clockwork.expire(moment("2030-01-01T00:00:01Z")) == 8
    assert clockwork.expire(moment("2030-01-01T00:00:02Z")) == 2
    assert all(clockwork.task(org, task)["status"] == "completed" for task in tasks)


def test_many_timers_at_once_fire_each_task_once(org: Org, clockwork: Clockwork) -> None:
    tasks = [single(org, "2030-01-01 00:00:00") for _ in range(12)]
    process = launched(org, template(org, steps=[expiring(f"Step {number}") for number in range(6)]))
    tasks += process["tasks"]
    at = FixedClock(moment("2030-01-02T00:00:00Z"))

    async def race() -> list[int]:
        database = clockwork.server.database
        return await asyncio.gather(*(expiry.expire_due(database, at, Resting()) for _ in range(4)))

    assert sum(clockwork.server.run(race)) == len(tasks)
    for task in tasks:
        assert [verb for verb, _, _ in clockwork.feed(org, task)].count("completed") == 1


def test_year_forward_an_hour_back(org: Org, clockwork: Clockwork) -> None:
    process = launched(org, template(org, steps=[expiring("Confirm"), expiring("Much later", 20_000)]))
    tasks = by_title(process)
    far = clockwork.now() + YEAR
    assert clockwork.expire(far) == 1
    assert clockwork.expire(far - HOUR) == 0
    assert clockwork.task(org, tasks["Confirm"])["completed_at"] == far
    # what is due after the jump comes at its own time
    at = deadline(tasks["Much later"])
    assert at > far
    assert clockwork.expire(at - 1) == 0
    assert clockwork.expire(at) == 1


@pytest.mark.parametrize(
    ("start", "unit", "value", "expected"),
    [
        # the clock goes forward in the night: the day has 23 hours
        ("2027-03-27T10:30:00Z", "days", 1, "2027-03-28T09:30:00Z"),
        # the clock goes back: 25 hours
        ("2027-10-30T09:30:00Z", "days", 1, "2027-10-31T10:30:00Z"),
        # a time that is skipped lies after the gap, one that comes twice is the first
        ("2027-03-27T01:30:00Z", "days", 1, "2027-03-28T01:30:00Z"),
        ("2027-10-30T00:30:00Z", "days", 1, "2027-10-31T00:30:00Z"),
        # hours are hours
        ("2027-03-27T10:30:00Z", "hours", 24, "2027-03-28T10:30:00Z"),
        # months end when they end
        ("2028-01-31T12:00:00Z", "months", 1, "2028-02-29T12:00:00Z"),
        ("2027-01-31T12:00:00Z", "months", 1, "2027-02-28T12:00:00Z"),
    ],
)
def test_days_and_months_are_those_of_the_organization(
    clockwork: Clockwork, start: str, unit: str, value: int, expected: str
) -> None:
    clockwork.go_to(moment(start))
    org = clockwork.server.found()
    made(org.client().put("", json={"timezone": "Europe/Lisbon"}), 200)
    checklist = template(org, steps=[expiring("Confirm", deadline={**due(value), "unit": unit})])
    clockwork.go_to(moment(start))
    task = launched(org, checklist)["tasks"][0]
    at = deadline(task)
    assert 0 <= at - moment(expected) < 5 * SECOND
    assert clockwork.expire(at - 1) == 0
    assert clockwork.expire(at) == 1
    assert clockwork.task(org, task)["completed_at"] == at


def test_a_task_whose_expiry_fails_holds_nobody_up_and_rests(
    org: Org, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = single(org, "2030-01-01 00:00:00"), single(org, "2030-01-01 00:00:01")
    at = moment("2030-01-02T00:00:00Z")
    plain: Any = expiry.expire_task

    def failing(context: Any, task: Any, **more: Any) -> Outcome:
        if task.id == broken["id"]:
            raise ZeroDivisionError("a mistake")
        return plain(context, task, **more)

    with monkeypatch.context() as patched:
        patched.setattr(expiry, "expire_task", failing)
        assert clockwork.expire(at) == 1
        assert clockwork.task(org, whole)["status"] == "completed"
        assert not clockwork.is_anything_due(at)
        assert clockwork.is_anything_due(at + 20 * SECOND)
        assert clockwork.expire(at + 20 * SECOND) == 0
        # it rests longer each time
        assert not clockwork.is_anything_due(at + 35 * SECOND)
    assert clockwork.expire(at + 35 * SECOND) == 0
    assert clockwork.expire(at + 60 * SECOND) == 1


@pytest.mark.parametrize(
    ("statement", "index"), [(store.expiring, "ix_tasks_expiring"), (store.overdue, "ix_processes_watched")]
)
def test_what_is_due_is_found_by_its_index(clockwork: Clockwork, statement: Statement[Any], index: str) -> None:
    compiled = statement.compiled(clockwork.server.dialect)  # pyright: ignore[reportArgumentType]
    values = compiled.arguments({"now": 0, "limit": 1, "after_due": -1, "after_organization": "", "after_id": ""})
    database: Any = clockwork.server.database

    async def explain() -> str:
        if clockwork.server.dialect == "sqlite":
            rows = database._reading.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values).fetchall()
            return "\n".join(row[-1] for row in rows)
        async with database._pool.acquire() as connection, connection.transaction():
            # the table is so small that reading all of it would be cheaper
            await connection.execute("SET LOCAL enable_seqscan = off")
            return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {compiled.text}", *values))

    plan = clockwork.server.run(explain)
    assert index in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_carried_out_by_the_queue(org: Org, clockwork: Clockwork) -> None:
    server = clockwork.server
    task = launched(org, template(org, steps=[expiring("Confirm")]))["tasks"][0]

    async def work() -> None:
        async with server.jobs.working(), asyncio.timeout(30):
            await asyncio.sleep(3)
            assert await status() == "not-started"
            server.clock.offset += 2 * HOUR + DAY
            while await status() != "completed":  # noqa: ASYNC110 - it is the database that is waited for
                await asyncio.sleep(0.1)

    async def status() -> str:
        async with server.database.reader() as reader:
            return await reader.value(task_status, organization_id=org.organization_id, id=task["id"])

    server.run(work)
    assert [verb for verb, _, _ in clockwork.feed(org, task)].count("completed") == 1
