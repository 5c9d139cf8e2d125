"""The tables of the job queue on PostgreSQL: they are Procrastinate's, installed and kept up to date with the library.

The comment on its table of jobs holds the name of the last of the library's migration scripts that the database has.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

# of all the tables, functions and types that the library brings
PREFIX = "procrastinate_"
_LOCK = 7249311


def _scripts() -> Path:
    # found without loading the library, which a server that is up to date need not do for this
    spec = find_spec("procrastinate")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "sql"


def _migrations() -> list[Path]:
    return sorted((_scripts() / "migrations").glob("*.sql"), key=lambda path: path.name)


def newest() -> str:
    """The state that the installed library needs."""
    return _migrations()[-1].stem


async def revision(connection: Any) -> str | None:
    """The state that the database is in; None when the queue is not there. `connection` is one of asyncpg's."""
    return await connection.fetchval("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")


async def upgrade(dsn: str) -> bool:
    """Install the queue or run the library's missing scripts; whether there was anything to do."""
    import asyncpg

    driver: Any = asyncpg
    connection: Any = await driver.connect(dsn)
    try:
        async with connection.transaction():
            # one migrating process at a time
            await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            found = await revision(connection)
            if found is not None and found >= newest():
                return False
            if found is None:
                await connection.execute((_scripts() / "schema.sql").read_text())
            else:
                for script in _migrations():
                    if script.stem > found:
                        await connection.execute(script.read_text())
            await connection.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{newest()}'")
            return True
    finally:
        await connection.close()
