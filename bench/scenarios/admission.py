"""Part of S1 and S2: what the token and the quota of a request cost, counted in memory and in Redis."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench import work
from bench.cells import Cell, measure, measure_alone
from bench.floors.admission import OF_ONE_SERVER, Admitted
from bench.goals import COUNTED_IN_REDIS
from bench.processes import DidNotStart, Server
from bench.scenarios.context import Context
from bench.targets.handrail import Handrail

ROW = "token and quota"


def run(context: Context) -> None:
    """All kinds in turns; without a Redis on this machine, memory alone."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        context.missing["token and quota in Redis"] = "neither redis-server nor valkey-server is installed"
        for number in range(1, context.plan.rounds + 1):
            for place in OF_ONE_SERVER:
                context.cells.add(_admitted(context, place, number, place))
        return
    with _redis(program) as (url, pid):
        if context.plan.peers_on_postgres or context.plan.ours_on_postgres:
            _complete_on_postgres(context, url)
        for number in range(1, context.plan.rounds + 1):
            for place in OF_ONE_SERVER:
                context.cells.add(_admitted(context, place, number, place))
            context.cells.add(_admitted(context, "Redis", number, url, pid))


def _complete_on_postgres(context: Context, redis: str) -> None:
    """What a request costs where several servers can be, and Redis has a use. Limits that nobody reaches, but that are
    counted."""
    cluster = context.postgres()
    counted = {
        "HANDRAIL_REDIS_URL": redis,
        "HANDRAIL_RATE_LIMIT_PER_MINUTE": "10000000",
        "HANDRAIL_RATE_LIMIT_PER_HOUR": "100000000",
    }
    ours = context.run_once(Handrail(COUNTED_IN_REDIS, cluster, settings=counted)) if cluster else None
    if ours is None:
        return
    for number in range(1, context.plan.rounds + 1):
        for clients, scenario in ((1, "S1"), (32, "S2")):
            order = ours.order(clients=clients, seconds=context.plan.seconds)
            case = f"C={clients}"
            context.cells.add(measure(ours, order, context.plan.patience, scenario=scenario, case=case, number=number))
    ours.stop()


@contextmanager
def _redis(program: str) -> Generator[tuple[str, int]]:
    # the path of a socket must be short
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as folder:
        path = Path(folder) / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
        server = Server(command, log=work.log("redis"))
        try:
            server.wait_for(lambda: "" if path.exists() else "no socket yet")
            yield f"unix://{path}", server.pid
        finally:
            server.stop()


def _admitted(context: Context, case: str, number: int, place: str, pid: int | None = None) -> Cell:
    def work_of_round() -> dict[str, float]:
        command = [sys.executable, "-m", "bench.floors.admission", place]
        finished = subprocess.run(command, cwd=work.ROOT, capture_output=True, check=False)
        if finished.returncode != 0:
            raise DidNotStart(finished.stderr.decode(errors="replace")[-800:])
        return msgspec.structs.asdict(msgspec.json.decode(finished.stdout, type=Admitted))

    servers = [] if pid is None else [pid]
    return measure_alone(
        work_of_round, context.plan.patience, scenario="S1", row=ROW, case=case, number=number, servers=servers
    )
