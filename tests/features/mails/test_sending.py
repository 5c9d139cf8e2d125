"""What becomes of a mail: sent, tried again, refused, kept; never lost, and never in the way of the task."""

from collections.abc import Callable
from typing import Any

from handrail.features.mails.sending import PATIENCE, send_waiting
from handrail.ports.mailer import Message, Unreachable
from tests.features.builders import made
from tests.support.server import Org
from tests.support.smtp import Sink


def rui(org: Org) -> str:
    """A guest of this organization alone: the sender serves all of them at once."""
    return f"rui.{org.organization_id}@pilots.example"


def promise(org: Org) -> dict[str, Any]:
    """A mail to somebody, of a task completed by a member who gets no copy, as they are disabled since."""
    body = {"title": "Hello", "task_type": "email", "owners": {"guests": [rui(org)]}, "deadline": "2031-05-01 10:00:00"}
    task = made(org.http.post("/tasks", json=body))
    made(org.http.post("/completed-tasks", json={"task_id": task["id"]}), 200)
    return next(mail for mail in mails(org) if mail["recipient"] == rui(org))


def mails(org: Org) -> list[dict[str, Any]]:
    found: Any = made(org.http.get("/x/mails?per_page=100"), 200)
    return found


def state(org: Org, mail: dict[str, Any]) -> tuple[str, int]:
    found = next(each for each in mails(org) if each["id"] == mail["id"])
    return found["status"], found["attempts"]


def test_tried_again_under_the_same_id_until_it_is_taken(org: Org, post: Sink, deliver: Callable[[], None]) -> None:
    mail = promise(org)
    post.answer = lambda address: "451 try again later" if address == rui(org) else None
    deliver()
    assert state(org, mail) == ("waiting", 1)
    deliver()
    assert state(org, mail) == ("waiting", 1)
    with org.server.later(hours=1):
        deliver()
        assert state(org, mail) == ("waiting", 2)
    post.answer = lambda _: None
    with org.server.later(hours=12):
        deliver()
    assert state(org, mail) == ("sent", 3)
    (taken,) = post.to(rui(org))
    assert taken["Message-ID"].startswith(f"<{mail['id']}@")


def test_refused_for_good_and_sent_again_by_hand(org: Org, post: Sink, deliver: Callable[[], None]) -> None:
    mail = promise(org)
    post.answer = lambda address: "550 nobody here" if address == rui(org) else None
    deliver()
    assert state(org, mail) == ("refused", 1)
    assert "550 nobody here" in next(each for each in mails(org) if each["id"] == mail["id"])["error"]
    post.answer = lambda _: None
    made(org.http.post(f"/x/mails/{mail['id']}/retry"), 200)
    deliver()
    assert state(org, mail) == ("sent", 1)
    assert org.http.post(f"/x/mails/{mail['id']}/retry").status_code == 422


def test_given_up_in_the_end(org: Org, post: Sink, deliver: Callable[[], None]) -> None:
    mail = promise(org)
    post.answer = lambda _: "421 closed"
    for attempt in range(PATIENCE.attempts):
        with org.server.later(days=attempt + 1):
            deliver()
    assert state(org, mail) == ("refused", PATIENCE.attempts)


def test_a_server_that_is_away_holds_nothing_up(org: Org) -> None:
    class Away:
        async def send(self, message: Message) -> None:
            raise Unreachable("connection refused")

    mail = promise(org)
    org.server.run(lambda: send_waiting(org.server.database, org.server.clock, Away()))
    assert state(org, mail) == ("waiting", 1)


def test_without_a_mail_server_it_is_kept(org: Org, post: Sink, deliver: Callable[[], None]) -> None:
    mail = promise(org)
    org.server.run(lambda: send_waiting(org.server.database, org.server.clock, None))
    assert state(org, mail) == ("unsent", 1)
    deliver()
    assert post.messages == []
    made(org.http.post(f"/x/mails/{mail['id']}/retry"), 200)
    deliver()
    assert len(post.to(rui(org))) == 1


def test_a_sender_that_died_after_handing_over_sends_the_same_mail_again(org: Org, post: Sink) -> None:
    from handrail.adapters.mail_smtp import SmtpMailer

    class Dying(SmtpMailer):
        async def send(self, message: Message) -> None:
            await super().send(message)
            if message.recipient == rui(org):
                raise KeyboardInterrupt

    mail = promise(org)
    mailers = (Dying(post.url, "office@pilots.example"), SmtpMailer(post.url, "office@pilots.example"))
    for mailer in mailers:

        async def work(mailer: SmtpMailer = mailer) -> None:
            try:
                await send_waiting(org.server.database, org.server.clock, mailer)
            except KeyboardInterrupt:
                return

        org.server.run(work)
    assert state(org, mail) == ("sent", 1)
    assert len({taken["Message-ID"] for taken in post.to(rui(org))}) == 1
    assert len(post.to(rui(org))) == 2


def test_what_was_sent_is_not_kept(org: Org, deliver: Callable[[], None]) -> None:
    from tests.reliability.rows import Rows

    mail = promise(org)
    deliver()
    found = Rows.of(org.server.settings).all(f"SELECT sealed_text FROM mails WHERE id = '{mail['id']}'")
    assert found == [("",)]


def test_only_administrators_see_mails(org: Org) -> None:
    mail = promise(org)
    for person in (org.member(), org.member("light")):
        assert person.http.get("/x/mails").status_code == 403
        assert person.http.post(f"/x/mails/{mail['id']}/retry").status_code == 403
