"""Reopening tasks (engine 1.4, 9.1)."""

import msgspec
import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.definition import Owners
from handrail.engine.reopen import Reopen, reopen, reopen_task
from handrail.kernel.errors import Denied, Impossible
from tests.engine.builders import (
    ADMIN,
    ANN,
    BEN,
    GUEST,
    LIGHT,
    NOON,
    context,
    field,
    kinds,
    started,
    step,
    template,
    users,
)

OWNERS = Owners(users=(2, 5), guests=("g@x.example",))
MADE = template(
    step("a", step_type="approval", owners=OWNERS, fields=(field("f"),), can_complete_only_assignees=True),
    step("b"),
)
OPEN = started(MADE)
LATER = context(MADE, now=NOON + 1)
TASK = OPEN.tasks[0].id
DONE = complete(LATER, OPEN, Complete(task_id=TASK, doer=ANN, is_approved=True, values={"f": "kept"})).process


def test_it_is_as_if_it_had_not_been_completed() -> None:
    outcome = reopen(LATER, DONE, Reopen(task_id=TASK, doer=ANN))
    task = outcome.process.tasks[0]
    assert kinds(outcome) == ["task.reopened"]
    assert outcome.changed == (TASK,)
    assert (task.status, task.completed_at, task.completer_id, task.is_approved) == ("in-progress", None, None, None)
    assert (task.values, task.was_reopened) == ({"f": "kept"}, True)
    again = complete(LATER, outcome.process, Complete(task_id=TASK, doer=ANN, is_approved=False)).process.tasks[0]
    assert not again.was_reopened


def test_signatures_are_cleared() -> None:
    made = template(step("a", owners=users(2, 3), everyone_must_complete=True), step("b"))
    process = started(made)
    for doer in (ANN, BEN):
        process = complete(context(made), process, Complete(task_id=process.tasks[0].id, doer=doer)).process
    assert process.tasks[0].is_done
    process = reopen(context(made), process, Reopen(task_id=process.tasks[0].id, doer=ANN)).process
    assert process.tasks[0].signatures == ()


def test_an_open_task_stays_as_it_is() -> None:
    outcome = reopen(LATER, OPEN, Reopen(task_id=TASK, doer=GUEST))
    assert (outcome.process is OPEN, outcome.events) == (True, ())
    with pytest.raises(Impossible):
        reopen(LATER, OPEN, Reopen(task_id=TASK, doer=ANN, strict=True))


def test_who_may() -> None:
    for doer in (GUEST, BEN):
        with pytest.raises(Denied):
            reopen(LATER, DONE, Reopen(task_id=TASK, doer=doer))
    for doer in (ADMIN, LIGHT):
        assert kinds(reopen(LATER, DONE, Reopen(task_id=TASK, doer=doer))) == ["task.reopened"]


def test_blocked_processes() -> None:
    for changes in ({"archived_at": NOON}, {"open_issues": 1}):
        with pytest.raises(Impossible):
            reopen(LATER, msgspec.structs.replace(DONE, **changes), Reopen(task_id=TASK, doer=ADMIN))


def test_a_one_off_task_alone() -> None:
    task = msgspec.structs.replace(DONE.tasks[0], process_id=None, step_id=None)
    outcome = reopen_task(LATER, task, Reopen(task_id=TASK, doer=ANN))
    assert (outcome.changed, outcome.task.status) == (True, "in-progress")
    with pytest.raises(Impossible):
        reopen_task(LATER, msgspec.structs.replace(task, archived_at=NOON), Reopen(task_id=TASK, doer=ANN))
