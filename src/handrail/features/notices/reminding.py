"""Reminding the people of a task, and asking them how it stands (engine 6.6)."""

from html import escape

import msgspec

from handrail.engine.people import member_id
from handrail.features.activity.service import Entry, record
from handrail.features.notices import wire
from handrail.features.notices.noting import Item, note, principal_of
from handrail.features.people import service as people
from handrail.features.tasks import service as tasks
from handrail.features.tasks.pending import named
from handrail.features.threads import mentions
from handrail.features.threads import service as threads
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Impossible, NotFound
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction

ASKING = "What is the status of this task?"


class _People(msgspec.Struct, frozen=True):
    """The people of a task but for the actor; `own_guests` are those it belongs to by themselves."""

    title: str
    process_id: str | None
    users: list[int]
    guests: list[str]
    own_guests: list[str]
    closed_to_guests: bool


async def remind(tx: Transaction, actor: Actor, task_id: str, now: int) -> wire.Reminder:
    """Have a mail sent to everybody whose task it is, except for the actor.

    NotFound; Denied; Impossible for what is completed, hidden or archived, or belongs to nobody.
    """
    about = await _people_of(tx, actor, task_id)
    await note(tx, actor, [Item("reminder", (task_id,))], now)
    entry = Entry(
        verb="updated",
        subject_type="Task",
        subject_id=task_id,
        description=f"Sent a reminder of task: {about.title}",
        parent_type=None if about.process_id is None else "Run",
        parent_id=about.process_id,
    )
    await record(tx, actor, now, [entry])
    return wire.Reminder(task_id=task_id, users=about.users, guests=about.guests)


async def ask(tx: Transaction, actor: Actor, task_id: str, content: str | None, now: int) -> threads.ThreadRow:
    """Write a comment that mentions everybody whose task it is. Raises as `remind` and writing a comment do."""
    about = await _people_of(tx, actor, task_id)
    called = [f"@[{user}]" for user in about.users]
    if not about.closed_to_guests:
        called += [f"+{address}" for address in about.own_guests]
    words = escape((content or "").strip() or ASKING, quote=False)
    return await threads.comment(tx, actor, "Task", task_id, " ".join([*called[: mentions.MOST], words]), now)


async def _people_of(tx: Transaction, actor: Actor, task_id: str) -> _People:
    title, is_archived, relations = await tasks.seen(tx, actor, task_id)
    permit(actor, "task.remind", relations)
    found = await named(tx, actor.organization_id, [task_id])
    if not found:
        raise NotFound
    task = found[0]
    if is_archived or not task.is_open:
        raise Impossible("Only of tasks that are to be done are people reminded: not of completed, hidden or archived.")
    if not task.owners:
        raise Impossible("This task is assigned to nobody, so there is nobody to ask.")
    known = await people.directory(tx, actor, [task.owners])
    me = principal_of(actor)
    persons = dict.fromkeys(
        [*(f"u:{user}" for user in task.owners.users), *(f"g:{mail}" for mail in task.owners.guests)]
    )
    for group_id in task.owners.groups:
        group = known.group(group_id)
        if group is not None:
            persons.update(dict.fromkeys(f"u:{user}" for user in group.members))
            persons.update(dict.fromkeys(f"g:{mail}" for mail in group.guests))
    words = [word for word in persons if word != me]
    users = [user for word in words if word.startswith("u:") and (user := member_id(word[2:])) is not None]
    guests = [word[2:] for word in words if word.startswith("g:")]
    return _People(
        title=title,
        process_id=task.process_id,
        users=[user for user in users if known.is_active_member(user)],
        guests=[mail for mail in guests if known.is_active_guest(mail)],
        own_guests=[mail for mail in task.owners.guests if known.is_active_guest(mail)],
        closed_to_guests=task.prevent_guest_comment,
    )
