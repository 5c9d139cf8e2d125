"""The rows that stand for the job in all database floors: few tables, five indexes, nothing that is not needed."""

import os
import sqlite3
import time
from collections.abc import Sequence

_STATEMENTS = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, template_id INTEGER NOT NULL, status TEXT NOT NULL,
    completed INTEGER NOT NULL, total INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task (
    id TEXT PRIMARY KEY, run_id TEXT NOT NULL, position INTEGER NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL,
    assignee INTEGER NOT NULL, deadline INTEGER NOT NULL, form TEXT, completed_at INTEGER, completed_by INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule (
    id INTEGER PRIMARY KEY, template_id INTEGER NOT NULL, condition TEXT NOT NULL, action TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, task_id TEXT, actor INTEGER NOT NULL, verb TEXT NOT NULL,
    at INTEGER NOT NULL, detail TEXT
);
CREATE INDEX IF NOT EXISTS task_of_run ON task (run_id, position);
CREATE INDEX IF NOT EXISTS task_of_assignee ON task (assignee, status, deadline);
CREATE INDEX IF NOT EXISTS rule_of_template ON rule (template_id);
CREATE INDEX IF NOT EXISTS audit_of_run ON audit (run_id);
CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
"""

_RULES = [(template, "field is not empty", "show a step") for template in range(1, 11) for _ in range(3)]


def new_identifier() -> str:
    """32 hex digits that sort by time, so that rows made together lie together."""
    return f"{time.time_ns():016x}{os.urandom(8).hex()}"


def create(connection: sqlite3.Connection) -> None:
    """Durable settings, tables, indexes and three rules for each of ten templates."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.executescript(_STATEMENTS)
    if connection.execute("SELECT count(*) FROM rule").fetchone()[0] == 0:
        connection.executemany("INSERT INTO rule (template_id, condition, action) VALUES (?, ?, ?)", _RULES)


def launch_run(connection: sqlite3.Connection, run: str, name: str, tasks: Sequence[str]) -> None:
    """Insert one run and its tasks, inside a transaction of the caller."""
    now = time.time_ns() // 1_000_000
    connection.execute(
        "INSERT INTO run VALUES (?, ?, 1, 'active', 0, ?, ?, ?)",
        (run, name, len(tasks), now, now),
    )
    connection.executemany(
        "INSERT INTO task VALUES (?, ?, ?, 'Collect documents', 'not-started', 1, ?, NULL, NULL, NULL)",
        [(task, run, position, now + 86_400_000) for position, task in enumerate(tasks, 1)],
    )


def complete_task(connection: sqlite3.Connection, run: str, task: str, form: str) -> tuple[int, int]:
    """The rows of one completion, inside a transaction of the caller.

    Returns the time of completion in milliseconds and the number of rules found. `LookupError` without such a task.
    """
    now = time.time_ns() // 1_000_000
    updated = connection.execute(
        "UPDATE task SET status = 'completed', completed_at = ?, completed_by = 1, form = ? "
        "WHERE id = ? AND run_id = ?",
        (now, form, task, run),
    )
    if updated.rowcount != 1:
        raise LookupError(task)
    connection.execute("UPDATE run SET completed = completed + 1, updated_at = ? WHERE id = ?", (now, run))
    rules = connection.execute("SELECT id, condition, action FROM rule WHERE template_id = 1").fetchall()
    connection.executemany(
        "INSERT INTO audit (run_id, task_id, actor, verb, at, detail) VALUES (?, ?, 1, ?, ?, ?)",
        [(run, task, "form-saved", now, form), (run, task, "task-completed", now, None)],
    )
    return now, len(rules)


def counts(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Completed tasks, the runs' own counters of them, and audit rows."""
    completed = connection.execute("SELECT count(*) FROM task WHERE status = 'completed'").fetchone()[0]
    counted = connection.execute("SELECT coalesce(sum(completed), 0) FROM run").fetchone()[0]
    audit = connection.execute("SELECT count(*) FROM audit").fetchone()[0]
    return completed, counted, audit
