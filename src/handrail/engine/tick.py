"""What the clock tells rules: which tasks have become overdue, each of them once in the life of a process (6.6)."""

from handrail.engine.context import Context
from handrail.engine.events import Outcome
from handrail.engine.progress import is_overdue
from handrail.engine.rules.compile import lateness_of
from handrail.engine.rules.evaluate import run_about
from handrail.engine.rules.lateness import watched
from handrail.engine.rules.memory import remember
from handrail.engine.settle import conclude
from handrail.engine.state import Process
from handrail.engine.working import Working


def tick(context: Context, process: Process) -> Outcome:
    """Run the rules that ask for tasks which have become overdue by now, and remember those tasks.

    Only tasks of steps with such a rule count (`context.rules.watched`). A process that is archived or blocked by an
    issue of its own stands still (decision 46); whatever was due meanwhile counts at the first tick after that.
    """
    working = Working.of_process(process, context.now)
    rules = context.rules
    if rules is None or not rules.watched or process.archived_at is not None or process.open_issues:
        return conclude(working, context)
    found = tuple(step_id for step_id, task in watched(process, rules) if is_overdue(task, context.now))
    if found:
        remember(working, overdue=(*process.rule_state.overdue, *found))
        run_about(working, context, [lateness_of(step_id) for step_id in found], frozenset(found))
    return conclude(working, context)
