"""Assignment actions: four verbs, people read from fields, guests, limits (engine 5.6, 7.5; decisions 33, 45, 58)."""

from typing import Any

import pytest

from handrail.engine.assignment import Group
from handrail.engine.definition import NOBODY, Action, Owners
from tests.engine.builders import Directory, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

G, MAIL = "a" * 32, "g@x.example"
GROUP = Group(id=G, members=(3, 4), guests=(MAIL,))
MIXED = Owners(users=(3, 4), guests=(MAIL,), groups=(G,))


def after(
    action: Action, *, owners: Owners = NOBODY, directory: Directory | None = None, answer: Any = None, **settings: Any
) -> Play:
    """What the action makes of a task with these owners, launched by 2; `answer` is in the field `who`."""
    made = template(
        step("a", owners=owners, **settings),
        kickoff=(field("k"), field("who", "assignees_form")),
        rules=(rule("r", when("kickoff:k", "is_not_empty"), action),),
    )
    play = Play(made, directory=directory or Directory(GROUP), launch={"kickoff": {"who": answer}})
    return play.answer(k="x")


@pytest.mark.parametrize(
    ("verb", "named", "expected"),
    [
        ("assign", users(5), {3, 4, MAIL, G, 5}),
        ("assign", users(3, 5, 5), {3, 4, MAIL, G, 5}),
        ("assign", Owners(guests=("h@x.example",)), {3, 4, MAIL, G, "h@x.example"}),
        ("assign_only", users(5), {5}),
        ("assign_only", Owners(groups=(G,)), {G}),
        ("unassign", users(3), {4, MAIL, G}),
        ("unassign", Owners(users=(3, 9), groups=(G,)), {4, MAIL}),
        ("unassign", MIXED, set[str]()),
        ("clear_assignees", NOBODY, set[str]()),
    ],
)
def test_the_four_verbs(verb: str, named: Owners, expected: set[int | str]) -> None:
    play = after(then(verb, "a", assignees=named), owners=MIXED)
    assert play.owners("a") == expected
    assert play.changed == ["a"]


@pytest.mark.parametrize(
    ("verb", "named"), [("assign", users(3)), ("assign_only", users(4, 3)), ("unassign", users(9))]
)
def test_what_changes_nothing_is_no_effect(verb: str, named: Owners) -> None:
    play = after(then(verb, "a", assignees=named), owners=users(3, 4))
    assert (play.changed, play.applied, play.told("task.owners_changed")) == ([], [], [])


def test_there_is_no_launcher_fallback_outside_of_the_launch() -> None:
    assert after(then("clear_assignees", "a")).owners("a") == set()
    assert after(then("unassign", "a", assignees=users(2))).owners("a") == set()


def test_new_owners_are_told_and_the_rule_with_them() -> None:
    play = after(then("assign_only", "a", assignees=users(3, 5)), owners=users(3, 4))
    assert play.told("task.assigned", "owners", "rule") == [(users(5), "r", "a")]
    assert play.told("task.owners_changed", "added", "removed", "rule") == [(users(5), users(4), "r", "a")]
    made = play.template
    hidden = Play(made, directory=Directory(GROUP)).toggle("a", visible=False).answer(k="x")
    assert (hidden.owners("a"), hidden.told("task.assigned")) == ({3, 5}, [])


# ---------------------------------------------------------------------------------------------- people from a field


@pytest.mark.parametrize(
    ("verb", "answer", "own", "expected"),
    [
        ("assign_only", {"users": [7]}, users(5), {7}),
        ("assign_only", {"users": [], "guests": [], "groups": []}, users(5), {5}),
        ("assign_only", None, users(5), {5}),
        ("assign_only", None, NOBODY, {3}),
        ("assign", {"users": [7], "groups": [G]}, NOBODY, {3, 7, G}),
        ("assign", None, NOBODY, {3}),
        ("unassign", {"users": [3]}, users(9), set[str]()),
        ("unassign", None, users(3), set[str]()),
        ("assign", {"guests": ["New@X.example"]}, NOBODY, {3, "new@x.example"}),
    ],
)
def test_people_come_from_the_field_or_else_from_the_action(
    verb: str, answer: Any, own: Owners, expected: set[int | str]
) -> None:
    play = after(then(verb, "a", "kickoff:who", assignees=own), owners=users(3), answer=answer)
    assert play.owners("a") == expected


# ------------------------------------------------------------------------------------------------ who is not there


def test_disabled_people_and_deleted_groups_are_skipped() -> None:
    gone = Directory(inactive=(5, MAIL))
    named = Owners(users=(5, 6), guests=(MAIL, "h@x.example"), groups=(G,))
    assert after(then("assign", "a", assignees=named), owners=users(3), directory=gone).owners("a") == {
        3,
        6,
        "h@x.example",
    }
    nobody = Owners(users=(5,), guests=(MAIL,), groups=(G,))
    for verb in ("assign", "assign_only"):
        play = after(then(verb, "a", assignees=nobody), owners=users(3), directory=gone)
        assert (play.owners("a"), play.changed) == ({3}, [])


def test_who_left_can_still_be_taken_off() -> None:
    made = after(then("unassign", "a", assignees=users(3)), owners=users(3, 4)).template
    play = Play(made, directory=Directory(GROUP))
    play.directory.inactive.add(3)
    assert play.answer(k="x").owners("a") == {4}


def test_guests_stay_away_from_steps_that_take_none() -> None:
    named = Owners(users=(5,), guests=(MAIL,))
    play = after(then("assign_only", "a", assignees=named), owners=users(3), allow_guest_owners=False)
    assert play.owners("a") == {5}
    play = after(then("assign_only", "a", assignees=Owners(guests=(MAIL,))), owners=users(3), allow_guest_owners=False)
    assert (play.owners("a"), play.changed) == ({3}, [])


# -------------------------------------------------------------------------------------------- guests need a member


def test_guests_alone_get_the_launcher_who_only_watches() -> None:
    play = after(then("assign_only", "a", assignees=Owners(guests=(MAIL,))), owners=users(3))
    assert (play.owners("a"), play.task("a").watch_only) == ({MAIL, 2}, 2)
    play = after(
        then("unassign", "a", assignees=users(3)), owners=Owners(users=(3,), guests=(MAIL,)), directory=Directory()
    )
    assert (play.owners("a"), play.task("a").watch_only) == ({MAIL, 2}, 2)


def test_where_the_launcher_left_it_is_the_default_administrator() -> None:
    made = after(then("assign_only", "a", assignees=Owners(guests=(MAIL,))), owners=users(3)).template
    play = Play(made)
    play.directory.inactive.add(2)
    play.answer(k="x")
    assert (play.owners("a"), play.task("a").watch_only) == ({MAIL, 1}, 1)


def test_the_watching_member_stays_beside_new_people_and_goes_with_the_guests() -> None:
    guest = Owners(guests=(MAIL,))
    play = after(then("assign", "a", assignees=users(5)), owners=guest)
    assert (play.owners("a"), play.task("a").watch_only) == ({MAIL, 2, 5}, 2)
    play = after(then("assign", "a", assignees=users(2)), owners=guest)
    assert (play.owners("a"), play.task("a").watch_only, play.changed) == ({MAIL, 2}, None, ["a"])
    play = after(then("unassign", "a", assignees=guest), owners=guest)
    assert (play.owners("a"), play.task("a").watch_only) == (set(), None)
    play = after(then("unassign", "a", assignees=users(2)), owners=guest)
    assert (play.owners("a"), play.task("a").watch_only, play.changed) == ({MAIL, 2}, 2, [])
    play = after(then("assign_only", "a", assignees=users(2)), owners=guest)
    assert (play.owners("a"), play.task("a").watch_only) == ({2}, None)


# ------------------------------------------------------------------------------------------------------- the limit


@pytest.mark.parametrize("verb", ["assign", "assign_only"])
def test_decision_33_too_many_people_are_not_assigned_but_commented_on(verb: str) -> None:
    play = after(then(verb, "a", assignees=Owners(users=(5, 6), groups=(G,))), owners=users(3), max_assignable=2)
    assert (play.owners("a"), play.changed, play.applied) == ({3}, [], [])
    ((text, _),) = play.told("bot.comment", "text")
    assert text.startswith('The rule "r" did not assign this task. At most 2 people')


def test_the_comment_is_written_once_in_a_command() -> None:
    too_many = then("assign", "a", assignees=users(5, 6))
    rules = (
        rule("1", [when("kickoff:k", "is_not_empty"), when("step:b", "not_assigned", logic="or")], too_many),
        rule("2", when("kickoff:k", "is_not_empty"), then("clear_assignees", "b")),
    )
    made = template(
        step("a", max_assignable=1, assign_run_starter=False), step("b"), kickoff=(field("k"),), rules=rules
    )
    assert len(Play(made).answer(k="x").told("bot.comment")) == 1


def test_decision_58_the_watching_member_does_not_count() -> None:
    play = after(then("assign_only", "a", assignees=Owners(guests=(MAIL,))), owners=users(3), max_assignable=1)
    assert play.owners("a") == {MAIL, 2}
    play = after(then("unassign", "a", assignees=users(3)), owners=users(3, 4), max_assignable=2)
    assert play.owners("a") == {4}


# -------------------------------------------------------------------------------------------------- signed by all


def test_decision_56_taking_off_who_has_not_signed_completes_the_task() -> None:
    rules = (
        rule("1", when("kickoff:k", "is_not_empty"), then("unassign", "a", assignees=users(3))),
        rule("2", when("step:a", "completed"), then("hide", "b")),
    )
    made = template(
        step("a", owners=users(1, 3), everyone_must_complete=True), step("b"), kickoff=(field("k"),), rules=rules
    )
    play = Play(made).complete("a")
    assert not play.task("a").is_done
    play.answer(k="x")
    assert (play.task("a").is_done, play.task("a").completer_id, play.changed) == (True, 1, ["a", "b"])
