"""Reading what a client gave for the parts of a definition: leniently where the wire allows it, with exact complaints.

`Given` wraps one decoded object. An absent key keeps the current value, a `null` goes back to the default, anything
that does not fit is added to the errors under its full path (wire 0.9).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from handrail.engine import limits
from handrail.engine.value_checks import Wrong, check_plain
from handrail.kernel.addresses import URL_LENGTH, is_web_address
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.errors import Errors
from handrail.kernel.html import sanitise
from handrail.kernel.ids import is_id

Word = TypeVar("Word", bound=str)
_FLAGS: dict[int | str, bool] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}


class Given:
    """One object of a request body, read key by key."""

    def __init__(self, data: Mapping[str, Any], path: str, errors: Errors) -> None:
        self.data = data
        self.path = path
        self.errors = errors

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def at(self, key: str | int) -> str:
        """The path of a key for messages."""
        return f"{self.path}.{key}" if self.path else str(key)

    def refuse(self, key: str | int, text: str) -> None:
        """Say what is wrong with a key."""
        self.errors.add(self.at(key), text)

    def refuse_word(self, key: str, allowed: Iterable[str], note: str = "") -> None:
        """Say which words a key may have, and whether there is none or a wrong one."""
        told = "is required: one of" if self.data.get(key) in (None, "") else "must be one of"
        self.refuse(key, f"The {key} {told} {', '.join(allowed)}{note}.")

    def is_wrong(self, key: str) -> bool:
        """Whether something in a key was refused already."""
        path = self.at(key)
        return any(where == path or where.startswith(f"{path}.") for where in self.errors.found)

    def needed_text(self, key: str, current: str | None, limit: int) -> str:
        """A text that may not be blank, kept as it was sent; "" when it is refused."""
        value = self.data.get(key) if key in self.data else current
        if value is None or (isinstance(value, str) and not value.strip()):
            self.refuse(key, f"The {key} is required.")
            return ""
        return self._checked_text(key, value, limit) or ""

    def text(self, key: str, current: str | None, limit: int) -> str | None:
        """A text, or None for a blank one."""
        if key not in self.data:
            return current
        value = self.data[key]
        return None if value is None or value == "" else self._checked_text(key, value, limit)

    def html(self, key: str, current: str | None, limit: int) -> str | None:
        """A rich text, sanitised, or None for a blank one."""
        if key not in self.data:
            return current
        text = self.text(key, None, limit)
        if not text:
            return None
        # the same limit again: written out properly, a text can be longer, and it must be fit to be sent back
        return self._checked_text(key, sanitise(text), limit) or None

    def web_address(self, key: str, current: str | None) -> str | None:
        """An http or https address, or None for a blank one."""
        text = self.text(key, current, URL_LENGTH)
        if text is not None and key in self.data and not is_web_address(text):
            self.refuse(key, f"The {key} must be an address that starts with http:// or https://.")
            return None
        return text

    def identifier(self, key: str, current: str | None) -> str | None:
        """An id of 32 hex digits, or None for a blank one."""
        text = self.text(key, current, 64)
        if text is not None and key in self.data and not is_id(text):
            self.refuse(key, f"The {key} must be an id of 32 lower-case hexadecimal digits.")
            return None
        return text

    def flag(self, key: str, current: bool, *, default: bool = False) -> bool:
        """A switch: true or false, also as "true", "false", "1", "0", 1 or 0 (wire 2.7)."""
        if key not in self.data:
            return current
        value = self.data[key]
        if value is None:
            return default
        known = _FLAGS.get(value.lower() if isinstance(value, str) else value) if isinstance(value, int | str) else None
        if known is None:
            self.refuse(key, f"The {key} must be true or false.")
            return current
        return known

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number, also in digits; None when it is absent, null or refused."""
        value = self.data.get(key)
        if value is None:
            return None
        number = whole_number(value)
        if number is None or not low <= number <= high:
            self.refuse(key, f"The {key} must be a whole number from {low} to {high}.")
            return None
        return number

    def word(self, key: str, allowed: Sequence[Word]) -> Word | None:
        """One of the allowed words, exactly; None when it is absent, null or refused."""
        value = self.data.get(key)
        if value is None:
            return None
        for word in allowed:
            if word == value:
                return word
        self.refuse(key, f"The {key} must be one of: {', '.join(allowed)}.")
        return None

    def plain(self, key: str, current: Any) -> Any:
        """Any small JSON value, kept as it was sent."""
        if key not in self.data:
            return current
        value = self.data[key]
        try:
            check_plain(value)
        except Wrong as wrong:
            self.refuse(key, f"The {key} {wrong}.")
            return None
        if len(msgspec.json.encode(value)) > limits.SMALL_JSON:
            self.refuse(key, f"The {key} must be smaller than {limits.SMALL_JSON} bytes.")
            return None
        return value

    def entries(self, key: str, limit: int) -> list[Any]:
        """A list; empty when it is absent, null or refused."""
        value = self.data.get(key)
        if value is None:
            return []
        entries = as_list(value)
        if entries is None:
            self.refuse(key, f"The {key} must be a list.")
            return []
        if len(entries) > limit:
            self.refuse(key, f"The {key} may have at most {limit} entries; there are {len(entries)}.")
            return []
        return entries

    def objects(self, key: str, limit: int) -> "list[Given]":
        """A list of objects, each to be read under its own path; entries that are none are refused and left out."""
        found: list[Given] = []
        for index, entry in enumerate(self.entries(key, limit)):
            item = as_object(entry)
            if item is None:
                self.refuse(f"{key}.{index}", "This must be an object.")
            else:
                found.append(Given(item, self.at(f"{key}.{index}"), self.errors))
        return found

    def object(self, key: str) -> "Given | None":
        """An object to be read under its own path; None when it is absent, null, empty or refused."""
        value = self.data.get(key)
        # clients in PHP write an empty object as an empty list
        if value is None or value == [] or value == {}:
            return None
        item = as_object(value)
        if item is None:
            self.refuse(key, f"The {key} must be an object or null.")
            return None
        return Given(item, self.at(key), self.errors)

    def _checked_text(self, key: str, value: Any, limit: int) -> str | None:
        if not isinstance(value, str):
            self.refuse(key, f"The {key} must be text.")
        elif len(value) > limit:
            self.refuse(key, f"The {key} may have at most {limit} characters; it has {len(value)}.")
        elif "\0" in value:
            self.refuse(key, f"The {key} must not contain the character U+0000.")
        else:
            return value
        return None


def whole_number(value: Any) -> int | None:
    """A whole number given as a number or in digits, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        digits = value.removeprefix("-")
        return int(value) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
    return None


def in_given_order(entries: "list[Given]") -> "list[Given]":
    """Entries in the order of their `position` keys, if each has one of its own; else as they were listed."""
    positions = [whole_number(entry.data.get("position")) for entry in entries]
    if None in positions or len(set(positions)) < len(positions):
        return entries
    return [entry for _, entry in sorted(zip(positions, entries, strict=True), key=lambda pair: pair[0] or 0)]


def position_from(data: Mapping[str, Any], *, path: str, errors: Errors, key: str = "position") -> int | None:
    """A 1-based position, 1 to 9999; None when it is absent or refused (engine 1.2)."""
    return Given(data, path, errors).whole(key, 1, limits.POSITION)
