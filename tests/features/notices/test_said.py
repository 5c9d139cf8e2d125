"""Mails about what people say: mentions and issues (engine 8)."""

from collections.abc import Callable

from tests.features.builders import launched, made, template
from tests.features.notices.test_notices import oneoff, step, subjects
from tests.support.server import Org
from tests.support.smtp import Sink, part

Tell = Callable[[], None]


def test_engine_8_whoever_is_mentioned_is_told_what_was_said(org: Org, post: Sink, tell: Tell) -> None:
    ann, off = org.member(first_name="Ann", last_name="Nova"), org.member()
    made(off.http.put("/me", json={"mail_preferences": {"mentions": False}}), 200)
    task = oneoff(org, "Call", org, ann, off)
    tell()
    post.messages.clear()
    words = f"<p>See @[{ann.user_id}], @[{off.user_id}], @[{org.user_id}] &amp; @[99999999]</p>"
    made(org.http.post(f"/tasks/{task['id']}/comment", json={"content": words}))
    tell()
    assert (subjects(post, ann), subjects(post, off), subjects(post, org)) == (["Call"], [], [])
    text = part(post.to(ann.email)[0], "html")
    assert "has mentioned you." in text
    assert "See Ann Nova, Mina" in text and "&amp; @[99999999]" in text


def test_whoever_is_mentioned_and_brought_in_hears_both(org: Org, post: Sink, tell: Tell) -> None:
    ann = org.member()
    process = launched(org, template(org, plain_steps=1))
    task = process["tasks"][0]
    made(org.http.put(f"/tasks/{task['id']}", json={"top_secret": True}), 200)
    made(org.http.post(f"/tasks/{task['id']}/comment", json={"content": f"@[{ann.user_id}] help"}))
    tell()
    assert subjects(post, ann) == ["Step 1"]
    text = part(post.to(ann.email)[0], "html")
    assert "has assigned this task to you." in text and "has mentioned you." in text


def test_nobody_is_told_of_what_they_may_not_see(org: Org, post: Sink, tell: Tell) -> None:
    ann, bob = org.member(), org.member()
    # full, so that nobody can be brought in
    checklist = template(org, steps=[step("Secret", bob, top_secret=True, max_assignable=1)])
    task = launched(org, checklist)["tasks"][0]
    tell()
    made(bob.http.post(f"/tasks/{task['id']}/comment", json={"content": f"@[{ann.user_id}] help"}))
    tell()
    assert subjects(post, ann) == []


def test_engine_8_issues_are_told_to_assignees_and_participants(org: Org, post: Sink, tell: Tell) -> None:
    ann, eve, off = org.member(), org.member(), org.member()
    rui = f"rui.{org.organization_id[-8:]}@pilots.example"
    made(off.http.put("/me", json={"mail_preferences": {"issues": False}}), 200)
    process = launched(org, template(org, steps=[step("One", ann, off, rui), step("Two", eve)]), name="Atlantic")
    task = process["tasks"][0]
    tell()
    post.messages.clear()
    issue = made(ann.http.post(f"/tasks/{task['id']}/problem", json={"content": "No &amp; number"}))
    tell()
    people = (org, ann, eve, off, rui)
    assert [subjects(post, one) for one in people] == [["One"], [], [], [], []]
    text = part(post.to(org.email)[0], "html")
    assert "has reported an issue." in text and "No &amp; number" in text
    post.messages.clear()
    solved = {"thread_id": issue["id"], "content": "Found it", "state": "open"}
    made(org.http.post(f"/tasks/{task['id']}/resolved-threads", json=solved))
    tell()
    assert [subjects(post, one) for one in people] == [[], ["One"], [], [], ["One"]]
    guest = part(post.to(rui)[0], "html")
    assert "Somebody has resolved an issue." in guest and "Found it" not in guest


def test_engine_8_issues_of_a_process_are_told_to_those_who_are_in_it(org: Org, post: Sink, tell: Tell) -> None:
    ann, eve = org.member(), org.member()
    process = launched(org, template(org, steps=[step("One", ann), step("Two", eve)]), name="Atlantic")
    tell()
    post.messages.clear()
    made(org.http.post(f"/runs/{process['id']}/problem", json={"content": "Stop"}))
    tell()
    assert [subjects(post, one) for one in (org, ann, eve)] == [[], ["Atlantic"], ["Atlantic"]]
    assert "has reported an issue." in part(post.to(ann.email)[0], "html")


def test_comments_of_the_bot_tell_nobody(org: Org, post: Sink, tell: Tell) -> None:
    ann = org.member()
    task = oneoff(org, "Call", org, ann)
    tell()
    post.messages.clear()
    made(org.http.post(f"/tasks/{task['id']}/bot-comment", json={"content": f"@[{ann.user_id}]"}))
    tell()
    assert subjects(post, ann) == []
