"""SpiffWorkflow in its small ASGI application."""

import sqlite3

from bench import work
from bench.peers.environments import programs_of
from bench.processes import Server, free_port
from bench.targets.floor import UVICORN_OPTIONS
from bench.targets.target import Target, answer_wrong

STORED, KEPT = "SpiffWorkflow", "SpiffWorkflow, specification kept"


class SpiffWorkflow(Target):
    """`bench/peers/spiffworkflow`; `kept`: with a serialiser that leaves the specification out."""

    dialect = "plain"

    def __init__(self, kept: bool = False) -> None:
        self.name = KEPT if kept else STORED
        self._specification = "kept" if kept else "stored"
        self.port = free_port()
        self._programs = programs_of("spiffworkflow")
        self._database = work.directory(f"spiffworkflow-{self._specification}") / "peer.sqlite"

    def start(self) -> None:
        self.server = Server(
            [self._programs / "uvicorn", "app:app", "--port", str(self.port), *UVICORN_OPTIONS],
            log=work.log(self.name),
            environment={"PEER_DATABASE": str(self._database), "PEER_SPECIFICATION": self._specification},
            directory=work.ROOT / "bench" / "peers" / "spiffworkflow",
        )
        self.server.wait_for(lambda: answer_wrong(self.port, "/"))

    def completed_tasks(self) -> int:
        connection = sqlite3.connect(self._database)
        completed = connection.execute("SELECT coalesce(sum(completed), 0) FROM process").fetchone()[0]
        connection.close()
        return completed
