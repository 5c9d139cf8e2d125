"""When an empty answer counts: not before the field was saved or its task completed (engine 5.3, decision 30)."""

import pytest

from handrail.engine.definition import Step
from handrail.engine.launch import TaskOverride
from tests.engine.builders import field, rule, step, template, then, when
from tests.engine.rules.play import Play

NEGATIVE = ("not_equals", "not_contains", "is_empty")
POSITIVE = ("equals", "contains", "equals_any", "greater_than", "less_than", "is_not_empty")


def asking(operation: str, *, asked: Step | None = None) -> Play:
    steps = (asked or step("a", fields=(field("f"), field("other"))), step("target"))
    return Play(template(*steps, rules=(rule("r", when("field:f", operation, "x"), then("show", "target")),)))


@pytest.mark.parametrize("operation", NEGATIVE)
class TestNegative:
    def test_not_before_anybody_touched_it(self, operation: str) -> None:
        play = asking(operation)
        assert play.hidden == {"target"}
        assert play.save("a", other="y").hidden == {"target"}
        assert play.edit("a", status="in-progress").hidden == {"target"}

    def test_once_it_was_saved_even_if_empty(self, operation: str) -> None:
        assert asking(operation).save("a", f="").visible == {"a", "target"}
        assert asking(operation).save("a", f=None).visible == {"a", "target"}

    def test_once_the_task_is_completed(self, operation: str) -> None:
        assert asking(operation).complete("a").visible == {"a", "target"}

    def test_a_reopened_task_does_not_go_back_to_never_filled(self, operation: str) -> None:
        rules = (rule("r", [when("field:f", operation, "x"), when("step:a", "reopened")], then("show", "target")),)
        made = template(step("a", fields=(field("f"),)), step("target"), rules=rules)
        assert Play(made).complete("a").hidden == {"target"}
        assert Play(made).complete("a").reopen("a").visible == {"a", "target"}

    def test_of_a_kick_off_form_from_the_launch(self, operation: str) -> None:
        rules = (rule("r", when("kickoff:k", operation, "x"), then("show", "target")),)
        made = template(step("a"), step("target"), kickoff=(field("k"),), rules=rules)
        assert Play(made).visible == {"a", "target"}


@pytest.mark.parametrize("operation", POSITIVE)
def test_positive_operations_are_false_on_what_is_empty(operation: str) -> None:
    assert asking(operation).save("a", f="").hidden == {"target"}
    assert asking(operation).complete("a").hidden == {"target"}


def test_a_default_is_an_answer_from_the_beginning() -> None:
    asked = step("a", fields=(field("f", default_value="y", default_value_enabled=True),))
    assert asking("not_equals", asked=asked).visible == {"a", "target"}
    assert asking("is_not_empty", asked=asked).visible == {"a", "target"}
    assert asking("is_empty", asked=asked).hidden == {"target"}
    assert asking("is_empty", asked=asked).save("a", f="").visible == {"a", "target"}


def test_an_answer_given_with_the_launch_counts_like_one_that_was_saved() -> None:
    play = asking("not_equals")
    assert play.hidden == {"target"}
    again = Play(play.template, launch={"tasks": {"a": TaskOverride(values={"f": ""})}})
    assert again.visible == {"a", "target"}
