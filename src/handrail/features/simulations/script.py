"""From the body of a run to the engine's actions: names become ids, times become moments, everything wrong is told."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from handrail.engine.definition import Definition, Field, Owners, Rule, Step
from handrail.engine.people import owners_of
from handrail.engine.permit import Doer
from handrail.engine.simulate import Act
from handrail.features.simulations import wire
from handrail.kernel.clock import DAY, parse_moment
from handrail.kernel.errors import Errors

UNITS = {"minutes": 60_000, "hours": 3_600_000, "days": DAY, "weeks": 7 * DAY}
# a run is some years long at most, so that recurring deadlines end
LONGEST = 3660 * DAY


class Script(msgspec.Struct, frozen=True):
    """A run, ready for the engine."""

    started: int
    kickoff: Mapping[str, Any]
    answers: Mapping[str, Any]
    acts: tuple[Act, ...]
    until: int | None


class Names:
    """The steps, fields and rules of a definition by id, alias, and title or label; the first of several counts."""

    def __init__(self, definition: Definition) -> None:
        self._steps: dict[str, Step] = {}
        self._rules: dict[str, Rule] = {}
        for step in definition.steps:
            self._steps.setdefault(step.title.strip(), step)
        for step in definition.steps:
            self._steps[step.alias] = step
        for step in definition.steps:
            self._steps[step.id] = step
        for rule in definition.rules:
            self._rules.setdefault(rule.alias.strip(), rule)
        for rule in definition.rules:
            self._rules[rule.id] = rule

    def step(self, name: str) -> Step | None:
        """The step of this name."""
        return self._steps.get(name.strip())

    def rule(self, name: str) -> Rule | None:
        """The rule of this name."""
        return self._rules.get(name.strip())


def by_id(fields: Iterable[Field], given: Mapping[str, Any] | None, path: str, errors: Errors) -> dict[str, Any]:
    """Answers by field id. An answer to a field that is not there is an error: a trial has no old clients."""
    if not given:
        return {}
    listed = list(fields)
    names: dict[str, str] = {}
    for name in ("label", "alias", "id"):
        for field in reversed(listed):
            names[getattr(field, name).strip()] = field.id
    found: dict[str, Any] = {}
    for name, value in given.items():
        field_id = names.get(name.strip())
        if field_id is None:
            errors.add(f"{path}.{name}", "There is no field of this id, alias or label here.")
        else:
            found[field_id] = value
    return found


def picked(body: wire.SimulationBody) -> dict[str, Owners]:
    """Who fills the job titles in this run, by the title's id."""
    return {
        title: Owners(
            users=tuple(people.users),
            guests=tuple(guest.strip().lower() for guest in people.guests),
            groups=tuple(people.groups),
        )
        for title, people in body.roles.items()
    }


def people_in(body: wire.SimulationBody) -> tuple[list[Owners], set[int], set[str]]:
    """Everybody whom a run names: in answers, and as those who act."""
    documents: list[Mapping[str, Any]] = [one for one in (body.prerun, body.answers) if one]
    documents += [action.taskdata for action in body.actions if action.taskdata]
    named = [owners_of(value) for one in documents for value in one.values() if isinstance(value, dict)]
    named += picked(body).values()
    users = {action.by for action in body.actions if isinstance(action.by, int)}
    guests = {action.by.strip().lower() for action in body.actions if isinstance(action.by, str)}
    return named, users, guests


def script(
    body: wire.SimulationBody, definition: Definition, doers: Mapping[int | str, Doer], now: int, errors: Errors
) -> Script:
    """The run. `doers` are the members and guests named as acting who exist, by id or address."""
    names = Names(definition)
    started = _moment(body.started_at, "started_at", errors) or now
    fields = [field for step in definition.steps for field in step.fields]
    acts: list[Act] = []
    clock = started
    for index, action in enumerate(body.actions):
        path = f"actions.{index}"
        clock = _when(action, clock, path, errors)
        if clock - started > LONGEST:
            errors.add(path, "A run may last ten years at most.")
        act = _act(action, names, doers, clock, path, errors)
        if act is not None:
            acts.append(act)
    until = _moment(body.until, "until", errors)
    if until is not None and (until < clock or until - started > LONGEST):
        errors.add("until", "The until must not lie before the last action, nor more than ten years after the launch.")
    return Script(
        started=started,
        kickoff=by_id(definition.kickoff, body.prerun, "prerun", errors),
        answers=by_id(fields, body.answers, "answers", errors),
        acts=tuple(acts),
        until=until,
    )


def _act(
    action: wire.SimulatedAction,
    names: Names,
    doers: Mapping[int | str, Doer],
    at: int,
    path: str,
    errors: Errors,
) -> Act | None:
    if action.do == "wait":
        return Act(kind="wait", at=at)
    step = names.step(action.step or "")
    if step is None:
        errors.add(f"{path}.step", "The step must be the id, alias or title of a step of this template.")
        return None
    doer = None
    if action.by is not None:
        by = action.by if isinstance(action.by, int) else action.by.strip().lower()
        doer = doers.get(by)
        if doer is None:
            errors.add(f"{path}.by", "The by must be the id of an active member, or the address of a guest.")
    decision = {"approve": True, "reject": False}.get(action.do)
    return Act(
        kind="complete" if decision is not None else action.do,  # pyright: ignore[reportArgumentType]
        at=at,
        step=step.id,
        is_approved=decision,
        values=by_id(step.fields, action.taskdata, f"{path}.taskdata", errors),
        doer=doer,
    )


def _when(action: wire.SimulatedAction, clock: int, path: str, errors: Errors) -> int:
    if action.at is not None:
        at = _moment(action.at, f"{path}.at", errors)
        if at is not None and at < clock:
            errors.add(f"{path}.at", "The at must not lie before the launch or the action above.")
        return clock if at is None else max(at, clock)
    return clock if action.after is None else clock + action.after.value * UNITS[action.after.unit]


def _moment(text: str | None, path: str, errors: Errors) -> int | None:
    if text is None:
        return None
    moment = parse_moment(text)
    if moment is None:
        errors.add(path, f"The {path.rpartition('.')[2]} is not a valid date; write YYYY-MM-DD HH:MM:SS or ISO 8601.")
    return moment
