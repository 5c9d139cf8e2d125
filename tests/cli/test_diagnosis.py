"""`handrail doctor`: what is right, what is wrong, what to do."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.commands import run
from tests.support.redis import RedisServer


def findings(*words: str | Path, **extra: str) -> tuple[int, dict[str, dict[str, Any]]]:
    ended = run("doctor", "--json", *words, **extra)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, {finding["what"]: finding for finding in json.loads(ended.stdout)}


def test_sound_installation(tmp_path: Path) -> None:
    run("migrate", "--data", tmp_path)
    code, found = findings("--data", tmp_path, HANDRAIL_PUBLIC_URL="https://flow.example")
    assert code == 0
    assert {"Python", "SQLite", "Disk", "Write-ahead log", "Durable write (fsync)", "Store", "Schema"} <= found.keys()
    assert all(finding["verdict"] != "problem" for finding in found.values())
    assert found["HANDRAIL_PUBLIC_URL"]["found"] == "https://flow.example"
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("doctor-")] == []


def test_table_for_people(tmp_path: Path) -> None:
    shown = run("doctor", "--data", tmp_path)
    assert shown.returncode == 0
    assert "SQLite" in shown.stdout


def test_nothing_there_yet_is_no_problem(tmp_path: Path) -> None:
    code, found = findings("--data", tmp_path / "none")
    assert code == 0
    assert found["Data directory"]["verdict"] == "note"
    assert not (tmp_path / "none").exists()


def test_wrong_setting(tmp_path: Path) -> None:
    code, found = findings("--data", tmp_path, HANDRAIL_DURABILITY="some")
    assert code == 1
    assert "HANDRAIL_DURABILITY" in found["Settings"]["found"]


def test_old_schema(tmp_path: Path) -> None:
    run("migrate", "--data", tmp_path)
    with sqlite3.connect(tmp_path / "handrail.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    code, found = findings("--data", tmp_path)
    assert code == 1
    assert "handrail migrate" in found["Schema"]["advice"]


def test_damaged_store(tmp_path: Path) -> None:
    (tmp_path / "handrail.db").write_bytes(b"no database " * 1000)
    code, found = findings("--data", tmp_path)
    assert code == 1
    assert found["Store"]["verdict"] == "problem"


def test_postgresql(fresh_postgres: str, tmp_path: Path) -> None:
    surroundings = {"HANDRAIL_DATABASE_URL": fresh_postgres}
    code, found = findings("--data", tmp_path, **surroundings)
    assert code == 1
    assert "handrail migrate" in found["Schema"]["advice"]
    run("migrate", "--data", tmp_path, **surroundings)
    code, found = findings("--data", tmp_path, **surroundings)
    assert code == 0
    assert found["PostgreSQL"]["verdict"] == "good"


def test_postgresql_that_does_not_answer(tmp_path: Path) -> None:
    code, found = findings("--data", tmp_path, HANDRAIL_DATABASE_URL="postgresql://u:hunter2@127.0.0.1:9/none")
    assert code == 1
    assert found["PostgreSQL"]["verdict"] == "problem"
    assert "hunter2" not in str(found)


def test_redis_is_asked(tmp_path: Path, redis: RedisServer) -> None:
    run("migrate", "--data", tmp_path)
    code, found = findings("--data", tmp_path, HANDRAIL_REDIS_URL=redis.url)
    assert code == 0
    assert found["Redis"]["verdict"] == "good"
    assert "answers" in found["Redis"]["found"]
    code, found = findings("--data", tmp_path, HANDRAIL_REDIS_URL="redis://:secret@127.0.0.1:1/3")
    assert code == 1
    assert found["Redis"]["verdict"] == "problem"
    assert "HANDRAIL_REDIS_URL" in found["Redis"]["advice"]
    assert "secret" not in str(found)
