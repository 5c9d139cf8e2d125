"""S3: completing tasks of a template with fifty rules, three of which fire each time, beside one without any; and what
the engine alone takes for a process of sixty steps with up to four hundred rules."""

import subprocess
import sys

import msgspec

from bench import work
from bench.cells import Cell, measure, measure_alone
from bench.floors.engine_rules import STEPS, Evaluated
from bench.scenarios.context import Context

RULES = 50
CLIENTS = (8, 32)
SIZES = (0, 50, 100, 200, 400)


def run(context: Context) -> None:
    """With and without rules in turns, on the same server."""
    ours = context.ours()
    for number in range(1, context.plan.rounds + 1):
        for rules in SIZES:
            context.cells.add(_engine(context, rules, number))
        if not ours:
            continue
        for clients in (clients for clients in CLIENTS if clients in context.plan.clients):
            for rules in (0, RULES):
                order = ours.order(clients=clients, seconds=context.plan.seconds)
                order = msgspec.structs.replace(order, parameters=ours.parameters(rules=rules))
                case = f"C={clients}, {rules} rules"
                context.cells.add(measure(ours, order, context.plan.patience, scenario="S3", case=case, number=number))


def _engine(context: Context, rules: int, number: int) -> Cell:
    def work_of_round() -> dict[str, float]:
        command = [sys.executable, "-m", "bench.floors.engine_rules", str(rules)]
        output = subprocess.run(command, cwd=work.ROOT, capture_output=True, check=True).stdout
        return msgspec.structs.asdict(msgspec.json.decode(output, type=Evaluated))

    return measure_alone(
        work_of_round,
        context.plan.patience,
        scenario="S3",
        row="engine alone",
        case=f"{STEPS} steps, {rules} rules",
        number=number,
    )
