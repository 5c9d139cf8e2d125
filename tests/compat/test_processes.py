"""Processes, through the official client."""

from typing import Any

import pytest
from tallyfy import TallyfyError, TallyfyPayloadError

from tests.compat.conftest import Client, Sdk, said
from tests.compat.test_templates import KICK_OFF, template
from tests.support.server import Org


class Place:
    """A template with a kick-off form and two steps."""

    def __init__(self, sdk: Client, org: Org) -> None:
        self.sdk = sdk
        self.org_id = org.organization_id
        self.template = template(sdk, org, "Collect documents", "Approve vendor")
        form = sdk.update_template_metadata(self.org_id, self.template, prerun=KICK_OFF).prerun
        self.name, self.region = (field.id for field in form)
        self.one, self.two = (step.id for step in sdk.get_template_steps(self.org_id, self.template))
        self.answers: dict[str, Any] = {self.name: "Atlantic Pilots", self.region: {"id": 2, "text": "EU"}}

    def launch(self, name: str = "Atlantic", **more: Any) -> Any:
        return self.sdk.launch_process(self.org_id, self.template, name, **{"prerun": self.answers, **more})

    def tasks(self, process: Any, **more: Any) -> list[Any]:
        return self.sdk.get_tasks_for_process(self.org_id, process.id, **more).data


@pytest.fixture
def place(sdk: Client, org: Org) -> Place:
    return Place(sdk, org)


def test_launch(place: Place, org: Org) -> None:
    process = place.launch(summary="Third carrier", is_public=False, assign_someone_else=True)
    assert (process.name, process.summary, process.status) == ("Atlantic", "Third carrier", "active")
    assert (process.checklist_id, process.checklist_title) == (place.template, "Vendor intake")
    assert process.owner_id == process.started_by == org.user_id
    assert process.prerun == place.answers
    assert process.prerun_length == 2
    assert process.assign_someone_else is True
    assert (process.progress.complete, process.progress.total, process.progress.percent) == (0, 2, 0)
    assert process.whole_progress.total == 2
    assert process.increment_id > 0
    assert process.started_at.endswith("Z")
    assert process.extra["users"] == process.extra["groups"] == []
    read = place.sdk.get_process(place.org_id, process.id)
    assert read.prerun == place.answers
    assert read.id == process.id


def test_launch_for_somebody_else_with_tasks_of_their_own(place: Place, org: Org) -> None:
    owner, worker = org.member(), org.member()
    process = place.launch(
        owner_id=owner.user_id,
        users=[worker.user_id],
        tasks={
            place.two: {
                "deadline": "2031-05-06 12:00:00",
                "owners": {"users": [str(worker.user_id)], "guests": [], "groups": []},
                "max_assignable": 1,
            }
        },
    )
    assert process.owner_id == owner.user_id
    assert process.extra["users"] == [worker.user_id]
    one, two = place.tasks(process)
    assert two.owners.users == [worker.user_id]
    assert two.deadline == "2031-05-06T12:00:00.000Z"
    assert two.max_assignable == 1
    assert one.owners.users == [org.user_id], "a step without assignees belongs to who launched"


def test_required_answers_are_asked_for(place: Place) -> None:
    with pytest.raises(TallyfyError) as failure:
        place.launch(prerun={})
    assert failure.value.status_code == 422
    errors = said(failure)["errors"]
    assert list(errors) == [f"prerun.{place.name}"]
    assert errors[f"prerun.{place.name}"][0].startswith("Vendor name is required")
    with pytest.raises(TallyfyPayloadError):
        place.launch(prerun=[{place.name: "x"}])
    assert place.sdk.get_organization_runs(place.org_id).count == 0


def test_wrong_answers_are_refused(place: Place) -> None:
    for wrong in ("EU", {"id": 1, "text": "EU"}, [{"id": 2, "text": "EU"}]):
        with pytest.raises(TallyfyError) as failure:
            place.launch(prerun={place.name: "x", place.region: wrong})
        assert failure.value.status_code == 422
        assert f"prerun.{place.region}" in said(failure)["errors"]


def test_unknown_template_cannot_be_launched(place: Place) -> None:
    with pytest.raises(TallyfyError) as failure:
        place.sdk.launch_process(place.org_id, "0" * 32, "Nothing")
    assert failure.value.status_code in (404, 422)


def test_list(place: Place, org: Org) -> None:
    names = ["Atlantic", "Baltic", "Caspian"]
    for name in names:
        place.launch(name)
    found = place.sdk.get_organization_runs(place.org_id)
    assert sorted(process.name for process in found.data) == names
    assert found.count == found.meta.total == 3
    by_name = place.sdk.get_organization_runs(place.org_id, sort="-created_at", per_page=2)
    assert (len(by_name.data), by_name.meta.total_pages) == (2, 2)
    assert place.sdk.tasks.get_organization_processes(place.org_id, page=2, per_page=2).meta.count == 1
    for filters, count in (
        ({"status": "active"}, 3),
        ({"status": "complete"}, 0),
        ({"status": "nonsense"}, 3),
        ({"checklist_id": place.template}, 3),
        ({"checklist_id": "0" * 32}, 0),
        ({"owners": str(org.user_id)}, 3),
        ({"owners": str(org.member().user_id)}, 0),
        ({"starred": True}, 0),
        ({"run_type": "procedure"}, 3),
        ({"run_type": "document"}, 0),
    ):
        assert place.sdk.get_organization_runs(place.org_id, **filters).count == count, filters


def test_includes_of_the_list(place: Place) -> None:
    place.launch()
    (process,) = place.sdk.get_organization_runs(
        place.org_id, with_data="checklist,tasks,tags,assets,next_task,tasks_meta", form_fields_values=True
    ).data
    assert process.extra["checklist"]["data"]["id"] == place.template
    assert [task["title"] for task in process.extra["tasks"]["data"]] == ["Collect documents", "Approve vendor"]
    assert process.tags == {"data": []}
    assert len(process.extra["next_task"]["data"]) == 1
    assert process.extra["tasks_meta"]["data"]["total"] == 2


def test_includes_of_one(place: Place) -> None:
    process = place.launch()
    read = place.sdk.get_process(
        place.org_id, process.id, with_="checklist,tasks,ko_form_fields,form_fields,stages,folders,permissions"
    )
    fields = read.extra["ko_form_fields"]["data"]
    assert {field["id"]: field["field_value"] for field in fields} == place.answers
    assert read.extra["form_fields"] == {"data": []}
    assert read.extra["stages"] == {"data": []}
    assert read.extra["folders"] == {"data": []}


def test_change(place: Place) -> None:
    process = place.launch()
    changed = place.sdk.update_process(place.org_id, process.id, name="Baltic", summary="Short", starred=True)
    assert (changed.name, changed.summary, changed.starred) == ("Baltic", "Short", True)
    assert changed.prerun == place.answers
    again = place.sdk.update_process(place.org_id, process.id, starred=False)
    assert (again.name, again.starred) == ("Baltic", False)


def test_archive_and_back(place: Place) -> None:
    process = place.launch()
    assert place.sdk.archive_process(place.org_id, process.id) is True
    assert place.sdk.get_organization_runs(place.org_id).count == 0
    archived = place.sdk.get_organization_runs(place.org_id, archived="only")
    assert [entry.id for entry in archived.data] == [process.id]
    read = place.sdk.get_process(place.org_id, process.id)
    assert read.status == "archived"
    assert read.archived_at is not None
    back = place.sdk.reactivate_process(place.org_id, process.id)
    assert (back.id, back.status, back.archived_at) == (process.id, "active", None)
    assert place.sdk.get_organization_runs(place.org_id).count == 1


def test_kick_off_form_is_completed_and_reopened(place: Place) -> None:
    process = place.launch()
    assert place.sdk.reopen_kickoff_form(place.org_id, process.id) is True
    reopened = place.sdk.get_process(place.org_id, process.id)
    assert reopened.prerun_completed_at is None
    assert reopened.prerun == place.answers
    assert place.sdk.complete_kickoff_form(place.org_id, process.id) is True
    completed = place.sdk.get_process(place.org_id, process.id)
    assert completed.prerun_completed_at is not None
    assert completed.prerun_completed_by == completed.owner_id


def test_rules_act(place: Place) -> None:
    rule = {
        "automated_alias": "Only for the EU",
        "conditions": [
            {
                "conditionable_id": place.region,
                "conditionable_type": "Prerun",
                "operation": "equals",
                "statement": "UK",
                "logic": "and",
            }
        ],
        "then_actions": [{"action_type": "visibility", "action_verb": "hide", "target_step_id": place.two}],
    }
    place.sdk.create_automation_rule(place.org_id, place.template, rule)
    in_the_eu = place.launch()
    in_the_uk = place.launch(prerun={place.name: "x", place.region: {"id": 1, "text": "UK"}})
    assert [task.status for task in place.tasks(in_the_eu)] == ["not-started", "not-started"]
    assert [task.status for task in place.tasks(in_the_uk)] == ["not-started", "auto-skipped"]
    read = place.sdk.get_process(place.org_id, in_the_uk.id)
    assert (read.progress.total, read.whole_progress.total) == (1, 2)


def test_stranger_does_not_see_it(place: Place, org: Org, sdk_of: Sdk) -> None:
    process = place.launch()
    with pytest.raises(TallyfyError) as failure:
        sdk_of(org.member("light")).get_process(org.organization_id, process.id)
    assert failure.value.status_code in (403, 404)
    with pytest.raises(TallyfyError) as unknown:
        place.sdk.get_process(place.org_id, "0" * 32)
    assert unknown.value.status_code == 404
