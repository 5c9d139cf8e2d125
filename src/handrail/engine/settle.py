"""The end of every command: what follows from the changes, then the outcome (engine 2.2, steps 12 to 15)."""

from msgspec.structs import replace

from handrail.engine.context import Context
from handrail.engine.deadlines import recalculate
from handrail.engine.events import Outcome
from handrail.engine.launch_next import launch_next
from handrail.engine.rules.evaluate import run_rules
from handrail.engine.rules.lateness import next_lateness
from handrail.engine.working import TaskOutcome, Working


def settle(working: Working, context: Context) -> Outcome:
    """Run the rules, then bring deadlines, counts and status of the process up to date with all that changed."""
    run_rules(working, context)
    if context.launching:
        launch_next(working, context)
    return conclude(working, context)


def conclude(working: Working, context: Context) -> Outcome:
    """The same once the rules have run."""
    recalculate(working, context)
    outcome = working.finish()
    rules = context.rules
    if rules is None or not rules.watched:
        return outcome
    watch_at = next_lateness(outcome.process, rules)
    if watch_at == outcome.process.watch_at:
        return outcome
    return replace(outcome, process=replace(outcome.process, watch_at=watch_at))


def settle_task(working: Working) -> TaskOutcome:
    """The same for a task outside of any process, on which nothing else depends."""
    return working.finish_task()
