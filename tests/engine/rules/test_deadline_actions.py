"""Deadline actions: anchors, shifts of the task's own deadline, held targets (engine 5.6, 6.4; decisions 34, 38)."""

from typing import Any

import pytest

from handrail.engine.definition import Action, RuleDeadline, StepDeadline
from tests.engine.builders import at, by, field, rule, step, template, then, when
from tests.engine.rules.play import Play

OFFICE = {"enabled": True, "start": "09:00", "end": "17:00"}
OFFICE_WEEK = dict.fromkeys(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"), OFFICE)


def days(value: int, anchor: str | None = None, option: str = "from") -> StepDeadline:
    return StepDeadline(value=value, unit="days", step=anchor, option=option)


STEPS = (
    step("x", deadline=days(2), fields=(field("day", "date"),)),
    step("free", deadline=days(4)),
    step("child", deadline=days(3, "x")),
    step("before", deadline=days(1, "x", "prior_to")),
    step("grand", deadline=days(1, "child")),
)


def on_answer(*actions: Action, **zone: Any) -> Play:
    made = template(
        *STEPS,
        kickoff=(field("k"), field("again"), field("date", "date")),
        rules=(
            rule("r", [when("kickoff:k", "is_not_empty"), when("kickoff:again", "is_empty", logic="and")], *actions),
        ),
    )
    return Play(made, **zone)


def shift(target: str, offset: RuleDeadline, reads: str | None = None) -> Action:
    return then("deadline", target, reads, deadline=offset)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (by(2), "6"),
        (by(2, option="before"), "2"),
        (by(-2), "2"),
        (by(-2, option="before"), "6"),
        (by(0), "4"),
        (by(12, "hours"), "4.5"),
        (by(1, "weeks", "before"), "-3"),
        (by(1, "months"), "35"),
    ],
)
def test_a_shift_of_the_own_deadline(offset: RuleDeadline, expected: str) -> None:
    play = on_answer(shift("free", offset)).answer(k="x")
    assert play.due("free") == expected
    assert play.changed == (["free"] if expected != "4" else [])


def test_decision_34_shifts_do_not_add_up() -> None:
    play = on_answer(shift("free", by(2)))
    assert play.answer(k="x").told("task.deadline_changed", "rule") == [("r", "free")]
    assert play.answer(k="y").changed == []
    assert play.answer(k="").answer(k="z").due("free") == "6"


def test_the_base_is_the_latest_edit_by_hand() -> None:
    play = on_answer(shift("free", by(2))).move("free", 10).answer(k="x")
    assert play.due("free") == "12"
    assert play.move("free", 20).due("free") == "20"  # the later one wins
    assert play.answer(k="y").due("free") == "22"


def test_two_rules_shift_from_the_same_base() -> None:
    rules = (
        rule("1", when("kickoff:k", "is_not_empty"), shift("free", by(2))),
        rule("2", when("kickoff:k", "is_not_empty"), shift("free", by(3))),
    )
    play = Play(template(*STEPS, kickoff=(field("k"),), rules=rules)).answer(k="x")
    assert play.due("free") == "7"


def test_the_deadline_of_another_step() -> None:
    play = on_answer(shift("free", by(1, option="before"), "step:x")).answer(k="x")
    assert play.due("free") == "1"
    # no lasting link
    assert play.move("x", 9).due("free") == "1"
    assert on_answer(shift("free", by(1), "step:gone")).answer(k="x").due("free") == "4"


def test_a_date_field() -> None:
    play = on_answer(shift("free", by(1, option="before"), "kickoff:date"))
    assert play.answer(k="x").due("free") == "4"
    play.answer(date="2027-03-11T12:00:00.000Z")
    assert (play.due("free"), play.changed) == ("9", ["free"])
    assert play.answer(date="").due("free") == "9"


def test_a_day_begins_in_the_zone_of_the_organization() -> None:
    play = on_answer(shift("free", by(0), "kickoff:date"), timezone="America/New_York").answer(k="x", date="2027-03-12")
    assert play.task("free").deadline == at("2027-03-12 05:00")


def test_working_time_comes_after_the_arithmetic() -> None:
    # Monday 10:00 less a day is Sunday 10:00, which moves on to Monday 09:00
    play = on_answer(shift("free", by(1, option="before"), "kickoff:date"), working_days=OFFICE_WEEK)
    play.answer(k="x", date="2027-03-15 10:00:00")
    assert play.task("free").deadline == at("2027-03-15 09:00")


def test_a_hidden_target_is_moved_without_a_word() -> None:
    play = on_answer(shift("free", by(2))).toggle("free", visible=False).answer(k="x")
    assert (play.due("free"), play.changed) == ("6", ["free"])
    assert play.told("task.deadline_changed") == []


# ---------------------------------------------------------------------------------------------------- held targets


def test_a_shift_of_a_held_deadline_is_kept_until_it_is_firm() -> None:
    play = on_answer(shift("child", by(2))).answer(k="x")
    assert (play.due("child"), play.due("grand")) == ("7?", "8?")
    assert play.process.rule_state.shifts == {"child": by(2)}
    play.day = 10
    play.complete("x")
    assert (play.due("child"), play.due("grand")) == ("15", "16?")
    assert play.process.rule_state.shifts == {}
    assert play.task("child").deadline_pinned


def test_the_provisional_date_moves_with_the_step_it_hangs_on() -> None:
    play = on_answer(shift("child", by(2))).answer(k="x").move("x", 6)
    assert play.due("child") == "11?"
    assert play.answer(k="y").due("child") == "11?"


def test_the_latest_shift_is_kept() -> None:
    rules = (
        rule("1", when("kickoff:k", "is_not_empty"), shift("child", by(2))),
        rule("2", when("kickoff:late", "is_not_empty"), shift("child", by(5, option="before"))),
    )
    play = Play(template(*STEPS, kickoff=(field("k"), field("late")), rules=rules)).answer(k="x").answer(late="x")
    assert play.due("child") == "0?"
    assert play.complete("x").due("child") == "-2"


def test_a_shift_in_the_very_command_that_completes_the_other_step() -> None:
    rules = (rule("r", when("step:x", "completed"), shift("child", by(2))),)
    play = Play(template(*STEPS, rules=rules))
    play.day = 10
    assert play.complete("x").due("child") == "15"


def test_any_other_anchor_makes_a_held_date_firm_at_once() -> None:
    play = on_answer(shift("child", by(1), "step:free")).answer(k="x")
    assert play.due("child") == "5"
    play.day = 10
    assert play.complete("x").due("child") == "5"
    assert play.due("grand") == "6?"


def test_an_edit_by_hand_drops_the_kept_shift() -> None:
    play = on_answer(shift("child", by(2))).answer(k="x").move("child", 20)
    assert (play.due("child"), play.process.rule_state.shifts) == ("20", {})
    play.day = 10
    assert play.complete("x").due("child") == "20"


def test_decision_38_recalculation_leaves_a_date_alone_that_a_rule_set() -> None:
    play = on_answer(shift("before", by(30)), shift("child", by(0), "step:free")).answer(k="x")
    assert (play.due("before"), play.due("child")) == ("31", "4")
    play.move("x", 9)
    assert (play.due("before"), play.due("child")) == ("31", "4")
    play.complete("x").reopen("x")
    assert (play.due("before"), play.due("child")) == ("31", "4")


def test_a_date_that_a_rule_sets_to_what_it_was_stays_too() -> None:
    play = on_answer(shift("before", by(1, option="before"), "step:x")).answer(k="x")
    assert (play.due("before"), play.changed) == ("1", [])
    assert play.move("x", 9).due("before") == "1"


def test_what_hangs_on_a_date_set_by_a_rule_moves_with_it() -> None:
    play = on_answer(shift("x", by(7))).answer(k="x")
    assert [play.due(name) for name in ("x", "child", "before", "grand")] == ["9", "12?", "8", "13?"]
    assert play.changed == ["x"]


def test_words_nobody_knows_change_nothing() -> None:
    play = on_answer(shift("free", by(2, "moons"))).answer(k="x")
    assert play.due("free") == "4"
    assert on_answer(then("deadline", "free")).answer(k="x").due("free") == "4"
