"""Goes through what is due in every organization, the first first, page by page; what rests is passed over."""

from collections.abc import AsyncGenerator

from handrail.features.timers.firing import Resting
from handrail.features.timers.store import DueRow
from handrail.kernel.clock import Clock
from handrail.ports.database import Database, Reader
from handrail.schema.statement import Statement

PAGE = 100

_BEFORE_ALL = DueRow(-(2**62), "", "", None)


async def is_any(reader: Reader, statement: Statement[DueRow], now: int, resting: Resting) -> bool:
    """Whether something of a kind is due."""
    after = _BEFORE_ALL
    while page := await _page(reader, statement, now, after):
        if any(not resting.holds(row.organization_id, row.id, now) for row in page):
            return True
        after = page[-1]
    return False


async def every(
    database: Database, statement: Statement[DueRow], clock: Clock, resting: Resting
) -> AsyncGenerator[DueRow]:
    """Everything of a kind that is due."""
    after = _BEFORE_ALL
    while True:
        now = clock.now()
        async with database.reader() as reader:
            page = await _page(reader, statement, now, after)
        if not page:
            return
        for row in page:
            if not resting.holds(row.organization_id, row.id, now):
                yield row
        after = page[-1]


async def _page(reader: Reader, statement: Statement[DueRow], now: int, after: DueRow) -> list[DueRow]:
    return await reader.all(
        statement,
        now=now,
        limit=PAGE,
        after_due=after.due,
        after_organization=after.organization_id,
        after_id=after.id,
    )
