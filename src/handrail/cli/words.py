"""What the commands share: how they fail, where they read settings from, how they bring a store up to date."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from handrail.kernel.errors import Invalid, Problem
from handrail.ports.database import Database
from handrail.ports.sealer import OnDemand, Sealer
from handrail.settings import Settings, WrongSetting, load

T = TypeVar("T")

FAILED = 1
WRONG_USAGE = 2


class Stop(Exception):
    """The command cannot go on. The message says why and what to do; `code` becomes the exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def carry_out(work: Callable[[], int | None]) -> NoReturn:
    """Do the work and end the process: with its code, or with why it could not be done."""
    try:
        code = work()
    except Stop as stop:
        say(f"handrail: {stop}")
        code = stop.code
    except OSError as error:
        # a directory that must not be read, a full disk, a pipe whose reader has gone
        say(f"handrail: {error}")
        code = FAILED
    sys.exit(code or 0)


def settings_for(data: Path | None) -> Settings:
    """The settings of the installation. Stops with code 2 and the allowed values when one is wrong."""
    try:
        return load(data=data)
    except WrongSetting as error:
        raise Stop(str(error), WRONG_USAGE) from error


def up_to_date(settings: Settings) -> bool:
    """Create the store or run its missing migrations; whether there was anything to do."""
    from handrail.schema import revision

    if not settings.is_embedded:
        return asyncio.run(_upgrade_postgres(settings))
    newest = revision.newest()
    found = revision_of_sqlite(settings.sqlite_path)
    if found == newest:
        return False
    refuse_newer(found, newest)
    from sqlalchemy.exc import SQLAlchemyError

    from handrail.schema.migrate import upgrade_sqlite

    private_directory(settings.sqlite_path.parent)
    try:
        upgrade_sqlite(settings.sqlite_path, OnDemand(lambda: _sealer(settings)))
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise Stop(f"{settings.sqlite_path} cannot be brought up to date: {reason}.") from error
    return True


def revision_of_sqlite(path: Path) -> str | None:
    """The schema revision of an embedded store; None when it is not there yet. Stops when it is no store."""
    import sqlite3

    from handrail.schema import revision

    try:
        return revision.of_sqlite(path)
    except sqlite3.DatabaseError as error:
        raise Stop(f"{path} cannot be read as a Handrail store: {error}.") from error


async def _upgrade_postgres(settings: Settings) -> bool:
    from handrail.schema import migrate, revision

    assert settings.database_url is not None
    newest = revision.newest()
    found = await revision_of_postgres(settings.database_url)
    refuse_newer(found, newest)
    if found == newest and await has_queue(settings.database_url):
        return False
    await migrate.upgrade_postgres(settings.database_url, OnDemand(lambda: _sealer(settings)))
    return True


def _sealer(settings: Settings) -> Sealer:
    """The servers' own. Stops rather than make a key that they would not have."""
    from handrail.adapters.sealing_fernet import FILE
    from handrail.main import sealer

    if not settings.is_embedded and not settings.secret_key and not (settings.data / FILE).exists():
        raise Stop(
            "This database has codes of guests, or mails, that are sealed from now on, with the key of the servers; it "
            f"is not here. Set HANDRAIL_SECRET_KEY as they have it, or name the directory with their {FILE} (--data)."
        )
    return sealer(settings)


async def has_queue(url: str) -> bool:
    """Whether the job queue of a PostgreSQL database is the one that the installed library needs."""
    from handrail.schema import queue

    connection = await _connected(url)
    try:
        found = await queue.revision(connection)
        return found is not None and found >= queue.newest()
    finally:
        await connection.close()


async def revision_of_postgres(url: str) -> str | None:
    """The schema revision of a PostgreSQL database. Stops when the server cannot be reached."""
    connection = await _connected(url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        return await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()


async def _connected(url: str) -> Any:
    import asyncpg  # pyright: ignore[reportMissingTypeStubs]

    driver: Any = asyncpg
    try:
        return await driver.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, ValueError, TimeoutError) as error:
        reason = str(error) or "no answer within 10 seconds"
        raise Stop(
            f"PostgreSQL cannot be used: {reason}. Check HANDRAIL_DATABASE_URL, that the server runs, and that the "
            "database exists."
        ) from error


def refuse_newer(found: str | None, newest: str) -> None:
    """Stop when the store was written by a later version of the program."""
    if found is not None and found > newest:
        raise Stop(
            f"The store is at schema revision {found}, but this version of Handrail only knows {newest}. "
            "Install the version that wrote it, or a later one."
        )


def private_directory(path: Path) -> None:
    """Make the data directory, for nobody but its owner."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Stop(f"The directory {path} cannot be made: {error.strerror}. Choose another with --data.") from error


def with_database(settings: Settings, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Open the store, do one piece of work on it, close it. Problems of the work stop with their message."""
    import sqlite3

    from handrail.main import open_database

    async def run() -> T:
        database = await open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except Invalid as problem:
        texts = [f"{path}: {text}" for path, found in problem.errors.items() for text in found]
        raise Stop(" ".join(texts), WRONG_USAGE) from problem
    except Problem as problem:
        raise Stop(problem.message) from problem
    except sqlite3.Error as error:
        raise Stop(f"{settings.sqlite_path} cannot be used: {error}.") from error


def say(text: str) -> None:
    """A line for the person at the terminal, kept out of what a program reads."""
    print(text, file=sys.stderr, flush=True)
