"""The commands that end: what they print, what they refuse, and with which code."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from handrail.schema.migrate import async_url
from tests.cli.commands import run

WHO = ("--org-name", "Harbour", "--email", "Ines@Harbour.example", "--password", "correct horse")


def test_help_names_every_command_and_shows_examples() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for command in ("serve", "worker", "init", "demo", "migrate", "token", "openapi", "doctor"):
        assert f"\n│ {command} " in shown.stdout
        page = run(command, "--help")
        assert page.returncode == 0
        assert f"handrail {command}" in page.stdout.partition("Examples:")[2]


def test_version() -> None:
    assert run("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize(
    "words", [("fly",), ("init",), ("serve", "--port", "x"), ("serve", "--workers", "0"), ("serve", "--nope")]
)
def test_wrong_words_end_with_two(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = run(*words, HANDRAIL_DATA=str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_end_with_two_and_say_what_is_allowed(tmp_path: Path) -> None:
    for command in (("serve",), ("init", *WHO), ("migrate",), ("demo",)):
        ended = run(*command, "--data", tmp_path, HANDRAIL_LOG_LEVEL="loud")
        assert ended.returncode == 2
        assert "HANDRAIL_LOG_LEVEL is 'loud'; allowed is one of debug, info, warning, error." in ended.stderr


def test_init_prints_json(tmp_path: Path) -> None:
    made = json.loads(run("init", "--data", tmp_path / "new", "--json", *WHO).stdout)
    assert made.keys() == {"organization_id", "user_id", "email", "access_token"}
    assert made["email"] == "ines@harbour.example"
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_init_reads_the_password_and_does_not_print_it(tmp_path: Path) -> None:
    words = ("init", "--data", tmp_path, *WHO[:4], "--password", "-")
    ended = run(*words, stdin="correct horse\n")
    assert ended.returncode == 0, ended.stderr
    assert "correct horse" not in ended.stdout + ended.stderr
    assert "hrp_" in ended.stdout


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--org-name", "H", "--email", "nobody", "--password", "correct horse"), "email"),
        (("--org-name", "H", "--email", "a@b.example", "--password", "short"), "password"),
        (("--org-name", "H" * 51, "--email", "a@b.example", "--password", "correct horse"), "name"),
        (("--org-name", "H", "--email", "a@b.example"), "--password"),
    ],
)
def test_init_says_what_is_wrong(tmp_path: Path, words: tuple[str, ...], part: str) -> None:
    ended = run("init", "--data", tmp_path, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert part in ended.stderr
    assert "Traceback" not in ended.stderr


def test_migrate_is_done_once(tmp_path: Path) -> None:
    first, second = run("migrate", "--data", tmp_path), run("migrate", "--data", tmp_path)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "is now at" in first.stderr
    assert "was already at" in second.stderr


def test_store_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    run("migrate", "--data", tmp_path)
    with sqlite3.connect(tmp_path / "handrail.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for command in ("migrate", "serve"):
        ended = run(command, "--data", tmp_path)
        assert ended.returncode == 1
        assert "9999" in ended.stderr


@pytest.mark.parametrize("command", ["migrate", "serve", "demo"])
def test_file_that_is_no_store_is_left_alone(tmp_path: Path, command: str) -> None:
    file = tmp_path / "handrail.db"
    file.write_text("somebody's notes, long enough to be looked at as a database file " * 20)
    ended = run(command, "--data", tmp_path)
    assert ended.returncode == 1
    assert "cannot be read as a Handrail store" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert file.read_text().startswith("somebody's notes")


def test_token_for_a_member(tmp_path: Path) -> None:
    made = json.loads(run("init", "--data", tmp_path, "--json", *WHO).stdout)
    one = run("token", "--data", tmp_path, "--email", "ines@harbour.example")
    assert one.stdout.startswith("hrp_")
    assert one.stdout.strip() != made["access_token"]
    assert len(one.stdout.splitlines()) == 1
    other = run("token", "--data", tmp_path, "--email", "INES@harbour.example", "--days", "1", "--json")
    assert json.loads(other.stdout)["organization_id"] == made["organization_id"]


def test_token_needs_one_organization(tmp_path: Path) -> None:
    first = json.loads(run("init", "--data", tmp_path, "--json", *WHO).stdout)
    second = json.loads(run("init", "--data", tmp_path, "--json", *WHO).stdout)
    assert first["user_id"] == second["user_id"]
    words = ("token", "--data", tmp_path, "--email", "ines@harbour.example")
    unclear = run(*words)
    assert unclear.returncode == 2
    assert first["organization_id"] in unclear.stderr
    assert run(*words, "--organization", second["organization_id"]).returncode == 0
    assert run(*words, "--organization", "f" * 32).returncode == 2
    assert run("token", "--data", tmp_path, "--email", "who@harbour.example").returncode == 1


def test_openapi_document() -> None:
    printed = run("openapi")
    document = json.loads(printed.stdout)
    assert document["openapi"].startswith("3.1")
    assert "/organizations/{org}/users/invite" in document["paths"]
    assert printed.stderr == ""


def test_init_migrates_postgresql(fresh_postgres: str, tmp_path: Path) -> None:
    surroundings = {"HANDRAIL_DATABASE_URL": fresh_postgres, "HANDRAIL_DATA": str(tmp_path)}
    early = run("serve", **surroundings)
    assert early.returncode == 1
    assert "handrail migrate" in early.stderr
    made = run("init", "--json", *WHO, **surroundings)
    assert made.returncode == 0, made.stderr

    async def count() -> int:
        connection = await asyncpg.connect(fresh_postgres)
        try:
            return await connection.fetchval("SELECT count(*) FROM organizations")
        finally:
            await connection.close()

    assert asyncio.run(count()) == 1
    assert list(tmp_path.iterdir()) == []


def test_migrating_seals_with_the_key_of_the_servers_and_makes_none(fresh_postgres: str, tmp_path: Path) -> None:
    surroundings = {"HANDRAIL_DATABASE_URL": fresh_postgres, "HANDRAIL_DATA": str(tmp_path)}

    async def carry_out(*statements: str) -> None:
        connection = await asyncpg.connect(fresh_postgres)
        try:
            for text in statements:
                await connection.execute(text)
        finally:
            await connection.close()

    assert run("init", "--json", *WHO, **surroundings).returncode == 0
    older = tmp_path / "older.py"
    older.write_text(OLDER.format(url=async_url(fresh_postgres)))
    subprocess.run([sys.executable, older], check=True, capture_output=True)
    guest = (
        "INSERT INTO guests (organization_id, id, email, code, created_at, updated_at) "
        f"SELECT organization_id, 1, 'rui@pilots.example', '{'0123456789' * 4}', 1, 1 FROM organizations"
    )
    asyncio.run(carry_out(guest))
    refused = run("migrate", **surroundings)
    assert refused.returncode == 1
    assert "HANDRAIL_SECRET_KEY" in refused.stderr
    assert "secret.key" in refused.stderr
    assert not (tmp_path / "secret.key").exists()
    migrated = run("migrate", **surroundings, HANDRAIL_SECRET_KEY="a key of thirty-two characters!!")
    assert migrated.returncode == 0, migrated.stderr


OLDER = """
import asyncio
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine
from handrail.ports.sealer import Keyless
from handrail.schema import migrate

def downgrade(connection):
    config = migrate.configuration()
    config.attributes.update(connection=connection, sealer=Keyless())
    command.downgrade(config, "0013")

async def main():
    engine = create_async_engine("{url}")
    async with engine.begin() as connection:
        await connection.run_sync(downgrade)
    await engine.dispose()

asyncio.run(main())
"""


def test_embedded_store_has_no_workers_of_its_own(tmp_path: Path) -> None:
    for command, extra in (("worker", {}), ("serve", {"HANDRAIL_WORKER": "separate"})):
        ended = run(command, "--data", tmp_path, **extra)
        assert ended.returncode == 2
        assert "its server carries out the jobs" in ended.stderr
        assert list(tmp_path.iterdir()) == []


def test_postgresql_that_does_not_answer_is_told(tmp_path: Path) -> None:
    for command in (("serve",), ("worker",), ("migrate",), ("init", *WHO)):
        ended = run(*command, "--data", tmp_path, HANDRAIL_DATABASE_URL="postgresql://u:hunter2@127.0.0.1:9/none")
        assert ended.returncode == 1
        assert "PostgreSQL cannot be used" in ended.stderr
        assert "hunter2" not in ended.stderr
        assert "Traceback" not in ended.stderr
