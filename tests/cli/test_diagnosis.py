"""`handrail doctor`: what is right, what is wrong, what to do."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from handrail.adapters.sealing_fernet import FernetSealer, key_of
from tests.cli.commands import run
from tests.cli.test_commands import WHO
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
    # whatever several processes would have to share
    for name in ("HANDRAIL_REDIS_URL", "HANDRAIL_SECRET_KEY"):
        assert found[name]["verdict"] == "note"
    shared = {"HANDRAIL_SECRET_KEY": "k" * 32}
    code, found = findings("--data", tmp_path, **surroundings, **shared)
    assert found["HANDRAIL_SECRET_KEY"]["verdict"] == "good"


def test_key_that_opens_nothing(tmp_path: Path) -> None:
    assert run("init", *WHO, "--data", tmp_path).returncode == 0
    sealed = FernetSealer((key_of(tmp_path),)).seal("0123456789" * 4)
    with sqlite3.connect(tmp_path / "handrail.db") as connection:
        connection.execute(
            "INSERT INTO guests (organization_id, id, email, code_hash, sealed_code, created_at, updated_at) "
            "SELECT organization_id, 1, 'rui@pilots.example', 'x', ?, 1, 1 FROM organizations",
            (sealed,),
        )
    connection.close()
    code, found = findings("--data", tmp_path)
    assert (code, found["Key"]["verdict"]) == (0, "good")
    code, found = findings("--data", tmp_path, HANDRAIL_SECRET_KEY="k" * 32)
    assert (code, found["Key"]["verdict"]) == (1, "problem")
    (tmp_path / "secret.key").unlink()
    code, found = findings("--data", tmp_path)
    assert (code, found["Key"]["verdict"]) == (1, "problem")
    # looking makes no key
    assert not (tmp_path / "secret.key").exists()


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
