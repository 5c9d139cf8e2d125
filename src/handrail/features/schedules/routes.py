"""Routes of schedules (wire 2.32)."""

from msgspec import UNSET

from handrail.features.schedules import occurring, service, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.kernel.errors import Errors, Invalid
from handrail.ports.database import Transaction

router = Router("Schedules")
ALL = "/organizations/{org}/x/schedules"
ONE = f"{ALL}/{{schedule}}"


@router.get(ALL, action="schedule.list", returns=wire.Schedule, shape="collection", errors=(403,))
async def index(call: Call) -> Page:
    """List schedules.

    The newest first; members see their own and those that count for them.
    """
    return await service.page(call)


@router.post(
    ALL, action="schedule.create", body=wire.NewScheduleBody, returns=wire.Schedule, status=201, errors=(403, 422)
)
async def create(call: Call, body: wire.NewScheduleBody) -> wire.Schedule:
    """Launch a template again and again.

    The rule is read on the clocks of the zone, so nine o'clock stays nine o'clock in summer. Each moment launches once,
    whatever happens to the server; `catch_up` says what becomes of moments that it missed.
    """
    now = call.application.clock.now()
    errors = Errors()
    async with call.database.reader() as reader:
        rule, _ = await service.rule_of(reader, call.actor, body.rule, body.starts_at, body.timezone, errors)
    errors.raise_if_any()
    assert rule is not None
    return service.shown(await call.database.write(lambda tx: service.create(tx, call.actor, body, rule, now)))


@router.post(
    f"{ALL}/preview", action="schedule.create", body=wire.PreviewBody, returns=wire.Occurrences, errors=(403, 422)
)
async def preview(call: Call, body: wire.PreviewBody) -> wire.Occurrences:
    """See when a rule would launch."""
    errors = Errors()
    async with call.database.reader() as reader:
        rule, _ = await service.rule_of(reader, call.actor, body.rule, body.starts_at, body.timezone, errors)
        errors.raise_if_any()
        assert rule is not None
        now = call.application.clock.now()
        return await service.occurrences(reader, call.actor, rule, body.non_working_days, now, body.count)


@router.get(ONE, action="schedule.read", returns=wire.Schedule, errors=(403,))
async def show(call: Call) -> wire.Schedule:
    """Read a schedule."""
    async with call.database.reader() as reader:
        return service.shown(await service.found(reader, call.actor, call.id("schedule")))


@router.get(
    f"{ONE}/occurrences",
    action="schedule.read",
    query=wire.CountQuery,
    returns=wire.Occurrences,
    errors=(403, 422),
)
async def upcoming(call: Call) -> wire.Occurrences:
    """See when a schedule launches next."""
    text = call.query.get("count", "") or "10"
    if not text.isdecimal() or not 1 <= int(text[:6]) <= 100:
        raise Invalid({"count": "The count must be a number from 1 to 100."})
    async with call.database.reader() as reader:
        row = await service.found(reader, call.actor, call.id("schedule"))
        rule = occurring.recurrence_of(row)
        now = call.application.clock.now()
        return await service.occurrences(reader, call.actor, rule, row.non_working_days, now, int(text))


@router.put(ONE, action="schedule.manage", body=wire.ScheduleBody, returns=wire.Schedule, errors=(403, 422))
async def change(call: Call, body: wire.ScheduleBody) -> wire.Schedule:
    """Change a schedule.

    Whoever made it may, and administrators. With other times, or no longer paused, it goes on with the next
    moment from now; failures are forgotten.
    """
    now, schedule_id = call.application.clock.now(), call.id("schedule")
    async with call.database.reader() as reader:
        known = await service.found(reader, call.actor, schedule_id, "schedule.manage")
        rule = None
        if not (body.rule is UNSET and body.starts_at is UNSET and body.timezone is UNSET):
            errors = Errors()
            rule, _ = await service.rule_of(
                reader,
                call.actor,
                body.rule if isinstance(body.rule, str) else known.rule,
                body.starts_at if isinstance(body.starts_at, str) else known.starts_at,
                body.timezone if isinstance(body.timezone, str) else known.timezone,
                errors,
            )
            errors.raise_if_any()

    async def work(tx: Transaction) -> wire.Schedule:
        row = await service.locked(tx, call.actor, schedule_id)
        return service.shown(await service.change(tx, call.actor, row, body, rule, now))

    return await call.database.write(work)


@router.delete(ONE, action="schedule.manage", shape="empty", status=204, errors=(403,))
async def delete(call: Call) -> None:
    """Delete a schedule.

    What it launched stays.
    """
    now = call.application.clock.now()
    await call.database.write(lambda tx: service.delete(tx, call.actor, call.id("schedule"), now))
