"""S1 and S2: processes of ten tasks, launched and completed by 1, 8 and 32 clients, side by side with the peers."""

from bench.cells import measure
from bench.scenarios.context import Context


def run(context: Context, wanted: set[str]) -> None:
    """One cell for each server, number of clients and round, the servers taking turns; S1 is one client."""
    servers = [
        context.floor(),
        context.ours(),
        context.ours_of_two(),
        context.spiffworkflow(),
        context.spiffworkflow(kept=True),
        context.viewflow(),
        context.ours_on_postgres(),
        context.ours_on_postgres(workers=2),
    ]
    for number in range(1, context.plan.rounds + 1):
        for clients in context.plan.clients:
            scenario = "S1" if clients == 1 else "S2"
            if scenario not in wanted:
                continue
            for server in servers:
                if server:
                    order = server.order(clients=clients, seconds=context.plan.seconds)
                    cell = measure(
                        server, order, context.plan.patience, scenario=scenario, case=f"C={clients}", number=number
                    )
                    context.cells.add(cell)
