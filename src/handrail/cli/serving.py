"""Starts the server: the store is made ready, the port is taken, the address is printed when answers can come."""

import asyncio
import contextlib
import importlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from handrail.cli.words import (
    WRONG_USAGE,
    Stop,
    has_queue,
    private_directory,
    refuse_newer,
    revision_of_postgres,
    revision_of_sqlite,
    say,
)
from handrail.settings import Settings

# how long open requests may take to finish after the server was told to stop
GRACE_SECONDS = 10


def serve(settings: Settings, host: str, port: int, workers: int, ready: Callable[[str], None] | None = None) -> None:
    """Serve until told to stop. `ready` is called once with the server's address."""
    if workers > 1 and not hasattr(os, "fork"):
        raise Stop("This system cannot run several workers. Leave --workers at 1.", WRONG_USAGE)
    if settings.is_embedded:
        if settings.worker == "separate":
            raise Stop(
                "The SQLite store has no workers of its own: its server carries out the jobs. Leave HANDRAIL_WORKER at "
                "inside, or name a PostgreSQL database in HANDRAIL_DATABASE_URL.",
                2,
            )
        private_directory(settings.sqlite_path.parent)
        lock = only_server(settings)
        prepare_embedded(settings)
    else:
        lock = None
        prepare_postgres(settings)
    listener = listen(host, port)
    address = address_of(listener, host)
    announce = ready or _announce
    try:
        if workers > 1:
            from handrail.cli.workers import Supervisor

            with contextlib.closing(Supervisor(settings, listener, workers, _configuration)) as supervisor:
                supervisor.run(lambda: announce(address))
        else:
            _run_one(settings, listener, lambda: announce(address))
    finally:
        listener.close()
        if lock is not None:
            lock.close()


def _announce(address: str) -> None:
    say(f"Handrail listens on {address}")


def only_server(settings: Settings) -> Any:
    """Hold the store for this server alone; the system lets go of it when the process ends, however it ends."""
    path = settings.sqlite_path.with_suffix(".lock")
    lock = path.open("a+")
    if sys.platform == "win32":
        return lock
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip()
        lock.close()
        other = f" (process {owner})" if owner else ""
        raise Stop(
            f"Another Handrail server{other} already uses {settings.sqlite_path}. Stop it first, or start this one on "
            "another directory with --data."
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def prepare_embedded(settings: Settings) -> None:
    """Bring the embedded store up to date, in another process: the server does not keep what migrations need."""
    from handrail.schema import revision

    newest = revision.newest()
    found = revision_of_sqlite(settings.sqlite_path)
    if found == newest:
        return
    refuse_newer(found, newest)
    command = [sys.executable, "-m", "handrail", "migrate", "--data", str(settings.data)]
    migrating = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        # what the server needs is loaded meanwhile
        importlib.import_module("handrail.main")
        importlib.import_module("uvicorn")
    finally:
        code = migrating.wait()
    if code != 0:
        raise Stop("The store could not be brought up to date; see above.")


def prepare_postgres(settings: Settings) -> None:
    """Several servers may share the database, so none of them changes its schema on its own."""
    from handrail.schema import revision

    assert settings.database_url is not None
    newest = revision.newest()
    found = asyncio.run(revision_of_postgres(settings.database_url))
    refuse_newer(found, newest)
    if found != newest:
        state = "is empty" if found is None else f"is at schema revision {found}, not {newest}"
        raise Stop(f"The PostgreSQL database {state}. Run `handrail migrate` first.")
    if not asyncio.run(has_queue(settings.database_url)):
        raise Stop("The job queue of the PostgreSQL database is not up to date. Run `handrail migrate` first.")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Stop(
            f"{host} port {port} cannot be listened on: {reason}. Choose another with --port, or end the program "
            "that has it."
        ) from error


def address_of(listener: socket.socket, host: str) -> str:
    """The address to put into a browser."""
    port = listener.getsockname()[1]
    name = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _configuration(application: Any) -> Any:
    import uvicorn

    from handrail.cli.protocol import Forwarded, Protocol

    return uvicorn.Config(
        Forwarded(application, os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")),
        proxy_headers=False,
        loop="auto" if sys.platform == "win32" else "uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        interface="asgi3",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _run_one(settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
    import uvicorn

    from handrail.main import Served

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    # the server finishes open requests on SIGTERM and then sends it again; being told to stop is no failure
    signal.signal(signal.SIGTERM, _stop)
    Announcing(_configuration(Served(settings))).run([listener])


def _stop(*_: object) -> None:
    raise SystemExit(0)
