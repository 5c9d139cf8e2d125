"""What is wrong with a template: each finding, and that no claim is refuted by a run (engine 5.7, example 2)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from handrail.engine.definition import Action, Condition, Definition, Rule, Step, StepDeadline
from handrail.engine.lint import Finding, lint
from handrail.engine.state import HIDDEN
from handrail.engine.template_import import import_definition
from handrail.engine.values import AnyPeople
from handrail.kernel.errors import Errors, Impossible
from tests.engine.builders import field, step, template
from tests.engine.rules.play import Play
from tests.engine.rules.strategies import rules_of
from tests.engine.rules.test_random_rules import MADE, completing, indexes, made_with
from tests.examples.samples import SAMPLES, Sample

COLOUR = field("colour", "dropdown", options=({"id": 1, "text": "Red"}, {"id": 2, "text": "Blue"}))
TAGS = field("tags", "multiselect", options=({"id": 1, "text": "A"}, {"id": 2, "text": "B"}))
A, B, C = step("a", fields=(field("amount"),)), step("b", step_type="approval"), step("c")


def asks(part: str, operation: str, statement: Any = None, *, kind: Any = "Step", logic: Any = "and") -> Condition:
    return Condition(
        id="c",
        conditionable_id=part,
        conditionable_type=kind,
        operation=operation,
        statement=statement,
        logic=logic,
    )


def rule(name: str, conditions: list[Condition], **verbs: str) -> Rule:
    kinds: dict[str, Any] = {"show": "visibility", "hide": "visibility", "reopen": "status"}
    actions = tuple(
        Action(id=verb, action_type=kinds[verb], action_verb=verb, target_step_id=target)
        for verb, target in verbs.items()
    )
    return Rule(id=name, alias=name, conditions=tuple(conditions), actions=actions)


def found(*rules: Rule, steps: tuple[Step, ...] = (A, B, C)) -> list[Finding]:
    return lint(Definition(kickoff=(COLOUR, TAGS), steps=steps, rules=rules))


def codes(*rules: Rule, steps: tuple[Step, ...] = (A, B, C)) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.rule or finding.step) for finding in found(*rules, steps=steps)]


def prerun(part: str, operation: str, statement: Any = None, **more: Any) -> Condition:
    return asks(part, operation, statement, kind="Prerun", **more)


def test_nothing_is_wrong_with_a_sound_template() -> None:
    sound = [rule("r", [asks("a", "completed")], show="c"), rule("s", [prerun("colour", "equals", "Red")], hide="b")]
    assert codes(*sound) == []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)
def test_nothing_is_wrong_with_the_samples(sample: Sample) -> None:
    imported = import_definition(sample.template, people=AnyPeople(), errors=Errors(), now=0)
    assert imported is not None
    assert lint(imported.definition) == []


def test_hidden_blocks_chain() -> None:
    """Engine 5.7, example 2: C shows on "B completed", but B is never shown."""
    hidden = replace(B, hide_by_default=True)
    told = found(rule("r", [asks("b", "completed")], show="c"), steps=(A, hidden, C))
    assert [(one.code, one.rule or one.step) for one in told] == [
        ("rule-never-fires", "r"),
        ("step-never-shows", "b"),
        ("step-never-shows", "c"),
    ]
    assert told[0].message == 'The rule "r" can never fire: "B" is never shown.'
    # rules that only show each other
    circle = [rule("r", [asks("b", "approved")], show="c"), rule("s", [asks("c", "completed")], show="b")]
    assert codes(*circle)[:2] == [("rule-never-fires", "r"), ("rule-never-fires", "s")]


def test_answers_of_hidden_steps_may_be_written() -> None:
    """Engine 1.4: no claim that a rule about them never fires, though nobody sees the field."""
    hidden = replace(A, hide_by_default=True)
    asking = rule("r", [asks("amount", "is_not_empty", kind="Capture")], show="a")
    assert codes(asking, steps=(hidden, B, C)) == []
    play = Play(template(hidden, B, rules=(asking,))).save("a", amount="5")
    assert "a" in play.visible


@pytest.mark.parametrize(
    ("conditions", "never"),
    [
        ([prerun("colour", "equals", "Red"), prerun("colour", "equals", "Blue")], True),
        # the option and its id are one answer
        ([prerun("colour", "equals", "Red"), prerun("colour", "equals", "1")], False),
        ([prerun("colour", "equals", "Red"), prerun("colour", "equals", "Blue", logic="or")], False),
        ([prerun("colour", "is_empty"), prerun("colour", "equals", "Red")], True),
        ([prerun("colour", "is_empty"), prerun("colour", "is_not_empty")], True),
        ([asks("b", "approved"), asks("b", "rejected")], True),
        ([asks("b", "approved"), asks("b", "completed")], False),
        ([asks("a", "approved")], True),
        ([asks("a", "expired")], True),
        ([asks("gone", "completed")], True),
        ([prerun("gone", "is_empty")], True),
        ([asks("gone", "completed"), asks("a", "completed", logic="or")], False),
        ([prerun("tags", "equals_any", "A,Z")], False),
        # equals is exact (decision 29)
        ([asks("amount", "equals", "x", kind="Capture"), asks("amount", "equals", "X", kind="Capture")], True),
        ([asks("amount", "greater_than", "abc", kind="Capture")], True),
        ([asks("amount", "greater_than", "€ 1,000", kind="Capture")], False),
        ([asks("amount", "contains", "", kind="Capture")], True),
        ([asks("amount", "contains", " ", kind="Capture")], False),
        ([asks("amount", "equals", None, kind="Capture")], True),
        ([asks("amount", "not_equals", None, kind="Capture")], False),
        ([prerun("tags", "greater_than", "3")], True),
        ([prerun("tags", "greater_than", "3"), prerun("tags", "is_empty", logic="or")], False),
    ],
)
def test_rules_that_never_fire(conditions: list[Condition], never: bool) -> None:
    assert (("rule-never-fires", "r") in codes(rule("r", conditions, hide="c"))) is never


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        (prerun("colour", "equals", "Green"), ["Green"]),
        (prerun("colour", "not_equals", "Green"), ["Green"]),
        (prerun("colour", "equals", "red"), ["red"]),
        (prerun("colour", "equals", "Red"), []),
        (prerun("tags", "equals_any", "Y,Z"), ["Y", "Z"]),
        (prerun("tags", "equals_any", ["A", "Z"]), []),
        (asks("amount", "equals", "Green", kind="Capture"), []),
    ],
)
def test_options_that_do_not_exist(condition: Condition, wrong: list[str]) -> None:
    told = [one for one in found(rule("r", [condition], hide="c")) if one.code == "option-does-not-exist"]
    assert [one.message.split('"')[3] for one in told] == wrong
    assert all(one.path == "automated_actions.0.conditions.0.statement" for one in told)


def test_contradictions() -> None:
    conditions = [asks("a", "completed")]
    assert codes(rule("r", conditions, hide="c"), rule("s", conditions, show="c")) == [("rules-contradict", "s")]
    other = [asks("a", "completed"), asks("b", "approved")]
    assert codes(rule("r", conditions, hide="c"), rule("s", other, show="c")) == []
    small, large = ([asks("amount", "equals", word, kind="Capture")] for word in ("x", "X"))
    assert codes(rule("r", small, hide="c"), rule("s", large, show="c")) == []
    both = rule("r", conditions, show="c", hide="c")
    assert codes(both) == [("rule-contradicts-itself", "r")]


def test_a_rule_that_reopens_what_fires_it() -> None:
    assert codes(rule("r", [asks("a", "completed")], reopen="a")) == [("rule-undoes-its-cause", "r")]
    assert codes(rule("r", [asks("b", "rejected")], reopen="a")) == []


def test_deadlines() -> None:
    def due(on: str) -> StepDeadline:
        return StepDeadline(value=1, unit="days", step=on)

    hidden = replace(B, hide_by_default=True)
    waiting = replace(C, deadline=due("b"))
    assert codes(steps=(A, hidden, waiting)) == [("step-never-shows", "b"), ("deadline-held-forever", "c")]
    # what is due before something is due does not wait for it to be completed
    before = replace(C, deadline=StepDeadline(value=1, unit="days", step="b", option="prior_to"))
    assert codes(steps=(A, hidden, before)) == [("step-never-shows", "b")]
    round_about = (replace(A, deadline=due("b")), replace(B, deadline=due("a")), replace(C, deadline=due("a")))
    assert codes(steps=round_about) == [("deadline-goes-round", "a"), ("deadline-goes-round", "b")]


def test_variables_that_nothing_answers_to() -> None:
    """They are shown with their braces (engine 4.5), so whoever writes the template should know."""
    note = replace(
        field("note"),
        guidance="<p>{{colour}} {{guidance-x}}</p>",
        default_value_enabled=True,
        default_value="{{default-x}}",
    )
    texts = {"title": "{{colour}} {{ title-x }} {{DATE}}", "summary": "<p>{{note}} {{summary-x}}</p>"}
    speaking = replace(A, fields=(note,), **texts)
    told = [(one.path, one.message.split("{{")[-1].split("}}")[0]) for one in found(steps=(speaking, B, C))]
    assert told == [
        ("steps.0.title", "title-x"),
        ("steps.0.summary", "summary-x"),
        ("steps.0.captures.0.guidance", "guidance-x"),
        ("steps.0.captures.0.default_value", "default-x"),
    ]


saving = st.builds(lambda i, value: lambda play: play.save(f"s{i}", **{f"f{i}": value}), indexes, st.sampled_from("xy"))
answering = st.builds(lambda value: lambda play: play.answer(k=value), st.sampled_from(["", "x", "y", "1"]))
reopening = st.builds(lambda i: lambda play: play.reopen(f"s{i}"), indexes)
ticking = st.just(lambda play: play.tick())
BY_THEMSELVES: st.SearchStrategy[Callable[[Play], Any]] = st.one_of(
    completing, completing, saving, answering, reopening, ticking
)


@settings(max_examples=300, deadline=None)
@given(rules_of(MADE.definition), st.lists(BY_THEMSELVES, min_size=8, max_size=25))
def test_no_claim_is_refuted_by_a_run(rules: tuple[Rule, ...], commands: list[Callable[[Play], Any]]) -> None:
    made = made_with(rules)
    told = lint(made.definition)
    never = {one.rule for one in told if one.code == "rule-never-fires"}
    unseen = {one.step for one in told if one.code == "step-never-shows"}
    play = Play(made)
    check(play, never, unseen)
    for command in commands:
        try:
            command(play)
        except Impossible:
            continue
        check(play, never, unseen)


def check(play: Play, never: set[str | None], unseen: set[str | None]) -> None:
    fired = {event.data["rule"] for event in play.outcome.events if event.kind == "rule.applied"}
    assert not fired & never
    assert not {task.step_id for task in play.process.tasks if task.status != HIDDEN} & unseen
