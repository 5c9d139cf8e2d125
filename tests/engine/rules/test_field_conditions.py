"""Conditions on fields: every operation on every type of field (engine 5.3, decisions 29, 62, 73)."""

from typing import Any

import pytest

from handrail.engine.definition import Field
from handrail.engine.rule_definitions import FIELD_OPERATIONS
from handrail.engine.rules.situation import Situation
from handrail.engine.working import Working
from tests.engine.builders import NOON, compiled, field, rule, started, step, template, then, when

OPTIONS = (
    {"id": 1, "text": "Small"},
    {"id": 2, "text": "Large, heavy"},
    {"id": 3, "text": "1"},
    {"id": 4, "text": "4"},
)
COLUMNS = ({"id": 1, "label": "Item"}, {"id": 2, "label": "Amount"})
KINDS: dict[str, dict[str, Any]] = {
    "text": {},
    "textarea": {},
    "email": {},
    "date": {},
    "dropdown": {"options": OPTIONS},
    "radio": {"options": OPTIONS},
    "multiselect": {"options": OPTIONS},
    "table": {"columns": COLUMNS},
    "file": {},
    "assignees_form": {},
}
ZONE = "America/New_York"


def holds(
    one: Field, value: Any, operation: str, statement: Any = None, *, column: str | None = None, zone: str = "UTC"
) -> bool:
    """Whether a condition on a kick-off field with this answer is true."""
    made = template(
        step("target"),
        kickoff=(one,),
        rules=(rule("r", when(f"kickoff:{one.id}", operation, statement, column=column), then("hide", "target")),),
    )
    rules = compiled(made.definition)
    assert rules is not None
    process = started(template(step("target")))
    working = Working.of_process(process, NOON)
    working.replace_process(kickoff={one.id: value})
    return rules.rules[0].holds(Situation(working, zone))


def one(kind: str, **settings: Any) -> Field:
    return field("f", kind, **KINDS[kind], **settings)


def option(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "text": text, **more}


def chosen(*options: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**entry, "selected": True} for entry in options]


SMALL, LARGE, FOUR = option(1, "Small"), option(2, "Large, heavy"), option(4, "4")
BOTH = chosen(SMALL, LARGE)
FILES = [{"id": "x", "filename": "Annual Report.pdf"}, {"url": "https://x.example/a", "filename": "photo.png"}]
ROWS = [["Crane hire", "1,200"], ["Cable", 40], [None, ""]]

# type, value, operation, statement, expected
TABLE: list[tuple[str, Any, str, Any, bool]] = [
    ("text", "Porto", "equals", "Porto", True),
    ("text", " Porto ", "equals", "Porto  ", True),
    ("text", "Porto", "equals", "porto", False),
    ("text", "Porto", "equals", None, False),
    ("text", 12, "equals", "12", True),
    ("text", "12", "equals", 12, True),
    ("text", True, "equals", "true", True),
    ("text", "Porto", "not_equals", "porto", True),
    ("text", "Porto", "not_equals", "Porto", False),
    ("text", "Porto", "not_equals", None, True),
    ("text", "Porto", "equals_any", "Lisbon,Porto", True),
    ("text", "Porto", "equals_any", " Lisbon , Porto ", True),
    ("text", "Lisbon, Porto", "equals_any", "Lisbon, Porto", True),
    ("text", "Porto", "equals_any", ["Lisbon", "Porto"], True),
    ("text", "Porto", "equals_any", '["Lisbon", "Porto"]', True),
    ("text", "[Porto", "equals_any", "[Porto,x", True),
    ("text", "Porto", "equals_any", ["Lisbon"], False),
    ("text", "Porto", "equals_any", None, False),
    ("text", "Porto", "contains", "ORT", True),
    ("text", "STRASSE", "contains", "straße", True),
    ("text", "Porto", "contains", "x", False),
    ("text", "Porto", "contains", "", False),
    ("text", "Porto", "contains", None, False),
    ("text", "Porto", "contains", ["ort"], True),
    ("text", "Porto", "contains", ["ort", "x"], False),
    ("text", 1200, "contains", "20", True),
    ("text", "Porto", "not_contains", "ORT", False),
    ("text", "Porto", "not_contains", "x", True),
    ("text", "1200", "greater_than", "1000", True),
    ("text", "1000", "greater_than", "1000", False),
    ("text", "€ 1,200.50", "greater_than", "1 200", True),
    ("text", "900", "greater_than", "1,000", False),
    ("text", "0.3", "greater_than", "0.30", False),
    ("text", "9007199254740993", "greater_than", "9007199254740992", True),
    ("text", 12.5, "greater_than", 12, True),
    ("text", "many", "greater_than", "1", False),
    ("text", "12", "greater_than", "many", False),
    ("text", "-5", "less_than", "$ 3", True),
    ("text", "5", "less_than", "5", False),
    ("text", "many", "less_than", "1", False),
    ("text", "5", "greater_or_equal", "5.0", True),
    ("text", "4", "greater_or_equal", "5", False),
    ("text", "5", "less_or_equal", "5.0", True),
    ("text", "6", "less_or_equal", "5", False),
    ("text", "0", "is_not_empty", None, True),
    ("text", "0", "is_empty", None, False),
    ("text", "   ", "is_empty", None, True),
    ("text", "", "is_empty", None, True),
    ("text", None, "is_not_empty", None, False),
    ("textarea", "one\ntwo", "contains", "TWO", True),
    ("textarea", "one\ntwo", "equals", "one\ntwo", True),
    ("textarea", "one", "not_contains", "two", True),
    ("textarea", "one", "not_equals", "two", True),
    ("textarea", "one", "equals_any", "two,one", True),
    ("textarea", "12", "greater_than", "1", False),
    ("textarea", "12", "less_than", "100", False),
    ("textarea", "12", "greater_or_equal", "12", False),
    ("textarea", "12", "less_or_equal", "12", False),
    ("textarea", "one", "is_not_empty", None, True),
    ("textarea", "", "is_empty", None, True),
    ("email", "ada@x.example", "equals", "ada@x.example", True),
    ("email", "ada@x.example", "not_equals", "bob@x.example", True),
    ("email", "ada@x.example", "equals_any", ["bob@x.example"], False),
    ("email", "ada@x.example", "contains", "@X.EXAMPLE", True),
    ("email", "ada@x.example", "not_contains", "@y.", True),
    ("email", "ada@x.example", "greater_than", "1", False),
    ("email", "ada@x.example", "less_than", "1", False),
    ("email", "ada@x.example", "greater_or_equal", "1", False),
    ("email", "ada@x.example", "less_or_equal", "1", False),
    ("email", "ada@x.example", "is_not_empty", None, True),
    ("email", None, "is_empty", None, True),
    ("date", "2027-03-09", "equals", "2027-03-09", True),
    ("date", "2027-03-09T15:00:00.000Z", "equals", "2027-03-09", True),
    ("date", "2027-03-09T15:00:00.000Z", "equals", "2027-03-09 15:00:00", True),
    ("date", "2027-03-09T15:00:00.000Z", "equals", "2027-03-09T16:00:00+01:00", True),
    ("date", "2027-03-09T15:00:00.000Z", "equals", "2027-03-09 15:00:01", False),
    ("date", "2027-03-09", "equals", "2027-03-09 00:00:00", True),
    ("date", "2027-03-09", "equals", "soon", False),
    ("date", "2027-03-09", "not_equals", "2027-03-10", True),
    ("date", "2027-03-09", "not_equals", "2027-03-09", False),
    ("date", "2027-03-09", "equals_any", "2027-03-08,2027-03-09", True),
    ("date", "2027-03-09", "equals_any", ["2027-03-08"], False),
    ("date", "2027-03-09", "contains", "2027-03", True),
    ("date", "2027-03-09T15:00:00.000Z", "contains", "15:00", False),
    ("date", "2027-03-09", "not_contains", "2028", True),
    ("date", "2027-03-09", "greater_than", "2027-03-08", True),
    ("date", "2027-03-09", "greater_than", "2027-03-09", False),
    ("date", "2027-03-09 00:00:01", "greater_than", "2027-03-09 00:00:00", True),
    ("date", "2027-03-09", "less_than", "2027-03-10", True),
    ("date", "2027-03-09", "less_than", "soon", False),
    ("date", "2027-03-09", "greater_or_equal", "2027-03-09", True),
    ("date", "2027-03-08", "greater_or_equal", "2027-03-09", False),
    ("date", "2027-03-09 15:00:00", "less_or_equal", "2027-03-09", True),
    ("date", "2027-03-10", "less_or_equal", "2027-03-09", False),
    ("date", "2027-03-09", "is_not_empty", None, True),
    ("date", None, "is_empty", None, True),
    ("dropdown", LARGE, "equals", "Large, heavy", True),
    ("dropdown", LARGE, "equals", "2", True),
    ("dropdown", LARGE, "equals", 2, True),
    ("dropdown", LARGE, "equals", {"id": 2, "text": "Large, heavy"}, True),
    ("dropdown", LARGE, "equals", "large, heavy", False),
    # an option whose text looks like the id of another one
    ("dropdown", SMALL, "equals", "1", False),
    ("dropdown", option(3, "1"), "equals", "1", True),
    ("dropdown", LARGE, "not_equals", "Small", True),
    ("dropdown", LARGE, "not_equals", "2", False),
    ("dropdown", LARGE, "equals_any", "Large, heavy", True),
    ("dropdown", SMALL, "equals_any", "Large,Small", True),
    ("dropdown", SMALL, "equals_any", ["2", "Large"], False),
    ("dropdown", LARGE, "contains", "HEAVY", True),
    ("dropdown", LARGE, "not_contains", "heavy", False),
    ("dropdown", LARGE, "not_contains", "2", True),
    ("dropdown", FOUR, "greater_than", "3", True),
    ("dropdown", FOUR, "less_than", "4", False),
    ("dropdown", FOUR, "greater_or_equal", "4", True),
    ("dropdown", FOUR, "less_or_equal", "4", True),
    ("dropdown", SMALL, "less_than", "4", False),
    ("dropdown", SMALL, "is_not_empty", None, True),
    ("dropdown", {}, "is_empty", None, True),
    ("radio", "Small", "equals", "Small", True),
    ("radio", "Large, heavy", "equals", "2", True),
    ("radio", "Small", "not_equals", "Small", False),
    ("radio", "Small", "equals_any", "Small,4", True),
    ("radio", "Small", "equals_any", "Large", False),
    ("radio", "Large, heavy", "contains", "large", True),
    ("radio", "Large, heavy", "not_contains", "large", False),
    ("radio", "4", "greater_than", "3", False),
    ("radio", "4", "less_than", "5", False),
    ("radio", "4", "greater_or_equal", "4", False),
    ("radio", "4", "less_or_equal", "4", False),
    ("radio", "4", "is_not_empty", None, True),
    ("radio", "", "is_empty", None, True),
    ("multiselect", BOTH, "equals", ["Large, heavy", "Small"], True),
    ("multiselect", BOTH, "equals", '["Small", "2"]', True),
    ("multiselect", BOTH, "equals", "Small", False),
    ("multiselect", chosen(SMALL, FOUR), "equals", "4, Small", True),
    ("multiselect", chosen(LARGE), "equals", "Large, heavy", True),
    ("multiselect", chosen(SMALL), "not_equals", "Small", False),
    ("multiselect", BOTH, "not_equals", "Small", True),
    ("multiselect", BOTH, "equals_any", "4,Small", True),
    ("multiselect", BOTH, "equals_any", ["4"], False),
    ("multiselect", BOTH, "contains", "small", True),
    ("multiselect", BOTH, "contains", "2", True),
    ("multiselect", BOTH, "contains", "Sma", False),
    ("multiselect", [SMALL, *chosen(LARGE)], "contains", "Small", False),
    ("multiselect", BOTH, "not_contains", "4", True),
    ("multiselect", BOTH, "not_contains", "Small", False),
    ("multiselect", BOTH, "greater_than", "0", False),
    ("multiselect", BOTH, "less_than", "9", False),
    ("multiselect", BOTH, "greater_or_equal", "0", False),
    ("multiselect", BOTH, "less_or_equal", "9", False),
    ("multiselect", BOTH, "is_not_empty", None, True),
    ("multiselect", [SMALL], "is_empty", None, True),
    ("multiselect", [SMALL], "is_not_empty", None, False),
    ("table", ["Crane hire", "1,200"], "contains", "crane", True),
    ("table", ROWS, "contains", "cable", True),
    ("table", ROWS, "contains", "40", True),
    ("table", ROWS, "contains", "ship", False),
    ("table", ROWS, "not_contains", "ship", True),
    ("table", ROWS, "not_contains", "crane", False),
    ("table", ["a", "b"], "equals", "a", False),
    ("table", ["a", "b"], "not_equals", "x", False),
    ("table", ["a", "b"], "equals_any", "a", False),
    ("table", ["4", "4"], "greater_than", "3", False),
    ("table", ["4", "4"], "less_than", "5", False),
    ("table", ["4", "4"], "greater_or_equal", "4", False),
    ("table", ["4", "4"], "less_or_equal", "4", False),
    ("table", ROWS, "is_not_empty", None, True),
    ("table", [["", None], [" ", False]], "is_empty", None, True),
    ("file", FILES, "contains", "REPORT", True),
    ("file", FILES, "contains", "https", False),
    ("file", [{"id": "x"}], "contains", "x", False),
    ("file", FILES, "not_contains", "invoice", True),
    ("file", FILES, "not_contains", "photo", False),
    ("file", FILES, "equals", "photo.png", False),
    ("file", FILES, "not_equals", "x", False),
    ("file", FILES, "equals_any", "photo.png", False),
    ("file", FILES, "greater_than", "1", False),
    ("file", FILES, "less_than", "9", False),
    ("file", FILES, "greater_or_equal", "1", False),
    ("file", FILES, "less_or_equal", "9", False),
    ("file", FILES, "is_not_empty", None, True),
    ("file", [], "is_empty", None, True),
    ("assignees_form", {"users": [7]}, "is_not_empty", None, True),
    ("assignees_form", {"users": [], "guests": []}, "is_not_empty", None, False),
    ("assignees_form", {"users": [], "guests": []}, "is_empty", None, True),
    ("assignees_form", {"users": [7]}, "equals", "7", False),
    ("assignees_form", {"users": [7]}, "not_equals", "8", False),
    ("assignees_form", {"users": [7]}, "equals_any", "7", False),
    ("assignees_form", {"guests": ["a@x.example"]}, "contains", "a@x", False),
    ("assignees_form", {"users": [7]}, "not_contains", "8", False),
    ("assignees_form", {"users": [7]}, "greater_than", "1", False),
    ("assignees_form", {"users": [7]}, "less_than", "9", False),
    ("assignees_form", {"users": [7]}, "greater_or_equal", "7", False),
    ("assignees_form", {"users": [7]}, "less_or_equal", "7", False),
]


@pytest.mark.parametrize(("kind", "value", "operation", "statement", "expected"), TABLE)
def test_every_operation(kind: str, value: Any, operation: str, statement: Any, expected: bool) -> None:
    assert holds(one(kind), value, operation, statement) is expected


def test_the_table_leaves_nothing_out() -> None:
    there = {(kind, operation) for kind, _, operation, _, _ in TABLE}
    assert {(kind, operation) for kind in KINDS for operation in FIELD_OPERATIONS} - there == set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [None, "", [], {}, False, 0])
def test_on_an_empty_answer_only_the_negative_operations_are_true(kind: str, value: Any) -> None:
    true = {operation for operation in FIELD_OPERATIONS if holds(one(kind), value, operation, "x")}
    negative = {"not_equals", "not_contains"}
    if kind == "assignees_form":
        negative = set()
    elif kind in ("table", "file"):
        negative = {"not_contains"}
    assert true == {"is_empty", *negative}


# ------------------------------------------------------------------------------------------- numbers, decision 62


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000.01", True),
        ("1,000.01", True),
        ("1 000.01", True),
        ("1\u00a0000.01", True),
        ("$1,000.01", True),
        ("1000.01 €", True),
        ("+2e3", True),
        (".5", False),
        ("1,234,567", True),
        ("12,34", False),
        ("1,0000", False),
        ("2,000,00", False),
        ("2.000,00", False),
        ("2000 EUR", False),
        ("two thousand", False),
        ("1000", False),
        ("", False),
        ("-", False),
        ("1.5.2", False),
        ("NaN", False),
        ("Infinity", False),
    ],
)
def test_which_texts_are_numbers(text: str, expected: bool) -> None:
    assert holds(one("text"), text, "greater_than", "1000") is expected
    # as a statement just the same: a number that is none is greater or less than nothing
    assert holds(one("text"), "1000", "less_than", text) is expected


# ---------------------------------------------------------------------------------------------- dates and zones


def test_a_day_is_the_same_day_in_every_zone() -> None:
    late_evening = "2027-03-10T02:30:00.000Z"  # still the 9th in New York
    assert holds(one("date"), late_evening, "equals", "2027-03-09", zone=ZONE)
    assert not holds(one("date"), late_evening, "equals", "2027-03-10", zone=ZONE)
    assert holds(one("date"), "2027-03-10", "equals", "2027-03-10", zone=ZONE)
    # the 10th begins at five in the morning, UTC
    assert holds(one("date"), "2027-03-10", "greater_than", "2027-03-10T04:59:59Z", zone=ZONE)
    assert not holds(one("date"), "2027-03-10", "greater_than", "2027-03-10T05:00:00Z", zone=ZONE)
    assert holds(one("date"), late_evening, "less_than", "2027-03-10", zone=ZONE)


def test_a_date_is_searched_as_the_organization_reads_it() -> None:
    late_evening = "2027-03-10T02:30:00.000Z"
    timed = one("date", collect_time=True)
    assert holds(timed, late_evening, "contains", "2027-03-09 21:30", zone=ZONE)
    assert holds(one("date"), late_evening, "contains", "03-09", zone=ZONE)
    assert not holds(one("date"), late_evening, "contains", "21:30", zone=ZONE)
    assert holds(timed, "2027-03-10", "contains", "2027-03-10 00:00", zone=ZONE)


# ------------------------------------------------------------------------------------------------- single types


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("Item", "crane", True),
        (" item ", "CRANE", True),
        ("Amount", "crane", False),
        ("Amount", "40", True),
        ("Price", "40", False),
        ("", "40", True),
        (None, "crane", True),
    ],
)
def test_one_column_of_a_table(column: str | None, text: str, expected: bool) -> None:
    assert holds(one("table"), ROWS, "contains", text, column=column) is expected
    assert holds(one("table"), ROWS, "not_contains", text, column=column) is not expected
    assert holds(one("table"), [], "not_contains", text, column=column)


def test_rich_text_is_compared_as_it_reads() -> None:
    rich = one("textarea", use_wysiwyg_editor=True)
    assert holds(rich, "<p>Ready to <b>ship</b></p>", "contains", "to ship")
    assert not holds(rich, "<p>Ready</p>", "contains", "<p>")
    assert holds(rich, "<p>Ready</p>", "equals", "Ready")
    assert holds(rich, "<p> </p>", "is_empty")


def test_answers_whose_field_had_another_type_do_no_harm() -> None:
    values: list[Any] = ["x", 3, True, ["x"], [["x"]], [1], {"text": "x"}, {"users": "x"}, [{"selected": True}], [None]]
    for kind in KINDS:
        for operation in FIELD_OPERATIONS:
            for value in values:
                assert holds(one(kind), value, operation, "x") in (True, False)
