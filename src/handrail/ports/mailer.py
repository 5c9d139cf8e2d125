"""Sending mail: what leaves the house once its row is committed."""

from typing import Protocol

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one address. `id` is the same at each attempt, so that a receiver can tell a repetition."""

    id: str
    recipient: str
    subject: str
    html: str
    plain: str
    reply_to: str | None = None


class Refused(Exception):
    """The receiving side will never take this mail."""


class Unreachable(Exception):
    """The mail could not be handed over now; later it may be."""


class Mailer(Protocol):
    """A way to send mail."""

    async def send(self, message: Message) -> None:
        """Hand the mail over; when this returns, it was taken. Raises Refused or Unreachable."""
        ...
