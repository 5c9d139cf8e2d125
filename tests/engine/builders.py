"""Templates, people and surroundings for the engine's tests, with as little to write down as possible."""

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.engine.assignment import Group
from handrail.engine.context import Context
from handrail.engine.definition import (
    Action,
    Condition,
    Definition,
    Field,
    Owners,
    Rule,
    RuleDeadline,
    Step,
    Template,
)
from handrail.engine.events import Outcome
from handrail.engine.launch import Launch, Numbers, launch
from handrail.engine.permit import Doer
from handrail.engine.rules.compile import RuleSet, compile_rules
from handrail.engine.state import Organization, Process, Task
from handrail.engine.values import AnyPeople
from handrail.kernel.clock import parse_moment

HOUR = 3_600_000
DAY_MS = 24 * HOUR


def at(text: str) -> int:
    """A moment written as `2027-03-01 09:00`, UTC."""
    moment = parse_moment(text)
    assert moment is not None, text
    return moment


NOON = at("2027-03-01 12:00")  # a Monday
ADMIN = Doer(user_id=1, role="admin")
ANN, BEN, CAT = Doer(user_id=2), Doer(user_id=3), Doer(user_id=4)
LIGHT = Doer(user_id=5, role="light", sees=False)
GUEST = Doer(kind="guest", guest="g@x.example", sees=False)


class Directory:
    """People 1 to 9 and every guest are active until a test says otherwise."""

    def __init__(self, *groups: Group, inactive: tuple[int | str, ...] = ()) -> None:
        self.groups = {group.id: group for group in groups}
        self.inactive = set(inactive)
        self.default_admin_id = 1

    def is_active_member(self, user_id: int) -> bool:
        return 1 <= user_id <= 9 and user_id not in self.inactive

    def is_active_guest(self, email: str) -> bool:
        return email not in self.inactive

    def group(self, group_id: str) -> Group | None:
        return self.groups.get(group_id)


class Counter:
    """Ids in order: the same for every replay."""

    def __init__(self, start: int = 0) -> None:
        self.last = start

    def new_id(self) -> str:
        self.last += 1
        return f"{self.last:032x}"


def compiled(definition: Definition) -> RuleSet | None:
    """The rules of a definition; compiled once, as in real life."""
    found = _COMPILED.get(id(definition))
    if found is None or found[0] is not definition:
        found = _COMPILED[id(definition)] = (definition, compile_rules(definition))
    return found[1]


_COMPILED: dict[int, tuple[Definition, RuleSet | None]] = {}


def context(
    template: Template | None = None,
    *,
    now: int = NOON,
    directory: Directory | None = None,
    fields: Mapping[str, tuple[Field, ...]] | None = None,
    **organization: Any,
) -> Context:
    return Context(
        organization=Organization(id="0" * 32, **organization),
        directory=directory or Directory(),
        people=AnyPeople(),
        now=now,
        template=template,
        rules=None if template is None else compiled(template.definition),
        oneoff_fields=fields or {},
    )


def field(name: str, field_type: Any = "text", **settings: Any) -> Field:
    return Field(id=name, alias=name, label=name.capitalize(), field_type=field_type, **settings)


def step(name: str, **settings: Any) -> Step:
    return Step(id=name, alias=f"{name}-alias", title=settings.pop("title", name.capitalize()), **settings)


def template(*steps: Step, kickoff: tuple[Field, ...] = (), rules: tuple[Rule, ...] = (), **settings: Any) -> Template:
    return Template(
        id="f" * 32,
        version=1,
        title="Vendor intake",
        type=settings.pop("type", "procedure"),
        definition=Definition(kickoff=kickoff, steps=steps, rules=rules),
        **settings,
    )


def start(template: Template, surroundings: Context | None = None, **command: Any) -> Outcome:
    """Launch as Ann, unless the test says who."""
    command.setdefault("doer", ANN)
    command.setdefault("starter_id", command["doer"].user_id)
    return launch(template, surroundings or context(template), Launch(**command), Counter(), Numbers(900, 4400))


def started(template: Template, surroundings: Context | None = None, **command: Any) -> Process:
    return start(template, surroundings, **command).process


def task_of(process: Process, step_id: str) -> Task:
    """The task of a step."""
    return next(task for task in process.tasks if task.step_id == step_id)


def kinds(outcome: Outcome) -> list[str]:
    return [event.kind for event in outcome.events]


def users(*ids: int) -> Owners:
    return Owners(users=ids)


def when(part: str, operation: str, statement: Any = None, logic: Any = "and", column: str | None = None) -> Condition:
    """A condition: `step:a` or `kickoff:name` or `field:name`, and an operation."""
    kind, _, part_id = part.partition(":")
    return Condition(
        id=f"{part}-{operation}",
        conditionable_id=part_id,
        conditionable_type={"step": "Step", "field": "Capture", "kickoff": "Prerun"}[kind],  # pyright: ignore[reportArgumentType]
        operation=operation,
        statement=statement,
        logic=logic,
        column_contains_name=column,
    )


def rule(name: str, conditions: Condition | Sequence[Condition], *actions: Action) -> Rule:
    """A rule, its name being its id and alias."""
    listed = (conditions,) if isinstance(conditions, Condition) else tuple(conditions)
    return Rule(id=name, alias=name, conditions=listed, actions=actions)


_TYPES: dict[str, Any] = {
    "show": "visibility",
    "hide": "visibility",
    "deadline": "deadline",
    "reopen": "status",
    "emit_webhook": "webhook",
}
_ACTIONABLE = {"step": "Step", "field": "Capture", "kickoff": "Prerun"}


def then(verb: str, target: str, reads: str | None = None, **settings: Any) -> Action:
    """An action on a step; `reads` as in `when`."""
    kind, _, part_id = (reads or "").partition(":")
    return Action(
        id=f"{verb}-{target}",
        action_type=_TYPES.get(verb, "assignment"),
        action_verb=verb,
        target_step_id=target,
        actionable_id=part_id or None,
        actionable_type=_ACTIONABLE.get(kind),
        **settings,
    )


def by(value: int, unit: str = "days", option: Any = "from") -> RuleDeadline:
    """The offset of a deadline action."""
    return RuleDeadline(value=value, unit=unit, option=option)
