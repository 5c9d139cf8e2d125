"""The background jobs of timers: a look every two seconds at what is due, and housekeeping every hour."""

from handrail.features.timers import store
from handrail.features.timers.due import is_any
from handrail.features.timers.expiry import expire_due
from handrail.features.timers.firing import Resting
from handrail.features.timers.housekeeping import keep_house
from handrail.features.timers.lateness import tell_rules
from handrail.ports.database import Reader
from handrail.ports.jobs import Attempt, Handler, Outside, Retry, Schedule

FIRE = "timers.fire"
KEEP_HOUSE = "timers.keep-house"
# what is due stays due, so there is nothing to give up
RETRY = Retry(attempts=1_000_000, first=1.0, longest=10.0)


def handlers_and_schedules() -> tuple[list[Handler], list[Schedule]]:
    """The timers of one process."""
    resting = Resting()

    async def is_wanted(reader: Reader, now: int) -> bool:
        return any([await is_any(reader, statement, now, resting) for statement in (store.expiring, store.overdue)])

    async def fire(given: Attempt) -> None:
        # what has expired is not overdue
        await expire_due(given.database, given.clock, resting)
        await tell_rules(given.database, given.clock, resting)

    async def house(given: Attempt) -> None:
        await keep_house(given.database, given.clock, resting)

    return (
        [Outside(name=FIRE, run=fire, retry=RETRY), Outside(name=KEEP_HOUSE, run=house, retry=RETRY)],
        [
            Schedule(job=FIRE, cron="*/2 * * * * *", key=FIRE, wanted=is_wanted),
            Schedule(job=KEEP_HOUSE, cron="17 * * * *", key=KEEP_HOUSE),
        ],
    )
