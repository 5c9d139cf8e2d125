"""People with passwords, browsers, and a server that sends its mail to a sink."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from handrail.adapters.mail_smtp import SmtpMailer
from handrail.features.mails.sending import send_waiting
from handrail.features.members.passwords import ANY
from handrail.features.organizations import service as organizations
from tests.support.browser import Browser
from tests.support.server import Person, TestServer
from tests.support.smtp import Sink, part, sink

PASSWORD = "Ebbe und Flut 7"


def with_password(person: Person, password: str = PASSWORD) -> Person:
    """The person, who can sign in with a password from now on."""
    from handrail.features.members import accounts

    stored = person.server.run(lambda: organizations.hashed(password, ANY))
    person.server.write(lambda tx: accounts.change_password(tx, person.user_id, stored, person.server.clock.now()))
    return person


@dataclass
class Mailing:
    """A server with a mail server."""

    server: TestServer
    sink: Sink

    def browser(self) -> Browser:
        return Browser(self.server.url)

    def deliver(self) -> None:
        """Carry out what waits."""
        self.server.carry_out("accounts.errand", "accounts.mail")
        mailer = SmtpMailer(self.sink.url, "Pilots <office@pilots.example>")
        self.server.run(lambda: send_waiting(self.server.database, self.server.clock, mailer))

    def told(self, address: str) -> list[tuple[str, str]]:
        """Subject and text of every mail to an address."""
        self.deliver()
        return [(message["Subject"], part(message, "plain")) for message in self.sink.to(address)]

    def link(self, address: str) -> str:
        """The path of the link in the latest mail to an address."""
        self.deliver()
        text = part(self.sink.to(address)[-1], "plain")
        found = re.search(rf"{re.escape(self.server.url)}(/\S+)", text)
        assert found is not None
        return found[1]


@contextmanager
def mailing_on(dialect: str, folder: Path, dsn: str) -> Generator[Mailing]:
    with sink() as kept:
        made = (
            TestServer.on_sqlite(folder, smtp_url=kept.url)
            if dialect == "sqlite"
            else TestServer.on_postgres(folder, dsn, smtp_url=kept.url)
        )
        with made as server:
            yield Mailing(server, kept)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def mailing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, make_postgres: object
) -> Generator[Mailing]:
    """A server that sends mail, on each database."""
    dsn = make_postgres() if request.param == "postgresql" else ""  # pyright: ignore[reportCallIssue]
    with mailing_on(request.param, tmp_path_factory.mktemp("mailing"), dsn) as made:
        yield made
