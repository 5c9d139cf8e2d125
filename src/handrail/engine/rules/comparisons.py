"""Comparing an answer with the statement of a condition, for each type of field (engine 4.2, 5.3, decision 73)."""

import operator
from collections.abc import Callable
from typing import Any

from handrail.engine.definition import CHOICE_TYPES, Condition, Field
from handrail.engine.rules.readings import (
    date_of,
    number_of,
    scalar,
    searched_date,
    statement_lists,
    statement_text,
)
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.html import strip_tags

# of an answer, never of an empty value, in the time zone of the organization
Comparison = Callable[[Any, str], bool]
Texts = Callable[[Any, str], list[str]]

NEGATED = {"not_equals": "equals", "not_contains": "contains"}
_WORDS = frozenset({"equals", "not_equals", "equals_any", "contains", "not_contains"})
ORDER = {
    "greater_than": operator.gt,
    "less_than": operator.lt,
    "greater_or_equal": operator.ge,
    "less_or_equal": operator.le,
}
_SEARCH = frozenset({"contains", "not_contains"})
# what makes sense for a type; everything else is false (decision 62)
COMPARISONS: dict[str, frozenset[str]] = {
    "text": _WORDS | ORDER.keys(),
    "textarea": _WORDS,
    "email": _WORDS,
    "date": _WORDS | ORDER.keys(),
    "dropdown": _WORDS | ORDER.keys(),
    "radio": _WORDS,
    "multiselect": _WORDS,
    "table": _SEARCH,
    "file": _SEARCH,
    "assignees_form": frozenset(),
}


def comparison(field: Field, condition: Condition) -> Comparison | None:
    """The comparison of a condition; None when its operation makes no sense for the type of the field."""
    operation = condition.operation
    if operation not in COMPARISONS[field.field_type]:
        return None
    positive = NEGATED.get(operation)
    if positive is None:
        return _positive(field, operation, condition)
    found = _positive(field, positive, condition)
    return lambda value, zone: not found(value, zone)


def _positive(field: Field, operation: str, condition: Condition) -> Comparison:
    if operation == "contains":
        return _contains(field, condition)
    is_date = field.field_type == "date"
    if operation in ORDER:
        return (_dates_in_order if is_date else _numbers_in_order)(field, operation, condition.statement)
    if is_date:
        return _same_date(operation, condition.statement)
    return _same_text(field, operation, condition.statement)


# ----------------------------------------------------------------------------------------------------------- texts


def _contains(field: Field, condition: Condition) -> Comparison:
    texts = _searched(field, condition.column_contains_name)
    if field.field_type == "multiselect":
        option = _option_named(field, statement_text(condition.statement).strip()).casefold()
        return lambda value, zone: any(text.casefold() == option for text in texts(value, zone))
    wanted = statement_text(condition.statement).casefold()
    if not wanted:
        return lambda _value, _zone: False
    return lambda value, zone: any(wanted in text.casefold() for text in texts(value, zone))


def _same_text(field: Field, operation: str, statement: Any) -> Comparison:
    texts = _texts_of(field)
    if field.field_type == "multiselect" and operation == "equals":
        sets = [{_option_named(field, text) for text in reading} for reading in statement_lists(statement)]
        return lambda value, zone: {text.strip() for text in texts(value, zone)} in sets
    if operation == "equals":
        named = [statement_text(statement).strip()]
    else:
        named = [text for reading in statement_lists(statement) for text in reading]
    wanted = frozenset(_option_named(field, text) for text in named)
    return lambda value, zone: any(text.strip() in wanted for text in texts(value, zone))


def _option_named(field: Field, name: str) -> str:
    """The text of the option with this text or, given as text, this id; for other fields the name itself."""
    if field.field_type in CHOICE_TYPES:
        texts = {str(option["text"]).strip() for option in field.options}
        if name not in texts:
            for option in field.options:
                if str(option["id"]) == name:
                    return str(option["text"]).strip()
    return name


def _texts_of(field: Field) -> Texts:
    """The texts of an answer: of the option that was chosen or the options that were ticked, or the answer itself."""
    kind = field.field_type
    if kind == "multiselect":
        return lambda value, _zone: [_option_text(entry) for entry in as_list(value) or () if _is_selected(entry)]
    if kind in CHOICE_TYPES:
        return lambda value, _zone: [_option_text(value)]
    if field.use_wysiwyg_editor:
        return lambda value, _zone: [strip_tags(scalar(value))]
    return lambda value, _zone: [scalar(value)]


def _searched(field: Field, column: str | None) -> Texts:
    """The texts in which `contains` searches."""
    kind = field.field_type
    if kind == "date":
        with_time = field.collect_time
        return lambda value, zone: [searched_date(scalar(value), zone, with_time=with_time)]
    if kind == "file":
        return lambda value, _zone: [_file_name(entry) for entry in as_list(value) or ()]
    if kind == "table":
        return _cells(field, column)
    return _texts_of(field)


def _cells(field: Field, column: str | None) -> Texts:
    if not column:
        return lambda value, _zone: [scalar(cell) for row in _rows(value) for cell in row]
    wanted = column.strip().casefold()
    places = [place for place, one in enumerate(field.columns) if str(one["label"]).strip().casefold() == wanted]
    return lambda value, _zone: [scalar(row[place]) for row in _rows(value) for place in places if place < len(row)]


def _rows(value: Any) -> list[list[Any]]:
    rows = as_list(value) or []
    return [row for entry in rows if (row := as_list(entry)) is not None] or [rows]


def _option_text(entry: Any) -> str:
    option = as_object(entry)
    return scalar(entry) if option is None else scalar(option.get("text"))


def _is_selected(entry: Any) -> bool:
    option = as_object(entry)
    return option is not None and option.get("selected") is True


def _file_name(entry: Any) -> str:
    file = as_object(entry) or {}
    return scalar(file.get("filename"))


# ---------------------------------------------------------------------------------------------- numbers and dates


def _numbers_in_order(field: Field, operation: str, statement: Any) -> Comparison:
    texts, compare = _texts_of(field), ORDER[operation]
    limit = number_of(statement_text(statement))
    if limit is None:
        return lambda _value, _zone: False

    def holds(value: Any, zone: str) -> bool:
        number = number_of(texts(value, zone)[0])
        return number is not None and compare(number, limit)

    return holds


def _dates_in_order(_field: Field, operation: str, statement: Any) -> Comparison:
    text, compare = statement_text(statement), ORDER[operation]
    or_same = _same_date("equals", statement) if operation.endswith("_or_equal") else None

    def holds(value: Any, zone: str) -> bool:
        limit, found = date_of(text, zone), date_of(scalar(value), zone)
        if limit is None or found is None:
            return False
        return compare(found.moment, limit.moment) or (or_same is not None and or_same(value, zone))

    return holds


def _same_date(operation: str, statement: Any) -> Comparison:
    """The same instant, or the same day where the statement has no time."""
    if operation == "equals":
        texts = [statement_text(statement)]
    else:
        texts = [text for reading in statement_lists(statement) for text in reading]

    def holds(value: Any, zone: str) -> bool:
        found = date_of(scalar(value), zone)
        if found is None:
            return False
        for text in texts:
            wanted = date_of(text, zone)
            if wanted is not None and (found.day == wanted.day if wanted.is_day else found.moment == wanted.moment):
                return True
        return False

    return holds
