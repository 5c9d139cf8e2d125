"""What the completion of a task launches: engine 3.9, decisions 17 and 61."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from handrail.engine.complete import Complete, complete
from handrail.engine.context import Context, Target
from handrail.engine.definition import Action, Condition, NextLaunch, Rule, Stage, StepDeadline, Template
from handrail.engine.events import Outcome
from handrail.engine.launch import Launch
from handrail.engine.launch_next import GENERATIONS, combined, launching, next_process, starter_of, why_not
from handrail.engine.reopen import Reopen, reopen
from handrail.engine.rules.compile import compile_rules
from handrail.engine.state import Launched, Process
from tests.engine.builders import (
    ANN,
    BEN,
    DAY_MS,
    GUEST,
    HOUR,
    NOON,
    Counter,
    context,
    field,
    kinds,
    started,
    step,
    task_of,
    template,
)

INNER = "e" * 32
WITHIN = NextLaunch(id=INNER)
APART = NextLaunch(id=INNER, tasks_within_process=False)
BOT = 99


def launch_of(context: Context, process: Process, launched: Launched, template: Template, bot: int) -> Launch:
    starter = starter_of(context, process, launched, bot)
    return next_process(context, process, launched, template, starter=starter)


def outer(following: NextLaunch = WITHIN, **settings: Any) -> Template:
    return template(step("first", next_launch=following), step("last"), **settings)


def inner(*steps: Any, **settings: Any) -> Template:
    made = template(*(steps or (step("pack"), step("ship"))), **settings)
    return replace(made, id=INNER, title="Parcel", version=3)


def around(whole: Template, *targets: Template, now: int = NOON, reason: str = "") -> Context:
    """As the shell gives it: with the steps that come in as part of the template."""
    known = {target.id: Target(target, first_task=5000) for target in targets} or {}
    if reason:
        known = {INNER: Target(reason=reason)}
    coming = combined(whole, [t for t in targets if t.id != whole.id])
    return replace(
        context(whole, now=now),
        template=coming,
        rules=compile_rules(coming.definition),
        launching=launching(coming.definition),
        targets=known,
        ids=Counter(7000),
    )


def done(surroundings: Context, process: Process, step_id: str, doer: Any = ANN) -> Outcome:
    return complete(surroundings, process, Complete(task_id=task_of(process, step_id).id, doer=doer))


def steps_of(process: Process) -> list[str | None]:
    return [task.step_id for task in process.tasks]


def test_what_is_not_at_hand_is_asked_for_and_nothing_else_happens() -> None:
    whole = outer()
    outcome = done(around(whole), started(whole), "first")
    assert outcome.wanted == (INNER,)
    assert outcome.process.launched == ()


def test_steps_come_in_right_after_the_task_with_deadlines_from_that_moment() -> None:
    whole = outer()
    target = inner(
        step("pack", deadline=StepDeadline(2, "days", "from", "start_run")),
        step("ship", deadline=StepDeadline(1, "days", "from", "pack")),
    )
    later = NOON + 3 * DAY_MS
    outcome = done(around(whole, target, now=later), started(whole), "first")
    process = outcome.process
    assert steps_of(process) == ["first", "pack", "ship", "last"]
    assert [task.position for task in process.tasks] == [1, 2, 3, 4]
    pack, ship = task_of(process, "pack"), task_of(process, "ship")
    assert pack.deadline == later + 2 * DAY_MS
    assert (ship.deadline, ship.deadline_held) == (later + 3 * DAY_MS, True)
    assert pack.created_at == pack.started_at == later
    assert (pack.increment_id, ship.increment_id) == (5000, 5001)
    assert process.injected == ((INNER, 3),)
    assert process.whole_total == 4
    after = done(around(whole, target, now=later + HOUR), process, "pack").process
    assert task_of(after, "ship").deadline == later + HOUR + DAY_MS
    assert not task_of(after, "ship").deadline_held


def test_the_last_task_that_brings_steps_in_does_not_complete_the_process() -> None:
    whole = template(step("only", next_launch=WITHIN))
    outcome = done(around(whole, inner()), started(whole), "only")
    assert outcome.process.status == "active"
    assert "process.completed" not in kinds(outcome)
    assert [event.kind for event in outcome.events if event.kind.startswith("launch")] == ["launch.tasks"]


def condition(kind: Any, about: str, operation: str, statement: Any = None) -> Condition:
    return Condition(
        id=f"c-{about}", conditionable_id=about, conditionable_type=kind, operation=operation, statement=statement
    )


def rule(name: str, asked: Condition, verb: str, target: str) -> Rule:
    action = Action(id=f"a-{name}", action_type="visibility", action_verb=verb, target_step_id=target)
    return Rule(id=name, alias=name, conditions=(asked,), actions=(action,))


def test_rules_within_the_steps_come_along_and_others_do_not() -> None:
    fragile = field("fragile")
    target = inner(
        step("pack", fields=(fragile,)),
        step("ship"),
        step("insure"),
        step("never"),
        kickoff=(field("country"),),
        rules=(
            rule("show-insure", condition("Capture", "fragile", "equals", "yes"), "show", "insure"),
            rule("hide-ship", condition("Prerun", "country", "is_not_empty"), "hide", "ship"),
            rule("show-never", condition("Prerun", "country", "is_not_empty"), "show", "never"),
        ),
    )
    whole = outer()
    assert [one.id for one in combined(whole, [target]).definition.rules] == ["show-insure"]
    surroundings = around(whole, target)
    process = done(surroundings, started(whole), "first").process
    assert task_of(process, "insure").is_hidden
    assert task_of(process, "never").is_open
    answered = Complete(task_id=task_of(process, "pack").id, doer=ANN, values={"fragile": "yes"})
    assert task_of(complete(surroundings, process, answered).process, "insure").is_open


def test_rules_that_hold_from_the_start_act_when_the_steps_come_in() -> None:
    rules = (rule("hide", condition("Step", "pack", "not_assigned"), "hide", "ship"),)
    target = inner(step("pack", assign_run_starter=False), step("ship"), rules=rules)
    whole = outer()
    process = done(around(whole, target), started(whole), "first").process
    assert task_of(process, "ship").is_hidden


def test_a_task_launches_once_and_says_so_afterwards() -> None:
    whole = outer()
    surroundings = around(whole, inner())
    process = done(surroundings, started(whole), "first").process
    first = task_of(process, "first").id
    process = reopen(surroundings, process, Reopen(task_id=first, doer=ANN)).process
    again = done(surroundings, process, "first")
    assert steps_of(again.process) == ["first", "pack", "ship", "last"]
    assert again.process.launched == process.launched
    (comment,) = (event for event in again.events if event.kind == "bot.comment")
    assert "once" in comment.data["text"]


def test_a_template_comes_into_a_process_once() -> None:
    whole = template(step("first", next_launch=WITHIN), step("second", next_launch=WITHIN))
    surroundings = around(whole, inner())
    process = done(surroundings, started(whole), "first").process
    outcome = done(surroundings, process, "second")
    assert len(outcome.process.tasks) == 4
    assert "launch.refused" in kinds(outcome)
    assert task_of(outcome.process, "second").is_done


def test_a_template_never_comes_into_its_own_process() -> None:
    own = template(step("first", next_launch=NextLaunch(id="f" * 32)), step("last"))
    outcome = done(around(own), started(own), "first")
    assert not outcome.wanted
    assert "launch.refused" in kinds(outcome)
    assert steps_of(outcome.process) == ["first", "last"]


def test_templates_that_bring_each_other_in_end() -> None:
    a = template(step("a", next_launch=NextLaunch(id=INNER)))
    b = inner(step("b", next_launch=NextLaunch(id="f" * 32)))
    surroundings = around(a, b)
    process = done(surroundings, started(a), "a").process
    outcome = done(surroundings, process, "b")
    assert steps_of(outcome.process) == ["a", "b"]
    assert "launch.refused" in kinds(outcome)
    assert outcome.process.status == "complete"


def test_a_chain_of_processes_ends() -> None:
    whole = outer(APART)
    at_the_end = replace(started(whole), generation=GENERATIONS)
    outcome = done(around(whole, inner()), at_the_end, "first")
    assert outcome.process.launched == ()
    (refused,) = (event for event in outcome.events if event.kind == "launch.refused")
    assert str(GENERATIONS) in refused.data["reason"]


def test_a_process_of_its_own_counts_for_who_completed_the_task() -> None:
    whole = outer(APART, kickoff=(field("vendor"),))
    process = started(whole, kickoff={"vendor": "Nordwind"})
    surroundings = around(whole, inner())
    outcome = done(surroundings, process, "first", BEN)
    (launched,) = outcome.process.launched
    command = launch_of(surroundings, outcome.process, launched, inner(), BOT)
    assert command.starter_id == BEN.user_id
    assert command.parent_id == process.id
    assert command.parent_task_id == launched.task
    assert command.process_id == launched.process
    assert command.generation == 1
    assert command.fixed_name == "Mar 1, 12:00pm - Parcel"


def test_for_guests_and_the_bot_it_counts_for_the_owner_of_the_process() -> None:
    whole = outer(APART)
    process = replace(started(whole), owner_id=4)
    task = task_of(process, "first")
    guests = tuple(
        replace(one, owners=replace(one.owners, guests=(GUEST.guest or "",))) if one.id == task.id else one
        for one in process.tasks
    )
    surroundings = around(whole, inner())
    outcome = done(surroundings, replace(process, tasks=guests), "first", GUEST)
    (launched,) = outcome.process.launched
    assert launch_of(surroundings, outcome.process, launched, inner(), BOT).starter_id == 4
    outcome = done(surroundings, process, "first", BEN)
    (launched,) = outcome.process.launched
    assert launch_of(surroundings, outcome.process, launched, inner(), 3).starter_id == 4


def test_the_name_follows_the_format() -> None:
    whole = outer(
        NextLaunch(id=INNER, tasks_within_process=False, default_name_format="{{TEMPLATE_NAME}} for {{vendor}}"),
        kickoff=(field("vendor"),),
    )
    surroundings = around(whole, inner())
    outcome = done(surroundings, started(whole, kickoff={"vendor": "Nordwind"}), "first")
    (launched,) = outcome.process.launched
    command = launch_of(surroundings, outcome.process, launched, inner(), BOT)
    assert command.fixed_name == "Parcel for Nordwind"


REGIONS = ({"id": 1, "text": "UK"}, {"id": 2, "text": "EU"})


def test_answers_are_carried_along_where_they_fit() -> None:
    mapping = {"to": "{{vendor}}", "region": "{{area}}", "note": "About {{vendor}} in {{area}}", "mail": "{{vendor}}"}
    whole = outer(
        NextLaunch(id=INNER, tasks_within_process=False, fields=mapping),
        kickoff=(field("vendor"), field("area", "radio", options=({"id": 7, "text": "EU"},))),
    )
    target = inner(
        kickoff=(
            field("to"),
            field("region", "dropdown", options=REGIONS),
            field("note", "textarea"),
            field("mail", "email"),
        )
    )
    surroundings = around(whole, target)
    outcome = done(surroundings, started(whole, kickoff={"vendor": "Nordwind", "area": "EU"}), "first")
    (launched,) = outcome.process.launched
    command = launch_of(surroundings, outcome.process, launched, target, BOT)
    assert command.kickoff == {"to": "Nordwind", "region": {"id": 2, "text": "EU"}, "note": "About Nordwind in EU"}
    assert command.origin["left_out"] == ["Mail"]


def test_fields_of_steps_that_come_in_are_filled() -> None:
    whole = outer(NextLaunch(id=INNER, fields={"to": "{{vendor}}"}), kickoff=(field("vendor"),))
    target = inner(step("pack", fields=(field("to"), field("weight"))), step("ship"))
    process = done(around(whole, target), started(whole, kickoff={"vendor": "Nordwind"}), "first").process
    assert task_of(process, "pack").values == {"to": "Nordwind"}


def test_what_cannot_be_launched_is_told_and_the_task_is_complete_all_the_same() -> None:
    whole = outer()
    outcome = done(around(whole, reason="That template is archived."), started(whole), "first")
    assert task_of(outcome.process, "first").is_done
    (refused,) = (event for event in outcome.events if event.kind == "launch.refused")
    assert refused.data["reason"] == "That template is archived."


def test_documents_and_required_fields_stand_in_the_way() -> None:
    assert why_not(inner()) is None
    assert "document" in (why_not(inner(type="document")) or "")
    assert "Vendor" in (why_not(inner(kickoff=(field("vendor", required=True),))) or "")


def test_stages_come_along() -> None:
    target = inner()
    target = replace(target, definition=replace(target.definition, stages=(Stage(id="s", title="Parcel"),)))
    assert combined(outer(), [target]).definition.stages == target.definition.stages


@given(st.lists(st.tuples(st.sampled_from(["complete", "reopen"]), st.integers(0, 9)), max_size=30))
def test_whatever_is_completed_and_reopened_each_task_launches_once(actions: list[tuple[str, int]]) -> None:
    whole = template(
        step("a", next_launch=WITHIN), step("b", next_launch=APART), step("c", next_launch=WITHIN), step("d")
    )
    target = inner(step("x", next_launch=NextLaunch(id="f" * 32)), step("y"))
    surroundings = around(whole, target, replace(whole, definition=whole.definition))
    process = started(whole)
    for verb, index in actions:
        task = process.tasks[index % len(process.tasks)]
        if verb == "complete":
            process = complete(surroundings, process, Complete(task_id=task.id, doer=ANN)).process
        else:
            process = reopen(surroundings, process, Reopen(task_id=task.id, doer=ANN)).process
        assert len({one.task for one in process.launched}) == len(process.launched)
        assert len(process.tasks) in (4, 6)
        assert [one.position for one in process.tasks] == list(range(1, len(process.tasks) + 1))
        assert len({one.step_id for one in process.tasks}) == len(process.tasks)
