"""Reminders and requests for the status of a task (engine 6.6)."""

from collections.abc import Callable
from typing import Any

from tests.features.builders import launched, made, template
from tests.features.guests.codes import guest_of
from tests.features.notices.test_notices import complete, oneoff, step, subjects
from tests.support.server import Org, Person
from tests.support.smtp import Sink, part

Tell = Callable[[], None]


def remind(person: Person, task: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = person.http.post(f"/x/tasks/{task['id']}/reminder")
    assert answer.status_code == status, answer.text
    return answer.json().get("data", {})


def test_engine_6_6_everybody_but_the_sender_is_reminded_at_once(org: Org, post: Sink, tell: Tell) -> None:
    ann, eve, silent = org.member(), org.member(), org.member()
    rui, zoe = (f"{name}.{org.organization_id[-8:]}@pilots.example" for name in ("rui", "zoe"))
    body = {"name": "Desk", "members": [eve.user_id], "guests": [zoe]}
    group = made(org.http.post("/groups", json=body))
    # digests and mails about assignments have nothing to do with it
    off = {"daily_digest": False, "cadence_days": [], "step_preferences": False}
    made(ann.http.put("/me", json={**off, "mail_preferences": {"deadlines": False}}), 200)
    made(silent.http.put("/me", json={"mail_preferences": {"all": False}}), 200)
    checklist = template(org, steps=[step("One", org, ann, silent, rui, groups=[group["id"]])])
    process = launched(org, checklist, name="Atlantic")
    tell()
    post.messages.clear()
    told = remind(org, process["tasks"][0])
    assert (set(told["users"]), told["guests"]) == ({ann.user_id, silent.user_id, eve.user_id}, [rui, zoe])
    tell()
    people = (org, ann, silent, eve, rui, zoe)
    assert [subjects(post, one) for one in people] == [[], ["One"], [], ["One"], ["One"], ["One"]]
    assert "reminds you of this task." in part(post.to(ann.email)[0], "html")
    assert "A reminder of this task." in part(post.to(rui)[0], "html")


def test_engine_6_6_not_of_completed_hidden_archived_or_unassigned_tasks(org: Org, post: Sink, tell: Tell) -> None:
    ann = org.member()
    steps = [step("One", ann), step("Two", ann), step("Three", assign_run_starter=False)]
    process = launched(org, template(org, steps=steps))
    first, second, third = process["tasks"]
    complete(org, first)
    made(org.http.post(f"/x/runs/{process['id']}/tasks/{second['id']}/visibility", json={"visible": False}), 200)
    gone = oneoff(org, "Gone", ann)
    assert org.http.delete(f"/tasks/{gone['id']}").is_success
    tell()
    post.messages.clear()
    for task in (first, second, third, gone):
        remind(org, task, 422)
        assert org.http.post(f"/x/tasks/{task['id']}/status-request", json={}).status_code == 422
    tell()
    assert subjects(post, ann) == []


def test_whoever_cannot_see_a_task_reminds_nobody(org: Org) -> None:
    ann, light = org.member(), org.member("light")
    task = oneoff(org, "Call", ann)
    remind(light, task, 404)
    remind(ann, task)
    for _ in range(118):
        remind(org, task)
    remind(org, task, 429)


def test_engine_6_6_the_status_is_asked_for_in_a_comment_that_mentions_all(org: Org, post: Sink, tell: Tell) -> None:
    ann, eve = org.member(), org.member()
    rui = guest_of(org, f"rui.{org.organization_id[-8:]}@pilots.example")
    task = oneoff(org, "Call", org, ann, eve, rui.email)
    tell()
    post.messages.clear()
    thread = made(org.http.post(f"/x/tasks/{task['id']}/status-request", json={}))
    assert (set(thread["sent_to"]), thread["label"]) == ({ann.user_id, eve.user_id}, "comment")
    assert thread["content"].endswith("What is the status of this task?")
    assert len(rui.comments(task)) == 1
    tell()
    assert [subjects(post, one) for one in (ann, eve, org)] == [["Call"], ["Call"], []]
    other = made(org.http.post(f"/x/tasks/{task['id']}/status-request", json={"content": "By <b>Friday</b>?"}))
    assert other["content"].endswith("By &lt;b&gt;Friday&lt;/b&gt;?")
    found = made(org.http.get(f"/tasks/{task['id']}"), 200)
    assert found["owners"]["guests"] == [rui.email]
