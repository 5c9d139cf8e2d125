"""The background jobs of accounts: mails about them, what strangers ask about them, and forgetting what has run out."""

from handrail.features.accounts import errands, mailing, store
from handrail.kernel.clock import DAY
from handrail.ports.database import Transaction
from handrail.ports.jobs import Attempt, Handler, InTransaction, Schedule
from handrail.ports.mailer import Mailer
from handrail.ports.sealer import Sealer

FORGET = "accounts.forget"
# what has run out is still shown as that for a while
KEPT = 7 * DAY


def handlers_and_schedules(mailer: Mailer | None, sealer: Sealer) -> tuple[list[Handler], list[Schedule]]:
    """The jobs of one process."""
    handlers, schedules = mailing.handlers_and_schedules(mailer, sealer)
    return (
        [*handlers, *errands.handlers(), InTransaction(name=FORGET, run=_forget)],
        [*schedules, Schedule(job=FORGET, cron="41 3 * * *", key=FORGET)],
    )


async def _forget(tx: Transaction, given: Attempt) -> None:
    before = given.clock.now() - KEPT
    await tx.run(store.forget_sessions, before=before)
    await tx.run(store.forget_links, before=before)
