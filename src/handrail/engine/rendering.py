"""The value of a form field as plain text, for names, titles and subjects (engine 4.2, last column)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from handrail.engine.definition import Field
from handrail.kernel.clock import parse_day, parse_moment
from handrail.kernel.html import strip_tags
from handrail.kernel.text import date_pattern
from handrail.kernel.worktime import local


def plain(field: Field, value: Any, *, date_format: str | None, zone: str) -> str:
    """What a value reads as in plain text; cleared values, tables and pickers of people read as nothing.

    Dates take the member's format given, in the zone given; a day without a time is the same day everywhere.
    """
    if not value:
        return ""
    kind = field.field_type
    if kind == "date":
        return _date(field, value, date_format, zone)
    if kind == "dropdown":
        return _text_of(value)
    if kind == "multiselect":
        return ", ".join(_text_of(entry) for entry in _entries(value) if _is_selected(entry))
    if kind == "file":
        names = (cast(Mapping[str, Any], entry).get("filename") for entry in _entries(value) if isinstance(entry, dict))
        return ", ".join(name for name in names if isinstance(name, str))
    if kind == "textarea" and field.use_wysiwyg_editor and isinstance(value, str):
        return strip_tags(value)
    return _scalar(value)


def date_text(moment: int, *, date_format: str | None, zone: str) -> str:
    """A moment as a day in a zone, in a member's date format."""
    return local(moment, zone).strftime(date_pattern(date_format))


def _date(field: Field, value: Any, date_format: str | None, zone: str) -> str:
    text = _scalar(value).strip()
    day = parse_day(text)
    if day is not None:
        return day.strftime(date_pattern(date_format))
    moment = parse_moment(text)
    if moment is None:
        return text
    here: datetime = local(moment, zone)
    pattern = date_pattern(date_format)
    return here.strftime(f"{pattern} %H:%M" if field.collect_time else pattern)


def _entries(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else []


def _is_selected(entry: Any) -> bool:
    return isinstance(entry, dict) and cast(Mapping[str, Any], entry).get("selected") is True


def _text_of(option: Any) -> str:
    return _scalar(cast(Mapping[str, Any], option).get("text")) if isinstance(option, dict) else _scalar(option)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value) if isinstance(value, int | float) else ""
