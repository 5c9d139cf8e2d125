"""When rules run, in which order, and how often: rounds until nothing changes any more (engine 5.6)."""

from collections.abc import Iterable

from handrail.engine.context import Context
from handrail.engine.definition import Action
from handrail.engine.rules.actions import Acting
from handrail.engine.rules.compile import WAITING, CompiledRule, RuleSet, owners_of
from handrail.engine.rules.memory import remembered, set_sent
from handrail.engine.rules.reversal import forget_touched, record, take_back_effects
from handrail.engine.rules.situation import Situation
from handrail.engine.state import Task
from handrail.engine.working import Working

ROUNDS = 25


def run_rules(working: Working, context: Context) -> None:
    """Run the rules that what the command changed concerns.

    A command that changed nothing runs none, and nothing moves in a process that is archived or blocked by an issue of
    its own, whose people may still change.
    """
    rules, process = context.rules, working.process
    if rules is None or process is None or process.archived_at is not None or process.open_issues:
        return
    dirty: set[str] = set()
    origins: set[str] = set()
    reopened: set[str] = set()
    for before, now in working.touched():
        if now is not None and now.step_id is not None:
            origins.add(now.step_id)
            _collect(rules, before, now, dirty, reopened)
    _collect_kickoff(working, rules, dirty)
    state = process.rule_state
    if origins and (state.effects or state.shifts):
        forget_touched(working)
    asked = _asked(rules, dirty)
    if asked or (reopened and state.effects):
        situation = Situation(working, context.organization.timezone)
        _Rounds(working, context, rules, situation, frozenset(origins)).run(asked, reopened)


def run_at_launch(working: Working, context: Context) -> None:
    """Run every rule once, and then those concerned by what these did."""
    rules = context.rules
    if rules is not None:
        situation = Situation(working, context.organization.timezone)
        _Rounds(working, context, rules, situation, frozenset()).run(range(len(rules.rules)), set())


def run_about(
    working: Working, context: Context, subjects: Iterable[str], overdue: frozenset[str] = frozenset()
) -> None:
    """Run the rules that ask about certain subjects, with some tasks just found overdue."""
    rules = context.rules
    if rules is not None:
        situation = Situation(working, context.organization.timezone, overdue)
        asked = _asked(rules, set(subjects))
        _Rounds(working, context, rules, situation, frozenset(overdue)).run(asked, set())


class _Rounds:
    """One transaction of rules. An action that has changed something does not act a second time in it."""

    def __init__(
        self, working: Working, context: Context, rules: RuleSet, situation: Situation, origins: frozenset[str]
    ) -> None:
        self.working, self.context, self.rules, self.situation = working, context, rules, situation
        self.origins = origins
        self.acting = Acting(working, context, rules, situation)
        self.fired: set[int] = set()
        self.reverses = context.template is not None and context.template.reverse_rules_on_reopen

    def run(self, asked: Iterable[int], reopened: set[str]) -> None:
        """Run rules by index, then those concerned by what changed, for a limited number of rounds."""
        for _ in range(ROUNDS):
            dirty: set[str] = set()
            again: set[str] = set()
            if reopened and self.reverses:
                self._reverse(reopened, dirty, again)
                asked = sorted({*asked, *_asked(self.rules, dirty)})
                dirty.clear()
            for index in asked:
                compiled = self.rules.rules[index]
                if compiled.holds(self.situation):
                    self._fire(compiled, dirty, again)
                elif compiled.sends:
                    self._note_sent(compiled, False)
            if not dirty:
                return
            asked, reopened = _asked(self.rules, dirty), again

    def _fire(self, compiled: CompiledRule, dirty: set[str], reopened: set[str]) -> None:
        """Carry out the actions of a rule that holds."""
        ready = not compiled.waits or self._is_answered(compiled)
        turned = compiled.sends and self._note_sent(compiled, ready) and ready
        for action in compiled.actions:
            if action.action_type in WAITING and not (turned if action.action_type == "webhook" else ready):
                continue
            if id(action) not in self.fired and self._act(compiled, action, dirty, reopened):
                self.fired.add(id(action))

    def _note_sent(self, compiled: CompiledRule, holds: bool) -> bool:
        """Remember whether a rule that sends webhooks holds; true when that is new."""
        rule_id = compiled.rule.id
        if (rule_id in remembered(self.working).sent) == holds:
            return False
        set_sent(self.working, rule_id, holds)
        return True

    def _act(self, compiled: CompiledRule, action: Action, dirty: set[str], reopened: set[str]) -> bool:
        target = action.target_step_id
        task = self.situation.task(target)
        # the task whose event this is stays as its person left it (decision 77)
        if task is None or (action.action_type == "status" and target in self.origins):
            return False
        if not self.acting.act(compiled.rule, action, task):
            return False
        now = self.situation.refresh(task)
        if now is not task:
            if self.reverses and compiled.looks_at:
                record(self.working, compiled.rule, action, task, now)
            _collect(self.rules, task, now, dirty, reopened)
        return True

    def _is_answered(self, compiled: CompiledRule) -> bool:
        """Whether the tasks are completed whose answers the conditions look at (decision 31)."""
        for step_id in compiled.answered_in:
            task = self.situation.task(step_id)
            if task is None or not task.is_done:
                return False
        return True

    def _reverse(self, reopened: set[str], dirty: set[str], again: set[str]) -> None:
        for before, now in take_back_effects(self.working, self.context, self.rules, self.situation, reopened):
            _collect(self.rules, before, self.situation.refresh(now), dirty, again)


def _asked(rules: RuleSet, dirty: set[str]) -> list[int]:
    """The rules that ask about any of the subjects, in their order."""
    asking = rules.asking
    return sorted({index for subject in dirty for index in asking.get(subject, ())})


def _collect(rules: RuleSet, before: Task | None, now: Task, dirty: set[str], reopened: set[str]) -> None:
    """Add the subjects that a change of a task touches, and its step if it was reopened."""
    step_id = now.step_id
    if step_id is None:
        return
    if before is None or before.status != now.status:
        if before is None or before.is_done or now.is_done:
            dirty.add(step_id)
            dirty.update(rules.fields_of.get(step_id, ()))
            if before is not None and before.is_done:
                reopened.add(step_id)
        elif before.is_hidden or now.is_hidden:
            dirty.add(step_id)
    if step_id in rules.unowned and (before is None or before.owners != now.owners):
        dirty.add(owners_of(step_id))
    if before is not None and before.values is not now.values:
        for field_id in rules.fields_of.get(step_id, ()):
            if field_id in now.values and (
                field_id not in before.values or before.values[field_id] != now.values[field_id]
            ):
                dirty.add(field_id)


def _collect_kickoff(working: Working, rules: RuleSet, dirty: set[str]) -> None:
    """Add the kick-off fields whose answers changed, and all of them when the form was submitted or reopened."""
    before, now = working.original, working.process
    assert now is not None
    for event in working.events:
        if event.kind in ("kickoff.completed", "kickoff.reopened"):
            dirty.update(rules.parts.kickoff)
            return
    if before is not None and before.kickoff is not now.kickoff:
        dirty.update(
            field_id
            for field_id, value in now.kickoff.items()
            if field_id not in before.kickoff or before.kickoff[field_id] != value
        )
