"""Pages of task lists: without includes from what was rendered before, with includes from whole rows."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from handrail.features.tasks import lists, queries, store, wire
from handrail.features.tasks.rendered import renderings
from handrail.features.tasks.store import TaskRow
from handrail.http.call import Call, Page, Paging, rows_and_total
from handrail.ports.database import Reader

Show = Callable[[Sequence[TaskRow]], Awaitable[list[wire.Task]]]

_encode = msgspec.json.Encoder().encode


async def page(call: Call, reader: Reader, wanted: queries.Wanted, paging: Paging, show: Show) -> Page:
    """One page of a list; `show` makes stored tasks what the caller sees."""
    counted = lists.total(wanted.shape)
    # what guests see is not kept
    if call.includes or call.actor.is_guest:
        rows, total = await rows_and_total(reader, lists.page(wanted.shape), counted, paging, **wanted.parameters)
        return Page(await show(rows), total, paging)
    heads, total = await rows_and_total(reader, lists.heads(wanted.shape), counted, paging, **wanted.parameters)
    now = call.application.clock.now()
    found: list[Any] = list(renderings.of(call.actor, heads, now))
    missing = [index for index, data in enumerate(found) if data is None]
    if missing:
        ids = [heads[index].id for index in missing]
        rows = await reader.all(store.named, organization_id=call.organization_id, ids=ids)
        made = {row.id: (row, task) for row, task in zip(rows, await show(rows), strict=True)}
        for index in missing:
            head = heads[index]
            row, task = made[head.id]
            found[index] = data = msgspec.Raw(_encode(task))
            renderings.keep(call.actor, row, head.process_status, data, now)
    return Page(found, total, paging)
