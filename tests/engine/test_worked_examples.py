"""Worked examples of the specification by their section, as far as no other module has them.

Those of 1.3, 2.3, 3.4, 4.5, 5.7, 6.3, 7.3 and 8 stand beside the tests of their subject, with their section in the
name too; here are the cases that the text gives in passing or in its tables.
"""

from typing import Any

import pytest

from handrail.engine.assignment import Group
from handrail.engine.definition import Definition, Field, Owners, RuleDeadline, StepDeadline
from handrail.engine.definitions import rule_from
from handrail.engine.launch import TaskOverride
from handrail.engine.naming import name_after_completion
from handrail.engine.state import Organization
from handrail.engine.values import AnyPeople, check_value, is_cleared, is_filled
from handrail.engine.variables import Texts, names_of
from handrail.kernel.clock import iso
from handrail.kernel.errors import Errors
from handrail.kernel.worktime import DAY_NAMES, add, into_working_time
from tests.engine.builders import Directory, at, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

G = "a" * 32
OPTIONS = ({"id": 1, "text": "Ops"}, {"id": 2, "text": "Sales"})


def test_1_3_hiding_one_of_ten_leaves_a_total_of_nine() -> None:
    play = Play(template(*[step(f"s{number}") for number in range(10)]))
    assert play.process.tasks_total == 10
    play.toggle("s4", visible=False)
    assert (play.process.tasks_total, play.process.whole_total) == (9, 10)


def test_1_3_a_form_is_complete_at_once_and_hidden_steps_wait_for_the_rules() -> None:
    form = template(type="form", kickoff=(field("name"),))
    assert Play(form, launch={"kickoff": {"name": "x"}}).process.status == "complete"
    shows = rule("r", when("kickoff:name", "is_not_empty"), then("show", "a"))
    made = template(step("a"), kickoff=(field("name"),), rules=(shows,))
    assert Play(made, launch={"kickoff": {"name": "x"}}).process.status == "active"


def test_3_4_process_on_completion() -> None:
    name = name_after_completion(
        template(), Organization(id="0" * 32, timezone="Europe/Berlin"), now=at("2027-03-04 08:05")
    )
    assert name == "Mar 4, 9:05am - Vendor intake"


# ------------------------------------------------------------------------------------------------- 4.2, the table


def checked(kind: str, value: Any, **settings: Any) -> tuple[Any, str | None]:
    """What is stored, and what is wrong."""
    errors = Errors()
    made = Field(id="f", alias="f", label="F", field_type=kind, **settings)  # pyright: ignore[reportArgumentType]
    stored = check_value(made, value, AnyPeople(), path="f", errors=errors)
    return stored, next(iter(errors.found.get("f", ())), None)


COLUMNS = ({"id": 1, "label": "Item"}, {"id": 2, "label": "Count"})
ACCEPTED: list[tuple[str, Any, dict[str, Any]]] = [
    ("text", "Anything", {}),
    ("text", 12.5, {}),
    ("textarea", "long " * 100, {}),
    ("email", "a@b.example", {}),
    ("date", "2027-03-09T15:00:00.000Z", {"collect_time": True}),
    ("dropdown", {"id": 2, "text": "Ops", "value": None}, {"options": ({"id": 2, "text": "Ops"},)}),
    ("radio", "Full-time", {"options": ({"id": 1, "text": "Full-time"}, {"id": 2, "text": "Part-time"})}),
    ("multiselect", [{"id": 1, "text": "Ops", "selected": True}], {"options": OPTIONS}),
    ("table", ["Widget", "3"], {"columns": COLUMNS}),
    ("table", [["Widget", "3"], ["Bolt", "9"]], {"columns": COLUMNS}),
    ("file", [{"id": "x"}], {}),
    ("assignees_form", {"users": [12], "guests": ["a@b.example"], "groups": [G]}, {}),
]


@pytest.mark.parametrize(("kind", "value", "settings"), ACCEPTED)
def test_4_2_values_on_the_wire(kind: str, value: Any, settings: dict[str, Any]) -> None:
    stored, problem = checked(kind, value, **settings)
    assert problem is None
    assert stored or kind == "text"


@pytest.mark.parametrize(
    ("kind", "value", "settings"),
    [
        ("text", "x" * 256, {}),
        ("textarea", 5, {}),
        ("textarea", "x" * 30_001, {}),
        ("email", "nobody", {}),
        ("date", 20270309, {}),
        ("date", "soon", {}),
        ("dropdown", [{"id": 1, "text": "Ops"}], {"options": OPTIONS}),
        ("dropdown", {"id": 1, "text": "ops"}, {"options": OPTIONS}),
        ("dropdown", {"id": 1, "text": "Sales"}, {"options": OPTIONS}),
        ("radio", "Interim", {"options": OPTIONS}),
        ("multiselect", [{"id": 1, "text": "Sales", "selected": True}], {"options": OPTIONS}),
        ("table", ["Widget"], {"columns": COLUMNS}),
        ("table", [["Widget", "3"], ["Bolt"]], {"columns": COLUMNS}),
        ("file", [{"filename": "a.pdf"}], {}),
    ],
)
def test_4_2_server_validation(kind: str, value: Any, settings: dict[str, Any]) -> None:
    assert checked(kind, value, **settings)[1] is not None


@pytest.mark.parametrize("kind", [kind for kind, _, _ in ACCEPTED])
def test_4_2_a_wrapped_value_is_refused_on_every_type(kind: str) -> None:
    settings: dict[str, Any] = {"options": OPTIONS, "columns": COLUMNS}
    value = next(value for other, value, _ in ACCEPTED if other == kind)
    assert checked(kind, {"value": value}, **settings)[1] is not None


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}])
def test_4_2_cleared_and_the_string_zero(value: Any) -> None:
    assert is_cleared(value)
    for kind, _, settings in ACCEPTED:
        assert checked(kind, value, **settings)[1] is None
    assert not is_cleared("0")
    assert is_filled(Field(id="f", alias="f", label="F", field_type="text"), "0")


# ----------------------------------------------------------------------------------------------------- variables


def test_4_5_values_of_all_kinds() -> None:
    options = ({"id": 1, "text": "Audit"}, {"id": 2, "text": "Tax"})
    fields = (field("services", "multiselect", options=options), field("quotes", "table", columns=COLUMNS))
    play = Play(
        template(step("a"), kickoff=fields),
        launch={
            "kickoff": {
                "services": [{"id": 1, "text": "Audit", "selected": True}, {"id": 2, "text": "Tax"}],
                "quotes": ["Widget", "3"],
            }
        },
    )
    texts = Texts(process=play.process, names=names_of(play.template.definition), zone="UTC")
    assert texts.plain("{{services}}", "t") == "Audit"
    assert texts.html("{{quotes}}", "t").startswith("<table>")
    assert texts.plain("[{{quotes}}] {{unknown}}", "t") == "[] {{unknown}}"


# ------------------------------------------------------------------------------------------------ 5.2 the wire format


def test_5_2_the_rule_of_the_wire_format() -> None:
    who = Field(id="who", alias="who", label="Who", field_type="assignees_form")
    definition = Definition(
        kickoff=(
            Field(id="amount", alias="amount", label="Amount", field_type="text"),
            Field(id="event", alias="event", label="Event", field_type="date"),
        ),
        steps=(step("ask", fields=(who,)), step("cfo"), step("pay")),
    )
    data: dict[str, Any] = {
        "automated_alias": "CFO if big",
        "conditions": [
            {
                "conditionable_type": "Prerun",
                "conditionable_id": "amount",
                "operation": "greater_than",
                "statement": "10000",
                "logic": "and",
                "position": 1,
                "column_contains_name": None,
            },
            {
                "conditionable_type": "Step",
                "conditionable_id": "ask",
                "operation": "approved",
                "statement": "any_time",
                "logic": "and",
                "position": 2,
            },
        ],
        "then_actions": [
            {"action_type": "visibility", "action_verb": "show", "target_step_id": "cfo", "position": 1},
            {
                "action_type": "deadline",
                "action_verb": "deadline",
                "target_step_id": "cfo",
                "deadline": {"value": 3, "unit": "days", "option": "before"},
                "actionable_type": "Prerun",
                "actionable_id": "event",
                "position": 2,
            },
            {
                "action_type": "assignment",
                "action_verb": "assign_only",
                "target_step_id": "cfo",
                "assignees": {"users": [12], "guests": [], "groups": []},
                "actionable_type": "Capture",
                "actionable_id": "who",
                "position": 3,
            },
            {
                "action_type": "webhook",
                "action_verb": "emit_webhook",
                "target_step_id": "pay",
                "webhook_url": "https://erp.example/in",
                "alias_name": "erp",
                "position": 4,
            },
        ],
    }
    errors = Errors()
    found = rule_from(
        data, current=None, definition=definition, people=AnyPeople(), path="automated_actions.0", errors=errors, now=1
    )
    assert found is not None, errors.found
    assert [action.action_verb for action in found.actions] == ["show", "deadline", "assign_only", "emit_webhook"]
    assert found.actions[1].deadline == RuleDeadline(value=3, unit="days", option="before")
    assert found.actions[2].assignees == Owners(users=(12,))
    # the same rule without a `statement` key and with a step operation on a field names both paths
    broken = {**data, "conditions": [{**data["conditions"][0], "operation": "approved", "conditionable_id": "amount"}]}
    del broken["conditions"][0]["statement"]
    errors = Errors()
    assert (
        rule_from(
            broken,
            current=None,
            definition=definition,
            people=AnyPeople(),
            path="automated_actions.0",
            errors=errors,
            now=1,
        )
        is None
    )
    assert set(errors.found) == {
        "automated_actions.0.conditions.0.operation",
        "automated_actions.0.conditions.0.statement",
    }


@pytest.mark.parametrize(
    ("logic", "truths", "expected"),
    [
        # A and B or C = (A and B) or C; A or B and C = (A or B) and C
        (("and", "or"), (False, False, True), True),
        (("and", "or"), (True, False, False), False),
        (("or", "and"), (True, False, False), False),
        (("or", "and"), (True, False, True), True),
    ],
)
def test_5_4_no_precedence(logic: tuple[str, str], truths: tuple[bool, bool, bool], expected: bool) -> None:
    conditions = [
        when(f"kickoff:f{number}", "is_not_empty", logic=word)
        for number, word in enumerate(("and", *logic))  # the first logic is ignored
    ]
    made = template(
        step("a"),
        kickoff=tuple(field(f"f{number}") for number in range(3)),
        rules=(rule("r", conditions, then("hide", "a")),),
    )
    answers = {f"f{number}": "x" for number, truth in enumerate(truths) if truth}
    assert (Play(made, launch={"kickoff": answers}).hidden == {"a"}) is expected


# ------------------------------------------------------------------------------------------------ 5.6 the two laps


def test_5_6_a_loop_of_two_reopens_needs_a_person_in_each_lap() -> None:
    rules = (
        rule("1", when("step:a", "completed"), then("reopen", "b")),
        rule("2", when("step:b", "completed"), then("reopen", "a")),
    )
    play = Play(template(step("a"), step("b"), rules=rules)).complete("a").complete("b")
    assert play.changed == ["a"]
    assert play.task("a").status == "in-progress"
    play.complete("a")
    # completing a reopens b, and that is all: no lap runs by itself
    assert play.changed == ["b"]
    assert (play.task("a").status, play.task("b").status) == ("completed", "in-progress")


# ---------------------------------------------------------------------------------------------- 6.1 the deadlines


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (StepDeadline(value=2, unit="days", step="start_run"), "2"),
        (StepDeadline(value=2, unit="days", step=None), "2"),
        (None, "5"),
        (StepDeadline(value=36, unit="hours", step="start_run"), "1.5"),
        (StepDeadline(value=2, unit="weeks", step="start_run"), "14"),
    ],
)
def test_6_1_option_and_anchor(deadline: StepDeadline | None, expected: str) -> None:
    made = template(step("a", deadline=deadline))
    assert Play(made).due("a") == expected


def test_6_1_from_is_the_completion_and_prior_to_the_due_date() -> None:
    steps = (
        step("x", deadline=StepDeadline(value=10, unit="days", step="start_run")),
        step("after", deadline=StepDeadline(value=2, unit="days", step="x")),
        step("before", deadline=StepDeadline(value=3, unit="days", step="x", option="prior_to")),
    )
    play = Play(template(*steps))
    assert (play.due("after"), play.due("before")) == ("12?", "7")
    play.day = 1
    play.complete("x")
    assert (play.due("after"), play.due("before")) == ("3", "7")


def test_6_1_override_chain() -> None:
    steps = (
        step("own", deadline=StepDeadline(value=3, unit="days")),
        step("none"),
        step("given", deadline=StepDeadline(value=3, unit="days")),
    )
    play = Play(template(*steps), launch={"tasks": {"given": TaskOverride(deadline=at("2027-03-03 12:00"))}})
    assert [play.due(name) for name in ("own", "none", "given")] == ["3", "5", "2"]


def test_6_2_month_ends_clamp_and_the_clock_on_the_wall_stays() -> None:
    assert iso(add(at("2027-01-31 09:00"), 1, "months", "UTC")) == "2027-02-28T09:00:00.000Z"
    assert iso(add(at("2028-01-31 09:00"), 1, "months", "UTC")) == "2028-02-29T09:00:00.000Z"
    # summer time begins in Berlin on 28 March 2027
    assert iso(add(at("2027-03-27 08:00"), 1, "days", "Europe/Berlin")) == "2027-03-28T07:00:00.000Z"
    assert iso(add(at("2027-03-27 08:00"), 24, "hours", "Europe/Berlin")) == "2027-03-28T08:00:00.000Z"


def test_6_3_all_days_off_and_four_days() -> None:
    off = {day: {"enabled": False} for day in DAY_NAMES}
    saturday = at("2027-03-06 12:00")
    assert into_working_time(saturday, off, "UTC") == saturday
    four = {day: {"enabled": day in DAY_NAMES[:4]} for day in DAY_NAMES}
    assert iso(into_working_time(at("2027-03-05 12:00"), four, "UTC")) == "2027-03-08T00:00:00.000Z"


# --------------------------------------------------------------------------------------------------- 7.3 and 7.5


def test_7_3_a_rule_that_takes_the_last_one_off_leaves_nobody() -> None:
    rules = (rule("r", when("step:a", "completed"), then("unassign", "b", assignees=users(5))),)
    made = template(step("a"), step("b", owners=Owners(groups=(G,))), rules=rules)
    directory = Directory(Group(id=G, members=(3,)))
    overrides = {"b": TaskOverride(owners=users(5))}
    play = Play(made, directory=directory, launch={"tasks": overrides})
    assert play.owners("b") == {5}
    assert play.complete("a").owners("b") == set()


def test_7_5_a_guest_alone_gets_the_launcher() -> None:
    play = Play(template(step("a", owners=Owners(guests=("c@x.example",)))))
    assert play.owners("a") == {2, "c@x.example"}
    assert play.task("a").watch_only == 2
