"""Which tasks a rule wants to know overdue and has not been told of yet."""

from handrail.engine.rules.compile import RuleSet
from handrail.engine.state import Process, Task


def watched(process: Process, rules: RuleSet) -> list[tuple[str, Task]]:
    """The tasks, with their steps, of whose becoming overdue no rule has been told yet."""
    known = process.rule_state.overdue
    return [
        (step_id, task)
        for task in process.tasks
        if (step_id := task.step_id) is not None and step_id in rules.watched and step_id not in known
    ]


def next_lateness(process: Process, rules: RuleSet) -> int | None:
    """The first deadline of these tasks that is on the clock; after it, rules have to be told."""
    return min(
        (
            task.deadline
            for _, task in watched(process, rules)
            if task.deadline is not None and task.is_open and not task.deadline_held
        ),
        default=None,
    )
