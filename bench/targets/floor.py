"""The reachable floor and the hello server as targets: uvicorn as we ship it, from our own environment."""

import sqlite3
import sys
from pathlib import Path

from bench import work
from bench.floors.schema import counts
from bench.processes import Server, free_port
from bench.targets.target import Target, answer_wrong

UVICORN_OPTIONS = (
    *("--lifespan", "off", "--loop", "uvloop", "--http", "httptools"),
    *("--no-access-log", "--log-level", "warning"),
)


def _uvicorn(application: str, port: int, log: Path, environment: dict[str, str]) -> Server:
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), *UVICORN_OPTIONS]
    server = Server(command, log=log, environment=environment, directory=work.ROOT)
    server.wait_for(lambda: answer_wrong(port, "/"))
    return server


class Floor(Target):
    """`bench.floors.reachable`."""

    name = "floor"
    dialect = "plain"

    def __init__(self) -> None:
        self.port = free_port()
        self._database = work.directory("floor") / "floor.sqlite"

    def start(self) -> None:
        self.server = _uvicorn(
            "bench.floors.reachable:app", self.port, work.log(self.name), {"FLOOR_DATABASE": str(self._database)}
        )

    def completed_tasks(self) -> int:
        connection = sqlite3.connect(self._database)
        completed, counted, audit = counts(connection)
        connection.close()
        # The three must agree; a number that cannot match any acknowledgement voids the round.
        return completed if completed == counted and audit == 2 * completed else -1


class Hello(Target):
    """`bench.floors.hello`."""

    name = "hello"
    dialect = "hello"

    def __init__(self) -> None:
        self.port = free_port()

    def start(self) -> None:
        self.server = _uvicorn("bench.floors.hello:app", self.port, work.log(self.name), {})

    def completed_tasks(self) -> int:
        return 0
