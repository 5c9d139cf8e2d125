"""Tasks that launch processes, or bring steps in, over the API: engine 3.7 and 3.9."""

from typing import Any

from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.reliability.remembered import forget_all, misremembered
from tests.support.server import Org, Person


def launching(org: Org, target: dict[str, Any], *, within: bool, **more: Any) -> dict[str, Any]:
    """A template of two steps, the first of which launches the target."""
    following = {"id": target["id"], "tasks_within_process": within, **more.pop("following", {})}
    steps = [{"title": "Sign", "bp_to_launch": following, **more.pop("step", {})}, {"title": "File"}]
    return template(org, title="Contract", steps=steps, **more)


def complete(org: Person, process: dict[str, Any], title: str, status: int = 200, **body: Any) -> dict[str, Any]:
    (task,) = (task for task in process["tasks"] if task["title"] == title)
    return made(
        org.client().post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"], **body}), status
    )


def children(org: Org, process: dict[str, Any]) -> list[dict[str, Any]]:
    answer = org.client().get(f"/x/runs/{process['id']}/children?with=tasks,form_fields,ko_form_fields")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def read(org: Org, process: dict[str, Any]) -> dict[str, Any]:
    found = made(org.client().get(f"/runs/{process['id']}?with=tasks.step,form_fields,children,stages"), 200)
    found["tasks"] = found["tasks"]["data"]
    return found


def test_a_completed_task_launches_a_process_of_its_own(org: Org) -> None:
    target = template(
        org, title="Onboarding", prerun=[{"id": "v", "label": "Vendor", "field_type": "text", "required": False}]
    )
    vendor = target["prerun"][0]["id"]
    source = launching(
        org,
        target,
        within=False,
        prerun=[{"id": "n", "label": "Name", "field_type": "text", "required": True}],
    )
    alias = source["prerun"][0]["alias"]
    step = source["steps"]["data"][0]
    following = {
        "id": target["id"],
        "tasks_within_process": False,
        "default_name_format": f"{{{{TEMPLATE_NAME}}}} of {{{{{alias}}}}}",
        "fields": {vendor: f"{{{{{alias}}}}}"},
    }
    changed = made(
        org.client().put(f"/checklists/{source['id']}/steps/{step['id']}", json={"bp_to_launch": following}), 200
    )
    assert changed["bp_to_launch"] == following
    process = launched(org, source, prerun={source["prerun"][0]["id"]: "Nordwind"})
    done = complete(org, process, "Sign")
    assert done["status"] == "completed"
    (child,) = children(org, process)
    assert child["name"] == "Onboarding of Nordwind"
    assert child["prerun"] == {vendor: "Nordwind"}
    assert child["parent_id"] == process["id"]
    assert child["parent_task_id"] == done["id"]
    assert child["started_by"] == child["owner_id"] == org.user_id
    assert [task["title"] for task in child["tasks"]["data"]] == ["Step 1", "Step 2"]
    assert read(org, process)["children"]["data"][0]["id"] == child["id"]
    said = [line.description for line in lines(org)]
    assert "Launched a process on completion of task: Sign" in said
    assert "Launched process: Onboarding of Nordwind" in said
    listed = org.client().get(f"/runs?parent_id={process['id']}").json()["data"]
    assert [one["id"] for one in listed] == [child["id"]]
    assert made(org.client().get(f"/checklists/{target['id']}"), 200)["started_processes"] == 1


def test_once_for_each_task(org: Org) -> None:
    process = launched(org, launching(org, template(org), within=False))
    done = complete(org, process, "Sign")
    made(org.client().delete(f"/runs/{process['id']}/completed-tasks/{done['id']}"), 200)
    complete(org, process, "Sign")
    assert len(children(org, process)) == 1
    assert "Launched nothing on completion of task: Sign" in [line.description for line in lines(org)]


def test_steps_come_into_the_process_with_all_that_is_theirs(org: Org) -> None:
    target = template(
        org,
        title="Checks",
        steps=[
            {
                "title": "Check",
                "summary": "<p>Look closely.</p>",
                "captures": [{"label": "Result", "field_type": "text", "required": True}],
            },
            {"title": "Report"},
        ],
    )
    process = launched(org, launching(org, target, within=True))
    complete(org, process, "Sign")
    assert misremembered(org.server) == []
    org.server.run(forget_all)
    found = read(org, process)
    assert [task["title"] for task in found["tasks"]] == ["Sign", "Check", "Report", "File"]
    assert found["progress"] == {"complete": 1, "total": 4, "percent": 25}
    check = found["tasks"][1]
    alone = made(org.client().get(f"/runs/{process['id']}/tasks/{check['id']}"), 200)
    assert alone["summary"] == "<p>Look closely.</p>"
    assert check["step"]["data"]["title"] == "Check"
    assert check["checklist_id"] == target["id"]
    (field,) = found["form_fields"]["data"]
    assert (field["label"], field["task_id"]) == ("Result", check["id"])
    refused = org.client().post(f"/runs/{process['id']}/completed-tasks", json={"task_id": check["id"]})
    assert list(refused.json()["errors"]) == [f"taskdata.{field['id']}"]
    found["tasks"] = [task for task in found["tasks"] if task["title"] == "Check"]
    complete(org, found, "Check", taskdata={field["id"]: "fine"})
    export = made(org.client().post(f"/runs/{process['id']}/export"), 200)
    assert [entry["value"] for entry in export["form_fields"]] == ["fine"]
    mine = org.client().get("/me/tasks?with=form_fields").json()["data"]
    assert {task["title"] for task in mine} == {"Report", "File"}


def test_the_version_that_came_in_stays_whatever_becomes_of_the_template(org: Org) -> None:
    target = template(
        org,
        title="Checks",
        steps=[{"title": "Check", "captures": [{"label": "A", "field_type": "text", "required": False}]}],
    )
    process = launched(org, launching(org, target, within=True))
    complete(org, process, "Sign")
    step = target["steps"]["data"][0]
    made(org.client().put(f"/checklists/{target['id']}/steps/{step['id']}", json={"title": "Other"}), 200)
    assert org.client().delete(f"/checklists/{target['id']}").status_code == 200
    org.client().delete(f"/checklists/{target['id']}/delete")
    org.server.run(forget_all)
    found = read(org, process)
    assert [entry["label"] for entry in found["form_fields"]["data"]] == ["A"]
    assert found["tasks"][1]["step"]["data"]["title"] == "Check"


def test_the_target_has_to_be_launchable_when_it_is_named(org: Org) -> None:
    asking = template(org, prerun=[{"id": "n", "label": "Name", "field_type": "text", "required": True}])
    document = template(org, type="document", plain_steps=0)
    for target, word in ((asking, "Name"), (document, "document")):
        body = {"title": "T", "type": "procedure", "steps": [{"title": "S", "bp_to_launch": {"id": target["id"]}}]}
        answer = org.client().post("/checklists", json=body)
        assert answer.status_code == 422
        assert word in answer.json()["errors"]["steps.0.bp_to_launch.id"][0]


def test_a_target_that_asks_for_answers_later_launches_nothing_and_the_task_is_complete(org: Org) -> None:
    target = template(org)
    process = launched(org, launching(org, target, within=False))
    asking = [{"label": "Name", "field_type": "text", "required": True}]
    made(org.client().put(f"/checklists/{target['id']}", json={"prerun": asking}), 200)
    assert complete(org, process, "Sign")["status"] == "completed"
    assert children(org, process) == []
    assert "Launched nothing on completion of task: Sign" in [line.description for line in lines(org)]


def test_an_archived_target_launches_nothing(org: Org) -> None:
    target = template(org)
    process = launched(org, launching(org, target, within=True))
    assert org.client().delete(f"/checklists/{target['id']}").status_code == 200
    complete(org, process, "Sign")
    assert [task["title"] for task in read(org, process)["tasks"]] == ["Sign", "File"]


def test_the_last_signature_launches(org: Org) -> None:
    ann = org.member()
    both = {"assignees": [org.user_id, ann.user_id], "everyone_must_complete": True}
    process = launched(org, launching(org, template(org), within=True, step=both))
    complete(org, process, "Sign")
    assert len(read(org, process)["tasks"]) == 2
    complete(ann, process, "Sign")
    assert len(read(org, process)["tasks"]) == 4


def test_templates_that_launch_each_other_go_on_only_as_people_do(org: Org) -> None:
    a = template(org, title="A", plain_steps=1)
    b = launching(org, a, within=False)
    step = a["steps"]["data"][0]
    body = {"bp_to_launch": {"id": b["id"], "tasks_within_process": False}}
    made(org.client().put(f"/checklists/{a['id']}/steps/{step['id']}", json=body), 200)
    process = launched(org, a)
    complete(org, process, "Step 1")
    (second,) = children(org, process)
    second["tasks"] = second["tasks"]["data"]
    complete(org, second, "Sign")
    (third,) = children(org, second)
    assert third["checklist_id"] == a["id"]
    assert children(org, third) == []


def test_children_are_seen_by_those_who_may_see_them(org: Org) -> None:
    process = launched(org, launching(org, template(org, title="Inner"), within=False))
    complete(org, process, "Sign")
    stranger = org.member("light")
    assert stranger.client().get(f"/x/runs/{process['id']}/children").status_code == 404


def test_a_process_without_such_steps_is_completed_as_before(org: Org) -> None:
    process = launched(org, template(org))
    complete(org, process, "Step 1")
    assert children(org, process) == []
    assert lines(org)[-1].description == "Completed task: Step 1"
