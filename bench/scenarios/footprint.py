"""S11: memory when idle and with many processes, the time to the first answer, the size of an installation."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench import machine, work
from bench.cells import Cell, run_load
from bench.peers.environments import environment
from bench.postgres import Unavailable
from bench.processes import proportional_memory
from bench.scenarios import filled
from bench.scenarios.context import Context
from bench.targets.handrail import Handrail
from bench.targets.target import Target

_SETTLING = 2.0


def run(context: Context, many: dict[int, Handrail]) -> None:
    """Start each server afresh and let it sit; `many` are servers that hold many tasks, put to work by 32 clients."""
    _idle_rounds(context, filled.empty(context, "Handrail idle"), "Handrail")
    for target in (context.viewflow(), context.floor()):
        _idle_rounds(context, target, target.name if target else "")
    for size, server in many.items():
        case = f"{size // filled.STEPS:,} processes, used"
        run_load(server, server.order(clients=32, seconds=context.plan.seconds))
        figures = {"pss_mb": proportional_memory(server.processes())}
        context.cells.add(Cell(scenario="S11", row="Handrail", case=case, round=1, figures=figures))
    try:
        size = installed_megabytes()
    except Unavailable as reason:
        context.missing["installed size"] = str(reason)
    else:
        figures = {"installed_mb": size}
        context.cells.add(Cell(scenario="S11", row="Handrail", case="installed", round=1, figures=figures))


def _idle_rounds(context: Context, target: Target | None, row: str) -> None:
    if target is None:
        return
    target.stop()
    for number in range(1, context.plan.rounds + 1):
        quiet = machine.wait_until_quiet(patience=context.plan.patience.seconds)
        begun = time.perf_counter()
        if not context.run_once(target):
            return
        first_answer = time.perf_counter() - begun
        time.sleep(_SETTLING)
        figures = {
            "first_answer_s": first_answer,
            "application_pss_mb": proportional_memory(target.application_processes()),
            "pss_mb": proportional_memory(target.processes()),
        }
        cell = Cell(scenario="S11", row=row, case="idle", round=number, figures=figures, noisy=not quiet)
        context.cells.add(cell)
        if number < context.plan.rounds:
            target.stop()
    if row == "Handrail":
        target.stop()


def installed_megabytes() -> float:
    """The files of an installation into an empty environment, with all that it needs except Python itself."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=work.ROOT, capture_output=True, text=True).stdout
    programs = environment("handrail", [str(work.ROOT)], commit)
    return sum(path.stat().st_size for path in _files(programs.parent / "lib")) / 1e6


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
