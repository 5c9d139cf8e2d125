"""The background jobs of timers: a look every two seconds at what is due, and housekeeping every hour."""

from handrail.features.timers.expiry import expire_due, is_anything_due
from handrail.features.timers.firing import Resting
from handrail.features.timers.housekeeping import keep_house
from handrail.ports.database import Reader
from handrail.ports.jobs import Attempt, Handler, Outside, Retry, Schedule

EXPIRE = "timers.expire"
KEEP_HOUSE = "timers.keep-house"
# nothing is lost when a round fails: what is due stays due
RETRY = Retry(attempts=5, first=1.0, longest=30.0)


def handlers_and_schedules() -> tuple[list[Handler], list[Schedule]]:
    """The timers of one process."""
    resting = Resting()

    async def is_wanted(reader: Reader, now: int) -> bool:
        return await is_anything_due(reader, now, resting)

    async def expire(given: Attempt) -> None:
        await expire_due(given.database, given.clock, resting)

    async def house(given: Attempt) -> None:
        await keep_house(given.database, given.clock, resting)

    return (
        [Outside(name=EXPIRE, run=expire, retry=RETRY), Outside(name=KEEP_HOUSE, run=house, retry=RETRY)],
        [
            Schedule(job=EXPIRE, cron="*/2 * * * * *", key=EXPIRE, wanted=is_wanted),
            Schedule(job=KEEP_HOUSE, cron="17 * * * *", key=KEEP_HOUSE),
        ],
    )
