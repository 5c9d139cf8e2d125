"""Steps and stages from what a client gave: the rules of wire 2.8 and 2.12 and engine 2.3 and 6.1."""

from collections.abc import Collection, Container, Iterable, Mapping
from typing import Any, cast, get_args

from handrail.engine import limits
from handrail.engine.definition import Definition, NextLaunch, Owners, Stage, Step, StepDeadline, StepStart, StepType
from handrail.engine.field_definitions import unique_alias
from handrail.engine.given import Given
from handrail.engine.people import People, member_id
from handrail.kernel.addresses import is_email
from handrail.kernel.decoded import as_object
from handrail.kernel.errors import Errors
from handrail.kernel.ids import is_id, new_id
from handrail.kernel.worktime import UNITS, unit_named

STEP_TYPES: tuple[StepType, ...] = get_args(StepType)
DEADLINE_OPTIONS = ("from", "prior_to")
START_RUN = "start_run"


def step_from(
    data: Mapping[str, Any],
    *,
    current: Step | None,
    definition: Definition,
    people: People,
    path: str,
    errors: Errors,
    now: int,
    known_tags: Container[str] | None = None,
    known_templates: Container[str] | None = None,
) -> Step | None:
    """A new step, or `current` with what was given merged over it; None when something is wrong.

    `definition` is the template's, with `current` in it. Tags and templates are looked up in the containers when there
    are any. Fields travel by their own routes: `captures` is ignored here, like `alias`, `roles` and `position`.
    """
    found = Errors()
    step_id = current.id if current else new_id()
    step = read_step(
        Given(data, path, found),
        current=current,
        step_id=step_id,
        step_ids=frozenset(other.id for other in definition.steps),
        stage_ids=frozenset(stage.id for stage in definition.stages),
        taken_aliases=aliases_of(definition) if current is None else (),
        people=people,
        now=now,
        known_tags=known_tags,
        known_templates=known_templates,
    )
    if not found and step.deadline is not None:
        circle = deadline_circle([*(other for other in definition.steps if other.id != step_id), step], step)
        if circle:
            where = Given(data, path, found).at("deadline.step")
            found.add(where, f"The deadlines of these steps would wait for each other: {' -> '.join(circle)}.")
    for where, texts in found.found.items():
        for text in texts:
            errors.add(where, text)
    return None if found else step


def read_step(
    given: Given,
    *,
    current: Step | None,
    step_id: str,
    step_ids: Container[str],
    stage_ids: Container[str],
    taken_aliases: Collection[str],
    people: People,
    now: int,
    known_tags: Container[str] | None,
    known_templates: Container[str] | None,
) -> Step:
    """The step as far as it can be read; whether it may be used says `given.errors`.

    Circles of deadlines are not looked for: that needs every step.
    """
    stored = current or Step(id=step_id, alias="", title="", created_at=now)
    title = given.needed_text("title", stored.title, limits.STEP_TITLE)
    return Step(
        id=step_id,
        alias=stored.alias or unique_alias(title, step_id, taken_aliases),
        title=title,
        summary=given.html("summary", stored.summary, limits.SUMMARY),
        step_type=_step_type(given, stored),
        owners=_owners(given, stored.owners, people),
        roles=stored.roles,
        tags=_tags(given, stored, known_tags),
        fields=stored.fields,
        deadline=_deadline(given, stored, step_ids),
        start_date=_start(given, stored),
        max_assignable=_max_assignable(given, stored),
        webhook=given.web_address("webhook", stored.webhook),
        stage_id=_stage_id(given, stored, stage_ids),
        next_launch=_next_launch(given, stored, known_templates),
        allow_guest_owners=given.flag("allow_guest_owners", stored.allow_guest_owners, default=True),
        skip_start_process=given.flag("skip_start_process", stored.skip_start_process),
        can_complete_only_assignees=given.flag("can_complete_only_assignees", stored.can_complete_only_assignees),
        everyone_must_complete=given.flag("everyone_must_complete", stored.everyone_must_complete),
        prevent_guest_comment=given.flag("prevent_guest_comment", stored.prevent_guest_comment),
        is_soft_start_date=given.flag("is_soft_start_date", stored.is_soft_start_date),
        role_changes_every_time=given.flag("role_changes_every_time", stored.role_changes_every_time),
        assign_run_starter=given.flag("assign_run_starter", stored.assign_run_starter, default=True),
        top_secret=given.flag("top_secret", stored.top_secret),
        send_chromeless=given.flag("send_chromeless", stored.send_chromeless),
        hide_by_default=_hide_by_default(given, stored),
        custom_fields=stored.custom_fields,
        created_at=stored.created_at,
        updated_at=now,
    )


def stage_from(data: Mapping[str, Any], *, current: Stage | None, path: str, errors: Errors, now: int) -> Stage | None:
    """A new stage, or `current` with another title; None when something is wrong (engine 9.7)."""
    found = Errors()
    title = Given(data, path, found).needed_text("title", current and current.title, limits.STAGE_TITLE)
    for where, texts in found.found.items():
        for text in texts:
            errors.add(where, text)
    if found:
        return None
    return Stage(
        id=current.id if current else new_id(),
        title=title,
        created_at=current.created_at if current else now,
        updated_at=now,
    )


def aliases_of(definition: Definition) -> set[str]:
    """Every alias that steps and fields of a template have."""
    aliases = {field.alias for field in definition.kickoff}
    for step in definition.steps:
        aliases.add(step.alias)
        aliases.update(field.alias for field in step.fields)
    return aliases


def deadline_circle(steps: Iterable[Step], start: Step) -> list[str]:
    """The titles of steps whose deadlines wait for each other, from `start` back to it; empty when none do (6.4)."""
    by_id = {step.id: step for step in steps}
    titles, seen, step = [start.title], {start.id}, start
    while step.deadline is not None and step.deadline.step in by_id:
        step = by_id[step.deadline.step]
        titles.append(step.title)
        if step.id == start.id:
            return titles
        if step.id in seen:
            break
        seen.add(step.id)
    return []


def read_people(given: Given, keys: tuple[str, str, str], current: Owners, people: People) -> Owners:
    """Members, guests and groups from three lists; an absent list keeps what is stored (decision 1).

    Whoever is stored already stays allowed, so that an echoed step survives the leaving of a member.
    """
    users_key, guests_key, groups_key = keys
    users: dict[int, None] = dict.fromkeys(current.users)
    guests: dict[str, None] = dict.fromkeys(current.guests)
    groups: dict[str, None] = dict.fromkeys(current.groups)
    if users_key in given:
        users.clear()
        for index, entry in enumerate(given.entries(users_key, limits.PEOPLE)):
            user_id = member_id(entry)
            if user_id is None or not (user_id in current.users or people.has_member(user_id)):
                given.refuse(f"{users_key}.{index}", "This must be the id of a member of this organization.")
            else:
                users[user_id] = None
    if guests_key in given:
        guests.clear()
        for index, entry in enumerate(given.entries(guests_key, limits.PEOPLE)):
            if not isinstance(entry, str) or not is_email(entry.strip()):
                given.refuse(f"{guests_key}.{index}", "This must be an e-mail address.")
            else:
                guests[entry.strip().lower()] = None
    if groups_key in given:
        groups.clear()
        for index, entry in enumerate(given.entries(groups_key, limits.PEOPLE)):
            if not isinstance(entry, str) or not (entry in current.groups or people.has_group(entry)):
                given.refuse(f"{groups_key}.{index}", "This must be the id of a group of this organization.")
            else:
                groups[entry] = None
    return Owners(users=tuple(users), guests=tuple(guests), groups=tuple(groups))


def _owners(given: Given, current: Owners, people: People) -> Owners:
    return read_people(given, ("assignees", "guests", "groups"), current, people)


def _step_type(given: Given, stored: Step) -> StepType:
    if "step_type" not in given:
        return stored.step_type
    return given.word("step_type", STEP_TYPES) or "task"


def _tags(given: Given, stored: Step, known: Container[str] | None) -> tuple[str, ...]:
    if "tags" not in given:
        return stored.tags
    tags: list[str] = []
    for index, entry in enumerate(given.entries("tags", limits.TAGS)):
        # the `tags` of other resources are objects with the tag's id in `tag_id`
        item = as_object(entry)
        tag = entry if item is None else item.get("tag_id", item.get("id"))
        if not isinstance(tag, str) or not is_id(tag) or (known is not None and tag not in known):
            given.refuse(f"tags.{index}", "This must be the id of a tag of this organization.")
        else:
            tags.append(tag)
    return tuple(dict.fromkeys(tags))


def _deadline(given: Given, stored: Step, step_ids: Container[str]) -> StepDeadline | None:
    if "deadline" not in given:
        return stored.deadline
    deadline = given.object("deadline")
    if deadline is None:
        return None
    value = _needed_offset(deadline)
    unit = _needed_unit(deadline)
    option = deadline.word("option", DEADLINE_OPTIONS) or "from"
    anchor = deadline.text("step", None, 64)
    if anchor == stored.id:
        deadline.refuse("step", "The deadline of a step cannot wait for the step itself.")
    elif anchor not in (None, START_RUN) and anchor not in step_ids:
        deadline.refuse("step", f'The step must be "{START_RUN}" or the id of another step of this template.')
    elif option == "prior_to" and anchor in (None, START_RUN):
        deadline.refuse(
            "option", "A deadline prior_to something needs another step; from the launch only `from` works."
        )
    return StepDeadline(value=value, unit=unit, option=option, step=anchor)


def _start(given: Given, stored: Step) -> StepStart | None:
    if "start_date" not in given:
        return stored.start_date
    start = given.object("start_date")
    return None if start is None else StepStart(value=_needed_offset(start), unit=_needed_unit(start))


def _needed_offset(given: Given) -> int:
    if given.data.get("value") is None:
        given.refuse("value", f"The value is required: a whole number from 0 to {limits.OFFSET}.")
    return given.whole("value", 0, limits.OFFSET) or 0


def _needed_unit(given: Given) -> str:
    unit = given.data.get("unit")
    if not isinstance(unit, str) or unit_named(unit) is None:
        given.refuse_word("unit", UNITS, " (the singular will do)")
        return "days"
    return unit


def _max_assignable(given: Given, stored: Step) -> int:
    if "max_assignable" not in given:
        return stored.max_assignable
    return given.whole("max_assignable", 0, limits.MAX_ASSIGNABLE) or 0


def _stage_id(given: Given, stored: Step, stage_ids: Container[str]) -> str | None:
    stage_id = given.text("stage_id", stored.stage_id, 64)
    if "stage_id" in given and stage_id is not None and stage_id not in stage_ids:
        given.refuse("stage_id", "The stage_id must be the id of a stage of this template, or null.")
        return None
    return stage_id


def _next_launch(given: Given, stored: Step, known: Container[str] | None) -> NextLaunch | None:
    if "bp_to_launch" not in given:
        return stored.next_launch
    following = given.object("bp_to_launch")
    if following is None:
        return None
    template_id = following.identifier("id", None)
    if template_id is None:
        return None
    before = stored.next_launch
    if known is not None and template_id not in known:
        following.refuse("id", "The id must be that of a template of this organization.")
    elif isinstance(known, Mapping) and (before is None or before.id != template_id):
        # why it cannot be launched; what is stored may be sent back
        reason = cast("Mapping[str, str]", known)[template_id]
        if reason:
            following.refuse("id", reason)
    return NextLaunch(
        id=template_id,
        default_name_format=following.text("default_name_format", None, limits.NAME_FORMAT),
        tasks_within_process=following.flag("tasks_within_process", True),
        fields=_mapping(following, before if before is not None and before.id == template_id else None),
    )


def _mapping(following: Given, before: NextLaunch | None) -> dict[str, str]:
    """What fields of the launched template begin with: texts by field id."""
    if "fields" not in following:
        return {} if before is None else before.fields
    given = following.object("fields")
    if given is None:
        return {}
    if len(given.data) > limits.MAPPED_FIELDS:
        following.refuse("fields", f"The fields may have at most {limits.MAPPED_FIELDS} entries.")
        return {}
    found: dict[str, str] = {}
    for key in given.data:
        if not is_id(key):
            given.refuse(key, "The keys are ids of fields of the template that is launched.")
            continue
        text = given.text(key, None, limits.MAPPED_TEXT)
        if text:
            found[key] = text
    return found


def _hide_by_default(given: Given, stored: Step) -> bool:
    settings = given.object("settings")
    return stored.hide_by_default if settings is None else settings.flag("hide_by_default", stored.hide_by_default)
