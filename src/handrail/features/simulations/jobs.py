"""Runs saved tests after every change of their template: looks every two seconds at what is due."""

from collections.abc import Coroutine
from itertools import groupby
from typing import Any

import structlog

from handrail.features.simulations import saved, store
from handrail.features.templates import service as templates
from handrail.kernel.clock import Clock
from handrail.ports.database import Database, Reader, Transaction
from handrail.ports.jobs import Attempt, Handler, Outside, Retry, Schedule

RUN = "template_tests.run"
RETRY = Retry(attempts=1_000_000, first=1.0, longest=10.0)
PAGE = 100
BROKEN = "The test could not be run; the log of the server says why."

log = structlog.get_logger("handrail.template_tests")


def handlers_and_schedules() -> tuple[list[Handler], list[Schedule]]:
    """The runner of one process."""

    async def is_wanted(reader: Reader, now: int) -> bool:
        return bool(await reader.all(store.due, now=now, limit=1))

    def run(given: Attempt) -> Coroutine[Any, Any, None]:
        return run_due(given.database, given.clock)

    return (
        [Outside(name=RUN, run=run, retry=RETRY)],
        [Schedule(job=RUN, cron="*/2 * * * * *", key=RUN, wanted=is_wanted)],
    )


async def run_due(database: Database, clock: Clock) -> None:
    """Run everything that is due, on the version that edits of its template start from."""
    while True:
        async with database.reader() as reader:
            rows = await reader.all(store.due, now=clock.now(), limit=PAGE)
        if not rows:
            return
        ordered = sorted(rows, key=lambda row: (row.organization_id, row.template_id, row.id))
        for (organization_id, template_id), group in groupby(
            ordered, key=lambda row: (row.organization_id, row.template_id)
        ):
            await _run(database, clock, organization_id, template_id, list(group))


async def _run(
    database: Database, clock: Clock, organization_id: str, template_id: str, rows: list[store.SavedRow]
) -> None:
    now = clock.now()
    async with database.reader() as reader:
        template = await templates.working(reader, organization_id, template_id)
    done: list[saved.Outcome] = []
    if template is not None:
        try:
            async with database.reader() as reader:
                ready = await saved.prepared(reader, organization_id, template, rows)
            done = await saved.outcomes(ready, now)
        except Exception:  # the tests of everybody else must not wait for the repair of this one
            log.exception("template_tests_broken", organization=organization_id, template=template_id)
            done = [saved.Outcome(row, (BROKEN,)) for row in rows]

    async def note(tx: Transaction) -> None:
        for outcome in done:
            assert template is not None
            await saved.note(tx, template, outcome, now)
        if template is None:
            for row in rows:
                await tx.run(store.forget, organization_id=organization_id, id=row.id)

    await database.write(note)
    failing = sum(not outcome.passing for outcome in done)
    if failing:
        log.info("template_tests_fail", organization=organization_id, template=template_id, failing=failing)
