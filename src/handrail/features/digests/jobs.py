"""Sends digests: looks every quarter of an hour for whom it has become six in the morning.

Each person is looked at once a day. That, and the mail if there is anything to say, are one transaction, in which the
person's row of `digests` is locked: neither a second worker nor a server that was killed says anything twice.
"""

from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

import msgspec
import structlog

from handrail.features.digests import choice, contents, store
from handrail.features.digests.gathering import gather
from handrail.features.guests import profile as guests
from handrail.features.mails import frame
from handrail.features.mails.service import Letter, send
from handrail.features.organizations import service as organizations
from handrail.features.organizations.service import Switches
from handrail.features.people import codes
from handrail.kernel.actor import Actor
from handrail.kernel.clock import Clock
from handrail.kernel.errors import Unavailable
from handrail.ports.database import Database, Reader, Statement, Transaction
from handrail.ports.jobs import Attempt, Handler, Outside, Retry, Schedule
from handrail.settings import Settings

SEND = "digests.send"
KIND = "digest"
# who was not looked at stays due, so there is nothing to give up
RETRY = Retry(attempts=1_000_000, first=1.0, longest=60.0)
PAGE = 500

log = structlog.get_logger("handrail.digests")


R = TypeVar("R")


class Due(msgspec.Struct, frozen=True):
    """A person to look at. `sealed_code` ends a guest's link; `chosen` is false on a day that is none of theirs."""

    principal: str
    actor: Actor
    email: str
    day: str
    chosen: bool
    reader: contents.Reader
    sealed_code: str | None = None


def handlers_and_schedules(settings: Settings) -> tuple[list[Handler], list[Schedule]]:
    """The sender of one process. Without a mail server there are no digests: they would be kept, and be of no use."""

    async def is_wanted(_reader: Reader, _now: int) -> bool:
        return settings.smtp_url is not None

    async def run(given: Attempt) -> None:
        await send_due(given.database, given.clock, settings.public_url)

    return (
        [Outside(name=SEND, run=run, retry=RETRY)],
        # six o'clock begins with a quarter in every time zone
        [Schedule(job=SEND, cron="*/15 * * * *", key=SEND, wanted=is_wanted)],
    )


async def send_due(database: Database, clock: Clock, public_url: str | None) -> int:
    """Look at everybody whose digest is due; how many mails were promised."""
    count = 0
    after = ""
    while True:
        async with database.reader() as reader:
            page = await organizations.page_after(reader, after, PAGE)
        if not page:
            return count
        for organization in page:
            async for person in _people(database, organization, clock):
                count += await _look(database, organization, person, clock.now(), public_url)
        after = page[-1].organization_id


async def _people(database: Database, organization: Switches, clock: Clock) -> AsyncGenerator[Due]:
    async for row in _each(database, store.members_after, organization, lambda row: row.user_id):
        person = _member(organization, row, clock.now())
        if person is not None:
            yield person
    async for row in _each(database, store.guests_after, organization, lambda row: row.id):
        person = _guest(organization, row, clock.now())
        if person is not None:
            yield person


async def _each(
    database: Database, statement: Statement[R], organization: Switches, number: Callable[[R], int]
) -> AsyncGenerator[R]:
    """Every row of an organization, read a page at a time; no connection is held between them."""
    after = 0
    while True:
        async with database.reader() as reader:
            rows = await reader.all(statement, organization_id=organization.organization_id, after=after, limit=PAGE)
        if not rows:
            return
        for row in rows:
            yield row
        after = number(rows[-1])


def _member(organization: Switches, row: store.MemberRow, now: int) -> Due | None:
    zone = row.timezone or organization.zone
    due = choice.due_on(now, zone)
    # who came after six begins tomorrow
    if due is None or (row.day or "") >= due[0] or (row.activated_at or 0) > due[1]:
        return None
    return Due(
        principal=f"u:{row.user_id}",
        actor=Actor(organization_id=organization.organization_id, user_id=row.user_id, role=row.role),
        email=row.email,
        day=due[0],
        chosen=choice.is_chosen(due[0], choice.days_of_member(row.profile, organization.settings)),
        reader=contents.Reader(str(row.user_id), zone, row.date_format, organization.settings.remind_future_start),
    )


def _guest(organization: Switches, row: store.GuestRow, now: int) -> Due | None:
    details = guests.decoded(row.details)
    zone = details.timezone or organization.zone
    due = choice.due_on(now, zone)
    if due is None or (row.day or "") >= due[0] or row.created_at > due[1]:
        return None
    organization_id = organization.organization_id
    return Due(
        principal=f"g:{row.email}",
        actor=Actor(organization_id=organization_id, user_id=0, role="guest", guest=row.email, guest_id=row.id),
        email=row.email,
        day=due[0],
        chosen=choice.is_chosen(due[0], choice.days_of_guest(details, organization.settings)),
        reader=contents.Reader(row.email, zone, None, organization.settings.remind_future_start),
        sealed_code=row.sealed_code,
    )


async def _look(database: Database, organization: Switches, person: Due, now: int, public_url: str | None) -> bool:
    try:
        return await database.write(lambda tx: _say(tx, organization.organization_id, person, now, public_url))
    except Unavailable:
        raise
    except Exception as error:  # one person's trouble is nobody else's; they stay due
        log.error("digest_failed", organization=organization.organization_id, person=person.principal, exc_info=error)
        return False


async def _say(tx: Transaction, organization_id: str, person: Due, now: int, public_url: str | None) -> bool:
    """Look at a person, if nobody else did today; whether there was anything to say."""
    key = {"organization_id": organization_id, "principal": person.principal}
    day = await tx.value(store.lock, **key)
    if day is not None and day >= person.day:
        return False
    await tx.run(store.insert if day is None else store.move_on, **key, day=person.day)
    if not person.chosen:
        return False
    found = await gather(tx, person.principal, person.actor, person.reader, now)
    if found is None:
        return False
    name = (await organizations.head_of(tx, organization_id)).name
    link: str | None = None
    if person.sealed_code is not None and public_url is not None:
        link = codes.link(public_url, organization_id, codes.opened(tx.sealer, person.sealed_code))
    html = frame.digest(organization=name, digest=found, link=link, is_guest=person.actor.is_guest)
    letter = Letter(kind=KIND, recipient=person.email, subject=found.subject, html=html)
    await send(tx, organization_id, [letter], now)
    return True
