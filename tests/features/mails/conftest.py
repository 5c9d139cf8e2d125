"""A mail server for the tests of mails, and a way to have everything sent that waits."""

from collections.abc import Callable, Iterator

import pytest

from handrail.adapters.mail_smtp import SmtpMailer
from handrail.features.mails.sending import send_waiting
from tests.support.server import Org
from tests.support.smtp import Sink, sink


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Sink]:
    with sink() as kept:
        yield kept


@pytest.fixture
def post(mail_server: Sink) -> Sink:
    """The mail server, empty and willing."""
    mail_server.messages.clear()
    mail_server.answer = lambda _: None
    return mail_server


@pytest.fixture
def deliver(org: Org, post: Sink) -> Callable[[], None]:
    """Send what waits, as the server does every two seconds."""
    mailer = SmtpMailer(post.url, "Pilots <office@pilots.example>")
    return lambda: org.server.run(lambda: send_waiting(org.server.database, org.server.clock, mailer))
