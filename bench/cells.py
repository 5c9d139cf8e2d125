"""One cell of the table: one server, one load, one round, with what it cost and whether it can be believed."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence

import msgspec

from bench import machine, work
from bench.orders import Order, Outcome
from bench.processes import proportional_memory, usage
from bench.targets.target import Target

_NOISY_PERCENT = 35.0


class Patience(msgspec.Struct, frozen=True):
    """How long to wait for a quiet machine before a round, and how often to repeat a noisy one."""

    seconds: float
    repeats: int


class Cell(msgspec.Struct, kw_only=True):
    """Figures of one round, by name: `rate` (per second), `p50`, `p99`, `p999`, `launch_p50` (milliseconds), `cpu_ms`
    (server CPU-milliseconds per call), `server_percent` and `client_percent` (of one core), `pss_mb`, `written_kb`
    (per call), `foreign_percent`, `errors`; scenarios add their own.
    """

    scenario: str
    row: str
    case: str
    round: int
    figures: dict[str, float]
    #: Others took more of the machine than allowed, also when repeated.
    noisy: bool = False
    #: Why the round does not count; empty when it does.
    void: str = ""


class Cells:
    """All cells of a run, in the order they were measured."""

    def __init__(self, cells: Iterable[Cell] = ()) -> None:
        self.all = list(cells)

    def add(self, cell: Cell) -> Cell:
        """Keep a cell and show it."""
        self.all.append(cell)
        print(describe(cell), flush=True)
        return cell

    def figures(self, scenario: str, row: str, case: str, figure: str) -> list[float]:
        """One figure of all rounds that count."""
        return [
            cell.figures[figure]
            for cell in self.all
            if (cell.scenario, cell.row, cell.case) == (scenario, row, case)
            and not cell.void
            and figure in cell.figures
        ]

    def noisy(self, scenario: str, row: str, case: str) -> bool:
        """Whether most of the rounds that count were disturbed by others."""
        rounds = [
            cell.noisy
            for cell in self.all
            if (cell.scenario, cell.row, cell.case) == (scenario, row, case) and not cell.void
        ]
        return 2 * sum(rounds) > len(rounds)


def describe(cell: Cell) -> str:
    """A line for the terminal."""
    parts = [f"{name} {value:,.2f}" for name, value in cell.figures.items()]
    remarks = [word for word in ("noisy" if cell.noisy else "", f"VOID: {cell.void}" if cell.void else "") if word]
    return "  ".join([f"{cell.scenario:3} {cell.row:16} {cell.case:14} #{cell.round}", *parts, *remarks])


def measure(target: Target, order: Order, patience: Patience, *, scenario: str, case: str, number: int) -> Cell:
    """Give a server a load when the machine is quiet, and check afterwards that it did what it acknowledged."""
    for _ in range(patience.repeats):
        cell = _attempt(target, order, patience, scenario, case, number)
        if not cell.noisy:
            return cell
    return _attempt(target, order, patience, scenario, case, number)


def _attempt(target: Target, order: Order, patience: Patience, scenario: str, case: str, number: int) -> Cell:
    target.settle()
    machine.wait_until_quiet(patience=patience.seconds)
    checked = order.activity == "work"
    before = target.completed_tasks() if checked else 0
    outcome, cost = run_load(target, order)
    figures = {**_figures(outcome), **_costs(outcome, cost)}
    void = ""
    if outcome.errors:
        void = f"{outcome.errors} errors, the first: {outcome.error_samples[0]}"
    elif outcome.broken_connections:
        void = f"{outcome.broken_connections} connections broke"
    elif checked:
        completed = target.completed_tasks() - before
        if completed != outcome.acknowledged_completions:
            void = f"{outcome.acknowledged_completions} completions acknowledged, {completed} found"
    noisy = figures["foreign_percent"] > _NOISY_PERCENT
    return Cell(scenario=scenario, row=target.name, case=case, round=number, figures=figures, noisy=noisy, void=void)


def measure_alone(
    work_of_round: Callable[[], dict[str, float]],
    patience: Patience,
    *,
    scenario: str,
    row: str,
    case: str,
    number: int,
    servers: Sequence[int] = (),
) -> Cell:
    """A round that brings its own load and waits for it: a database without a server of ours in front.

    `work_of_round` gives the figures; `servers` are processes that work for it and are no children of this one.
    """
    figures: dict[str, float] = {}
    for _ in range(1 + patience.repeats):
        machine.wait_until_quiet(patience=patience.seconds)
        own, before = usage(servers).cpu + _ended_children(), machine.busy()
        figures = work_of_round()
        own, after = usage(servers).cpu + _ended_children() - own, machine.busy()
        foreign = max(0.0, 100 * (after.seconds - before.seconds - own) / (after.at - before.at))
        figures["foreign_percent"] = foreign
        if foreign <= _NOISY_PERCENT:
            break
    noisy = figures["foreign_percent"] > _NOISY_PERCENT
    return Cell(scenario=scenario, row=row, case=case, round=number, figures=figures, noisy=noisy)


def _ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Cost(msgspec.Struct):
    """What the measured window cost: server CPU seconds, bytes it wrote, its memory, and others' share."""

    seconds: float
    cpu: float
    written: int
    pss_mb: float
    busy: float


def run_load(target: Target, order: Order) -> tuple[Outcome, Cost]:
    """Run the load generator; read the server's counters when its window opens and closes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=work.ROOT,
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(msgspec.json.encode(order).decode())
    process.stdin.close()
    roots = target.processes()
    start, start_busy = usage(roots), machine.busy()
    end, end_busy = start, start_busy
    last = ""
    memory = 0.0
    for line in process.stdout:
        if line == "begin\n":
            start, start_busy = usage(roots), machine.busy()
        elif line == "end\n":
            end, end_busy = usage(roots), machine.busy()
            memory = proportional_memory(target.processes())
        else:
            last = line
    errors = process.stderr.read()
    if process.wait() != 0 or not last:
        raise RuntimeError(f"the load generator failed: {errors[-800:]}")
    cost = Cost(
        end_busy.at - start_busy.at,
        end.cpu - start.cpu,
        end.written - start.written,
        memory,
        end_busy.seconds - start_busy.seconds,
    )
    return msgspec.json.decode(last, type=Outcome), cost


def _figures(outcome: Outcome) -> dict[str, float]:
    count = outcome.completions or outcome.pages or outcome.launches
    latency = outcome.completion_latency or outcome.page_latency or outcome.launch_latency
    figures = {"rate": count / outcome.seconds}
    if latency:
        figures |= {"p50": latency.p50, "p99": latency.p99, "p999": latency.p999}
    if outcome.completions and outcome.launch_latency:
        figures["launch_p50"] = outcome.launch_latency.p50
    return figures


def _costs(outcome: Outcome, cost: Cost) -> dict[str, float]:
    count = outcome.completions or outcome.pages or outcome.launches
    if cost.seconds <= 0:
        return {"foreign_percent": 0.0, "errors": float(outcome.errors)}
    foreign = cost.busy - cost.cpu - outcome.client_cpu
    figures = {
        "server_percent": 100 * cost.cpu / cost.seconds,
        "client_percent": 100 * outcome.client_cpu / cost.seconds,
        "pss_mb": cost.pss_mb,
        "foreign_percent": max(0.0, 100 * foreign / cost.seconds),
        "errors": float(outcome.errors),
    }
    if count:
        figures |= {"cpu_ms": 1e3 * cost.cpu / count, "written_kb": cost.written / 1024 / count}
    return figures
