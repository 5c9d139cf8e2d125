"""The values with which a form begins: the defaults of its fields (engine 4.4, decision 66).

A default has the shape of a value. Choices may also be given by the bare text or id of an option, dates as `today`,
`today+3` or `today-3`. A default with variables stays as it is: it is rendered until somebody edits the field.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from handrail.engine.definition import CHOICE_TYPES, Field
from handrail.engine.people import AnyPeople
from handrail.engine.value_checks import CHECKS, TEXTAREA_LENGTH, Wrong
from handrail.kernel.clock import DAY, iso
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.errors import Errors
from handrail.kernel.html import sanitise

_RELATIVE = re.compile(r"today(?:\s*([+-])\s*(\d{1,5}))?", re.I)
_WITH_VARIABLES = frozenset({"text", "textarea", "email", "date"})
_WITHOUT_DEFAULT = frozenset({"table", "file", "assignees_form"})
_ANYBODY = AnyPeople()


def has_variables(value: Any) -> bool:
    """Whether a value is a text with `{{placeholders}}` that are still to be rendered."""
    return isinstance(value, str) and "{{" in value


def initial_values(fields: Sequence[Field], *, today: date, now: int) -> dict[str, Any]:
    """The values a form begins with, by field id; fields without an enabled default are left out.

    `today` is the day in the zone of the organization, `now` the moment in milliseconds UTC. A relative date becomes
    a day, or a moment when the field collects the time as well.
    """
    values: dict[str, Any] = {}
    for field in fields:
        if not field.default_value_enabled or not field.default_value or field.field_type in _WITHOUT_DEFAULT:
            continue
        value = _firm(field, today, now) if field.field_type == "date" else as_value(field, field.default_value)
        if has_variables(value):
            values[field.id] = value
            continue
        # a default that its field has outgrown is no reason to refuse a launch
        with suppress(Wrong):
            values[field.id] = CHECKS[field.field_type](field, value, _ANYBODY)
    return values


def check_default(field: Field, default: Any, *, path: str, errors: Errors) -> Any:
    """The default to store for a field; what is wrong with it is added at `path`."""
    if not default:
        return default
    if field.field_type in _WITHOUT_DEFAULT:
        errors.add(path, f"A field of type {field.field_type} takes no default value.")
        return None
    if field.field_type == "date" and isinstance(default, str) and _RELATIVE.fullmatch(default.strip()):
        return default
    if has_variables(default) and field.field_type in _WITH_VARIABLES:
        if len(default) > TEXTAREA_LENGTH or "\0" in default:
            errors.add(path, f"A default value takes at most {TEXTAREA_LENGTH} characters, none of them U+0000.")
        return sanitise(default) if field.use_wysiwyg_editor else default
    try:
        checked = CHECKS[field.field_type](field, as_value(field, default), _ANYBODY)
    except Wrong as wrong:
        errors.add(path, f"The default value of {field.label} does not fit: it {wrong}.")
        return None
    return default if field.field_type in CHOICE_TYPES else checked


def as_value(field: Field, default: Any) -> Any:
    """A default in the shape of a value: options named by text or id become what a client would send for them."""
    if field.field_type == "radio":
        option = _named_option(field, default)
        return default if option is None else option["text"]
    if field.field_type == "dropdown":
        return _option_object(field, default)
    if field.field_type == "multiselect":
        entries = as_list(default)
        if entries is None:
            entries = [default]
        return [_selected(_option_object(field, entry)) for entry in entries]
    return default


def _firm(field: Field, today: date, now: int) -> Any:
    default = field.default_value
    relative = _RELATIVE.fullmatch(default.strip()) if isinstance(default, str) else None
    if relative is None:
        return default
    days = int(f"{relative[1] or '+'}{relative[2] or 0}")
    return iso(now + days * DAY) if field.collect_time else (today + timedelta(days=days)).isoformat()


def _option_object(field: Field, default: Any) -> Any:
    option = _named_option(field, default) if as_object(default) is None else None
    return default if option is None else {"id": option["id"], "text": option["text"], "value": option.get("value")}


def _selected(entry: Any) -> Any:
    option = as_object(entry)
    return entry if option is None or "selected" in option else {**option, "selected": True}


def _named_option(field: Field, name: Any) -> dict[str, Any] | None:
    chosen = as_object(name)
    if chosen is not None:
        matching = [o for o in field.options if o["id"] == chosen.get("id") and o["text"] == chosen.get("text")]
        return matching[0] if matching else None
    for option in field.options:
        if option["text"] == name:
            return option
    if type(name) is int or (isinstance(name, str) and name.isascii() and name.isdigit()):
        for option in field.options:
            if str(option["id"]) == str(name):
                return option
    return None
