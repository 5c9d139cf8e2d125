"""Mails about an account: they belong to a person and no organization, so each is a job that bears the mail, sealed."""

from collections.abc import Coroutine
from typing import Any

import msgspec

from handrail.features.mails import frame
from handrail.kernel.html import strip_tags
from handrail.kernel.ids import new_id
from handrail.ports.database import Transaction
from handrail.ports.jobs import Attempt, Handler, Jobs, Outside, Retry, Schedule
from handrail.ports.mailer import Mailer, Message, Refused
from handrail.ports.sealer import Sealer

SEND = "accounts.mail"
# a link runs out after a day at the latest
RETRY = Retry(attempts=12, first=5.0, factor=3.0, longest=3600.0)
SENDER = "Handrail"


def handlers_and_schedules(mailer: Mailer | None, sealer: Sealer) -> tuple[list[Handler], list[Schedule]]:
    """The sender of one process."""

    def run(given: Attempt) -> Coroutine[Any, Any, None]:
        return _send(given, mailer, sealer)

    return [Outside(name=SEND, run=run, retry=RETRY)], []


async def post(
    tx: Transaction, jobs: Jobs, recipient: str, subject: str, paragraphs: list[str], link: str | None
) -> None:
    """Promise a mail, in the transaction that wants it. `link` becomes a button and is written out below it."""
    text = frame.letter(title=subject, paragraphs=paragraphs, link=link)
    message = Message(id=new_id(), recipient=recipient, subject=subject, html=text, plain=_plain(paragraphs, link))
    sealed = tx.sealer.seal(msgspec.json.encode(message).decode())
    await jobs.defer(tx, SEND, {"mail": sealed})


def _plain(paragraphs: list[str], link: str | None) -> str:
    return "\n\n".join([*(strip_tags(text) for text in paragraphs), *([] if link is None else [link])])


async def _send(given: Attempt, mailer: Mailer | None, sealer: Sealer) -> None:
    if mailer is None:
        raise RuntimeError("no mail server is set (HANDRAIL_SMTP_URL)")
    message = msgspec.json.decode(sealer.open(given.job.payload["mail"]), type=Message)
    try:
        await mailer.send(message)
    except Refused:
        # it will never be taken, and nobody can be told
        return
