"""From the conditions of a rule to one predicate: steps, fields, time clauses and the left fold (engine 5.3, 5.4)."""

from collections.abc import Callable, Sequence

from handrail.engine.answers import is_filled
from handrail.engine.definition import Condition, Field
from handrail.engine.progress import is_overdue
from handrail.engine.rule_definitions import Parts
from handrail.engine.rules.comparisons import NEGATED, comparison
from handrail.engine.rules.live import reading
from handrail.engine.rules.situation import Situation
from handrail.engine.state import Task
from handrail.kernel.clock import DAY

Predicate = Callable[[Situation], bool]
OfTask = Callable[[Task], bool]

EXPIRING = ("expiring", "expiring_email")


def predicate(conditions: Sequence[Condition], parts: Parts) -> Predicate:
    """Whether the conditions hold together: folded from the left, `and` and `or` alike, the first one's logic ignored.

    A condition on something that the template does not have is false.
    """
    result, *others = (_holds(condition, parts) for condition in conditions)
    for condition, holds in zip(conditions[1:], others, strict=True):
        result = _either(result, holds) if condition.logic == "or" else _both(result, holds)
    return result


def _both(first: Predicate, second: Predicate) -> Predicate:
    return lambda situation: first(situation) and second(situation)


def _either(first: Predicate, second: Predicate) -> Predicate:
    return lambda situation: first(situation) or second(situation)


def _holds(condition: Condition, parts: Parts) -> Predicate:
    part_id = condition.conditionable_id
    if condition.conditionable_type == "Step":
        return _on_step(condition)
    if condition.conditionable_type == "Prerun":
        field = parts.kickoff.get(part_id)
        return _never if field is None else _on_kickoff(condition, field, parts)
    field = parts.captures.get(part_id)
    return _never if field is None else _on_field(condition, field, parts.step_of[part_id], parts)


def _never(_situation: Situation) -> bool:
    return False


# ----------------------------------------------------------------------------------------------------------- steps


def _on_step(condition: Condition) -> Predicate:
    step_id, operation = condition.conditionable_id, condition.operation
    if operation == "overdue":
        return lambda situation: _is_overdue(situation, step_id)
    of_task = _OF_TASK.get(operation)
    clause = condition.statement or "any_time"
    in_time = _IN_TIME.get(clause) if isinstance(clause, str) else None
    if of_task is None or (in_time is None and operation in _COMPLETIONS):
        return _never
    if in_time is None or in_time is _any_time or operation not in _COMPLETIONS:

        def holds(situation: Situation) -> bool:
            task = situation.tasks.get(step_id)
            return task is not None and of_task(task)

        return holds

    def holds_in_time(situation: Situation) -> bool:
        task = situation.tasks.get(step_id)
        return task is not None and of_task(task) and in_time(task)

    return holds_in_time


def _is_overdue(situation: Situation, step_id: str) -> bool:
    """Found overdue by this command or, if by an earlier one, still overdue."""
    if step_id in situation.overdue:
        return True
    if step_id not in situation.process.rule_state.overdue:
        return False
    task = situation.tasks.get(step_id)
    return task is not None and is_overdue(task, situation.now)


_COMPLETIONS: dict[str, OfTask] = {
    "completed": lambda task: task.status == "completed",
    "approved": lambda task: task.is_done and task.task_type == "approval" and task.is_approved is True,
    "rejected": lambda task: task.is_done and task.task_type == "approval" and task.is_approved is False,
    "acknowledged": lambda task: task.is_done and task.task_type in EXPIRING and task.is_approved is True,
    "expired": lambda task: task.is_done and task.task_type in EXPIRING and task.is_approved is False,
}
_OF_TASK: dict[str, OfTask] = {
    **_COMPLETIONS,
    "reopened": lambda task: task.was_reopened and not task.is_done,
    "not_assigned": lambda task: not task.is_hidden and not task.owners,
}


def _any_time(_task: Task) -> bool:
    return True


def _on_time(task: Task) -> bool:
    deadline = _deadline(task)
    return deadline is None or (task.completed_at or 0) <= deadline


def _early(task: Task) -> bool:
    deadline = _deadline(task)
    return deadline is not None and (task.completed_at or 0) <= deadline - DAY


def _late(task: Task) -> bool:
    deadline = _deadline(task)
    return deadline is not None and (task.completed_at or 0) >= deadline + DAY


def _deadline(task: Task) -> int | None:
    """A deadline that was still held when the task was completed was none."""
    return None if task.deadline_held else task.deadline


# an unknown clause never matches; a null or empty one is any time (decision 27)
_IN_TIME: dict[str, OfTask] = {
    "any_time": _any_time,
    "on-time": _on_time,
    "early_24": _early,
    "late_24": _late,
}


# ---------------------------------------------------------------------------------------------------------- fields


def _on_kickoff(condition: Condition, field: Field, parts: Parts) -> Predicate:
    """The form was submitted with the launch and does not go back to never filled, so its empty answers count."""
    field_id, operation = field.id, condition.operation
    if operation == "is_not_empty":
        return lambda situation: is_filled(field, situation.kickoff.get(field_id))
    if operation == "is_empty":
        return lambda situation: not is_filled(field, situation.kickoff.get(field_id))
    compare = comparison(field, condition)
    if compare is None:
        return _never
    when_empty = operation in NEGATED
    read = reading(field, parts)
    if read is not None:

        def holds_as_it_reads(situation: Situation) -> bool:
            value = read(situation, situation.kickoff.get(field_id))
            return compare(value, situation.zone) if is_filled(field, value) else when_empty

        return holds_as_it_reads

    def holds(situation: Situation) -> bool:
        value = situation.kickoff.get(field_id)
        return compare(value, situation.zone) if is_filled(field, value) else when_empty

    return holds


def _on_field(condition: Condition, field: Field, step_id: str, parts: Parts) -> Predicate:
    """Of a step: an empty answer counts once the field was saved or its task completed (decision 30).

    The default of a field is an answer like any other.
    """
    field_id, operation = field.id, condition.operation
    if operation == "is_not_empty":

        def has_answer(situation: Situation) -> bool:
            task = situation.tasks.get(step_id)
            return task is not None and is_filled(field, task.values.get(field_id))

        return has_answer
    compare = comparison(field, condition)
    if compare is None and operation != "is_empty":
        return _never
    when_empty = operation in NEGATED or operation == "is_empty"
    # a default counts as an answer, whatever it reads as
    read = None if compare is None else reading(field, parts)

    def holds(situation: Situation) -> bool:
        task = situation.tasks.get(step_id)
        if task is None:
            return False
        value = task.values.get(field_id)
        if read is not None:
            value = read(situation, value)
        if is_filled(field, value):
            return compare is not None and compare(value, situation.zone)
        return when_empty and (task.is_done or task.was_reopened or field_id in task.values)

    return holds
