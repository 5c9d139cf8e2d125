"""The chain of an organization's entries: each hash covers its entry and the hash before, so nothing in the middle
can be changed, left out or put in without every later hash being wrong."""

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from handrail.features.audit.store import AuditRow

BEGINNING = "0" * 64
_encode = msgspec.json.Encoder(order="deterministic").encode


def hash_of(row: AuditRow) -> str:
    """SHA-256 over everything in the entry but its own hash, as JSON with sorted keys, in hexadecimal."""
    values = msgspec.structs.asdict(row)
    del values["hash"]
    return sha256(_encode(values)).hexdigest()


def broken_at(rows: Iterable[AuditRow], position: int, previous: str) -> int | None:
    """The first of these entries that does not follow from the one before it; None when all do."""
    for row in rows:
        position += 1
        if (row.position, row.previous) != (position, previous) or hash_of(row) != row.hash:
            return row.position
        previous = row.hash
    return None
