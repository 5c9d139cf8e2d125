"""How rules read statements, tried with whatever a client may have stored in one (decision 62)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.rule_definitions import FIELD_OPERATIONS
from handrail.engine.rules.readings import number_of, statement_lists, statement_text
from tests.engine.rules.test_field_conditions import KINDS, holds, one

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "text", "x"]), inner),
    max_leaves=6,
)


@given(kind=st.sampled_from(sorted(KINDS)), operation=st.sampled_from(FIELD_OPERATIONS), statement=json, value=json)
def test_no_statement_and_no_value_breaks_a_condition(kind: str, operation: str, statement: Any, value: Any) -> None:
    if operation != "is_empty" and operation.startswith("not_") and holds(one(kind), value, operation, statement):
        assert not holds(one(kind), value, operation.removeprefix("not_"), statement)
    else:
        assert holds(one(kind), value, operation, statement) in (True, False)


@given(st.integers(-(10**15), 10**15), st.integers(0, 99))
def test_numbers_with_separators_are_the_same_numbers(whole: int, cents: int) -> None:
    plain, grouped = f"{whole}.{cents:02}", f"{whole:,}.{cents:02}"
    assert number_of(plain) == number_of(grouped) == number_of(f"$ {grouped.replace(',', ' ')}")


def test_how_a_statement_is_read_as_a_list() -> None:
    assert statement_lists(["a", 2, {"id": 3, "text": "c"}]) == [["a", "2", "c"]]
    assert statement_lists('["a, b", "c"]') == [["a, b", "c"]]
    assert statement_lists("a, b,,c ") == [["a, b,,c"], ["a", "b", "c"]]
    assert statement_lists("[broken, list") == [["[broken, list"], ["[broken", "list"]]
    assert statement_lists(None) == [[""]]
    assert statement_text(["only"]) == "only"
    assert statement_text(["one", "two"]) == ""
    assert statement_text({"id": 4}) == "4"
