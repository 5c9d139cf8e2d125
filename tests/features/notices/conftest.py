"""Mails about tasks, with a mail server to look into."""

from collections.abc import Callable

import pytest

from handrail.adapters.mail_smtp import SmtpMailer
from handrail.features.mails.sending import send_waiting
from handrail.features.notices.telling import tell_waiting
from tests.features.mails.conftest import mail_server, post
from tests.support.server import Org
from tests.support.smtp import Sink

__all__ = ["mail_server", "post"]

PUBLIC_URL = "https://handrail.example"


@pytest.fixture
def tell(org: Org, post: Sink) -> Callable[[], None]:
    """Tell what was noted down, and send it, as the server does every two seconds."""
    mailer = SmtpMailer(post.url, "Pilots <office@pilots.example>")

    def run() -> None:
        server = org.server
        server.run(lambda: tell_waiting(server.database, server.clock.now(), PUBLIC_URL))
        server.run(lambda: send_waiting(server.database, server.clock, mailer))

    return run
