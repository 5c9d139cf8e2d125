"""A real mail server that keeps what it takes, and says no when it is told to."""

import contextlib
import socket
from collections.abc import Callable, Generator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

Answer = Callable[[str], str | None]


class Sink:
    """What has arrived. `answer` gets each recipient and may give another reply than `250 OK`."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer: Answer = lambda _: None
        self.url = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        refusal = self.answer(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to an address."""
        return [message for message in self.messages if message["To"] == address]


@contextlib.contextmanager
def sink() -> Generator[Sink]:
    """A mail server on a free port of this machine."""
    kept = Sink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        kept.url = f"smtp://127.0.0.1:{port}"
        yield kept
    finally:
        controller.stop(no_assert=True)


def part(message: EmailMessage, kind: str) -> str:
    """The HTML or the plain text of a mail."""
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())
