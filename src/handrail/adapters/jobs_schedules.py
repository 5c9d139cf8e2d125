"""Asks for the jobs of schedules when their slots come, for either queue: the slot is taken and the job asked for in
one transaction, so that of several workers one does it."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from cronsim import CronSim

from handrail.kernel.clock import Clock
from handrail.ports.database import Database, DuplicateKey, Transaction
from handrail.ports.jobs import Jobs, Schedule
from handrail.schema.statement import Statement
from handrail.schema.tables import schedule_slots
from handrail.schema.words import insert_all, is_, parameter

# the clock may have been set, or the machine have slept: look again at least so often
LONGEST_SLEEP = 30.0

log = structlog.get_logger("handrail.jobs")

_slot = parameter("slot", schedule_slots.c.slot)
take_slot = Statement[None](
    sa.update(schedule_slots).where(is_(schedule_slots.c.schedule), schedule_slots.c.slot < _slot).values(slot=_slot)
)
last_slot = Statement[tuple[int]](sa.select(schedule_slots.c.slot).where(is_(schedule_slots.c.schedule)))
first_slot = Statement[None](insert_all(schedule_slots))


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def latest_slot(cron: str, zone: str, now: int) -> int:
    """The last slot that is not after this moment; milliseconds UTC."""
    second = datetime.fromtimestamp(now // 1000, UTC).astimezone(UTC if zone == "UTC" else _zone(zone))
    return _milliseconds(next(CronSim(cron, second + timedelta(seconds=1), reverse=True)))


def following_slot(cron: str, zone: str, now: int) -> int:
    """The first slot after this moment; milliseconds UTC."""
    second = datetime.fromtimestamp(now // 1000, UTC).astimezone(UTC if zone == "UTC" else _zone(zone))
    return _milliseconds(next(CronSim(cron, second)))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


class Scheduler:
    """Looks after the schedules of one worker."""

    def __init__(self, database: Database, jobs: Jobs, schedules: tuple[Schedule, ...], clock: Clock) -> None:
        self._database = database
        self._jobs = jobs
        self._schedules = schedules
        self._clock = clock
        self._seen: dict[str, int] = {}

    async def step(self) -> None:
        """Take the slots that have come, then sleep until the next one."""
        await self.look()
        now = self._clock.now()
        slots = [following_slot(schedule.cron, schedule.zone, now) for schedule in self._schedules]
        pause = min((slot - now) / 1000 for slot in slots) if slots else LONGEST_SLEEP
        await asyncio.sleep(min(max(pause, 0.01), LONGEST_SLEEP))

    async def look(self) -> None:
        """Take the slots that have come since the last look."""
        now = self._clock.now()
        for schedule in self._schedules:
            slot = latest_slot(schedule.cron, schedule.zone, now)
            if self._seen.get(schedule.job) == slot:
                continue
            await self._come(schedule, slot, now)
            self._seen[schedule.job] = slot

    async def _come(self, schedule: Schedule, slot: int, now: int) -> None:
        if schedule.wanted is not None:
            async with self._database.reader() as reader:
                if not await schedule.wanted(reader, now):
                    return

        async def body(tx: Transaction) -> None:
            if not await tx.run(take_slot, schedule=schedule.job, slot=slot):
                if await tx.value(last_slot, schedule=schedule.job) is not None:
                    return
                await tx.run(first_slot, schedule=schedule.job, slot=slot)
                # a new schedule begins with the slots to come; one that asks first has something to do now
                if schedule.wanted is None:
                    return
            if await self._jobs.unfinished(tx, schedule.job):
                log.debug("slot_left_out", job=schedule.job, slot=slot)
                return
            await self._jobs.defer(tx, schedule.job, {"slot": slot}, key=schedule.key)

        try:
            await self._database.write(body)
        except DuplicateKey:
            # another worker has just taken it
            return
