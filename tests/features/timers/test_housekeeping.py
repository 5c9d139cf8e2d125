"""What happens by itself where it is wanted: forgotten tasks end, finished processes are archived (engine 6.5)."""

from typing import Any

import pytest

from handrail.features.timers import housekeeping
from handrail.kernel.worktime import add
from tests.features.builders import launched, made, template
from tests.features.timers.clockwork import DAY, HOUR, SECOND, Clockwork, by_title, due, expiring, moment
from tests.support.server import Org

MONTHS = {"auto_complete_tasks": True, "auto_complete_task_months": 2}


def wanting(org: Org, **settings: Any) -> Org:
    made(org.client().put("", json=settings), 200)
    return org


def forgotten_at(task: dict[str, Any], months: int = 2, zone: str = "UTC") -> int:
    return add(moment(task["deadline"]), months, "months", zone)


def finished(org: Org, *titles: str) -> dict[str, Any]:
    """A process that is complete."""
    process = launched(org, template(org, steps=[{"title": title} for title in titles or ("Only",)]))
    for task in process["tasks"]:
        made(org.client().post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)
    return process


def single(org: Org, **more: Any) -> dict[str, Any]:
    body = {"title": "Ask", "task_type": "task", "deadline": "2029-08-31 10:00:00", "owners": {"users": [org.user_id]}}
    return made(org.client().post("/tasks", json={**body, **more}))


# tasks


def test_tasks_end_when_they_have_been_overdue_for_so_many_months(org: Org, clockwork: Clockwork) -> None:
    wanting(org, **MONTHS)
    process = launched(org, template(org, steps=[{"title": "Ask", "deadline": due(1)}, {"title": "Later"}]))
    task = by_title(process)["Ask"]
    at = forgotten_at(task)
    assert clockwork.keep_house(at - 1) == 0
    assert clockwork.keep_house(at) == 1
    assert clockwork.keep_house(at) == 0
    stored = clockwork.task(org, task)
    assert (stored["status"], stored["is_approved"], stored["completed_at"]) == ("completed", None, at)
    assert made(org.client().get(f"/runs/{process['id']}"), 200)["progress"]["complete"] == 1
    ((actor, detail),) = [(actor, detail) for verb, actor, detail in clockwork.feed(org, task) if verb == "completed"]
    assert (actor, detail["automatic"], detail["late_seconds"]) == (
        str(stored["completer_id"]),
        "task_auto_completed",
        0.0,
    )
    assert stored["completer_id"] != org.user_id
    assert [kind for kind, _ in clockwork.events(org, task)].count("task.completed") == 1


def test_nothing_ends_where_nobody_has_switched_it_on(org: Org, clockwork: Clockwork) -> None:
    task = single(org)
    finished(org)
    assert clockwork.keep_house(forgotten_at(task, 1200)) == 0


def test_approvals_stay_undecided_and_the_whole_process_may_end(org: Org, clockwork: Clockwork) -> None:
    wanting(org, **MONTHS)
    kinds = ("approval", "email", "task")
    steps = [{"title": kind, "step_type": kind, "deadline": due(1)} for kind in kinds]
    process = launched(org, template(org, steps=steps))
    at = max(forgotten_at(task) for task in process["tasks"])
    assert clockwork.keep_house(at) == 3
    for task in process["tasks"]:
        stored = clockwork.task(org, task)
        assert (stored["status"], stored["is_approved"]) == ("completed", None)
    stored = clockwork.process(org, process)
    assert (stored["status"], stored["completed_at"]) == ("complete", at)


def test_what_is_left_alone(org: Org, clockwork: Clockwork) -> None:
    wanting(org, **MONTHS)
    steps = [
        {"id": "first", "title": "First", "deadline": due(1)},
        {"title": "Held", "deadline": due(1, step="first")},
        {"title": "Hidden", "deadline": due(1)},
        {"title": "Problem", "deadline": due(1)},
        expiring("Expiring", 1),
    ]
    process = launched(org, template(org, steps=steps))
    tasks = by_title(process)
    hide = f"/x/runs/{process['id']}/tasks/{tasks['Hidden']['id']}/visibility"
    made(org.client().post(hide, json={"visible": False}), 200)
    clockwork.raise_issue_on(org, process, tasks["Problem"])
    blocked, archived = (launched(org, template(org, steps=steps[:1])) for _ in range(2))
    clockwork.raise_issue(org, blocked)
    made(org.client().delete(f"/runs/{archived['id']}"), 200)
    at = forgotten_at(tasks["First"]) + HOUR
    assert clockwork.keep_house(at) == 1
    left = {title: clockwork.task(org, task)["status"] for title, task in tasks.items()}
    assert left == {
        "First": "completed",
        # on the clock only since the other one ended
        "Held": "not-started",
        "Hidden": "auto-skipped",
        "Problem": "not-started",
        "Expiring": "not-started",
    }
    # the clock goes on when the issue is resolved
    clockwork.resolve_issue(org, blocked)
    assert clockwork.keep_house(at) == 1
    assert clockwork.task(org, blocked["tasks"][0])["status"] == "completed"
    assert clockwork.task(org, archived["tasks"][0])["status"] == "not-started"


@pytest.mark.parametrize(
    ("deadline", "zone", "months", "expected"),
    [
        ("2029-08-31 10:00:00", "UTC", 6, "2030-02-28T10:00:00Z"),
        ("2027-08-31 10:00:00", "UTC", 6, "2028-02-29T10:00:00Z"),
        # the same time of the day, in winter an hour later than in summer
        ("2029-08-15 10:00:00", "Europe/Lisbon", 4, "2029-12-15T11:00:00Z"),
    ],
)
def test_months_are_those_of_the_organization(
    org: Org, clockwork: Clockwork, deadline: str, zone: str, months: int, expected: str
) -> None:
    wanting(org, timezone=zone, auto_complete_tasks=True, auto_complete_task_months=months)
    task = single(org, deadline=deadline)
    assert clockwork.keep_house(moment(expected) - 1) == 0
    assert clockwork.keep_house(moment(expected)) == 1
    assert clockwork.task(org, task)["status"] == "completed"


def test_the_longest_overdue_ends_first(org: Org, clockwork: Clockwork) -> None:
    wanting(org, **MONTHS)
    days = (17, 3, 25, 9)
    tasks = [single(org, deadline=f"2029-08-{day:02} 10:00:00") for day in days]
    assert clockwork.keep_house_in_a_hurry(moment("2031-01-01T00:00:00Z")) == len(days)
    ended = {clockwork.task(org, task)["completed_at"]: day for task, day in zip(tasks, days, strict=True)}
    assert [day for _, day in sorted(ended.items())] == sorted(days)


def test_more_than_fit_on_a_page(org: Org, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "PAGE", 2)
    wanting(org, **MONTHS)
    for _ in range(5):
        single(org)
    assert clockwork.keep_house(forgotten_at({"deadline": "2029-08-31T10:00:00Z"})) == 5


# processes


@pytest.mark.parametrize(("unit", "value", "days"), [("days", 3, 3), ("weeks", 2, 14)])
def test_finished_processes_are_archived(org: Org, clockwork: Clockwork, unit: str, value: int, days: int) -> None:
    wanting(org, auto_archive=True, auto_archive_processes_after={"unit": unit, "value": value})
    process, unfinished = finished(org), launched(org, template(org))
    at = clockwork.process(org, process)["completed_at"] + days * DAY
    assert clockwork.keep_house(at - 1) == 0
    assert clockwork.keep_house(at + SECOND) == 1
    assert clockwork.keep_house(at + DAY) == 0
    assert made(org.client().get(f"/runs/{process['id']}"), 200)["status"] == "archived"
    assert made(org.client().get(f"/runs/{unfinished['id']}"), 200)["status"] == "active"
    ((actor, detail),) = [(actor, detail) for verb, actor, detail in clockwork.feed(org, process) if verb == "archived"]
    assert (detail["automatic"], detail["late_seconds"]) == ("process_auto_archived", 1.0)
    assert actor != str(org.user_id)


def test_archived_process_that_was_brought_back_is_archived_again(org: Org, clockwork: Clockwork) -> None:
    wanting(org, auto_archive=True, auto_archive_processes_after={"unit": "days", "value": 1})
    process = finished(org)
    at = clockwork.process(org, process)["completed_at"] + DAY
    assert clockwork.keep_house(at) == 1
    made(org.client().put(f"/runs/{process['id']}/activate"), 200)
    assert clockwork.keep_house(at) == 1


def test_reopened_process_counts_from_its_new_end(org: Org, clockwork: Clockwork) -> None:
    wanting(org, auto_archive=True, auto_archive_processes_after={"unit": "days", "value": 1})
    process = finished(org)
    first = clockwork.process(org, process)["completed_at"] + DAY
    (task,) = process["tasks"]
    path = f"/runs/{process['id']}/completed-tasks"
    made(org.client().delete(f"{path}/{task['id']}"), 200)
    assert clockwork.keep_house(first) == 0
    made(org.client().post(path, json={"task_id": task["id"]}), 200)
    again = clockwork.process(org, process)["completed_at"] + DAY
    assert again > first
    assert clockwork.keep_house(again - 1) == 0
    assert clockwork.keep_house(again) == 1


def test_process_with_an_issue_of_its_own_is_not_archived(org: Org, clockwork: Clockwork) -> None:
    wanting(org, auto_archive=True, auto_archive_processes_after={"unit": "days", "value": 1})
    process = finished(org)
    at = clockwork.process(org, process)["completed_at"] + DAY
    clockwork.raise_issue(org, process)
    assert clockwork.keep_house(at) == 0
    clockwork.resolve_issue(org, process)
    assert clockwork.keep_house(at) == 1


def test_everything_in_one_round(clockwork: Clockwork) -> None:
    """Tasks that end let their process end, which is archived when its time comes."""
    org = wanting(
        clockwork.server.found(),
        **MONTHS,
        auto_archive=True,
        auto_archive_processes_after={"unit": "weeks", "value": 1},
    )
    other = clockwork.server.found()
    process = launched(org, template(org, steps=[{"title": "Ask", "deadline": due(1)}]))
    launched(other, template(other, steps=[{"title": "Ask", "deadline": due(1)}]))
    at = forgotten_at(process["tasks"][0])
    assert clockwork.keep_house(at) == 1
    assert clockwork.keep_house(at + 7 * DAY) == 1
    assert clockwork.process(org, process)["status"] == "archived"


# the audit log


def test_the_audit_log_has_what_ended_by_itself(org: Org, clockwork: Clockwork) -> None:
    wanting(org, **MONTHS, auto_archive=True, auto_archive_processes_after={"unit": "days", "value": 1})
    process, task = finished(org), single(org)
    assert clockwork.keep_house(forgotten_at(task)) == 2
    log = {entry["event"]: entry for entry in org.client().get("/x/audit").json()["data"]}
    completed, archived = log["task_auto_completed"], log["process_auto_archived"]
    assert (completed["subject_id"], completed["category"]) == (task["id"], "processes")
    assert archived["subject_id"] == process["id"]
    assert completed["actor_id"] not in (None, org.user_id)
