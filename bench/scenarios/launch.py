"""S4: launching processes of 10, 50 and 200 steps, against plain inserts of a process and its tasks."""

import msgspec

from bench.cells import measure
from bench.scenarios.context import Context
from bench.scenarios.floors import sqlite_alone


def run(context: Context) -> None:
    """One client launches; SQLite alone inserts a process and its tasks with one commit each."""
    ours = context.ours()
    for number in range(1, context.plan.rounds + 1):
        for steps in context.plan.launch_sizes:
            context.cells.add(sqlite_alone(context, "launch", steps, number))
            if ours:
                order = ours.order(seconds=context.plan.seconds, activity="launch")
                order = msgspec.structs.replace(order, parameters=ours.parameters(steps))
                context.cells.add(
                    measure(ours, order, context.plan.patience, scenario="S4", case=f"{steps} steps", number=number)
                )
