"""Writing threads, with what the feed and other programs are told of them; whoever calls has checked everything.

Used by every command that leaves a comment: nothing here asks a process or a task.
"""

from typing import Any

import msgspec

from handrail.engine.events import Event
from handrail.features.activity.service import Entry, Fact, record
from handrail.features.notices.noting import EXCERPT, Item, note
from handrail.features.people.bot import bot_of
from handrail.features.threads import store
from handrail.features.threads.store import ThreadRow
from handrail.features.threads.text import escaped
from handrail.kernel.actor import Actor
from handrail.kernel.html import strip_tags
from handrail.kernel.ids import new_id
from handrail.ports.database import Transaction

DEFAULT_STATE = "hide-for-guests"


class About(msgspec.Struct, frozen=True):
    """The record that a thread is on: a task (of a process or not), a process or a template."""

    type: str
    id: str
    title: str
    process_id: str | None = None

    def columns(self) -> dict[str, str | None]:
        """The same as columns of a thread."""
        return {
            "template_id": self.id if self.type == "Checklist" else None,
            "process_id": self.id if self.type == "Run" else self.process_id,
            "task_id": self.id if self.type == "Task" else None,
        }


# by label: the verb of the feed, its words, and the event of a thread on a task
TELLING = {
    "problem": ("issue-reported", "Reported an issue on", "task.issue_raised"),
    "resolve": ("issue-resolved", "Resolved an issue on", "task.issue_resolved"),
}
COMMENTED = ("commented", "Commented on", "task.comment_added")
# of which the bot says something on the task
SAID = frozenset({"bot.comment", "task.signed"})


async def write(
    tx: Transaction,
    actor: Actor,
    about: About,
    content: str,
    now: int,
    *,
    label: str = "comment",
    state: str | None = None,
    mentions: list[int] | None = None,
    author_id: int | None = None,
    resolves: bool = False,
) -> ThreadRow:
    """A new thread. `resolves` is false for a comment that only bears the label `resolve`."""
    by_guest = actor.is_guest and author_id is None
    writer = (actor.guest_id or 0) if actor.is_guest else actor.user_id
    row = ThreadRow(
        **about.columns(),
        id=new_id(),
        label=label,
        state=state or DEFAULT_STATE,
        content=content,
        author_id=author_id or writer,
        author_type="guest" if by_guest else "user",
        sent_by=writer,
        mentions=msgspec.json.encode(mentions or []).decode(),
        resolve_id=None,
        created_at=now,
        updated_at=now,
    )
    await store.insert.one(tx, {"organization_id": actor.organization_id, **msgspec.structs.asdict(row)})
    verb, words, event = TELLING[label] if label == "problem" or resolves else COMMENTED
    entry = Entry(
        verb=verb,
        subject_type="Thread",
        subject_id=row.id,
        description=f"{words}: {about.title}",
        parent_type=about.type,
        parent_id=about.id,
    )
    facts = [Fact(type=event, process_id=row.process_id, task_id=row.task_id, data={"thread_id": row.id})]
    await record(tx, actor, now, [entry], facts if row.task_id is not None else ())
    await note(tx, actor, _told(row, mentions or [], resolves=resolves), now)
    return row


def _told(row: ThreadRow, mentions: list[int], *, resolves: bool) -> list[Item]:
    """Who is told of a thread by mail: who is mentioned, and of issues those who work on it (engine 8)."""
    if row.task_id is None and row.process_id is None:
        return []
    tasks = () if row.task_id is None else (row.task_id,)
    about: dict[str, Any] = {"tasks": tasks, "process": None if tasks else row.process_id}
    about["said"] = strip_tags(row.content)[:EXCERPT]
    items = [Item("mentioned", people=tuple(f"u:{user}" for user in mentions), **about)] if mentions else []
    if row.label == "problem" or resolves:
        to_guests = row.state != DEFAULT_STATE
        items.append(Item("issue" if row.label == "problem" else "resolved", to_guests=to_guests, **about))
    return items


async def bot_comments(
    tx: Transaction, actor: Actor, process_id: str | None, events: tuple[Event, ...], now: int
) -> None:
    """Keep what the engine has the bot say of tasks (engine 2.2, 3.9, 5.6); the feed tells what happened elsewhere."""
    said = [(event.task_id, text) for event in events if event.task_id and (text := _said(event)) is not None]
    if not said:
        return
    bot = await bot_of(tx, actor.organization_id)
    rows = [
        {
            "organization_id": actor.organization_id,
            "id": new_id(),
            "process_id": process_id,
            "task_id": task_id,
            "label": "comment",
            "state": DEFAULT_STATE,
            "content": text,
            "author_id": bot.user_id,
            "sent_by": bot.user_id if actor.is_guest else actor.user_id,
            "created_at": now,
            "updated_at": now,
        }
        for task_id, text in said
    ]
    await store.insert.many(tx, rows)


def _said(event: Event) -> str | None:
    if event.kind == "bot.comment":
        return escaped(event.data["text"])
    if event.kind == "task.signed":
        person = event.data["person"]
        who = f"@[{person}]" if person.isdigit() else escaped(person)
        return f"{who} has completed their part: {event.data['signed']} of {event.data['required']}."
    return None
