"""S9: the rate of S2 on a database with a million completed tasks, beside the rate on an empty one."""

import msgspec

from bench import work
from bench.cells import measure
from bench.scenarios import filled
from bench.scenarios.context import Context


def run(context: Context) -> None:
    """32 clients on both, taking turns."""
    empty = filled.empty(context, "Handrail empty")
    grown = filled.with_completed_tasks(context, "Handrail grown", context.plan.grown_tasks)
    if not (empty and grown):
        return
    for number in range(1, context.plan.rounds + 1):
        for server, case in ((empty, "empty"), (grown, f"{context.plan.grown_tasks:,} completed")):
            order = server.order(clients=32, seconds=context.plan.seconds)
            cell = measure(server, order, context.plan.patience, scenario="S9", case=case, number=number)
            context.cells.add(msgspec.structs.replace(cell, row="Handrail"))
    for server in (empty, grown):
        server.stop()
        work.remove(server.data)
