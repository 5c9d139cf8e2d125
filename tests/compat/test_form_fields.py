"""Form fields of steps, through the official client."""

from typing import Any

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client, said
from tests.compat.test_templates import template
from tests.support.server import Org

OPTIONS = [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}]


class Place:
    """A template with two steps, and short ways to the first one's fields."""

    def __init__(self, sdk: Client, org: Org) -> None:
        self.sdk = sdk
        self.org_id = org.organization_id
        self.template = template(sdk, org, "One", "Two")
        self.one, self.two = (step.id for step in sdk.get_template_steps(self.org_id, self.template))

    def add(self, label: str, field_type: str = "text", **more: Any) -> Any:
        body = {"label": label, "field_type": field_type, "required": False, **more}
        return self.sdk.add_form_field_to_step(self.org_id, self.template, self.one, body)

    def labels(self, step: str) -> list[str]:
        read = self.sdk.form_fields.get_step(self.org_id, self.template, step)
        assert read is not None
        return [capture.label for capture in read.captures]


@pytest.fixture
def place(sdk: Client, org: Org) -> Place:
    return Place(sdk, org)


@pytest.mark.parametrize(
    ("field_type", "more"),
    [
        ("text", {"prefix": "PT", "suffix": "!", "field_validation": ["alpha_num", "max:40"]}),
        ("textarea", {"use_wysiwyg_editor": True}),
        ("email", {}),
        ("date", {"collect_time": True}),
        ("radio", {"options": OPTIONS}),
        ("dropdown", {"options": OPTIONS}),
        ("multiselect", {"options": OPTIONS}),
        ("table", {"columns": [{"id": 1, "label": "Item"}, {"id": 2, "label": "Qty"}]}),
        ("assignees_form", {}),
        ("file", {}),
    ],
)
def test_field_of_each_type(place: Place, field_type: str, more: dict[str, Any]) -> None:
    made = place.add("Answer", field_type, guidance="<p>Help</p>", **more)
    assert (made.label, made.field_type, made.required, made.position) == ("Answer", field_type, False, 1)
    assert made.guidance == "<p>Help</p>"
    assert made.step_id == place.one
    read = place.sdk.form_fields.get_step(place.org_id, place.template, place.one)
    assert read is not None
    (capture,) = read.captures
    assert capture.id == made.id
    assert [option["text"] for option in capture.options] == [option["text"] for option in more.get("options", [])]
    assert [column["label"] for column in capture.columns] == [column["label"] for column in more.get("columns", [])]
    for name in ("prefix", "suffix", "field_validation", "use_wysiwyg_editor", "collect_time"):
        if name in more:
            assert capture.extra[name] == more[name]


def test_unknown_type_is_refused(place: Place) -> None:
    with pytest.raises(TallyfyError) as failure:
        place.add("Answer", "colour")
    assert failure.value.status_code == 422
    assert list(said(failure)["errors"]) == ["field_type"]


def test_choice_without_options_is_refused(place: Place) -> None:
    with pytest.raises(TallyfyError) as failure:
        place.add("Answer", "dropdown")
    assert failure.value.status_code == 422
    assert list(said(failure)["errors"]) == ["options"]


def test_change_keeps_what_is_not_named(place: Place) -> None:
    made = place.add("Answer", "dropdown", options=OPTIONS, guidance="<p>Help</p>")
    changed = place.sdk.update_form_field(place.org_id, place.template, place.one, made.id, label="Region")
    assert (changed.id, changed.label, changed.field_type) == (made.id, "Region", "dropdown")
    assert changed.guidance == "<p>Help</p>"
    assert [option["text"] for option in changed.options] == ["UK", "EU"]
    required = place.sdk.update_form_field(place.org_id, place.template, place.one, made.id, required=True)
    assert (required.required, required.label) == (True, "Region")


def test_move_reorder_and_delete(place: Place) -> None:
    made = {label: place.add(label, position=number) for number, label in enumerate("abc", start=1)}
    assert place.labels(place.one) == ["a", "b", "c"]
    order = [{"id": made["c"].id, "position": 1}, {"capture_id": made["a"].id, "position": 3}]
    assert place.sdk.reorder_form_fields(place.org_id, place.template, place.one, order) is True
    assert place.labels(place.one) == ["c", "b", "a"]
    moved = place.sdk.move_form_field(place.org_id, place.template, place.one, made["b"].id, place.two)
    assert moved is True
    assert (place.labels(place.one), place.labels(place.two)) == (["c", "a"], ["b"])
    assert place.sdk.delete_form_field(place.org_id, place.template, place.one, made["c"].id) is True
    assert place.labels(place.one) == ["a"]


def test_options(place: Place) -> None:
    sdk, at = place.sdk, (place.org_id, place.template, place.one)
    field = place.add("Region", "dropdown", options=OPTIONS).id
    options = sdk.form_fields
    assert sdk.get_dropdown_options(*at, field) == ["UK", "EU"]
    assert sdk.update_dropdown_options(*at, field, ["UK", "EU", "US"]) is True
    assert options.add_dropdown_option(*at, field, "NZ", position=0) is True
    assert sdk.get_dropdown_options(*at, field) == ["NZ", "UK", "EU", "US"]
    assert options.remove_dropdown_option(*at, field, "EU") is True
    assert options.reorder_dropdown_options(*at, field, ["US", "UK", "NZ"]) is True
    assert sdk.get_dropdown_options(*at, field) == ["US", "UK", "NZ"]
    read = options.get_step(*at)
    assert read is not None
    assert [option["id"] for option in read.captures[0].options] == [1, 2, 3]
    assert read.captures[0].label == "Region"


def test_single_field_cannot_be_read(place: Place, org: Org) -> None:
    field = place.add("Answer").id
    answer = org.http.get(f"/checklists/{place.template}/steps/{place.one}/captures/{field}")
    assert answer.status_code == 405
