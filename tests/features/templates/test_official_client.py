"""Templates through the official Python client, unchanged but for the base address."""

import pytest
from tallyfy import TallyfyError, TallyfySDK

from tests.support.server import Org


@pytest.fixture
def sdk(org: Org) -> TallyfySDK:
    """The client, as the organization's administrator."""
    return TallyfySDK(org.token, f"{org.server.url}/api", retry_delay=0.01)


def test_a_template_from_first_to_last(org: Org, sdk: TallyfySDK) -> None:
    here = org.organization_id
    helper = org.member()
    made = sdk.templates.create_template(here, "Vendor intake")
    assert made is not None
    step = sdk.templates.add_step_to_template(here, made.id, {"title": "Collect documents", "step_type": "task"})
    other = sdk.templates.add_step_to_template(here, made.id, {"title": "Approve", "step_type": "approval"})
    copy = sdk.templates.clone_step(here, made.id, step["id"])
    sdk.templates.reorder_step(here, made.id, copy["id"], 1)
    sdk.templates.edit_description_on_step(here, made.id, step["id"], "<p>Ask for the licence.</p>")
    sdk.templates.add_assignees_to_step(here, made.id, step["id"], [helper.user_id], ["rui@pilots.example"])
    titles = [one.title for one in sdk.templates.get_template_steps(here, made.id)]
    assert titles == ["Collect documents - Copy", "Collect documents", "Approve"]
    renamed = sdk.templates.update_template_metadata(here, made.id, title="Supplier intake", summary="New")
    assert renamed is not None
    assert renamed.title == "Supplier intake"
    shown = sdk.templates.get_template_with_steps(here, made.id)
    assert shown is not None
    duplicate = sdk.templates.duplicate_template(here, made.id, "Second", here)
    assert duplicate is not None
    assert duplicate.title == "Second"
    assert {one.title for one in sdk.templates.get_all_templates(here).data} == {"Supplier intake", "Second"}
    found = sdk.templates.get_template(here, template_id=made.id)
    assert found is not None
    assert found.created_by == org.user_id
    assert sdk.templates.delete_step(here, made.id, other["id"])
    assert sdk.templates.delete_template_with_references(here, made.id)
    with pytest.raises(TallyfyError) as refused:
        sdk.templates.get_template(here, template_id=made.id)
    assert refused.value.status_code == 404


def test_form_fields(org: Org, sdk: TallyfySDK) -> None:
    here = org.organization_id
    template = sdk.templates.create_template(here, "Vendor intake")
    assert template is not None
    first, second = (
        sdk.templates.add_step_to_template(here, template.id, {"title": title})["id"] for title in ("One", "Two")
    )
    options = [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}]
    region = sdk.form_fields.add_form_field_to_step(
        here, template.id, first, {"label": "Region", "field_type": "dropdown", "options": options, "position": 1}
    )
    name = sdk.form_fields.add_form_field_to_step(here, template.id, first, {"label": "Name", "field_type": "text"})
    assert region is not None
    assert name is not None
    sdk.form_fields.update_dropdown_options(here, template.id, first, region.id, ["UK", "EU", "US"])
    sdk.form_fields.add_dropdown_option(here, template.id, first, region.id, "Asia")
    texts = sdk.form_fields.get_dropdown_options(here, template.id, first, region.id)
    assert texts == ["UK", "EU", "US", "Asia"]
    changed = sdk.form_fields.update_form_field(here, template.id, first, name.id, label="Full name")
    assert changed is not None
    assert changed.label == "Full name"
    order = [{"capture_id": name.id, "position": 1}, {"capture_id": region.id, "position": 2}]
    sdk.form_fields.reorder_form_fields(here, template.id, first, order)
    step = sdk.form_fields.get_step(here, template.id, first)
    assert step is not None
    assert [capture.label for capture in step.captures] == ["Full name", "Region"]
    assert sdk.form_fields.move_form_field(here, template.id, first, name.id, second)
    assert sdk.form_fields.delete_form_field(here, template.id, second, name.id)
    assert len(sdk.templates.get_kickoff_form_fields(here, template.id)) == 0


def test_rules(org: Org, sdk: TallyfySDK) -> None:
    here = org.organization_id
    template = sdk.templates.create_template(here, "Vendor intake")
    assert template is not None
    one, two = (
        sdk.templates.add_step_to_template(here, template.id, {"title": title})["id"] for title in ("One", "Two")
    )
    data = {
        "automated_alias": "Show two",
        "conditions": [
            {"conditionable_id": one, "conditionable_type": "Step", "operation": "completed", "statement": "any_time"}
        ],
        "then_actions": [{"action_type": "visibility", "action_verb": "show", "target_step_id": two}],
    }
    rule = sdk.templates.create_automation_rule(here, template.id, data)
    changed = sdk.templates.update_automation_rule(here, template.id, rule["id"], {"automated_alias": "Renamed"})
    assert changed["automated_alias"] == "Renamed"
    assert changed["conditions"][0]["id"] == rule["conditions"][0]["id"]
    summary = sdk.templates.get_step_visibility_conditions(here, template.id, two)
    assert summary["behavior_analysis"]["total_rules"] == 1
    sdk.templates.delete_automation_rule(here, template.id, rule["id"])
    read = sdk.templates.get_template(here, template_id=template.id)
    assert read is not None
    assert read.automated_actions == []
