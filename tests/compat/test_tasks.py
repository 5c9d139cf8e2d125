"""Tasks of processes, one-off tasks, and lists of tasks, through the official client."""

from typing import Any

import pytest
from tallyfy import TallyfyError, models

from tests.compat.conftest import Client, Sdk, said
from tests.compat.test_processes import Place
from tests.support.server import Org

DEADLINE = "2031-05-06 12:00:00"


@pytest.fixture
def place(sdk: Client, org: Org) -> Place:
    return Place(sdk, org)


def test_tasks_of_a_process(place: Place, org: Org) -> None:
    process = place.launch()
    found = place.sdk.tasks.get_tasks_for_process(place.org_id, process.id)
    assert found.count == found.meta.total == 2
    one, two = found.data
    assert [task.title for task in (one, two)] == ["Collect documents", "Approve vendor"]
    assert [task.position for task in (one, two)] == [1, 2]
    assert (one.run_id, one.checklist_id, one.step_id) == (process.id, place.template, place.one)
    assert (one.status, one.task_type, one.is_oneoff_task) == ("not-started", "task", False)
    assert one.owners.users == [org.user_id]
    assert one.owners.guests == one.owners.groups == one.owners.task_urls == []
    assert one.original_title == "Collect documents"
    assert one.increment_id != two.increment_id
    whole = place.sdk.get_tasks_for_process(place.org_id, process.id, without_pagination="true")
    assert (len(whole.data), whole.meta) == (2, None)


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"status": "complete"}, ["Collect documents"]),
        ({"status": "incomplete"}, ["Approve vendor"]),
        ({"status": "not-started"}, ["Approve vendor"]),
        ({"status": "overdue"}, []),
        ({"sort": "-position"}, ["Approve vendor", "Collect documents"]),
        ({"unassigned": True}, []),
        ({"per_page": 1, "page": 2, "without_pagination": "false"}, ["Approve vendor"]),
        ({"deadline_start_range": "2031-05-01", "deadline_end_range": "2031-05-31"}, ["Approve vendor"]),
    ],
)
def test_filters(place: Place, filters: dict[str, Any], titles: list[str]) -> None:
    process = place.launch(tasks={place.two: {"deadline": DEADLINE}})
    one, _ = place.tasks(process)
    place.sdk.complete_task(place.org_id, process.id, one.id)
    assert [task.title for task in place.tasks(process, **filters)] == titles


def test_one_task_with_includes(place: Place) -> None:
    field = place.sdk.add_form_field_to_step(
        place.org_id, place.template, place.one, {"label": "Tax number", "field_type": "text", "required": False}
    )
    process = place.launch()
    one, _ = place.tasks(process)
    task = place.sdk.get_task(
        place.org_id, process.id, one.id, with_="run,run.checklist,step,form_fields,threads,summary"
    )
    assert (task.id, task.run.id, task.step.id) == (one.id, process.id, place.one)
    assert [(entry["id"], entry["field_value"]) for entry in task.extra["form_fields"]["data"]] == [(field.id, None)]
    assert task.extra["threads"] == {"data": []}
    assert task.run.extra["checklist"]["data"]["id"] == place.template


def test_change_with_answers(place: Place, org: Org) -> None:
    person = org.member()
    field = place.sdk.add_form_field_to_step(
        place.org_id, place.template, place.one, {"label": "Tax number", "field_type": "text", "required": True}
    )
    process = place.launch()
    one, _ = place.tasks(process)
    changed = place.sdk.update_task(
        place.org_id,
        process.id,
        one.id,
        title="Collect papers",
        summary="<p>All of them</p>",
        deadline=DEADLINE,
        owners={"users": [person.user_id], "guests": [], "groups": []},
        taskdata={field.id: "PT501964843", "0" * 32: "dropped"},
        status="in-progress",
    )
    assert changed.title == changed.original_title == "Collect papers"
    assert changed.summary == "<p>All of them</p>"
    assert changed.deadline == "2031-05-06T12:00:00.000Z"
    assert changed.owners.users == [person.user_id]
    assert changed.taskdata == {field.id: "PT501964843"}
    assert changed.status == "in-progress"
    read = place.sdk.get_task(place.org_id, process.id, one.id)
    assert (read.taskdata, read.title) == ({field.id: "PT501964843"}, "Collect papers")


def test_required_answer_is_needed_to_complete(place: Place) -> None:
    field = place.sdk.add_form_field_to_step(
        place.org_id, place.template, place.one, {"label": "Tax number", "field_type": "text", "required": True}
    )
    process = place.launch()
    one, _ = place.tasks(process)
    with pytest.raises(TallyfyError) as failure:
        place.sdk.complete_task(place.org_id, process.id, one.id)
    assert failure.value.status_code == 422
    assert list(said(failure)["errors"]) == [f"taskdata.{field.id}"]


def test_complete_and_reopen(place: Place, org: Org) -> None:
    person = org.member()
    process = place.launch()
    one, two = place.tasks(process)
    done = place.sdk.complete_task(place.org_id, process.id, one.id)
    assert (done.id, done.status, done.completer_id) == (one.id, "completed", org.user_id)
    assert done.completed_at is not None
    assert done.extra["tasks_changed_by_rules"] == {}
    assert place.sdk.get_process(place.org_id, process.id).progress.percent == 50
    again = place.sdk.complete_task(place.org_id, process.id, one.id)
    assert (again.status, again.completed_at) == ("completed", done.completed_at)
    place.sdk.complete_task(place.org_id, process.id, two.id, override_user=person.user_id)
    assert place.sdk.get_task(place.org_id, process.id, two.id).completer_id == person.user_id
    assert place.sdk.get_process(place.org_id, process.id).status == "complete"
    reopened = place.sdk.reopen_task(place.org_id, process.id, one.id)
    assert (reopened.status, reopened.completed_at, reopened.completer_id) == ("in-progress", None, None)
    assert place.sdk.get_process(place.org_id, process.id).status == "active"


def test_approval(place: Place) -> None:
    step = place.sdk.add_step_to_template(place.org_id, place.template, {"title": "Sign", "step_type": "approval"})
    process = place.launch()
    task = next(task for task in place.tasks(process) if task.step_id == step["id"])
    with pytest.raises(TallyfyError) as failure:
        place.sdk.complete_task(place.org_id, process.id, task.id)
    assert failure.value.status_code == 422
    assert list(said(failure)["errors"]) == ["is_approved"]
    done = place.sdk.complete_task(place.org_id, process.id, task.id, is_approved=False)
    assert (done.is_approved, done.status_label) == (False, "rejected")


def test_one_off_task(org: Org, sdk: Client) -> None:
    person = org.member()
    made = sdk.create_task(
        org.organization_id,
        "Call the port",
        DEADLINE,
        user_ids=[person.user_id],
        description="<p>Ask for berth 4.</p>",
        max_assignable=2,
        prevent_guest_comment=True,
    )
    assert (made.title, made.task_type, made.status) == ("Call the port", "task", "not-started")
    assert made.summary == "<p>Ask for berth 4.</p>"
    assert made.deadline == "2031-05-06T12:00:00.000Z"
    assert made.owners.users == [person.user_id]
    assert (made.is_oneoff_task, made.run_id, made.checklist_id) == (True, None, None)
    assert (made.max_assignable, made.prevent_guest_comment, made.is_soft_start_date) == (2, True, True)
    read = sdk.get_standalone_task(org.organization_id, made.id)
    assert (read.id, read.summary, read.starter_id) == (made.id, made.summary, org.user_id)


@pytest.mark.parametrize("task_type", ["task", "approval", "expiring", "email", "expiring_email"])
def test_one_off_task_of_each_type(org: Org, sdk: Client, task_type: str) -> None:
    owners = models.TaskOwners.from_dict({"users": [org.user_id]})
    made = sdk.create_task(org.organization_id, "Call", "2031-05-06T12:00:00Z", owners=owners, task_type=task_type)
    assert made.task_type == task_type
    assert made.deadline == "2031-05-06T12:00:00.000Z"


def test_one_off_task_for_a_member_who_does_not_exist(org: Org, sdk: Client) -> None:
    with pytest.raises(TallyfyError) as failure:
        sdk.create_task(org.organization_id, "Call", DEADLINE, user_ids=[999_999_999])
    assert failure.value.status_code == 422
    assert any(path.startswith("owners") for path in said(failure)["errors"])


def test_change_a_one_off_task(org: Org, sdk: Client) -> None:
    made = sdk.create_task(org.organization_id, "Call", DEADLINE, user_ids=[org.user_id])
    changed = sdk.update_standalone_task(
        org.organization_id,
        made.id,
        title="Write",
        summary="<p>x</p>",
        started_at="2031-05-01 08:00:00",
        deadline="2031-05-07 12:00:00",
        max_assignable=3,
        webhook="https://hooks.example/task",
    )
    assert (changed.title, changed.summary, changed.max_assignable) == ("Write", "<p>x</p>", 3)
    assert changed.started_at == "2031-05-01T08:00:00.000Z"
    assert changed.deadline == "2031-05-07T12:00:00.000Z"
    assert changed.webhook == "https://hooks.example/task"
    assert changed.owners.users == [org.user_id]
    only_title = sdk.update_standalone_task(org.organization_id, made.id, title="Call back")
    assert (only_title.title, only_title.deadline) == ("Call back", changed.deadline)


def test_complete_reopen_and_delete_a_one_off_task(org: Org, sdk: Client) -> None:
    made = sdk.create_task(org.organization_id, "Call", DEADLINE, user_ids=[org.user_id])
    done = sdk.complete_standalone_task(org.organization_id, made.id)
    assert (done.status, done.completer_id) == ("completed", org.user_id)
    reopened = sdk.reopen_standalone_task(org.organization_id, made.id)
    assert (reopened.status, reopened.completed_at) == ("in-progress", None)
    assert sdk.delete_standalone_task(org.organization_id, made.id) is True
    assert sdk.get_my_tasks(org.organization_id).count == 0


def test_my_tasks(place: Place, org: Org, sdk_of: Sdk) -> None:
    person = org.member()
    theirs = sdk_of(person)
    process = place.launch(tasks={place.two: {"owners": {"users": [person.user_id], "guests": [], "groups": []}}})
    errand = place.sdk.create_task(place.org_id, "Call", DEADLINE, user_ids=[person.user_id])
    found = theirs.get_my_tasks(place.org_id)
    assert {task.title for task in found.data} == {"Approve vendor", "Call"}
    assert found.count == found.meta.total == 2
    theirs.complete_standalone_task(place.org_id, errand.id)
    assert theirs.tasks.get_my_tasks(place.org_id, status="completed").count == 1
    assert theirs.tasks.get_my_tasks(place.org_id, status="active").count == 1
    assert theirs.tasks.get_my_tasks(place.org_id, per_page=1).meta.total_pages == 2
    assert {task.run_id for task in theirs.get_my_tasks(place.org_id).data} == {process.id, None}


def test_tasks_of_a_member(place: Place, org: Org) -> None:
    person = org.member()
    process = place.launch(tasks={place.one: {"owners": {"users": [person.user_id], "guests": [], "groups": []}}})
    found = place.sdk.get_user_tasks(place.org_id, person.user_id)
    (task,) = found.data
    assert (task.title, task.run.id, task.step.id) == ("Collect documents", process.id, place.one)
    assert task.extra["threads_count"] == 0
    assert task.extra["tags"] == {"data": []}
    assert task.extra["folders"] == {"data": []}
    assert task.extra["member_watchers"] == {"data": []}
    empty = place.sdk.tasks.get_user_tasks(place.org_id, person.user_id, status="completed", sort_by="deadline")
    assert (empty.data, empty.count) == ([], 0)
