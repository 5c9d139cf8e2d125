"""When tasks are due: at launch, and again when a step that a deadline hangs on moves (engine 6.1 to 6.4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.engine.context import Context
from handrail.engine.definition import RuleDeadline, Step, StepDeadline
from handrail.engine.rules.memory import without_shift
from handrail.engine.state import Organization, Task
from handrail.engine.working import Working
from handrail.kernel.worktime import add, into_working_time, unit_named

# a step whose deadline hangs on another step, its deadline, and the other step's id
Child = tuple[Step, StepDeadline, str]


def has_dependents(steps: Sequence[Step], step_id: str) -> bool:
    """Whether the deadline of some step hangs on this one."""
    return any(step.anchor == step_id for step in steps)


def offset(moment: int, deadline: StepDeadline, organization: Organization) -> int:
    """A moment moved by a step's deadline, before or after, and on into working time."""
    unit = unit_named(deadline.unit)
    if unit is None:  # an old definition with a word nobody knows: as if it said nothing
        return by_default(moment, organization)
    value = -deadline.value if deadline.option == "prior_to" else deadline.value
    moved = add(moment, value, unit, organization.timezone)
    return into_working_time(moved, organization.working_days, organization.timezone)


def shifted(moment: int, by: RuleDeadline, organization: Organization) -> int:
    """A moment moved by the deadline action of a rule, and on into working time."""
    unit = unit_named(by.unit)
    if unit is None:
        return moment
    moved = add(moment, -by.value if by.option == "before" else by.value, unit, organization.timezone)
    return into_working_time(moved, organization.working_days, organization.timezone)


def by_default(moment: int, organization: Organization) -> int:
    """The deadline of tasks whose step sets none: the organization's default from the launch."""
    unit = unit_named(organization.default_deadline_unit) or "days"
    moved = add(moment, organization.default_deadline_value, unit, organization.timezone)
    return into_working_time(moved, organization.working_days, organization.timezone)


def at_launch(
    steps: Sequence[Step], pinned: Mapping[str, int], launched_at: int, organization: Organization
) -> dict[str, tuple[int, bool]]:
    """The deadline of each step's task by step id, and whether it is held until another step completes.

    `pinned` are the dates given for single steps with the launch. A held deadline is provisional: as if the other
    step were completed when it is due.
    """
    by_id = {step.id: step for step in steps}
    default = by_default(launched_at, organization)
    found: dict[str, tuple[int, bool]] = {}
    for step in steps:
        # the steps between this one and the first whose deadline is known, nearest first
        chain: list[Step] = []
        current: Step | None = step
        while current is not None and current.id not in found and current not in chain:
            chain.append(current)
            anchor = None if current.id in pinned else current.anchor
            current = None if anchor is None else by_id.get(anchor)
        for link in reversed(chain):
            found[link.id] = _first_deadline(link, pinned, found, launched_at, default, organization)
    return found


def _first_deadline(
    step: Step,
    pinned: Mapping[str, int],
    found: Mapping[str, tuple[int, bool]],
    launched_at: int,
    default: int,
    organization: Organization,
) -> tuple[int, bool]:
    if step.id in pinned:
        return pinned[step.id], False
    deadline = step.deadline
    if deadline is None:
        return default, False
    anchor = step.anchor
    known = None if anchor is None else found.get(anchor)
    if known is None:
        return offset(launched_at, deadline, organization), False
    return offset(known[0], deadline, organization), deadline.option != "prior_to"


def recalculate(working: Working, context: Context) -> None:
    """Move the deadlines that hang on steps this command has changed, and what hangs on those in turn (6.4).

    Pinned dates and completed tasks stay. Where only tasks are left that wait for hidden steps, they are released.
    """
    template = context.template
    if template is None or working.process is None:
        return
    children = template.definition.following
    if not children:
        return
    touched = list(working.touched())
    if not touched:
        return
    moved = {
        now.step_id
        for before, now in touched
        if now is not None and now.step_id is not None and (before is None or _differs(before, now))
    }
    # their date stood still while they were completed or hidden
    returned = {
        now.step_id
        for before, now in touched
        if before is not None
        and now is not None
        and ((now.is_open and not before.is_open) or (before.deadline_pinned and not now.deadline_pinned))
    }
    by_step = {task.step_id: task for task in working.tasks.values() if task.step_id is not None}
    _follow(working, context, children, by_step, moved, returned)
    released = _release(working, context, children, by_step)
    if released:
        _follow(working, context, children, by_step, released, set())


def _differs(before: Task, now: Task) -> bool:
    return (
        before.status != now.status
        or before.deadline != now.deadline
        or before.completed_at != now.completed_at
        or before.deadline_pinned != now.deadline_pinned
    )


def _follow(
    working: Working,
    context: Context,
    children: Sequence[Child],
    by_step: dict[str, Task],
    moved: set[str],
    returned: set[str | None],
) -> None:
    # no chain without a cycle is longer than this
    for _ in range(len(children)):
        next_moved: set[str] = set()
        for step, deadline, anchor_id in children:
            task, anchor = by_step.get(step.id), by_step.get(anchor_id)
            if task is None or anchor is None:
                continue
            if anchor_id in moved or step.id in returned:
                new = _moved_with(working, context, deadline, task, anchor)
                if new is not task:
                    by_step[step.id] = new
                    next_moved.add(step.id)
        if not next_moved:
            return
        moved, returned = next_moved, set()


def _moved_with(working: Working, context: Context, deadline: StepDeadline, task: Task, anchor: Task) -> Task:
    """The task with the deadline that follows from the state of its anchor."""
    if task.is_done or task.deadline_pinned:
        return task
    organization = context.organization
    if deadline.option == "prior_to":
        if anchor.deadline is None:
            return task
        return _set(working, context, task, offset(anchor.deadline, deadline, organization), held=False)
    if anchor.completed_at is not None:
        return _set(working, context, task, offset(anchor.completed_at, deadline, organization), held=False)
    if anchor.is_hidden and not task.deadline_held:
        return task  # released before: it counts on until the anchor is shown again
    from_moment = task.created_at if anchor.deadline is None else anchor.deadline
    return _set(working, context, task, offset(from_moment, deadline, organization), held=True)


def _release(working: Working, context: Context, children: Sequence[Child], by_step: dict[str, Task]) -> set[str]:
    """Put tasks on the clock that wait for hidden steps once nothing is left that could show those (decision 42)."""
    waiting: dict[str, tuple[Step, StepDeadline]] = {}
    for step, deadline, anchor_id in children:
        task, anchor = by_step.get(step.id), by_step.get(anchor_id)
        if task is not None and task.deadline_held and task.is_open and anchor is not None and anchor.is_hidden:
            waiting[task.id] = (step, deadline)
    if not waiting or any(task.is_open and task.id not in waiting for task in working.tasks.values()):
        return set()
    released: set[str] = set()
    for task_id, (step, deadline) in waiting.items():
        task = working.tasks[task_id]
        date = max(offset(task.created_at, deadline, context.organization), _now_working(working, context))
        by_step[step.id] = _set(working, context, task, date, held=False)
        released.add(step.id)
    return released


def _now_working(working: Working, context: Context) -> int:
    organization = context.organization
    return into_working_time(working.now, organization.working_days, organization.timezone)


def _set(working: Working, context: Context, task: Task, date: int, *, held: bool) -> Task:
    """Give a task its own date, and on top of it what rules have shifted it by while it was held (decision 34)."""
    if task.deadline_base == date and task.deadline_held == held:
        return task
    assert working.process is not None
    shift = working.process.rule_state.shifts.get(task.step_id or "")
    shown = date if shift is None else shifted(date, shift, context.organization)
    changes: dict[str, Any] = {"deadline": shown, "deadline_base": date, "deadline_held": held}
    if shift is not None and not held:
        changes["deadline_pinned"] = True
        without_shift(working, task.step_id or "")
    # provisional dates move silently: nobody was promised them
    if not held and not task.is_hidden and task.deadline != shown:
        working.emit("task.deadline_changed", task.id, before=task.deadline, after=shown)
    return working.replace_task(task.id, **changes)
