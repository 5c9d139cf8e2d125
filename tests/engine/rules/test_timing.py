"""When rules run, and what waits for the completion of a task (engine 5.6, decision 31)."""

import msgspec
import pytest

from handrail.engine.context import Context
from handrail.engine.definition import NOBODY, Owners
from handrail.engine.events import Outcome
from handrail.engine.expire import auto_complete
from handrail.engine.issues import raise_process_issue, raise_task_issue
from handrail.engine.kickoff import save_kickoff
from handrail.engine.settle import settle
from handrail.engine.state import Process
from handrail.engine.working import Working
from tests.engine.builders import ADMIN, NOON, by, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

WEBHOOK = {"webhook_url": "https://erp.example/in", "alias_name": "erp"}
ASKED = step("a", fields=(field("f"), field("g"), field("day", "date")))


def test_answers_act_on_save_for_visibility_people_and_deadlines() -> None:
    actions = (then("show", "b"), then("assign", "c", assignees=users(5)), then("deadline", "c", deadline=by(2)))
    made = template(ASKED, step("b"), step("c"), rules=(rule("r", when("field:f", "equals", "x"), *actions),))
    play = Play(made).save("a", f="y")
    assert (play.changed, play.hidden) == ([], {"b"})
    play.save("a", f="x")
    assert play.changed == ["b", "c"]
    assert (play.hidden, play.owners("c"), play.due("c")) == (set(), {2, 5}, "7")


def test_reopening_and_webhooks_wait_for_the_tasks_that_were_asked() -> None:
    actions = (then("reopen", "b"), then("emit_webhook", "c", **WEBHOOK))
    made = template(ASKED, step("b"), step("c"), rules=(rule("r", when("field:f", "equals", "x"), *actions),))
    play = Play(made).complete("b").save("a", f="x")
    assert (play.changed, play.told("rule.webhook")) == ([], [])
    play.complete("a")
    assert play.changed == ["b"]
    assert play.told("rule.webhook", "url", "alias_name") == [("https://erp.example/in", "erp", "c")]
    # while its task is open again, half-typed answers do nothing
    play.complete("b").reopen("a")
    assert (play.changed, play.told("rule.webhook")) == ([], [])
    play.save("a", f="z").save("a", f="x")
    assert (play.changed, play.told("rule.webhook")) == ([], [])
    play.complete("a")
    assert (play.changed, len(play.told("rule.webhook"))) == (["b"], 1)


def test_all_tasks_that_were_asked_must_be_completed() -> None:
    two = [when("field:f", "is_not_empty"), when("field:h", "is_not_empty", logic="or")]
    made = template(ASKED, step("b", fields=(field("h"),)), step("c"), rules=(rule("r", two, then("reopen", "c")),))
    play = Play(made).complete("c").complete("a", f="x")
    assert play.changed == []
    assert play.complete("b").changed == ["c"]


def test_kick_off_conditions_wait_for_nothing() -> None:
    actions = (then("reopen", "a"), then("emit_webhook", "a", **WEBHOOK))
    made = template(
        step("a"), step("b"), kickoff=(field("k"),), rules=(rule("r", when("kickoff:k", "is_not_empty"), *actions),)
    )
    play = Play(made).complete("a").answer(k="x")
    assert (play.changed, len(play.told("rule.webhook"))) == (["a"], 1)


def test_a_save_that_changes_nothing_is_no_event() -> None:
    made = template(
        ASKED, step("b"), rules=(rule("r", when("field:f", "is_not_empty"), then("assign", "b", assignees=users(5))),)
    )
    play = Play(made).save("a", f="x").give("b", users=(2,))
    assert play.save("a", f="x").changed == []
    assert play.save("a", g="x").changed == []
    assert play.edit("a", title="Other").changed == []
    assert play.save("a", f="y").changed == ["b"]


def test_the_kick_off_form_is_an_event_when_it_is_edited_submitted_and_reopened() -> None:
    made = template(
        step("a"),
        kickoff=(field("k"), field("other")),
        rules=(rule("r", when("kickoff:k", "is_not_empty"), then("assign", "a", assignees=users(5))),),
    )
    play = Play(made, launch={"kickoff": {"k": "x"}})
    assert play.owners("a") == {2, 5}
    play.give("a", users=(2,))
    assert play.answer(other="y").changed == []
    assert play.answer(k="y").changed == ["a"]
    assert play.give("a", users=(2,)).submit().changed == ["a"]
    assert play.give("a", users=(2,)).reopen_form().changed == ["a"]
    same = save_kickoff(play.give("a", users=(2,)).context, play.process, {"k": "y"}, ADMIN)
    assert same.changed_by_rules == ()


def test_people_are_an_event_for_not_assigned_alone() -> None:
    rules = (
        rule("nobody", when("step:a", "not_assigned"), then("show", "b")),
        rule("again", when("step:a", "reopened"), then("assign", "a", assignees=users(5))),
    )
    play = Play(template(step("a"), step("b"), rules=rules)).complete("a").reopen("a")
    assert play.owners("a") == {2, 5}
    assert play.give("a", users=(3,)).changed == []
    assert play.owners("a") == {3}
    assert play.give("a").changed == ["b"]


@pytest.mark.parametrize("blocked", [{"archived_at": NOON}, {"open_issues": 1}])
def test_nothing_moves_in_a_blocked_process_whose_people_change(blocked: dict[str, int]) -> None:
    made = template(step("a"), step("b"), rules=(rule("r", when("step:a", "not_assigned"), then("show", "b")),))
    play = Play(made)
    task_id = play.task("a").id

    def leave(surroundings: Context, process: Process) -> Outcome:
        working = Working.of_process(msgspec.structs.replace(process, **blocked), NOON)
        working.replace_task(task_id, owners=NOBODY)
        return settle(working, surroundings)

    assert play.do(leave).hidden == {"b"}
    assert play.owners("a") == set()


def test_showing_and_hiding_by_hand_is_an_event() -> None:
    rules = (rule("nobody", when("step:a", "not_assigned"), then("assign", "b", assignees=users(5))),)
    made = template(step("a", assign_run_starter=False, hide_by_default=True), step("b"), rules=rules)
    play = Play(made)
    assert play.owners("b") == {2}  # decision 28
    assert play.toggle("a", visible=True).owners("b") == {2, 5}


def test_a_date_on_the_kick_off_form_is_read_at_launch_and_when_it_changes() -> None:
    count = then("deadline", "a", "kickoff:day", deadline=by(1, "days", "before"))
    made = template(
        step("a"), kickoff=(field("day", "date"), field("k")), rules=(rule("r", when("kickoff:k", "is_empty"), count),)
    )
    play = Play(made)
    assert (play.due("a"), play.applied) == ("5", [])
    assert play.answer(day="2027-03-11T12:00:00Z").due("a") == "9"
    assert play.answer(day="2027-03-12T12:00:00Z").due("a") == "10"
    assert play.answer(day="").due("a") == "10"


def test_a_date_of_a_step_is_read_once_the_step_is_completed() -> None:
    count = then("deadline", "b", "field:day", deadline=by(1))
    made = template(ASKED, step("b"), rules=(rule("r", when("field:f", "equals", "x"), count),))
    play = Play(made).save("a", f="x", day="2027-03-11T12:00:00Z")
    assert (play.due("b"), play.changed) == ("5", [])
    assert play.complete("a").due("b") == "11"
    assert play.changed == ["b"]


def test_people_picked_on_a_step_are_read_when_they_change() -> None:
    picked = then("assign_only", "b", "field:who")
    asked = step("a", fields=(field("f"), field("who", "assignees_form")))
    made = template(asked, step("b"), rules=(rule("r", when("field:f", "is_not_empty"), picked),))
    play = Play(made).save("a", f="x")
    assert play.owners("b") == {2}
    assert play.save("a", who={"users": [4], "guests": []}).owners("b") == {4}
    assert play.save("a", who={"users": [5], "groups": []}).owners("b") == {5}


def test_at_launch_every_rule_is_asked_before_anybody_sees_the_process() -> None:
    rules = (
        rule("shown", when("kickoff:k", "is_not_empty"), then("show", "b")),
        rule("nobody", when("step:c", "not_assigned"), then("hide", "d")),
    )
    steps = (step("a"), step("b"), step("c", assign_run_starter=False), step("d"))
    play = Play(template(*steps, kickoff=(field("k"),), rules=rules), launch={"kickoff": {"k": "x"}})
    assert play.visible == {"a", "b", "c"}
    assert play.told("task.hidden", "rule") == [("nobody", "d")]
    assert play.changed == ["b", "d"]
    assert play.outcome.process.tasks_total == 3


def test_a_procedure_with_nothing_but_hidden_steps_is_complete_only_after_the_rules() -> None:
    made = template(
        step("a"), kickoff=(field("k"),), rules=(rule("r", when("kickoff:k", "is_not_empty"), then("show", "a")),)
    )
    assert Play(made, launch={"kickoff": {"k": "x"}}).process.status == "active"
    play = Play(made)
    assert play.process.status == "complete"  # decision 4
    assert play.answer(k="x").process.status == "active"


def test_decision_15_the_submitter_gets_the_first_task_that_is_visible_after_the_rules() -> None:
    who = field("who", "assignees_form", settings={"default_to_guest": True})
    rules = (
        rule("hides", when("kickoff:k", "is_empty"), then("hide", "a")),
        rule("nobody", when("step:b", "not_assigned"), then("show", "c")),
    )
    steps = (step("a"), step("b", assign_run_starter=False), step("c"))
    play = Play(template(*steps, kickoff=(who, field("k")), rules=rules), launch={"submitter": "g@x.example"})
    assert play.owners("b") == {"g@x.example", 2}
    assert play.task("b").watch_only == 2
    assert play.owners("a") == {2}
    reads = (rule("reads", when("kickoff:who", "is_not_empty"), then("assign_only", "c", "kickoff:who")),)
    play = Play(template(*steps, kickoff=(who,), rules=reads), launch={"submitter": "g@x.example"})
    assert (play.owners("b"), play.owners("c")) == (set(), {"g@x.example", 2})


def test_a_signature_is_no_event_until_it_is_the_last() -> None:
    made = template(
        step("a", owners=users(1, 2), everyone_must_complete=True),
        step("b"),
        rules=(rule("r", when("step:a", "completed"), then("show", "b")),),
    )
    play = Play(made).complete("a")
    assert (play.told("task.signed"), play.hidden) == ([("a",)], {"b"})
    # the last one who has not signed is taken off: decision 56 completes the task
    assert play.give("a", users=(1,)).changed == ["b"]


def test_reopening_by_an_issue_runs_the_rules() -> None:
    made = template(step("a"), step("b"), rules=(rule("r", when("step:a", "reopened"), then("show", "b")),))
    play = Play(made).complete("a")
    task_id = play.task("a").id
    assert play.do(lambda surroundings, process: raise_task_issue(surroundings, process, task_id)).changed == ["b"]
    assert play.do(raise_process_issue).changed == []


def test_the_bot_completes_with_rules_too() -> None:
    steps = (step("a", owners=Owners(users=(2,)), step_type="approval"), step("b"), step("c"))
    rules = (
        rule("any", when("step:a", "completed"), then("show", "b")),
        rule("decided", [when("step:a", "approved"), when("step:a", "rejected", logic="or")], then("show", "c")),
    )
    play = Play(template(*steps, rules=rules))
    play.day = 90
    task_id, due_before = play.task("a").id, play.context.now
    play.do(lambda surroundings, process: auto_complete(surroundings, process, task_id, due_before=due_before))
    assert play.hidden == {"c"}  # decision 63
