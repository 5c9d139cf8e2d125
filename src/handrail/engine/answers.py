"""Reading the values of form fields: what counts as an answer, and what is still missing (engine 4.4).

A field's type may have changed since its value was stored, so every shape is met with good grace here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.engine.definition import Field
from handrail.engine.people import owners_of
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.html import strip_tags


def is_cleared(value: Any) -> bool:
    """Whether a value takes an answer back (engine 4.2); the text "0" is an answer."""
    return not value


def is_filled(field: Field, value: Any, *, at_launch: bool = False) -> bool:
    """Whether a value answers its field (engine 4.4).

    `at_launch` is for required fields of the kick-off form, where a checklist with nothing selected is enough.
    """
    if not value:
        return False
    if isinstance(value, str):
        if field.use_wysiwyg_editor and "<" in value:
            return "<img" in value or strip_tags(value) != ""
        return not value.isspace()
    entries = as_list(value)
    if entries is not None:
        if field.field_type == "multiselect":
            return at_launch or any(_is_selected(entry) for entry in entries)
        if field.field_type == "table":
            return any(_is_written(cell) for entry in entries for cell in _cells(entry))
        return True
    if field.field_type == "assignees_form" and isinstance(value, dict):
        return bool(owners_of(value))
    return True


def all_checked(field: Field, value: Any) -> bool:
    """Whether every option of a checklist is selected."""
    selected = [entry["id"] for entry in as_list(value) or () if _is_selected(entry) and "id" in entry]
    return all(option["id"] in selected for option in field.options)


def missing_required(
    fields: Sequence[Field], values: Mapping[str, Any], *, path_prefix: str, at_launch: bool = False
) -> dict[str, list[str]]:
    """What must still be filled before a task completes or, `at_launch`, a kick-off form is submitted (engine 4.4)."""
    missing: dict[str, list[str]] = {}
    for field in fields:
        if field.required and not is_filled(field, values.get(field.id), at_launch=at_launch):
            text = f"{field.label} is required"
        elif (
            field.settings is not None
            and not at_launch
            and field.field_type == "multiselect"
            and field.setting("must_all_checked")
            and not all_checked(field, values.get(field.id))
        ):
            text = f"{field.label} needs every option checked"
        else:
            continue
        missing[f"{path_prefix}.{field.id}" if path_prefix else field.id] = [text]
    return missing


def _is_selected(entry: Any) -> bool:
    option = as_object(entry)
    return option is not None and option.get("selected") is True


def _cells(entry: Any) -> list[Any]:
    row = as_list(entry)
    return [entry] if row is None else row


def _is_written(cell: Any) -> bool:
    return not (cell is None or cell is False or (isinstance(cell, str) and not cell.strip()))
