"""What open issues do (engine 8)."""

import msgspec
import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.issues import (
    raise_issue_on,
    raise_process_issue,
    raise_task_issue,
    resolve_issue_on,
    resolve_process_issue,
    resolve_task_issue,
)
from handrail.kernel.errors import Impossible
from tests.engine.builders import ANN, NOON, context, kinds, started, step, template

MADE = template(step("a"))
SURROUNDINGS = context(MADE)
PROCESS = started(MADE)
TASK = PROCESS.tasks[0].id
DONE = complete(SURROUNDINGS, PROCESS, Complete(task_id=TASK, doer=ANN)).process


def test_8_worked_example() -> None:
    outcome = raise_task_issue(SURROUNDINGS, DONE, TASK)
    process = outcome.process
    assert kinds(outcome) == ["task.reopened", "process.reopened"]
    assert (process.status, process.tasks[0].status, process.tasks[0].open_problems) == ("problem", "in-progress", 1)
    process = resolve_task_issue(SURROUNDINGS, process, TASK).process
    assert (process.status, process.tasks[0].open_problems) == ("active", 0)
    again = complete(SURROUNDINGS, process, Complete(task_id=TASK, doer=ANN))
    assert again.process.status == "complete"


def test_several_issues_must_all_be_resolved() -> None:
    process = raise_task_issue(SURROUNDINGS, PROCESS, TASK).process
    process = raise_task_issue(SURROUNDINGS, process, TASK).process
    process = resolve_task_issue(SURROUNDINGS, process, TASK).process
    assert process.status == "problem"
    process = resolve_task_issue(SURROUNDINGS, process, TASK).process
    assert process.status == "active"
    assert resolve_task_issue(SURROUNDINGS, process, TASK).process is process


def test_an_issue_of_the_process_stops_everything() -> None:
    process = raise_process_issue(SURROUNDINGS, DONE).process
    assert (process.status, process.completed_at) == ("issue", NOON)
    with pytest.raises(Impossible):
        raise_task_issue(SURROUNDINGS, process, TASK)
    outcome = resolve_process_issue(SURROUNDINGS, process)
    # it was complete all the time: it is not completed once more
    assert (outcome.process.status, kinds(outcome)) == ("complete", [])


def test_archived_processes() -> None:
    archived = msgspec.structs.replace(DONE, archived_at=NOON)
    for command in (raise_process_issue, resolve_process_issue):
        with pytest.raises(Impossible):
            command(SURROUNDINGS, archived)
    with pytest.raises(Impossible):
        resolve_task_issue(SURROUNDINGS, archived, TASK)


def test_a_one_off_task_alone() -> None:
    task = msgspec.structs.replace(DONE.tasks[0], process_id=None, step_id=None)
    raised = raise_issue_on(SURROUNDINGS, task)
    assert (raised.task.status, raised.task.open_problems) == ("in-progress", 1)
    assert resolve_issue_on(SURROUNDINGS, raised.task).task.open_problems == 0
