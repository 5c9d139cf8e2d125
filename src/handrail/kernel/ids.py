"""Ids: UUIDv7 as 32 lower-case hex digits, so that new rows sort after old ones and inserts stay local."""

import os
import re
import time

ID_PATTERN = re.compile(r"[a-f0-9]{32}")
_DIGITS = "0123456789abcdef"
_CODE_PATTERN = re.compile(r"[a-f0-9]{40}")
MAX_INTEGER_ID = 2**53 - 1

# random digits are drawn from the system many at a time; a forked process draws its own
_DRAWN = 512
_random: list[str] = []
_last_millisecond = 0
_sequence = 0
# a digit with variant 10 as its first two bits
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in _DIGITS}

os.register_at_fork(after_in_child=_random.clear)


def _random_digits() -> str:
    """24 fresh random hex digits; none of them is given twice."""
    if not _random:
        _random.extend(re.findall("." * 24, os.urandom(12 * _DRAWN).hex()))
    return _random.pop()


def new_id() -> str:
    """A fresh id. Within one process, later ids compare greater, also inside one millisecond."""
    global _last_millisecond, _sequence
    now = time.time_ns() // 1_000_000
    digits = _random_digits()
    if now > _last_millisecond:
        _last_millisecond = now
        _sequence = int(digits[16:18], 16)
    else:
        _sequence += 1
        if _sequence > 0xFFF:
            _last_millisecond += 1
            _sequence = 0
    # 48 bits of time, version 7, 12 bits of sequence, variant 10, 62 random bits
    return f"{_last_millisecond << 16 | 0x7000 | _sequence:016x}{_VARIANT[digits[0]]}{digits[1:16]}"


def new_request_id() -> str:
    """24 random hex digits that name a request."""
    return _random_digits()


def is_id(text: str) -> bool:
    """Whether a text has the shape of an id on the wire (wire 0.3)."""
    # as the pattern has it, without a regular expression: it is asked of every path and body
    return len(text) == 32 and not text.strip(_DIGITS)


def is_guest_code(text: str) -> bool:
    """Whether a text has the shape of the code that ends a guest's link."""
    return _CODE_PATTERN.fullmatch(text) is not None


def integer_id(text: str) -> int | None:
    """An integer id as the wire writes it, or None when the text cannot be one."""
    if text.isascii() and text.isdigit() and len(text) <= 16:
        number = int(text)
        if 0 < number <= MAX_INTEGER_ID:
            return number
    return None
