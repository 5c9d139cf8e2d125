"""Form values: engine 4.2 to 4.4 and the field-type catalogue of the wire contract."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.definition import Field, Owners
from handrail.engine.values import (
    AnyPeople,
    all_checked,
    check_value,
    check_values,
    initial_values,
    is_cleared,
    is_filled,
    missing_required,
    owners_of,
)
from handrail.kernel.clock import parse_moment
from handrail.kernel.errors import Errors

GROUP = "2d9f6a80c7e14b53b8f1049e63ad5c7e"
OPTIONS = ({"id": 1, "text": "UK"}, {"id": 2, "text": "EU", "value": None}, {"id": 3, "text": " eu"})
COLUMNS = ({"id": 1, "label": "Item"}, {"id": 2, "label": "Qty"})


def field(field_type: str, **more: Any) -> Field:
    if field_type in ("radio", "dropdown", "multiselect"):
        more.setdefault("options", OPTIONS)
    if field_type == "table":
        more.setdefault("columns", COLUMNS)
    more = {"id": "f01", "alias": "a-1", "label": "Answer", **more}
    return Field(field_type=field_type, **more)  # pyright: ignore[reportArgumentType]


FIELDS = [
    field("text"),
    field("text", field_validation=("alpha_dash", "min:2", "max:5")),
    field("text", field_validation=("numeric", "min:-2", "max:5.5")),
    field("text", field_validation=("email",)),
    field("text", field_validation=("url",)),
    field("textarea"),
    field("textarea", use_wysiwyg_editor=True),
    field("email"),
    field("date"),
    field("date", collect_time=True),
    field("radio"),
    field("dropdown"),
    field("multiselect"),
    field("multiselect", settings={"must_all_checked": True}),
    field("table"),
    field("table", columns=COLUMNS[:1]),
    field("file"),
    field("assignees_form"),
]


class Office:
    """One member and one group."""

    def has_member(self, user_id: int) -> bool:
        return user_id == 40822

    def has_group(self, group_id: str) -> bool:
        return group_id == GROUP


def checked(of: Field, value: Any) -> Any:
    """The value to store; fails when it is refused."""
    errors = Errors()
    stored = check_value(of, value, Office(), path="p", errors=errors)
    assert errors.found == {}
    return stored


def refused(of: Field, value: Any) -> str:
    """Why a value is refused; fails when it is not."""
    errors = Errors()
    assert check_value(of, value, Office(), path="prerun.f01", errors=errors) is None
    assert list(errors.found) == ["prerun.f01"]
    [text] = errors.found["prerun.f01"]
    assert text.startswith("Answer ")
    return text


FILE = {
    "id": "b09e57d14c6f4e83a2d5710fc8b3e649",
    "filename": "trade-licence.pdf",
    "version": 1,
    "uploaded_from": "17e5b3a98c6d4f02b9e48a7d60f2c3d1",
    "source": "local",
    "subject": {"id": "a81d4f6e03b74c29965e7d0c2fb13e48", "type": "Run"},
    "url": "organizations/5d1f0c7a9b3e4d62a8c4f10b7e95d233/file/b09e57d14c6f4e83a2d5710fc8b3e649/dl",
}


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (field("text"), "Atlantic Pilots"),
        (field("text"), 12.5),
        (field("text"), True),
        (field("text"), "0"),
        (field("text"), "x" * 255),
        (field("textarea"), "<p>Long-standing partner.</p><script>kept where no HTML is drawn</script>"),
        (field("email"), "ops@pilots.example"),
        (field("date"), "2027-04-01"),
        (field("date"), "2027-04-01 15:00:00"),
        (field("date"), "2027-04-01T00:00:00.000Z"),
        (field("radio"), "EU"),
        (field("dropdown"), {"id": 2, "text": "EU"}),
        (field("dropdown"), {"id": 2, "text": "EU", "value": None, "required": False}),
        (field("multiselect"), [{"id": 1, "text": "UK", "selected": True}, {"id": 2, "text": "EU"}]),
        (field("table"), ["Crane", "2"]),
        (field("table"), ["Crane", None]),
        (field("table"), [["Crane", 2], ["Rope", 30]]),
        (field("file"), [FILE]),
        (field("file"), [{"filename": "a.pdf", "source": "url", "url": "https://files.example/a.pdf"}]),
        (field("assignees_form"), {"users": [40822, "40822"], "guests": ["rui@pilots.example"], "groups": [GROUP]}),
        (field("assignees_form"), {"users": ["40822"]}),
    ],
)
def test_4_2_values_are_kept_verbatim(of: Field, value: Any) -> None:
    assert checked(of, value) == value


@pytest.mark.parametrize(
    ("of", "value", "advice"),
    [
        (field("text"), ["a"], "one text or number"),
        (field("text"), "x" * 256, "at most 255"),
        (field("text"), "a\0b", "U+0000"),
        (field("text"), 10**400, "one text or number"),
        (field("textarea"), 12345, "takes text"),
        (field("textarea"), "x" * 30_001, "at most 30000"),
        (field("email"), "ops at pilots", "name@example.com"),
        (field("email"), 5, "e-mail address"),
        (field("date"), 1_800_000_000, "date as text"),
        (field("date"), "next week", "2027-03-09"),
        (field("date"), "2027-02-30", "2027-03-09"),
        (field("radio"), "eu", 'exactly one of "UK", "EU"'),
        (field("radio"), "EU ", "exactly one of"),
        (field("radio"), {"id": 2, "text": "EU"}, "the text of one option"),
        (field("dropdown"), {"id": 1, "text": "EU"}, "same option"),
        (field("dropdown"), {"id": True, "text": "UK"}, "same option"),
        (field("dropdown"), {"id": 2}, "same option"),
        (field("dropdown"), "EU", "invalid choice"),
        (field("dropdown"), [{"id": 2, "text": "EU"}], "invalid choice"),
        (field("multiselect"), {"id": 2, "text": "EU"}, "list of options"),
        (field("multiselect"), ["EU"], "as objects"),
        (field("multiselect"), [{"id": 2, "text": "UK"}], "same option"),
        (field("multiselect"), [{"id": 2, "text": "EU", "selected": "yes"}], "true or false"),
        (field("table"), ["Crane"], "2 entries in a row, one for each column (Item, Qty); there are 1"),
        (field("table"), ["Crane", "2", "3"], "there are 3"),
        (field("table"), [["Crane", "2"], "Rope"], "not a mixture"),
        (field("table"), ["Crane", ["2"]], "in each cell"),
        (field("table"), "Crane", "list with one entry"),
        (field("file"), FILE, "list of files"),
        (field("file"), [{"filename": "a.pdf"}], "`id`, `full_url` or `url`"),
        (field("file"), [{**FILE, "source": "disk"}], '"local" or "url"'),
        (field("file"), [{"url": "javascript:alert(1)"}], "http or https"),
        (field("file"), [{"url": "\x01java\tscript:alert(1)"}], "http or https"),
        (field("assignees_form"), [40822], "users"),
        (field("assignees_form"), {"users": [40823]}, "40823"),
        (field("assignees_form"), {"users": [True]}, "users"),
        (field("assignees_form"), {"guests": ["rui"]}, '"rui"'),
        (field("assignees_form"), {"groups": ["nobody"]}, '"nobody"'),
    ],
)
def test_4_2_refusals_say_what_would_be_right(of: Field, value: Any, advice: str) -> None:
    assert advice in refused(of, value)


@pytest.mark.parametrize("of", FIELDS, ids=lambda of: of.field_type)
@pytest.mark.parametrize("value", [{"value": "EU"}, {"value": None}, {"value": [1]}, {"value": {"users": []}}])
def test_4_2_a_wrapped_value_is_refused_for_every_type(of: Field, value: Any) -> None:
    assert "not wrapped" in refused(of, value)


@pytest.mark.parametrize("of", FIELDS, ids=lambda of: of.field_type)
@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", [], {}])
def test_4_2_cleared_values_fit_every_type(of: Field, value: Any) -> None:
    assert is_cleared(value)
    assert checked(of, value) == value
    assert not is_filled(of, value)


def test_4_2_the_text_0_is_an_answer() -> None:
    assert not is_cleared("0")
    assert is_filled(field("text"), "0")


def test_4_2_rich_text_is_sanitised() -> None:
    assert checked(field("textarea", use_wysiwyg_editor=True), "<p>a<script>b</script></p>") == "<p>a</p>"


def test_decision_20_a_table_of_one_row_becomes_the_row() -> None:
    assert checked(field("table"), [["Crane", "2"]]) == ["Crane", "2"]


@pytest.mark.parametrize(
    ("rules", "good", "bad"),
    [
        (("numeric",), ["12", "-3.5", "1e3", 7, ".5"], ["1,5", "12 kg", "NaN", True, "1_000", "٣x", "٣", "\uff11"]),
        (("email",), ["a@b.example"], ["a"]),
        (("url",), ["https://x.example/y?z"], ["x.example", "javascript:alert(1)"]),
        (("alpha",), ["Zoë", "日本"], ["a b", "a1"]),
        (("alpha_num",), ["a1"], ["a-1"]),
        (("alpha_dash",), ["a-1_b"], ["a.b"]),
        (("min:2", "max:4"), ["ab", "abcd", 1234], ["a", "abcde", 12345]),
        (("numeric", "min:2", "max:4"), ["2", "4.0", 3], ["1.99", "40", "four"]),
    ],
)
def test_4_3_validations(rules: tuple[str, ...], good: list[Any], bad: list[Any]) -> None:
    of = field("text", field_validation=rules)
    for value in good:
        assert checked(of, value) == value
    for value in bad:
        refused(of, value)
    assert checked(of, "") == ""


def test_check_values_drops_unknown_keys_and_names_each_wrong_one() -> None:
    fields = [field("text", id="a"), field("email", id="b"), field("date", id="c")]
    errors = Errors()
    given_values = {"a": "x", "b": "nobody", "zzz": 1, "c": None}
    assert check_values(fields, given_values, AnyPeople(), path_prefix="taskdata", errors=errors) == {
        "a": "x",
        "c": None,
    }
    assert list(errors.found) == ["taskdata.b"]


@pytest.mark.parametrize(
    ("of", "value", "filled"),
    [
        (field("text"), "   ", False),
        (field("text"), "x", True),
        (field("text"), 3, True),
        (field("textarea", use_wysiwyg_editor=True), "<p>&nbsp;</p><p><br></p>", False),
        (field("textarea", use_wysiwyg_editor=True), '<p><img src="/a.png"></p>', True),
        (field("textarea"), "<p></p>", True),
        (field("multiselect"), [{"id": 1, "text": "UK"}], False),
        (field("multiselect"), [{"id": 1, "text": "UK", "selected": False}], False),
        (field("multiselect"), [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU", "selected": True}], True),
        (field("table"), ["", " "], False),
        (field("table"), [["", None], ["", "x"]], True),
        (field("table"), ["", 0], True),
        (field("file"), [FILE], True),
        (field("assignees_form"), {"users": [], "guests": [], "groups": []}, False),
        (field("assignees_form"), {"users": [], "guests": ["a@b.example"]}, True),
        (field("assignees_form"), "left from when it was a text", True),
    ],
)
def test_4_4_what_counts_as_filled(of: Field, value: Any, filled: bool) -> None:
    assert is_filled(of, value) is filled


def test_4_4_at_launch_a_list_with_nothing_selected_is_enough() -> None:
    of = field("multiselect", required=True, settings={"must_all_checked": True})
    listed = {"f01": [{"id": 1, "text": "UK"}]}
    assert missing_required([of], listed, path_prefix="prerun", at_launch=True) == {}
    assert missing_required([of], {"f01": []}, path_prefix="prerun", at_launch=True) == {
        "prerun.f01": ["Answer is required"]
    }
    assert missing_required([of], listed, path_prefix="prerun") == {"prerun.f01": ["Answer is required"]}


def test_4_4_must_all_checked_is_independent_of_required() -> None:
    of = field("multiselect", settings={"must_all_checked": True})
    some = [{"id": 1, "text": "UK", "selected": True}, {"id": 2, "text": "EU", "selected": True}]
    every = [*some, {"id": 3, "text": " eu", "selected": True}]
    assert missing_required([of], {"f01": some}, path_prefix="") == {"f01": ["Answer needs every option checked"]}
    assert missing_required([of], {"f01": every}, path_prefix="") == {}
    assert all_checked(of, every)
    assert not all_checked(of, None)


def test_4_4_defaults() -> None:
    def given_default(field_type: str, value: Any, **more: Any) -> Field:
        return field(field_type, id=field_type, default_value=value, default_value_enabled=True, **more)

    fields = [
        given_default("text", "for {{client-name}}"),
        given_default("textarea", "plain"),
        given_default("date", "today+10"),
        given_default("radio", 2),
        given_default("dropdown", "EU"),
        given_default("multiselect", ["UK", 2, {"id": 3, "text": " eu"}]),
        field("email", id="email", default_value="a@b.example", default_value_enabled=False),
    ]
    now = parse_moment("2027-02-20T22:30:00Z")
    assert now is not None
    assert initial_values(fields, today=date(2027, 2, 21), now=now) == {
        "text": "for {{client-name}}",
        "textarea": "plain",
        "date": "2027-03-03",
        "radio": "EU",
        "dropdown": {"id": 2, "text": "EU", "value": None},
        "multiselect": [
            {"id": 1, "text": "UK", "value": None, "selected": True},
            {"id": 2, "text": "EU", "value": None, "selected": True},
            {"id": 3, "text": " eu", "selected": True},
        ],
    }


@pytest.mark.parametrize(
    ("default", "collect_time", "expected"),
    [
        ("today", False, "2027-02-21"),
        ("Today - 21", False, "2027-01-31"),
        ("today+1", True, "2027-02-21T22:30:00.000Z"),
        ("2027-12-24", False, "2027-12-24"),
        ("{{start-date}}", False, "{{start-date}}"),
    ],
)
def test_decision_66_dates(default: str, collect_time: bool, expected: str) -> None:
    of = field("date", default_value=default, default_value_enabled=True, collect_time=collect_time)
    now = parse_moment("2027-02-20T22:30:00Z")
    assert now is not None
    assert initial_values([of], today=date(2027, 2, 21), now=now) == {"f01": expected}


def test_a_default_that_its_field_has_outgrown_is_left_out() -> None:
    fields = [
        field("radio", default_value="Asia", default_value_enabled=True),
        field("table", id="f02", default_value=["a", "b"], default_value_enabled=True),
    ]
    assert initial_values(fields, today=date(2027, 2, 21), now=0) == {}


def test_owners_of_reads_what_is_a_person() -> None:
    value = {"users": [5, "6", 5, None, True], "guests": ["Rui@Pilots.example", 3], "groups": [GROUP]}
    assert owners_of(value) == Owners(users=(5, 6), guests=("rui@pilots.example",), groups=(GROUP,))
    assert not owners_of("somebody")


# ----------------------------------------------------------------------------------------------------- properties

KEYS = ["id", "text", "value", "selected", "users", "guests", "groups", "url", "full_url", "filename", "source"]
KNOWN = ["UK", "EU", "local", "a@b.example", GROUP, "2027-04-01", "<b>x</b>", "12", "40822", "https://x.example"]
WORDS = st.sampled_from(KEYS + KNOWN)
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS | st.integers(0, 4)
JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OPTION = st.sampled_from(OPTIONS).flatmap(
    lambda option: st.booleans().map(lambda selected: {**option, "selected": selected})
)
LIKELY = st.one_of(
    st.lists(OPTION, max_size=3),
    OPTION,
    st.lists(ATOMS, min_size=1, max_size=3),
    st.lists(st.lists(ATOMS, min_size=1, max_size=2), max_size=3),
    st.lists(st.fixed_dictionaries({"url": st.text(max_size=9)}, optional={"filename": ATOMS}), max_size=2),
    st.fixed_dictionaries({}, optional={"users": st.lists(ATOMS, max_size=2), "guests": st.lists(WORDS, max_size=2)}),
)


@given(st.sampled_from(FIELDS), JSON | LIKELY)
def test_any_json_is_accepted_or_explained_and_acceptance_is_stable(of: Field, value: Any) -> None:
    errors = Errors()
    stored = check_value(of, value, Office(), path="p", errors=errors)
    if errors:
        assert stored is None
        assert errors.found["p"][0]
    else:
        again = Errors()
        assert check_value(of, stored, Office(), path="p", errors=again) == stored
        assert not again
    assert is_filled(of, value) <= is_filled(of, value, at_launch=True)


@given(st.lists(JSON, min_size=3, max_size=3))
def test_reading_stored_values_of_any_shape_never_fails(values: list[Any]) -> None:
    for of in FIELDS:
        for value in values:
            assert is_cleared(value) <= (not is_filled(of, value))
            assert bool(missing_required([of], {"f01": value}, path_prefix="p")) <= bool(of.settings)


@given(st.sampled_from(FIELDS), JSON)
def test_defaults_of_any_shape_begin_a_form_with_valid_values(of: Field, default: Any) -> None:
    with_default = field(
        of.field_type,
        field_validation=of.field_validation,
        columns=of.columns,
        default_value=default,
        default_value_enabled=True,
    )
    for value in initial_values([with_default], today=date(2027, 2, 21), now=0).values():
        if not (isinstance(value, str) and "{{" in value):
            assert checked(with_default, value) == value
