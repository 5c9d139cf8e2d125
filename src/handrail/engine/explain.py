"""Why a task is visible or hidden, whose it is, and why it is due when it is: from its state, its template version and
its rules, with every condition's present truth, and what would change it.

Nothing is guessed from texts: conditions are asked the way the rules ask them. What has happened already (which rule
did what, when) is in the feed; `happened` holds those entries, the latest first.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from handrail.engine.assignment import union, without_member
from handrail.engine.context import Context
from handrail.engine.definition import Action, Condition, Field, Owners, Step
from handrail.engine.explained import Anchor, ConditionTold, RuleTold, would_change
from handrail.engine.rules.compile import CompiledRule, RuleSet
from handrail.engine.rules.conditions import predicate
from handrail.engine.rules.live import reading
from handrail.engine.rules.situation import Situation
from handrail.engine.state import Process, Task
from handrail.engine.variables import Texts
from handrail.engine.working import Working

Visibility = Literal[
    "shown-by-hand", "hidden-by-hand", "shown-by-rule", "hidden-by-rule", "hidden-at-first", "visible-from-the-start"
]
Due = Literal["by-hand", "by-rule", "waits-for-step", "follows-step", "step", "organization-default", "none"]
Assigned = Literal["step", "role", "starter", "by-rule", "by-hand", "nobody"]
MaySee = Callable[[Task], bool]
_PEOPLE = frozenset({"assign", "assign_only", "unassign", "clear_assignees"})


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
    assigned: Assigned
    owners_of_step: Owners
    owners_of_titles: Mapping[str, Owners]
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
    context: Context,
    process: Process,
    task: Task,
    happened: Sequence[Happened],
    may_see: MaySee,
    texts: Texts | None = None,
    titles: Mapping[str, Owners] | None = None,
) -> Explanation:
    """Explain one task of a process. What the reader may not see (`may_see`) is withheld from the conditions; `texts`
    fill in what titles speak of. `titles` are the people whom the step's job titles brought at the launch."""
    step = context.step_of(task)
    teller = _Teller(context, process, task, happened, may_see, texts)
    visibility_rules = teller.rules("visibility")
    assignment_rules = teller.rules("assignment")
    deadline_rules = teller.rules("deadline")
    reopening_rules = teller.rules("status")
    anchor = teller.anchor(step)
    return Explanation(
        template_id=task.template_id,
        template_version=process.template_version,
        visible=not task.is_hidden,
        visibility=_visibility(task, happened),
        visibility_rules=visibility_rules,
        owners=task.owners,
        assigned=_assigned(task, step, happened, titles or {}),
        owners_of_step=Owners() if step is None else step.owners,
        owners_of_titles=titles or {},
        owner_who_watches=task.watch_only,
        starter_fills_in=step is not None and not step.owners and step.assign_run_starter,
        assignment_rules=assignment_rules,
        deadline=task.deadline,
        deadline_base=task.deadline_base,
        due=_due(task, step),
        deadline_of_step=None if step is None or step.deadline is None else msgspec.structs.asdict(step.deadline),
        anchor=anchor,
        deadline_rules=deadline_rules,
        reopening_rules=reopening_rules,
        would_change=tuple(
            would_change(
                task,
                visibility=visibility_rules,
                others=[*assignment_rules, *deadline_rules],
                reopening=reopening_rules,
                anchor=anchor,
            )
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
        # a rule leaves the date it started from as it was
        return "by-hand" if task.deadline == task.deadline_base or step is None else "by-rule"
    if step.anchor is not None:
        return "waits-for-step" if task.deadline_held else "follows-step"
    return "organization-default" if step.deadline is None else "step"


def _assigned(task: Task, step: Step | None, happened: Sequence[Happened], titles: Mapping[str, Owners]) -> Assigned:
    """Where the owners come from, as far as they tell; who was added to guests to watch does not count."""
    owners = without_member(task.owners, task.watch_only)
    if not owners:
        return "nobody"
    if any(entry.verb in _PEOPLE for entry in happened):
        return "by-rule"
    if step is not None and owners == step.owners:
        return "step"
    if step is not None and any(titles.values()) and owners == _with_titles(step, titles):
        return "role"
    if step is not None and not step.owners and owners == Owners(users=(task.starter_id or 0,)):
        return "starter"
    return "by-hand"


def _with_titles(step: Step, titles: Mapping[str, Owners]) -> Owners:
    named = step.owners
    for people in titles.values():
        named = union(named, people)
    return named


class _Teller:
    """Asks the rules about one task."""

    def __init__(
        self,
        context: Context,
        process: Process,
        task: Task,
        happened: Sequence[Happened],
        may_see: MaySee,
        texts: Texts | None,
    ) -> None:
        self.context, self.task, self.may_see, self.texts = context, task, may_see, texts
        self.ruleset: RuleSet | None = context.rules
        self.situation = Situation(Working.of_process(process, context.now), context.organization.timezone)
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
                found.append(self._told(compiled, actions, waits=kind == "status"))
        return tuple(found)

    def anchor(self, step: Step | None) -> Anchor | None:
        """The step that the deadline hangs on, as it stands."""
        step_id = None if step is None else step.anchor
        if step_id is None:
            return None
        task = self.situation.task(step_id)
        if task is not None and not self.may_see(task):
            task = None
        return Anchor(
            step_id=step_id,
            title="" if task is None else self._title(task),
            status=None if task is None else task.status,
            completed_at=None if task is None else task.completed_at,
            deadline=None if task is None else task.deadline,
        )

    def _title(self, task: Task) -> str:
        return task.title if self.texts is None else self.texts.plain(task.title, task.id)

    def _told(self, compiled: CompiledRule, actions: list[Action], *, waits: bool) -> RuleTold:
        acted = self.acted.get(compiled.rule.id)
        waiting = [
            step_id
            for step_id in compiled.answered_in
            if waits and not ((task := self.situation.task(step_id)) is not None and task.is_done)
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
            task = self.situation.task(step_id)
            withheld = task is not None and not self.may_see(task)
            if task is not None and not withheld:
                field = parts.captures.get(part_id)
                name = self._title(task) if is_step or field is None else field.label
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
