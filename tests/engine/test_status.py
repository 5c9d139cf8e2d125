"""The words for how processes and tasks stand (engine 1.3, 1.4)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.issues import raise_task_issue, resolve_task_issue
from handrail.engine.progress import percent, totals
from handrail.engine.reopen import Reopen, reopen
from handrail.engine.state import Process
from handrail.engine.status import is_completable, process_status, status_label
from handrail.engine.visibility import SetVisibility, set_visibility
from handrail.kernel.clock import DAY
from tests.engine.builders import ANN, NOON, context, kinds, started, step, task_of, template

PROCESS = started(template(step("only")))
TASK = PROCESS.tasks[0]
LATE = NOON + 6 * DAY


def status(process: Process, **changes: Any) -> str:
    process = msgspec.structs.replace(process, **changes)
    return process_status(process, totals(process.tasks))


def test_the_first_match_wins() -> None:
    blocked = (msgspec.structs.replace(TASK, open_problems=1),)
    done = (msgspec.structs.replace(TASK, status="completed"),)
    assert status(PROCESS, tasks=blocked, open_issues=1, archived_at=NOON) == "archived"
    assert status(PROCESS, tasks=blocked, open_issues=1) == "issue"
    assert status(PROCESS, tasks=blocked) == "problem"
    assert status(PROCESS, tasks=done) == "complete"
    assert status(PROCESS, tasks=done, kickoff_completed_at=None) == "active"
    assert status(PROCESS) == "active"


def test_a_hidden_task_with_an_issue_does_not_make_a_problem() -> None:
    hidden = msgspec.structs.replace(TASK, open_problems=1, status="auto-skipped")
    assert status(PROCESS, tasks=(hidden, TASK)) == "active"


@pytest.mark.parametrize("kind", ["form", "document", "procedure"])
def test_without_countable_tasks_a_process_is_complete(kind: str) -> None:
    process = started(template(step("only", hide_by_default=True), type=kind))
    assert process.status == "complete"
    assert process.completed_at == NOON


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "not-started"),
        ({"status": "in-progress"}, "in-progress"),
        ({"status": "auto-skipped", "open_problems": 1}, "auto-skipped"),
        ({"open_problems": 1, "deadline": NOON - 1}, "hasproblem"),
        ({"deadline": NOON - 1}, "overdue"),
        ({"deadline": NOON - 1, "deadline_held": True}, "not-started"),
        ({"deadline": NOON + DAY, "status": "in-progress"}, "due-soon"),
        ({"status": "completed", "completed_at": NOON}, "completed"),
        ({"status": "completed", "completed_at": LATE}, "completed-late"),
        ({"status": "completed", "completed_at": LATE, "deadline_held": True}, "completed"),
        ({"status": "completed", "completed_at": LATE, "task_type": "email"}, "sent"),
        ({"status": "completed", "completed_at": NOON, "task_type": "expiring_email", "is_approved": False}, "sent"),
        ({"status": "completed", "completed_at": NOON, "task_type": "approval", "is_approved": True}, "approved"),
        ({"status": "completed", "completed_at": LATE, "task_type": "approval", "is_approved": False}, "rejected"),
        ({"status": "completed", "completed_at": NOON, "task_type": "approval"}, "completed"),
        ({"status": "completed", "completed_at": NOON, "task_type": "expiring", "is_approved": True}, "acknowledged"),
        ({"status": "completed", "completed_at": NOON, "task_type": "expiring", "is_approved": False}, "expired"),
    ],
)
def test_labels(changes: dict[str, Any], label: str) -> None:
    assert status_label(msgspec.structs.replace(TASK, **changes), NOON) == label


def test_completable() -> None:
    assert is_completable(TASK, PROCESS, permitted=True)
    assert is_completable(TASK, None, permitted=True)
    assert not is_completable(TASK, PROCESS, permitted=False)
    for changes in ({"status": "completed"}, {"status": "auto-skipped"}, {"open_problems": 1}, {"archived_at": NOON}):
        assert not is_completable(msgspec.structs.replace(TASK, **changes), PROCESS, permitted=True)
    assert not is_completable(TASK, msgspec.structs.replace(PROCESS, open_issues=1), permitted=True)
    assert not is_completable(TASK, msgspec.structs.replace(PROCESS, archived_at=NOON), permitted=True)


def test_1_3_worked_example() -> None:
    made = template(*[step(f"s{index}", hide_by_default=index > 8) for index in range(1, 11)])
    surroundings = context(made)
    outcome = None
    process = started(made, surroundings)

    def counts() -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        seen = (process.tasks_complete, process.tasks_total, percent(process.tasks_complete, process.tasks_total))
        whole = (process.whole_complete, process.whole_total, percent(process.whole_complete, process.whole_total))
        return seen, whole

    def do(step_id: str) -> None:
        nonlocal process, outcome
        outcome = complete(surroundings, process, Complete(task_id=task_of(process, step_id).id, doer=ANN))
        process = outcome.process

    def toggle(step_id: str, *, visible: bool) -> None:
        nonlocal process
        command = SetVisibility(task_id=task_of(process, step_id).id, visible=visible, doer=ANN)
        process = set_visibility(surroundings, process, command).process

    for name in ("s1", "s2", "s3"):
        do(name)
    assert counts() == ((3, 8, 38), (3, 10, 30))
    toggle("s9", visible=True)
    assert counts()[0] == (3, 9, 33)
    toggle("s7", visible=False)
    toggle("s8", visible=False)
    assert counts()[0] == (3, 7, 43)
    process = raise_task_issue(surroundings, process, task_of(process, "s4").id).process
    assert process.status == "problem"
    assert counts()[0] == (3, 7, 43)
    process = resolve_task_issue(surroundings, process, task_of(process, "s4").id).process
    for name in ("s4", "s5", "s6"):
        do(name)
        assert process.completed_at is None
    do("s9")
    assert outcome is not None
    assert (process.status, process.completed_at, kinds(outcome)) == (
        "complete",
        NOON,
        ["task.completed", "process.completed"],
    )
    outcome = reopen(surroundings, process, Reopen(task_id=task_of(process, "s1").id, doer=ANN))
    process = outcome.process
    assert (process.status, process.completed_at, counts()[0]) == ("active", None, (6, 7, 86))
    assert kinds(outcome) == ["task.reopened", "process.reopened"]
    do("s1")
    assert kinds(outcome) == ["task.completed", "process.completed"]
