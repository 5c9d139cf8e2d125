"""Answers written as plain text, as in a cell of a spreadsheet or in a link: the value that a form field takes.

Options are named by their text, several of them apart by `;`; a table's rows are lines and its cells apart by `;`;
people are named by e-mail address. What comes out still has to pass the check of its field.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from handrail.engine.definition import Field
from handrail.engine.value_checks import Wrong
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.errors import Errors

SEPARATOR = ";"


def value_of(field: Field, text: str, members: Mapping[str, int]) -> Any:
    """The value that a text means for a field, None for a blank one. `members` are ids by address in lower case.

    Raises Wrong, to be read after the field's label, for a text that means none.
    """
    if not text.strip():
        return None
    kind = field.field_type
    if kind in ("text", "textarea"):
        return text
    text = text.strip()
    if kind == "radio":
        return _option(field, text)["text"]
    if kind == "dropdown":
        option = _option(field, text)
        return {"id": option["id"], "text": option["text"]}
    if kind == "multiselect":
        options = [_option(field, part) for part in parts(text)]
        return [{"id": option["id"], "text": option["text"], "selected": True} for option in options]
    if kind == "table":
        rows = [[cell.strip() for cell in line.split(SEPARATOR)] for line in text.splitlines() if line.strip()]
        return rows[0] if len(rows) == 1 else rows
    if kind == "file":
        return [_link(part) for part in parts(text)]
    if kind == "assignees_form":
        return people_of(parts(text), members)
    return text


def one_object(given: Any, errors: Errors) -> dict[str, Any]:
    """Answers by alias out of an object, or out of a list of objects with one key each."""
    if given is None:
        return {}
    whole = as_object(given)
    if whole is not None:
        return whole
    found: dict[str, Any] = {}
    for index, entry in enumerate(as_list(given) or []):
        one = as_object(entry)
        if one is None:
            errors.add(f"ko_fields.{index}", "This must be an object with an alias as its key.")
        else:
            found |= one
    return found


def answers_by_alias(
    fields: Sequence[Field], given: Mapping[str, Any], members: Mapping[str, int], *, path: str, errors: Errors
) -> dict[str, Any]:
    """Answers keyed by alias, as links carry them, by field id; text for a field that takes no text is read as such.

    Unknown aliases are dropped. Whether a value fits its field is checked with the launch.
    """
    found: dict[str, Any] = {}
    for field in fields:
        if field.alias not in given:
            continue
        value = given[field.alias]
        if isinstance(value, str):
            try:
                value = value_of(field, value, members)
            except Wrong as wrong:
                errors.add(f"{path}.{field.alias}", f"{field.label} {wrong}")
                continue
        found[field.id] = value
    return found


def parts(text: str) -> list[str]:
    """The entries of a text, apart by `;`; blank ones are left out."""
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def people_of(names: Sequence[str], members: Mapping[str, int]) -> dict[str, list[Any]]:
    """People named by address, each once: members where they are some, else guests; digits are a member's id."""
    users: dict[int, None] = {}
    guests: dict[str, None] = {}
    for name in names:
        address = name.lower()
        if address in members:
            users[members[address]] = None
        elif name.isascii() and name.isdigit():
            users[int(name[:18])] = None
        else:
            guests[address] = None
    return {"users": list(users), "guests": list(guests), "groups": []}


def _option(field: Field, text: str) -> Mapping[str, Any]:
    """The option with this text: letter by letter, else without regard to case."""
    for option in field.options:
        if option["text"] == text:
            return option
    for option in field.options:
        if str(option["text"]).strip().casefold() == text.casefold():
            return option
    texts = ", ".join(f'"{option["text"]}"' for option in field.options[:10])
    raise Wrong(f"has no option {text[:80]!r}; there are {texts}")


def _link(address: str) -> dict[str, Any]:
    try:
        name = unquote(urlsplit(address).path.rpartition("/")[2])
    except ValueError:
        name = ""
    return {"filename": name or address[:80], "source": "url", "url": address}
