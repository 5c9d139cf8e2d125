"""Conditions on steps, time clauses and how conditions are joined (engine 2.1, 5.3, 5.4)."""

from itertools import product
from typing import Any

import pytest

from handrail.engine.definition import Owners, StepDeadline, StepType
from handrail.engine.rule_definitions import STEP_OPERATIONS
from handrail.engine.rules.situation import Situation
from handrail.engine.working import Working
from tests.engine.builders import compiled, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

TYPES: tuple[StepType, ...] = ("task", "approval", "expiring", "email", "expiring_email")


def true_of(play: Play, clause: str | None = "any_time") -> set[str]:
    """The operations that hold for the step `a` of a process as it is."""
    found: set[str] = set()
    for operation in STEP_OPERATIONS:
        rules = (rule("r", when("step:a", operation, clause), then("hide", "target")),)
        made = compiled(template(*play.template.definition.steps, rules=rules).definition)
        assert made is not None
        working = Working.of_process(play.process, play.context.now)
        if made.rules[0].holds(Situation(working, "UTC")):
            found.add(operation)
    return found


def of_type(kind: StepType, **settings: Any) -> Play:
    settings.setdefault("owners", users(2))
    return Play(template(step("a", step_type=kind, deadline=StepDeadline(value=5, unit="days"), **settings)))


@pytest.mark.parametrize(
    ("kind", "decision", "expected"),
    [
        ("task", None, {"completed"}),
        ("approval", True, {"completed", "approved"}),
        ("approval", False, {"completed", "rejected"}),
        ("expiring", None, {"completed", "acknowledged"}),
        ("email", None, {"completed"}),
        ("expiring_email", None, {"completed", "acknowledged"}),
    ],
)
def test_decision_8_completed_holds_for_every_type_beside_its_own(
    kind: StepType, decision: bool | None, expected: set[str]
) -> None:
    play = of_type(kind)
    assert true_of(play) == set()
    assert true_of(play.complete("a", decision)) == expected
    assert true_of(play.reopen("a")) == {"reopened"}
    assert true_of(play.complete("a", decision)) == expected


@pytest.mark.parametrize("kind", ["expiring", "expiring_email"])
def test_what_the_clock_completed_has_expired(kind: StepType) -> None:
    play = of_type(kind)
    play.day = 6
    assert true_of(play.expire("a")) == {"completed", "expired"}


def test_after_a_change_of_type_conditions_that_no_longer_fit_are_false() -> None:
    play = of_type("approval").edit("a", task_type="task").complete("a")
    assert true_of(play) == {"completed"}
    play = of_type("task").edit("a", task_type="approval").complete("a", False)
    assert true_of(play) == {"completed", "rejected"}


def test_nobody_assigned() -> None:
    play = of_type("task", owners=Owners(), assign_run_starter=False)
    assert true_of(play) == {"not_assigned"}
    assert true_of(play.give("a", guests=("g@x.example",))) == set()
    play = of_type("task", owners=Owners(), assign_run_starter=False).complete("a")
    assert true_of(play) == {"completed", "not_assigned"}
    play = of_type("task", owners=Owners(), assign_run_starter=False).toggle("a", visible=False)
    assert true_of(play) == set()  # decision 28


def test_a_hidden_task_is_not_completed() -> None:
    play = of_type("approval").complete("a", True).reopen("a").toggle("a", visible=False)
    assert true_of(play) == {"reopened"}


def test_a_condition_on_nothing_is_false() -> None:
    rules = tuple(
        rule(f"r{index}", when(part, operation), then("hide", "a"))
        for index, (part, operation) in enumerate(
            [("step:gone", "not_assigned"), ("field:gone", "is_empty"), ("kickoff:gone", "is_empty"), ("step:a", "x")]
        )
    )
    play = Play(template(step("a"), step("b"), rules=rules)).complete("b")
    assert play.visible == {"a", "b"}


# ----------------------------------------------------------------------------------------------------- time clauses


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (3.9, {"any_time", "on-time", "early_24"}),
        (4.0, {"any_time", "on-time", "early_24"}),
        (4.1, {"any_time", "on-time"}),
        (5.0, {"any_time", "on-time"}),
        (5.1, {"any_time"}),
        (5.99, {"any_time"}),
        (6.0, {"any_time", "late_24"}),
        (9.0, {"any_time", "late_24"}),
    ],
)
def test_when_it_was_completed(day: float, expected: set[str]) -> None:
    play = of_type("approval")
    play.day = day
    play.complete("a", False)
    clauses = ("any_time", "on-time", "early_24", "late_24")
    assert {clause for clause in clauses if true_of(play, clause) == {"completed", "rejected"}} == expected


def test_decision_27_no_clause_is_any_time_and_an_unknown_one_never() -> None:
    play = of_type("task").complete("a")
    assert true_of(play, None) == true_of(play, "") == {"completed"}
    assert true_of(play, "sometimes") == set()
    assert true_of(play.reopen("a"), "sometimes") == {"reopened"}


def test_reopened_and_not_assigned_know_no_time() -> None:
    play = of_type("task", owners=Owners(), assign_run_starter=False).complete("a").reopen("a")
    assert true_of(play, "late_24") == {"reopened", "not_assigned"}


def test_without_a_deadline_on_the_clock_it_is_on_time() -> None:
    made = template(step("x"), step("a", deadline=StepDeadline(value=1, unit="days", step="x")))
    play = Play(made)
    play.day = 30
    play.complete("a")
    assert true_of(play, "on-time") == {"completed"}
    assert true_of(play, "early_24") == true_of(play, "late_24") == set()


# ---------------------------------------------------------------------------------------------------- left to right


def folded(logics: tuple[str, ...], truths: tuple[bool, ...]) -> bool:
    names = [f"k{index}" for index in range(len(truths))]
    conditions = [
        when(f"kickoff:{name}", "is_not_empty", logic=logic)
        for name, logic in zip(names, ("or", *logics), strict=True)  # the first one's logic is ignored
    ]
    made = template(
        step("a"), kickoff=tuple(field(name) for name in names), rules=(rule("r", conditions, then("hide", "a")),)
    )
    answers = {name: "x" for name, truth in zip(names, truths, strict=True) if truth}
    return Play(made, launch={"kickoff": answers}).hidden == {"a"}


@pytest.mark.parametrize("truths", list(product((False, True), repeat=3)))
def test_and_and_or_are_read_from_left_to_right(truths: tuple[bool, bool, bool]) -> None:
    a, b, c = truths
    assert folded(("and", "or"), truths) is ((a and b) or c)
    assert folded(("or", "and"), truths) is ((a or b) and c)
    assert folded(("and", "and"), truths) is (a and b and c)
    assert folded(("or", "or"), truths) is (a or b or c)


def test_many_conditions() -> None:
    assert folded(("and",) * 49, (True,) * 50)
    assert not folded(("and",) * 49, (*(True,) * 49, False))
    assert folded(("or",) * 49, (*(False,) * 49, True))
