"""What an explanation says of rules, and in words: what would have to happen for something to change.

Only what could really happen is said: a completed task can be reopened and nothing else, what a person has shown or
hidden no rule changes, and a rule that shows does nothing to what is shown.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from handrail.engine.rules.readings import statement_text
from handrail.engine.state import Task
from handrail.kernel.decoded import as_list


class ConditionTold(msgspec.Struct, frozen=True, kw_only=True):
    """A condition as it is now. `current` is the answer, or the status of the task; None where it is withheld."""

    subject: str
    type: str
    name: str
    operation: str
    statement: Any
    logic: str
    holds: bool
    current: Any
    withheld: bool = False


class RuleTold(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that may do something to the task. `waiting` are the steps whose answers it waits for before it reopens
    the task (decision 31)."""

    id: str
    alias: str
    holds: bool
    actions: tuple[str, ...]
    conditions: tuple[ConditionTold, ...]
    waiting: tuple[str, ...]
    last_acted: int | None
    last_did: str | None


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The step that a deadline hangs on."""

    step_id: str
    title: str
    status: str | None
    completed_at: int | None
    deadline: int | None


WITHHELD = "a condition holds that is withheld"
_OF_STEP = {
    "completed": "is completed",
    "approved": "is approved",
    "rejected": "is rejected",
    "acknowledged": "is acknowledged",
    "expired": "has expired",
    "reopened": "is reopened",
    "not_assigned": "is assigned to nobody",
    "overdue": "is overdue",
}
_IN_TIME = {"on-time": " on time", "early_24": " at least 24 hours early", "late_24": " at least 24 hours late"}
_OF_FIELD = {
    "contains": "contains",
    "not_contains": "does not contain",
    "equals": "equals",
    "not_equals": "does not equal",
    "equals_any": "equals one of",
    "greater_than": "is greater than",
    "less_than": "is less than",
    "greater_or_equal": "is at least",
    "less_or_equal": "is at most",
    "is_empty": "is empty",
    "is_not_empty": "is not empty",
}
_WITHOUT_STATEMENT = frozenset({"is_empty", "is_not_empty"})


def would_change(
    task: Task,
    *,
    visibility: Sequence[RuleTold],
    others: Sequence[RuleTold],
    reopening: Sequence[RuleTold],
    anchor: Anchor | None,
) -> list[str]:
    """In words: what would change the task, by rules that have not acted, by people and by the clock."""
    if task.is_done:
        return ["The task is completed: only reopening it changes anything.", *_acting(reopening)]
    found: list[str] = []
    if task.visibility_lock is not None:
        found.append(f"It was {task.visibility_lock} by hand, and no rule changes that.")
    else:
        wanted = "show" if task.is_hidden else "hide"
        turning = [rule for rule in visibility if wanted in rule.actions]
        if task.is_hidden and not turning:
            found.append("No rule shows it; somebody has to do it by hand.")
        found += _acting(turning)
    if task.deadline_pinned:
        found.append("Its deadline was set by hand, with the launch or by a rule, and follows no other step.")
    elif task.deadline_held:
        name = f'"{anchor.title}"' if anchor is not None and anchor.title else "a step that is withheld"
        found.append(f"Its deadline becomes firm when {name} is completed.")
    found += _acting(others)
    if task.task_type == "expiring" and task.is_open:
        found.append("It expires by itself at its deadline.")
    elif task.task_type == "expiring_email" and task.is_open:
        found.append("It is sent by itself at its deadline.")
    return found


def _acting(rules: Sequence[RuleTold]) -> list[str]:
    """What rules wait for."""
    found: list[str] = []
    for rule in rules:
        name = f'The rule "{rule.alias}" ({", ".join(rule.actions)})'
        if not rule.holds:
            found.append(f"{name} acts once {_together(rule.conditions)}.")
        elif rule.waiting:
            found.append(f"{name} waits until the tasks whose answers it reads are completed.")
    return found


def _together(conditions: Sequence[ConditionTold]) -> str:
    """The conditions that are still missing; all of them, joined from the left, where one may stand for another."""
    if all(condition.logic == "and" for condition in conditions[1:]):
        missing = [condition for condition in conditions if not condition.holds]
        return " and ".join(dict.fromkeys(_words(condition) for condition in missing))
    text = _words(conditions[0])
    logic = ""
    for condition in conditions[1:]:
        if logic and condition.logic != logic:
            text = f"({text})"
        logic = condition.logic
        text = f"{text} {logic} {_words(condition)}"
    return text


def _words(condition: ConditionTold) -> str:
    if condition.withheld:
        return WITHHELD
    name, operation = f'"{condition.name}"', condition.operation
    if condition.type == "Step":
        return f"{name} {_OF_STEP.get(operation, operation)}{_IN_TIME.get(str(condition.statement), '')}"
    words = f"{name} {_OF_FIELD.get(operation, operation)}"
    if operation in _WITHOUT_STATEMENT:
        return words
    entries = as_list(condition.statement)
    texts = [statement_text(condition.statement)] if entries is None else [statement_text(entry) for entry in entries]
    quoted = [f'"{text}"' for text in texts]
    return f"{words} {', '.join(quoted)}"
