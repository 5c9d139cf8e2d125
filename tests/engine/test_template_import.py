"""Importing and exporting definitions, and their wire names."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.definition import StepDeadline
from handrail.engine.portable import export_definition, field_to_wire, rule_to_wire, stage_to_wire, step_to_wire
from handrail.engine.template_import import import_definition
from handrail.engine.values import AnyPeople
from handrail.kernel.errors import Errors
from tests.engine.sample_definition import NOW, OTHER_TEMPLATE, TAG, imported, sample, sample_definition, without_ids
from tests.engine.soundness import assert_sound


class Nobody:
    """An organization that knows no one of the file."""

    def has_member(self, user_id: int) -> bool:
        return False

    def has_group(self, group_id: str) -> bool:
        return False


def test_references_of_the_file_lead_to_new_ids() -> None:
    result = imported(sample())
    definition, ids = result.definition, result.ids
    assert_sound(definition)
    assert [step.id for step in definition.steps] == [ids["s1"], ids["s2"], ids["s3"]]
    assert definition.steps[0].stage_id == ids["g1"]
    assert definition.steps[1].deadline == StepDeadline(value=2, unit="days", option="from", step=ids["s1"])
    assert definition.rules[0].conditions[1].conditionable_id == ids["k3"]
    assert definition.rules[0].actions[1].actionable_id == ids["k2"]
    assert definition.rules[1].actions[0].actionable_id == ids["f3"]
    assert result.left_out == ()


def test_aliases_of_the_file_are_kept_when_they_can_be() -> None:
    data = sample()
    data["prerun"][1]["alias"] = "vendor-name"
    data["prerun"][2]["alias"] = "DATE"
    data["prerun"][3]["alias"] = "modes & more"
    data["steps"][1]["title"] = "{{modes & more}} of {{vendor-name}} on {{DATE}}"
    result = imported(data)
    kickoff = result.definition.kickoff
    assert kickoff[0].alias == "vendor-name"
    assert kickoff[1].alias == f"start-{kickoff[1].alias[-6:]}"
    assert kickoff[2].alias.startswith("region-")
    assert result.aliases == {"modes & more": kickoff[3].alias}
    assert result.definition.steps[1].title == f"{{{{{kickoff[3].alias}}}}} of {{{{vendor-name}}}} on {{{{DATE}}}}"
    assert_sound(result.definition)


def test_people_tags_and_templates_that_are_not_known_here_are_left_out() -> None:
    data = sample()
    assign = {
        "action_type": "assignment",
        "action_verb": "assign",
        "target_step_id": "s2",
        "assignees": {"users": [40822]},
    }
    data["automated_actions"][0]["then_actions"].append(assign)
    data["automated_actions"].append({**data["automated_actions"][1], "id": "r3", "then_actions": [assign]})
    result = imported(data, people=Nobody(), known_tags=set(), known_templates=set())
    step = result.definition.steps[0]
    assert (step.owners.users, step.owners.groups, step.tags) == ((), (), ())
    assert step.owners.guests == ("rui@pilots.example",)
    assert result.definition.steps[2].next_launch is None
    assert [len(rule.actions) for rule in result.definition.rules] == [2, 3]
    assert any("40817" in note for note in result.left_out)
    assert any("left out" in note for note in result.left_out)
    kept = imported(sample(), known_tags={TAG}, known_templates={OTHER_TEMPLATE})
    assert kept.left_out == ()


def test_decision_58_a_limit_that_is_exceeded_already_is_lifted() -> None:
    data = sample()
    for limit, expected in ((1, 0), (3, 0), (4, 4)):
        data["steps"][0]["max_assignable"] = limit
        assert imported(data).definition.steps[0].max_assignable == expected


def test_lists_may_come_as_includes_and_stages_may_be_missing() -> None:
    data = sample()
    del data["stages"]
    data["steps"] = {"data": data["steps"]}
    data["steps"]["data"][0]["captures"] = {"data": data["steps"]["data"][0]["captures"]}
    result = imported(data)
    assert len(result.definition.steps[0].fields) == 4
    assert {step.stage_id for step in result.definition.steps} == {None}


def test_positions_order_the_parts() -> None:
    data = sample()
    for position, step in enumerate(reversed(data["steps"]), start=1):
        step["position"] = position
    assert imported(data).definition.steps[0].title == "Pay"


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        (("prerun", 2, "options"), [], "prerun.2.options"),
        (("steps", 0, "captures", 1, "columns"), None, "steps.0.captures.1.columns"),
        (("steps", 1, "title"), "", "steps.1.title"),
        (("steps", 1, "deadline", "step"), "s9", "steps.1.deadline.step"),
        (("steps", 1, "deadline", "step"), ["s1"], "steps.1.deadline.step"),
        (("steps", 1, "stage_id"), "g9", "steps.1.stage_id"),
        (("steps", 1, "id"), "s1", "steps.1.id"),
        (("steps", 0, "guests"), ["nobody"], "steps.0.guests.0"),
        (("stages", 1, "title"), None, "stages.1.title"),
        (("automated_actions", 1, "then_actions", 0, "target_step_id"), "s9", None),
        (("automated_actions", 0, "conditions", 1, "conditionable_id"), "f1", None),
        (("automated_actions", 0, "then_actions"), [], "automated_actions.0.then_actions"),
        (("steps",), "none", "steps"),
        (("steps", 2), 5, "steps.2"),
    ],
)
def test_errors_have_full_paths(path: tuple[Any, ...], value: Any, error: str | None) -> None:
    data: Any = sample()
    part = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    errors = Errors()
    assert import_definition(data, people=AnyPeople(), errors=errors, now=NOW) is None
    assert error or ".".join(str(key) for key in path) in errors.found


def test_6_4_deadlines_in_a_circle_are_refused_once() -> None:
    data = sample()
    data["steps"][0]["deadline"] = {"value": 1, "unit": "days", "step": "s3"}
    errors = Errors()
    assert import_definition(data, people=AnyPeople(), errors=errors, now=NOW) is None
    assert list(errors.found) == ["steps.0.deadline.step"]


def test_export_import_export_is_the_same_up_to_ids() -> None:
    first = export_definition(sample_definition())
    second = export_definition(imported(first, now=NOW + 5).definition)
    assert without_ids(first) == without_ids(second)
    assert "checklist_id" not in str(first)


def test_an_empty_file_is_an_empty_definition() -> None:
    assert export_definition(imported({"title": "x"}).definition) == {
        "prerun": [],
        "stages": [],
        "steps": [],
        "automated_actions": [],
    }


def test_wire_names_of_all_parts() -> None:
    definition = sample_definition()
    step = step_to_wire(definition.steps[1], 2, checklist_id="c")
    assert (step["position"], step["checklist_id"], step["settings"]) == (2, "c", {"hide_by_default": True})
    assert step["start_date"] == {"value": 1, "unit": "day"}
    assert step["bp_to_launch"] == {"id": None, "default_name_format": None, "tasks_within_process": True}
    first = step_to_wire(definition.steps[0], 1)
    assert first["start_date"] == {"value": 0, "unit": "days"}
    assert first["deadline"] is None
    assert [capture["position"] for capture in first["captures"]] == [1, 2, 3, 4]
    assert {capture["step_id"] for capture in first["captures"]} == {definition.steps[0].id}
    field = field_to_wire(definition.kickoff[0], 1, checklist_id="c")
    assert field["checklist_id"] == "c"
    assert "step_id" not in field
    assert field["created_at"] == field["last_updated"] == "2027-01-15T08:00:00.000Z"
    assert stage_to_wire(definition.stages[0], 1, checklist_id="c")["title"] == "Prepare"
    rule = rule_to_wire(definition.rules[0])
    assert [condition["position"] for condition in rule["conditions"]] == [1, 2]
    assert rule["then_actions"][0]["assignees"] == {"users": [], "guests": [], "groups": []}


# ----------------------------------------------------------------------------------------------------- properties

ATOMS = st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=4) | st.sampled_from(["s1", "k1", "g1", "f1"])
KEYS = st.sampled_from(["id", "title", "data", "step", "alias", "label", "text", "users", "conditionable_id"])
JSON = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


def places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a decoded file."""
    found = [path] if path else []
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, inner in entries:
        found += places(inner, (*path, key))
    return found


PLACES = places(sample())


@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=4))
def test_a_damaged_file_is_imported_soundly_or_explained(damages: list[tuple[tuple[Any, ...], Any]]) -> None:
    data: Any = sample()
    for path, value in damages:
        part = data
        with suppress(KeyError, IndexError, TypeError):
            for key in path[:-1]:
                part = part[key]
            if isinstance(part, dict) == isinstance(path[-1], str):
                part[path[-1]] = value
    errors = Errors()
    result = import_definition(data, people=AnyPeople(), errors=errors, now=NOW)
    assert (result is None) == bool(errors)
    if result is not None:
        assert_sound(result.definition)
        first = export_definition(result.definition)
        assert without_ids(first) == without_ids(export_definition(imported(first).definition))
