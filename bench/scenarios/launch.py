"""S4: launching processes of 10, 50 and 200 steps, against SQLite inserting the same rows."""

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from bench import work
from bench.cells import Cell, measure, measure_alone
from bench.floors.sqlite_commit import Committed
from bench.scenarios.context import Context
from bench.scenarios.filled import with_one_process


def run(context: Context) -> None:
    """One client launches; SQLite alone inserts the rows of such a launch with one commit each."""
    ours = context.ours()
    molds = {steps: with_one_process(context, f"one of {steps}", steps) for steps in context.plan.launch_sizes}
    for number in range(1, context.plan.rounds + 1):
        for steps, mold in molds.items():
            if mold:
                context.cells.add(_same_rows(context, mold, steps, number))
            if ours:
                order = ours.order(seconds=context.plan.seconds, activity="launch")
                order = msgspec.structs.replace(order, parameters=ours.parameters(steps))
                context.cells.add(
                    measure(ours, order, context.plan.patience, scenario="S4", case=f"{steps} steps", number=number)
                )


def _same_rows(context: Context, mold: Path, steps: int, number: int) -> Cell:
    def work_of_round() -> dict[str, float]:
        database = work.directory("sqlite") / f"launch-{steps}-{number}.sqlite"
        shutil.copyfile(mold, database)
        command = [sys.executable, "-m", "bench.floors.same_rows", str(database), str(context.plan.floors_seconds)]
        output = subprocess.run(command, cwd=work.ROOT, capture_output=True, check=True).stdout
        for left_over in database.parent.glob(f"{database.name}*"):
            left_over.unlink()
        result = msgspec.json.decode(output, type=Committed)
        return {"rate": result.rate, "p50": result.p50}

    return measure_alone(
        work_of_round,
        context.plan.patience,
        scenario="S4",
        row="SQLite in Python",
        case=f"{steps} steps",
        number=number,
    )
