"""What people put into form fields: the values each field type takes (engine 4.2, wire 3).

A value is kept exactly as it was sent, with two exceptions: rich text is sanitised, and a table sent as a list of one
row becomes that row. A cleared value (`null`, `false`, `0`, `""`, `[]`, `{}`) fits every type.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.engine.answers import all_checked, is_cleared, is_filled, missing_required
from handrail.engine.defaults import initial_values
from handrail.engine.definition import Field
from handrail.engine.people import AnyPeople, People, owners_of
from handrail.engine.value_checks import CHECKS, Wrong
from handrail.kernel.errors import Errors

__all__ = [
    "AnyPeople",
    "People",
    "all_checked",
    "check_value",
    "check_values",
    "initial_values",
    "is_cleared",
    "is_filled",
    "missing_required",
    "owners_of",
]


def check_value(field: Field, value: Any, people: People, *, path: str, errors: Errors) -> Any:
    """The value to store for a field, or None with an error added at `path` that says what would be right."""
    if not value:
        return value
    try:
        return CHECKS[field.field_type](field, value, people)
    except Wrong as wrong:
        errors.add(path, f"{field.label} {wrong}")
        return None


def check_values(
    fields: Sequence[Field], given: Mapping[str, Any], people: People, *, path_prefix: str, errors: Errors
) -> dict[str, Any]:
    """The accepted values by field id; keys that are no field's id are dropped silently (wire 3).

    What is wrong with the others is in `errors` under `{path_prefix}.{field id}`.
    """
    accepted: dict[str, Any] = {}
    for field in fields:
        field_id = field.id
        if field_id not in given:
            continue
        value = given[field_id]
        if value:
            try:
                value = CHECKS[field.field_type](field, value, people)
            except Wrong as wrong:
                errors.add(f"{path_prefix}.{field_id}" if path_prefix else field_id, f"{field.label} {wrong}")
                continue
        accepted[field_id] = value
    return accepted
