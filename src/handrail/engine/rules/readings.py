"""How rules read texts: numbers, dates, and the statements of conditions (engine 5.3, decision 62)."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from unicodedata import category

import msgspec

from handrail.kernel.clock import parse_day, parse_moment
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.worktime import day_starts, local

# a comma separates thousands only where exactly three digits follow each one
_NUMBER = re.compile(r"[+-]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.I)


@lru_cache(maxsize=4096)
def number_of(text: str) -> Decimal | None:
    """The number a text means, without its spaces and currency signs; None when it means none."""
    if _NUMBER.fullmatch(text) is None:
        text = "".join(sign for sign in text if not sign.isspace() and category(sign) != "Sc")
        if _NUMBER.fullmatch(text) is None:
            return None
    return Decimal(text.replace(",", ""))


class Dated(NamedTuple):
    """A date as read in one zone: its first moment in milliseconds UTC, its day, and whether it names a day only."""

    moment: int
    day: date
    is_day: bool


@lru_cache(maxsize=4096)
def date_of(text: str, zone: str) -> Dated | None:
    """The date a text means; None when it means none. A day without a time is the same day in every zone."""
    text = text.strip()
    day = parse_day(text)
    moment = parse_moment(text)
    if moment is None:
        return None
    if day is not None:
        return Dated(day_starts(day, zone), day, True)
    return Dated(moment, local(moment, zone).date(), False)


def searched_date(text: str, zone: str, *, with_time: bool) -> str:
    """The text in which a date is searched: `YYYY-MM-DD`, and ` HH:MM` where the field collects the time."""
    found = date_of(text, zone)
    if found is None:
        return text
    shown = local(found.moment, zone)
    return f"{shown:%Y-%m-%d %H:%M}" if with_time else found.day.isoformat()


def scalar(value: Any) -> str:
    """A scalar as text; anything else is empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def statement_text(statement: Any) -> str:
    """A statement that is to be one text: also the text of an option, and a list's only entry."""
    entries = as_list(statement)
    if entries is not None:
        return statement_text(entries[0]) if len(entries) == 1 else ""
    option = as_object(statement)
    if option is not None:
        return scalar(option.get("text") or option.get("id"))
    return scalar(statement)


def statement_lists(statement: Any) -> list[list[str]]:
    """The lists that a statement may mean: an array, a JSON array, or else the whole text and its parts at commas."""
    entries = as_list(statement)
    if entries is None and isinstance(statement, str) and statement.lstrip().startswith("["):
        entries = _json_list(statement)
    if entries is not None:
        return [[statement_text(entry).strip() for entry in entries]]
    whole = statement_text(statement).strip()
    parts = [part.strip() for part in whole.split(",")]
    return [[whole], [part for part in parts if part]] if len(parts) > 1 else [[whole]]


def _json_list(text: str) -> list[Any] | None:
    try:
        return as_list(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return None
