"""Sheets of launches: CSV, lines of JSON, columns, and texts as values of fields."""

import csv
import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.definition import Field
from handrail.engine.sheet import OF_PROCESS, columns_of, keys_of, read_csv, read_lines
from handrail.engine.typed import answers_by_alias, one_object, value_of
from handrail.engine.value_checks import Wrong
from handrail.engine.values import AnyPeople, check_values
from handrail.kernel.errors import Errors
from tests.engine.builders import field

OPTIONS = ({"id": 1, "text": "UK"}, {"id": 2, "text": "EU"})
MEMBERS = {"ann@x.example": 7}

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=10)


def read(text: str) -> tuple[tuple[str, ...], list[tuple[int, dict[str, Any]]]]:
    errors = Errors()
    sheet = read_csv(text, errors)
    assert errors.found == {}
    return sheet.columns, [(row.number, dict(row.cells)) for row in sheet.rows]


def test_comma_semicolon_and_tab() -> None:
    for separator in ",;\t":
        text = f'\ufeffVendor{separator}name\r\n"A{separator}B"{separator}x\r\n\r\nC{separator}y\r\n'
        assert read(text) == (
            ("Vendor", "name"),
            [(1, {"Vendor": f"A{separator}B", "name": "x"}), (3, {"Vendor": "C", "name": "y"})],
        )


@given(
    st.lists(names, min_size=2, max_size=5, unique=True),
    st.lists(st.lists(cells, min_size=5, max_size=5), max_size=8),
    st.sampled_from(",;\t"),
)
def test_what_is_written_is_read(columns: list[str], lines: list[list[str]], separator: str) -> None:
    lines = [line[: len(columns)] for line in lines]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(columns)
    writer.writerows(lines)
    found, rows = read(out.getvalue())
    assert found == tuple(columns)
    kept = [line for line in lines if any(cell.strip() for cell in line)]
    assert [[row.get(name, "") for name in columns] for _, row in rows] == kept


@given(st.text(max_size=200))
def test_any_text_is_a_sheet_or_an_error(text: str) -> None:
    for reader in (read_csv, read_lines):
        errors = Errors()
        sheet = reader(text, errors)
        assert len(keys_of(sheet.rows)) == len(set(keys_of(sheet.rows))) == len(sheet.rows)
        columns_of(sheet, [field("vendor")], errors)


def test_rows_with_too_many_cells_say_so() -> None:
    sheet = read_csv("a,b\n1,2,3\n1,2,\n", Errors())
    assert [bool(row.wrong) for row in sheet.rows] == [True, False]


def test_lines_of_json_keep_what_is_no_text() -> None:
    errors = Errors()
    sheet = read_lines('{"Vendor": "A", "tags": ["x"]}\n\n{"Region": {"id": 2, "text": "EU"}}\n', errors)
    assert sheet.columns == ("Vendor", "tags", "Region")
    assert [row.number for row in sheet.rows] == [1, 3]
    read_lines('{"a": 1}\n[1]\n{', errors)
    assert set(errors.found) == {"lines.3", "rows.2"}


def test_columns_are_fields_by_alias_id_and_label_or_of_the_process() -> None:
    fields = [
        Field(id="1" * 32, alias="vendor-1", label="Vendor", field_type="text"),
        Field(id="2" * 32, alias="name-2", label="Name", field_type="text"),
        Field(id="3" * 32, alias="twin-3", label="Twin", field_type="text"),
        Field(id="4" * 32, alias="twin-4", label="Twin", field_type="text"),
    ]

    def meant(header: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
        errors = Errors()
        found = columns_of(read_csv(header, Errors()), fields, errors)
        return {name: one if isinstance(one, str) else one.alias for name, one in found.items()}, errors.found

    assert meant("VENDOR,Name,name,twin-3,OWNER") == (
        {"VENDOR": "vendor-1", "Name": "name-2", "name": "name", "twin-3": "twin-3", "OWNER": "owner"},
        {},
    )
    assert set(meant("Twin,Vendor,vendor-1,other")[1]) == {"columns.Twin", "columns.vendor-1", "columns.other"}
    assert set(OF_PROCESS) >= {"name", "owner", "tags", "folders"}


@pytest.mark.parametrize(
    ("of", "text", "value"),
    [
        (field("f"), " 007 ", " 007 "),
        (field("f", "date"), " 2027-03-09 ", "2027-03-09"),
        (field("f", "radio", options=OPTIONS), "eu", "EU"),
        (field("f", "dropdown", options=OPTIONS), "EU", {"id": 2, "text": "EU"}),
        (
            field("f", "multiselect", options=OPTIONS),
            "UK; eu",
            [{"id": 1, "text": "UK", "selected": True}, {"id": 2, "text": "EU", "selected": True}],
        ),
        (field("f", "table", columns=({"id": 1, "label": "A"}, {"id": 2, "label": "B"})), "Crane;2", ["Crane", "2"]),
        (
            field("f", "table", columns=({"id": 1, "label": "A"}, {"id": 2, "label": "B"})),
            "Crane; 2\nTug; 1",
            [["Crane", "2"], ["Tug", "1"]],
        ),
        (
            field("f", "assignees_form"),
            "Ann@x.example; rui@y.example;7",
            {"users": [7], "guests": ["rui@y.example"], "groups": []},
        ),
        (
            field("f", "file"),
            "https://f.example/a%20b.pdf",
            [{"filename": "a b.pdf", "source": "url", "url": "https://f.example/a%20b.pdf"}],
        ),
        (field("f", "email"), "", None),
    ],
)
def test_texts_are_read_by_the_type_of_the_field(of: Field, text: str, value: Any) -> None:
    found = value_of(of, text, MEMBERS)
    assert found == value
    errors = Errors()
    check_values([of], {of.id: found}, AnyPeople(), path_prefix="", errors=errors)
    assert errors.found == {}


def test_an_option_that_does_not_exist_is_named() -> None:
    with pytest.raises(Wrong, match="Mars"):
        value_of(field("f", "dropdown", options=OPTIONS), "Mars", {})


@given(
    st.sampled_from(
        ["text", "textarea", "radio", "dropdown", "multiselect", "date", "email", "file", "table", "assignees_form"]
    ),
    st.text(max_size=60),
)
def test_any_text_is_a_value_or_wrong(kind: str, text: str) -> None:
    of = field("f", kind, options=OPTIONS, columns=({"id": 1, "label": "A"},))
    try:
        value = value_of(of, text, MEMBERS)
    except Wrong:
        return
    msgspec.json.encode(check_values([of], {"f": value}, AnyPeople(), path_prefix="", errors=Errors()))


def test_answers_of_links() -> None:
    fields = [field("vendor"), field("region", "dropdown", options=OPTIONS)]
    errors = Errors()
    listed = one_object([{"vendor": "A"}, {"region": "EU"}, {"other": 1}], errors)
    assert answers_by_alias(fields, listed, {}, path="ko_fields", errors=errors) == {
        "vendor": "A",
        "region": {"id": 2, "text": "EU"},
    }
    assert errors.found == {}
    one_object(["x"], errors)
    assert set(errors.found) == {"ko_fields.0"}
