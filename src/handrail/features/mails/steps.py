"""The mails of e-mail steps: whoever completes the task sends its description to the people it is assigned to
(engine 2.1).

Variables are filled in when the mail is promised: whatever is answered later, it says what was known when it was sent.
"""

from handrail.engine.definition import Owners
from handrail.engine.state import Process, Task
from handrail.engine.variables import Names, Texts, people_named
from handrail.features.mails import frame, store
from handrail.features.mails.service import Letter, send
from handrail.features.members import profile
from handrail.features.organizations import service as organizations
from handrail.features.people import service as people
from handrail.features.people.names import display_names
from handrail.kernel.actor import Actor
from handrail.kernel.html import sanitise
from handrail.ports.database import Transaction

EMAIL_TYPES = ("email", "expiring_email")
KIND = "email_step"


async def send_step(
    tx: Transaction,
    actor: Actor,
    task: Task,
    summary: str | None,
    process: Process | None,
    names: Names,
    now: int,
) -> None:
    """Promise the mail of a completed e-mail task to each of its people, and a copy to whoever sent it.

    Members who are disabled, or who want no mail about assignments, get none. One mail for each address, so that
    nobody sees the others'.
    """
    directory = await people.directory(tx, actor, [task.owners])
    users, guests = _people(task.owners, directory)
    sender = task.completer_id
    wanted = sorted(users | ({sender} if sender is not None else set()))
    rows = await tx.all(store.addresses, organization_id=actor.organization_id, ids=wanted)
    by_id = {row.user_id: row for row in rows if row.status == "active"}
    about = await organizations.head_of(tx, actor.organization_id)
    subject, body = task.title, sanitise(summary or "")
    if process is not None:
        named = people_named(process, names)
        called = await display_names(tx, actor.organization_id, named, with_addresses=False) if any(named) else {}
        liking = await people.liking(tx, actor, process.started_by)
        texts = Texts(process, names, about.timezone, liking.date_format, called)
        subject, body = texts.plain(task.title, task.id), texts.html(summary or "", task.id)
    html = (
        frame.bare(title=subject, body=body)
        if task.send_chromeless
        else frame.framed(organization=about.name, title=subject, body=body)
    )
    addresses = [by_id[user].email for user in sorted(users) if user in by_id and _wants(by_id[user])]
    addresses += sorted(guests)
    copy = by_id.get(sender) if sender is not None else None
    reply_to = None if copy is None else copy.email
    if copy is not None and copy.email not in addresses:
        addresses.append(copy.email)
    letters = [
        Letter(kind=KIND, recipient=address, subject=subject, html=html, reply_to=reply_to, task_id=task.id)
        for address in addresses
    ]
    if letters:
        await send(tx, actor.organization_id, letters, now)


def _people(owners: Owners, directory: people.Directory) -> tuple[set[int], set[str]]:
    """Members and guests, those of groups included; nobody who is disabled."""
    users, guests = set(owners.users), set(owners.guests)
    for group_id in owners.groups:
        group = directory.group(group_id)
        if group is not None:
            users.update(group.members)
            guests.update(group.guests)
    return users, {email for email in guests if directory.is_active_guest(email)}


def _wants(row: store.AddressRow) -> bool:
    return profile.wants(profile.decoded(row.profile), "assignments")
