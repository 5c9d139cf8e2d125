"""Hiding and showing by hand (engine 1.4, 5.6)."""

import msgspec
import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.edit_task import EditTask, edit_task
from handrail.engine.events import Outcome
from handrail.engine.oneoff import NewTask, add_task
from handrail.engine.state import Process
from handrail.engine.visibility import SetVisibility, set_visibility
from handrail.kernel.errors import Impossible
from tests.engine.builders import (
    ADMIN,
    DAY_MS,
    NOON,
    Counter,
    context,
    field,
    kinds,
    started,
    step,
    task_of,
    template,
    users,
)

DAY_FIELD = field("day", "date", default_value="today", default_value_enabled=True)
MADE = template(step("a", fields=(DAY_FIELD,)), step("b", fields=(DAY_FIELD,), hide_by_default=True))
PROCESS = started(MADE)


def toggle(process: Process, step_id: str, *, visible: bool, day: int = 0) -> Outcome:
    command = SetVisibility(task_id=task_of(process, step_id).id, visible=visible, doer=ADMIN)
    return set_visibility(context(MADE, now=NOON + day * DAY_MS), process, command)


def test_hidden_and_shown_again_as_it_was() -> None:
    working = edit_task(
        context(MADE), PROCESS, EditTask(task_id=task_of(PROCESS, "a").id, doer=ADMIN, status="in-progress")
    ).process
    outcome = toggle(working, "a", visible=False)
    task = task_of(outcome.process, "a")
    assert kinds(outcome) == ["task.hidden", "process.completed"]
    assert (task.status, task.status_before_hiding, task.visibility_lock) == ("auto-skipped", "in-progress", "hidden")
    outcome = toggle(outcome.process, "a", visible=True)
    task = task_of(outcome.process, "a")
    assert kinds(outcome) == ["task.shown", "task.assigned", "process.reopened"]
    assert (task.status, task.status_before_hiding, task.visibility_lock) == ("in-progress", None, "shown")


def test_what_is_so_already_only_gets_the_lock() -> None:
    outcome = toggle(PROCESS, "a", visible=True)
    assert (kinds(outcome), task_of(outcome.process, "a").visibility_lock) == ([], "shown")
    again = toggle(outcome.process, "a", visible=True)
    assert again.process is outcome.process


def test_relative_defaults_are_made_when_first_visible() -> None:
    shown = toggle(PROCESS, "b", visible=True, day=3).process
    assert task_of(shown, "b").values == {"day": "2027-03-04"}
    hidden = toggle(shown, "b", visible=False, day=4).process
    assert task_of(toggle(hidden, "b", visible=True, day=9).process, "b").values == {"day": "2027-03-04"}
    assert task_of(toggle(PROCESS, "a", visible=False).process, "a").values == {"day": "2027-03-01"}


def test_answers_given_while_hidden_stay() -> None:
    edit = EditTask(task_id=task_of(PROCESS, "b").id, doer=ADMIN, values={"day": "2030-01-01"})
    outcome = edit_task(context(MADE), PROCESS, edit)
    assert task_of(outcome.process, "b").status == "auto-skipped"
    task = task_of(toggle(outcome.process, "b", visible=True).process, "b")
    assert (task.values, task.status) == ({"day": "2030-01-01"}, "in-progress")


def test_what_cannot_be_toggled() -> None:
    done = complete(context(MADE), PROCESS, Complete(task_id=task_of(PROCESS, "a").id, doer=ADMIN)).process
    new = NewTask(doer=ADMIN, title="x", owners=users(2), deadline=NOON)
    added = add_task(context(MADE), PROCESS, new, Counter(50), 1).process
    command = SetVisibility(task_id=added.tasks[-1].id, visible=False, doer=ADMIN)
    for visible in (True, False):
        with pytest.raises(Impossible):
            toggle(done, "a", visible=visible)
    with pytest.raises(Impossible):
        set_visibility(context(MADE), added, command)
    with pytest.raises(Impossible):
        toggle(msgspec.structs.replace(PROCESS, archived_at=NOON), "a", visible=False)
