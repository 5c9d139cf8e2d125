"""django-viewflow under gunicorn, on PostgreSQL."""

import os
import subprocess

from bench import work
from bench.peers.environments import programs_of
from bench.postgres import Cluster
from bench.processes import DidNotStart, Server, free_port
from bench.targets.target import Target, answer_wrong

_DIRECTORY = work.ROOT / "bench" / "peers" / "viewflow"
_OPTIONS = ("--workers", "2", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "30")

# Processes at their first task, each task assigned to one of so many people; the rows viewflow itself writes.
_FILL = """
INSERT INTO auth_user (id, username, password, email, first_name, last_name, is_superuser, is_staff, is_active,
    date_joined)
SELECT {base} + n, 'member' || n, '', '', '', '', false, false, true, now() FROM generate_series(1, {people} - 1) n;
INSERT INTO viewflow_process (id, flow_class, status, created, data)
SELECT {base} + n, 'intake/flows.IntakeFlow', 'NEW', now(), '{{"name": "Vendor intake"}}'
FROM generate_series(1, {tasks}) n;
INSERT INTO viewflow_task (id, process_id, flow_task, flow_task_type, status, created, started, finished, assigned,
    token, data, owner_id)
SELECT {base} + 2 * n, {base} + n, 'intake/flows.IntakeFlow.start', 'HUMAN_START', 'DONE', now(), now(), now(), NULL,
    'start', '{{}}', 1 FROM generate_series(1, {tasks}) n;
INSERT INTO viewflow_task (id, process_id, flow_task, flow_task_type, status, created, started, finished, assigned,
    token, data, owner_id)
SELECT {base} + 2 * n + 1, {base} + n, 'intake/flows.IntakeFlow.step1', 'HUMAN', 'ASSIGNED', now(), NULL, NULL, now(),
    'start', '{{}}', CASE n % {people} WHEN 0 THEN 1 ELSE {base} + n % {people} END FROM generate_series(1, {tasks}) n;
INSERT INTO viewflow_task_previous (from_task_id, to_task_id)
SELECT {base} + 2 * n + 1, {base} + 2 * n FROM generate_series(1, {tasks}) n;
VACUUM ANALYZE
"""
_FIRST_NUMBER = 10_000_000


class Viewflow(Target):
    """`bench/peers/viewflow`."""

    name = "viewflow"
    dialect = "viewflow"

    def __init__(self, cluster: Cluster) -> None:
        self.port = free_port()
        self._cluster = cluster
        self._programs = programs_of("viewflow")
        self._session = ""

    def start(self) -> None:
        if not self._session:
            self._cluster.create_database("viewflow")
            self._session = self._prepare()
        self.server = Server(
            [
                *(self._programs / "gunicorn", "wsgi:application", "--bind", f"127.0.0.1:{self.port}"),
                *(*_OPTIONS, "--no-control-socket", "--log-level", "warning"),
            ],
            log=work.log(self.name),
            environment=self._environment(),
            directory=_DIRECTORY,
        )
        self.server.wait_for(lambda: answer_wrong(self.port, "/ready/"))

    def parameters(self) -> dict[str, str]:
        return {"session": self._session}

    def completed_tasks(self) -> int:
        done = "SELECT count(*) FROM viewflow_task WHERE status = 'DONE' AND flow_task LIKE '%.step%'"
        return int(self._cluster.sql("viewflow", done))

    def processes(self) -> list[int]:
        return [self.server.pid, self._cluster.server.pid]

    def application_processes(self) -> list[int]:
        return [self.server.pid]

    def fill(self, tasks: int, people: int) -> None:
        """Add so many open tasks, spread over so many people, of whom one is signed in."""
        for statement in _FILL.format(base=_FIRST_NUMBER, tasks=tasks, people=people).split(";"):
            self._cluster.sql("viewflow", statement)

    def settle(self) -> None:
        self._cluster.checkpoint()

    def _environment(self) -> dict[str, str]:
        return {"PEER_DATABASE": self._cluster.url("viewflow")}

    def _prepare(self) -> str:
        finished = subprocess.run(
            [self._programs / "python", "prepare.py"],
            cwd=_DIRECTORY,
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
        )
        if finished.returncode != 0:
            raise DidNotStart(finished.stderr[-800:])
        return finished.stdout.strip()
