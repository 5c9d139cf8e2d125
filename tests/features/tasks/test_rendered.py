"""Lists send rendered tasks again only as long as nothing that shows has changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.features.builders import launched, made, template
from tests.support.server import Org, Person


def listed(person: Person, path: str = "/me/tasks") -> list[dict[str, Any]]:
    """The list, asked for twice: what was kept is what was made."""
    client = person.client()
    first = client.get(path).json()["data"]
    assert client.get(path).json()["data"] == first
    return first


def oneoff(org: Org, **body: Any) -> dict[str, Any]:
    given = {
        "title": "Once",
        "task_type": "task",
        "owners": {"users": [org.user_id]},
        "deadline": "2031-05-06 10:00:00",
    }
    return made(org.client().post("/tasks", json={**given, **body}))


def test_a_change_shows_at_once(org: Org) -> None:
    task = oneoff(org)
    assert [entry["title"] for entry in listed(org)] == ["Once"]
    for title in ("Twice", "Three times", "Four times"):
        made(org.client().put(f"/tasks/{task['id']}", json={"title": title}), 200)
        assert [entry["title"] for entry in listed(org)] == [title]


def test_the_list_is_what_the_task_is(org: Org) -> None:
    process = launched(org, template(org))
    for entry in [*listed(org), *listed(org, "/tasks"), *listed(org, f"/runs/{process['id']}/tasks")]:
        whole = org.client().get(f"/tasks/{entry['id']}").json()["data"]
        assert entry == {key: value for key, value in whole.items() if key != "summary"}


def test_words_about_time_change_by_themselves(org: Org) -> None:
    deadline = datetime.now(UTC) + timedelta(days=10)
    oneoff(org, deadline=deadline.isoformat())
    words = [listed(org)[0]["status_label"]]
    for days in (9.5, 10.5):
        with org.server.later(days=days):
            words.append(listed(org)[0]["status_label"])
    assert words == ["not-started", "due-soon", "overdue"]


def test_a_blocked_process_shows_in_its_tasks(org: Org) -> None:
    process = launched(org, template(org))
    path = f"/runs/{process['id']}/tasks"
    assert {entry["is_completable"] for entry in listed(org, path)} == {True}
    made(org.client().delete(f"/runs/{process['id']}"), 200)
    assert {(entry["is_completable"], entry["run_status"]) for entry in listed(org, path)} == {(False, "archived")}
    made(org.client().put(f"/runs/{process['id']}/activate"), 200)
    assert {(entry["is_completable"], entry["run_status"]) for entry in listed(org, path)} == {(True, "active")}


def test_each_reader_has_their_own(org: Org) -> None:
    light = org.member(role="light")
    checklist = template(org)
    first = checklist["steps"]["data"][0]["id"]
    process = launched(org, checklist, tasks={first: {"owners": {"users": [light.user_id]}}})
    path = f"/runs/{process['id']}/tasks"
    assert [entry["is_completable"] for entry in listed(org, path)] == [True, True]
    assert [entry["is_completable"] for entry in listed(light, path)] == [True, False]


def test_signatures_show_at_once(org: Org) -> None:
    helper = org.member()
    people = {"users": [org.user_id, helper.user_id]}
    task = oneoff(org, owners=people, everyone_must_complete=True)
    assert [entry["completion_progress"] for entry in listed(org)] == [0]
    made(org.client().post("/completed-tasks", json={"task_id": task["id"]}), 200)
    assert [entry["completion_progress"] for entry in listed(org)] == [50]
