"""`handrail doctor`: looks at everything a server stands on, and says what to do about what is wrong."""

import asyncio
import os
import shutil
import socket
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from handrail.cli.words import Stop, revision_of_postgres, settings_for
from handrail.schema import revision
from handrail.settings import SECRET, SETTINGS, Settings

Verdict = Literal["good", "note", "problem"]

OLDEST_PYTHON = (3, 11)
# the first with RETURNING
OLDEST_SQLITE = (3, 35, 0)
OLDEST_POSTGRES = 130_000
SLOW_FSYNC_SECONDS = 0.02
FEW_BYTES_FREE = 500 * 1024 * 1024
# larger stores are not read through: it would take minutes
CHECKED_BYTES = 500 * 1024 * 1024


KEY_FILE = "secret.key"
# something that was sealed lately
SEALED = "SELECT sealed_code FROM guests ORDER BY updated_at DESC LIMIT 1"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. `advice` says what to do about it."""

    verdict: Verdict
    what: str
    found: str
    advice: str = ""


def findings(data: Path | None) -> list[Finding]:
    """Everything there is to say; the settings come first, because nothing else can be looked at without them."""
    found = [_python()]
    try:
        settings = settings_for(data)
    except Stop as stop:
        return [*found, Finding("problem", "Settings", str(stop), "Correct it in the environment or in the file.")]
    found += _settings(settings)
    found += _embedded(settings) if settings.is_embedded else _postgres(settings)
    return found


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding("problem", "Python", version, "Use Python 3.11 or later.")
    return Finding("good", "Python", version)


def _settings(settings: Settings) -> Iterator[Finding]:
    defaults = Settings(data=settings.data)
    for name in SETTINGS:
        value = getattr(settings, name)
        if name == "data" or value != getattr(defaults, name):
            yield Finding("good", f"HANDRAIL_{name.upper()}", _shown(name, value))
    if settings.public_url is None:
        yield Finding(
            "note",
            "HANDRAIL_PUBLIC_URL",
            "not set; links follow the host of each request",
            "Set it to the address people use, before others can reach the server.",
        )
    yield _mail(settings)
    if settings.redis_url is not None:
        yield _redis(settings.redis_url)
    elif not settings.is_embedded:
        yield Finding(
            "note",
            "HANDRAIL_REDIS_URL",
            "not set; each server counts requests and sign-ins by itself",
            "Set it to a Redis or Valkey, if several servers are to count together.",
        )
    if not settings.is_embedded and not settings.secret_key:
        yield Finding(
            "note",
            "HANDRAIL_SECRET_KEY",
            f"not set; secrets are sealed with {settings.data / KEY_FILE}",
            "Set it to the same long random text everywhere, if servers or workers run on several machines.",
        )


def _mail(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        return Finding(
            "note",
            "HANDRAIL_SMTP_URL",
            "not set; no mail is sent",
            "Set it to a mail server, if templates have e-mail steps.",
        )
    parts = urlsplit(settings.smtp_url)
    host, port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 25)
    try:
        with socket.create_connection((host, port), timeout=5):
            return Finding("good", "Mail server", f"{host}:{port} answers")
    except OSError as error:
        return Finding("problem", "Mail server", f"{host}:{port}: {error}", "Correct HANDRAIL_SMTP_URL, or start it.")


def _redis(url: str) -> Finding:
    """Whether Redis answers, and carries out scripts for this user."""
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    library: Any = Redis  # not typed throughout
    client: Any = library.from_url(url, socket_connect_timeout=5, socket_timeout=5, retry=Retry(NoBackoff(), 0))
    try:
        begun = time.perf_counter()
        client.eval("return redis.call('TIME')", 0)
        milliseconds = (time.perf_counter() - begun) * 1000
        return Finding("good", "Redis", f"answers, in {milliseconds:.1f} ms with the connection")
    except (RedisError, OSError) as error:
        advice = "Correct HANDRAIL_REDIS_URL, or start it; without it each process counts requests by itself."
        return Finding("problem", "Redis", str(error), advice)
    finally:
        client.close()


def _shown(name: str, value: object) -> str:
    if name in SECRET and value is not None:
        parts = urlsplit(str(value))
        if parts.password is not None:
            host = parts.netloc.rpartition("@")[2]
            return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
    return str(value)


def _embedded(settings: Settings) -> Iterator[Finding]:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Finding(
            "problem", "SQLite", sqlite3.sqlite_version, "Use a Python whose SQLite is 3.35 or later, or PostgreSQL."
        )
    else:
        yield Finding("good", "SQLite", sqlite3.sqlite_version)
    folder = settings.sqlite_path.parent
    if not folder.is_dir():
        yield Finding("note", "Data directory", f"{folder} does not exist yet", "`handrail init` or `demo` makes it.")
        return
    if not os.access(folder, os.W_OK):
        yield Finding(
            "problem", "Data directory", f"{folder} cannot be written", "Give its owner's rights to the server."
        )
        return
    yield _disk(folder)
    yield from _durability(folder)
    yield from _store(settings)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1024**3:.1f} GiB free"
    if free < FEW_BYTES_FREE:
        return Finding("problem", "Disk", text, "Make room: the server stops when it cannot write.")
    return Finding("good", "Disk", text)


def _durability(folder: Path) -> Iterator[Finding]:
    """What the file system promises: the write-ahead log, and how long a durable write takes."""
    with TemporaryDirectory(dir=folder, prefix="doctor-") as scratch:
        with closing(sqlite3.connect(Path(scratch) / "probe.db")) as connection:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        seconds = _fsync_seconds(Path(scratch) / "probe")
    if mode != "wal":
        yield Finding(
            "problem",
            "Write-ahead log",
            f"not possible here (journal mode {mode})",
            "Put the data directory on a local disk; network file systems do not do.",
        )
    else:
        yield Finding("good", "Write-ahead log", "works")
    text = f"{seconds * 1000:.2f} ms"
    if seconds > SLOW_FSYNC_SECONDS:
        yield Finding(
            "note",
            "Durable write (fsync)",
            text,
            "Slow: every change waits for it. A local SSD helps; HANDRAIL_DURABILITY=normal waits less and can lose "
            "the last moments in a power cut.",
        )
    else:
        yield Finding("good", "Durable write (fsync)", text)


def _fsync_seconds(path: Path) -> float:
    taken: list[float] = []
    with path.open("wb") as file:
        for _ in range(15):
            file.write(b"\0" * 4096)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _store(settings: Settings) -> Iterator[Finding]:
    path = settings.sqlite_path
    if not path.exists():
        yield Finding("note", "Store", f"{path} does not exist yet", "`handrail init` or `demo` makes it.")
        return
    try:
        found = revision.of_sqlite(path)
        if path.stat().st_size <= CHECKED_BYTES:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
                health = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if health != "ok":
                yield Finding("problem", "Store", f"{path} is damaged: {health}", "Restore it from a backup.")
                return
    except sqlite3.DatabaseError as error:
        yield Finding("problem", "Store", f"{path} cannot be read: {error}", "Restore it from a backup.")
        return
    yield Finding("good", "Store", f"{path}, {path.stat().st_size / 1024**2:.1f} MiB")
    yield _revision(found)
    if found == revision.newest():
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            row = connection.execute(SEALED).fetchone()
        yield from _key(settings, None if row is None else row[0])
    if sys.platform != "win32" and path.stat().st_mode & 0o007 and path.parent.stat().st_mode & 0o007:
        yield Finding("note", "Access", "every user of this machine can read the store", f"chmod 700 {path.parent}")


def _key(settings: Settings, sealed: str | None) -> Iterator[Finding]:
    """Whether the key at hand is the one that what is sealed in the store was sealed with."""
    from handrail.adapters.sealing_fernet import FernetSealer, key_of
    from handrail.ports.sealer import Broken

    if sealed is None:
        return
    place = settings.data / KEY_FILE
    try:
        keys = settings.secret_key or ((key_of(settings.data),) if place.exists() else ("",))
        FernetSealer(keys).open(sealed)
        yield Finding("good", "Key", "opens what is sealed in the store")
    except Broken:
        where = "HANDRAIL_SECRET_KEY" if settings.secret_key else str(place)
        text = f"{where} does not open what is sealed in the store"
        advice = "Set HANDRAIL_SECRET_KEY to the key of the servers that sealed it; older keys follow after commas."
        yield Finding("problem", "Key", text, advice)


def _revision(found: str | None) -> Finding:
    newest = revision.newest()
    if found == newest:
        return Finding("good", "Schema", f"revision {found}")
    if found is not None and found > newest:
        return Finding(
            "problem", "Schema", f"revision {found}, newer than this program ({newest})", "Install a later version."
        )
    state = "empty" if found is None else f"revision {found}, needed is {newest}"
    return Finding("problem", "Schema", state, "Run `handrail migrate`.")


def _postgres(settings: Settings) -> list[Finding]:
    assert settings.database_url is not None
    try:
        return asyncio.run(_look_at_postgres(settings, settings.database_url))
    except Stop as stop:
        return [Finding("problem", "PostgreSQL", str(stop))]


async def _look_at_postgres(settings: Settings, url: str) -> list[Finding]:
    found = await revision_of_postgres(url)
    import asyncpg  # pyright: ignore[reportMissingTypeStubs]

    driver: Any = asyncpg
    connection = await driver.connect(url, timeout=10)
    try:
        number = int(await connection.fetchval("SHOW server_version_num"))
        version = str(await connection.fetchval("SHOW server_version"))
        encoding = str(await connection.fetchval("SHOW server_encoding"))
        durable = str(await connection.fetchval("SHOW synchronous_commit"))
        places = int(await connection.fetchval("SHOW max_connections"))
        sealed = await connection.fetchval(SEALED) if found == revision.newest() else None
    finally:
        await connection.close()
    findings = [
        Finding("good", "PostgreSQL", version)
        if number >= OLDEST_POSTGRES
        else Finding("problem", "PostgreSQL", version, "Use PostgreSQL 13 or later."),
        _revision(found),
        *_key(settings, sealed),
    ]
    if encoding != "UTF8":
        findings.append(Finding("problem", "Encoding", encoding, "Create the database with ENCODING 'UTF8'."))
    if durable == "off":
        text = "off: an acknowledged change can be lost in a crash"
        findings.append(Finding("note", "synchronous_commit", text, "Turn it on for this database."))
    if settings.postgres_pool > places - 5:
        text = f"{settings.postgres_pool} for each worker, the server has {places}"
        findings.append(Finding("problem", "Connections", text, "Lower HANDRAIL_POSTGRES_POOL."))
    else:
        findings.append(Finding("good", "Connections", f"{settings.postgres_pool} of {places} for each worker"))
    return findings


def show(found: list[Finding]) -> None:
    """Print the findings as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    marks = {
        "good": Text("ok", style="green"),
        "note": Text("note", style="yellow"),
        "problem": Text("problem", style="bold red"),
    }
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for finding in found:
        text = Text(finding.found)
        if finding.advice:
            text.append(f"\n{finding.advice}", style="italic")
        table.add_row(marks[finding.verdict], finding.what, text)
    Console().print(table)
