"""SQLite alone: completions a second in Python with synchronous=FULL.

Run as `python -m bench.floors.sqlite_commit DATABASE SIZE SECONDS`; prints one JSON object. SIZE is completions per
commit.
"""

import sqlite3
import sys
import time

import msgspec

from bench.floors.schema import complete_task, create, launch_run, new_identifier
from bench.orders import FORM_TEXT


class Committed(msgspec.Struct):
    """What was committed, and how long one commit took (median, milliseconds)."""

    rate: float
    p50: float


def complete(connection: sqlite3.Connection, per_commit: int, seconds: float) -> Committed:
    """Complete the tasks of processes of ten, `per_commit` completions in one transaction."""
    form = msgspec.json.encode({"note": FORM_TEXT}).decode()
    open_tasks: list[tuple[str, str]] = []
    latencies: list[float] = []
    completed, spent = 0, 0.0
    while spent < seconds:
        if len(open_tasks) < per_commit:
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(400):
                run = new_identifier()
                tasks = [new_identifier() for _ in range(10)]
                launch_run(connection, run, "Vendor intake", tasks)
                open_tasks.extend((run, task) for task in tasks)
            connection.commit()
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(per_commit):
            run, task = open_tasks.pop()
            complete_task(connection, run, task, form)
        connection.commit()
        latencies.append(time.perf_counter() - started)
        spent += latencies[-1]
        completed += per_commit
    return Committed(completed / spent, sorted(latencies)[len(latencies) // 2] * 1e3)


def main() -> None:
    """Entry of the process."""
    database, size, seconds = sys.argv[1:]
    connection = sqlite3.connect(database, isolation_level=None)
    create(connection)
    print(msgspec.json.encode(complete(connection, int(size), float(seconds))).decode())


if __name__ == "__main__":
    main()
