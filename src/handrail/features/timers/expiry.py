"""Expiring tasks complete themselves at their deadline (engine 2.1), in the order they are due.

What is due is read from the tasks themselves, so nothing has to be planned, moved or cancelled when a deadline moves
or the server stands still, and a task that was hidden, held or blocked at its time is found as soon as it is not.
"""

from handrail.engine.expire import expire, expire_task
from handrail.features.people.bot import bot_of
from handrail.features.tasks import commands
from handrail.features.timers import store
from handrail.features.timers.due import every
from handrail.features.timers.firing import Firing, Resting, Telling, fire
from handrail.features.timers.store import DueRow
from handrail.kernel.clock import Clock
from handrail.ports.database import Database, Transaction

EXPIRED = "task_expired"
COMMENT = "This task expired: its deadline passed before anybody completed it."


async def expire_due(database: Database, clock: Clock, resting: Resting) -> int:
    """Let every task expire whose time has come; how many did."""
    count = 0
    async for row in every(database, store.expiring, clock, resting):
        now = clock.now()
        firing = Firing(EXPIRED, row.organization_id, row.id, row.due)
        count += await fire(database, firing, now, resting, lambda tx, f=firing, r=row, n=now: _expire(tx, f, r, n))
    return count


async def _expire(tx: Transaction, firing: Firing, row: DueRow, now: int) -> bool:
    bot = await bot_of(tx, row.organization_id)
    telling = Telling(firing, now, COMMENT)
    await commands.run(
        tx,
        bot,
        row.id,
        now,
        "task.complete",
        in_process=lambda context, process, _: telling.of(expire(context, process, row.id, bot_id=bot.user_id)),
        alone=lambda context, task, _: telling.of(expire_task(context, task, bot_id=bot.user_id)),
        process_id=row.process_id,
    )
    return telling.happened
