"""SQLite alone, inserting the same rows as a launch: into a copy of our own database, one commit each.

Run as `python -m bench.floors.same_rows DATABASE SECONDS`, where the database has just one process; prints one JSON
object. The rows of that process are inserted again and again, with new identifiers and nothing else in between.
"""

import sqlite3
import sys
import time
from collections.abc import Callable

import msgspec

from bench.floors.schema import new_identifier
from bench.floors.sqlite_commit import Committed

#: The tables of a launch, in the order of their references, and what in their rows must be new each time.
TABLES = {
    "processes": ("id", "increment_id"),
    "tasks": ("id", "increment_id", "process_id"),
    "task_owners": ("task_id", "process_id"),
    "activities": ("id", "subject_id", "parent_id"),
    "events": ("id", "process_id", "task_id"),
}
Row = tuple[object, ...]


def plan(connection: sqlite3.Connection) -> Callable[[], list[tuple[str, list[Row]]]]:
    """A function that gives the inserts of one more launch: their text, and rows that differ in their identifiers."""
    inserts: list[tuple[str, list[Row], list[int]]] = []
    for table, fresh in TABLES.items():
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description]
        rows: list[Row] = found.fetchall()
        if table in ("activities", "events"):
            of_process = {row[0] for row in connection.execute("SELECT id FROM processes")}
            key = names.index("subject_id" if table == "activities" else "process_id")
            rows = [row for row in rows if row[key] in of_process]
        places = [names.index(name) for name in fresh]
        marks = ", ".join("?" * len(names))
        columns = ", ".join(f'"{name}"' for name in names)
        inserts.append((f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows, places))
    number = 1_000_000

    def launch() -> list[tuple[str, list[Row]]]:
        nonlocal number
        known: dict[object, object] = {None: None}
        made: list[tuple[str, list[Row]]] = []
        for text, rows, places in inserts:
            new: list[Row] = []
            for row in rows:
                values = list(row)
                for place in places:
                    old = values[place]
                    if isinstance(old, int):
                        number += 1
                        values[place] = number
                    else:
                        if old not in known:
                            known[old] = new_identifier()
                        values[place] = known[old]
                new.append(tuple(values))
            made.append((text, new))
        return made

    return launch


def main() -> None:
    """Entry of the process."""
    database, seconds = sys.argv[1], float(sys.argv[2])
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    launch = plan(connection)
    latencies: list[float] = []
    begun = time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for text, rows in launch():
            connection.executemany(text, rows)
        connection.commit()
        latencies.append(time.perf_counter() - started)
    result = Committed(len(latencies) / spent, sorted(latencies)[len(latencies) // 2] * 1e3)
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
