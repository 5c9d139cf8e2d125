"""A definition from an exported template object: new ids, and every reference of the file rewritten to them.

Ids in the file are names local to it. People, tags and templates that this organization does not know are left out;
everything else that is wrong is an error under its full path, such as `steps.3.captures.0.options`.
"""

import re
from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from handrail.engine import limits
from handrail.engine.definition import Definition, Field, Rule, Stage, Step
from handrail.engine.field_definitions import field_from
from handrail.engine.given import Given, in_given_order
from handrail.engine.people import People, member_id
from handrail.engine.rule_definitions import rule_from
from handrail.engine.step_definitions import START_RUN, deadline_circle, read_step, stage_from
from handrail.engine.template_copy import with_renamed_variables
from handrail.kernel.decoded import JsonObject, as_list, as_object
from handrail.kernel.errors import Errors
from handrail.kernel.ids import is_id, new_id

_ALIAS = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9_-]{{0,{limits.ALIAS - 2}}}[A-Za-z0-9])?")
# names that placeholders already have a meaning for (engine 4.5)
_RESERVED = frozenset(
    {"DATE", "TEMPLATE_NAME", "PROCESS_NAME", "LAUNCHER", "OWNER", "DUE_DATE", "current-task-id", "current-process-id"}
)


class Imported(NamedTuple):
    """What came of a file: the definition, new ids and aliases by those of the file, notes on what was left out.

    `aliases` has only those that could not be kept; texts inside of the definition already name the new ones.
    """

    definition: Definition
    ids: dict[str, str]
    aliases: dict[str, str]
    left_out: tuple[str, ...]


def import_definition(
    data: Mapping[str, Any],
    *,
    people: People,
    errors: Errors,
    now: int,
    known_tags: Container[str] | None = None,
    known_templates: Container[str] | None = None,
) -> Imported | None:
    """The definition in the keys `prerun`, `stages`, `steps` and `automated_actions`; None when something is wrong."""
    found = Errors()
    reader = _Reader(data, people, found, now, known_tags, known_templates)
    imported = reader.read()
    for where, texts in found.found.items():
        for text in texts:
            errors.add(where, text)
    return None if found else imported


class _Reader:
    """One import: the names of the file and what they stand for, filled as its parts are read."""

    def __init__(
        self,
        data: Mapping[str, Any],
        people: People,
        errors: Errors,
        now: int,
        known_tags: Container[str] | None,
        known_templates: Container[str] | None,
    ) -> None:
        self.root = Given(_unwrapped(data), "", errors)
        self.people, self.errors, self.now = people, errors, now
        self.known_tags, self.known_templates = known_tags, known_templates
        # the new ids by those of the file, for each kind of thing a reference can mean
        self.ids: dict[str, dict[str, str]] = {"Stage": {}, "Step": {}, "Capture": {}, "Prerun": {}}
        self.taken: set[str] = set()
        self.renamed: dict[str, str] = {}
        self.left_out: list[str] = []

    def read(self) -> Imported | None:
        stages = tuple(stage for given in self._ordered("stages", limits.STAGES) if (stage := self._stage(given)))
        kickoff = tuple(
            field for given in self._ordered("prerun", limits.FIELDS) if (field := self._field(given, "Prerun"))
        )
        step_givens = self._ordered("steps", limits.STEPS)
        step_ids = [self._new_id(given, "Step") for given in step_givens]
        steps = tuple(
            self._step(given, step_id, step_ids) for given, step_id in zip(step_givens, step_ids, strict=True)
        )
        self._check_circles(step_givens, steps)
        if self.errors:
            return None
        definition = Definition(kickoff=kickoff, steps=steps, stages=stages)
        givens = self.root.objects("automated_actions", limits.RULES)
        rules = tuple(rule for given in givens if (rule := self._rule(given, definition)))
        names = {old: new for old, new in self.renamed.items() if old not in self.taken}
        definition = with_renamed_variables(replace(definition, rules=rules), names)
        ids = {name: new for kind in self.ids.values() for name, new in kind.items()}
        return Imported(definition, ids, names, tuple(self.left_out))

    # ------------------------------------------------------------------------------------------- ids and aliases

    def _ordered(self, key: str, limit: int) -> list[Given]:
        return in_given_order(self.root.objects(key, limit))

    def _new_id(self, given: Given, kind: str) -> str:
        fresh = new_id()
        name = _name(given.data.get("id"))
        if name is not None:
            if name in self.ids[kind]:
                given.refuse("id", f'The id "{name[:80]}" is used twice.')
            self.ids[kind][name] = fresh
        return fresh

    def _reference(self, kind: str, name: Any) -> Any:
        """The new id for a name of the file; other values stay, to be refused by whoever checks them."""
        return self.ids.get(kind, {}).get(_name(name) or "", name)

    def _alias(self, given: Given, made: str) -> str:
        """The alias of the file when it can be one and is free, else the one made here."""
        told = given.data.get("alias")
        alias = made
        if isinstance(told, str) and told not in _RESERVED:
            if _ALIAS.fullmatch(told) and told not in self.taken:
                alias = told
            else:
                self.renamed.setdefault(told, made)
        self.taken.add(alias)
        return alias

    # --------------------------------------------------------------------------------------------------- the parts

    def _stage(self, given: Given) -> Stage | None:
        stage_id = self._new_id(given, "Stage")
        stage = stage_from(given.data, current=None, path=given.path, errors=self.errors, now=self.now)
        return None if stage is None else replace(stage, id=stage_id)

    def _field(self, given: Given, kind: str) -> Field | None:
        field_id = self._new_id(given, kind)
        field = field_from(
            given.data, current=None, path=given.path, errors=self.errors, now=self.now, taken_aliases=self.taken
        )
        return None if field is None else replace(field, id=field_id, alias=self._alias(given, field.alias))

    def _step(self, given: Given, step_id: str, step_ids: list[str]) -> Step:
        given = Given(self._localised_step(given.data), given.path, self.errors)
        step = read_step(
            given,
            current=None,
            step_id=step_id,
            step_ids=step_ids,
            stage_ids=set(self.ids["Stage"].values()),
            taken_aliases=self.taken,
            people=self.people,
            now=self.now,
            known_tags=self.known_tags,
            known_templates=self.known_templates,
        )
        step = replace(step, alias=self._alias(given, step.alias))
        captures = in_given_order(given.objects("captures", limits.FIELDS))
        fields = tuple(field for capture in captures if (field := self._field(capture, "Capture")))
        owners = step.owners
        if len(owners.users) + len(owners.guests) + len(owners.groups) > step.max_assignable > 0:
            # templates of old carry a limit of 1 beside several people (decision 58)
            step = replace(step, max_assignable=0)
        return replace(step, fields=fields)

    def _localised_step(self, data: Mapping[str, Any]) -> JsonObject:
        """The step's data with the file's references rewritten and what is unknown here left out."""
        local: JsonObject = dict(_unwrapped(data))
        deadline = as_object(local.get("deadline"))
        if deadline is not None and deadline.get("step") not in (None, "", START_RUN):
            local["deadline"] = {**deadline, "step": self._reference("Step", deadline["step"])}
        if local.get("stage_id") is not None:
            # some exports come without their stages
            local["stage_id"] = self._reference("Stage", local["stage_id"]) if self.root.data.get("stages") else None
        title = str(local.get("title"))[:80]
        self._keep_known_people(local, "assignees", "groups", f'the step "{title}"')
        if as_list(local.get("tags")) is not None:
            local["tags"] = [tag for entry in local["tags"] if (tag := self._known_tag(entry, title))]
        template_id = (as_object(local.get("bp_to_launch")) or {}).get("id")
        if (
            self.known_templates is not None
            and isinstance(template_id, str)
            and template_id not in self.known_templates
        ):
            local["bp_to_launch"] = None
            self.left_out.append(f'The template that the step "{title}" launches is not known here.')
        return local

    def _known_tag(self, entry: Any, title: str) -> str | None:
        item = as_object(entry)
        tag = entry if item is None else item.get("tag_id", item.get("id"))
        if isinstance(tag, str) and is_id(tag) and (self.known_tags is None or tag in self.known_tags):
            return tag
        self.left_out.append(f'A tag of the step "{title}" is not known here.')
        return None

    def _keep_known_people(self, local: JsonObject, users: str, groups: str, owner: str) -> bool:
        """Take out members and groups that are not known here; whether there were any."""
        before = len(self.left_out)
        for key, is_unknown, what in ((users, self._unknown_member, "Member"), (groups, self._unknown_group, "Group")):
            entries = as_list(local.get(key))
            if entries is None:
                continue
            unknown = [entry for entry in entries if is_unknown(entry)]
            local[key] = [entry for entry in entries if not is_unknown(entry)]
            self.left_out.extend(f"{what} {str(entry)[:80]} of {owner} is not known here." for entry in unknown)
        return len(self.left_out) > before

    def _unknown_member(self, entry: Any) -> bool:
        user_id = member_id(entry)
        return user_id is not None and not self.people.has_member(user_id)

    def _unknown_group(self, entry: Any) -> bool:
        return isinstance(entry, str) and not self.people.has_group(entry)

    def _check_circles(self, givens: list[Given], steps: tuple[Step, ...]) -> None:
        reported: set[str] = set()
        for given, step in zip(givens, steps, strict=True):
            circle = [] if step.title in reported else deadline_circle(steps, step)
            if circle:
                reported.update(circle)
                text = f"The deadlines of these steps would wait for each other: {' -> '.join(circle)}."
                given.refuse("deadline.step", text)

    def _rule(self, given: Given, definition: Definition) -> Rule | None:
        local: JsonObject = dict(given.data)
        conditions = as_list(local.get("conditions"))
        if conditions is not None:
            local["conditions"] = [self._localised_condition(entry) for entry in conditions]
        actions = as_list(local.get("then_actions"))
        if actions is not None:
            name = f'the rule "{str(local.get("automated_alias"))[:80]}"'
            kept = [action for entry in actions if (action := self._localised_action(entry, name)) is not None]
            if actions and not kept:
                self.left_out.append(f"All that {name} does is for people who are not known here, so it was left out.")
                return None
            local["then_actions"] = kept
        return rule_from(
            local,
            current=None,
            definition=definition,
            people=self.people,
            path=given.path,
            errors=self.errors,
            now=self.now,
        )

    def _localised_condition(self, entry: Any) -> Any:
        condition = as_object(entry)
        if condition is None:
            return entry
        kind = str(condition.get("conditionable_type"))
        return {**condition, "conditionable_id": self._reference(kind, condition.get("conditionable_id"))}

    def _localised_action(self, entry: Any, name: str) -> Any:
        """The action with references rewritten; None when nobody it is about is known here."""
        action = as_object(entry)
        if action is None:
            return entry
        local: JsonObject = {**action, "target_step_id": self._reference("Step", action.get("target_step_id"))}
        if local.get("actionable_id") is not None:
            local["actionable_id"] = self._reference(str(action.get("actionable_type")), action["actionable_id"])
        assignees = as_object(action.get("assignees"))
        if assignees is not None and action.get("action_type") == "assignment":
            known = dict(assignees)
            lost = self._keep_known_people(known, "users", "groups", name)
            local["assignees"] = known
            if (
                lost
                and not local.get("actionable_id")
                and not any(known.get(key) for key in ("users", "guests", "groups"))
            ):
                return None
        return local


def _name(value: Any) -> str | None:
    """An id of the file as text; files made by hand may number their parts."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and abs(value) < 2**63 else None


def _unwrapped(data: Mapping[str, Any]) -> JsonObject:
    """Lists that come as includes, wrapped in `data`, as bare lists (wire 0.6)."""
    local: JsonObject = {}
    for key, value in data.items():
        wrapper = as_object(value)
        inner = as_list(wrapper.get("data")) if wrapper is not None and len(wrapper) == 1 else None
        local[key] = value if inner is None else inner
    return local
