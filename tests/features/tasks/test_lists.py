"""Lists of tasks: filters, sorts, paging and who sees what (wire 2.16, 2.17, engine 11.1)."""

from typing import Any

import pytest

from tests.features.builders import launched, made, template
from tests.support.server import Org, Person


def titles(person: Person, path: str) -> list[str]:
    answer = person.client().get(path)
    assert answer.status_code == 200, answer.text
    return [task["title"] for task in answer.json()["data"]]


def oneoff(org: Person, title: str, *users: int, **body: Any) -> dict[str, Any]:
    given = {
        "title": title,
        "task_type": "task",
        "deadline": "2031-05-06 10:00:00",
        "owners": {"users": list(users), "guests": [], "groups": []},
        **body,
    }
    return made(org.client().post("/tasks", json=given))


def test_my_open_tasks_the_newest_first(org: Org) -> None:
    helper = org.member()
    for number in range(1, 6):
        oneoff(org, f"T{number}", helper.user_id)
    oneoff(org, "not mine", org.user_id)
    assert titles(helper, "/me/tasks") == ["T5", "T4", "T3", "T2", "T1"]
    assert titles(helper, "/me/tasks?sort=-newest") == ["T1", "T2", "T3", "T4", "T5"]
    answer = helper.client().get("/me/tasks?per_page=2&page=2").json()
    assert [task["title"] for task in answer["data"]] == ["T3", "T2"]
    page = answer["meta"]["pagination"]
    assert (page["total"], page["count"], page["total_pages"], page["has_more_pages"]) == (5, 2, 3, True)
    assert page["links"]["next"].endswith("/me/tasks?per_page=2&page=3")
    assert (answer["meta"]["overdue_tasks"], answer["meta"]["tasks_due_soon"]) == (0, 0)
    assert titles(helper, "/me/tasks?without_pagination=true") == ["T5", "T4", "T3", "T2", "T1"]
    assert titles(org, f"/users/{helper.user_id}/tasks?limit=1") == ["T5"]


def test_completed_tasks_leave_my_list_and_come_back_when_asked_for(org: Org) -> None:
    task = oneoff(org, "once", org.user_id)
    made(org.client().post("/completed-tasks", json={"task_id": task["id"]}), 200)
    assert titles(org, "/me/tasks") == []
    assert titles(org, "/me/tasks?status=completed") == ["once"]
    assert titles(org, "/me/tasks?status=all") == ["once"]
    assert org.client().get("/me/tasks").json()["meta"]["pagination"]["total"] == 0
    made(org.client().delete(f"/completed-tasks/{task['id']}"), 200)
    assert titles(org, "/me/tasks") == ["once"]


def test_words_nobody_knows_do_not_filter(org: Org) -> None:
    oneoff(org, "one", org.user_id)
    for query in ("status=draft", "status=issue", "sort=created_at", "sort=-name", "with=nothing,at.all", "page=-3"):
        assert titles(org, f"/tasks?{query}") == ["one"], query


def test_a_date_that_is_none_is_refused_by_name(org: Org) -> None:
    answer = org.client().get("/tasks?deadline_on=tomorrow")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["deadline_on"]


@pytest.mark.parametrize("name", ["deadline_on", "deadline_after", "deadline_end_range", "deadline_before", "created"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2031-02-30", "10000-01-01"])
@pytest.mark.parametrize("path", ["/tasks", "/me/tasks"])
def test_days_at_the_ends_of_the_calendar_are_no_dates(org: Org, path: str, name: str, day: str) -> None:
    answer = org.client().get(f"{path}?{name}={day}")
    assert answer.status_code == 422, answer.text
    (texts,) = answer.json()["errors"].values()
    assert len(texts) == 1 and texts[0].startswith(f"The {name} is not a valid date; write it as YYYY-MM-DD")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("deadline_on=2031-05-07", ["B"]),
        ("deadline_before=2031-05-07", ["A"]),
        ("deadline_after=2031-05-07", ["C"]),
        ("deadline_start_range=2031-05-07&deadline_end_range=2031-05-08", ["C", "B"]),
        ("sort=deadline", ["A", "B", "C"]),
        ("sort=-deadline", ["C", "B", "A"]),
        ("q=b", ["B"]),
        ("q=%25", []),
        ("q=B&status=completed", []),
        ("is_oneoff=false", []),
        ("is_oneoff=true", ["C", "B", "A"]),
        ("archived=only", []),
        ("unassigned=true", []),
        ("assignee=me", ["C", "B", "A"]),
        ("owners=999", []),
        ("created=2001-01-01", []),
        ("created=2001-01-01:2999-01-01", ["C", "B", "A"]),
        ("status=overdue", []),
        ("status=hasproblem", []),
    ],
)
def test_filters(org: Org, query: str, found: list[str]) -> None:
    for title, day in (("A", 6), ("B", 7), ("C", 8)):
        oneoff(org, title, org.user_id, deadline=f"2031-05-0{day} 10:00:00")
    assert titles(org, f"/tasks?{query}") == found


def test_due_and_overdue_are_counted(org: Org) -> None:
    oneoff(org, "late", org.user_id, deadline="2020-01-01 10:00:00")
    oneoff(org, "far", org.user_id)
    assert titles(org, "/me/tasks?status=overdue") == ["late"]
    assert org.client().get("/me/tasks").json()["meta"]["overdue_tasks"] == 1
    with org.server.later(days=0.01):
        assert titles(org, "/tasks?status=due_soon") == []


def test_hidden_tasks_show_only_in_the_unfiltered_list_of_their_process(org: Org) -> None:
    process = launched(org, template(org))
    first = process["tasks"][0]
    path = f"/x/runs/{process['id']}/tasks/{first['id']}/visibility"
    hidden = made(org.client().post(path, json={"visible": False}), 200)
    assert (hidden["status"], hidden["is_completable"]) == ("auto-skipped", False)
    assert titles(org, f"/runs/{process['id']}/tasks") == ["Step 1", "Step 2"]
    assert titles(org, f"/runs/{process['id']}/tasks?status=active") == ["Step 2"]
    assert titles(org, "/tasks") == ["Step 2"]
    assert titles(org, "/me/tasks?status=all") == ["Step 2"]
    progress = org.client().get(f"/runs/{process['id']}").json()["data"]
    assert (progress["progress"]["total"], progress["whole_progress"]["total"]) == (1, 2)
    made(org.client().post(path, json={"visible": True}), 200)
    assert titles(org, "/me/tasks") == ["Step 2", "Step 1"]


def test_archiving_a_process_takes_its_tasks_out_of_every_list(org: Org) -> None:
    process = launched(org, template(org))
    archived = made(org.client().delete(f"/runs/{process['id']}"), 200)
    assert (archived["status"], archived["archived_at"] is not None) == ("archived", True)
    assert titles(org, "/me/tasks") == []
    assert titles(org, "/tasks") == []
    assert titles(org, "/tasks?archived=only") == ["Step 2", "Step 1"]
    done = org.client().post(f"/runs/{process['id']}/completed-tasks", json={"task_id": process["tasks"][0]["id"]})
    assert done.status_code == 422
    back = made(org.client().put(f"/runs/{process['id']}/activate"), 200)
    assert (back["status"], back["archived_at"]) == ("active", None)
    assert titles(org, "/me/tasks") == ["Step 2", "Step 1"]


def test_the_page_that_a_task_is_on(org: Org) -> None:
    process = launched(org, template(org, plain_steps=7))
    wanted = process["tasks"][5]["id"]
    answer = org.client().get(f"/runs/{process['id']}/tasks?per_page=2&currentTask={wanted}").json()
    assert wanted in [task["id"] for task in answer["data"]]
    assert answer["meta"]["pagination"]["current_page"] == 3
    # whoever follows the links gets the other pages
    following = org.client().get(answer["meta"]["pagination"]["links"]["next"]).json()
    assert following["meta"]["pagination"]["current_page"] == 4
    assert [task["id"] for task in following["data"]] == [process["tasks"][6]["id"]]


def test_secret_tasks_are_for_their_people(org: Org) -> None:
    helper, other = org.member(), org.member()
    checklist = template(org)
    process = launched(org, checklist)
    secret = process["tasks"][0]
    path = f"/runs/{process['id']}/tasks"
    body = {"top_secret": True, "owners": {"users": [helper.user_id]}}
    made(org.client().put(f"{path}/{secret['id']}", json=body), 200)
    assert titles(helper, path) == ["Step 1", "Step 2"]
    assert titles(other, path) == ["Step 2"]
    assert titles(other, "/tasks") == ["Step 2"]
    assert other.client().get(f"{path}/{secret['id']}").status_code == 404
    assert other.client().get(f"/tasks/{secret['id']}").status_code == 404
    runs = other.client().get("/runs?with=tasks").json()["data"]
    assert [task["title"] for task in runs[0]["tasks"]["data"]] == ["Step 2"]


def test_what_a_light_member_sees(org: Org) -> None:
    light = org.member(role="light")
    launched(org, template(org))
    oneoff(org, "theirs", light.user_id)
    assert titles(light, "/tasks") == ["theirs"]
    assert light.client().get("/runs").json()["data"] == []
