"""What the official client's methods take beside the usual: every parameter that is sent has its effect."""

from typing import Any

import pytest

from tests.compat.conftest import Client, Sdk
from tests.compat.test_processes import Place
from tests.support.server import Org

DEADLINE = "2031-05-06 12:00:00"


@pytest.fixture
def place(sdk: Client, org: Org) -> Place:
    return Place(sdk, org)


def titles(found: Any) -> list[str]:
    return [task.title for task in found.data]


def one_off(sdk: Client, org: Org, title: str, **more: Any) -> Any:
    return sdk.create_task(org.organization_id, title, DEADLINE, user_ids=[org.user_id], **more)


def test_every_key_of_a_process_task(place: Place) -> None:
    process = place.launch()
    one, _ = place.tasks(process)
    changed = place.sdk.update_task(
        place.org_id,
        process.id,
        one.id,
        title="Check documents",
        summary="<p>All of them.</p>",
        position=2,
        max_assignable=3,
        started_at="2031-05-01 08:00:00",
        deadline=DEADLINE,
        task_type="expiring",
        top_secret=True,
        webhook="https://hooks.partner.example/in/7",
        prevent_guest_comment=True,
        status="in-progress",
    )
    assert (changed.title, changed.summary) == ("Check documents", "<p>All of them.</p>")
    assert (changed.position, changed.max_assignable, changed.task_type) == (2, 3, "expiring")
    assert changed.started_at == "2031-05-01T08:00:00.000Z"
    assert changed.deadline == "2031-05-06T12:00:00.000Z"
    assert (changed.top_secret, changed.prevent_guest_comment) == (True, True)
    assert (changed.webhook, changed.status) == ("https://hooks.partner.example/in/7", "in-progress")
    assert titles(place.sdk.get_tasks_for_process(place.org_id, process.id)) == ["Approve vendor", "Check documents"]


def test_every_key_of_a_one_off_task(sdk: Client, org: Org) -> None:
    person = org.member()
    fields = [{"label": "Number", "field_type": "text", "required": False}]
    owners = {"users": [org.user_id]}
    body = {"title": "Call", "task_type": "task", "deadline": DEADLINE, "owners": owners, "form_fields": fields}
    made = org.http.post("/tasks?with=form_fields", json=body).json()["data"]
    field = made["form_fields"]["data"][0]["id"]
    changed = sdk.update_standalone_task(
        org.organization_id,
        made["id"],
        title="Ring",
        summary="<p>Twice.</p>",
        deadline="2031-06-06T12:00:00Z",
        owners={"users": [person.user_id], "guests": ["rui@pilots.example"], "groups": []},
        status="in-progress",
        max_assignable=4,
        prevent_guest_comment=True,
        taskdata={field: "42"},
        task_type="approval",
        top_secret=True,
        webhook="https://hooks.partner.example/in/8",
        started_at="2031-05-01 08:00:00",
    )
    assert (changed.title, changed.summary, changed.deadline) == ("Ring", "<p>Twice.</p>", "2031-06-06T12:00:00.000Z")
    assert (changed.owners.users, changed.owners.guests) == ([person.user_id], ["rui@pilots.example"])
    assert (changed.status, changed.max_assignable, changed.task_type) == ("in-progress", 4, "approval")
    assert (changed.taskdata, changed.started_at) == ({field: "42"}, "2031-05-01T08:00:00.000Z")
    assert (changed.top_secret, changed.prevent_guest_comment) == (True, True)
    assert changed.webhook == "https://hooks.partner.example/in/8"
    assert sdk.get_standalone_task(org.organization_id, made["id"]).owners.users == [person.user_id]


def test_a_one_off_task_for_guests_and_groups_is_approved_in_somebodys_name(sdk: Client, org: Org) -> None:
    person = org.member()
    group = sdk.create_group(org.organization_id, "Customs desk", members=[person.user_id])
    made = sdk.create_task(
        org.organization_id,
        "Sign",
        DEADLINE,
        user_ids=[person.user_id],
        guest_emails=["rui@pilots.example"],
        group_ids=[group.id],
        description="<p>In ink.</p>",
        task_type="approval",
        max_assignable=5,
        prevent_guest_comment=True,
    )
    assert (made.owners.users, made.owners.guests, made.owners.groups) == (
        [person.user_id],
        ["rui@pilots.example"],
        [group.id],
    )
    assert (made.summary, made.task_type, made.max_assignable) == ("<p>In ink.</p>", "approval", 5)
    assert made.prevent_guest_comment is True
    done = sdk.complete_standalone_task(org.organization_id, made.id, is_approved=False, override_user=person.user_id)
    assert (done.status, done.is_approved, done.completer_id) == ("completed", False, person.user_id)


def test_pages_orders_and_states_of_a_persons_tasks(sdk: Client, org: Org) -> None:
    first, second = one_off(sdk, org, "First"), one_off(sdk, org, "Second")
    sdk.update_standalone_task(org.organization_id, second.id, deadline="2030-05-06 12:00:00")
    third = one_off(sdk, org, "Third")
    sdk.complete_standalone_task(org.organization_id, third.id)
    page = sdk.get_my_tasks(org.organization_id, page=2, per_page=2)
    assert (titles(page), page.meta.current_page, page.meta.total) == (["First"], 2, 3)
    assert titles(sdk.get_my_tasks(org.organization_id, status="active")) == ["Second", "First"]
    page = sdk.tasks.get_user_tasks(
        org.organization_id, org.user_id, page=1, per_page=1, sort_by="deadline", status="active"
    )
    assert (titles(page), page.meta.total_pages) == (["Second"], 2)
    assert titles(sdk.tasks.get_user_tasks(org.organization_id, org.user_id, status="completed")) == ["Third"]
    for task in (first, second):
        owners = {"users": [org.user_id], "guests": ["rui@pilots.example"]}
        sdk.update_standalone_task(org.organization_id, task.id, owners=owners)
    guest = sdk.get_guest(org.organization_id, "rui@pilots.example")
    page = sdk.get_guest_tasks(org.organization_id, guest.guest_id, page=2, per_page=1, sort_by="deadline")
    assert (titles(page), page.meta.total) == (["First"], 2)
    assert titles(sdk.get_guest_tasks(org.organization_id, guest.guest_id, status="completed")) == []


def test_processes_under_their_other_name(place: Place) -> None:
    place.launch("Atlantic")
    place.launch("Baltic")
    found = place.sdk.tasks.get_organization_processes(
        place.org_id, starred=False, status="active", checklist_id=place.template, sort="-name", per_page=1, page=2
    )
    assert [process.name for process in found.data] == ["Atlantic"]


def test_members_with_groups_and_guests_with_figures(sdk: Client, org: Org) -> None:
    group = sdk.create_group(org.organization_id, "Customs desk", members=[org.user_id])
    sdk.create_guest(org.organization_id, "rui@pilots.example", "Rui", "Gomes")
    found = sdk.users.get_all_organization_members(org.organization_id, with_groups=True, with_stats=True)
    (me,) = found["users"].data
    assert [entry["id"] for entry in me.extra["groups"]["data"]] == [group.id]
    (guest,) = found["guests"].data
    assert guest.extra["stats"]["assigned_tasks"] == 0


def test_invitations_with_defaults_and_words_of_their_own(sdk: Client, org: Org) -> None:
    person = {"email": "one@pilots.example", "first_name": "Ana", "last_name": "Um"}
    other = {"email": "two@pilots.example", "first_name": "Bia", "last_name": "Dois", "role": "light"}
    invited = sdk.users.invite_multiple_users(
        org.organization_id, [person, other], default_role="standard", default_message="Welcome aboard."
    )
    assert [(user.role, user.status) for user in invited] == [("standard", "invited"), ("light", "invited")]
    third = sdk.users.invite_user_with_custom_role_permissions(
        org.organization_id,
        "three@pilots.example",
        "Eva",
        "Tres",
        "admin",
        custom_permissions={"anything": True},
        message="Welcome too.",
    )
    assert (third.email, third.role) == ("three@pilots.example", "admin")


def test_a_guest_is_renamed(sdk: Client, org: Org) -> None:
    sdk.create_guest(org.organization_id, "rui@pilots.example", "Rui", "Gomes")
    told = {"first_name": "Rui", "last_name": "Falcao", "company_name": "Pilot Services"}
    changed = sdk.update_guest(org.organization_id, "rui@pilots.example", **told)
    assert (changed.first_name, changed.last_name) == ("Rui", "Falcao")
    assert changed.extra["details"]["company_name"] if "details" in changed.extra else changed.details.company_name


def test_templates_of_a_folder(sdk: Client, org: Org) -> None:
    folder = sdk.create_folder(org.organization_id, "Suppliers")
    inside = sdk.create_template(org.organization_id, "Inside")
    sdk.create_template(org.organization_id, "Outside")
    org.http.put(f"/checklists/{inside.id}", json={"folder_id": folder.id}).raise_for_status()
    found = sdk.templates.get_all_templates(org.organization_id, folder=folder.id)
    assert [template.title for template in found.data] == ["Inside"]


def test_a_field_moves_to_a_place_in_another_step(place: Place) -> None:
    label = {"field_type": "text", "required": False}
    moved = place.sdk.add_form_field_to_step(place.org_id, place.template, place.one, {"label": "Moved", **label})
    for name in ("A", "B"):
        place.sdk.add_form_field_to_step(place.org_id, place.template, place.two, {"label": name, **label})
    done = place.sdk.move_form_field(place.org_id, place.template, place.one, moved.id, place.two, position=2)
    assert done is True
    step = place.sdk.form_fields.get_step(place.org_id, place.template, place.two)
    assert [field.label for field in step.captures] == ["B", "Moved", "A"]


def test_issues_and_comments_with_all_their_words(sdk: Client, sdk_of: Sdk, org: Org) -> None:
    task = one_off(sdk, org, "Call")
    issue = sdk.report_task_issue(org.organization_id, task.id, "Stuck")
    assert sdk.threads.resolve_task_issues(org.organization_id, task.id, issue.id, content="Free again", state="open")
    comment = sdk.threads.add_task_comment(org.organization_id, task.id, "Hm", label="comment", sent_to=[org.user_id])
    changed = sdk.threads.update_task_comment(
        org.organization_id, task.id, comment.id, "Aha", state="open", label="comment", sent_to=[org.user_id]
    )
    assert (changed.id, changed.content) == (comment.id, "Aha")
    said = [entry.content for entry in sdk.get_standalone_task_comments(org.organization_id, task.id)]
    assert {"Aha", "Free again"} <= set(said)


def test_tags_by_title_and_kind(place: Place) -> None:
    for title in ("urgent", "later"):
        place.sdk.create_tag(place.org_id, title)
    found = place.sdk.tags.get_tags(place.org_id, page=1, per_page=1, q="urg", sort="title", auto_generated=False)
    assert [tag.title for tag in found] == ["urgent"]
    process = place.launch()
    assert place.sdk.tags.tag_process(place.org_id, process.id, found[0].id, tag_type="private") is True
    assert place.sdk.get_process(place.org_id, process.id, with_="tags").tags


def test_a_group_is_described(sdk: Client, org: Org) -> None:
    group = sdk.create_group(org.organization_id, "Customs desk")
    changed = sdk.update_group(org.organization_id, group.id, description="Clears import declarations")
    assert (changed.name, changed.description) == ("Customs desk", "Clears import declarations")
    (listed,) = sdk.groups.get_groups(org.organization_id, with_data="users")
    assert (listed.id, listed.description) == (group.id, changed.description)
