"""What the clock completes (engine 2.1, 6.5)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.definition import StepDeadline
from handrail.engine.expire import auto_complete, auto_complete_task, expire, expire_task
from handrail.engine.state import Process
from tests.engine.builders import ADMIN, DAY_MS, NOON, context, field, kinds, started, step, task_of, template

DUE = NOON + 5 * DAY_MS
MADE = template(
    step("a"),
    step("x", step_type="expiring", can_complete_only_assignees=True, fields=(field("f", required=True),)),
    step("held", step_type="expiring_email", deadline=StepDeadline(value=1, unit="hours", step="a")),
)
PROCESS = started(MADE)


def expired(process: Process = PROCESS, step_id: str = "x", now: int = DUE):
    return expire(context(MADE, now=now), process, task_of(process, step_id).id, bot_id=77)


def changed(**changes: Any) -> Process:
    tasks = [msgspec.structs.replace(task, **changes) if task.step_id == "x" else task for task in PROCESS.tasks]
    return msgspec.structs.replace(PROCESS, tasks=tuple(tasks))


def test_at_the_deadline() -> None:
    outcome = expired()
    task = task_of(outcome.process, "x")
    assert kinds(outcome) == ["task.completed"]
    assert (task.status, task.is_approved, task.completer_id, task.completed_at) == ("completed", False, 77, DUE)


def test_an_open_issue_stays_and_keeps_the_process_a_problem() -> None:
    process = expired(changed(open_problems=1)).process
    assert (task_of(process, "x").status, process.status) == ("completed", "problem")


@pytest.mark.parametrize(
    "process",
    [
        changed(status="auto-skipped"),
        changed(status="completed"),
        changed(deadline_held=True),
        changed(deadline=None),
        changed(deadline=DUE + 1),
        changed(task_type="task"),
        msgspec.structs.replace(PROCESS, open_issues=1),
        msgspec.structs.replace(PROCESS, archived_at=NOON),
    ],
)
def test_what_does_not_expire(process: Process) -> None:
    outcome = expired(process)
    assert outcome.process is process
    assert (outcome.events, outcome.changed) == ((), ())


def test_held_until_the_other_step_is_done() -> None:
    assert expired(step_id="held", now=NOON + 99 * DAY_MS).events == ()
    command = Complete(task_id=task_of(PROCESS, "a").id, doer=ADMIN)
    process = complete(context(MADE, now=NOON + 99 * DAY_MS), PROCESS, command).process
    assert expired(process, "held", NOON + 99 * DAY_MS).events == ()
    assert kinds(expired(process, "held", NOON + 100 * DAY_MS)) == ["task.completed"]


def test_a_one_off_task_alone() -> None:
    task = msgspec.structs.replace(task_of(PROCESS, "x"), process_id=None, step_id=None)
    assert not expire_task(context(now=DUE - 1), task).changed
    assert expire_task(context(now=DUE), task).task.is_approved is False


def test_forgotten_tasks() -> None:
    late = DUE + 100 * DAY_MS
    approval = changed(task_type="approval", deadline=DUE)
    task_id = task_of(approval, "x").id

    def forgotten(process: Process, due_before: int):
        return auto_complete(context(MADE, now=late), process, task_id, due_before=due_before, bot_id=77)

    outcome = forgotten(approval, DUE + 1)
    assert kinds(outcome) == ["task.completed"]
    assert task_of(outcome.process, "x").is_approved is None
    assert forgotten(approval, DUE).events == ()
    assert forgotten(changed(open_problems=1), DUE + 1).events == ()
    assert forgotten(msgspec.structs.replace(approval, open_issues=1), DUE + 1).events == ()
    # nothing is forgotten before its time, whatever the caller says
    on_time = auto_complete(context(MADE, now=DUE), approval, task_id, due_before=late)
    assert on_time.events == ()
    single = msgspec.structs.replace(task_of(approval, "x"), process_id=None)
    assert auto_complete_task(context(now=late), single, due_before=DUE + 1).task.status == "completed"
