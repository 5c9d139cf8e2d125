"""Brings a database to the newest schema: Alembic on SQLAlchemy's own connections, for both databases.

Migrations may be cut short at any point and run again: each runs in one transaction.
"""

import sqlite3
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import create_async_engine

from handrail.ports.sealer import Keyless, Sealer
from handrail.schema import queue
from handrail.schema.tables import metadata

# how long one program waits for another that prepares the same file, and how often it looks
LOCK_SECONDS = 10.0
LOCK_PAUSE = 0.01


def configuration() -> Config:
    """Alembic's configuration; the connection is handed over in `attributes`."""
    config = Config()
    config.set_main_option("script_location", str(files("handrail.schema") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def run_in(context: Any) -> None:
    """What `migrations/env.py` does: run the wanted migrations on the connection that was handed over."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_type=True,
        include_name=is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether something found in a database is described by our tables; those of the job queue are its library's."""
    return kind != "table" or name is None or not name.startswith(queue.PREFIX)


def newest() -> str:
    """The revision that this program needs."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    assert head is not None
    return head


def upgrade_on(connection: Connection, sealer: Sealer | None = None) -> None:
    """Run every missing migration. `sealer` is needed when one finds something to be sealed."""
    config = configuration()
    config.attributes["connection"] = connection
    config.attributes["sealer"] = sealer or Keyless()
    command.upgrade(config, "head")


def sealer_of(context: MigrationContext) -> Sealer:
    """What a running migration seals with."""
    assert context.environment_context is not None
    return context.environment_context.config.attributes["sealer"]


def revision_on(connection: Connection) -> str | None:
    """The revision the database is at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade_sqlite(path: Path, sealer: Sealer | None = None) -> None:
    """Create or upgrade the embedded store."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}")

    def prepare(connection: sqlite3.Connection, _: object) -> None:
        _write_ahead(connection)
        # what a migration takes out is not to lie in the free pages of the file
        connection.execute("PRAGMA secure_delete=ON")
        # the driver would begin its transaction at the first INSERT only, and leave the tables before it behind
        connection.isolation_level = None

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    listen(engine, "connect", prepare)
    listen(engine, "begin", begin)
    try:
        with engine.begin() as connection:
            upgrade_on(connection, sealer)
    finally:
        engine.dispose()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. SQLite does not wait for somebody else who does the same at this moment."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            is_locked = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_locked or time.monotonic() > deadline:
                raise
            time.sleep(LOCK_PAUSE)
        else:
            return


async def upgrade_postgres(dsn: str, sealer: Sealer | None = None) -> None:
    """Create or upgrade the schema of a PostgreSQL database, and that of its job queue."""
    engine = create_async_engine(async_url(dsn))
    try:
        async with engine.begin() as connection:
            # one migrating process at a time
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(7249310)"))
            await connection.run_sync(upgrade_on, sealer)
    finally:
        await engine.dispose()
    await queue.upgrade(dsn)


async def revision_postgres(dsn: str) -> str | None:
    """The revision a PostgreSQL database is at."""
    engine = create_async_engine(async_url(dsn))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(revision_on)
    finally:
        await engine.dispose()


def async_url(dsn: str) -> str:
    """The DSN as SQLAlchemy's asyncpg dialect wants it."""
    return dsn.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+asyncpg://", 1)
