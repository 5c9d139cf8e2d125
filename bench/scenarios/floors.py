"""The floors without HTTP or without work: SQLite, PostgreSQL, hello."""

import subprocess
import sys

import msgspec

from bench import work
from bench.cells import Cell, measure, measure_alone
from bench.floors.sqlite_commit import Committed
from bench.postgres import Cluster
from bench.scenarios.context import Context
from bench.targets.floor import Hello

_FLOORS = work.ROOT / "bench" / "floors"


def run(context: Context) -> None:
    """SQLite with 1 and 32 completions a commit, pgbench with 1, 8 and 32 clients, hello with 1 and 32."""
    for number in range(1, context.plan.rounds + 1):
        for per_commit in (1, 32):
            context.cells.add(_sqlite_alone(context, per_commit, number))
    on_postgres = context.plan.peers_on_postgres or context.plan.ours_on_postgres
    cluster = context.postgres() if on_postgres else None
    if cluster:
        cluster.create_database("floor")
        cluster.sql_file("floor", _FLOORS / "pg_schema.sql")
        for number in range(1, context.plan.rounds + 1):
            for clients in context.plan.clients:
                context.cells.add(_pgbench(context, cluster, clients, number))
    hello = context.run_once(Hello())
    if hello:
        for number in range(1, context.plan.rounds + 1):
            for clients in (1, 32):
                order = hello.order(clients=clients, seconds=context.plan.floors_seconds, activity="hello", warm_up=0.3)
                context.cells.add(
                    measure(hello, order, context.plan.patience, scenario="F", case=f"C={clients}", number=number)
                )
        hello.stop()


def _pgbench(context: Context, cluster: Cluster, clients: int, number: int) -> Cell:
    def work_of_round() -> dict[str, float]:
        cluster.checkpoint()
        seconds = max(1, round(context.plan.floors_seconds))
        rate, latency = cluster.pgbench("floor", _FLOORS / "pg_complete.sql", clients, seconds)
        return {"rate": rate, "mean": latency}

    servers = [cluster.server.pid]
    return measure_alone(
        work_of_round,
        context.plan.patience,
        scenario="F",
        row="pgbench",
        case=f"C={clients}",
        number=number,
        servers=servers,
    )


def _sqlite_alone(context: Context, per_commit: int, number: int) -> Cell:
    """Run `bench.floors.sqlite_commit` once, on a new database."""

    def work_of_round() -> dict[str, float]:
        database = work.directory("sqlite") / f"{per_commit}-{number}.sqlite"
        seconds = str(context.plan.floors_seconds)
        command = [sys.executable, "-m", "bench.floors.sqlite_commit", str(database), str(per_commit), seconds]
        output = subprocess.run(command, cwd=work.ROOT, capture_output=True, check=True).stdout
        for left_over in database.parent.glob(f"{database.name}*"):
            left_over.unlink()
        result = msgspec.json.decode(output, type=Committed)
        return {"rate": result.rate, "p50": result.p50}

    return measure_alone(
        work_of_round,
        context.plan.patience,
        scenario="F",
        row="SQLite in Python",
        case=f"{per_commit} a commit",
        number=number,
    )
