"""What a transaction believes of a row, looked at in the change of that row, which saves a statement.

Whoever has worked something out from a row as it was remembered must not write if the row is another by now. SQLite
finds the row anyway to change it, so the change itself says what the row must be; one that touches nothing tells that
the belief was wrong.
"""

import re
from functools import lru_cache
from typing import Any

# a statement that was believed to give a value, with its arguments, and the value
Belief = tuple[str, tuple[Any, ...], Any]
_LOOK = re.compile(r"SELECT (?P<column>\S+)\s+FROM (?P<table>\S+)\s+WHERE (?P<where>.+)", re.DOTALL)


@lru_cache(maxsize=512)
def believing(change: str, look: str) -> str | None:
    """The change, made only if the column that `look` selects has the value of one more argument; None when they are
    not about the same row, or the change is no plain update."""
    found = _LOOK.fullmatch(look)
    if found is None or not change.startswith(f"UPDATE {found['table']} SET "):
        return None
    head, where, _ = change.partition(f" WHERE {found['where']}")
    return f"{change} AND {found['column']} = ?" if where and change == head + where else None
