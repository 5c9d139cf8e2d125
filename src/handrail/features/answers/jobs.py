"""The background job of kept answers: forgetting those whose day is over."""

from handrail.features.answers import store
from handrail.features.organizations import service as organizations
from handrail.http.repeating import KEPT_MILLISECONDS
from handrail.ports.database import Database, Transaction
from handrail.ports.jobs import Attempt, Handler, Outside, Schedule

FORGET = "answers.forget"
PAGE = 500


def handlers_and_schedules() -> tuple[list[Handler], list[Schedule]]:
    """The job of one process."""
    return [Outside(name=FORGET, run=_forget)], [Schedule(job=FORGET, cron="27 * * * *", key=FORGET)]


async def _forget(given: Attempt) -> None:
    await forget_old(given.database, given.clock.now() - KEPT_MILLISECONDS)


async def forget_old(database: Database, before: int) -> None:
    """Forget in every organization what was kept at this moment or earlier."""
    after = ""
    while True:
        async with database.reader() as reader:
            page = await organizations.page_after(reader, after, PAGE)
            ids = [
                found.organization_id
                for found in page
                if await reader.value(store.is_any_old, organization_id=found.organization_id, before=before)
            ]
        if not page:
            return
        for organization_id in ids:

            async def work(tx: Transaction, organization_id: str = organization_id) -> None:
                await tx.run(store.delete_old, organization_id=organization_id, before=before)

            await database.write(work)
        after = page[-1].organization_id
