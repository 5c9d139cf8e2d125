"""What the engine alone takes for a process of sixty steps: `python -m bench.floors.engine_rules RULES`."""

import sys
from statistics import median
from time import perf_counter
from typing import Any

import msgspec

from handrail.engine.complete import Complete, complete
from handrail.engine.context import Context
from handrail.engine.definition import Action, Condition, Definition, Owners, Rule, RuleDeadline, Step, Template
from handrail.engine.launch import Launch, Numbers, launch
from handrail.engine.permit import Doer
from handrail.engine.rules.compile import compile_rules
from handrail.engine.state import Organization
from handrail.engine.values import AnyPeople

STEPS = 60
ROUNDS = 40
MONDAY = 1_803_891_600_000


class Evaluated(msgspec.Struct, frozen=True):
    """Milliseconds of a launch, which evaluates every rule, and of a completion: median, and one in a hundred."""

    launch_ms: float
    complete_ms: float
    worst_ms: float


class _Everybody:
    """A directory in which members 1 to 9 are active."""

    default_admin_id = 1

    def is_active_member(self, user_id: int) -> bool:
        return 1 <= user_id <= 9

    def is_active_guest(self, email: str) -> bool:
        return True

    def group(self, group_id: str) -> None:
        return None


class _Ids:
    def __init__(self) -> None:
        self._last = 0

    def new_id(self) -> str:
        self._last += 1
        return f"{self._last:032x}"


def evaluate(rules: int) -> Evaluated:
    """Launch processes and complete all of their tasks."""
    definition = Definition(
        steps=tuple(Step(id=f"s{index}", alias=f"s{index}", title=f"Step {index}") for index in range(STEPS)),
        rules=tuple(_rule(index) for index in range(rules)),
    )
    template = Template(id="f" * 32, version=1, title="Bench", type="procedure", definition=definition)
    everybody = _Everybody()
    surroundings = Context(
        organization=Organization(id="0" * 32),
        directory=everybody,
        people=AnyPeople(),
        now=MONDAY,
        template=template,
        rules=compile_rules(definition),
    )
    doer = Doer(user_id=1, role="admin")
    launches: list[float] = []
    completions: list[float] = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        outcome = launch(template, surroundings, Launch(doer=doer, starter_id=1), _Ids(), Numbers(1, 1))
        launches.append(perf_counter() - begun)
        process = outcome.process
        for task in process.tasks:
            begun = perf_counter()
            process = complete(surroundings, process, Complete(task_id=task.id, doer=doer)).process
            completions.append(perf_counter() - begun)
    return Evaluated(
        launch_ms=1000 * median(launches),
        complete_ms=1000 * median(completions),
        worst_ms=1000 * sorted(completions)[-len(completions) // 100],
    )


def _rule(index: int) -> Rule:
    """Each asks about one step and does one thing to the next."""
    asked, target = f"s{index % STEPS}", f"s{(index + 1) % STEPS}"
    verbs: tuple[tuple[Any, str], ...] = (
        ("assignment", "assign"),
        ("deadline", "deadline"),
        ("visibility", "show" if index % STEPS + 1 < STEPS else "hide"),
    )
    kind, verb = verbs[index // STEPS % 3]
    return Rule(
        id=f"r{index}",
        alias=f"Rule {index}",
        conditions=(
            Condition(id="c", conditionable_id=asked, conditionable_type="Step", operation="completed", statement=None),
        ),
        actions=(
            Action(
                id="a",
                action_type=kind,
                action_verb=verb,
                target_step_id=target,
                assignees=Owners(users=(2,)) if verb == "assign" else Owners(),
                deadline=RuleDeadline(value=1, unit="days", option="from") if verb == "deadline" else None,
            ),
        ),
    )


if __name__ == "__main__":
    print(msgspec.json.encode(evaluate(int(sys.argv[1]))).decode())
