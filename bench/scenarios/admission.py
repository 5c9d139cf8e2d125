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
from bench.goals import ON_POSTGRES
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
    if context.plan.peers_on_postgres and not context.plan.ours_on_postgres:
        _complete_on_postgres(context)
    with _redis(program) as (url, pid):
        for number in range(1, context.plan.rounds + 1):
            for place in OF_ONE_SERVER:
                context.cells.add(_admitted(context, place, number, place))
            context.cells.add(_admitted(context, "Redis", number, url, pid))


def _complete_on_postgres(context: Context) -> None:
    """What a request costs where several processes can be, and Redis has a use."""
    cluster = context.postgres()
    ours = context.run_once(Handrail(ON_POSTGRES, cluster)) if cluster else None
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
