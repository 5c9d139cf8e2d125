"""The end of every command: what follows from the changes, then the outcome (engine 2.2, steps 12 to 15)."""

from handrail.engine.context import Context
from handrail.engine.deadlines import recalculate
from handrail.engine.events import Outcome
from handrail.engine.working import TaskOutcome, Working


def settle(working: Working, context: Context) -> Outcome:
    """Bring deadlines, counts and status of the process up to date with what the command changed."""
    recalculate(working, context)
    return working.finish()


def settle_task(working: Working) -> TaskOutcome:
    """The same for a task outside of any process, on which nothing else depends."""
    return working.finish_task()
