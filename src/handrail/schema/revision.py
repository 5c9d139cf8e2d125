"""Which schema revision a store is at and which this program needs, without loading the migration machinery.

A server that starts on an up-to-date store asks nothing else, so it starts quickly and stays small.
"""

import re
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

_MIGRATION = re.compile(r"(\d{4})_\w+\.py")


def newest() -> str:
    """The revision of the last migration: the number its file name begins with."""
    names = (entry.name for entry in (files("handrail.schema") / "migrations" / "versions").iterdir())
    return max(found[1] for found in map(_MIGRATION.fullmatch, names) if found)


def of_sqlite(path: Path) -> str | None:
    """The revision of an embedded store; None when there is no such file or nothing in it.

    A file that is no SQLite database raises sqlite3.DatabaseError.
    """
    if not path.is_file():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        if known is None:
            return None
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if found is None else str(found[0])
