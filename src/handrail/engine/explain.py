"""Why a task is visible or hidden, whose it is, and why it is due when it is: from its state, its template version and
its rules, with every condition's present truth, and what would change it.

Nothing is guessed from texts: conditions are asked the way the rules ask them. What has happened already (which rule
did what, when) is in the feed; `happened` holds those entries, the latest first.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from handrail.engine.context import Context
from handrail.engine.deadlines import anchor_of
from handrail.engine.definition import Action, Condition, Field, Owners, Step
from handrail.engine.rules.compile import CompiledRule, RuleSet
from handrail.engine.rules.conditions import predicate
from handrail.engine.rules.live import reading
from handrail.engine.rules.situation import Situation
from handrail.engine.state import Process, Task
from handrail.engine.working import Working

Visibility = Literal[
    "shown-by-hand", "hidden-by-hand", "shown-by-rule", "hidden-by-rule", "hidden-at-first", "visible-from-the-start"
]
Due = Literal["by-hand-or-rule", "waits-for-step", "follows-step", "step", "organization-default", "none"]
MaySee = Callable[[Task], bool]


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
    """A rule that may do something to the task. `waiting` are the steps whose answers it waits for (decision 31)."""

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


class Happened(msgspec.Struct, frozen=True):
    """What a rule did to the task, by the feed."""

    at: int
    rule: str
    verb: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is to say of one task. Moments in milliseconds UTC."""

    template_id: str | None
    template_version: int
    visible: bool
    visibility: Visibility
    visibility_rules: tuple[RuleTold, ...]
    owners: Owners
    owners_of_step: Owners
    owner_who_watches: int | None
    starter_fills_in: bool
    assignment_rules: tuple[RuleTold, ...]
    deadline: int | None
    deadline_base: int | None
    due: Due
    deadline_of_step: Mapping[str, Any] | None
    anchor: Anchor | None
    deadline_rules: tuple[RuleTold, ...]
    reopening_rules: tuple[RuleTold, ...]
    would_change: tuple[str, ...]


def explain(
    context: Context, process: Process, task: Task, happened: Sequence[Happened], may_see: MaySee
) -> Explanation:
    """Explain one task of a process. What the reader may not see (`may_see`) is withheld from the conditions."""
    step = context.step_of(task)
    teller = _Teller(context, process, task, happened, may_see)
    visibility_rules = teller.rules("visibility")
    assignment_rules = teller.rules("assignment")
    deadline_rules = teller.rules("deadline")
    reopening_rules = teller.rules("status")
    return Explanation(
        template_id=task.template_id,
        template_version=process.template_version,
        visible=not task.is_hidden,
        visibility=_visibility(task, happened),
        visibility_rules=visibility_rules,
        owners=task.owners,
        owners_of_step=Owners() if step is None else step.owners,
        owner_who_watches=task.watch_only,
        starter_fills_in=step is not None and not step.owners and step.assign_run_starter,
        assignment_rules=assignment_rules,
        deadline=task.deadline,
        deadline_base=task.deadline_base,
        due=_due(task, step),
        deadline_of_step=None if step is None or step.deadline is None else msgspec.structs.asdict(step.deadline),
        anchor=teller.anchor(step),
        deadline_rules=deadline_rules,
        reopening_rules=reopening_rules,
        would_change=tuple(
            _would_change([*visibility_rules, *assignment_rules, *deadline_rules, *reopening_rules], task)
        ),
    )


def _visibility(task: Task, happened: Sequence[Happened]) -> Visibility:
    if task.visibility_lock is not None:
        return "shown-by-hand" if task.visibility_lock == "shown" else "hidden-by-hand"
    verbs = [entry.verb for entry in happened if entry.verb in ("show", "hide")]
    if task.is_hidden:
        return "hidden-by-rule" if verbs and verbs[0] == "hide" else "hidden-at-first"
    return "shown-by-rule" if verbs and verbs[0] == "show" else "visible-from-the-start"


def _due(task: Task, step: Step | None) -> Due:
    if task.deadline is None:
        return "none"
    if task.deadline_pinned or step is None:
        return "by-hand-or-rule"
    if anchor_of(step) is not None:
        return "waits-for-step" if task.deadline_held else "follows-step"
    return "organization-default" if step.deadline is None else "step"


class _Teller:
    """Asks the rules about one task."""

    def __init__(
        self, context: Context, process: Process, task: Task, happened: Sequence[Happened], may_see: MaySee
    ) -> None:
        self.context, self.task, self.may_see = context, task, may_see
        self.ruleset: RuleSet | None = context.rules
        self.situation = Situation(Working.of_process(process, context.now), context.organization.timezone)
        self.steps = {} if context.template is None else {step.id: step for step in context.template.definition.steps}
        self.acted: dict[str, Happened] = {}
        for entry in happened:
            self.acted.setdefault(entry.rule, entry)

    def rules(self, kind: str) -> tuple[RuleTold, ...]:
        """The rules with an action of a type on the task, in their order."""
        if self.ruleset is None or self.task.step_id is None:
            return ()
        found: list[RuleTold] = []
        for compiled in self.ruleset.rules:
            actions = [
                action
                for action in compiled.actions
                if action.action_type == kind and action.target_step_id == self.task.step_id
            ]
            if actions:
                found.append(self._told(compiled, actions))
        return tuple(found)

    def anchor(self, step: Step | None) -> Anchor | None:
        """The step that the deadline hangs on, as it stands."""
        step_id = None if step is None else anchor_of(step)
        if step_id is None:
            return None
        other, task = self.steps.get(step_id), self.situation.task(step_id)
        if task is not None and not self.may_see(task):
            task = None
        return Anchor(
            step_id=step_id,
            title="" if other is None or task is None else other.title,
            status=None if task is None else task.status,
            completed_at=None if task is None else task.completed_at,
            deadline=None if task is None else task.deadline,
        )

    def _told(self, compiled: CompiledRule, actions: list[Action]) -> RuleTold:
        acted = self.acted.get(compiled.rule.id)
        waiting = [
            step_id
            for step_id in compiled.answered_in
            if compiled.waits and not ((task := self.situation.task(step_id)) is not None and task.is_done)
        ]
        return RuleTold(
            id=compiled.rule.id,
            alias=compiled.rule.alias,
            holds=compiled.holds(self.situation),
            actions=tuple(dict.fromkeys(action.action_verb for action in actions)),
            conditions=tuple(self._condition(condition) for condition in compiled.rule.conditions),
            waiting=tuple(waiting),
            last_acted=None if acted is None else acted.at,
            last_did=None if acted is None else acted.verb,
        )

    def _answer(self, field: Field | None, value: Any) -> Any:
        """As the rules read it."""
        assert self.ruleset is not None
        read = None if field is None else reading(field, self.ruleset.parts)
        return value if read is None else read(self.situation, value)

    def _condition(self, condition: Condition) -> ConditionTold:
        assert self.ruleset is not None
        parts, part_id = self.ruleset.parts, condition.conditionable_id
        name, current, withheld = "", None, False
        if condition.conditionable_type == "Prerun":
            field = parts.kickoff.get(part_id)
            name = "" if field is None else field.label
            current = self._answer(field, self.situation.kickoff.get(part_id))
        else:
            is_step = condition.conditionable_type == "Step"
            step_id = part_id if is_step else parts.step_of.get(part_id, "")
            step, task = self.steps.get(step_id), self.situation.task(step_id)
            withheld = task is not None and not self.may_see(task)
            if task is not None and not withheld:
                field = parts.captures.get(part_id)
                name = (step.title if step is not None else "") if is_step or field is None else field.label
                current = task.status if is_step else self._answer(field, task.values.get(part_id))
        return ConditionTold(
            subject=part_id,
            type=condition.conditionable_type,
            name=name,
            operation=condition.operation,
            statement=None if withheld else condition.statement,
            logic=condition.logic,
            holds=predicate([condition], parts)(self.situation),
            current=current,
            withheld=withheld,
        )


def _would_change(rules: list[RuleTold], task: Task) -> list[str]:
    """In words: what would have to happen for a rule to do something to the task that it has not done."""
    found: list[str] = []
    if task.is_done:
        found.append("The task is completed: only reopening it changes anything.")
    if task.visibility_lock is not None:
        found.append(f"It was {task.visibility_lock} by hand, and no rule changes that.")
    if task.deadline_pinned:
        found.append("Its deadline was set by hand, with the launch or by a rule, and follows no other step.")
    for rule in rules:
        if rule.holds and not rule.waiting:
            continue
        missing = [condition.name or "a part that is withheld" for condition in rule.conditions if not condition.holds]
        verbs = ", ".join(rule.actions)
        if rule.holds:
            found.append(
                f'The rule "{rule.alias}" ({verbs}) waits until the tasks whose answers it reads are completed.'
            )
        elif missing:
            found.append(
                f'The rule "{rule.alias}" ({verbs}) acts once this holds: {"; ".join(dict.fromkeys(missing))}.'
            )
    return found
