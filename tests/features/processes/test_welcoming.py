"""The template that is launched for new members (engine 3.8)."""

from typing import Any

import pytest

from handrail.kernel.ids import new_id
from tests.features.builders import made, template
from tests.features.feed import lines
from tests.features.members.test_invitations import accept, invited, token_of
from tests.support.server import Org


def welcome(org: Org, checklist: dict[str, Any], **more: Any) -> None:
    body = {"onboarding_template_id": checklist["id"], "enable_onboarding_template": True, **more}
    made(org.http.put("", json=body), 200)


def arrived(org: Org) -> tuple[int, str]:
    """Somebody new, and their token."""
    user = invited(org, email=f"new.{new_id()}@quay.example")
    answer = accept(org.server, token_of(user))
    assert answer.status_code == 200, answer.text
    return user["id"], answer.json()["data"]["access_token"]


def runs(org: Org, checklist: dict[str, Any]) -> list[dict[str, Any]]:
    found: Any = made(org.http.get(f"/runs?checklist_id={checklist['id']}&with=tasks,tags"), 200)
    return found


def test_launched_for_who_accepts(org: Org) -> None:
    steps = [{"title": "Read the handbook"}, {"title": "Order a laptop", "assignees": [org.user_id]}]
    checklist = template(org, steps=steps)
    welcome(org, checklist)
    user_id, token = arrived(org)
    (run,) = runs(org, checklist)
    assert (run["started_by"], run["owner_id"]) == (user_id, user_id)
    tasks = run["tasks"]["data"]
    assert [task["owners"]["users"] for task in tasks] == [[user_id], [org.user_id]]
    assert [tag["title"] for tag in run["tags"]["data"]] == ["onboarding"]
    mine: Any = made(org.client(token).get("/me/tasks"), 200)
    assert [task["title"] for task in mine] == ["Read the handbook"]
    arrived(org)
    assert len({run["tags"]["data"][0]["tag_id"] for run in runs(org, checklist)}) == 1


def test_only_where_it_is_wanted(org: Org) -> None:
    checklist = template(org)
    welcome(org, checklist, enable_onboarding_template=False)
    arrived(org)
    assert runs(org, checklist) == []


UNFIT = [
    ({"prerun": [{"label": "Why", "field_type": "text", "required": True}]}, "asks for Why"),
    ({"steps": []}, "has no steps"),
]


@pytest.mark.parametrize(("body", "reason"), UNFIT)
def test_nobody_is_kept_out_by_a_template(org: Org, body: dict[str, Any], reason: str) -> None:
    checklist = template(org)
    welcome(org, checklist)
    if "steps" in body:
        for step in checklist["steps"]["data"]:
            assert org.http.delete(f"/checklists/{checklist['id']}/steps/{step['id']}").is_success
    else:
        made(org.http.put(f"/checklists/{checklist['id']}", json={"title": "Hello", **body}), 200)
    arrived(org)
    assert runs(org, checklist) == []
    (said,) = [line.description for line in lines(org) if "was not launched" in line.description]
    assert reason in said


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        *UNFIT,
        ({"type": "form", "steps": []}, "procedure"),
        ({"dual_version_enabled": True}, "never published"),
    ],
)
def test_what_cannot_be_launched_cannot_be_chosen(org: Org, body: dict[str, Any], reason: str) -> None:
    checklist = template(org, **body)
    answer = org.http.put("", json={"onboarding_template_id": checklist["id"]})
    assert answer.status_code == 422, answer.text
    assert reason in answer.json()["errors"]["onboarding_template_id"][0]


@pytest.mark.parametrize("ending", ["completed", "archived"])
def test_the_tag_of_the_machine_goes_when_the_process_ends(org: Org, ending: str) -> None:
    checklist = template(org, plain_steps=1)
    welcome(org, checklist)
    arrived(org)
    (run,) = runs(org, checklist)
    mine = made(org.http.post("/tags", json={"title": "Mine"}))["id"]
    (machine,) = [tag["tag_id"] for tag in run["tags"]["data"]]
    made(org.http.put(f"/runs/{run['id']}", json={"tags": [machine, mine]}), 200)
    if ending == "completed":
        body = {"task_id": run["tasks"]["data"][0]["id"]}
        made(org.http.post(f"/runs/{run['id']}/completed-tasks", json=body), 200)
    else:
        made(org.http.delete(f"/runs/{run['id']}"), 200)
    left = made(org.http.get(f"/runs/{run['id']}?with=tags"), 200)["tags"]["data"]
    assert [tag["title"] for tag in left] == ["Mine"]


def test_archived(org: Org) -> None:
    checklist = template(org)
    welcome(org, checklist)
    assert org.http.delete(f"/checklists/{checklist['id']}").status_code == 200
    arrived(org)
    assert any("archived" in line.description for line in lines(org) if "was not launched" in line.description)
