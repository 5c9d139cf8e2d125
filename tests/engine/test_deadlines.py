"""When tasks are due (engine 6.1 to 6.4)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.complete import Complete, complete
from handrail.engine.context import Context
from handrail.engine.deadlines import has_dependents
from handrail.engine.definition import StepDeadline, Template
from handrail.engine.edit_task import EditTask, edit_task
from handrail.engine.events import Outcome
from handrail.engine.kickoff import save_kickoff
from handrail.engine.launch import TaskOverride
from handrail.engine.oneoff import NewTask, add_task
from handrail.engine.progress import timing
from handrail.engine.reopen import Reopen, reopen
from handrail.engine.state import Process
from handrail.engine.visibility import SetVisibility, set_visibility
from handrail.kernel.clock import iso
from tests.engine.builders import (
    ADMIN,
    DAY_MS,
    NOON,
    Counter,
    at,
    by,
    context,
    field,
    kinds,
    rule,
    started,
    step,
    task_of,
    template,
    then,
    users,
    when,
)

OFFICE = {"enabled": True, "start": "09:00", "end": "17:00"}
OFFICE_WEEK = dict.fromkeys(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"), OFFICE)


def after(value: int, unit: str, anchor: str | None = None) -> StepDeadline:
    return StepDeadline(value=value, unit=unit, step=anchor)


def before(value: int, unit: str, anchor: str) -> StepDeadline:
    return StepDeadline(value=value, unit=unit, step=anchor, option="prior_to")


class Case:
    """A process and the moments at which things happen to it."""

    def __init__(self, made: Template, **organization: Any) -> None:
        self.template = made
        self.organization = organization
        self.process: Process = started(made, self.at(NOON))
        self.outcome: Outcome | None = None

    def at(self, moment: int) -> Context:
        return context(self.template, now=moment, **self.organization)

    def due(self, step_id: str) -> str:
        """The deadline in days from the launch; `?` after it while it is held."""
        task = task_of(self.process, step_id)
        assert task.deadline is not None
        days = (task.deadline - NOON) / DAY_MS
        return f"{days:g}{'?' if task.deadline_held else ''}"

    def all_due(self) -> list[str]:
        return [self.due(step.id) for step in self.template.definition.steps]

    def _take(self, outcome: Outcome) -> None:
        self.outcome, self.process = outcome, outcome.process

    def complete(self, step_id: str, day: float) -> None:
        command = Complete(task_id=task_of(self.process, step_id).id, doer=ADMIN)
        self._take(complete(self.at(NOON + int(day * DAY_MS)), self.process, command))

    def reopen(self, step_id: str) -> None:
        self._take(reopen(self.at(NOON), self.process, Reopen(task_id=task_of(self.process, step_id).id, doer=ADMIN)))

    def move(self, step_id: str, day: float) -> None:
        command = EditTask(task_id=task_of(self.process, step_id).id, doer=ADMIN, deadline=NOON + int(day * DAY_MS))
        self._take(edit_task(self.at(NOON), self.process, command))

    def toggle(self, step_id: str, *, visible: bool, day: float = 0) -> None:
        command = SetVisibility(task_id=task_of(self.process, step_id).id, visible=visible, doer=ADMIN)
        self._take(set_visibility(self.at(NOON + int(day * DAY_MS)), self.process, command))


def test_from_the_launch() -> None:
    made = template(
        step("a"),
        step("b", deadline=after(2, "weeks", "start_run")),
        step("c", deadline=after(1, "day")),
        step("d", deadline=after(0, "hours", "unknown")),
        step("e", deadline=after(3, "days", "e")),
    )
    assert Case(made).all_due() == ["5", "14", "1", "0", "3"]
    assert Case(made, default_deadline_value=2, default_deadline_unit="weeks").due("a") == "14"
    assert Case(made, default_deadline_unit="moons").due("a") == "5"


def test_in_the_zone_and_the_hours_of_the_organization() -> None:
    made = template(step("a", deadline=after(5, "days")), step("b", deadline=after(1, "months")))
    case = Case(made, timezone="Europe/Berlin", working_days=OFFICE_WEEK)
    # Saturday 13:00 in Berlin becomes Monday 09:00; after the change to summer time noon UTC is 14:00 there
    assert iso(task_of(case.process, "a").deadline or 0) == "2027-03-08T08:00:00.000Z"
    assert iso(task_of(case.process, "b").deadline or 0) == "2027-04-01T11:00:00.000Z"


CHAIN = template(
    step("a", deadline=after(2, "days")),
    step("b", deadline=after(3, "days", "a")),
    step("c", deadline=after(1, "days", "b")),
    step("before", deadline=before(1, "days", "b")),
)


def test_held_deadlines_show_a_provisional_date() -> None:
    case = Case(CHAIN)
    assert case.all_due() == ["2", "5?", "6?", "4"]
    assert case.process.due_at == NOON + 6 * DAY_MS
    # `a` and the one before `b` are late, the held ones are not
    assert timing(case.process, NOON + 90 * DAY_MS).late_tasks == 2


def test_a_completion_puts_the_next_on_the_clock() -> None:
    case = Case(CHAIN)
    case.complete("a", 10)
    assert case.all_due() == ["2", "13", "14?", "12"]
    assert case.outcome is not None
    assert kinds(case.outcome) == ["task.completed", "task.deadline_changed", "task.deadline_changed"]
    assert len(case.outcome.changed) == 4
    case.complete("b", 20)
    assert case.all_due() == ["2", "13", "21", "12"]


def test_reopening_holds_it_again() -> None:
    case = Case(CHAIN)
    case.complete("a", 10)
    case.reopen("a")
    assert case.all_due() == ["2", "5?", "6?", "4"]


def test_completed_children_keep_their_dates() -> None:
    case = Case(CHAIN)
    case.complete("a", 10)
    case.complete("b", 11)
    case.reopen("a")
    assert case.all_due() == ["2", "13", "12", "12"]


def test_a_child_that_comes_back_takes_the_date_it_missed() -> None:
    case = Case(CHAIN)
    case.complete("b", 1)
    case.complete("a", 10)
    case.reopen("b")
    assert case.all_due() == ["2", "13", "14?", "12"]


def test_pinned_dates_stay() -> None:
    case = Case(CHAIN)
    case.move("b", 30)
    assert case.all_due() == ["2", "30", "31?", "29"]
    case.complete("a", 10)
    assert case.all_due() == ["2", "30", "31?", "29"]
    assert task_of(case.process, "b").deadline_pinned


def test_an_edit_of_the_anchor_moves_what_hangs_on_it() -> None:
    case = Case(CHAIN)
    case.move("a", 4)
    assert case.all_due() == ["4", "7?", "8?", "6"]
    case.move("a", 6)
    assert case.all_due() == ["6", "9?", "10?", "8"]


def test_a_launch_override_pins() -> None:
    override = {"b": TaskOverride(deadline=NOON + 7 * DAY_MS)}
    process = started(CHAIN, tasks=override)
    task = task_of(process, "b")
    assert (task.deadline_held, task.deadline_pinned, task.deadline) == (False, True, NOON + 7 * DAY_MS)
    assert task_of(process, "c").deadline == NOON + 8 * DAY_MS


def test_decision_38_a_date_set_by_a_rule_is_not_recalculated() -> None:
    later = rule("later", when("kickoff:big", "is_not_empty"), then("deadline", "before", deadline=by(36)))
    case = Case(template(*CHAIN.definition.steps, kickoff=(field("big"),), rules=(later,)))
    assert case.due("before") == "4"
    case.process = save_kickoff(case.at(NOON), case.process, {"big": "x"}, ADMIN).process
    assert case.due("before") == "40"
    case.complete("a", 10)
    assert case.due("before") == "40"


def test_the_order_of_steps_does_not_matter() -> None:
    made = template(*reversed(CHAIN.definition.steps))
    case = Case(made)
    assert case.all_due() == ["4", "6?", "5?", "2"]
    case.complete("a", 10)
    assert case.all_due() == ["12", "14?", "13", "2"]


def test_cycles_do_no_harm() -> None:
    made = template(step("a", deadline=after(1, "days", "b")), step("b", deadline=after(1, "days", "a")), step("c"))
    case = Case(made)
    case.complete("a", 3)
    assert case.due("b") == "4"
    case.reopen("a")
    assert all(task.deadline is not None for task in case.process.tasks)


HIDDEN = template(
    step("x", hide_by_default=True, deadline=after(1, "days")),
    step("child", deadline=after(2, "days", "x")),
    step("other"),
)


def test_what_waits_for_a_hidden_step_is_held() -> None:
    assert Case(HIDDEN).due("child") == "3?"


def test_it_is_released_when_nothing_is_left_that_could_show_the_step() -> None:
    case = Case(HIDDEN)
    case.complete("other", 1)
    assert case.due("child") == "2"
    case = Case(HIDDEN)
    case.complete("other", 4)
    # not before the moment of release
    assert case.due("child") == "4"
    assert case.outcome is not None
    assert kinds(case.outcome) == ["task.completed", "task.deadline_changed"]


def test_a_hidden_step_that_is_shown_holds_again() -> None:
    case = Case(HIDDEN)
    case.complete("other", 1)
    case.toggle("x", visible=True, day=2)
    assert case.due("child") == "3?"
    case.toggle("x", visible=False, day=3)
    assert case.due("child") == "3"


def test_a_new_date_of_the_hidden_step_does_not_hold_what_was_released() -> None:
    case = Case(HIDDEN)
    case.complete("other", 1)
    case.reopen("other")
    case.move("x", 20)
    assert case.due("child") == "2"


def test_hiding_does_not_hold_back_what_runs() -> None:
    made = template(step("x"), step("child", deadline=after(2, "days", "x")), step("other"))
    case = Case(made)
    case.toggle("x", visible=False)
    assert case.due("child") == "7?"
    case.complete("other", 1)
    assert case.due("child") == "2"
    case.reopen("other")
    assert case.due("child") == "2"


def test_a_one_off_task_holds_the_release_up() -> None:
    case = Case(HIDDEN)
    new = NewTask(doer=ADMIN, title="x", owners=users(2), deadline=NOON)
    case.process = add_task(case.at(NOON), case.process, new, Counter(100), 1).process
    case.complete("other", 1)
    assert case.due("child") == "3?"
    oneoff = case.process.tasks[-1]
    outcome = complete(case.at(NOON + 3 * DAY_MS), case.process, Complete(task_id=oneoff.id, doer=ADMIN))
    case.process = outcome.process
    assert case.due("child") == "3"


def test_alone_with_a_hidden_step_it_runs_from_the_launch() -> None:
    made = template(step("x", hide_by_default=True), step("child", deadline=after(2, "days", "x")))
    assert Case(made).due("child") == "2"


def test_a_release_lands_in_working_time() -> None:
    case = Case(HIDDEN, working_days=OFFICE_WEEK)
    case.complete("other", 5)
    assert task_of(case.process, "child").deadline == at("2027-03-08 09:00")


@pytest.mark.parametrize(("step_id", "expected"), [("a", True), ("b", True), ("c", False), ("before", False)])
def test_has_dependents(step_id: str, expected: bool) -> None:
    assert has_dependents(CHAIN.definition.steps, step_id) is expected


def test_look_ups_of_a_version_are_its_own() -> None:
    made = template(step("a"), step("b", deadline=after(1, "days", "a")))
    definition = made.definition
    first, second = definition.steps
    assert definition.steps_by_id == {first.id: first, second.id: second}
    assert definition.following == [(second, second.deadline, first.id)]
    less = msgspec.structs.replace(definition, steps=(first,))
    assert (less.steps_by_id, less.following) == ({first.id: first}, [])
    assert msgspec.json.decode(msgspec.json.encode(definition), type=type(definition)) == definition
