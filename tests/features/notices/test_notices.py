"""Mails about tasks: who is told of what, once, and what nobody is told (engine 3.2, 5.6, 7.4, 7.6, 9.1, 10.2)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from handrail.features.notices.telling import tell_waiting
from tests.features.builders import launched, made, template
from tests.features.guests.codes import guest_of
from tests.support.server import Org, Person
from tests.support.smtp import Sink, part

Tell = Callable[[], None]


def subjects(post: Sink, person: Person | str) -> list[str]:
    address = person if isinstance(person, str) else person.email
    return sorted(str(message["Subject"]) for message in post.to(address))


def step(title: str, *people: Person | str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "assignees": [person.user_id for person in people if isinstance(person, Person)],
        "guests": [person for person in people if isinstance(person, str)],
        **more,
    }


def show_after(org: Org, checklist: dict[str, Any], condition: int, target: int, **action: Any) -> None:
    steps = checklist["steps"]["data"]
    done = {
        "conditionable_id": steps[condition]["id"],
        "conditionable_type": "Step",
        "operation": "completed",
        "statement": "any_time",
        "logic": "and",
    }
    what = action or {"action_type": "visibility", "action_verb": "show"}
    rule = {
        "automated_alias": f"After {condition}",
        "conditions": [done],
        "then_actions": [{**what, "target_step_id": steps[target]["id"]}],
    }
    made(org.http.post(f"/checklists/{checklist['id']}/automated-actions", json=rule))


def complete(person: Person, task: dict[str, Any]) -> dict[str, Any]:
    return made(person.http.post(f"/runs/{task['run_id']}/completed-tasks", json={"task_id": task["id"]}), 200)


def change(person: Person, task: dict[str, Any], **body: Any) -> dict[str, Any]:
    return made(person.http.put(f"/tasks/{task['id']}", json=body), 200)


def oneoff(org: Org, title: str, *people: Person | str) -> dict[str, Any]:
    owners = {
        "users": [person.user_id for person in people if isinstance(person, Person)],
        "guests": [person for person in people if isinstance(person, str)],
        "groups": [],
    }
    body = {"title": title, "task_type": "task", "deadline": "2031-05-06 10:00:00", "owners": owners}
    return made(org.http.post("/tasks", json=body))


# engine 3.2, 10.2: launching


def test_engine_3_2_one_mail_for_each_person_of_a_launch_and_none_to_the_launcher(
    org: Org, post: Sink, tell: Tell
) -> None:
    ann, bob, rui = org.member(), org.member(), f"rui.{org.organization_id[-8:]}@pilots.example"
    checklist = template(
        org, steps=[step("One", ann, org), step("Two", ann, rui), step("Three", bob), step("Four", bob)]
    )
    show_after(org, checklist, 0, 3)
    process = launched(org, checklist, name="Atlantic")
    tell()
    tell()
    assert subjects(post, ann) == ["2 tasks are waiting for you"]
    assert subjects(post, bob) == ["Three"]
    assert subjects(post, rui) == ["Two"]
    assert subjects(post, org) == []
    text = part(post.to(ann.email)[0], "html")
    assert "One" in text and "Two" in text and "Atlantic" in text and "Action required" in text
    assert " has assigned this task to you." in text
    guest = part(post.to(rui)[0], "html")
    assert f"https://handrail.example/{org.organization_id}/guest/" in guest
    assert "Ada" not in guest and ann.email not in guest
    # engine 5.6-6: what is shown later is told then
    complete(ann, process["tasks"][0])
    tell()
    assert subjects(post, bob) == ["Four", "Three"]
    assert "It is your turn." in part(post.to(bob.email)[1], "html")


def test_engine_3_8_3_9_who_a_process_was_launched_for_is_told(org: Org, post: Sink, tell: Tell) -> None:
    inner = template(org, title="Inner", steps=[step("Inside", org)])
    following = {"id": inner["id"], "tasks_within_process": False}
    outer = template(org, title="Outer", steps=[step("Outside", org, bp_to_launch=following)])
    process = launched(org, outer)
    tell()
    assert subjects(post, org) == []
    complete(org, process["tasks"][0])
    tell()
    assert subjects(post, org) == ["Inside"]
    ann = org.member()
    mine = template(org, title="Mine", steps=[{"title": "Unpack"}])
    launched(org, mine, user_id=ann.user_id)
    tell()
    assert subjects(post, ann) == ["Unpack"]


# engine 7.4


def test_engine_7_4_new_owners_are_told_and_those_who_were_removed(org: Org, post: Sink, tell: Tell) -> None:
    ann, bob, eve = org.member(), org.member(), org.member()
    made(eve.http.put("/me", json={"mail_preferences": {"owner_changes": False}}), 200)
    process = launched(org, template(org, steps=[step("One", ann, eve), step("Two")]), name="Atlantic")
    task = process["tasks"][0]
    tell()
    post.messages.clear()
    change(org, task, owners={"users": [bob.user_id]})
    tell()
    assert (subjects(post, bob), subjects(post, ann), subjects(post, eve)) == (["One"], ["One"], [])
    assert "no longer assigned to you" in part(post.to(ann.email)[0], "html")
    assert subjects(post, org) == []
    # who assigns themself has no need of a mail
    post.messages.clear()
    change(bob, process["tasks"][1], owners={"users": [bob.user_id]})
    tell()
    assert subjects(post, bob) == []


def test_engine_7_4_many_changes_are_one_mail(org: Org, post: Sink, tell: Tell) -> None:
    ann = org.member()
    process = launched(org, template(org, plain_steps=4))
    for task in process["tasks"]:
        change(org, task, owners={"users": [ann.user_id]})
    oneoff(org, "Call", ann)
    tell()
    assert subjects(post, ann) == ["5 tasks are waiting for you"]


def test_groups_are_told_person_by_person_and_the_actor_is_not(org: Org, post: Sink, tell: Tell) -> None:
    ann, rui = org.member(), f"rui.{org.organization_id[-8:]}@pilots.example"
    body = {"name": "Desk", "members": [org.user_id, ann.user_id], "guests": [rui]}
    group = made(org.http.post("/groups", json=body))
    process = launched(org, template(org, plain_steps=1))
    change(org, process["tasks"][0], owners={"users": [], "groups": [group["id"]]})
    tell()
    assert (subjects(post, ann), subjects(post, rui), subjects(post, org)) == (["Step 1"], ["Step 1"], [])


# what is not told


def test_nothing_is_told_of_what_is_hidden_completed_archived_or_taken_back(org: Org, post: Sink, tell: Tell) -> None:
    ann = org.member()
    process = launched(org, template(org, plain_steps=4))
    first, second, third, _ = process["tasks"]
    for task in (first, second, third):
        change(org, task, owners={"users": [ann.user_id]})
    made(org.http.post(f"/x/runs/{process['id']}/tasks/{first['id']}/visibility", json={"visible": False}), 200)
    change(org, first, deadline="2031-05-04 12:00:00")
    complete(org, second)
    change(org, third, owners={"users": [org.user_id]})
    gone = oneoff(org, "Archived", ann)
    assert org.http.delete(f"/tasks/{gone['id']}").is_success
    deleted = oneoff(org, "Deleted", ann)
    assert org.http.delete(f"/tasks/{deleted['id']}").is_success
    assert org.http.delete(f"/tasks/{deleted['id']}/delete").is_success
    archived = launched(org, template(org, steps=[step("One", ann)]))
    made(org.http.delete(f"/runs/{archived['id']}"), 200)
    tell()
    assert [subject for subject in subjects(post, ann) if subject != "Step 3"] == []
    # engine 2.1: an e-mail step says what it has to say itself
    post.messages.clear()
    launched(org, template(org, steps=[step("Hello", ann, step_type="email")]))
    tell()
    assert subjects(post, ann) == []


def test_nobody_is_told_who_wants_no_mail_or_is_out(org: Org, post: Sink, tell: Tell) -> None:
    silent, without, out = org.member(), org.member(), org.member()
    made(silent.http.put("/me", json={"mail_preferences": {"all": False}}), 200)
    made(without.http.put("/me", json={"step_preferences": False}), 200)
    launched(org, template(org, steps=[step("One", silent, without, out)]))
    made(org.http.delete(f"/users/{out.user_id}/disable"), 200)
    tell()
    assert [subjects(post, one) for one in (silent, without, out)] == [[], [], []]


def test_preferences_are_named_merged_and_shown(org: Org) -> None:
    made(org.http.put("/me", json={"mail_preferences": {"deadlines": False}}), 200)
    made(org.http.put("/me", json={"mail_preferences": {"reopening": False, "deadlines": True}}), 200)
    shown = made(org.http.get("/me?with=preferences"), 200)["preferences"]["data"]
    assert {one["slug"]: one["value"] for one in shown} == {
        "mail_preferences.deadlines": "true",
        "mail_preferences.reopening": "false",
    }
    refused = org.http.put("/me", json={"mail_preferences": {"weather": True}})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["mail_preferences.weather"])
    made(org.http.put("/me", json={"mail_preferences": None}), 200)
    assert made(org.http.get("/me?with=preferences"), 200)["preferences"]["data"] == []


# engine 10.2, 9.1


def test_engine_10_2_a_moved_deadline_is_told_with_the_old_one(org: Org, post: Sink, tell: Tell) -> None:
    ann, off = org.member(), org.member()
    made(off.http.put("/me", json={"mail_preferences": {"deadlines": False}}), 200)
    rui = f"rui.{org.organization_id[-8:]}@pilots.example"
    task = oneoff(org, "Call", ann, off, rui)
    tell()
    post.messages.clear()
    change(org, task, deadline="2031-06-07 11:30:00")
    tell()
    assert (subjects(post, ann), subjects(post, off), subjects(post, rui)) == (["Call"], [], ["Call"])
    text = part(post.to(ann.email)[0], "html")
    assert "it was 05/06/2031 10:00" in text and "due 06/07/2031 11:30" in text


def test_engine_9_1_reopening_is_told_to_the_assignees(org: Org, post: Sink, tell: Tell) -> None:
    ann, off = org.member(), org.member()
    made(off.http.put("/me", json={"mail_preferences": {"reopening": False}}), 200)
    rui = guest_of(org, f"rui.{org.organization_id[-8:]}@pilots.example")
    process = launched(org, template(org, steps=[step("One", ann, off, rui.email)]))
    task = process["tasks"][0]
    complete(ann, task)
    tell()
    post.messages.clear()
    made(org.http.delete(f"/runs/{process['id']}/completed-tasks/{task['id']}"), 200)
    tell()
    assert (subjects(post, ann), subjects(post, off), subjects(post, rui.email)) == (["One"], [], ["One"])
    assert " has reopened this task." in part(post.to(ann.email)[0], "html")
    assert "This task has been reopened." in part(post.to(rui.email)[0], "html")


# engine 7.6


def remove(org: Org, user: Person, to: Person) -> httpx.Response:
    return org.http.delete(f"/users/{user.user_id}?with_reassignment=true&to={to.user_id}")


def test_engine_7_6_the_heir_is_told_that_work_was_reassigned(org: Org, post: Sink, tell: Tell) -> None:
    ann, bob = org.member(first_name="Ann", last_name="Nova"), org.member()
    process = launched(org, template(org, steps=[step("One", ann), step("Two", ann)]), name="Atlantic")
    hidden = process["tasks"][1]
    made(org.http.post(f"/x/runs/{process['id']}/tasks/{hidden['id']}/visibility", json={"visible": False}), 200)
    tell()
    post.messages.clear()
    made(remove(org, ann, bob), 200)
    tell()
    assert subjects(post, bob) == ["The work of Ann Nova is yours now"]
    text = part(post.to(bob.email)[0], "html")
    assert "One" in text and "Two" not in text
    # hidden tasks have moved all the same
    assert made(org.http.get(f"/tasks/{hidden['id']}"), 200)["owners"]["users"] == [bob.user_id]
    assert subjects(post, ann) == []


# how it is told


def test_a_title_is_told_as_it_reads(org: Org, post: Sink, tell: Tell) -> None:
    ann = org.member()
    name = {"label": "Vendor", "field_type": "text", "required": False}
    checklist = template(org, prerun=[name], steps=[{"title": "Later"}])
    alias, field = checklist["prerun"][0]["alias"], checklist["prerun"][0]["id"]
    made(org.http.post(f"/checklists/{checklist['id']}/steps", json=step(f"Call {{{{{alias}}}}}", ann)))
    launched(org, checklist, prerun={field: "R&D <Ltd>"})
    tell()
    (mail,) = post.to(ann.email)
    assert mail["Subject"] == "Call R&D <Ltd>"
    assert "Call R&amp;D &lt;Ltd&gt;" in part(mail, "html")


def test_without_a_mail_server_nothing_is_kept(org: Org, post: Sink, tell: Tell) -> None:
    ann = org.member()
    oneoff(org, "Call", ann)
    server = org.server
    server.run(lambda: tell_waiting(server.database, server.clock.now(), None, sends=False))
    tell()
    assert subjects(post, ann) == []
    assert made(org.http.get("/x/mails"), 200) == []


@pytest.mark.parametrize("count", [60])
def test_a_long_list_is_cut(org: Org, post: Sink, tell: Tell, count: int) -> None:
    ann = org.member()
    launched(org, template(org, steps=[step(f"Step {number}", ann) for number in range(count)]))
    tell()
    (mail,) = post.to(ann.email)
    assert mail["Subject"] == f"{count} tasks are waiting for you"
    assert "And 10 more." in part(mail, "html")
