"""Schedules: made, changed, paused, and read with what came of them."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from handrail.engine.defaults import initial_values
from handrail.engine.definition import Owners, Template
from handrail.engine.people import owners_of
from handrail.engine.permit import Doer
from handrail.engine.saving import refuse_read_only
from handrail.engine.values import check_values, missing_required
from handrail.features.activity.service import Entry, record
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.schedules import occurring, store, wire
from handrail.features.schedules.store import ScheduleRow
from handrail.features.templates import service as templates
from handrail.http.call import Call, Page, rows_and_total
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.errors import Denied, Errors, Invalid, NotFound
from handrail.kernel.ids import new_id
from handrail.kernel.permission import may, permit
from handrail.kernel.recurrence import Recurrence, parse
from handrail.kernel.worktime import local
from handrail.kernel.zones import is_zone
from handrail.ports.database import Reader, Transaction

_answers = msgspec.json.Decoder(dict[str, Any]).decode


def answers_of(row: ScheduleRow) -> dict[str, Any]:
    """The kick-off answers that a schedule gives."""
    return _answers(row.kickoff)


async def page(call: Call) -> Page:
    """The schedules that the caller may see, the newest first."""
    paging = call.paging()
    restricted = not call.actor.is_admin
    rows_of, total_of = store.pages[restricted]
    values: dict[str, Any] = {"organization_id": call.organization_id}
    if restricted:
        values["me"] = call.actor.user_id
    async with call.database.reader() as reader:
        rows, total = await rows_and_total(reader, rows_of, total_of, paging, **values)
    return Page([shown(row) for row in rows], total, paging)


async def found(reader: Reader, actor: Actor, schedule_id: str, action: str = "schedule.read") -> ScheduleRow:
    """A schedule that the actor may see. NotFound, Denied."""
    return _seen(await reader.one(store.get, organization_id=actor.organization_id, id=schedule_id), actor, action)


def _seen(row: ScheduleRow | None, actor: Actor, action: str) -> ScheduleRow:
    if row is None:
        raise NotFound
    relations = {"creator"} if row.created_by == actor.user_id else set[str]()
    if row.owner_id == actor.user_id:
        relations.add("owner")
    if not may(actor, "schedule.read", relations):
        raise NotFound
    permit(actor, action, relations)
    return row


async def rule_of(
    reader: Reader, actor: Actor, rule: str, starts_at: str, timezone: str | None, errors: Errors
) -> tuple[Recurrence | None, str]:
    """A rule, and the zone it is in: its own, or the organization's. Reading one that has no moments takes a while."""
    zone = timezone or (await organizations.load(reader, actor.organization_id)).timezone
    if not is_zone(zone):
        errors.add("timezone", "The timezone must be the name of one, such as Europe/Lisbon.")
    start = occurring.local_moment(starts_at)
    if start is None:
        errors.add("starts_at", "The starts_at must be a local time, YYYY-MM-DD HH:MM:SS.")
    if start is None or not is_zone(zone):
        return None, zone
    return await asyncio.to_thread(_parsed, rule, start, zone, errors), zone


def _parsed(rule: str, start: datetime, zone: str, errors: Errors) -> Recurrence | None:
    try:
        return parse(rule, start, zone)
    except ValueError as problem:
        errors.add("rule", str(problem))
        return None


async def create(tx: Transaction, actor: Actor, body: wire.NewScheduleBody, rule: Recurrence, now: int) -> ScheduleRow:
    """A new schedule; `rule` has been read. NotFound, Denied; Invalid with `title`, `owner_id`, `prerun.<id>`."""
    errors = Errors()
    row = ScheduleRow(
        organization_id=actor.organization_id,
        id=new_id(),
        template_id=body.checklist_id,
        title=body.title.strip(),
        rule=rule.rule,
        starts_at=rule.start.strftime(occurring.FORMAT),
        timezone=rule.zone,
        name=body.name.strip() or None if body.name else None,
        kickoff=msgspec.json.encode(body.prerun or {}).decode(),
        owner_id=actor.user_id if body.owner_id is None else body.owner_id,
        non_working_days=body.non_working_days,
        catch_up=body.catch_up,
        paused=body.paused,
        next_at=None,
        launches=0,
        last_at=None,
        last_process_id=None,
        last_error=None,
        failures=0,
        created_by=actor.user_id,
        created_at=now,
        updated_at=now,
    )
    row = await _ready(tx, actor, row, now, errors, before={}, owner_before=actor.user_id)
    errors.raise_if_any()
    await tx.run(store.insert, **msgspec.structs.asdict(row))
    await _tell(tx, actor, row, now, "created", "Scheduled launches")
    return row


async def change(
    tx: Transaction, actor: Actor, row: ScheduleRow, body: wire.ScheduleBody, rule: Recurrence | None, now: int
) -> ScheduleRow:
    """Merge changes over a locked schedule; with other times, or no longer paused, it goes on from now. Raises as
    `create` does."""
    errors = Errors()
    changes: dict[str, Any] = {"updated_at": now, "failures": 0, "last_error": None}
    for name in ("non_working_days", "catch_up", "paused", "owner_id"):
        value = getattr(body, name)
        if value is not UNSET:
            changes[name] = value
    if isinstance(body.title, str):
        changes["title"] = body.title.strip()
    if body.name is not UNSET:
        changes["name"] = body.name.strip() or None if isinstance(body.name, str) else None
    if isinstance(body.prerun, dict):
        changes["kickoff"] = msgspec.json.encode(body.prerun).decode()
    if rule is not None:
        changes |= {
            "rule": rule.rule,
            "starts_at": rule.start.strftime(occurring.FORMAT),
            "timezone": rule.zone,
        }
    changed = replace(row, **changes)
    changed = await _ready(tx, actor, changed, now, errors, before=answers_of(row), owner_before=row.owner_id)
    errors.raise_if_any()
    if rule is None and body.non_working_days is UNSET and not (row.paused and not changed.paused):
        # the same times: what is owed already stays owed
        changed = replace(changed, next_at=row.next_at)
    await write(tx, changed)
    await _tell(tx, actor, changed, now, "updated", "Changed the schedule")
    return changed


async def write(tx: Transaction, row: ScheduleRow) -> None:
    """Store a changed row."""
    values = {name: getattr(row, name) for name in store.CHANGING}
    await tx.run(store.update, organization_id=row.organization_id, id=row.id, **values)


async def locked(tx: Transaction, actor: Actor, schedule_id: str) -> ScheduleRow:
    """A schedule to be changed. NotFound, Denied."""
    row = await tx.one(store.locked, organization_id=actor.organization_id, id=schedule_id)
    return _seen(row, actor, "schedule.manage")


async def delete(tx: Transaction, actor: Actor, schedule_id: str, now: int) -> None:
    """Delete a schedule; what it launched stays. NotFound, Denied."""
    row = await locked(tx, actor, schedule_id)
    await tx.run(store.delete, organization_id=actor.organization_id, id=row.id)
    await _tell(tx, actor, row, now, "deleted", "Deleted the schedule")


async def forget_template(tx: Transaction, organization_id: str, template_id: str) -> list[tuple[str, str]]:
    """Delete the schedules of a template that is archived; their ids and titles."""
    rows = await tx.all(store.of_template, organization_id=organization_id, template_id=template_id)
    for row in rows:
        await tx.run(store.delete, organization_id=organization_id, id=row.id)
    return [(row.id, row.title) for row in rows]


async def reassign(tx: Transaction, organization_id: str, from_user: int, to_user: int, now: int) -> None:
    """Give the schedules of a leaving member to somebody else: those they look after, and those that launch for them
    (engine 7.6)."""
    people_of_both = {"organization_id": organization_id, "from_user": from_user, "to_user": to_user, "updated_at": now}
    await tx.run(store.reassign_owner, **people_of_both)
    await tx.run(store.reassign_creator, **people_of_both)


async def next_moment(reader: Reader, row: ScheduleRow, after: int) -> int | None:
    """When a schedule launches next; None when it is over."""
    organization = await organizations.load(reader, row.organization_id)
    coming = occurring.moments(occurring.recurrence_of(row), after, row.non_working_days, organization.working_days)
    return next(coming, None)


async def _ready(
    tx: Transaction,
    actor: Actor,
    row: ScheduleRow,
    now: int,
    errors: Errors,
    *,
    before: Mapping[str, Any],
    owner_before: int,
) -> ScheduleRow:
    """The row with its next moment, if it can launch at all; `before` are the answers that it gave until now, and
    `owner_before` whom its processes counted for."""
    if not row.title:
        errors.add("title", "The title must not be blank.")
    template = await _template(tx, actor, row.template_id)
    if row.owner_id not in (actor.user_id, owner_before) and not actor.is_admin:
        raise Denied("Access denied: only an administrator can have a schedule launch for somebody else.")
    given = answers_of(row)
    named = [owners_of(value) for value in given.values() if isinstance(value, dict)]
    directory = await people.directory(tx, actor, [Owners(), *named], (row.owner_id,))
    if not directory.is_active_member(row.owner_id):
        errors.add("owner_id", f"{row.owner_id} is not an active member of this organization.")
    zone = (await organizations.load(tx, actor.organization_id)).timezone
    begins = initial_values(template.definition.kickoff, today=local(now, zone).date(), now=now)
    _check_answers(template, given, begins, before, actor, directory, errors)
    return replace(row, next_at=await next_moment(tx, row, now))


async def _template(reader: Reader, actor: Actor, template_id: str) -> Template:
    _, archived, held = await templates.seen(reader, actor, template_id)
    permit(actor, "template.launch", held)
    if archived:
        raise NotFound
    live = await templates.live(reader, actor.organization_id, template_id)
    if isinstance(live, str):
        raise Invalid({"checklist_id": live})
    return live


def _check_answers(
    template: Template,
    given: Mapping[str, Any],
    begins: Mapping[str, Any],
    before: Mapping[str, Any],
    actor: Actor,
    directory: people.Directory,
    errors: Errors,
) -> None:
    """What a launch would find wrong with the answers. Who may write a read-only field is decided here, for all
    launches (decision 23): `begins` are the values of the form without them."""
    fields = template.definition.kickoff
    unknown = given.keys() - {field.id for field in fields}
    for name in sorted(unknown):
        errors.add(f"prerun.{name}", "There is no such field in the kick-off form.")
    wrong = Errors()
    accepted = check_values(fields, given, directory, path_prefix="prerun", errors=wrong)
    stored = {**begins, **before}
    refuse_read_only(fields, accepted, stored, Doer.of(actor), path_prefix="prerun", errors=wrong)
    for path, texts in missing_required(fields, {**begins, **accepted}, path_prefix="prerun", at_launch=True).items():
        if path not in wrong.found:
            wrong.found[path] = texts
    errors.found.update(wrong.found)


async def _tell(tx: Transaction, actor: Actor, row: ScheduleRow, now: int, verb: str, words: str) -> None:
    entry = Entry(
        verb=verb,
        subject_type="Checklist",
        subject_id=row.template_id,
        description=f"{words}: {row.title}",
        detail={"schedule_id": row.id},
    )
    await record(tx, actor, now, [entry])


async def occurrences(
    reader: Reader, actor: Actor, rule: Recurrence, non_working_days: str, after: int, count: int
) -> wire.Occurrences:
    """The next moments of a rule."""
    organization = await organizations.load(reader, actor.organization_id)
    coming = occurring.moments(rule, after, non_working_days, organization.working_days)
    moments = await asyncio.to_thread(lambda: list(islice(coming, count)))
    return wire.Occurrences(
        timezone=rule.zone,
        moments=[iso(moment) for moment in moments],
        local=[local(moment, rule.zone).strftime(occurring.FORMAT) for moment in moments],
    )


def shown(row: ScheduleRow) -> wire.Schedule:
    """A schedule as the wire has it."""
    return wire.Schedule(
        id=row.id,
        title=row.title,
        checklist_id=row.template_id,
        rule=row.rule,
        starts_at=row.starts_at,
        timezone=row.timezone,
        name=row.name,
        prerun=_answers(row.kickoff),
        owner_id=row.owner_id,
        non_working_days=row.non_working_days,
        catch_up=row.catch_up,
        paused=bool(row.paused),
        next_at=iso_or_none(row.next_at),
        launches=row.launches,
        last_at=iso_or_none(row.last_at),
        last_run_id=row.last_process_id,
        last_error=row.last_error,
        failures=row.failures,
        created_by=row.created_by,
        created_at=iso(row.created_at),
        last_updated=iso(row.updated_at),
    )
