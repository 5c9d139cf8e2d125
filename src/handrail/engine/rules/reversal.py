"""Taking back what rules did when a task is reopened, for templates that ask for it (engine 5.6, decision 35)."""

from collections.abc import Iterator

from handrail.engine.context import Context
from handrail.engine.deadlines import shifted
from handrail.engine.definition import Action, Rule
from handrail.engine.rules.compile import RuleSet
from handrail.engine.rules.memory import remember, remembered, with_shift, without_shift
from handrail.engine.rules.situation import Situation
from handrail.engine.state import Effect, Task
from handrail.engine.transitions import hide
from handrail.engine.working import Working


def record(working: Working, rule: Rule, action: Action, before: Task, now: Task) -> None:
    """Remember what an action did, if it is something that can be taken back."""
    step_id = action.target_step_id
    if action.action_verb == "show":
        effect = Effect(rule=rule.id, step=step_id, kind="show")
    elif action.action_type == "deadline":
        own = action.actionable_type is None
        earlier = [e for e in remembered(working).effects if e.kind == "deadline" and e.step == step_id]
        effect = Effect(
            rule=rule.id,
            step=step_id,
            kind="deadline",
            date=None if own else now.deadline,
            shift=action.deadline if own else None,
            pinned=earlier[0].pinned if earlier else before.deadline_pinned,
            held=earlier[0].held if earlier else before.deadline_held,
        )
    else:
        return
    same = (effect.rule, effect.step, effect.kind)
    others = (e for e in remembered(working).effects if (e.rule, e.step, e.kind) != same)
    remember(working, effects=(*others, effect))


def forget_touched(working: Working) -> None:
    """What a person has changed since is theirs: a shown task by any change, a deadline by a new one."""
    touched = {now.step_id: (before, now) for before, now in working.touched() if now is not None}
    kept = tuple(effect for effect in remembered(working).effects if not _is_touched(effect, touched))
    if len(kept) != len(remembered(working).effects):
        remember(working, effects=kept)
    shifts = remembered(working).shifts
    for step_id in [step_id for step_id in shifts if step_id in touched and touched[step_id][1].deadline_pinned]:
        without_shift(working, step_id)


def _is_touched(effect: Effect, touched: dict[str | None, tuple[Task | None, Task]]) -> bool:
    change = touched.get(effect.step)
    if change is None:
        return False
    before, now = change
    return effect.kind == "show" or before is None or before.deadline != now.deadline


def take_back_effects(
    working: Working, context: Context, rules: RuleSet, situation: Situation, reopened: set[str]
) -> Iterator[tuple[Task, Task]]:
    """Take back what was done by rules about reopened steps that hold no longer; each task before and after."""
    for compiled in rules.rules:
        rule = compiled.rule
        mine = [effect for effect in remembered(working).effects if effect.rule == rule.id]
        if not mine or compiled.looks_at.isdisjoint(reopened) or compiled.holds(situation):
            continue
        for effect in mine:
            task = situation.task(effect.step)
            remember(working, effects=tuple(e for e in remembered(working).effects if e is not effect))
            if task is None or task.is_done:
                continue
            now = _taken_back(working, context, rule, effect, task)
            if now is not task:
                working.changed_by_rule(task)
                working.emit("rule.reversed", task.id, rule=rule.id, alias=rule.alias, by="bot")
                yield task, now


def _taken_back(working: Working, context: Context, rule: Rule, effect: Effect, task: Task) -> Task:
    if effect.kind == "show":
        untouched = task.status == "not-started" and task.visibility_lock is None
        return hide(working, task, rule=rule.id) if untouched else task
    left = [other for other in remembered(working).effects if other.kind == "deadline" and other.step == effect.step]
    before = left[-1] if left else None
    if before is None:
        without_shift(working, effect.step)
        date, held, pinned = task.deadline_base, effect.held, effect.pinned
    else:
        held, pinned = task.deadline_held, task.deadline_pinned
        date = before.date
        if before.shift is not None and task.deadline_base is not None:
            date = shifted(task.deadline_base, before.shift, context.organization)
            if held:
                with_shift(working, effect.step, before.shift)
    if task.deadline != date and not task.is_hidden:
        working.emit("task.deadline_changed", task.id, before=task.deadline, after=date, rule=rule.id)
    return working.replace_task(task.id, deadline=date, deadline_held=held, deadline_pinned=pinned)
