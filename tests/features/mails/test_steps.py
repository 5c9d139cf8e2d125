"""E-mail steps: who gets what when they are completed (engine 2.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from handrail.features.timers.expiry import expire_due
from handrail.features.timers.firing import Resting
from tests.features.builders import launched, made, template
from tests.features.processes.test_decision_60 import START, european
from tests.support.server import Org, Person
from tests.support.smtp import Sink, part

FIELD = {"label": "Client", "field_type": "text", "required": False}


def mailing(org: Org, *people: Any, kind: str = "email", **more: Any) -> dict[str, Any]:
    """A process with one e-mail task, owned by these members and guests."""
    checklist = template(org, steps=[{"title": "Welcome", "step_type": kind, **more}], prerun=[FIELD])
    alias = checklist["prerun"][0]["alias"]
    step = checklist["steps"]["data"][0]["id"]
    path = f"/checklists/{checklist['id']}/steps/{step}"
    made(
        org.http.put(
            path, json={"title": f"Welcome {{{{{alias}}}}}", "summary": f"<p>Dear <b>{{{{{alias}}}}}</b></p>"}
        ),
        200,
    )
    users = [person.user_id for person in people if isinstance(person, Person)]
    guests = [person for person in people if isinstance(person, str)]
    groups = [person["id"] for person in people if isinstance(person, dict)]
    owners = {"users": users, "guests": guests, "groups": groups}
    answer = {checklist["prerun"][0]["id"]: "R&D <Ltd>"}
    return launched(org, checklist, tasks={step: {"owners": owners}}, prerun=answer)


def complete(person: Person, process: dict[str, Any]) -> dict[str, Any]:
    task = process["tasks"][0]
    return made(person.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)


def test_each_of_its_people_gets_a_mail_and_the_sender_a_copy(
    org: Org, post: Sink, deliver: Callable[[], None]
) -> None:
    member, guest = org.member(), f"rui.{org.organization_id}@pilots.example"
    process = mailing(org, member, guest)
    deliver()
    assert post.to(guest) == []
    assert complete(org, process)["status_label"] == "sent"
    deliver()
    deliver()
    assert [len(post.to(address)) for address in (member.email, guest, org.email)] == [1, 1, 1]
    (mail,) = post.to(guest)
    assert mail["Subject"] == "Welcome R&D <Ltd>"
    assert mail["From"] == "Pilots <office@pilots.example>"
    assert mail["Reply-To"] == org.email
    assert "Dear <b>R&amp;D &lt;Ltd&gt;</b>" in part(mail, "html")
    assert "Dear R&D <Ltd>" in part(mail, "plain")
    assert member.email not in mail.as_string()


def test_completing_twice_sends_once_and_again_after_reopening(
    org: Org, post: Sink, deliver: Callable[[], None]
) -> None:
    process = mailing(org, "rui@pilots.example")
    complete(org, process)
    complete(org, process)
    deliver()
    assert len(post.to("rui@pilots.example")) == 1
    made(org.http.delete(f"/runs/{process['id']}/completed-tasks/{process['tasks'][0]['id']}"), 200)
    complete(org, process)
    deliver()
    mails = post.to("rui@pilots.example")
    assert len(mails) == 2
    assert mails[0]["Message-ID"] != mails[1]["Message-ID"]


def test_groups_count_and_who_is_disabled_or_wants_none_does_not(
    org: Org, post: Sink, deliver: Callable[[], None]
) -> None:
    grouped, silent, disabled = org.member(), org.member(), org.member()
    everybody = (grouped, org, silent, disabled)
    group = made(org.http.post("/groups", json={"name": "Crew", "description": "", "members": [grouped.user_id]}))
    process = mailing(org, silent, disabled, group)
    made(org.http.put(f"/users/{silent.user_id}", json={"step_preferences": False}), 200)
    made(org.http.delete(f"/users/{disabled.user_id}/disable"), 200)
    complete(org, process)
    deliver()
    # of changes to their account people are told in any case
    told = [[mail for mail in post.to(person.email) if mail["Subject"].startswith("Welcome")] for person in everybody]
    assert list(map(len, told)) == [1, 1, 0, 0]


def test_a_bare_mail_has_nothing_of_ours(org: Org, post: Sink, deliver: Callable[[], None]) -> None:
    name = made(org.http.get(""), 200)["name"]
    framed, bare = mailing(org, "rui@pilots.example"), mailing(org, "ana@pilots.example", send_chromeless=True)
    complete(org, framed)
    complete(org, bare)
    deliver()
    assert name in part(post.to("rui@pilots.example")[0], "html")
    assert name not in part(post.to("ana@pilots.example")[0], "html")


def test_sent_by_the_clock_at_its_deadline(org: Org, post: Sink, deliver: Callable[[], None]) -> None:
    process = mailing(org, "rui@pilots.example", kind="expiring_email")
    with org.server.later(days=30):
        org.server.run(lambda: expire_due(org.server.database, org.server.clock, Resting()))
        deliver()
    assert len(post.to("rui@pilots.example")) == 1
    task = made(org.http.get(f"/runs/{process['id']}/tasks/{process['tasks'][0]['id']}"), 200)
    assert (task["status"], task["is_approved"]) == ("completed", False)


def test_single_tasks_are_mails_too(org: Org, post: Sink, deliver: Callable[[], None]) -> None:
    body = {
        "title": "Thanks {{name}}",
        "summary": "<p>Thank you</p><script>alert(1)</script>",
        "task_type": "email",
        "owners": {"guests": ["rui@pilots.example"]},
        "deadline": "2031-05-01 10:00:00",
    }
    task = made(org.http.post("/tasks", json=body))
    made(org.http.post("/completed-tasks", json={"task_id": task["id"]}), 200)
    deliver()
    (mail,) = post.to("rui@pilots.example")
    assert mail["Subject"] == "Thanks {{name}}"
    assert "<p>Thank you</p>" in part(mail, "html")
    assert "alert" not in part(mail, "html")


@pytest.mark.parametrize("kind", ["task", "approval", "expiring"])
def test_other_tasks_send_nothing(org: Org, post: Sink, deliver: Callable[[], None], kind: str) -> None:
    process = mailing(org, "rui@pilots.example", kind=kind)
    body = {"task_id": process["tasks"][0]["id"], "is_approved": True}
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json=body), 200)
    deliver()
    assert post.to("rui@pilots.example") == []


def test_decision_60_dates_are_written_as_the_launcher_writes_them(
    org: Org, post: Sink, deliver: Callable[[], None]
) -> None:
    ann = european(org)
    step = {"title": "Mail of {{start}}", "step_type": "email", "summary": "<p>Until {{start}}</p>"}
    checklist = template(org, prerun=[START], steps=[step])
    owners = {"users": [], "guests": [f"rui.{org.organization_id}@pilots.example"], "groups": []}
    body = {
        "checklist_id": checklist["id"],
        "prerun": {checklist["prerun"][0]["id"]: "2031-03-09"},
        "tasks": {checklist["steps"]["data"][0]["id"]: {"owners": owners}},
    }
    process = made(ann.http.post("/runs?with=tasks", json=body))
    task = process["tasks"]["data"][0]
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json={"task_id": task["id"]}), 200)
    deliver()
    (mail,) = post.to(owners["guests"][0])
    assert mail["Subject"] == "Mail of 09/03/2031"
    assert "Until 09/03/2031" in part(mail, "html")
