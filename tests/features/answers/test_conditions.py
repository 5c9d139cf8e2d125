"""`ETag`, `If-None-Match` and `If-Match`: reading again only what has changed, changing only what was read."""

from collections import Counter
from typing import Any

import httpx
import pytest

from tests.features.builders import launched, made, template
from tests.reliability.linearizability import together
from tests.support.server import Org

PATHS = {
    "task": "/tasks/{task}",
    "task of a process": "/runs/{process}/tasks/{task}",
    "process": "/runs/{process}",
    "template": "/checklists/{template}",
    "step": "/checklists/{template}/steps/{step}",
}
CHANGES: dict[str, dict[str, Any]] = {
    "task": {"title": "Other"},
    "task of a process": {"title": "Other"},
    "process": {"name": "Other"},
    "template": {"title": "Other"},
    "step": {"title": "Other"},
}


@pytest.fixture
def places(org: Org) -> dict[str, str]:
    checklist = template(org)
    process = launched(org, checklist)
    return {
        "template": checklist["id"],
        "step": checklist["steps"]["data"][0]["id"],
        "process": process["id"],
        "task": process["tasks"][0]["id"],
    }


def read(org: Org, path: str, **headers: str) -> httpx.Response:
    return org.http.get(path, headers={name.replace("_", "-"): text for name, text in headers.items()})


@pytest.mark.parametrize("what", [*PATHS, "organization"])
def test_what_is_known_is_not_sent_again(org: Org, places: dict[str, str], what: str) -> None:
    path = {**PATHS, "organization": ""}[what].format(**places)
    first = read(org, path)
    tag = first.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = read(org, path, If_None_Match=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert "content-type" not in again.headers
    assert read(org, path, If_None_Match='"other"').content == first.content
    head = org.http.head(path, headers={"If-None-Match": tag})
    assert (head.status_code, head.headers["ETag"]) == (304, tag)


@pytest.mark.parametrize("path", ["/runs", "/tags", "/tasks?per_page=5"])
def test_pages_of_many_are_sent_whole(org: Org, path: str) -> None:
    answer = read(org, path, If_None_Match="*")
    assert answer.status_code == 200
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("what", PATHS)
def test_a_change_rests_on_what_was_read(org: Org, places: dict[str, str], what: str) -> None:
    path = PATHS[what].format(**places)
    tag = read(org, path).headers["ETag"]
    first = org.http.put(path, json=CHANGES[what], headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    second = org.http.put(path, json=dict.fromkeys(CHANGES[what], "Lost"), headers={"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "PRECONDITION_FAILED")
    assert second.json()["error"] is True
    changed = read(org, path)
    assert changed.headers["ETag"] != tag
    assert read(org, path, If_None_Match=tag).status_code == 200
    (word,) = CHANGES[what]
    assert changed.json()["data"][word] == "Other"
    # however it was read, with weak validators, several of them, or any
    shown = read(org, f"{path}?with=tasks,steps").headers["ETag"]
    for good in (shown, f"W/{shown}", f'"other", {shown}', "*"):
        tag = read(org, path).headers["ETag"]
        good = good.replace(shown, tag)
        assert org.http.put(path, json=CHANGES[what], headers={"If-Match": good}).status_code == 200


@pytest.mark.parametrize("what", ["process", "template"])
def test_what_has_changed_is_not_archived(org: Org, places: dict[str, str], what: str) -> None:
    path = PATHS[what].format(**places)
    tag = read(org, path).headers["ETag"]
    made(org.http.put(path, json=CHANGES[what]), 200)
    assert org.http.delete(path, headers={"If-Match": tag}).status_code == 412
    tag = read(org, path).headers["ETag"]
    assert org.http.delete(path, headers={"If-Match": tag}).status_code == 200


def test_one_of_many_changes_of_the_same_reading_is_made(org: Org, places: dict[str, str]) -> None:
    clients = [org.client() for _ in range(16)]
    for what in ("task", "process", "step"):
        path = PATHS[what].format(**places)
        tag = read(org, path).headers["ETag"]
        (word,) = CHANGES[what]

        def change(number: int, path: str = path, tag: str = tag, word: str = word) -> httpx.Response:
            return clients[number].put(path, json={word: f"Writer {number}"}, headers={"If-Match": tag})

        answers = together([lambda number=number: change(number) for number in range(16)])
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 15}
        (winner,) = [number for number, answer in enumerate(answers) if answer.status_code == 200]
        assert read(org, path).json()["data"][word] == f"Writer {winner}"


def test_whoever_may_not_know_of_it_does_not_learn_that_it_has_changed(org: Org, places: dict[str, str]) -> None:
    stranger = org.server.found()
    light = org.member("light")
    for what in ("task", "process", "template"):
        path = PATHS[what].format(**places)
        answer = stranger.http.put(path, json=CHANGES[what], headers={"If-Match": '"0"'})
        assert answer.status_code == 404
        answer = light.http.put(path, json=CHANGES[what], headers={"If-Match": '"0"'})
        assert answer.status_code in (403, 404)


def test_where_there_is_no_validator_a_condition_is_refused(org: Org) -> None:
    tag = made(org.http.post("/tags", json={"title": "one"}))
    answer = org.http.put(f"/tags/{tag['id']}", json={"title": "two"}, headers={"If-Match": '"x"'})
    assert (answer.status_code, answer.json()["code"]) == (400, "IF_MATCH_UNSUPPORTED")
    assert org.http.put(f"/tags/{tag['id']}", json={"title": "two"}, headers={"If-Match": "*"}).status_code == 200


def test_both_headers_together(org: Org, places: dict[str, str]) -> None:
    path = f"/runs/{places['process']}/completed-tasks"
    tag = read(org, f"/runs/{places['process']}").headers["ETag"]
    headers = {"If-Match": tag, "Idempotency-Key": "k"}
    body = {"task_id": places["task"]}
    first = org.http.post(path, json=body, headers=headers)
    assert first.status_code == 200
    # the condition held when it was carried out
    again = org.http.post(path, json=body, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert org.http.post(path, json=body, headers=headers | {"Idempotency-Key": "l"}).status_code == 412
