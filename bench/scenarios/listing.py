"""S5: the first page of 50 of my open tasks while the database holds ever more of everybody's."""

import msgspec

from bench import work
from bench.cells import measure
from bench.scenarios import filled
from bench.scenarios.context import Context
from bench.targets.floor import Hello
from bench.targets.handrail import Handrail
from bench.targets.target import Target

PAGE = 50


def name_of(size: int) -> str:
    """The server with so many open tasks."""
    return f"Handrail {size} open"


def run(context: Context) -> dict[int, Handrail]:
    """One client at every size, 32 clients at the reference size. The servers stay up: by their size."""
    servers: dict[int, Handrail] = {}
    for size in context.plan.list_sizes:
        server = filled.with_open_tasks(context, name_of(size), size)
        if server:
            servers[size] = server
    reference = context.plan.list_reference
    hello = context.run_once(Hello()) if reference in servers else None
    viewflow = context.viewflow()
    if viewflow:
        viewflow.fill(reference, filled.PEOPLE)
    for number in range(1, context.plan.rounds + 1):
        for size, server in servers.items():
            _measure(context, server, 1, f"{size:,} open C=1", number)
        if reference in servers:
            _measure(context, servers[reference], 32, f"{reference:,} open C=32", number)
        if hello:
            _measure(context, hello, 32, f"{reference:,} open C=32", number)
        if viewflow:
            _measure(context, viewflow, 1, f"{reference:,} open C=1", number)
    if hello:
        hello.stop()
    return servers


def _measure(context: Context, server: Target, clients: int, case: str, number: int) -> None:
    order = server.order(clients=clients, seconds=context.plan.floors_seconds, activity="list", warm_up=0.4)
    cell = measure(server, order, context.plan.patience, scenario="S5", case=case, number=number)
    # All sizes are one row of the table, whatever directory they live in.
    context.cells.add(msgspec.structs.replace(cell, row="Handrail") if isinstance(server, Handrail) else cell)


def forget(servers: dict[int, Handrail]) -> None:
    """End the servers and remove their databases."""
    for server in servers.values():
        server.stop()
        work.remove(server.data)
