"""Comments: wire 2.20, engine 8."""

from typing import Any

import httpx
import pytest

from handrail.features.threads import quota
from tests.features.builders import launched, made, template
from tests.features.feed import lines
from tests.support.server import Org, Person

UNKNOWN = "0" * 32


def say(person: Person, at: str, content: str = "<p>Hello</p>", **body: Any) -> dict[str, Any]:
    return made(person.http.post(f"{at}/comment", json={"content": content, **body}))


def threads(person: Person, at: str, include: str = "threads") -> list[dict[str, Any]]:
    return made(person.http.get(f"{at}?with={include}"), 200)[include]["data"]


def of_task(org: Person, **body: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A path, the process and the task."""
    process = launched(org, template(org, **body))
    task = process["tasks"][0]
    return f"/tasks/{task['id']}", process, task


def errors(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return set(answer.json().get("errors", {}))


def oneoff(person: Person, *users: int, **body: Any) -> dict[str, Any]:
    given = {
        "title": "Errand",
        "task_type": "task",
        "deadline": "2031-05-06 10:00:00",
        "owners": {"users": list(users), "guests": [], "groups": []},
        **body,
    }
    return made(person.http.post("/tasks", json=given))


@pytest.mark.parametrize("where", ["process", "oneoff"])
def test_comment_is_read_with_its_task(org: Org, where: str) -> None:
    at = of_task(org)[0] if where == "process" else f"/tasks/{oneoff(org, org.user_id)['id']}"
    first = say(org, at, "<p>First</p>")
    second = say(org, at, "Second", state="open", label="advice")
    full_name = made(org.http.get("/me"), 200)["full_name"]
    assert (first["content"], first["label"], first["state"]) == ("<p>First</p>", "comment", "hide-for-guests")
    assert (first["author_id"], first["author_type"], first["sent_by"]) == (org.user_id, "user", org.user_id)
    assert first["author"] == {"id": org.user_id, "full_name": full_name, "profile_pic": None}
    assert first["subject"] == {"id": at.removeprefix("/tasks/"), "type": "Task"}
    assert (first["sent_to"], first["resolve_id"], first["created_ago"]) == ([], None, "just now")
    assert (second["state"], second["label"]) == ("open", "advice")
    found = threads(org, at)
    assert [one["id"] for one in found] == [first["id"], second["id"]]
    shown = made(org.http.get(f"{at}?with=threads_count,comments,issues"), 200)
    assert (shown["threads_count"], len(shown["comments"]["data"]), shown["issues"]["data"]) == (2, 2, [])
    assert made(org.http.get(f"{at}?with=threads_count"), 200)["threads_count"] == 2


def test_threads_of_processes_tasks_and_templates_are_apart(org: Org) -> None:
    at, process, _ = of_task(org)
    other = f"/tasks/{process['tasks'][1]['id']}"
    run, checklist = f"/runs/{process['id']}", f"/checklists/{process['checklist_id']}"
    for place, word in ((at, "task"), (other, "other"), (run, "run"), (checklist, "template")):
        say(org, place, word)
    for place, word in ((at, "task"), (other, "other"), (run, "run"), (checklist, "template")):
        assert [one["content"] for one in threads(org, place)] == [word]
    nested = made(org.http.get(f"{run}?with=tasks,tasks.threads"), 200)["tasks"]["data"]
    assert [[one["content"] for one in each["threads"]["data"]] for each in nested] == [["task"], ["other"]]
    exported = made(org.http.post(f"{run}/export"), 200)["threads"]
    assert {one["content"] for one in exported} == {"task", "other", "run"}
    assert {one["subject"]["type"] for one in exported} == {"Task", "Run"}
    assert threads(org, checklist)[0]["subject"] == {"id": process["checklist_id"], "type": "Checklist"}


def test_threads_of_a_page_cost_two_statements(org: Org) -> None:
    checklist = template(org)
    for _ in range(3):
        process = launched(org, checklist)
        for task in process["tasks"]:
            say(org, f"/tasks/{task['id']}")
    with org.server.count_statements() as without:
        assert org.http.get("/tasks?with=summary").status_code == 200
    with org.server.count_statements() as statements:
        answer = org.http.get("/tasks?with=threads,issues,threads_count")
    assert all(len(one["threads"]["data"]) == 1 for one in answer.json()["data"])
    assert len(statements) == len(without) + 2


def test_html_is_cleaned_and_blank_comments_are_refused(org: Org) -> None:
    at, _, _ = of_task(org)
    shown = say(org, at, '<p onclick="x()">Hi <script>alert(1)</script><b>there</b></p>')
    assert shown["content"] == "<p>Hi <b>there</b></p>"
    for blank in ("", "  ", "<p> </p>", "<script>x</script>"):
        assert errors(org.http.post(f"{at}/comment", json={"content": blank})) == {"content"}
    assert errors(org.http.post(f"{at}/comment", json={})) == {"content"}
    assert errors(org.http.post(f"{at}/comment", json={"content": "x", "label": "praise"})) == {"label"}
    assert errors(org.http.post(f"{at}/comment", json={"content": "x", "state": "secret"})) == {"state"}
    assert len(threads(org, at)) == 1


def test_author_and_administrators_change_and_delete(org: Org) -> None:
    at, _, _ = of_task(org)
    writer, other = org.member("standard"), org.member("standard")
    comment = say(writer, at, "One")
    place = f"{at}/comment/{comment['id']}"
    changed = made(writer.http.put(place, json={"content": "Two", "state": "open"}), 200)
    assert (changed["content"], changed["state"], changed["label"]) == ("Two", "open", "comment")
    assert made(writer.http.put(place, json={"content": "Three"}), 200)["state"] == "open"
    assert errors(writer.http.put(place, json={"content": "x", "label": "problem"})) == {"label"}
    assert made(writer.http.put(place, json={"content": "Three", "label": "comment"}), 200)["label"] == "comment"
    assert other.http.put(place, json={"content": "x"}).status_code == 403
    assert other.http.delete(place).status_code == 403
    assert made(org.http.put(place, json={"content": "By the admin"}), 200)["author_id"] == writer.user_id
    elsewhere, _, _ = of_task(org)
    assert org.http.delete(f"{elsewhere}/comment/{comment['id']}").status_code == 404
    assert org.http.delete(f"{at}/comment/{UNKNOWN}").status_code == 404
    assert org.http.delete(f"{at}/comment/x").status_code == 404
    assert writer.http.delete(place).status_code == 204
    assert writer.http.delete(place).status_code == 404
    assert threads(org, at) == []
    assert [line.verb for line in lines(org) if line.subject_type == "Thread"] == ["commented", "comment-deleted"]


def test_who_may_comment(org: Org) -> None:
    light = org.member("light")
    checklist = template(org, steps=[{"title": "Theirs", "assignees": [light.user_id]}, {"title": "Not theirs"}])
    process = launched(org, checklist)
    theirs, other = (f"/tasks/{task['id']}" for task in process["tasks"])
    say(light, theirs)
    assert light.http.post(f"{other}/comment", json={"content": "x"}).status_code == 403
    say(light, f"/runs/{process['id']}")
    stranger = org.member("light")
    for at in (theirs, f"/runs/{process['id']}"):
        assert stranger.http.post(f"{at}/comment", json={"content": "x"}).status_code == 404
    secret = launched(org, template(org, steps=[{"title": "Secret", "top_secret": True}]))["tasks"][0]
    standard = org.member("standard")
    assert standard.http.post(f"/tasks/{secret['id']}/comment", json={"content": "x"}).status_code == 404
    assert light.http.post(f"/checklists/{checklist['id']}/comment", json={"content": "x"}).status_code == 404


def test_mentions_are_shown_by_name(org: Org) -> None:
    at, _, _ = of_task(org)
    person = org.member("standard", first_name="Ines <b>", last_name="Duarte")
    shown = say(org, at, f"@[{person.user_id}] and @[999999999], see @[{person.user_id}]")
    name = "<strong>Ines &lt;b&gt; Duarte</strong>"
    assert shown["content"] == f"{name} and @[999999999], see {name}"
    assert shown["sent_to"] == [person.user_id]
    crowd = " ".join(f"@[{number}]" for number in range(1, 52))
    assert errors(org.http.post(f"{at}/comment", json={"content": crowd})) == {"content"}


def test_who_is_mentioned_and_cannot_see_the_task_is_assigned(org: Org) -> None:
    light, standard = org.member("light"), org.member("standard")
    at, _, task = of_task(org)
    say(org, at, f"@[{light.user_id}] @[{standard.user_id}]")
    owners = made(org.http.get(at), 200)["owners"]["users"]
    # who sees the process anyway is only mentioned
    assert (light.user_id in owners, standard.user_id in owners) == (True, False)
    assert light.http.get(at).status_code == 200
    assert task["owners"]["users"] == [user for user in owners if user != light.user_id]
    full = f"/tasks/{oneoff(org, org.user_id, max_assignable=1)['id']}"
    say(org, full, f"@[{light.user_id}]")
    assert made(org.http.get(full), 200)["owners"]["users"] == [org.user_id]


def test_an_address_behind_a_plus_becomes_a_guest_of_the_task(org: Org) -> None:
    at, _, _ = of_task(org)
    say(org, at, "<p>Please ask +Rui@pilots.example.</p>")
    assert made(org.http.get(at), 200)["owners"]["guests"] == ["rui@pilots.example"]
    assert org.http.get("/guests/rui@pilots.example").status_code == 200
    say(org, at, "1+1 and a+b@c.example say nothing; +no-address neither")
    assert made(org.http.get(at), 200)["owners"]["guests"] == ["rui@pilots.example"]
    refusing = launched(org, template(org, steps=[{"title": "Inside", "allow_guest_owners": False}]))["tasks"][0]
    say(org, f"/tasks/{refusing['id']}", "+ann@pilots.example")
    assert made(org.http.get(f"/tasks/{refusing['id']}"), 200)["owners"]["guests"] == []


def test_bot_comments(org: Org) -> None:
    at, _, _ = of_task(org)
    said = made(org.http.post(f"{at}/bot-comment", json={"content": "<p>Found it.</p>"}))
    assert (said["author"]["full_name"], said["sent_by"]) == ("Workflow Bot", org.user_id)
    assert said["author_id"] != org.user_id
    member = org.member("standard")
    assert member.http.delete(f"{at}/comment/{said['id']}").status_code == 403
    assert errors(org.http.post(f"{at}/bot-comment", json={"content": ""})) == {"content"}


@pytest.mark.parametrize("where", ["process", "oneoff"])
def test_comment_beside_a_completion_is_kept_once(org: Org, where: str) -> None:
    if where == "process":
        at, process, task = of_task(org)
        completing = f"/runs/{process['id']}/completed-tasks"
    else:
        task = oneoff(org, org.user_id)
        at, completing = f"/tasks/{task['id']}", "/completed-tasks"
    body = {"task_id": task["id"], "comment": "<p>Called back &amp; checked.</p>"}
    for _ in range(2):
        assert made(org.http.post(completing, json=body), 200)["status"] == "completed"
    (kept,) = threads(org, at)
    assert (kept["content"], kept["author_id"]) == (body["comment"], org.user_id)
    blank = {"task_id": task["id"], "comment": "<p></p>"}
    assert errors(org.http.post(completing, json=blank)) == {"comment"}
    # whoever writes something else has something to say
    made(org.http.post(completing, json={**body, "comment": "And again"}), 200)
    assert len(threads(org, at)) == 2


def test_a_refused_completion_keeps_no_comment(org: Org) -> None:
    captures = [{"label": "Amount", "field_type": "text", "required": True}]
    at, process, task = of_task(org, steps=[{"title": "Pay", "captures": captures}])
    body = {"task_id": task["id"], "comment": "Paid"}
    assert org.http.post(f"/runs/{process['id']}/completed-tasks", json=body).status_code == 422
    assert threads(org, at) == []


def test_comment_beside_hiding_is_kept(org: Org) -> None:
    at, process, task = of_task(org)
    place = f"/x/runs/{process['id']}/tasks/{task['id']}/visibility"
    made(org.http.post(place, json={"visible": False, "comment": "Not needed"}), 200)
    assert [one["content"] for one in threads(org, at)] == ["Not needed"]


def test_signatures_and_rules_are_told_by_the_bot(org: Org) -> None:
    one, two = org.member("standard", first_name="Ann", last_name="Lee"), org.member("standard")
    steps = [{"title": "Both", "assignees": [one.user_id, two.user_id], "everyone_must_complete": True}]
    at, process, task = of_task(org, steps=steps)
    made(one.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)
    (said,) = threads(org, at)
    assert said["content"] == "<strong>Ann Lee</strong> has completed their part: 1 of 2."
    assert (said["author"]["full_name"], said["sent_by"], said["sent_to"]) == ("Workflow Bot", one.user_id, [])


def test_threads_go_with_their_records(org: Org) -> None:
    at, process, _ = of_task(org)
    say(org, at)
    say(org, f"/runs/{process['id']}")
    assert org.http.delete(f"/runs/{process['id']}").status_code == 200
    assert org.http.post(f"{at}/comment", json={"content": "x"}).status_code == 422
    assert [len(threads(org, place)) for place in (at, f"/runs/{process['id']}")] == [1, 1]
    assert org.http.delete(f"/runs/{process['id']}/delete").status_code == 200
    assert org.http.get(at).status_code == 404
    task = f"/tasks/{oneoff(org, org.user_id)['id']}"
    say(org, task)
    assert org.http.delete(task).status_code in (200, 204)
    assert org.http.delete(f"{task}/delete").status_code in (200, 204)
    assert org.http.post(f"{task}/comment", json={"content": "x"}).status_code == 404


def test_so_many_comments_an_hour(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "PER_HOUR", 2)
    at, _, _ = of_task(org)
    say(org, at)
    made(org.http.post(f"{at}/problem", json={"content": "x"}))
    answer = org.http.post(f"{at}/comment", json={"content": "x"})
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 0 < int(answer.headers["Retry-After"]) <= 3604
    assert len(threads(org, at)) == 2
