"""A mail server that refuses or hangs neither blocks a task nor takes its completion back."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from handrail.adapters import mail_smtp
from handrail.adapters.mail_smtp import SmtpMailer
from handrail.features.mails.sending import send_waiting
from tests.features.builders import launched, made, template
from tests.support.server import Org
from tests.support.smtp import Sink


@contextmanager
def mute_server() -> Generator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    taken.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for connection in taken:
                connection.close()


def address(org: Org) -> str:
    return f"bia.{org.organization_id}@pilots.example"


def running(org: Org) -> dict[str, Any]:
    """A process whose first task is a mail."""
    first = {"title": "Write", "step_type": "email", "guests": [address(org)], "assign_run_starter": False}
    return launched(org, template(org, steps=[first, {"title": "After"}]))


def complete(org: Org, process: dict[str, Any], number: int) -> dict[str, Any]:
    body = {"task_id": process["tasks"][number]["id"]}
    return made(org.http.post(f"/runs/{process['id']}/completed-tasks", json=body), 200)


def mail_of(org: Org) -> dict[str, Any]:
    found: Any = made(org.http.get("/x/mails?per_page=100"), 200)
    return next(mail for mail in found if mail["recipient"] == address(org))


@pytest.mark.parametrize(("word", "status"), [("451 later", "waiting"), ("550 nobody here", "refused")])
def test_a_refusal_leaves_the_task_complete(
    org: Org, post: Sink, deliver: Callable[[], None], word: str, status: str
) -> None:
    process = running(org)
    post.answer = lambda one: word if one == address(org) else None
    assert complete(org, process, 0)["status"] == "completed"
    deliver()
    assert (mail_of(org)["status"], mail_of(org)["attempts"]) == (status, 1)
    assert made(org.http.get(f"/tasks/{process['tasks'][0]['id']}"), 200)["status"] == "completed"
    complete(org, process, 1)
    assert made(org.http.get(f"/runs/{process['id']}"), 200)["status"] == "complete"


def test_a_server_that_hangs_holds_no_task_up(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_smtp, "SECONDS", 1.5)
    process = running(org)
    complete(org, process, 0)
    with mute_server() as url:
        mailer = SmtpMailer(url, "office@pilots.example")

        async def begin() -> "asyncio.Task[None]":
            return asyncio.create_task(send_waiting(org.server.database, org.server.clock, mailer))

        sending = org.server.run(begin)
        began = time.monotonic()
        # while it hangs, tasks are completed and processes launched as ever
        complete(org, process, 1)
        other = running(org)
        complete(org, other, 0)
        assert time.monotonic() - began < 1.5
        assert not sending.done()

        async def end() -> None:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

        org.server.run(end)
        # and it is given up after a while, for this time
        org.server.run(lambda: asyncio.wait_for(send_one(org, mailer), 30))
    assert made(org.http.get(f"/runs/{process['id']}"), 200)["status"] == "complete"
    assert (mail_of(org)["status"], mail_of(org)["attempts"] >= 1) == ("waiting", True)


async def send_one(org: Org, mailer: SmtpMailer) -> None:
    await send_waiting(org.server.database, org.server.clock, mailer)
