"""Ids: UUIDv7 as 32 lower-case hex digits, so that new rows sort after old ones and inserts stay local."""

import os
import re
import struct
import time

ID_PATTERN = re.compile(r"[a-f0-9]{32}")
_CODE_PATTERN = re.compile(r"[a-f0-9]{40}")
MAX_INTEGER_ID = 2**53 - 1

# random bits are drawn from the system many at a time; a forked process draws its own
_DRAWN = 512
_numbers = struct.Struct(f"{_DRAWN}Q")
_random: list[int] = []
_last_millisecond = 0
_sequence = 0

os.register_at_fork(after_in_child=_random.clear)


def _random_bits() -> int:
    """64 fresh random bits; none of them is given twice."""
    if not _random:
        _random.extend(_numbers.unpack(os.urandom(_numbers.size)))
    return _random.pop()


def new_id() -> str:
    """A fresh id. Within one process, later ids compare greater, also inside one millisecond."""
    global _last_millisecond, _sequence
    now = time.time_ns() // 1_000_000
    if now > _last_millisecond:
        _last_millisecond = now
        _sequence = _random_bits() & 0xFF
    else:
        _sequence += 1
        if _sequence > 0xFFF:
            _last_millisecond += 1
            _sequence = 0
    # 48 bits of time, version 7, 12 bits of sequence, variant 10, 62 random bits
    tail = _random_bits() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return f"{(_last_millisecond << 16 | 0x7000 | _sequence) << 64 | tail:032x}"


def new_request_id() -> str:
    """24 random hex digits that name a request."""
    return f"{(_random_bits() & 0xFFFF_FFFF) << 64 | _random_bits():024x}"


def is_id(text: str) -> bool:
    """Whether a text has the shape of an id on the wire (wire 0.3)."""
    return ID_PATTERN.fullmatch(text) is not None


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
