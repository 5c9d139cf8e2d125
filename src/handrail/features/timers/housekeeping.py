"""What an organization can have done by itself: completing tasks overdue for months, archiving processes that have
been complete for long (engine 6.5). Both switches are off in a new organization."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from handrail.engine.expire import auto_complete, auto_complete_task
from handrail.features.audit import recording as audit
from handrail.features.organizations import service as organizations
from handrail.features.organizations.service import Switches
from handrail.features.people.bot import bot_of
from handrail.features.processes import aggregate
from handrail.features.processes import service as processes
from handrail.features.tasks import commands
from handrail.features.timers import store
from handrail.features.timers.firing import Firing, Resting, Telling, fire
from handrail.kernel.clock import DAY, Clock
from handrail.kernel.worktime import add, unit_named
from handrail.ports.database import Database, Transaction

PAGE = 500
COMPLETED = "task_auto_completed"
ARCHIVED = "process_auto_archived"
COMMENT = "This task was completed automatically: it had been overdue for too long."


async def keep_house(database: Database, clock: Clock, resting: Resting) -> int:
    """Go through every organization that wants anything done; how many tasks and processes were."""
    count = 0
    async for organization in _organizations(database):
        settings = organization.settings
        if settings.auto_complete_tasks:
            count += await _complete_forgotten(database, organization, clock, resting)
        if settings.auto_archive:
            for firing in await _finished(database, organization, clock.now()):
                count += await _archive(database, organization, firing, clock.now(), resting)
    return count


async def _organizations(database: Database) -> AsyncGenerator[Switches]:
    after = ""
    while True:
        async with database.reader() as reader:
            page = await organizations.page_after(reader, after, PAGE)
        if not page:
            return
        for organization in page:
            yield organization
        after = page[-1].organization_id


class Forgotten(msgspec.Struct, frozen=True):
    """A task to complete, where it is, and the deadline it had when it was chosen."""

    firing: Firing
    process_id: str | None
    deadline: int


async def _complete_forgotten(database: Database, organization: Switches, clock: Clock, resting: Resting) -> int:
    count = 0
    while True:
        page = await _forgotten(database, organization, clock.now())
        done = sum([await _complete(database, task, clock.now(), resting) for task in page])
        count += done
        # those that rest come again, the others do not
        if len(page) < PAGE or not done:
            return count


async def _forgotten(database: Database, organization: Switches, now: int) -> list[Forgotten]:
    """The tasks that have been overdue for as long as the organization allows, the longest overdue first."""
    months = organization.settings.auto_complete_task_months
    async with database.reader() as reader:
        rows = await reader.all(
            store.forgotten,
            organization_id=organization.organization_id,
            # no month is shorter; the calendar decides below
            due_before=now - months * 28 * DAY,
            limit=PAGE,
        )
    found: list[Forgotten] = []
    for row in rows:
        due = add(row.deadline, months, "months", organization.zone)
        if due <= now:
            firing = Firing(COMPLETED, organization.organization_id, row.id, due)
            found.append(Forgotten(firing, row.process_id, row.deadline))
    return found


async def _complete(database: Database, task: Forgotten, now: int, resting: Resting) -> bool:
    firing = task.firing
    # with a later deadline by now, it is no longer meant
    due_before = task.deadline + 1
    if resting.holds(firing.organization_id, firing.record, now):
        return False

    async def body(tx: Transaction) -> bool:
        bot = await bot_of(tx, firing.organization_id)
        telling = Telling(firing, now, COMMENT)
        await commands.run(
            tx,
            bot,
            firing.record,
            now,
            "task.complete",
            in_process=lambda context, process, _: telling.of(
                auto_complete(context, process, firing.record, due_before=due_before, bot_id=bot.user_id)
            ),
            alone=lambda context, task, _: telling.of(
                auto_complete_task(context, task, due_before=due_before, bot_id=bot.user_id)
            ),
            process_id=task.process_id,
        )
        if telling.happened:
            said, subject = "Completed a task that was overdue for months", ("Task", firing.record)
            await audit.note(tx, bot, now, COMPLETED, said, subject=subject)
        return telling.happened

    return await fire(database, firing, now, resting, body)


async def _finished(database: Database, organization: Switches, now: int) -> list[Firing]:
    """The processes that have been complete for as long as the organization keeps them, the longest first."""
    found: list[Firing] = []
    after = ""
    while True:
        async with database.reader() as reader:
            page = await reader.all(
                store.complete, organization_id=organization.organization_id, after=after, limit=PAGE
            )
        if not page:
            break
        for row in page:
            due = _archived_at(organization, row.completed_at)
            if due is not None and due <= now:
                found.append(Firing(ARCHIVED, organization.organization_id, row.id, due))
        after = page[-1].id
        await asyncio.sleep(0)
    return sorted(found, key=lambda one: (one.due, one.record))


def _archived_at(organization: Switches, completed_at: int | None) -> int | None:
    """When a process that was completed then is to be archived."""
    if completed_at is None:
        return None
    period = organization.settings.auto_archive_processes_after
    return add(completed_at, period.value, unit_named(period.unit) or "weeks", organization.zone)


async def _archive(database: Database, organization: Switches, firing: Firing, now: int, resting: Resting) -> bool:
    if resting.holds(firing.organization_id, firing.record, now):
        return False

    async def body(tx: Transaction) -> bool:
        bot = await bot_of(tx, firing.organization_id)
        process = (await aggregate.lock(tx, firing.organization_id, firing.record)).process
        # somebody may have reopened it since, and finished it again
        if process.status != "complete" or _archived_at(organization, process.completed_at) != firing.due:
            return False
        telling = Telling(firing, now)
        await processes.archive(tx, bot, firing.record, now, telling.of)
        if telling.happened:
            said, subject = "Archived a process that was complete for long", ("Run", firing.record)
            await audit.note(tx, bot, now, ARCHIVED, said, subject=subject)
        return telling.happened

    return await fire(database, firing, now, resting, body)
