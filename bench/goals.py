"""What ours is held to: each goal names two cells of the same run and the ratio their medians should have.

`must` is for a first release, `goal` is what to claim. A goal without a second cell is an absolute figure.
"""

from dataclasses import dataclass
from statistics import median

from bench.cells import Cells
from bench.floors.admission import OF_ONE_SERVER
from bench.scenarios.context import Plan
from bench.scenarios.filled import STEPS

OURS, FLOOR, SPIFF, VIEWFLOW = "Handrail", "floor", "SpiffWorkflow", "viewflow"
# tuned beyond what the bars were set against, so without one
TUNED = "SpiffWorkflow, specification kept"
ON_POSTGRES = "Handrail on PostgreSQL"
# counting requests in Redis, as several servers do
COUNTED_IN_REDIS = "Handrail on PostgreSQL and Redis"
# served by a process for each core
TWO, TWO_ON_POSTGRES = "Handrail, 2 workers", "Handrail on PostgreSQL, 2 workers"


@dataclass(frozen=True)
class Where:
    """A figure of a cell: scenario, row, case, name of the figure."""

    scenario: str
    row: str
    case: str
    figure: str

    def median(self, cells: Cells) -> float | None:
        """Over the rounds that count; None without one."""
        values = cells.figures(self.scenario, self.row, self.case, self.figure)
        return median(values) if values else None

    def noisy(self, cells: Cells) -> bool:
        """Whether most of them were disturbed."""
        return cells.noisy(self.scenario, self.row, self.case)


@dataclass(frozen=True)
class Goal:
    """One row of the table of goals. `unit` is how the absolute figure reads."""

    scenario: str
    metric: str
    unit: str
    ours: Where
    other: Where | None
    other_name: str
    must: float | None
    goal: float | None
    more_is_better: bool = True
    #: How many times faster ours is: the other's time divided by ours.
    times_faster: bool = False


@dataclass(frozen=True)
class Result:
    """A goal with its figures. `ratio` is the figure itself when there is nothing to set it against."""

    goal: Goal
    ours: float | None
    other: float | None
    ratio: float | None
    verdict: str


def judge(goal: Goal, cells: Cells) -> Result:
    """Compare the medians."""
    ours = goal.ours.median(cells)
    other = goal.other.median(cells) if goal.other else None
    ratio: float | None = None
    if ours is not None and goal.other is None:
        ratio = ours
    elif ours is not None and other is not None:
        over, under = (other, ours) if goal.times_faster else (ours, other)
        ratio = over / under if under else None
    verdict = _verdict(goal, ratio)
    if goal.ours.noisy(cells) or (goal.other is not None and goal.other.noisy(cells)):
        verdict += " (noisy)"
    return Result(goal, ours, other, ratio, verdict)


def _verdict(goal: Goal, ratio: float | None) -> str:
    if ratio is None:
        return "not run"

    def reached(mark: float) -> bool:
        return ratio >= mark if goal.more_is_better else ratio <= mark

    if goal.goal is not None and reached(goal.goal):
        return "goal"
    if goal.must is None:
        return "below goal"
    return "must" if reached(goal.must) else "MISSED"


def _against(
    scenario: str,
    case: str,
    figure: str,
    metric: str,
    unit: str,
    other: str,
    must: float | None,
    goal: float | None,
    more: bool = True,
    row: str = OURS,
) -> Goal:
    """Ours against another server in the same scenario and case."""
    ours = Where(scenario, row, case, figure)
    return Goal(scenario, metric, unit, ours, Where(scenario, other, case, figure), other, must, goal, more)


def _absolute(
    scenario: str,
    case: str,
    figure: str,
    metric: str,
    unit: str,
    must: float | None,
    goal: float | None,
    row: str = OURS,
) -> Goal:
    """A figure of ours that must not be greater."""
    return Goal(scenario, metric, unit, Where(scenario, row, case, figure), None, "", must, goal, False)


# server CPU for a completion, in ms, and what the floor spent beside it where these bars were set, by clients
CPU_MUST, CPU_GOAL = 0.45, 0.30
FLOOR_CPU = {8: 0.13, 32: 0.11}


def _times_floor(clients: int) -> tuple[float, float]:
    """The bars for CPU as multiples of the floor's in the same run: milliseconds do not carry over to another machine,
    nor to this one while it has other things to do."""
    return round(CPU_MUST / FLOOR_CPU[clients], 2), round(CPU_GOAL / FLOOR_CPU[clients], 2)


def goals(plan: Plan) -> list[Goal]:
    """All goals at the sizes of this plan."""
    parts = (_throughput, _rules, _launch, _list, _crash, _growth, _footprint)
    return [goal for part in parts for goal in part(plan)]


def _throughput(plan: Plan) -> list[Goal]:
    rate, unit = "completions/s", "/s"
    found = [
        _against("S1", "C=1", "rate", f"{rate}, 1 client", unit, FLOOR, 0.40, 0.55),
        _against("S1", "C=1", "p50", "p50, 1 client", "ms", FLOOR, 2.5, 1.8, more=False),
        _against("S1", "C=1", "p99", "p99, 1 client", "ms", FLOOR, 5, 3, more=False),
        _against("S1", "C=1", "rate", f"{rate}, 1 client", unit, SPIFF, 0.9, 1.2),
        _against("S1", "C=1", "rate", f"{rate}, 1 client", unit, TUNED, None, None),
    ]
    for row, words in ((OURS, ""), (TWO, ", 2 workers")):
        for clients in (8, 32):
            case, many = f"C={clients}", f"{clients} clients{words}"
            metric, cost = f"{rate}, {many}", f"server CPU per completion, {many}"
            if plan.peers_on_postgres:
                found.append(_against("S2", case, "rate", metric, unit, VIEWFLOW, 15, 20, row=row))
            found += [
                _against("S2", case, "rate", metric, unit, FLOOR, 0.30, 0.40, row=row),
                _against("S2", case, "rate", metric, unit, SPIFF, 3, 4, row=row),
                _against("S2", case, "rate", metric, unit, TUNED, None, None, row=row),
                _absolute("S2", case, "cpu_ms", cost, "ms", CPU_MUST, CPU_GOAL, row=row),
                _against("S2", case, "cpu_ms", cost, "ms", FLOOR, *_times_floor(clients), more=False, row=row),
            ]
        p99 = f"p99, 32 clients{words}"
        found.append(_against("S2", "C=32", "p99", p99, "ms", FLOOR, 4, 2.5, more=False, row=row))
    for place in (*OF_ONE_SERVER, "Redis"):
        alone = Where("S1", "token and quota", place, "alone_ms")
        together = Where("S1", "token and quota", place, "cpu_ms")
        # several servers, for which Redis is, have PostgreSQL; a completion on SQLite is no measure of it
        on_postgres = place == "Redis" and (plan.ours_on_postgres or plan.peers_on_postgres)
        bars = (None, None) if place == "Redis" and not on_postgres else (0.10, 0.05)
        row = COUNTED_IN_REDIS if on_postgres else TWO if place == "shared memory" else OURS
        one, many = Where("S1", row, "C=1", "p50"), Where("S2", row, "C=32", "cpu_ms")
        metric = f"token and quota in {place}"
        whole = "a completion on PostgreSQL, counted there" if on_postgres else "a completion"
        found += [
            Goal("S1", f"{metric}, 1 client", "ms", alone, one, whole, *bars, False),
            Goal("S1", f"{metric}, CPU, 32 clients", "ms", together, many, whole, *bars, False),
        ]
    if plan.ours_on_postgres:
        for row, words in ((ON_POSTGRES, ""), (TWO_ON_POSTGRES, ", 2 workers")):
            for clients in (8, 32):
                ours = Where("S2", row, f"C={clients}", "rate")
                other = Where("F", "pgbench", f"C={clients}", "rate")
                metric = f"{rate} on PostgreSQL, {clients} clients{words}"
                found.append(Goal("S2", metric, unit, ours, other, "pgbench", None, 0.35))
    return found


def _rules(plan: Plan) -> list[Goal]:
    found = [
        Goal(
            *("S3", f"completions/s with 50 rules, {clients} clients", "/s"),
            *(Where("S3", OURS, f"C={clients}, 50 rules", "rate"), Where("S3", OURS, f"C={clients}, 0 rules", "rate")),
            *("without rules", 0.7, 0.75),
        )
        for clients in (8, 32)
        if clients in plan.clients
    ]
    alone = "60 steps, 200 rules"
    for figure, metric in (("worst_ms", "worst completion"), ("launch_ms", "launch")):
        where = Where("S3", "engine alone", alone, figure)
        found.append(Goal("S3", f"engine alone, {metric}, {alone}", "ms", where, None, "", 5, None, False))
    twice = Where("S3", "engine alone", "60 steps, 400 rules", "launch_ms")
    half = Where("S3", "engine alone", alone, "launch_ms")
    found.append(Goal("S3", "engine alone, launch, 400 rules", "ms", twice, half, "with 200", 2.2, None, False))
    return found


def _launch(plan: Plan) -> list[Goal]:
    return [
        _against("S4", f"{size} steps", "rate", f"launches/s of {size} steps", "/s", "SQLite in Python", 0.35, 0.5)
        for size in plan.launch_sizes
    ]


def _list(plan: Plan) -> list[Goal]:
    least, most, reference = plan.list_sizes[0], plan.list_sizes[-1], plan.list_reference

    def page(size: int, clients: int, figure: str, row: str = OURS) -> Where:
        return Where("S5", row, f"{size:,} open C={clients}", figure)

    growth = f"p50 of a page of 50 at {most:,} open tasks"
    at_reference = f"at {reference:,} open tasks"
    many, one = page(reference, 32, "rate"), page(reference, 1, "p50")
    found = [
        Goal("S5", growth, "ms", page(most, 1, "p50"), page(least, 1, "p50"), f"at {least:,}", 1.5, 1.15, False),
        Goal("S5", f"pages/s {at_reference}", "/s", many, page(reference, 32, "rate", "hello"), "hello", 0.05, 0.10),
    ]
    if plan.peers_on_postgres:
        inbox, metric = page(reference, 1, "p50", VIEWFLOW), f"p50 of a page {at_reference}, times faster"
        found.append(Goal("S5", metric, "ms", one, inbox, "viewflow inbox", 50, 150, times_faster=True))
    return found


def _crash(plan: Plan) -> list[Goal]:
    case = f"{plan.crash_open_tasks:,} open"
    return [
        _absolute("S8", case, "lost", "acknowledged completions lost to kill -9", "", 0, 0),
        _absolute("S8", case, "first_answer_s", "time to the first good answer after it", "s", 3, 1),
    ]


def _growth(plan: Plan) -> list[Goal]:
    grown = f"{plan.grown_tasks:,} completed"
    ours, empty = Where("S9", OURS, grown, "rate"), Where("S9", OURS, "empty", "rate")
    return [
        Goal("S9", f"completions/s with {plan.grown_tasks:,} completed tasks", "/s", ours, empty, "empty", 0.7, 0.85)
    ]


def _footprint(plan: Plan) -> list[Goal]:
    used = f"{plan.list_sizes[-1] // STEPS:,} processes"
    idle, peer = Where("S11", OURS, "idle", "pss_mb"), Where("S11", VIEWFLOW, "idle", "application_pss_mb")
    found = [
        _absolute("S11", "idle", "pss_mb", "PSS when idle", "MB", None, 80),
        _absolute("S11", f"{used}, used", "pss_mb", f"PSS with {used}, after use", "MB", None, 120),
        _absolute("S11", "idle", "first_answer_s", "start to the first answer", "s", None, 1),
        _absolute("S11", "installed", "installed_mb", "installed size", "MB", None, 60),
    ]
    if plan.peers_on_postgres:
        metric, other = "PSS when idle, ours with its database", "viewflow without PostgreSQL"
        found.append(Goal("S11", metric, "MB", idle, peer, other, 0.5, 0.25, False))
    return found
