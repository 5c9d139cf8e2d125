"""Templates that want rules taken back when a task is reopened (engine 5.6, decision 35)."""

import pytest

from handrail.engine.definition import Action, StepDeadline
from tests.engine.builders import by, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

STEPS = (
    step("a", fields=(field("f"),)),
    step("b"),
    step("c", deadline=StepDeadline(value=4, unit="days")),
    step("child", deadline=StepDeadline(value=3, unit="days", step="c")),
)


def on_completion(*actions: Action, reverses: bool = True) -> Play:
    made = template(*STEPS, rules=(rule("r", when("step:a", "completed"), *actions),), reverse_rules_on_reopen=reverses)
    return Play(made)


def test_without_the_switch_nothing_is_taken_back() -> None:
    play = on_completion(then("show", "b"), then("deadline", "c", deadline=by(2)), reverses=False).complete("a")
    assert play.process.rule_state.effects == ()
    play.reopen("a")
    assert (play.visible, play.due("c"), play.changed) == ({"a", "b", "c", "child"}, "6", [])


def test_a_shown_task_is_hidden_again() -> None:
    play = on_completion(then("show", "b")).complete("a").reopen("a")
    assert (play.hidden, play.changed) == ({"b"}, ["b"])
    assert play.told("rule.reversed", "alias") == [("r", "b")]
    assert play.process.rule_state.effects == ()
    assert play.complete("a").visible == {"a", "b", "c", "child"}


@pytest.mark.parametrize("touch", ["begun", "given", "completed", "reopened", "locked"])
def test_not_once_somebody_has_touched_it(touch: str) -> None:
    play = on_completion(then("show", "b")).complete("a")
    match touch:
        case "begun":
            play.edit("b", status="in-progress")
        case "given":
            play.give("b", users=(5,))
        case "completed":
            play.complete("b")
        case "reopened":
            play.complete("b").reopen("b")
        case _:
            play.toggle("b", visible=True)
    before = play.task("b")
    assert play.reopen("a").task("b") == before


def test_other_effects_stay() -> None:
    play = on_completion(then("assign", "b", assignees=users(5)), then("hide", "c")).complete("a").reopen("a")
    assert (play.owners("b"), play.hidden, play.changed) == ({2, 5}, {"c"}, [])


def test_a_deadline_goes_back_to_its_base() -> None:
    play = on_completion(then("deadline", "c", deadline=by(2))).complete("a")
    assert (play.due("c"), play.due("child")) == ("6", "9?")
    play.reopen("a")
    assert (play.due("c"), play.due("child"), play.changed) == ("4", "7?", ["c"])
    assert not play.task("c").deadline_pinned


def test_a_deadline_set_by_hand_since_stays() -> None:
    play = on_completion(then("deadline", "c", deadline=by(2))).complete("a").move("c", 30).reopen("a")
    assert (play.due("c"), play.changed, play.task("c").deadline_pinned) == ("30", [], True)


def test_a_pinned_deadline_goes_back_to_where_it_was_pinned() -> None:
    play = on_completion(then("deadline", "c", deadline=by(2))).move("c", 10).complete("a")
    assert play.due("c") == "12"
    assert (play.reopen("a").due("c"), play.task("c").deadline_pinned) == ("10", True)


def test_a_held_deadline_is_held_again() -> None:
    play = on_completion(then("deadline", "child", "step:c", deadline=by(1))).complete("a")
    assert play.due("child") == "5"
    assert play.reopen("a").due("child") == "7?"
    play.complete("a")
    play.day = 2
    # the step it hangs on was completed meanwhile
    assert play.complete("c").due("child") == "5"
    assert play.reopen("a").due("child") == "5"
    assert play.reopen("c").due("child") == "7?"


def test_a_kept_shift_is_forgotten() -> None:
    play = on_completion(then("deadline", "child", deadline=by(2))).complete("a")
    assert play.due("child") == "9?"
    assert (play.reopen("a").due("child"), play.process.rule_state.shifts) == ("7?", {})
    play.complete("a").complete("c")
    assert play.due("child") == "5"
    assert play.reopen("a").due("child") == "3"


def test_the_date_of_an_earlier_rule_comes_back() -> None:
    rules = (
        rule(
            "1",
            when("step:b", "completed"),
            then("deadline", "c", deadline=by(1)),
            then("deadline", "child", deadline=by(1)),
        ),
        rule(
            "2",
            when("step:a", "completed"),
            then("deadline", "c", deadline=by(5)),
            then("deadline", "child", deadline=by(5)),
        ),
    )
    made = template(*STEPS, rules=rules, reverse_rules_on_reopen=True)
    play = Play(made).complete("b").complete("a")
    assert (play.due("c"), play.due("child")) == ("9", "17?")
    play.reopen("a")
    assert (play.due("c"), play.due("child")) == ("5", "9?")
    # the other way round the later rule's date is the one that stands
    play = Play(made).complete("b").complete("a").reopen("b")
    assert (play.due("c"), play.due("child"), play.changed) == ("9", "17?", [])
    assert play.reopen("a").due("c") == "4"


def test_a_rule_that_still_holds_is_not_taken_back() -> None:
    made = template(
        *STEPS, rules=(rule("r", when("field:f", "equals", "x"), then("show", "b")),), reverse_rules_on_reopen=True
    )
    play = Play(made).complete("a", f="x").reopen("a")
    assert (play.visible, play.told("rule.reversed")) == ({"a", "b", "c", "child"}, [])


def test_what_reopening_by_a_rule_takes_back() -> None:
    rules = (
        rule("1", when("step:a", "completed"), then("show", "b")),
        rule("2", when("step:c", "completed"), then("reopen", "a")),
        rule("3", when("step:b", "not_assigned"), then("show", "child")),
    )
    play = Play(template(*STEPS, rules=rules, reverse_rules_on_reopen=True)).complete("a").complete("c")
    assert (play.hidden, play.changed) == ({"b", "child"}, ["a", "b"])


def test_rules_about_the_kick_off_form_leave_nothing_to_take_back() -> None:
    rules = (rule("r", when("kickoff:k", "is_not_empty"), then("show", "b")),)
    made = template(*STEPS, kickoff=(field("k"),), rules=rules, reverse_rules_on_reopen=True)
    play = Play(made, launch={"kickoff": {"k": "x"}})
    assert play.process.rule_state.effects == ()
    assert play.complete("a").reopen("a").visible == {"a", "b", "c", "child"}


def test_effects_of_one_rule_are_remembered_once() -> None:
    play = on_completion(then("show", "b"), then("deadline", "c", deadline=by(2)))
    for _ in range(3):
        play.complete("a")
        assert len(play.process.rule_state.effects) == 2
        play.reopen("a")
        assert play.process.rule_state.effects == ()
