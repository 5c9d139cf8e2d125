"""Digests over the API, the store and a mail server: engine 6.6, 10.2, around 6.2."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from handrail.adapters.mail_smtp import SmtpMailer
from handrail.features.digests import jobs
from handrail.features.digests.jobs import send_due
from handrail.features.mails.sending import send_waiting
from handrail.features.mails.service import opened
from handrail.kernel.clock import HOUR, FixedClock
from handrail.schema.statement import Statement
from handrail.schema.tables import mails
from handrail.schema.words import own
from tests.features.builders import launched, made, template
from tests.features.guests.codes import guest_of
from tests.features.timers.clockwork import moment
from tests.support.server import Org, Person
from tests.support.smtp import Sink

PUBLIC = "https://work.pilots.example"
# a Monday
MORNING = moment("2031-05-05T06:00:00Z")
DAYS = 86_400_000
digests_of = Statement[Any](
    sa.select(mails.c.recipient, mails.c.subject, mails.c.sealed_text)
    .where(own(mails), mails.c.kind == "digest")
    .order_by(mails.c.id)
)


def send(org: Org, at: int = MORNING) -> None:
    """What the server does every quarter of an hour."""
    org.server.run(lambda: send_due(org.server.database, FixedClock(at), PUBLIC))


def sent(org: Org) -> list[tuple[str, str, str]]:
    """The digests that were promised: to whom, about what, the text."""

    async def read() -> list[Any]:
        async with org.server.database.reader() as reader:
            found = await reader.all(digests_of, organization_id=org.organization_id)
            # sent ones are empty
            return [(*row[:2], opened(reader.sealer, row[2]).html if row[2] else "") for row in found]

    return org.server.run(read)


def recipients(org: Org) -> list[str]:
    return [recipient for recipient, _, _ in sent(org)]


def errand(person: Person, title: str = "Errand", due: str = "2031-05-05 17:00:00", **body: Any) -> dict[str, Any]:
    owners = {"users": [person.user_id], "guests": [], "groups": []}
    given = {"title": title, "task_type": "task", "deadline": due, "owners": owners, **body}
    return made(person.http.post("/tasks", json=given))


def choose(person: Person, **body: Any) -> None:
    made(person.http.put("/me", json=body), 200)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return part.get_content()


def test_a_digest_arrives(org: Org, post: Sink) -> None:
    mina = org.member()
    steps = [{"title": "Board <the> vessel", "assignees": [mina.user_id]}]
    process = launched(org, template(org, steps=steps), name="Atlantic & Co")
    task = process["tasks"][0]
    deadline = {"deadline": "2031-05-02 12:00:00"}
    made(org.http.put(f"/runs/{process['id']}/tasks/{task['id']}", json=deadline), 200)
    errand(mina, "Call the agent")
    send(org)
    mailer = SmtpMailer(post.url, "Pilots <office@pilots.example>")
    org.server.run(lambda: send_waiting(org.server.database, FixedClock(MORNING + 1), mailer))
    (message,) = post.to(mina.email)
    assert message["Subject"] == "Your tasks: 1 overdue, 1 due today"
    text = text_of(message)
    order = ["Atlantic & Co", "Board <the> vessel", "overdue by 3 days"]
    order += ["Single tasks", "Call the agent", "due today at"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    html = message.get_body(("html",))
    assert html is not None and "Board &lt;the&gt; vessel" in html.get_content()


def test_once_a_day(org: Org) -> None:
    errand(org)
    for minutes in (-15, 0, 15, 30, 600):
        send(org, MORNING + minutes * 60_000)
    assert recipients(org) == [org.email]
    send(org, MORNING + DAYS)
    assert recipients(org) == [org.email]
    send(org, MORNING + 2 * DAYS)
    assert recipients(org) == [org.email] * 2


def test_nothing_to_say_is_no_mail_and_stays_so_that_day(org: Org) -> None:
    send(org)
    errand(org)
    send(org, MORNING + HOUR)
    assert sent(org) == []


def test_a_server_that_was_away_makes_up_until_the_evening(org: Org) -> None:
    errand(org)
    send(org, MORNING + 12 * HOUR)
    assert sent(org) == []
    send(org, MORNING + 2 * DAYS + 11 * HOUR)
    assert recipients(org) == [org.email]


def test_at_six_on_the_clocks_of_the_person(org: Org) -> None:
    made(org.http.put("", json={"timezone": "America/New_York"}), 200)
    mina, rui = org.member(), org.member()
    choose(mina, timezone="Asia/Kathmandu")
    for person in (org, mina, rui):
        errand(person)
    expected: list[str] = []
    for at, who in (("00:00", []), ("00:15", [mina.email]), ("09:45", []), ("10:00", [org.email, rui.email])):
        send(org, moment(f"2031-05-05T{at}:00Z"))
        expected += who
        assert recipients(org) == expected


# the days on which clocks change
CHANGES = {
    "Europe/Lisbon": ("2031-03-30", "2031-10-26"),
    "America/New_York": ("2031-03-09", "2031-11-02"),
    "Australia/Lord_Howe": ("2031-04-06", "2031-10-05"),
}


@pytest.mark.parametrize("zone", CHANGES)
def test_once_a_day_when_clocks_change(org: Org, zone: str) -> None:
    made(org.http.put("", json={"timezone": zone, "cadence_days": []}), 200)
    week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    choose(org, cadence_days=week)
    errand(org)
    expected = 0
    for change in CHANGES[zone]:
        midnight = datetime.fromisoformat(change).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        # every quarter between five and half past seven of the day before, the day itself and the day after
        for day in (-1, 0, 1):
            for quarter in range(20, 30):
                local = midnight + timedelta(days=day, minutes=15 * quarter)
                send(org, int(local.timestamp()) * 1000)
            expected += 1
            assert len(sent(org)) == expected


def test_chosen_days(org: Org) -> None:
    mina, off, rui = org.member(), org.member(), org.member()
    for person in (org, mina, off, rui):
        errand(person)
    choose(mina, cadence_days=["tuesday"])
    choose(off, daily_digest=False)
    choose(rui, cadence_days=[])
    send(org)
    assert recipients(org) == [org.email]
    send(org, MORNING + DAYS)
    assert recipients(org) == [org.email, mina.email]
    choose(mina, cadence_days=None)
    made(org.http.put("", json={"cadence_days": ["Sunday"]}), 200)
    send(org, MORNING + 2 * DAYS)
    assert len(recipients(org)) == 2
    send(org, MORNING + 6 * DAYS)
    assert recipients(org)[2:] == [org.email, mina.email]


def test_preferences_are_read_again(org: Org) -> None:
    mina = org.member()
    choose(mina, cadence_days=["friday", "Monday", "monday"], daily_digest=False)
    shown = made(mina.http.get("/me?with=preferences"), 200)["preferences"]["data"]
    assert {one["slug"]: one["value"] for one in shown} == {"daily_digest": "false", "cadence_days": "Monday,Friday"}
    refused = mina.http.put("/me", json={"cadence_days": ["Monday", "Payday"]})
    assert (refused.status_code, set(refused.json()["errors"])) == (422, {"cadence_days.1"})
    email = guest_of(org, "rui@pilots.example", cadence_days=["sunday"]).email
    shown = made(org.http.put(f"/guests/{email}", json={"daily_digest": False}), 200)["details"]
    assert (shown["cadence_days"], shown["daily_digest"]) == (["Sunday"], False)
    refused = org.http.put(f"/guests/{email}", json={"cadence_days": ["Payday"]})
    assert (refused.status_code, set(refused.json()["errors"])) == (422, {"cadence_days.0"})
    assert made(org.http.get(""), 200)["guest_cadence_days"] == ["Monday", "Wednesday", "Friday"]


def test_guests(org: Org) -> None:
    rui = guest_of(org, "rui@pilots.example", timezone="Asia/Kathmandu")
    ana, off, gone = (guest_of(org, f"{name}@pilots.example") for name in ("ana", "off", "gone"))
    owners = {"users": [], "guests": [rui.email, ana.email, off.email, gone.email], "groups": []}
    made(org.http.put("", json={"guest_cadence_days": ["Monday"], "cadence_days": []}), 200)
    errand(org, "Sign the paper", owners=owners)
    errand(org, "Nobody else's")
    made(org.http.put(f"/guests/{off.email}", json={"daily_digest": False}), 200)
    assert org.http.delete(f"/guests/{gone.email}").status_code in (200, 204)
    send(org, moment("2031-05-05T00:15:00Z"))
    assert recipients(org) == [rui.email]
    send(org)
    ((_, _, first), (address, _, text)) = sent(org)
    assert address == ana.email
    assert f"{PUBLIC}/{org.organization_id}/guest/{rui.code}" in first
    assert f"{PUBLIC}/{org.organization_id}/guest/{ana.code}" in text
    assert "Sign the paper" in text and "else" not in text and rui.email not in text


def test_only_what_is_the_persons_own_and_open(org: Org) -> None:
    mina = org.member()
    group = made(org.http.post("/groups", json={"name": "Pilots", "members": [mina.user_id]}))
    errand(org, "Of the group", owners={"users": [org.user_id], "groups": [group["id"]]})
    errand(org, "Of somebody else")
    errand(org, "Secret of somebody else", top_secret=True)
    done, archived = errand(mina, "Is done"), errand(mina, "Is archived")
    made(mina.http.post("/completed-tasks", json={"task_id": done["id"]}), 200)
    assert mina.http.delete(f"/tasks/{archived['id']}").status_code == 204
    steps = [{"title": title, "assignees": [mina.user_id]} for title in ("Is hidden", "Is shown")]
    process = launched(org, template(org, steps=steps))
    hidden = f"/x/runs/{process['id']}/tasks/{process['tasks'][0]['id']}/visibility"
    made(org.http.post(hidden, json={"visible": False}), 200)
    other = launched(org, template(org, steps=[{"title": "Of an archived process", "assignees": [mina.user_id]}]))
    assert org.http.delete(f"/runs/{other['id']}").status_code in (200, 204)
    send(org)
    (text,) = [html for recipient, _, html in sent(org) if recipient == mina.email]
    assert "Of the group" in text and "Is shown" in text
    for title in ("somebody else", "Is done", "Is archived", "Is hidden", "archived process"):
        assert title not in text


def test_who_cannot_come_gets_none(org: Org) -> None:
    mina = org.member()
    errand(mina)
    assert org.http.delete(f"/users/{mina.user_id}").status_code in (200, 204)
    send(org)
    assert sent(org) == []


def test_whoever_comes_later_begins_the_next_time(org: Org) -> None:
    errand(org)
    # this member came after six of that day
    send(org, org.server.clock.now() // DAYS * DAYS - DAYS + 6 * HOUR)
    assert sent(org) == []


def test_decision_65_over_the_api(org: Org) -> None:
    errand(org, "Late in May", due="2031-05-30 12:00:00")
    errand(org, "Begins later", started_at="2031-05-20 08:00:00")
    errand(org, "Has begun", due="2031-05-30 12:00:00", started_at="2031-05-01 08:00:00")
    send(org)
    made(org.http.put("", json={"remind_future_start": False}), 200)
    send(org, MORNING + 2 * DAYS)
    (_, _, before), (_, _, after) = sent(org)
    assert all(title in before for title in ("Late in May", "Begins later", "Has begun"))
    assert "Has begun" in after and "Late in May" not in after and "Begins later" not in after


def test_variables_in_titles(org: Org) -> None:
    port = {"id": "port", "label": "Port", "field_type": "text", "required": True}
    checklist = template(org, prerun=[port], steps=[{"title": "Sail", "assignees": [org.user_id]}])
    field = checklist["prerun"][0]
    step = checklist["steps"]["data"][0]
    title = {"title": f"Sail to {{{{{field['alias']}}}}}"}
    made(org.http.put(f"/checklists/{checklist['id']}/steps/{step['id']}", json=title), 200)
    launched(org, checklist, prerun={field["id"]: "Porto <1>"})
    send(org)
    ((_, _, text),) = sent(org)
    assert "Sail to Porto &lt;1&gt;" in text


def test_two_workers_send_one(org: Org) -> None:
    people = [org, *(org.member() for _ in range(5))]
    for person in people:
        errand(person)

    async def together() -> None:
        clock = FixedClock(MORNING)
        await asyncio.gather(*(send_due(org.server.database, clock, PUBLIC) for _ in range(4)))

    org.server.run(together)
    assert sorted(recipients(org)) == sorted(person.email for person in people)


class Killed(BaseException):
    """Nothing after it runs."""


def test_killed_in_the_middle_says_it_once(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [org, *(org.member() for _ in range(3))]
    for person in people:
        errand(person)
    sending, count = jobs.send, 0

    async def dying(*given: Any) -> None:
        nonlocal count
        await sending(*given)
        count += given[1] == org.organization_id
        if count == 2:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "send", dying)
        with pytest.raises(Killed):
            send(org)
    assert recipients(org) == [org.email]
    send(org, MORNING + 1)
    assert sorted(recipients(org)) == sorted(person.email for person in people)


def test_one_persons_trouble_is_nobody_elses(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    mina = org.member()
    for person in (org, mina):
        errand(person)
    gathering = jobs.gather

    async def broken(*given: Any) -> Any:
        if given[1] == f"u:{org.user_id}" and given[2].organization_id == org.organization_id:
            raise RuntimeError("broken on purpose")
        return await gathering(*given)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "gather", broken)
        send(org)
    assert recipients(org) == [mina.email]
    send(org, MORNING + 900_000)
    assert recipients(org) == [mina.email, org.email]


def test_organizations_apart(two_orgs: tuple[Org, Org]) -> None:
    ours, theirs = two_orgs
    shared = ours.member(email="both@pilots.example")
    beside = theirs.member(email="both@pilots.example")
    errand(shared, "Ours")
    errand(beside, "Theirs")
    send(ours)
    assert [text.count("Ours") > 0 for to, _, text in sent(ours) if to == shared.email] == [True]
    (text,) = [text for to, _, text in sent(theirs) if to == shared.email]
    assert "Theirs" in text and "Ours" not in text
