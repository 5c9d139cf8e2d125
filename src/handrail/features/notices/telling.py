"""Tells what was noted down: looks every two seconds, and writes one mail for each person about all that waits.

The mails and the end of the notices are one transaction, so nothing is told twice, whoever else is at work.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import structlog

from handrail.engine.definition import Owners
from handrail.engine.state import Process, Task
from handrail.engine.variables import has_variables
from handrail.features.guests import profile as guest_profile
from handrail.features.mails import frame
from handrail.features.mails.service import Letter, send
from handrail.features.members import profile as member_profile
from handrail.features.members import service as members
from handrail.features.notices import contents, store
from handrail.features.notices.contents import Reader as Liking
from handrail.features.notices.contents import Told
from handrail.features.notices.noting import SAYING, Item, Kind, decoded
from handrail.features.notices.store import NoticeRow
from handrail.features.organizations import service as organizations
from handrail.features.people import codes
from handrail.features.people import service as people
from handrail.features.people.bot import bot_of
from handrail.features.people.names import A_GUEST, names_of
from handrail.features.processes import access, aggregate
from handrail.features.processes import service as processes
from handrail.features.processes.snapshot import load_many, wanted
from handrail.features.tasks import service as tasks
from handrail.features.tasks import view
from handrail.features.tasks.pending import named as tasks_named
from handrail.features.tasks.persistence import principals
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound, Unavailable
from handrail.kernel.ids import MAX_INTEGER_ID
from handrail.ports.database import Database, Reader, Transaction
from handrail.ports.jobs import Attempt, Handler, Outside, Retry, Schedule
from handrail.settings import Settings

TELL = "notices.tell"
KIND = "notice"
# what waits goes on waiting, so there is nothing to give up
RETRY = Retry(attempts=1_000_000, first=1.0, longest=10.0)
PAGE = 500
PREFERENCE: dict[Kind, str] = {
    "assigned": "assignments",
    "handed_over": "assignments",
    "removed": "owner_changes",
    "deadline": "deadlines",
    "reopened": "reopening",
    # asked for by somebody, so only those are spared who want no mail at all (engine 6.6)
    "reminder": "all",
    "mentioned": "mentions",
    "issue": "issues",
    "resolved": "issues",
}

MENTION = re.compile(r"@\[(\d{1,19})\]")

log = structlog.get_logger("handrail.notices")


def handlers_and_schedules(settings: Settings) -> tuple[list[Handler], list[Schedule]]:
    """The teller of one process. Without a mail server what was noted is dropped: it would be out of date one day."""

    async def is_wanted(reader: Reader, _now: int) -> bool:
        return bool(await reader.all(store.waiting, limit=1))

    async def run(given: Attempt) -> None:
        sends = settings.smtp_url is not None
        await tell_waiting(given.database, given.clock.now(), settings.public_url, sends=sends)

    return (
        [Outside(name=TELL, run=run, retry=RETRY)],
        [Schedule(job=TELL, cron="*/2 * * * * *", key=TELL, wanted=is_wanted)],
    )


async def tell_waiting(database: Database, now: int, public_url: str | None, *, sends: bool = True) -> None:
    """Tell all that waits; the longest-waiting organizations have no precedence, all of them come round."""
    while True:
        async with database.reader() as reader:
            rows = await reader.all(store.waiting, limit=PAGE)
        by_organization: dict[str, list[NoticeRow]] = {}
        for row in rows:
            by_organization.setdefault(row.organization_id, []).append(row)
        for organization_id, waiting in by_organization.items():
            await _tell(database, organization_id, waiting, now, public_url, sends)
        if len(rows) < PAGE:
            return


async def _tell(
    database: Database,
    organization_id: str,
    waiting: Sequence[NoticeRow],
    now: int,
    public_url: str | None,
    sends: bool,
) -> None:
    try:
        await database.write(lambda tx: _told(tx, organization_id, waiting, now, public_url, sends))
    except Unavailable:
        raise
    except Exception:
        if len(waiting) > 1:
            # one that cannot be told is nobody else's trouble
            for row in waiting:
                await _tell(database, organization_id, [row], now, public_url, sends)
            return
        log.exception("notice_dropped", organization=organization_id, notice=waiting[0].id)
        ids = [waiting[0].id]
        await database.write(lambda tx: tx.run(store.delete, organization_id=organization_id, ids=ids))


async def _told(
    tx: Transaction,
    organization_id: str,
    waiting: Sequence[NoticeRow],
    now: int,
    public_url: str | None,
    sends: bool,
) -> None:
    ids = [row.id for row in waiting]
    rows = await tx.all(store.locked, organization_id=organization_id, ids=ids)
    if rows and sends:
        letters = await _letters(tx, organization_id, rows, public_url)
        if letters:
            await send(tx, organization_id, letters, now)
    await tx.run(store.delete, organization_id=organization_id, ids=[row.id for row in rows])


class _Around(msgspec.Struct, frozen=True):
    """What all mails of an organization are made of."""

    tasks: Mapping[str, Task]
    processes: Mapping[str, Process]
    titles: Mapping[str, str]
    groups: people.Directory
    names: Mapping[str, str]

    def readable(self, said: str) -> str:
        """What somebody wrote, with the names of members who are mentioned."""
        return MENTION.sub(lambda match: self.names.get(f"u:{match[1]}", match[0]), said)

    def persons(self, words: Iterable[str]) -> set[str]:
        """Members and guests, those of groups included."""
        found: set[str] = set()
        for word in words:
            group = self.groups.group(word[2:]) if word.startswith("r:") else None
            if group is not None:
                found.update(f"u:{member}" for member in group.members)
                found.update(f"g:{email}" for email in group.guests)
            elif not word.startswith("r:"):
                found.add(word)
        return found


async def _letters(
    tx: Transaction, organization_id: str, rows: Sequence[NoticeRow], public_url: str | None
) -> list[Letter]:
    told = [(notice.actor, item) for row in rows for notice in (decoded(row.body),) for item in notice.items]
    around = await _around(tx, organization_id, told)
    by_person: dict[str, list[Told]] = {}
    for actor, item in told:
        for person, one in _hearing(actor, item, around):
            if item.kind != "mentioned" or await _sees(tx, organization_id, person, one):
                by_person.setdefault(person, []).append(one)
    users = [int(person[2:]) for person in by_person if person.startswith("u:")]
    emails = [person[2:] for person in by_person if person.startswith("g:")]
    about = await organizations.head_of(tx, organization_id)
    letters: list[Letter] = []
    if users:
        for row in await tx.all(store.members_named, organization_id=organization_id, ids=sorted(users)):
            profile = member_profile.decoded(row.profile)
            listed = [
                one for one in by_person[f"u:{row.user_id}"] if member_profile.wants(profile, PREFERENCE[one.kind])
            ]
            liking = Liking(row.timezone or about.timezone, row.date_format, is_guest=False)
            letters += _letter(row.email, listed, around, liking, about.name, None)
    if emails:
        for row in await tx.all(store.guests_named, organization_id=organization_id, emails=sorted(emails)):
            # assignments, deadlines and what else is theirs to do cannot be turned off (engine 10.2)
            listed = by_person[f"g:{row.email}"]
            zone = guest_profile.decoded(row.details).timezone or about.timezone
            link: str | None = None
            if public_url is not None:
                link = codes.link(public_url, organization_id, codes.opened(tx.sealer, row.sealed_code))
            letters += _letter(row.email, listed, around, Liking(zone, None, is_guest=True), about.name, link)
    return letters


def _letter(
    address: str, told: Sequence[Told], around: _Around, liking: Liking, organization: str, link: str | None
) -> list[Letter]:
    listed = _once(told)
    if not listed:
        return []
    mail = contents.mail(listed, around.titles, around.processes, liking)
    html = frame.notice(organization=organization, mail=mail, link=link, is_guest=liking.is_guest)
    return [Letter(kind=KIND, recipient=address, subject=mail.subject, html=html, task_id=mail.task_id)]


def _once(told: Sequence[Told]) -> list[Told]:
    """Each task once, and once more with what was said of it: whoever is given a task need not hear of what else
    happened to it."""
    found: dict[tuple[str, bool], Told] = {}
    for one in told:
        key = (one.place, one.kind in SAYING)
        known = found.get(key)
        if known is None or (known.kind != "assigned" and one.kind in ("assigned", "handed_over")):
            found[key] = one
    return list(found.values())


def _hearing(actor: str | None, item: Item, around: _Around) -> Iterable[tuple[str, Told]]:
    """Who hears of it, and what."""
    name = None if item.by_rule or actor is None else around.names.get(actor)
    about = None if item.about is None else around.names.get(item.about)
    said = None if item.said is None else around.readable(item.said)
    if not item.tasks:
        process = around.processes.get(item.process or "")
        if item.process is not None and (process is None or process.archived_at is not None):
            return
        told = Told(item.kind, None, actor=name, about=about, process=process, said=said)
        persons = around.persons(item.people) if item.people or process is None else _participants(process)
        for person in sorted(persons - {actor}):
            yield person, told
    for task_id in item.tasks:
        task = around.tasks.get(task_id)
        if task is None:
            continue
        process = around.processes.get(task.process_id or "")
        owners = around.persons(principals(task.owners))
        persons = around.persons(item.people) if item.people else set(owners)
        if item.kind in SAYING and not item.people:
            if process is not None and not task.top_secret:
                persons |= {f"u:{process.owner_id}", f"u:{process.started_by}"}
            if not item.to_guests or task.prevent_guest_comment:
                persons = {person for person in persons if not person.startswith("g:")}
        told = Told(item.kind, task, item.before, name, about, process, said)
        for person in sorted(persons - {actor}):
            if contents.is_worth_telling(item.kind, task, process, is_owner=person in owners):
                yield person, told


def _participants(process: Process) -> set[str]:
    return {f"u:{user}" for user in (process.owner_id, process.started_by, *process.collaborators)}


async def _sees(reader: Reader, organization_id: str, person: str, told: Told) -> bool:
    """Whether somebody who was mentioned may see what it is about; not everybody could be brought in."""
    member = await members.load_actor(reader, organization_id, int(person[2:]))
    if member is None:
        return False
    try:
        if told.task is not None:
            await tasks.seen(reader, member, told.task.id)
        elif told.process is not None:
            (row,) = await processes.headers(reader, organization_id, [told.process.id])
            await access.of_process(reader, member, row)
    except NotFound:
        return False
    return True


async def _around(tx: Transaction, organization_id: str, told: Sequence[tuple[str | None, Item]]) -> _Around:
    ids = sorted({task_id for _, item in told for task_id in item.tasks})
    found = await tasks_named(tx, organization_id, ids)
    process_ids = {task.process_id for task in found if task.process_id}
    process_ids.update(item.process for _, item in told if item.process is not None)
    rows = await processes.headers(tx, organization_id, sorted(process_ids))
    known = {row.id: aggregate.process_of(row, ()) for row in rows}
    groups = {word[2:] for _, item in told for word in item.people if word.startswith("r:")}
    groups.update(group for task in found for group in task.owners.groups)
    bot = await bot_of(tx, organization_id)
    directory = await people.directory(tx, bot, [Owners(groups=tuple(sorted(groups)))])
    words = {word for actor, item in told for word in (actor, item.about) if word is not None}
    users = [int(word[2:]) for word in words if word.startswith("u:")]
    for _, item in told:
        users += [number for digits in MENTION.findall(item.said or "") if (number := int(digits)) <= MAX_INTEGER_ID]
    emails = [word[2:] for word in words if word.startswith("g:")]
    named = await names_of(tx, organization_id, users, emails)
    names = {f"u:{user}": name for user, name in named.members.items() if name}
    names |= {f"g:{email}": email if name == A_GUEST else name for email, name in named.guests.items()}
    speaking = [task for task in found if task.process_id and has_variables(task.title)]
    titles: dict[str, str] = {}
    if speaking:
        needed = {task.process_id for task in speaking}
        snapshots = await load_many(tx, organization_id, [wanted(row) for row in rows if row.id in needed])
        # as a mail that several read: dates as the launcher writes them, in the organization's zone (decision 60)
        anybody = Actor(organization_id=organization_id, user_id=0, role="guest")
        texts = await view.texts_of(anybody, tx, speaking, snapshots, known)
        titles = {
            task.id: texts[task.process_id].plain(task.title, task.id) for task in speaking if task.process_id in texts
        }
    return _Around({task.id: task for task in found}, known, titles, directory, names)
