"""Steps and stages from client data: wire 2.8 and 2.12, engine 2.3, 6.1 and 6.4."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.definition import Definition, NextLaunch, Owners, Stage, Step, StepDeadline, StepStart
from handrail.engine.definitions import stage_from, step_from
from handrail.kernel.errors import Errors
from handrail.kernel.ids import new_id

NOW = 1_800_000_000_000
GROUP, TAG, TEMPLATE = "2d9f6a80c7e14b53b8f1049e63ad5c7e", "f1b84e6d2c9a4075a30e8d57b6c1942f", "0f6b" * 8
FIRST = Step(id="a" * 32, alias="first-aaaaaa", title="First")
SECOND = Step(
    id="b" * 32, alias="second-bbbbbb", title="Second", deadline=StepDeadline(value=1, unit="days", step=FIRST.id)
)
STAGE = Stage(id="c" * 32, title="Due diligence")
DEFINITION = Definition(steps=(FIRST, SECOND), stages=(STAGE,))


class Office:
    """Members 40817 and 40822 and one group."""

    def has_member(self, user_id: int) -> bool:
        return user_id in (40817, 40822)

    def has_group(self, group_id: str) -> bool:
        return group_id == GROUP


def made(data: dict[str, Any], current: Step | None = None) -> Step:
    errors = Errors()
    step = step_from(
        data, current=current, definition=DEFINITION, people=Office(), path="", errors=errors, now=NOW, known_tags={TAG}
    )
    assert errors.found == {}
    assert step is not None
    return step


def refused(data: dict[str, Any], current: Step | None = None) -> dict[str, list[str]]:
    errors = Errors()
    step = step_from(
        data,
        current=current,
        definition=DEFINITION,
        people=Office(),
        path="",
        errors=errors,
        now=NOW,
        known_tags={TAG},
        known_templates={TEMPLATE},
    )
    assert step is None
    return errors.found


def test_2_3_defaults_of_a_new_step() -> None:
    step = made({"title": "Collect documents", "alias": "mine", "roles": ["x"], "position": 9, "captures": [{}]})
    assert step.alias == f"collect-documents-{step.id[-6:]}"
    assert step == Step(
        id=step.id, alias=step.alias, title="Collect documents", created_at=NOW, updated_at=NOW, assign_run_starter=True
    )


def test_everything_a_step_can_say() -> None:
    step = made(
        {
            "title": "Sign {{vendor-name}}",
            "summary": '<p>Ask <a href="https://x.example/{{id}}">them</a></p><script>x</script>',
            "step_type": "approval",
            "assignees": [40822, "40817", 40822],
            "guests": ["Rui@Pilots.example "],
            "groups": [GROUP],
            "tags": [TAG, {"id": 5531, "tag_id": TAG}],
            "deadline": {"value": "3", "unit": "day", "option": "prior_to", "step": SECOND.id},
            "start_date": {"value": 2, "unit": "hours"},
            "max_assignable": 4,
            "webhook": "https://erp.example/hook",
            "stage_id": STAGE.id,
            "bp_to_launch": {"id": TEMPLATE, "default_name_format": "{{DATE}}", "tasks_within_process": 0},
            "settings": {"hide_by_default": "1"},
            "everyone_must_complete": "true",
            "allow_guest_owners": 0,
            "assign_run_starter": None,
        }
    )
    assert step.summary == ('<p>Ask <a href="https://x.example/{{id}}" rel="noopener noreferrer nofollow">them</a></p>')
    assert step.step_type == "approval"
    assert step.owners == Owners(users=(40822, 40817), guests=("rui@pilots.example",), groups=(GROUP,))
    assert step.tags == (TAG,)
    assert step.deadline == StepDeadline(value=3, unit="day", option="prior_to", step=SECOND.id)
    assert step.start_date == StepStart(value=2, unit="hours")
    assert step.max_assignable == 4
    assert step.webhook == "https://erp.example/hook"
    assert step.stage_id == STAGE.id
    assert step.next_launch == NextLaunch(id=TEMPLATE, default_name_format="{{DATE}}", tasks_within_process=False)
    assert (step.hide_by_default, step.everyone_must_complete, step.allow_guest_owners) == (True, True, False)
    assert step.assign_run_starter


@pytest.mark.parametrize(
    ("data", "path", "advice"),
    [
        ({}, "title", "required"),
        ({"title": " "}, "title", "required"),
        ({"title": "x" * 601}, "title", "at most 600"),
        ({"title": "A", "step_type": "Task"}, "step_type", "expiring_email"),
        ({"title": "A", "assignees": [1]}, "assignees.0", "member"),
        ({"title": "A", "assignees": "40822"}, "assignees", "a list"),
        ({"title": "A", "guests": ["rui"]}, "guests.0", "e-mail"),
        ({"title": "A", "groups": [GROUP, "x"]}, "groups.1", "group"),
        ({"title": "A", "tags": ["red"]}, "tags.0", "tag"),
        ({"title": "A", "tags": ["0" * 32]}, "tags.0", "tag"),
        ({"title": "A", "deadline": 3}, "deadline", "object or null"),
        ({"title": "A", "deadline": {"unit": "days"}}, "deadline.value", "required"),
        ({"title": "A", "deadline": {"value": -1, "unit": "days"}}, "deadline.value", "from 0"),
        ({"title": "A", "deadline": {"value": 10**9, "unit": "days"}}, "deadline.value", "to 1000000"),
        ({"title": "A", "deadline": {"value": 1}}, "deadline.unit", "minutes, hours"),
        ({"title": "A", "deadline": {"value": 1, "unit": "years"}}, "deadline.unit", "minutes, hours"),
        ({"title": "A", "deadline": {"value": 1, "unit": "days", "option": "before"}}, "deadline.option", "prior_to"),
        ({"title": "A", "deadline": {"value": 1, "unit": "days", "step": "z"}}, "deadline.step", "start_run"),
        (
            {"title": "A", "deadline": {"value": 1, "unit": "days", "option": "prior_to", "step": "start_run"}},
            "deadline.option",
            "another step",
        ),
        ({"title": "A", "deadline": {"value": 1, "unit": "days", "option": "prior_to"}}, "deadline.option", "another"),
        ({"title": "A", "start_date": {"value": 1}}, "start_date.unit", "required"),
        ({"title": "A", "max_assignable": -1}, "max_assignable", "from 0"),
        ({"title": "A", "max_assignable": True}, "max_assignable", "whole number"),
        ({"title": "A", "webhook": "ftp://x"}, "webhook", "http"),
        ({"title": "A", "stage_id": "x"}, "stage_id", "stage of this template"),
        ({"title": "A", "bp_to_launch": {"id": "x"}}, "bp_to_launch.id", "32"),
        ({"title": "A", "bp_to_launch": {"id": "f" * 32}}, "bp_to_launch.id", "of this organization"),
        ({"title": "A", "top_secret": "very"}, "top_secret", "true or false"),
    ],
)
def test_refusals(data: dict[str, Any], path: str, advice: str) -> None:
    found = refused(data)
    assert list(found) == [path]
    assert advice in found[path][0]


def test_decision_1_absent_keys_stay_and_empty_lists_empty() -> None:
    current = made(
        {"title": "A", "assignees": [40822], "guests": ["a@b.example"], "deadline": {"value": 1, "unit": "days"}}
    )
    assert made({"summary": "<p>x</p>"}, current).owners == current.owners
    changed = made({"assignees": [], "deadline": None, "title": "B"}, current)
    assert changed.owners == Owners(guests=("a@b.example",))
    assert (changed.deadline, changed.title, changed.alias) == (None, "B", current.alias)
    assert refused({"title": ""}, current).keys() == {"title"}


def test_a_member_who_left_may_be_echoed_but_not_added() -> None:
    current = Step(id=FIRST.id, alias="x", title="A", owners=Owners(users=(7,)))
    assert made({"assignees": [7, 40822]}, current).owners.users == (7, 40822)
    assert refused({"assignees": [8]}, current).keys() == {"assignees.0"}


def test_decision_84_max_assignable_null_is_unlimited() -> None:
    current = made({"title": "A", "max_assignable": 3})
    assert made({"max_assignable": None}, current).max_assignable == 0


def test_an_empty_next_launch_is_none() -> None:
    echo = {"id": None, "default_name_format": None, "tasks_within_process": True}
    assert made({"title": "A", "bp_to_launch": echo, "deadline": [], "webhook": ""}).next_launch is None


def test_6_4_deadlines_that_wait_for_each_other_are_refused_by_name() -> None:
    found = refused({"deadline": {"value": 1, "unit": "days", "step": SECOND.id}}, FIRST)
    assert found == {
        "deadline.step": ["The deadlines of these steps would wait for each other: First -> Second -> First."]
    }
    assert refused({"deadline": {"value": 1, "unit": "days", "step": FIRST.id}}, FIRST).keys() == {"deadline.step"}


def test_stages() -> None:
    errors = Errors()
    stage = stage_from({"title": "Review"}, current=None, path="", errors=errors, now=NOW)
    assert stage is not None
    renamed = stage_from({"title": "Sign"}, current=stage, path="", errors=errors, now=NOW + 1)
    assert renamed == Stage(id=stage.id, title="Sign", created_at=NOW, updated_at=NOW + 1)
    assert not errors
    assert stage_from({"title": "x" * 251}, current=None, path="stages.0", errors=errors, now=NOW) is None
    assert stage_from({}, current=None, path="stages.1", errors=errors, now=NOW) is None
    assert list(errors.found) == ["stages.0.title", "stages.1.title"]


# ----------------------------------------------------------------------------------------------------- properties

KEYS = {*Step.__struct_fields__, "assignees", "guests", "groups", "captures", "settings", "bp_to_launch"} - {"title"}
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 5)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from([FIRST.id, SECOND.id, STAGE.id, TAG, GROUP, 40822, "days", "from", "prior_to", "start_run"])
)
INNER_KEYS = st.sampled_from(["value", "unit", "option", "step", "id", "tag_id", "hide_by_default"])
JSON = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER_KEYS, inner, max_size=4), max_leaves=8
)
BODIES = st.fixed_dictionaries({"title": st.just("Any") | JSON}, optional=dict.fromkeys(sorted(KEYS), JSON))


@given(st.lists(BODIES, min_size=1, max_size=3))
def test_any_body_makes_a_sound_step_or_says_why_not(bodies: list[dict[str, Any]]) -> None:
    current: Step | None = None
    for body in bodies:
        errors = Errors()
        definition = Definition(steps=(FIRST, SECOND, *([current] if current else [])), stages=(STAGE,))
        step = step_from(body, current=current, definition=definition, people=Office(), path="", errors=errors, now=NOW)
        assert (step is None) == bool(errors)
        if step is None:
            continue
        assert step.title.strip()
        assert step.stage_id in (None, STAGE.id)
        assert step.deadline is None or step.deadline.step in (None, "start_run", FIRST.id, SECOND.id)
        assert current is None or (step.id, step.alias) == (current.id, current.alias)
        current = step


ANCHORS = st.lists(st.integers(0, 7) | st.none(), min_size=8, max_size=8)


@given(ANCHORS)
def test_6_4_whatever_deadlines_are_saved_none_wait_in_a_circle(anchors: list[int | None]) -> None:
    ids = [new_id() for _ in anchors]
    steps = [Step(id=step_id, alias=step_id, title=f"Step {n}") for n, step_id in enumerate(ids)]
    for number, anchor in enumerate(anchors):
        errors = Errors()
        deadline = None if anchor is None else {"value": 1, "unit": "days", "step": ids[anchor]}
        changed = step_from(
            {"deadline": deadline},
            current=steps[number],
            definition=Definition(steps=tuple(steps)),
            people=Office(),
            path="",
            errors=errors,
            now=NOW,
        )
        if changed is not None:
            steps[number] = changed
    by_id = {step.id: step for step in steps}
    for step in steps:
        hops = 0
        while step.deadline is not None and step.deadline.step is not None:
            step = by_id[step.deadline.step]
            hops += 1
            assert hops < len(steps)


def test_units_are_named_whether_one_is_missing_or_wrong() -> None:
    units = "minutes, hours, days, weeks, months (the singular will do)."
    for key in ("deadline", "start_date"):
        told = "The unit is required: one of " + units
        assert refused({"title": "A", key: {"value": 1}}) == {f"{key}.unit": [told]}
        told = "The unit must be one of " + units
        assert refused({"title": "A", key: {"value": 1, "unit": "eons"}}) == {f"{key}.unit": [told]}
