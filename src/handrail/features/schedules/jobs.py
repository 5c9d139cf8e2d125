"""Launches what is due: looks every two seconds, and launches each moment once, in the transaction that moves on.

A server that stood still makes up for what it missed as the schedule says. A launch that fails is told on the schedule
and does not stop the next one; after some failures in a row the schedule pauses.
"""

from typing import Any

import structlog
from msgspec.structs import replace

from handrail.engine.naming import render_name
from handrail.features.members import service as members
from handrail.features.organizations import engine as organizations
from handrail.features.processes import service as processes
from handrail.features.schedules import occurring, service, store
from handrail.features.schedules.service import answers_of
from handrail.features.schedules.store import ScheduleRow
from handrail.features.templates import service as templates
from handrail.features.timers.firing import Resting
from handrail.kernel.clock import Clock, iso
from handrail.kernel.errors import Impossible, Invalid, Problem, Unavailable
from handrail.ports.database import Database, Reader, Transaction
from handrail.ports.jobs import Attempt, Handler, Outside, Retry, Schedule

LAUNCH = "schedules.launch"
RETRY = Retry(attempts=1_000_000, first=1.0, longest=10.0)
PAGE = 50
MOST_MISSED = 100
# what is later than this was missed
GRACE = 600_000
PATIENCE = 5
ERROR_LIMIT = 500

log = structlog.get_logger("handrail.schedules")


def handlers_and_schedules() -> tuple[list[Handler], list[Schedule]]:
    """The launcher of one process."""
    resting = Resting()

    async def is_wanted(reader: Reader, now: int) -> bool:
        return bool(await reader.all(store.due, now=now, limit=1))

    async def launch(given: Attempt) -> None:
        await launch_due(given.database, given.clock, resting)

    return (
        [Outside(name=LAUNCH, run=launch, retry=RETRY)],
        [Schedule(job=LAUNCH, cron="*/2 * * * * *", key=LAUNCH, wanted=is_wanted)],
    )


async def launch_due(database: Database, clock: Clock, resting: Resting | None = None) -> None:
    """Launch everything that is due, but for what failed by an error of ours a moment ago."""
    resting = resting or Resting()
    while True:
        now = clock.now()
        async with database.reader() as reader:
            rows = await reader.all(store.due, now=now, limit=PAGE)
        rows = [row for row in rows if not resting.holds(row.organization_id, row.id, now)]
        if not rows:
            return
        for row in rows:
            await _launch(database, row, now, resting)


async def _launch(database: Database, known: ScheduleRow, now: int, resting: Resting) -> None:
    """Launch what one schedule owes first, and move it on, in one transaction."""

    async def attempt(tx: Transaction) -> None:
        row = await _due(tx, known, now)
        if row is None:
            return
        moment, following = await _owed(tx, row, now)
        changes: dict[str, Any] = {"next_at": following}
        if moment is not None:
            process_id = await _launched(tx, row, moment, now)
            changes |= {"last_process_id": process_id, "last_at": moment, "launches": row.launches + 1}
            changes |= {"last_error": None, "failures": 0}
        await service.write(tx, replace(row, **changes))

    try:
        await database.write(attempt)
        resting.went_well(known.organization_id, known.id)
    except Unavailable:
        raise
    except Problem as problem:
        reason = _reason(problem)
        await database.write(lambda tx: _failed(tx, known, reason, now))
    except Exception:  # the schedules of everybody else must not wait for this one; it stays due, and is tried again
        log.exception("schedule_failed", organization=known.organization_id, schedule=known.id)
        resting.failed(known.organization_id, known.id, now)


async def _due(tx: Transaction, known: ScheduleRow, now: int) -> ScheduleRow | None:
    """The row as it is now, locked, if it is still due."""
    row = await tx.one(store.locked, organization_id=known.organization_id, id=known.id)
    if row is None or row.paused or row.next_at is None or row.next_at > now:
        return None
    return row


async def _owed(tx: Transaction, row: ScheduleRow, now: int) -> tuple[int | None, int | None]:
    """The moment to launch for, if any, and when the schedule is due again: at once while it owes more."""
    assert row.next_at is not None
    organization = await organizations.load(tx, row.organization_id)
    coming = occurring.moments(
        occurring.recurrence_of(row), row.next_at, row.non_working_days, organization.working_days
    )
    passed = [row.next_at]
    following = None
    for moment in coming:
        if moment > now:
            following = moment
            break
        passed.append(moment)
    if row.catch_up == "all":
        owed = passed[-MOST_MISSED:]
        return owed[0], owed[1] if len(owed) > 1 else following
    if row.catch_up == "none" and now - passed[-1] > GRACE:
        return None, following
    return passed[-1], following


async def _launched(tx: Transaction, row: ScheduleRow, moment: int, now: int) -> str:
    """Launch for a moment; the process begins now, and is called after the moment."""
    actor = await members.load_actor(tx, row.organization_id, row.owner_id)
    if actor is None:
        raise Impossible("Whom the processes count for is no longer an active member.")
    template = await templates.load_unattended(tx, row.organization_id, row.template_id)
    if isinstance(template, str):
        raise Impossible(template)
    answers = answers_of(row)
    name = row.name
    if name is not None and "{{" in name:
        organization = await organizations.load(tx, row.organization_id)
        name = render_name(name, template, organization, kickoff=answers, now=moment) or None
    origin = {"source": "schedule", "schedule_id": row.id, "moment": iso(moment)}
    process = await processes.launch_unattended(
        tx, actor, template, now, answers=answers, name=name, submitter=None, origin=origin, by_program=True
    )
    return process.id


async def _failed(tx: Transaction, known: ScheduleRow, reason: str, now: int) -> None:
    row = await _due(tx, known, now)
    if row is None:
        return
    failures = row.failures + 1
    log.warning("schedule_not_launched", organization=row.organization_id, schedule=row.id, reason=reason)
    await service.write(
        tx,
        replace(
            row,
            failures=failures,
            last_error=reason[:ERROR_LIMIT],
            paused=failures >= PATIENCE,
            # the moment that failed is over; others that are owed are not
            next_at=(await _owed(tx, row, now))[1],
        ),
    )


def _reason(problem: Problem) -> str:
    if isinstance(problem, Invalid):
        return " ".join(text for texts in problem.errors.values() for text in texts)
    return problem.message
