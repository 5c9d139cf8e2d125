"""The results as one page of Markdown: the goals with their verdicts, then every cell."""

from collections.abc import Iterable, Sequence
from statistics import median

from bench.cells import Cells
from bench.goals import Goal, Result, goals, judge
from bench.scenarios.context import Plan
from bench.summary import number, spread

_COLUMNS = (
    ("p50", "p50 ms"),
    ("p99", "p99 ms"),
    ("p999", "p99.9 ms"),
    ("launch_p50", "launch p50 ms"),
    ("cpu_ms", "server CPU-ms each"),
    ("server_percent", "server CPU %"),
    ("client_percent", "client CPU %"),
    ("pss_mb", "PSS MB"),
    ("written_kb", "written KB each"),
    ("foreign_percent", "foreign CPU %"),
    ("errors", "errors"),
)

_NAMES = {
    "F": "the floors of this machine",
    "S1": "ten tasks one after another, 1 client",
    "S2": "the same, 8 and 32 clients",
    "S3": "completing with rules",
    "S4": "launching",
    "S5": "first page of my open tasks",
    "S8": "kill -9 under load",
    "S9": "growth",
    "S11": "footprint",
}


def render(
    plan: Plan, cells: Cells, wanted: set[str], machine: dict[str, str], missing: dict[str, str], minutes: float
) -> str:
    """The whole page; goals of scenarios that were not wanted are left out."""
    about = ", ".join(f"{name} {value}" for name, value in machine.items() if value)
    lines = [
        "# Results",
        "",
        f"Measured with `python -m bench` in {minutes:.0f} minutes: {plan.rounds} rounds, cells of "
        f"{plan.seconds:g} s, client, server and database on one machine ({about}).",
        "",
        "Only the ratios carry over to other machines. Figures are medians over the rounds, least and greatest in "
        "brackets; *must* is the bar of a first release, *goal* is what to claim.",
        "",
        *_goal_table([judge(goal, cells) for goal in goals(plan) if goal.scenario in wanted]),
    ]
    if missing:
        lines += ["", "Left out:", "", *(f"- {name}: {reason.splitlines()[-1]}" for name, reason in missing.items())]
    lines += ["", "## Cells", ""]
    lines += [*_cell_table(cells), "", *_plain_cells(cells)]
    voided = [cell for cell in cells.all if cell.void]
    if voided:
        lines += ["", "Rounds that do not count:", ""]
        lines += [f"- {cell.scenario} {cell.row} {cell.case} #{cell.round}: {cell.void}" for cell in voided]
    return "\n".join(lines).rstrip() + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]


def _goal_table(results: list[Result]) -> list[str]:
    head = ("scenario", "metric", "ours", "floor or peer", "ratio", "must", "goal", "verdict")
    return _table(head, [_goal_row(result) for result in results])


def _goal_row(result: Result) -> list[str]:
    goal = result.goal

    def figure(value: float | None) -> str:
        return "-" if value is None else f"{number(value)} {goal.unit}".replace(" /s", "/s").strip()

    def bound(value: float | None) -> str:
        return "-" if value is None else f"{_sign(goal)} {value:g}"

    other = f"{goal.other_name} {figure(result.other)}" if goal.other else "-"
    ratio = "-" if result.ratio is None or goal.other is None else number(result.ratio)
    verdict = "-" if goal.must is None and goal.goal is None else result.verdict
    return [goal.scenario, goal.metric, figure(result.ours), other, ratio, bound(goal.must), bound(goal.goal), verdict]


def _sign(goal: Goal) -> str:
    return "≥" if goal.more_is_better else "≤"


def _keys(cells: Cells, *, with_rate: bool) -> list[tuple[str, str, str]]:
    found = {(cell.scenario, cell.row, cell.case): None for cell in cells.all if ("rate" in cell.figures) is with_rate}
    order = list(_NAMES)
    return sorted(found, key=lambda key: order.index(key[0]))


def _cell_table(cells: Cells) -> list[str]:
    """The cells that have a rate."""
    head = ("scenario", "server", "case", "per second", *(title for _, title in _COLUMNS), "rounds", "remarks")
    rows: list[list[str]] = []
    for key in _keys(cells, with_rate=True):
        rate = spread(cells.figures(*key, "rate"))
        values = [cells.figures(*key, name) for name, _ in _COLUMNS]
        mine = [cell for cell in cells.all if (cell.scenario, cell.row, cell.case) == key]
        counted = [cell for cell in mine if not cell.void]
        noisy = sum(cell.noisy for cell in counted)
        remarks = [f"{noisy} noisy" if noisy else "", f"{len(mine) - len(counted)} void" if mine != counted else ""]
        figures = [number(median(each)) if each else "-" for each in values]
        rows.append([*key, str(rate or "-"), *figures, str(len(counted)), ", ".join(filter(None, remarks))])
    return _table(head, rows)


def _plain_cells(cells: Cells) -> list[str]:
    """The cells of other kinds, one figure a row."""
    rows: list[list[str]] = []
    for key in _keys(cells, with_rate=False):
        names = {
            name: None for cell in cells.all if (cell.scenario, cell.row, cell.case) == key for name in cell.figures
        }
        for name in names:
            rows.append([*key, name.replace("_", " "), str(spread(cells.figures(*key, name)) or "-")])
    return _table(("scenario", "server", "case", "figure", "median (least-greatest)"), rows) if rows else []
