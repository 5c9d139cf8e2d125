"""The step condition `overdue`: found by the clock, once in the life of a process (engine 6.6, 13)."""

from handrail.engine.definition import StepDeadline
from handrail.engine.issues import raise_process_issue, resolve_process_issue
from handrail.engine.lifecycle import archive_process
from handrail.engine.tick import tick
from tests.engine.builders import by, compiled, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

A = step("a", deadline=StepDeadline(value=2, unit="days"))
ESCALATE = rule("late", when("step:a", "overdue"), then("assign", "a", assignees=users(6)))
MADE = template(A, step("b"), rules=(ESCALATE,))


def test_nothing_happens_before_it_is_late() -> None:
    play = Play(MADE)
    play.day = 2
    before = play.process
    assert play.tick().process is before
    assert play.outcome.events == ()


def test_once_it_is_late_the_rule_runs_and_that_is_remembered() -> None:
    play = Play(MADE)
    play.day = 2.1
    play.tick()
    assert (play.owners("a"), play.changed, play.process.rule_state.overdue) == ({2, 6}, ["a"], ("a",))
    play.give("a", users=(2,))
    play.day = 30
    again = tick(play.context, play.process)
    assert (again.process, again.changed_by_rules) == (play.process, ())


def test_it_is_told_once_even_if_it_becomes_late_again() -> None:
    play = Play(MADE)
    play.day = 3
    play.tick().give("a", users=(2,)).move("a", 10)
    play.day = 11
    assert play.tick().owners("a") == {2}


def test_only_what_is_on_the_clock_is_late() -> None:
    held = step("held", deadline=StepDeadline(value=1, unit="days", step="b"))
    rules = (
        rule("1", when("step:held", "overdue"), then("hide", "b")),
        rule("2", when("step:a", "overdue"), then("hide", "b")),
    )
    made = template(A, step("b"), held, rules=rules)
    rule_set = compiled(made.definition)
    assert rule_set is not None
    assert rule_set.watched == {"held", "a"}
    play = Play(made).complete("a")
    play.day = 90
    assert play.tick().visible == {"a", "b", "held"}
    play = Play(made).toggle("a", visible=False)
    play.day = 90
    assert play.tick().process.rule_state.overdue == ()
    assert play.toggle("a", visible=True).tick().process.rule_state.overdue == ("a",)


def test_it_joins_with_other_conditions_as_long_as_it_is_late() -> None:
    both = [when("step:a", "overdue"), when("kickoff:k", "is_not_empty")]
    made = template(A, step("b"), kickoff=(field("k"),), rules=(rule("r", both, then("show", "b")),))
    play = Play(made)
    play.day = 3
    assert play.answer(k="y").answer(k="").tick().hidden == {"b"}
    assert play.answer(k="x").visible == {"a", "b"}
    moved = Play(made)
    moved.day = 3
    assert moved.tick().move("a", 9).answer(k="x").hidden == {"b"}


def test_every_rule_of_the_tick_sees_it_though_an_earlier_one_moved_the_deadline() -> None:
    rules = (
        rule("1", when("step:a", "overdue"), then("deadline", "a", deadline=by(7))),
        rule("2", when("step:a", "overdue"), then("show", "b")),
        rule("3", when("step:a", "completed"), then("hide", "a")),
    )
    play = Play(template(A, step("b"), rules=rules))
    play.day = 3
    play.tick()
    assert (play.due("a"), play.visible) == ("9", {"a", "b"})


def test_a_blocked_process_stands_still_until_the_issue_is_resolved() -> None:
    play = Play(MADE)
    play.day = 3
    assert play.do(raise_process_issue).tick().process.rule_state.overdue == ()
    assert play.do(resolve_process_issue).tick().process.rule_state.overdue == ("a",)
    play = Play(MADE)
    play.day = 3
    assert play.do(archive_process).tick().process.rule_state.overdue == ()


def test_a_template_without_such_a_rule_has_no_ticks() -> None:
    play = Play(template(A, rules=(rule("r", when("step:a", "completed"), then("hide", "a")),)))
    play.day = 30
    before = play.process
    assert play.tick().process is before
    play = Play(template(A))
    assert play.tick().process.rule_state.overdue == ()
