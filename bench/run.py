"""The suite from the command line: `python -m bench`, or `python bench/run.py`.

Runs the scenarios in order, one server under load at a time, and writes the page of results. Nothing else should run
on the machine meanwhile.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec

from bench import machine, postgres, report, work
from bench.scenarios import admission, crash, floors, footprint, growth, launch, listing, rules, throughput
from bench.scenarios.context import FULL, SMOKE, Context
from bench.targets.handrail import Handrail

SCENARIOS = ("F", "S1", "S2", "S3", "S4", "S5", "S8", "S9", "S11")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 when a hard gate (S8) failed."""
    options = _options(arguments)
    plan = SMOKE if options.smoke else FULL
    plan = msgspec.structs.replace(plan, ours_on_postgres=options.postgres)
    if options.seconds:
        plan = msgspec.structs.replace(plan, seconds=options.seconds, floors_seconds=options.seconds)
    if options.rounds:
        plan = msgspec.structs.replace(plan, rounds=options.rounds)
    wanted = {name.upper() for name in options.only} or set(SCENARIOS)
    work.clear()
    # A run that is told to end still ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    context = Context(plan)
    begun = time.perf_counter()
    try:
        _run(context, wanted)
    finally:
        context.stop()
        partial = bool(options.only)
        _write(context, wanted, (time.perf_counter() - begun) / 60, smoke=options.smoke, partial=partial)
        work.clear_databases()
    lost = sum(context.cells.figures("S8", "Handrail", f"{plan.crash_open_tasks:,} open", "lost"))
    return 1 if lost else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Handrail's benchmarks.")
    parser.add_argument("--smoke", action="store_true", help="three minutes: short cells, no peers on PostgreSQL")
    parser.add_argument("--only", nargs="+", default=[], metavar="SCENARIO", help=f"some of {' '.join(SCENARIOS)}")
    parser.add_argument("--postgres", action="store_true", help="also ours on PostgreSQL, against pgbench")
    parser.add_argument("--rounds", type=int, help="rounds of each cell")
    parser.add_argument("--seconds", type=float, help="length of a cell")
    return parser.parse_args(arguments)


def _run(context: Context, wanted: set[str]) -> None:
    if "F" in wanted:
        context.attempt("floors", lambda: floors.run(context), None)
    if wanted & {"S1", "S2"}:
        context.attempt("S1, S2", lambda: throughput.run(context, wanted), None)
    if "S1" in wanted:
        context.attempt("token and quota", lambda: admission.run(context), None)
    if "S3" in wanted:
        context.attempt("S3", lambda: rules.run(context), None)
    if "S4" in wanted:
        context.attempt("S4", lambda: launch.run(context), None)
    many: dict[int, Handrail] = {}
    if "S5" in wanted:
        many = context.attempt("S5", lambda: listing.run(context), many)
    if "S11" in wanted:
        context.attempt("S11", lambda: footprint.run(context, dict(list(many.items())[-1:])), None)
    if "S8" in wanted:
        context.attempt("S8", lambda: crash.run(context, many), None)
    listing.forget(many)
    if "S9" in wanted:
        context.attempt("S9", lambda: growth.run(context), None)


def _write(context: Context, wanted: set[str], minutes: float, *, smoke: bool, partial: bool) -> None:
    """Keep the raw cells, and the page: under version control after a whole run, in the work directory otherwise."""
    facts = {**machine.describe(), "PostgreSQL": postgres.version()}
    page = report.render(context.plan, context.cells, wanted, facts, context.missing, minutes)
    kept = work.WORK if smoke or partial else work.ROOT / "bench"
    (work.WORK / "cells.json").write_bytes(msgspec.json.format(msgspec.json.encode(context.cells.all)))
    (kept / "RESULTS.md").write_text(page)
    print(f"\n{page}\nwritten to {os.path.relpath(kept / 'RESULTS.md')}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
