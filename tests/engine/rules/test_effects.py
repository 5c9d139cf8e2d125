"""What actions do to visibility and completion, and what they leave alone (engine 5.5, 5.6)."""

import pytest

from handrail.engine.definition import Action, Owners, StepDeadline
from tests.engine.builders import by, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

WEBHOOK = {"webhook_url": "https://erp.example/in", "alias_name": "erp"}


def on_answer(*actions: Action, **settings: object) -> Play:
    """The actions happen when the kick-off field `k` is answered."""
    made = template(
        step("a"),
        step("b", fields=(field("day", "date", default_value="today", default_value_enabled=True),)),
        kickoff=(field("k"), field("who", "assignees_form"), field("date", "date")),
        rules=(rule("r", when("kickoff:k", "is_not_empty"), *actions),),
        **settings,
    )
    return Play(made)


# ------------------------------------------------------------------------------------------------------- visibility


def test_decision_13_hidden_at_launch() -> None:
    shows = (rule("r", when("kickoff:k", "equals", "x"), then("show", "b")),)
    hides = (rule("r", when("kickoff:k", "equals", "x"), then("hide", "b")),)
    kickoff = (field("k"),)
    assert Play(template(step("a"), step("b"), kickoff=kickoff, rules=shows)).hidden == {"b"}
    assert Play(template(step("a"), step("b"), kickoff=kickoff, rules=hides)).hidden == set()
    assert Play(template(step("a"), step("b", hide_by_default=True), kickoff=kickoff, rules=hides)).hidden == {"b"}


def test_hiding_keeps_everything_and_counts_no_more() -> None:
    play = on_answer(then("hide", "b")).save("b", day="2030-01-01")
    before = play.task("b")
    play.answer(k="x")
    task = play.task("b")
    assert (task.status, task.status_before_hiding, task.visibility_lock) == ("auto-skipped", "in-progress", None)
    assert (task.owners, task.values, task.deadline) == (before.owners, before.values, before.deadline)
    assert (play.process.tasks_total, play.process.whole_total) == (1, 2)
    assert (play.changed, play.told("task.hidden", "rule"), play.told("task.assigned")) == (["b"], [("r", "b")], [])


def test_showing_brings_back_how_far_it_was_and_tells_its_people() -> None:
    play = on_answer(then("show", "b"))
    assert play.hidden == {"b"}
    play.save("b", day="2030-01-01").answer(k="x")
    assert play.task("b").status == "in-progress"
    assert play.told("task.assigned", "owners", "rule") == [(users(2), "r", "b")]


def test_defaults_become_firm_when_a_rule_shows_the_step_first() -> None:
    play = on_answer(then("show", "b"))
    play.day = 3
    assert play.answer(k="x").task("b").values == {"day": "2027-03-04"}
    asking = rule("late", when("field:day", "equals", "2027-03-04"), then("hide", "a"))
    made = template(
        *play.template.definition.steps, kickoff=(field("k"),), rules=(*play.template.definition.rules, asking)
    )
    play = Play(made)
    play.day = 3
    # the new value is an event of its own
    assert play.answer(k="x").changed == ["a", "b"]


def test_a_deadline_that_hangs_on_another_step_is_made_anew_when_shown() -> None:
    steps = (step("x"), step("b", deadline=StepDeadline(value=2, unit="days", step="x")))
    play = Play(
        template(
            *steps, kickoff=(field("k"),), rules=(rule("r", when("kickoff:k", "is_not_empty"), then("show", "b")),)
        )
    )
    play.day = 4
    play.complete("x")
    play.day = 9
    assert play.answer(k="x").due("b") == "6"


@pytest.mark.parametrize("verb", ["show", "hide"])
def test_decision_32_by_hand_beats_rules(verb: str) -> None:
    play = on_answer(then(verb, "b")).toggle("b", visible=verb == "hide")
    state = play.task("b")
    assert play.answer(k="x").changed == []
    assert play.task("b") == state
    # the lock turns with a later toggle, and holds for that
    play.toggle("b", visible=verb == "show")
    assert play.answer(k="y").changed == []
    assert play.task("b").is_hidden is (verb == "hide")


def test_a_rule_that_turns_false_undoes_nothing() -> None:
    actions = (then("show", "b"), then("assign", "b", assignees=users(5)), then("deadline", "b", deadline=by(2)))
    play = on_answer(*actions).answer(k="x")
    before = play.task("b")
    assert play.answer(k="").changed == []
    assert play.task("b") == before


def test_what_a_later_rule_puts_back_has_not_changed() -> None:
    rules = (
        rule("1", when("kickoff:k", "is_not_empty"), then("hide", "a")),
        rule("2", when("kickoff:k", "is_not_empty"), then("show", "a")),
    )
    play = Play(template(step("a"), step("b"), kickoff=(field("k"),), rules=rules)).toggle("b", visible=False)
    play.answer(k="x").answer(k="")
    assert play.visible == {"a"}
    assert play.answer(k="y").changed == []
    assert play.applied == [("1", "hide", "a"), ("2", "show", "a")]


# ------------------------------------------------------------------------------------------- completed and reopened


@pytest.mark.parametrize(
    "action",
    [
        then("show", "b"),
        then("hide", "b"),
        then("deadline", "b", deadline=by(2)),
        then("deadline", "b", "kickoff:date", deadline=by(2)),
        then("assign", "b", assignees=users(5)),
        then("assign_only", "b", assignees=users(5)),
        then("unassign", "b", assignees=users(2)),
        then("clear_assignees", "b"),
    ],
    ids=lambda action: f"{action.action_verb}-{action.actionable_type}",
)
def test_completed_targets_are_immune(action: Action) -> None:
    play = on_answer(action).toggle("b", visible=True).complete("b")
    before = play.task("b")
    play.answer(k="x", date="2030-01-01")
    assert (play.task("b"), play.changed, play.applied) == (before, [], [])


def test_reopening_acts_on_completed_tasks_only() -> None:
    play = on_answer(then("reopen", "b")).answer(k="x")
    assert (play.changed, play.told("bot.comment")) == ([], [])
    play.complete("b").answer(k="y")
    task = play.task("b")
    assert (play.changed, task.status, task.was_reopened, task.completed_at) == (["b"], "in-progress", True, None)
    assert play.told("bot.comment", "text") == [('Reopened by the rule "r".', "b")]
    assert play.process.status == "active"


def test_decision_77_the_task_of_the_event_is_not_reopened() -> None:
    rules = (rule("r", when("step:a", "completed"), then("reopen", "a"), then("reopen", "b")),)
    play = Play(template(step("a"), step("b"), rules=rules)).complete("b").complete("a")
    assert play.changed == ["b"]
    assert play.task("a").is_done


def test_a_later_round_may_reopen_others_but_never_the_first() -> None:
    rules = (
        rule("1", when("step:a", "completed"), then("reopen", "b")),
        rule("2", when("step:b", "reopened"), then("reopen", "c")),
        rule("3", when("step:c", "reopened"), then("reopen", "a")),
    )
    play = Play(template(step("a"), step("b"), step("c"), rules=rules)).complete("b").complete("c").complete("a")
    assert play.changed == ["b", "c"]
    assert play.task("a").is_done


def test_one_off_tasks_and_missing_steps_are_no_targets() -> None:
    play = on_answer(then("hide", "gone"), then("assign", "gone", assignees=users(5)))
    assert play.answer(k="x").applied == []


# --------------------------------------------------------------------------------------------------------- webhooks


def test_a_webhook_is_sent_once_for_each_time_the_rule_becomes_true() -> None:
    play = on_answer(then("emit_webhook", "b", **WEBHOOK)).answer(k="x")
    assert play.told("rule.webhook", "rule", "alias", "url", "alias_name") == [
        ("r", "r", "https://erp.example/in", "erp", "b")
    ]
    assert play.applied == [("r", "emit_webhook", "b")]
    assert play.changed == []
    assert play.process.rule_state.sent == ("r",)
    assert play.answer(k="y").told("rule.webhook") == []
    assert play.answer(k="").told("rule.webhook") == []
    assert play.process.rule_state.sent == ()
    assert len(play.answer(k="z").told("rule.webhook")) == 1


def test_a_webhook_is_sent_for_hidden_and_completed_targets() -> None:
    play = on_answer(then("emit_webhook", "b", **WEBHOOK)).toggle("b", visible=False)
    assert len(play.answer(k="x").told("rule.webhook")) == 1
    play = on_answer(then("emit_webhook", "b", **WEBHOOK)).complete("b")
    assert len(play.answer(k="x").told("rule.webhook")) == 1


def test_a_webhook_repeats_when_its_task_is_completed_again() -> None:
    made = template(
        step("a"), step("b"), rules=(rule("r", when("step:a", "completed"), then("emit_webhook", "b", **WEBHOOK)),)
    )
    play = Play(made).complete("a")
    assert len(play.told("rule.webhook")) == 1
    assert len(play.reopen("a").complete("a").told("rule.webhook")) == 1


def test_a_webhook_is_sent_at_launch() -> None:
    made = on_answer(then("emit_webhook", "b", **WEBHOOK)).template
    play = Play(made, launch={"kickoff": {"k": "x"}})
    assert len(play.told("rule.webhook")) == 1
    assert play.answer(k="y").told("rule.webhook") == []


# -------------------------------------------------------------------------------------------------- order and loops


def test_rules_and_actions_run_in_their_order() -> None:
    rules = (
        rule("1", when("kickoff:k", "is_not_empty"), then("assign", "a", assignees=users(5)), then("hide", "b")),
        rule("2", when("kickoff:k", "is_not_empty"), then("assign_only", "a", assignees=users(6))),
    )
    play = Play(template(step("a"), step("b"), kickoff=(field("k"),), rules=rules)).answer(k="x")
    assert play.applied == [("1", "assign", "a"), ("1", "hide", "b"), ("2", "assign_only", "a")]
    assert play.owners("a") == {6}


def test_changed_tasks_are_told_in_the_order_of_positions() -> None:
    rules = (rule("r", when("kickoff:k", "is_not_empty"), then("hide", "c"), then("hide", "a")),)
    play = Play(template(step("a"), step("b"), step("c"), kickoff=(field("k"),), rules=rules)).answer(k="x")
    assert play.changed == ["a", "c"]


def chain(length: int) -> Play:
    """Step s0 being without people empties s1, that empties s2, and so on."""
    steps = [step(f"s{index}") for index in range(length + 1)]
    rules = [
        rule(f"r{index}", when(f"step:s{index}", "not_assigned"), then("clear_assignees", f"s{index + 1}"))
        for index in reversed(range(length))
    ]
    return Play(template(*steps, rules=tuple(rules))).give("s0")


def test_a_cascade_goes_on_until_nothing_changes() -> None:
    play = chain(20)
    assert all(play.owners(f"s{index}") == set() for index in range(21))
    assert len(play.changed) == 20


def test_a_cascade_is_bound_to_25_rounds() -> None:
    play = chain(40)
    assert len(play.changed) == 25
    assert (play.owners("s25"), play.owners("s26")) == (set(), {2})


def test_decision_76_an_action_that_changed_something_does_not_act_again() -> None:
    """Each rule undoes what the other one did, and would for ever."""
    rules = (
        rule("1", when("step:b", "not_assigned"), then("hide", "b")),
        rule("2", [when("step:b", "completed"), when("kickoff:k", "is_not_empty", logic="or")], then("show", "b")),
    )
    made = template(step("a"), step("b", assign_run_starter=False), kickoff=(field("k"),), rules=rules)
    play = Play(made).answer(k="x")
    assert play.applied == [("2", "show", "b"), ("1", "hide", "b")]
    assert play.hidden == {"b"}
    # every command begins anew
    assert play.answer(k="y").applied == [("2", "show", "b"), ("1", "hide", "b")]


def test_an_action_that_changed_nothing_may_still_act_in_a_later_round() -> None:
    """Rule 1 finds nothing to reopen at first; rule 2 makes it act in the round after."""
    rules = (
        rule("1", when("step:b", "not_assigned"), then("show", "c")),
        rule("2", when("kickoff:k", "is_not_empty"), then("hide", "c"), then("clear_assignees", "b")),
    )
    play = Play(template(step("b"), step("c"), kickoff=(field("k"),), rules=rules)).answer(k="x")
    assert play.applied == [("2", "clear_assignees", "b"), ("1", "show", "c")]


def test_what_is_hidden_cannot_be_completed_for_later_rules_of_the_same_pass() -> None:
    """A rule sees what an earlier one did in the same pass."""
    rules = (
        rule("1", when("kickoff:k", "is_not_empty"), then("clear_assignees", "a")),
        rule("2", [when("kickoff:k", "is_not_empty"), when("step:a", "not_assigned")], then("hide", "b")),
    )
    play = Play(template(step("a"), step("b"), kickoff=(field("k"),), rules=rules)).answer(k="x")
    assert play.changed == ["a", "b"]


def test_equal_surroundings_give_equal_outcomes() -> None:
    play = on_answer(then("hide", "b"), then("assign", "a", assignees=Owners(guests=("g@x.example",)))).answer(k="x")
    again = on_answer(then("hide", "b"), then("assign", "a", assignees=Owners(guests=("g@x.example",)))).answer(k="x")
    assert play.outcome == again.outcome
