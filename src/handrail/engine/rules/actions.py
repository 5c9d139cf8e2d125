"""What the actions of a rule do to a task (engine 5.6). Each says whether it changed anything (decision 76)."""

from typing import Any

from handrail.engine.answers import is_filled
from handrail.engine.assignment import (
    Directory,
    able,
    added,
    distinct,
    excess,
    holds_guests,
    oversized,
    union,
    with_member,
    without_member,
)
from handrail.engine.context import Context
from handrail.engine.deadlines import shifted
from handrail.engine.definition import NOBODY, Action, Field, Owners, Rule
from handrail.engine.people import owners_of
from handrail.engine.rules.compile import RuleSet
from handrail.engine.rules.live import reading
from handrail.engine.rules.memory import with_shift, without_shift
from handrail.engine.rules.readings import date_of, scalar
from handrail.engine.rules.situation import Situation
from handrail.engine.state import Task
from handrail.engine.transitions import complete_if_signed, hide, show, take_back, tell_owners
from handrail.engine.working import Working


class Acting:
    """The surroundings of actions during one command."""

    __slots__ = ("context", "rules", "situation", "working")

    def __init__(self, working: Working, context: Context, rules: RuleSet, situation: Situation) -> None:
        self.working, self.context, self.rules, self.situation = working, context, rules, situation

    def act(self, rule: Rule, action: Action, task: Task) -> bool:
        """Carry one action out on its target. Completed targets are immune to all but reopening and webhooks."""
        kind = action.action_type
        if kind == "webhook":
            changed = self._send(rule, action, task)
        elif kind == "status":
            changed = self._reopen(rule, task)
        elif task.is_done:
            return False
        elif kind == "visibility":
            changed = self._set_visibility(rule, action, task)
        elif kind == "deadline":
            changed = self._set_deadline(rule, action, task)
        else:
            changed = self._assign(rule, action, task)
        if changed:
            if kind != "webhook":
                self.working.changed_by_rule(task)
            tell(self.working, rule, action.action_verb, task)
        return changed

    def _send(self, rule: Rule, action: Action, task: Task) -> bool:
        self.working.emit(
            "rule.webhook",
            task.id,
            rule=rule.id,
            alias=rule.alias,
            url=action.webhook_url,
            alias_name=action.alias_name,
        )
        return True

    def _reopen(self, rule: Rule, task: Task) -> bool:
        if not task.is_done:
            return False
        take_back(self.working, task, rule=rule.id)
        self.working.emit("bot.comment", task.id, rule=rule.id, text=f'Reopened by the rule "{rule.alias}".')
        return True

    def _set_visibility(self, rule: Rule, action: Action, task: Task) -> bool:
        """What was hidden or shown by hand stays so (decision 32)."""
        if action.action_verb == "show":
            if not task.is_hidden or task.visibility_lock == "hidden":
                return False
            show(self.working, self.context, task, rule=rule.id)
            return True
        if task.is_hidden or task.visibility_lock == "shown":
            return False
        hide(self.working, task, rule=rule.id)
        return True

    # ------------------------------------------------------------------------------------------------- deadlines

    def _set_deadline(self, rule: Rule, action: Action, task: Task) -> bool:
        by = action.deadline
        if by is None:
            return False
        own = action.actionable_type is None
        moment = task.deadline_base if own else self._anchor(action)
        if moment is None:
            return False
        date = shifted(moment, by, self.context.organization)
        waits = own and task.deadline_held
        if waits:
            with_shift(self.working, task.step_id or "", by)
        elif task.deadline_held:
            without_shift(self.working, task.step_id or "")
        self.working.replace_task(
            task.id, deadline=date, deadline_held=waits, deadline_pinned=task.deadline_pinned or not waits
        )
        if task.deadline == date and task.deadline_held == waits:
            return False
        if not task.is_hidden and task.deadline != date:
            self.working.emit("task.deadline_changed", task.id, before=task.deadline, after=date, rule=rule.id)
        return True

    def _anchor(self, action: Action) -> int | None:
        """The moment a deadline counts from: another step's deadline, or the answer to a date field.

        The field of a step is read once its task is completed (decision 31).
        """
        part_id = action.actionable_id or ""
        if action.actionable_type == "Step":
            other = self.situation.task(part_id)
            return None if other is None else other.deadline
        found = self._answer(part_id, only_completed=True)
        date = None if found is None else date_of(scalar(found[1]), self.situation.zone)
        return None if date is None else date.moment

    def _answer(self, field_id: str, *, only_completed: bool = False) -> tuple[Field, Any] | None:
        """A field with its answer, None when it is empty."""
        parts = self.rules.parts
        field = parts.kickoff.get(field_id)
        if field is not None:
            value = self.situation.kickoff.get(field_id)
        else:
            field = parts.captures.get(field_id)
            task = self.situation.task(parts.step_of.get(field_id, ""))
            if field is None or task is None or (only_completed and not task.is_done):
                return None
            value = task.values.get(field_id)
        read = reading(field, parts)
        if read is not None:
            value = read(self.situation, value)
        return (field, value) if is_filled(field, value) else None

    # ---------------------------------------------------------------------------------------------------- people

    def _assign(self, rule: Rule, action: Action, task: Task) -> bool:
        found = self._new_owners(action, task)
        if found is None:
            return False
        owners, watch_only = found
        if action.action_verb in ("assign", "assign_only"):
            directory = self.context.directory
            too_many = excess(without_member(owners, watch_only), task.max_assignable, directory)
            too_many = too_many or oversized(added(task.owners, owners), directory)
            if too_many is not None:
                self._comment_once(rule, task, f'The rule "{rule.alias}" did not assign this task. {too_many}')
                return False
        after = self.working.replace_task(task.id, owners=owners, watch_only=watch_only)
        tell_owners(self.working, task, after, rule=rule.id)
        complete_if_signed(self.working, self.context, task.id)
        return True

    def _new_owners(self, action: Action, task: Task) -> tuple[Owners, int | None] | None:
        """The owners after the action and who only watches among them; None when nothing is to change."""
        verb, directory = action.action_verb, self.context.directory
        kept, watch_only = task.owners, task.watch_only
        if verb == "clear_assignees":
            owners, watch_only = NOBODY, None
        else:
            named = self._people(action)
            if verb == "unassign":
                owners, watch_only = _without(kept, watch_only, named, directory)
            else:
                named = able(named, directory, allow_guests=task.allow_guest_owners)
                if not named:
                    return None
                owners = union(kept, named) if verb == "assign" else distinct(named)
                if verb == "assign_only" or watch_only in named.users:
                    watch_only = None
        owners, watch_only = with_member(owners, watch_only, task.starter_id, directory)
        if _same(owners, kept) and watch_only == task.watch_only:
            return None
        return owners, watch_only

    def _people(self, action: Action) -> Owners:
        """The people in the field that the action reads, or else those it names itself."""
        if action.actionable_id is not None:
            found = self._answer(action.actionable_id)
            chosen = NOBODY if found is None else owners_of(found[1])
            if chosen:
                return chosen
        return action.assignees

    def _comment_once(self, rule: Rule, task: Task, text: str) -> None:
        for event in self.working.events:
            if event.kind == "bot.comment" and event.task_id == task.id and event.data.get("rule") == rule.id:
                return
        self.working.emit("bot.comment", task.id, rule=rule.id, text=text)


def tell(working: Working, rule: Rule, verb: str, task: Task) -> None:
    """Record for the feed which rule did something; the bot is the one who did it."""
    working.emit("rule.applied", task.id, rule=rule.id, alias=rule.alias, verb=verb, by="bot")


def _without(
    owners: Owners, watch_only: int | None, leaving: Owners, directory: Directory
) -> tuple[Owners, int | None]:
    """The owners without those leaving. Who only watched over guests leaves with the last of them."""
    guests = tuple(guest for guest in owners.guests if guest not in leaving.guests)
    groups = tuple(group for group in owners.groups if group not in leaving.groups)
    gone = set(leaving.users)
    if watch_only is not None and not holds_guests(Owners(guests=guests, groups=groups), directory):
        gone.add(watch_only)
    users = tuple(user for user in owners.users if user not in gone)
    return Owners(users=users, guests=guests, groups=groups), watch_only if watch_only in users else None


def _same(first: Owners, second: Owners) -> bool:
    return first == second or (
        set(first.users) == set(second.users)
        and set(first.guests) == set(second.guests)
        and set(first.groups) == set(second.groups)
    )
