"""One check for each field type: the value as it will be stored, or `Wrong` saying what would be right (wire 3).

The checks see answers only; a cleared value never gets here.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

from handrail.engine.definition import Field
from handrail.engine.people import People, entries_of, member_id
from handrail.kernel.addresses import URL_LENGTH, is_email, is_web_address
from handrail.kernel.clock import parse_moment
from handrail.kernel.decoded import JsonObject, as_list, as_object
from handrail.kernel.html import sanitise

TEXT_LENGTH = 255
TEXTAREA_LENGTH = 30_000
CELL_LENGTH = 5_000
TABLE_ROWS = 1_000
FILES = 100
ENTRIES = 1_000
_DEPTH = 8
_BIG = 1 << 1024
# browsers skip control characters, so that one of them could hide the scheme of a link that runs code
_RISKY_LINK = re.compile(r".*[\x00-\x1f]|\s*(?!https?:)[a-z][a-z0-9+.-]*:", re.I | re.S)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.I | re.A)
_WRAPPED = 'takes the value itself, not wrapped as {"value": ...}'


class Wrong(Exception):
    """A value that does not fit its field; the text says what would, to be read after the field's label."""


# ------------------------------------------------------------------------------------------------- text and dates


def _text(field: Field, value: Any, _people: People) -> Any:
    if isinstance(value, str):
        text = value
        _refuse_null_characters(text)
    elif isinstance(value, bool):
        text = "true"
    elif isinstance(value, int) and -_BIG < value < _BIG:
        text = str(value)
    elif isinstance(value, float) and math.isfinite(value):
        text = repr(value)
    else:
        _refuse(value, "takes one text or number")
    if len(text) > TEXT_LENGTH:
        raise Wrong(f"takes at most {TEXT_LENGTH} characters; these are {len(text)}")
    if field.field_validation:
        for fits, advice in text_checks(field.field_validation):
            if not fits(text):
                raise Wrong(advice)
    return value


def _textarea(field: Field, value: Any, _people: People) -> Any:
    if not isinstance(value, str):
        _refuse(value, "takes text, in quotation marks")
    _refuse_null_characters(value)
    if field.use_wysiwyg_editor and len(value) <= TEXTAREA_LENGTH:
        value = sanitise(value)
    if len(value) > TEXTAREA_LENGTH:
        raise Wrong(f"takes at most {TEXTAREA_LENGTH} characters; these are {len(value)}")
    return value


def _email(_field: Field, value: Any, _people: People) -> Any:
    if not isinstance(value, str):
        _refuse(value, "takes an e-mail address as text")
    if not is_email(value):
        raise Wrong("must be one e-mail address such as name@example.com")
    return value


def _date(_field: Field, value: Any, _people: People) -> Any:
    if not isinstance(value, str):
        _refuse(value, "takes a date as text, such as 2027-03-09 or 2027-03-09T15:00:00.000Z")
    if parse_moment(value) is None:
        raise Wrong("must be a date such as 2027-03-09, 2027-03-09 15:00:00 or 2027-03-09T15:00:00.000Z")
    return value


TextCheck = tuple[Callable[[str], bool], str]


@lru_cache(maxsize=2048)
def text_checks(rules: tuple[str, ...]) -> tuple[TextCheck, ...]:
    """The rules of a short text as tests, each with the advice for a text that fails it (engine 4.3)."""
    numeric = "numeric" in rules
    return tuple(_text_check(rule, numeric) for rule in rules)


def _text_check(rule: str, numeric: bool) -> TextCheck:
    simple = _SIMPLE_CHECKS.get(rule)
    if simple is not None:
        return simple
    name, _, bound_text = rule.partition(":")
    bound = float(bound_text)
    if name == "min":
        if numeric:
            return (lambda text: is_number(text) and float(text) >= bound), f"must be {bound_text} or more"
        return (lambda text: len(text) >= bound), f"needs at least {bound_text} characters"
    if numeric:
        return (lambda text: is_number(text) and float(text) <= bound), f"must be {bound_text} or less"
    return (lambda text: len(text) <= bound), f"takes at most {bound_text} characters"


def is_number(text: str) -> bool:
    """Whether a text is a plain decimal number, without spaces or separators of thousands."""
    return _NUMBER.fullmatch(text) is not None


def _letters(text: str, more: str = "", digits: bool = False) -> bool:
    return all(
        character.isalpha()
        or (digits and character.isnumeric())
        or character in more
        or unicodedata.category(character).startswith("M")
        for character in text
    )


_SIMPLE_CHECKS: dict[str, TextCheck] = {
    "numeric": (is_number, "must be a number such as 1200 or -3.5"),
    "email": (is_email, "must be one e-mail address such as name@example.com"),
    "url": (is_web_address, "must be a web address that starts with http:// or https://"),
    "alpha": (_letters, "takes letters only"),
    "alpha_num": (lambda text: _letters(text, digits=True), "takes letters and digits only"),
    "alpha_dash": (lambda text: _letters(text, "-_", digits=True), "takes letters, digits, - and _ only"),
}


# -------------------------------------------------------------------------------------------------------- choices


def _radio(field: Field, value: Any, _people: People) -> Any:
    for option in field.options:
        if option["text"] == value:
            return value
    if not isinstance(value, str):
        _refuse(value, f"takes the text of one option: {_option_texts(field)}")
    raise Wrong(f"must be exactly one of {_option_texts(field)}")


def _dropdown(field: Field, value: Any, _people: People) -> Any:
    entry = as_object(value)
    if entry is None:
        raise Wrong(f"takes one option as an object: {_option_objects(field)}; anything else is an invalid choice")
    if "value" in entry and "id" not in entry and "text" not in entry:
        raise Wrong(_WRAPPED)
    _match_option(field, entry)
    return entry


def _multiselect(field: Field, value: Any, _people: People) -> Any:
    entries = as_list(value)
    if entries is None:
        _refuse(value, f'takes a list of options, each with "selected": true: {_option_objects(field)}')
    if len(entries) > ENTRIES:
        raise Wrong(f"takes at most {ENTRIES} entries")
    for entry in entries:
        option = as_object(entry)
        if option is None:
            raise Wrong(f"takes options as objects: {_option_objects(field)}")
        _match_option(field, option)
        if not isinstance(option.get("selected"), bool | None):
            raise Wrong("takes true or false for `selected`")
    return entries


def _match_option(field: Field, entry: JsonObject) -> None:
    option_id, text = entry.get("id"), entry.get("text")
    if type(option_id) is int:
        for option in field.options:
            if option["id"] == option_id and option["text"] == text:
                if len(entry) > 2:
                    check_plain(entry)
                return
    raise Wrong(f"needs `id` and `text` of the same option: {_option_objects(field)}")


_SHOWN_OPTIONS = 10


def _option_texts(field: Field) -> str:
    return _listed([f'"{option["text"]}"' for option in field.options])


def _option_objects(field: Field) -> str:
    return _listed([f'{{"id": {option["id"]}, "text": "{option["text"]}"}}' for option in field.options])


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN_OPTIONS
    return ", ".join(names[:_SHOWN_OPTIONS]) + (f" and {more} more" if more > 0 else "")


# --------------------------------------------------------------------------------------- tables, files and people


def _table(field: Field, value: Any, _people: People) -> Any:
    rows = as_list(value)
    if rows is None:
        _refuse(value, "takes a list with one entry for each column, or a list of such rows")
    if as_list(rows[0]) is None:
        _check_row(field, rows)
        return rows
    if len(rows) > TABLE_ROWS:
        raise Wrong(f"takes at most {TABLE_ROWS} rows")
    for entry in rows:
        row = as_list(entry)
        if row is None:
            raise Wrong("takes either one row or a list of rows, not a mixture")
        _check_row(field, row)
    return rows[0] if len(rows) == 1 else rows


def _check_row(field: Field, row: list[Any]) -> None:
    columns = len(field.columns)
    if len(row) != columns:
        labels = ", ".join(str(column["label"]) for column in field.columns)
        raise Wrong(f"needs {columns} entries in a row, one for each column ({labels}); there are {len(row)}")
    for cell in row:
        if isinstance(cell, str):
            _refuse_null_characters(cell)
            if len(cell) > CELL_LENGTH:
                raise Wrong(f"takes at most {CELL_LENGTH} characters in a cell")
        elif not _is_number_or_none(cell):
            raise Wrong("takes a text, a number or null in each cell")


def _is_number_or_none(cell: Any) -> bool:
    if isinstance(cell, int):
        return -_BIG < cell < _BIG
    return cell is None or (isinstance(cell, float) and math.isfinite(cell))


def _file(_field: Field, value: Any, _people: People) -> Any:
    files = as_list(value)
    if files is None:
        _refuse(value, "takes a list of files, each an object with its `id` or `url`")
    if len(files) > FILES:
        raise Wrong(f"takes at most {FILES} files")
    for entry in files:
        file = as_object(entry)
        if file is None:
            raise Wrong("takes a list of objects, each with the `id` or `url` of a file")
        if not any(isinstance(file.get(key), str) and file[key] for key in ("id", "full_url", "url")):
            raise Wrong("needs `id`, `full_url` or `url` in each file, as text")
        for key in ("full_url", "url"):
            _check_link(file.get(key), key)
        if file.get("source") not in (None, "local", "url"):
            raise Wrong('takes "local" or "url" as the `source` of a file')
        if not isinstance(file.get("filename"), str | None):
            raise Wrong("takes text as the `filename` of a file")
        check_plain(file)
    return files


def _check_link(link: Any, key: str) -> None:
    if link is None:
        return
    if not isinstance(link, str) or len(link) > URL_LENGTH:
        raise Wrong(f"takes text of at most {URL_LENGTH} characters as the `{key}` of a file")
    if _RISKY_LINK.match(link):
        raise Wrong(f"takes an http or https address, or a path of this server, as the `{key}` of a file")


def _assignees(_field: Field, value: Any, people: People) -> Any:
    chosen = as_object(value)
    if chosen is None or "value" in chosen:
        _refuse(value, 'takes {"users": [ids], "guests": [addresses], "groups": [ids]}')
    for key in ("users", "guests", "groups"):
        if not isinstance(chosen.get(key), list | None):
            raise Wrong(f"takes a list as `{key}`")
        if len(entries_of(chosen, key)) > ENTRIES:
            raise Wrong(f"takes at most {ENTRIES} entries in `{key}`")
    for entry in entries_of(chosen, "users"):
        user_id = member_id(entry)
        if user_id is None or not people.has_member(user_id):
            raise Wrong(f"names {_quoted(entry)} in `users`, which is no id of a member of this organization")
    for entry in entries_of(chosen, "guests"):
        if not isinstance(entry, str) or not is_email(entry):
            raise Wrong(f"names {_quoted(entry)} in `guests`, which is no e-mail address")
    for entry in entries_of(chosen, "groups"):
        if not isinstance(entry, str) or not people.has_group(entry):
            raise Wrong(f"names {_quoted(entry)} in `groups`, which is no id of a group of this organization")
    check_plain(chosen)
    return chosen


def _quoted(entry: Any) -> str:
    if isinstance(entry, str):
        return f'"{entry[:80]}"'
    return str(entry) if isinstance(entry, int) and -_BIG < entry < _BIG else "something"


# ------------------------------------------------------------------------------------------------------- anything


def _refuse(value: Any, advice: str) -> NoReturn:
    raise Wrong(_WRAPPED if isinstance(value, dict) and "value" in value else advice)


def _refuse_null_characters(text: str) -> None:
    if "\0" in text:
        raise Wrong("must not contain the character U+0000")


def check_plain(value: Any, depth: int = 0) -> None:
    """Raise `Wrong` for what no store keeps: deep nesting, null characters, numbers without end."""
    if isinstance(value, str):
        _refuse_null_characters(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise Wrong("must not contain infinite numbers")
    elif isinstance(value, list | dict):
        if depth >= _DEPTH:
            raise Wrong(f"must not be nested deeper than {_DEPTH} levels")
        for key, entry in (as_object(value) or {}).items():
            _refuse_null_characters(key)
            check_plain(entry, depth + 1)
        for entry in as_list(value) or ():
            check_plain(entry, depth + 1)


CHECKS: dict[str, Callable[[Field, Any, People], Any]] = {
    "text": _text,
    "textarea": _textarea,
    "email": _email,
    "date": _date,
    "radio": _radio,
    "dropdown": _dropdown,
    "multiselect": _multiselect,
    "table": _table,
    "file": _file,
    "assignees_form": _assignees,
}
