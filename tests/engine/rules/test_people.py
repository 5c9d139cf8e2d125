"""Whom the rules of a process may have to know, so that the shell looks them up before the command."""

from handrail.engine.definition import Owners
from handrail.engine.rules.people import people_of
from tests.engine.builders import compiled, field, rule, step, template, then, users, when
from tests.engine.rules.play import Play

G, MAIL = "a" * 32, "g@x.example"
MADE = template(
    step("a", fields=(field("picked", "assignees_form"), field("unread", "assignees_form"))),
    step("b", owners=Owners(users=(7,), guests=(MAIL,))),
    step("c", owners=Owners(users=(8,), guests=("c@x.example",))),
    kickoff=(field("who", "assignees_form"),),
    rules=(
        rule("1", when("kickoff:who", "is_not_empty"), then("assign_only", "b", "kickoff:who", assignees=users(5))),
        rule("2", when("step:a", "completed"), then("assign", "b", "field:picked")),
        rule("3", when("step:a", "completed"), then("unassign", "b", assignees=Owners(groups=(G,)))),
        rule("4", when("step:a", "completed"), then("hide", "c")),
    ),
)


def test_everybody_an_assignment_may_touch_and_nobody_else() -> None:
    play = Play(MADE, launch={"kickoff": {"who": {"users": []}}})
    play.save("a", picked={"users": [6], "groups": []}, unread={"users": [9]})
    rules = compiled(MADE.definition)
    assert rules is not None
    found = list(people_of(rules, play.process))
    assert {user for owners in found for user in owners.users} == {2, 5, 6, 7}
    assert {guest for owners in found for guest in owners.guests} == {MAIL}
    assert {group for owners in found for group in owners.groups} == {G}


def test_rules_without_assignments_are_about_nobody() -> None:
    made = template(step("a"), step("b"), rules=(rule("r", when("step:a", "completed"), then("hide", "b")),))
    rules = compiled(made.definition)
    assert rules is not None
    assert list(people_of(rules, Play(made).process)) == []
    assert compiled(template(step("a")).definition) is None
