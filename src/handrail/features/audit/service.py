"""Reading the audit log: pages, an export, and whether it is whole."""

from typing import Any

import msgspec

from handrail.features.audit import store, wire
from handrail.features.audit.chain import BEGINNING, broken_at
from handrail.features.audit.events import event_of
from handrail.features.audit.recording import note
from handrail.features.audit.store import AuditRow, Shape
from handrail.http.call import Call, Page, rows_and_total
from handrail.kernel.clock import iso, parse_moment
from handrail.kernel.errors import Errors
from handrail.kernel.ids import integer_id

PAGE = 1000
FILTERS = ("event", "actor_id", "subject_type", "subject_id", "since", "until")
_encode = msgspec.json.Encoder().encode


async def page(call: Call) -> Page:
    """The newest entries first, filtered. Invalid for a filter that is none. That somebody opened the log is an entry
    itself, which they do not see yet; turning its pages is none."""
    shape, values = _wanted(call)
    paging = call.paging()
    async with call.database.reader() as reader:
        rows, total = await rows_and_total(reader, store.page(shape), store.total(shape), paging, **values)
    if paging.page == 1:
        filters = {name: call.query[name] for name in FILTERS if call.query.get(name)}
        now = call.application.clock.now()
        await call.database.write(
            lambda tx: note(tx, call.actor, now, "system_log_viewed", "Opened the audit log", detail=filters)
        )
    return Page([shown(row) for row in rows], total, paging)


def _wanted(call: Call) -> tuple[Shape, dict[str, Any]]:
    query, errors = call.query, Errors()
    values: dict[str, Any] = {"organization_id": call.organization_id}
    for name in ("event", "subject_type", "subject_id"):
        if query.get(name):
            values[name] = query[name]
    if query.get("actor_id"):
        values["actor_id"] = integer_id(query["actor_id"])
        if values["actor_id"] is None:
            errors.add("actor_id", "The actor_id must be the id of a member.")
    for name in ("since", "until"):
        if query.get(name):
            values[name] = parse_moment(query[name])
            if values[name] is None:
                errors.add(name, f"The {name} is not a valid date; write YYYY-MM-DD or ISO 8601.")
    errors.raise_if_any()
    shape = Shape(
        event="event" in values,
        actor="actor_id" in values,
        subject_type="subject_type" in values,
        subject="subject_id" in values,
        since="since" in values,
        until="until" in values,
    )
    return shape, values


async def export(call: Call, now: int) -> bytes:
    """The whole log as JSON lines, the oldest first; that it was exported is its last entry."""
    await call.database.write(lambda tx: note(tx, call.actor, now, "audit_exported", "Exported the audit log"))
    lines: list[bytes] = []
    async with call.database.reader() as reader:
        position = 0
        while rows := await reader.all(
            store.after, organization_id=call.organization_id, position=position, limit=PAGE
        ):
            lines += [_encode(shown(row)) for row in rows]
            position = rows[-1].position
    return b"\n".join([*lines, b""])


async def verify(call: Call) -> wire.AuditCheck:
    """Compute the chain again, from the first entry to the last."""
    position, previous, broken = 0, BEGINNING, None
    async with call.database.reader() as reader:
        while rows := await reader.all(
            store.after, organization_id=call.organization_id, position=position, limit=PAGE
        ):
            if broken is None:
                broken = broken_at(rows, position, previous)
            position, previous = rows[-1].position, rows[-1].hash
    return wire.AuditCheck(intact=broken is None, entries=position, first_broken=broken, last_hash=previous)


def shown(row: AuditRow) -> wire.AuditEntry:
    """An entry as the wire has it."""
    about = event_of(row.event)
    return wire.AuditEntry(
        position=row.position,
        at=iso(row.at),
        event=row.event,
        category=about.category,
        severity=about.severity,
        pre_auth=about.pre_auth,
        message=row.message,
        actor_id=row.actor_id,
        application_id=row.application_id,
        token_id=row.token_id,
        address=row.address,
        client=row.client,
        request_id=row.request_id,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        detail=msgspec.json.decode(row.detail),
        previous=row.previous,
        hash=row.hash,
    )
