"""The ten worked examples of the specification, by their number in engine 5.7."""

import pytest

from handrail.engine.assignment import Group
from handrail.engine.definition import Owners, StepDeadline
from handrail.engine.launch import TaskOverride
from tests.engine.builders import Directory, at, by, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

G = "a" * 32


def test_5_7_1_sequence() -> None:
    play = Play(template(step("a"), step("b"), rules=(rule("r", when("step:a", "completed"), then("show", "b")),)))
    assert play.hidden == {"b"}
    play.complete("a")
    assert (play.task("b").status, play.changed) == ("not-started", ["b"])
    assert ("b",) in play.told("task.assigned")
    play.reopen("a")
    assert (play.visible, play.changed) == ({"a", "b"}, [])
    play.complete("a")
    assert (play.changed, play.applied, play.told("task.assigned")) == ([], [], [])


def test_5_7_2_a_hidden_step_blocks_the_chain() -> None:
    rules = (
        rule("1", when("step:a", "approved"), then("show", "b")),
        rule("2", when("step:b", "completed"), then("show", "c")),
    )
    play = Play(template(step("a", step_type="approval"), step("b"), step("c"), rules=rules)).complete("a", False)
    assert play.hidden == {"b", "c"}
    assert play.process.status == "complete"


def test_5_7_3_parallel_join() -> None:
    both = [when("step:legal", "approved"), when("step:finance", "approved")]
    steps = (step("legal", step_type="approval"), step("finance", step_type="approval"), step("pay"))
    play = Play(template(*steps, rules=(rule("r", both, then("show", "pay")),)))
    assert play.complete("legal", True).hidden == {"pay"}
    assert play.complete("finance", False).hidden == {"pay"}
    assert play.reopen("finance").hidden == {"pay"}
    assert play.complete("finance", True).changed == ["pay"]


def test_5_7_4_rejection_loop() -> None:
    rules = (
        rule("back", when("step:review", "rejected"), then("reopen", "draft")),
        rule("again", when("step:draft", "completed"), then("reopen", "review")),
    )
    play = Play(template(step("draft"), step("review", step_type="approval"), rules=rules)).complete("draft")
    play.complete("review", False)
    assert (play.changed, play.task("draft").status) == (["draft"], "in-progress")
    assert play.told("bot.comment", "text") == [('Reopened by the rule "back".', "draft")]
    play.complete("draft")
    assert (play.changed, play.task("review").status, play.task("review").is_approved) == (
        ["review"],
        "in-progress",
        None,
    )
    assert play.task("draft").is_done
    assert play.complete("review", True).process.status == "complete"


def test_5_7_5_or_trap() -> None:
    asked = step("a", fields=(field("f1"), field("f2")))
    trap = [when("field:f1", "not_equals", "a"), when("field:f2", "not_equals", "b", "or")]
    sound = [when("field:f1", "is_not_empty"), when("field:f1", "not_equals", "a")]
    rules = (rule("trap", trap, then("show", "x")), rule("sound", sound, then("show", "y")))
    play = Play(template(asked, step("x"), step("y"), rules=rules))
    assert play.hidden == {"x", "y"}
    assert play.save("a", f1="", f2="").hidden == {"y"}


@pytest.mark.parametrize(
    ("launch", "value", "unit", "expected"),
    [("2025-06-01 09:00", 1, "days", "2025-06-11 09:00"), ("2025-06-10 09:00", 3, "weeks", "2025-05-22 09:00")],
)
def test_5_7_6_countdown(launch: str, value: int, unit: str, expected: str) -> None:
    count = then("deadline", "a", "kickoff:event", deadline=by(value, unit, "before"))
    rules = (rule("r", when("kickoff:event", "is_not_empty"), count),)
    made = template(step("a"), kickoff=(field("event", "date", collect_time=True),), rules=rules)
    play = Play(made, launch={"kickoff": {"event": "2025-06-12 09:00:00"}})
    assert play.task("a").deadline == at(expected)


def test_5_7_7_replace_from_picker() -> None:
    replace = then("assign_only", "b", "field:who", assignees=Owners(groups=(G,)))
    rules = (rule("r", when("step:a", "completed"), replace),)
    made = template(step("a", fields=(field("who", "assignees_form"),)), step("b", owners=users(2)), rules=rules)
    directory = Directory(Group(id=G, members=(3, 4)))
    assert Play(made, directory=directory).complete("a").owners("b") == {G}
    assert Play(made, directory=directory).complete("a", who={"users": [7]}).owners("b") == {7}


def test_5_7_8_launcher_leftovers() -> None:
    for verb, expected in (("assign", {2, 5}), ("assign_only", {5})):
        rules = (rule("r", when("step:a", "completed"), then(verb, "b", assignees=users(5))),)
        play = Play(template(step("a"), step("b"), rules=rules))
        assert play.owners("b") == {2}
        assert play.complete("a").owners("b") == expected


def test_5_7_9_two_rules_one_step() -> None:
    small = rule("small", when("kickoff:size", "equals", "small"), then("hide", "x"))
    vip = rule("vip", when("kickoff:vip", "is_not_empty"), then("show", "x"))
    kickoff = (field("size"), field("vip"))
    answers = {"size": "small", "vip": "yes"}
    made = template(step("a"), step("x"), kickoff=kickoff, rules=(small, vip))
    assert Play(made, launch={"kickoff": answers}).visible == {"a", "x"}
    assert Play(made, launch={"kickoff": {"vip": "yes"}}).visible == {"a", "x"}
    assert Play(made, launch={"kickoff": {}}).hidden == {"x"}
    turned = template(step("a"), step("x"), kickoff=kickoff, rules=(vip, small))
    assert Play(turned, launch={"kickoff": answers}).hidden == {"x"}


def test_5_7_10_escalation() -> None:
    """An expiring step that nobody owns watches over the real one; it runs from the launch (6.6)."""
    watch = step(
        "watch",
        step_type="expiring",
        assign_run_starter=False,
        deadline=StepDeadline(value=3, unit="days", step="start_run"),
    )
    rules = (
        rule(
            "escalate",
            when("step:watch", "expired"),
            then("assign", "real", assignees=users(6)),
            then("deadline", "real", deadline=by(2)),
            then("show", "call"),
        ),
    )
    made = template(step("real", deadline=StepDeadline(value=2, unit="days")), watch, step("call"), rules=rules)
    play = Play(made)
    assert (play.owners("watch"), play.hidden) == (set(), {"call"})
    play.day = 3.1
    play.expire("watch")
    assert play.changed == ["real", "call"]
    assert (play.owners("real"), play.due("real")) == ({2, 6}, "4")
    # when the real work is done, the rule meets a completed task and does nothing to it
    done = Play(made).complete("real")
    before = done.task("real")
    done.day = 3.1
    done.expire("watch")
    assert (done.changed, done.task("real")) == (["call"], before)


def test_launch_overrides_come_before_the_rules() -> None:
    rules = (rule("r", when("kickoff:k", "is_not_empty"), then("assign", "a", assignees=users(6))),)
    made = template(step("a", owners=users(3)), kickoff=(field("k"),), rules=rules)
    override = {"a": TaskOverride(owners=users(5))}
    assert Play(made, launch={"kickoff": {"k": "x"}, "tasks": override}).owners("a") == {5, 6}
