"""Random rules and random commands on a plain process: what must be true whatever the rules say (engine 5.6)."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.engine.definition import Rule, StepDeadline, Template
from handrail.engine.events import Outcome
from handrail.engine.state import Process
from handrail.kernel.errors import Impossible
from tests.engine.builders import field, rule, step, template, then, when
from tests.engine.rules.play import Play
from tests.engine.rules.strategies import rules_of
from tests.engine.test_interleavings import check_outcome, check_process, check_rules, without_dates

STEPS = tuple(
    step(
        f"s{index}",
        step_type="approval" if index == 2 else "task",
        assign_run_starter=index != 3,
        fields=(field(f"f{index}"), field(f"day{index}", "date"), field(f"who{index}", "assignees_form")),
        deadline=StepDeadline(value=2, unit="days", step="s0") if index == 4 else None,
    )
    for index in range(5)
)
MADE = template(*STEPS, kickoff=(field("k"), field("day", "date"), field("who", "assignees_form")))
PEOPLE: list[tuple[int, ...]] = [(), (3,), (3, 4)]

indexes = st.integers(0, 4)
completing = st.builds(lambda i, yes: lambda play: play.complete(f"s{i}", yes), indexes, st.booleans())
commands: st.SearchStrategy[Callable[[Play], Any]] = st.one_of(
    completing,
    completing,
    completing,
    st.builds(lambda i: lambda play: play.reopen(f"s{i}"), indexes),
    st.builds(lambda i, value: lambda play: play.save(f"s{i}", **{f"f{i}": value}), indexes, st.sampled_from("xy")),
    st.builds(lambda i: lambda play: play.save(f"s{i}", **{f"day{i}": "2027-04-01"}), indexes),
    st.builds(lambda i: lambda play: play.save(f"s{i}", **{f"who{i}": {"users": [6]}}), indexes),
    st.builds(lambda value: lambda play: play.answer(k=value), st.sampled_from(["", "x", "y"])),
    st.builds(lambda i, who: lambda play: play.give(f"s{i}", users=who), indexes, st.sampled_from(PEOPLE)),
    st.builds(lambda i, visible: lambda play: play.toggle(f"s{i}", visible=visible), indexes, st.booleans()),
    st.builds(lambda i: lambda play: play.move(f"s{i}", 9), indexes),
    st.just(lambda play: play.tick()),
)


def made_with(rules: tuple[Rule, ...], *, reverses: bool = False) -> Template:
    definition = msgspec.structs.replace(MADE.definition, rules=rules)
    return msgspec.structs.replace(MADE, definition=definition, reverse_rules_on_reopen=reverses)


class Checked(Play):
    """A play in which every command is held against the same command without rules."""

    def do(self, command: Callable[[Any, Process], Outcome]) -> "Checked":
        before = self.process
        without = command(msgspec.structs.replace(self.context, rules=None), before)
        super().do(command)
        check_outcome(before, self.outcome)
        check_rules(self.template, before, without, self.outcome)
        check_process(self.process)
        self.day += 1
        return self


def played(play: Play, chosen: list[Callable[[Play], Any]]) -> Play:
    for command in chosen:
        try:
            command(play)
        except Impossible:
            continue
    return play


@settings(max_examples=200, deadline=None)
@given(rules_of(MADE.definition), st.booleans(), st.lists(commands, min_size=8, max_size=25))
def test_rules_explain_all_they_do(
    rules: tuple[Rule, ...], reverses: bool, chosen: list[Callable[[Play], Any]]
) -> None:
    play = played(Checked(made_with(rules, reverses=reverses)), chosen)
    again = played(Checked(made_with(rules, reverses=reverses)), chosen)
    assert again.outcome == play.outcome


@settings(max_examples=100, deadline=None)
@given(rules_of(MADE.definition), st.lists(commands, min_size=4, max_size=20))
def test_a_rule_that_turned_false_undoes_nothing(rules: tuple[Rule, ...], chosen: list[Callable[[Play], Any]]) -> None:
    """Where no rule acts, a command does exactly what it would do without rules."""
    play = Checked(made_with(rules))
    for command in chosen:
        before, day = play.outcome, play.day
        try:
            command(play)
        except Impossible:
            continue
        if not play.applied:
            bare = Play(made_with(()))
            bare.outcome, bare.day = before, day
            command(bare)
            # a rule that sets the date which a task has anyway keeps it from moving later, and nothing else
            assert [(task.deadline, without_dates(task)) for task in bare.process.tasks] == [
                (task.deadline, without_dates(task)) for task in play.process.tasks
            ]


@pytest.mark.parametrize("rounds", [1, 40])
def test_two_rules_that_fight_come_to_rest(rounds: int) -> None:
    rules = tuple(
        one
        for index in range(rounds)
        for one in (
            rule(f"up {index}", when("step:s3", "not_assigned"), then("show", "s1"), then("clear_assignees", "s0")),
            rule(f"down {index}", when("step:s0", "not_assigned"), then("hide", "s1"), then("hide", "s3")),
        )
    )
    play = Checked(made_with(rules)).answer(k="x").toggle("s1", visible=True)
    assert len(play.applied) <= 4 * rounds
