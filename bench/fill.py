"""Filling a database of ours with many processes in seconds: real rows, copied.

One process is made through the API; its rows are then copied N times inside SQLite, in every table that holds rows of
a process, with new identifiers. So the rows are those the product writes, whatever they come to be, and only the way
they got there is not. The server must not run meanwhile.

An identifier begins with 48 bits of time in 12 hex digits; a copy replaces these with its own number, so that the
rows of one copy lie together and all copies lie before everything that is made later.
"""

import sqlite3
from pathlib import Path

#: Columns that name the process or one of its tasks, in whatever table.
_REFERENCES = ("process_id", "task_id", "subject_id", "parent_id")
#: Integers that are unique within the organization.
_NUMBERS = ("id", "increment_id")
#: What is still to be done, or was only ever asked of the original.
_NOT_COPIED = ("jobs", "idempotency")
_NUMBERS_PER_COPY = 1_000
_FIRST_NUMBER = 1_000_000


def database_file(data: Path) -> Path:
    """The SQLite database in a data directory."""
    for path in sorted(data.rglob("*")):
        if path.is_file() and path.open("rb").read(15) == b"SQLite format 3":
            return path
    raise FileNotFoundError("no SQLite database in the data directory")


def copy_process(database: Path, process: str, copies: int, *, people: int = 1) -> dict[str, int]:
    """Copy a process with everything that belongs to it; how many rows each table gained.

    With several `people`, only one copy in so many stays assigned to those who own the original's tasks; the others
    belong to members who do not sign in.
    """
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("CREATE TEMP TABLE copies (number INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO copies VALUES (?)", ((number,) for number in range(1, copies + 1)))
    connection.execute("CREATE TEMP TABLE original (id TEXT PRIMARY KEY)")
    connection.execute("INSERT INTO original VALUES (?)", (process,))
    connection.execute("INSERT INTO original SELECT id FROM tasks WHERE process_id = ?", (process,))
    tables = [row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    connection.execute("BEGIN")
    gained = {table: _copy_rows(connection, table, people) for table in tables if table not in _NOT_COPIED}
    connection.execute("UPDATE sequences SET value = value + ?", (_FIRST_NUMBER + (copies + 1) * _NUMBERS_PER_COPY,))
    connection.commit()
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.close()
    return {table: rows for table, rows in gained.items() if rows}


def _copy_rows(connection: sqlite3.Connection, table: str, people: int) -> int:
    """Copy one table's rows of the original, and count them; `rowid` in the temporary table numbers them from 1."""
    types: dict[str, str] = {row[1]: row[2] for row in connection.execute(f'PRAGMA main.table_info("{table}")')}
    references = [name for name in types if name in _REFERENCES or (table == "processes" and name == "id")]
    if not references:
        return 0
    belongs = " OR ".join(f'"{name}" IN (SELECT id FROM original)' for name in references)
    connection.execute("DROP TABLE IF EXISTS source")
    connection.execute(f'CREATE TEMP TABLE source AS SELECT * FROM "{table}" WHERE {belongs}')
    values = ", ".join(_value_of_copy(table, name, kind, people) for name, kind in types.items())
    columns = ", ".join(f'"{name}"' for name in types)
    statement = f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM copies CROSS JOIN source'
    return connection.execute(statement).rowcount


def _value_of_copy(table: str, column: str, kind: str, people: int) -> str:
    """The SQL expression of a column in a copied row."""
    name = f'source."{column}"'
    renamed = f"printf('%012x', copies.number) || substr({name}, 13)"
    if column in _NUMBERS and "INT" in kind:
        return f"{_FIRST_NUMBER} + copies.number * {_NUMBERS_PER_COPY} + source.rowid"
    if column == "id":
        return renamed
    if column in _REFERENCES:
        # Only what belongs to the process: an activity's parent may be its template.
        return f"CASE WHEN {name} IN (SELECT id FROM original) THEN {renamed} ELSE {name} END"
    if (table, column) == ("task_owners", "principal") and people > 1:
        other = f"'u:' || ({_FIRST_NUMBER} + copies.number % {people})"
        return f"CASE copies.number % {people} WHEN 0 THEN {name} ELSE {other} END"
    return name
