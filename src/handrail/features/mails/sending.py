"""Sends what was promised: looks every two seconds at what is due, in order, and notes what became of each mail.

A mail is sent at least once. If the server dies between handing it over and noting that, it is sent again under the
same Message-ID. One that cannot be handed over is tried again with growing pauses, and given up after some days.
"""

from collections.abc import Coroutine
from typing import Any

import structlog

from handrail.features.mails import store
from handrail.features.mails.service import opened
from handrail.features.mails.store import MailRow
from handrail.kernel.clock import Clock
from handrail.ports.database import Database, Reader
from handrail.ports.jobs import Attempt, Handler, Outside, Retry, Schedule
from handrail.ports.mailer import Mailer, Message, Refused, Unreachable
from handrail.ports.sealer import Broken

SEND = "mails.send"
# what waits goes on waiting, so there is nothing to give up
RETRY = Retry(attempts=1_000_000, first=1.0, longest=10.0)
# pauses between attempts of one mail: half a minute to six hours, in all about three days
PATIENCE = Retry(attempts=18, first=30.0, factor=3.0, longest=6 * 3600.0)
PAGE = 50
ERROR_LIMIT = 500

log = structlog.get_logger("handrail.mails")


def handlers_and_schedules(mailer: Mailer | None) -> tuple[list[Handler], list[Schedule]]:
    """The sender of one process."""

    async def is_wanted(reader: Reader, now: int) -> bool:
        return bool(await reader.all(store.waiting, now=now, limit=1))

    def run(given: Attempt) -> Coroutine[Any, Any, None]:
        return send_waiting(given.database, given.clock, mailer)

    return (
        [Outside(name=SEND, run=run, retry=RETRY)],
        [Schedule(job=SEND, cron="*/2 * * * * *", key=SEND, wanted=is_wanted)],
    )


async def send_waiting(database: Database, clock: Clock, mailer: Mailer | None) -> None:
    """Send every mail that is due."""
    while True:
        async with database.reader() as reader:
            rows = await reader.all(store.waiting, now=clock.now(), limit=PAGE)
        if not rows:
            return
        for row in rows:
            await _send(database, clock, mailer, row)


async def _send(database: Database, clock: Clock, mailer: Mailer | None, row: MailRow) -> None:
    attempts = row.attempts + 1
    status, error, due_at = "sent", None, row.due_at
    if mailer is None:
        # kept, so that it can be sent once there is a mail server, but not by itself: it may be out of date then
        status, error = "unsent", "No mail server is set (HANDRAIL_SMTP_URL)."
    else:
        try:
            text = opened(database.sealer, row.sealed_text)
            await mailer.send(
                Message(
                    id=row.id,
                    recipient=row.recipient,
                    subject=row.subject,
                    html=text.html,
                    plain=text.plain,
                    reply_to=row.reply_to,
                )
            )
        except (Refused, Broken) as problem:
            status, error = "refused", str(problem)
        except Unreachable as problem:
            error = str(problem)
            status = "waiting" if attempts < PATIENCE.attempts else "refused"
            due_at = clock.now() + int(PATIENCE.pause(attempts) * 1000)
    if status != "sent":
        log.warning("mail_not_sent", organization=row.organization_id, mail=row.id, status=status, error=error)
    now = clock.now()
    is_sent = status == "sent"
    await database.write(
        lambda tx: tx.run(
            store.told,
            organization_id=row.organization_id,
            id=row.id,
            status=status,
            attempts=attempts,
            error=None if error is None else error[:ERROR_LIMIT],
            due_at=due_at,
            sent_at=now if is_sent else None,
            sealed_text="" if is_sent else row.sealed_text,
        )
    )
