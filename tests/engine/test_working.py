"""The helper inside of commands: what it reports and what it leaves alone."""

import pytest

from handrail.engine.working import Working
from handrail.kernel.errors import Impossible, NotFound
from tests.engine.builders import NOON, kinds, started, step, template

PROCESS = started(template(step("a"), step("b"), step("c")))
A, B, C = (task.id for task in PROCESS.tasks)
LATER = NOON + 5


def working() -> Working:
    return Working.of_process(PROCESS, LATER)


def test_nothing_done_is_nothing_changed() -> None:
    unchanged = working()
    assert unchanged.replace_task(A, title="A") is PROCESS.tasks[0]
    unchanged.replace_process(name=PROCESS.name)
    unchanged.move(B, 2)
    outcome = unchanged.finish()
    assert outcome.process is PROCESS
    assert (outcome.changed, outcome.events) == ((), ())


def test_only_what_differs_in_the_end_has_changed() -> None:
    there_and_back = Working.of_process(PROCESS, NOON)
    there_and_back.replace_task(A, title="x")
    there_and_back.replace_task(A, title="A")
    there_and_back.replace_task(B, title="x")
    outcome = there_and_back.finish()
    assert outcome.changed == (B,)
    assert outcome.process.tasks[2] is PROCESS.tasks[2]


def test_changed_tasks_come_in_their_new_order() -> None:
    moved = working()
    moved.replace_task(A, title="x")
    moved.move(C, 1)
    outcome = moved.finish()
    assert outcome.changed == (C, A, B)
    assert [task.position for task in outcome.process.tasks] == [1, 2, 3]
    assert [task.updated_at for task in outcome.process.tasks] == [NOON, LATER, NOON]


def test_changes_come_with_what_they_were_before() -> None:
    changed = working()
    changed.replace_task(B, title="x")
    changed.replace_task(A, title="y")
    outcome = changed.finish()
    assert outcome.before is PROCESS
    assert outcome.pairs == tuple(zip(PROCESS.tasks[:2], outcome.process.tasks[:2], strict=True))
    assert outcome.changed_tasks() == list(outcome.process.tasks[:2])


def test_tasks_that_move_come_or_go_are_not_told_in_pairs() -> None:
    for shift in (lambda one: one.move(C, 1), lambda one: one.remove(B)):
        shifted = working()
        shifted.replace_task(A, title="x")
        shift(shifted)
        assert shifted.finish().pairs is None


def test_a_change_of_the_process_alone() -> None:
    renamed = working()
    renamed.replace_process(name="New")
    outcome = renamed.finish()
    assert (outcome.process.name, outcome.process.updated_at, outcome.changed) == ("New", LATER, ())
    assert outcome.process.tasks is PROCESS.tasks


def test_a_task_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        working().task("f" * 32)


def test_the_removal_of_every_task_completes() -> None:
    emptied = working()
    for task_id in (A, B, C):
        emptied.remove(task_id)
    outcome = emptied.finish()
    assert (outcome.process.tasks, outcome.process.status, outcome.process.due_at) == ((), "complete", None)
    assert kinds(outcome) == ["process.completed"]


def test_blocked_processes_say_what_to_do() -> None:
    for changes, advice in (({"archived_at": NOON}, "Activate"), ({"open_issues": 2}, "Resolve")):
        blocked = working()
        blocked.replace_process(**changes)
        with pytest.raises(Impossible, match=advice):
            blocked.require_writable()
    Working.of_task(PROCESS.tasks[0], NOON).require_writable()
