"""Servers of ours whose database already holds a great deal."""

import time
from pathlib import Path
from typing import cast

from bench.fill import copy_process, database_file
from bench.orders import FORM_TEXT
from bench.postgres import Unavailable
from bench.scenarios.context import Context
from bench.targets.handrail import Handrail

STEPS = 10
#: Open tasks are spread over so many members, of whom one asks for the list.
PEOPLE = 32


def with_open_tasks(context: Context, name: str, tasks: int) -> Handrail | None:
    """A started server with so many open tasks, one in 32 of them the client's own."""
    return _filled(context, name, tasks, complete=False, people=PEOPLE)


def with_completed_tasks(context: Context, name: str, tasks: int) -> Handrail | None:
    """A started server with so many completed tasks and their activity."""
    return _filled(context, name, tasks, complete=True, people=1)


def empty(context: Context, name: str) -> Handrail | None:
    """A started server with nothing in it."""
    try:
        target = Handrail(name)
    except Unavailable as reason:
        context.missing.setdefault(name, str(reason))
        return None
    return context.run_once(target)


def with_one_process(context: Context, name: str, steps: int) -> Path | None:
    """The database file of a stopped server with just one process of so many steps."""
    target = empty(context, name)
    if target is None:
        return None
    body = {"checklist_id": target.template(steps).checklist, "name": "Vendor intake"}
    target.call("POST", "/runs", body)
    target.stop()
    return database_file(target.data)


def _filled(context: Context, name: str, tasks: int, *, complete: bool, people: int) -> Handrail | None:
    begun = time.perf_counter()
    target = empty(context, name)
    if target is None:
        return None
    process = _make_process(target, complete=complete)
    target.stop()
    gained = copy_process(database_file(target.data), process, tasks // STEPS, people=people)
    if not context.run_once(target):
        return None
    rows = ", ".join(f"{count:,} {table}" for table, count in gained.items())
    print(f"{name}: {rows} in {time.perf_counter() - begun:.0f} s", flush=True)
    return target


def _make_process(target: Handrail, *, complete: bool) -> str:
    template = target.template(STEPS)
    body = {"checklist_id": template.checklist, "name": "Vendor intake"}
    launched = cast("dict[str, dict[str, object]]", target.call("POST", "/runs?with=tasks", body))["data"]
    process = cast(str, launched["id"])
    tasks = cast("dict[str, list[dict[str, str]]]", launched["tasks"])["data"]
    if complete:
        for task, field in zip(tasks, template.fields, strict=True):
            answer = {"task_id": task["id"], "taskdata": {field: FORM_TEXT}}
            target.call("POST", f"/runs/{process}/completed-tasks", answer)
    return process
