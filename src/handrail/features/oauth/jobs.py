"""The background job of OAuth: forgetting what has run out."""

from handrail.features.oauth import store
from handrail.features.oauth.keys import SHOWN_FOR
from handrail.kernel.clock import DAY
from handrail.ports.database import Transaction
from handrail.ports.jobs import Attempt, Handler, InTransaction, Schedule

FORGET = "oauth.forget"
# a second use is still recognised as one for a while
KEPT = 7 * DAY


def handlers_and_schedules() -> tuple[list[Handler], list[Schedule]]:
    """The job of one process."""
    return [InTransaction(name=FORGET, run=_forget)], [Schedule(job=FORGET, cron="47 3 * * *", key=FORGET)]


async def _forget(tx: Transaction, given: Attempt) -> None:
    now = given.clock.now()
    await tx.run(store.forget_codes, before=now - KEPT)
    await tx.run(store.forget_refresh, before=now - KEPT)
    await tx.run(store.forget_application_tokens, before=now - KEPT)
    await tx.run(store.forget_keys, before=now - SHOWN_FOR)
