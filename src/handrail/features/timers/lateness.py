"""Rules that ask for overdue tasks are told of each once, soon after its deadline (engine 6.6)."""

from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer
from handrail.engine.state import Process
from handrail.engine.tick import tick
from handrail.features.people.bot import bot_of
from handrail.features.processes import service as processes
from handrail.features.timers import store
from handrail.features.timers.due import every
from handrail.features.timers.firing import Firing, Resting, fire
from handrail.features.timers.store import DueRow
from handrail.kernel.clock import Clock
from handrail.ports.database import Database, Transaction

OVERDUE = "task_overdue"


async def tell_rules(database: Database, clock: Clock, resting: Resting) -> int:
    """Tell the rules of every process what has become overdue in it; in how many there was something to tell."""
    count = 0
    async for row in every(database, store.overdue, clock, resting):
        now = clock.now()
        firing = Firing(OVERDUE, row.organization_id, row.id, row.due)
        count += await fire(database, firing, now, resting, lambda tx, r=row, n=now: _tell(tx, r, n))
    return count


async def _tell(tx: Transaction, row: DueRow, now: int) -> bool:
    bot = await bot_of(tx, row.organization_id)
    told = False

    def run(context: Context, process: Process, _: Doer) -> Outcome:
        nonlocal told
        outcome = tick(context, process)
        told = outcome.process.rule_state.overdue != process.rule_state.overdue
        return outcome

    await processes.command(tx, bot, row.id, "process.update", now, run)
    return told
