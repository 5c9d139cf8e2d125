"""Templates and their steps, through the official client."""

import pytest
from tallyfy import TallyfyError

from tests.compat.conftest import Client, Sdk, said
from tests.support.server import Org

KICK_OFF = [
    {"label": "Vendor name", "field_type": "text", "required": True, "position": 1},
    {
        "label": "Region",
        "field_type": "dropdown",
        "required": False,
        "position": 2,
        "options": [{"id": 1, "text": "UK"}, {"id": 2, "text": "EU"}],
    },
]


def template(sdk: Client, org: Org, *titles: str) -> str:
    """A template with steps of these titles; its id."""
    made = sdk.create_template(org.organization_id, "Vendor intake")
    assert made is not None
    for title in titles:
        sdk.add_step_to_template(org.organization_id, made.id, {"title": title})
    return made.id


def test_create(org: Org, sdk: Client) -> None:
    made = sdk.create_template(
        org.organization_id,
        "Vendor intake",
        "form",
        summary="<p>Onboard a carrier.</p>",
        guidance="<p>Have the licence ready.</p>",
        icon="ship",
        owner_id=org.user_id,
        starred=True,
        is_public=False,
    )
    assert (made.title, made.type, made.icon) == ("Vendor intake", "form", "ship")
    assert made.summary == "<p>Onboard a carrier.</p>"
    assert made.guidance == "<p>Have the licence ready.</p>"
    assert (made.starred, made.is_public) == (True, False)
    assert made.owner_id == made.created_by == org.user_id
    assert len(made.id) == 32
    assert made.alias
    assert made.prerun == made.automated_actions == []
    assert made.created_at.endswith("Z")


def test_title_is_needed_and_limited(org: Org, sdk: Client) -> None:
    with pytest.raises(TallyfyError) as failure:
        sdk.create_template(org.organization_id, "x" * 251)
    assert failure.value.status_code == 422
    assert list(said(failure)["errors"]) == ["title"]


def test_read_with_steps_rules_and_kick_off_form(org: Org, sdk: Client) -> None:
    made = template(sdk, org, "Collect documents", "Approve vendor")
    sdk.update_template_metadata(org.organization_id, made, title="Vendor intake", prerun=KICK_OFF)
    found = sdk.get_template(org.organization_id, made)
    assert [step.title for step in found.steps] == ["Collect documents", "Approve vendor"]
    assert [step.position for step in found.steps] == [1, 2]
    assert all(step.checklist_id == made for step in found.steps)
    assert [(field.field_type, field.position, field.required) for field in found.prerun] == [
        ("text", 1, True),
        ("dropdown", 2, False),
    ]
    assert [field.extra["label"] for field in found.prerun] == ["Vendor name", "Region"]
    assert [option["text"] for option in found.prerun[1].options] == ["UK", "EU"]
    assert found.users == []
    assert found.groups == []
    assert found.tags == []
    assert found.is_published_state is True
    whole = sdk.get_template_with_steps(org.organization_id, made)
    assert whole["template"].id == made
    assert [step["title"] for step in whole["steps"]["data"]] == ["Collect documents", "Approve vendor"]
    assert whole["prerun_field_count"] == 2
    assert whole["automation_count"] == 0
    assert all(isinstance(step["captures"], list) for step in whole["steps"]["data"])


def test_unknown_template(org: Org, sdk: Client) -> None:
    with pytest.raises(TallyfyError) as failure:
        sdk.get_template(org.organization_id, "0" * 32)
    assert failure.value.status_code == 404


def test_list(org: Org, sdk: Client) -> None:
    for number in range(3):
        sdk.create_template(org.organization_id, f"Template {number}")
    found = sdk.get_all_templates(org.organization_id)
    assert sorted(entry.title for entry in found.data) == ["Template 0", "Template 1", "Template 2"]
    assert found.count == found.meta.total == 3
    page = sdk.templates.get_all_templates(org.organization_id, per_page=2, page=2)
    assert (len(page.data), page.meta.current_page, page.meta.total_pages) == (1, 2, 2)
    assert "page=1" in page.meta.links.prev
    assert page.meta.links.next is None


def test_change(org: Org, sdk: Client) -> None:
    made = template(sdk, org, "One")
    person = org.member()
    changed = sdk.update_template_metadata(
        org.organization_id,
        made,
        title="Carrier intake",
        summary="<p>New</p>",
        kickoff_title="Tell us",
        starred=True,
        users=[person.user_id],
        default_process_name_format="Intake",
        auto_naming=True,
        can_add_oot=False,
    )
    assert (changed.title, changed.summary, changed.kickoff_title) == ("Carrier intake", "<p>New</p>", "Tell us")
    assert (changed.starred, changed.auto_naming) == (True, True)
    assert changed.users == [person.user_id]
    assert changed.default_process_name_format == "Intake"
    assert changed.extra["can_add_oot"] is False
    again = sdk.update_template_metadata(org.organization_id, made, starred=False)
    assert (again.title, again.starred, again.users) == ("Carrier intake", False, [person.user_id])


def test_kick_off_form_is_replaced_as_a_whole(org: Org, sdk: Client) -> None:
    made = template(sdk, org)
    first = sdk.update_template_metadata(org.organization_id, made, prerun=KICK_OFF)
    kept = {"id": first.prerun[1].id, "label": "Area", "field_type": "dropdown", "required": True, "position": 1}
    kept["options"] = first.prerun[1].options
    second = sdk.update_template_metadata(org.organization_id, made, prerun=[kept])
    assert [field.id for field in second.prerun] == [first.prerun[1].id]
    assert second.prerun[0].alias == first.prerun[1].alias
    fields = sdk.get_kickoff_form_fields(org.organization_id, made)
    assert [(field["id"], field["label"], field["required"]) for field in fields] == [(kept["id"], "Area", True)]


def test_duplicate(org: Org, sdk: Client) -> None:
    made = template(sdk, org, "Collect documents")
    sdk.update_template_metadata(org.organization_id, made, prerun=KICK_OFF)
    copy = sdk.duplicate_template(org.organization_id, made, "Copy & paste", org.organization_id)
    assert copy.id != made
    assert copy.title == "Copy & paste"
    found = sdk.get_template(org.organization_id, copy.id)
    assert [step.title for step in found.steps] == ["Collect documents"]
    assert [field.extra["label"] for field in found.prerun] == ["Vendor name", "Region"]
    assert not {field.id for field in found.prerun} & {
        field.id for field in sdk.get_template(org.organization_id, made).prerun
    }


def test_archive(org: Org, sdk: Client) -> None:
    first, second = template(sdk, org), template(sdk, org)
    assert sdk.delete_template(org.organization_id, first) is True
    answer = sdk.delete_template_with_references(org.organization_id, second)
    assert answer["deleted_references"] == []
    assert answer["message"]
    assert sdk.get_all_templates(org.organization_id).count == 0
    with pytest.raises(TallyfyError) as failure:
        sdk.get_template(org.organization_id, first)
    assert failure.value.status_code == 404


def test_steps_beyond_a_page_are_all_there(org: Org, sdk: Client) -> None:
    titles = [f"Step {number:03}" for number in range(105)]
    answer = org.http.post("/checklists", json={"title": "Long", "steps": [{"title": title} for title in titles]})
    steps = sdk.get_template_steps(org.organization_id, answer.json()["data"]["id"])
    assert [step.title for step in steps] == titles
    assert [step.position for step in steps] == list(range(1, 106))


def test_step(org: Org, sdk: Client) -> None:
    made = template(sdk, org)
    person = org.member()
    step = sdk.add_step_to_template(
        org.organization_id,
        made,
        {
            "title": "Approve vendor",
            "summary": "<p>Check the licence.</p>",
            "step_type": "approval",
            "assignees": [person.user_id],
            "guests": ["rui@pilots.example"],
            "deadline": {"value": 3, "unit": "days", "option": "from", "step": "start_run"},
            "start_date": {"value": 1, "unit": "days"},
            "max_assignable": 2,
            "webhook": "https://hooks.example/step",
            "allow_guest_owners": True,
            "everyone_must_complete": True,
            "can_complete_only_assignees": True,
            "prevent_guest_comment": True,
            "assign_run_starter": False,
            "top_secret": False,
        },
    )
    assert (step["title"], step["step_type"], step["position"]) == ("Approve vendor", "approval", 1)
    assert step["summary"] == "<p>Check the licence.</p>"
    assert step["assignees"] == [person.user_id]
    assert step["guests"] == ["rui@pilots.example"]
    assert step["groups"] == []
    assert step["deadline"] == {"value": 3, "unit": "days", "option": "from", "step": "start_run"}
    assert step["start_date"] == {"value": 1, "unit": "days"}
    assert (step["max_assignable"], step["webhook"]) == (2, "https://hooks.example/step")
    assert (
        step["everyone_must_complete"] is step["can_complete_only_assignees"] is step["prevent_guest_comment"] is True
    )
    assert step["assign_run_starter"] is False
    read = sdk.form_fields.get_step(org.organization_id, made, step["id"])
    assert (read.id, read.checklist_id, read.title) == (step["id"], made, "Approve vendor")
    assert (read.deadline.value, read.deadline.unit, read.deadline.step) == (3, "days", "start_run")
    assert read.captures == []


def test_step_without_deadline_has_none(org: Org, sdk: Client) -> None:
    made = template(sdk, org, "One")
    (step,) = sdk.get_template_steps(org.organization_id, made)
    assert step.deadline is None
    assert step.assign_run_starter is True


def test_description_and_assignees_leave_the_rest_alone(org: Org, sdk: Client) -> None:
    made = template(sdk, org)
    one, two = org.member(), org.member()
    step = sdk.add_step_to_template(
        org.organization_id, made, {"title": "One", "assignees": [one.user_id], "guests": ["rui@pilots.example"]}
    )
    described = sdk.edit_description_on_step(org.organization_id, made, step["id"], "<p>How to</p>")
    assert described["summary"] == "<p>How to</p>"
    assert (described["assignees"], described["guests"]) == ([one.user_id], ["rui@pilots.example"])
    assigned = sdk.add_assignees_to_step(
        org.organization_id, made, step["id"], [two.user_id], guests=["ana@pilots.example"]
    )
    assert sorted(assigned["assignees"]) == sorted([one.user_id, two.user_id])
    assert sorted(assigned["guests"]) == ["ana@pilots.example", "rui@pilots.example"]
    assert assigned["summary"] == "<p>How to</p>"


def test_clone_reorder_and_delete_a_step(org: Org, sdk: Client) -> None:
    made = template(sdk, org, "One", "Two", "Three")
    steps = {step.title: step.id for step in sdk.get_template_steps(org.organization_id, made)}
    field = {"field_type": "text", "label": "Answer", "required": False}
    sdk.add_form_field_to_step(org.organization_id, made, steps["One"], field)
    copy = sdk.clone_step(org.organization_id, made, steps["One"])
    assert copy["id"] not in steps.values()
    assert [capture["label"] for capture in copy["captures"]] == ["Answer"]
    moved = sdk.reorder_step(org.organization_id, made, steps["Three"], 1)
    assert (moved["id"], moved["position"]) == (steps["Three"], 1)
    order = [step.id for step in sdk.get_template_steps(org.organization_id, made)]
    assert order[0] == steps["Three"]
    assert len(order) == 4
    assert sdk.delete_step(org.organization_id, made, copy["id"]) is True
    left = [step.id for step in sdk.get_template_steps(org.organization_id, made)]
    assert left == [steps["Three"], steps["One"], steps["Two"]]
    assert [step.position for step in sdk.get_template_steps(org.organization_id, made)] == [1, 2, 3]


def test_members_without_permission_do_not_see_a_template(org: Org, sdk: Client, sdk_of: Sdk) -> None:
    made = template(sdk, org)
    assert org.http.put(f"/checklists/{made}/permissions", json={"permissions": {"READ": []}}).status_code == 200
    with pytest.raises(TallyfyError) as failure:
        sdk_of(org.member("light")).get_template(org.organization_id, made)
    assert failure.value.status_code in (403, 404)
