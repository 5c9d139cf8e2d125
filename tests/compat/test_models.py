"""The client's models look for keys by name; every one they look for is in our answers, with a fitting type."""

import dataclasses
from typing import Any

import pytest
from tallyfy import models

from tests.compat.conftest import Client
from tests.compat.test_processes import Place
from tests.support.server import Org

DEADLINE = "2031-05-06 12:00:00"


@pytest.fixture
def place(sdk: Client, org: Org) -> Place:
    return Place(sdk, org)


def sought(model: type, *absent: str) -> set[str]:
    """The keys a model looks for, but for those that come with an include only."""
    return {field.name for field in dataclasses.fields(model)} - {"extra", *absent}


def assert_found(model: type, body: dict[str, Any], *absent: str) -> None:
    assert sought(model, *absent) - set(body) == set()


def assert_types(body: dict[str, Any], integers: str = "", texts: str = "", flags: str = "", lists: str = "") -> None:
    for names, kind in ((integers, int), (texts, str), (flags, bool), (lists, list)):
        for name in names.split():
            assert type(body[name]) is kind, f"{name}: {body[name]!r}"


def test_organization(org: Org) -> None:
    body = org.http.get("").json()["data"]
    assert_found(models.Organization, body)
    assert_types(
        body,
        integers="users_count live_support_enabled maximum_group_assignment_limit auto_complete_task_months",
        texts="id name slug timezone created_on created_at last_updated user_role user_status",
        flags="allow_user_invite allow_manage_groups auto_archive auto_complete_tasks wyiwyg",
        lists="team_size cadence_days guest_cadence_days",
    )


def test_user(org: Org) -> None:
    body = org.http.get("/me").json()["data"]
    assert_found(models.User, body, "country")
    assert_types(body, integers="id", texts="email first_name full_name role status", flags="active is_suspended")


def test_template(place: Place, org: Org) -> None:
    body = org.http.get(f"/checklists/{place.template}", params={"with": "steps,tags,linked_tasks"}).json()["data"]
    assert_found(models.Template, body)
    assert_types(
        body,
        integers="increment_id created_by owner_id last_updated_by started_processes steps_count",
        texts="id title alias type created_at last_updated",
        flags="starred is_public is_featured is_public_kickoff is_pinned auto_naming dual_version_enabled",
        lists="prerun automated_actions users groups industry_tags topic_tags",
    )
    assert_found(models.PrerunField, body["prerun"][0])
    assert "label" in body["prerun"][0]


def test_list_elements_carry_what_a_backup_script_removes(place: Place, org: Org) -> None:
    (body,) = org.http.get("/checklists").json()["data"]
    removed = (
        "id owner_id created_by alias steps_count industry_tags topic_tags folder_id kickoff_title "
        "kickoff_description started_processes created_at last_updated archived_at"
    )
    assert set(removed.split()) <= set(body)


def test_step_and_form_field(place: Place, org: Org) -> None:
    field = {"label": "Answer", "field_type": "text", "required": False}
    place.sdk.add_form_field_to_step(place.org_id, place.template, place.one, field)
    step = org.http.get(f"/checklists/{place.template}/steps/{place.one}").json()["data"]
    assert_found(models.Step, step)
    assert_types(step, integers="position max_assignable", texts="id checklist_id title alias step_type")
    assert_types(step, lists="assignees guests groups captures roles tags")
    (capture,) = step["captures"]
    assert_found(models.Capture, capture)
    assert_types(capture, integers="position", texts="id step_id alias label field_type", flags="required")
    assert_types(capture, lists="options columns field_validation")


def test_process(place: Place, org: Org) -> None:
    process = place.launch()
    body = org.http.get(f"/runs/{process.id}", params={"with": "tags"}).json()["data"]
    assert_found(models.Run, body)
    assert_types(
        body,
        integers="increment_id owner_id started_by prerun_length late_tasks",
        texts="id organization_id checklist_id checklist_title name status type created_at started_at last_updated",
        flags="starred is_public assign_someone_else can_add_oot has_open_issue due_date_passed due_soon",
        lists="users groups collaborators publicly_hidden_fields",
    )
    assert type(body["prerun"]) is dict
    for progress in (body["progress"], body["whole_progress"]):
        assert set(progress) == {"complete", "total", "percent"}


def test_task(place: Place, org: Org) -> None:
    process = place.launch()
    one, _ = place.tasks(process)
    body = org.http.get(f"/tasks/{one.id}", params={"with": "step,run"}).json()["data"]
    assert_found(models.Task, body)
    assert_types(
        body,
        integers="increment_id position max_assignable",
        texts="id title original_title name run_id checklist_id step_id alias status status_label task_type run_status",
        flags="is_completable is_oneoff_task everyone_must_complete can_complete_only_assignees problem top_secret",
    )
    assert set(body["owners"]) >= {"users", "guests", "groups", "taskUrls"}
    errand = place.sdk.create_task(place.org_id, "Call", DEADLINE, user_ids=[org.user_id])
    one_off = org.http.get(f"/tasks/{errand.id}").json()["data"]
    assert_found(models.Task, one_off, "step", "run")
    assert one_off["run_id"] is one_off["checklist_id"] is one_off["step_id"] is one_off["linked_step_id"] is None


def test_pagination(place: Place, org: Org) -> None:
    place.launch()
    pagination = org.http.get("/runs").json()["meta"]["pagination"]
    assert_types(pagination, integers="total count per_page current_page total_pages", flags="has_more_pages")
    assert pagination["links"] == {}
    assert_found(models.PaginationMeta, pagination)
