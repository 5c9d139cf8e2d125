"""S8: kill -9 under load, start again with many open tasks: nothing acknowledged may be lost.

What is tested is the end of the process, not of the power: that each acknowledged completion had left the process
before its answer did, and how soon the server answers again.
"""

import threading

import msgspec

from bench import machine
from bench.cells import Cell, run_load
from bench.scenarios import filled
from bench.scenarios.context import Context
from bench.targets.handrail import Handrail

_CLIENTS = 8


def run(context: Context, filled_servers: dict[int, Handrail]) -> None:
    """Load, kill in the middle, start, count; as many times as the plan has rounds.

    `filled_servers` are those of S5 by their number of open tasks; without the right one a new one is filled.
    """
    tasks = context.plan.crash_open_tasks
    server = filled_servers.get(tasks) or filled.with_open_tasks(context, f"Handrail {tasks} to crash", tasks)
    if server is None:
        return
    for number in range(1, context.plan.rounds + 1):
        order = msgspec.structs.replace(
            server.order(clients=_CLIENTS, seconds=context.plan.seconds, warm_up=0.3), ledger=True
        )
        killer = threading.Timer(0.3 + context.plan.seconds * 0.6, server.server.kill)
        killer.start()
        outcome, _ = run_load(server, order)
        killer.join()
        quiet = machine.wait_until_quiet(patience=context.plan.patience.seconds)
        if not context.run_once(server):
            return
        lost = _lost(server, outcome.ledger)
        figures = {
            "acknowledged": float(len(outcome.ledger)),
            "lost": float(lost),
            "first_answer_s": server.started_in,
            "errors": float(outcome.errors),
        }
        void = "" if outcome.broken_connections == _CLIENTS else "the server was not under load when it was killed"
        case = f"{tasks:,} open"
        context.cells.add(
            Cell(
                scenario="S8",
                row="Handrail",
                case=case,
                round=number,
                figures=figures,
                noisy=not quiet,
                void=void,
            )
        )
    if tasks not in filled_servers:
        server.stop()


def _lost(server: Handrail, ledger: list[tuple[str, str]]) -> int:
    """Acknowledged completions that the server does not know after its restart."""
    by_process: dict[str, list[str]] = {}
    for process, task in ledger:
        by_process.setdefault(process, []).append(task)
    lost = 0
    for process, tasks in by_process.items():
        statuses = server.status_of_tasks(process)
        lost += sum(statuses.get(task) != "completed" for task in tasks)
    return lost
