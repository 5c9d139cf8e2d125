"""A sheet of launches: rows of cells under column names, read from CSV or from lines of JSON (engine 3.6).

A column is a kick-off field, named by its alias, id or label, or something of the process itself. Cells are text, read
by the type of their field; JSON may also hold the value itself.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from handrail.engine.definition import Field
from handrail.kernel.decoded import as_object
from handrail.kernel.errors import Errors

MOST_ROWS = 1_000
MOST_COLUMNS = 200
SEPARATORS = ",;\t"
# what a row may say of the process itself, beside the answers
OF_PROCESS = ("name", "summary", "owner", "tags", "folders", "starred", "is_public", "parent_id")


class Row(msgspec.Struct, frozen=True):
    """One line that says something: its number in the sheet, from 1 for the first below the header, and its cells."""

    number: int
    cells: Mapping[str, Any]
    wrong: str = ""


class Sheet(msgspec.Struct, frozen=True):
    """Column names in their order, and the rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_csv(text: str, errors: Errors) -> Sheet:
    """A sheet out of CSV; columns apart by comma, semicolon or tab, as the first line shows. Blank lines count, but
    say nothing."""
    text = text.removeprefix("\ufeff")
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        errors.add("csv", f"The CSV is not readable: {error}.")
        return Sheet((), ())
    while lines and not any(cell.strip() for cell in lines[0]):
        lines.pop(0)
    if not lines:
        errors.add("csv", "The CSV is empty; its first line names the columns.")
        return Sheet((), ())
    columns = tuple(name.strip() for name in lines[0])
    while columns and not columns[-1]:
        columns = columns[:-1]
    rows: list[Row] = []
    for number, line in enumerate(lines[1:], 1):
        if not any(cell.strip() for cell in line):
            continue
        wrong = ""
        if any(cell.strip() for cell in line[len(columns) :]):
            wrong = f"The row has {len(line)} cells; there are {len(columns)} columns."
        rows.append(Row(number, dict(zip(columns, line, strict=False)), wrong))
    return Sheet(columns, tuple(rows))


def read_lines(text: str, errors: Errors) -> Sheet:
    """A sheet out of lines of JSON, each an object."""
    found: list[Any] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.strip():
            found.append(None)
            continue
        try:
            found.append(msgspec.json.decode(line))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            errors.add(f"lines.{number}", f"This is not a JSON object: {error}.")
    return read_objects(found, errors)


def read_objects(entries: Iterable[Any], errors: Errors) -> Sheet:
    """A sheet out of objects; null is a blank row."""
    columns: dict[str, None] = {}
    rows: list[Row] = []
    for number, entry in enumerate(entries, 1):
        if entry is None:
            continue
        cells = as_object(entry)
        if cells is None:
            errors.add(f"rows.{number}", "This must be an object with column names as keys.")
            continue
        cells = {name.strip(): value for name, value in cells.items()}
        columns.update(dict.fromkeys(cells))
        rows.append(Row(number, cells))
    return Sheet(tuple(columns), tuple(rows))


def columns_of(sheet: Sheet, fields: Sequence[Field], errors: Errors) -> dict[str, Field | str]:
    """What each column is: a kick-off field, or a word of `OF_PROCESS`. Errors name the columns that are neither, that
    come twice, or that could be two fields."""
    found: dict[str, Field | str] = {}
    taken: dict[str, str] = {}
    if len(sheet.columns) > MOST_COLUMNS:
        errors.add("columns", f"There are {len(sheet.columns)} columns; {MOST_COLUMNS} are the most.")
        return found
    for name in sheet.columns:
        path = f"columns.{name[:100]}"
        meant = _meant(name, fields)
        if not meant:
            known = ", ".join([*(field.alias for field in fields), *OF_PROCESS])
            errors.add(path, f"There is no such column. The columns are: {known}.")
            continue
        if len(meant) > 1:
            errors.add(path, "Several fields have this label; name the one that is meant by its alias.")
            continue
        key = meant[0] if isinstance(meant[0], str) else meant[0].id
        if key in taken:
            errors.add(path, f'The column "{taken[key][:100]}" is the same.')
            continue
        taken[key] = name
        found[name] = meant[0]
    return found


def _meant(name: str, fields: Sequence[Field]) -> list[Field | str]:
    exactly: list[Field | str] = [field for field in fields if name in (field.alias, field.id)]
    if exactly:
        return exactly
    labelled: list[Field | str] = [field for field in fields if field.label == name]
    if labelled:
        return labelled
    if name.lower() in OF_PROCESS:
        return [name.lower()]
    return [field for field in fields if field.label.strip().casefold() == name.casefold()]


def keys_of(rows: Sequence[Row]) -> list[str]:
    """A key for each row by what it says, so that the same sheet has the same ones; equal rows are counted."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for row in rows:
        cells = sorted((name, value) for name, value in row.cells.items() if value is not None and value != "")
        said = msgspec.json.encode(cells)
        digest = hashlib.sha256(said).hexdigest()[:32]
        seen[digest] = seen.get(digest, 0) + 1
        found.append(f"{digest}-{seen[digest]}")
    return found
