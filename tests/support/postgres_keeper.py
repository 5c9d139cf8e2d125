"""One PostgreSQL for all workers of a test run, started when the first of them asks.

The process that controls the run starts the keeper and holds the other end of its standard input. The keeper starts
the server on the first request, hands its DSN to every worker that connects, and stops the server when its input
closes: that happens at the end of a run, and also when the run is killed.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

from tests.support.postgres import EXTERNAL_URL, PostgresUnavailable, running_server

ADDRESS = "HANDRAIL_TEST_POSTGRES_KEEPER"
ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def keeper() -> Generator[None]:
    """Runs a keeper and tells its address to this process and all that it starts."""
    if os.environ.get(EXTERNAL_URL):
        yield
        return
    address = str(Path(tempfile.mkdtemp(prefix="handrail-keeper-")) / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(listener.fileno())],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # an interrupt from the keyboard is not meant for it
        )
        os.environ[ADDRESS] = address
        try:
            yield
        finally:
            del os.environ[ADDRESS]
            process.communicate(timeout=60)


def server_dsn() -> str:
    """The DSN of the run's server, which is started if nobody has asked for it yet.

    Raises PostgresUnavailable with the reason when there is none.
    """
    external = os.environ.get(EXTERNAL_URL)
    if external:
        return external
    address = os.environ.get(ADDRESS)
    if address is None:
        raise PostgresUnavailable("no keeper is running; PostgreSQL is available inside a pytest run only")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        with client.makefile("rb") as stream:
            answer = json.loads(stream.read() or b'{"failure": "the keeper died"}')
    if "failure" in answer:
        raise PostgresUnavailable(answer["failure"])
    return answer["dsn"]


def serve(listener: socket.socket) -> None:
    """Answers requests for the server's DSN until standard input closes."""
    answer: dict[str, str] | None = None
    with contextlib.ExitStack() as stack:
        while True:
            readable, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in readable:
                return
            client, _ = listener.accept()
            if answer is None:
                try:
                    answer = {"dsn": stack.enter_context(running_server())}
                except (PostgresUnavailable, OSError) as failure:
                    answer = {"failure": str(failure)}
            with client, contextlib.suppress(BrokenPipeError):
                client.sendall(json.dumps(answer).encode())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    requests = socket.socket(fileno=int(sys.argv[1]))
    try:
        serve(requests)
    finally:
        shutil.rmtree(Path(requests.getsockname()).parent, ignore_errors=True)
