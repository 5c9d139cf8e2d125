"""Proves that the tests' PostgreSQL is real, new enough, separate for each test, and gone afterwards."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tests.support.postgres import create_database, drop_database, running_server, with_database
from tests.support.postgres_keeper import ROOT, server_dsn


def ask(dsn: str, *statements: str) -> Any:
    """Carries out the statements on one connection and returns the last one's value."""

    async def work() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(work())


def test_server_is_new_enough(postgres_dsn: str) -> None:
    assert postgres_dsn.startswith("postgresql://")
    assert int(ask(postgres_dsn, "SHOW server_version_num")) >= 15_00_00


def test_server_knows_unicode(fresh_postgres: str) -> None:
    assert ask(fresh_postgres, "SELECT length('Übergröße') || lower('ÜBER')") == "9über"


@pytest.mark.parametrize("turn", [1, 2])
def test_fresh_database_is_empty_each_time(fresh_postgres: str, turn: int) -> None:
    count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert ask(fresh_postgres, count) == 0
    assert ask(fresh_postgres, "CREATE TABLE note (id int)", count) == 1


def test_module_database_is_another_one(module_postgres: str, fresh_postgres: str, postgres_dsn: str) -> None:
    assert len({module_postgres, fresh_postgres, postgres_dsn}) == 3


def test_database_can_be_copied_from_another(make_postgres: Callable[..., str]) -> None:
    original = make_postgres()
    ask(original, "CREATE TABLE note (id int)", "INSERT INTO note VALUES (7) RETURNING id")
    assert ask(make_postgres(template=original), "SELECT id FROM note") == 7


def test_databases_can_be_made_while_a_loop_runs() -> None:
    async def work() -> None:
        server = server_dsn()
        dsn = create_database(server)
        connection = await asyncpg.connect(dsn)
        drop_database(server, dsn)  # with FORCE: our own connection is cut
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            await connection.close()
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(dsn)

    asyncio.run(work())


def test_nothing_is_left_of_a_server() -> None:
    with running_server() as dsn:
        folder = ask(dsn, "SHOW data_directory")
        assert os.path.exists(folder)  # noqa: PTH110
    assert not os.path.exists(folder)  # noqa: PTH110
    with pytest.raises(OSError, match=r"."):
        asyncio.run(asyncpg.connect(dsn, timeout=5))


KILLED_RUN = """
import os, signal
from tests.support.postgres_keeper import keeper, server_dsn
with keeper():
    print(server_dsn(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_server_ends_with_a_run_that_is_killed() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_TEST_POSTGRES")}
    run = subprocess.run(
        [sys.executable, "-c", KILLED_RUN], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    dsn = with_database(run.stdout.strip(), "postgres")
    deadline = time.monotonic() + 30
    with pytest.raises(OSError, match=r"."):
        while time.monotonic() < deadline:
            with contextlib.suppress(asyncpg.PostgresError):  # it is on its way down
                ask(dsn, "SELECT 1")
            time.sleep(0.1)
