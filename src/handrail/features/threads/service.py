"""Comments on tasks, processes and templates: written, changed and deleted (engine 8)."""

from typing import Literal

from handrail.features.activity.service import Entry, record
from handrail.features.records import service as records
from handrail.features.tasks import service as tasks
from handrail.features.threads import mentions, reading, store, text, wire
from handrail.features.threads.recording import About, write
from handrail.features.threads.store import ThreadRow
from handrail.http.call import Call
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied, Impossible, Invalid, NotFound
from handrail.kernel.ids import is_id
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction

Kind = Literal["Task", "Run", "Checklist"]
# by kind of record: the action of the permission matrix
WRITING = {"Task": "comment.write", "Run": "comment.process", "Checklist": "comment.template"}


async def found(reader: Reader, actor: Actor, kind: Kind, record_id: str) -> About:
    """A record that the actor may write about. NotFound; Denied."""
    subject = await records.find(reader, actor, kind, record_id)
    permit(actor, WRITING[kind], subject.relations)
    if actor.is_guest and await tasks.is_closed_to_guests(reader, actor, record_id):
        raise Denied("Guests cannot comment on this task.")
    process_id = await tasks.process_of(reader, actor, record_id) if kind == "Task" else None
    if subject.is_archived:
        raise Impossible("This is archived. Bring it back before writing about it.")
    return About(kind, subject.id, subject.title, process_id)


async def comment(
    tx: Transaction,
    actor: Actor,
    kind: Kind,
    record_id: str,
    content: str,
    now: int,
    *,
    label: str = "comment",
    state: str | None = None,
) -> ThreadRow:
    """A new comment; whoever it mentions and cannot see the task is assigned to it.

    NotFound; Denied; Impossible for what is archived; Invalid with `content`.
    """
    content = text.cleaned(content)
    about = await found(tx, actor, kind, record_id)
    content = await reading.without_strangers(tx, actor, about.id, content)
    called = await mentions.of(tx, actor, content)
    row = await write(tx, actor, about, content, now, label=label, state=state, mentions=called.ids)
    if kind == "Task":
        await mentions.bring_in(tx, actor, about, called, now)
    return row


async def beside(
    tx: Transaction, actor: Actor, task_id: str, process_id: str | None, title: str, content: str | None, now: int
) -> None:
    """The comment that came along with a command on a task, which has checked who may do that.

    A command that is sent again changes nothing, and so its comment is not written twice. Invalid with `comment`.
    """
    if content is None or not content.strip():
        return
    if actor.is_guest and await tasks.is_closed_to_guests(tx, actor, task_id):
        raise Denied("Guests cannot comment on this task. Leave the comment out.")
    try:
        content = text.cleaned(content)
    except Invalid:
        raise Invalid({"comment": "The comment must have something to read, or be left out."}) from None
    content = await reading.without_strangers(tx, actor, task_id, content)
    kind, author_id = ("guest", actor.guest_id) if actor.is_guest else ("user", actor.user_id)
    of_actor = {"organization_id": actor.organization_id, "author_type": kind, "author_id": author_id}
    if await tx.one(store.same_again, **of_actor, task_id=task_id, content=content):
        return
    called = await mentions.of(tx, actor, content)
    about = About("Task", task_id, title, process_id)
    await write(tx, actor, about, content, now, mentions=called.ids)


async def follow_unlinked(tx: Transaction, organization_id: str, task_id: str) -> None:
    """What was said of a task that has left its process is of the task alone."""
    await tx.run(store.unlink, organization_id=organization_id, task_id=task_id)


async def bot_comment(
    tx: Transaction, actor: Actor, task_id: str, content: str, now: int, *, state: str | None = None
) -> ThreadRow:
    """What the bot says for somebody; nobody is told. NotFound; Denied; Impossible; Invalid with `content`."""
    content = text.cleaned(content)
    about = await found(tx, actor, "Task", task_id)
    bot = await mentions.bot_id(tx, actor)
    return await write(tx, actor, about, content, now, state=state, author_id=bot)


async def of_task(tx: Transaction, actor: Actor, task_id: str, thread_id: str) -> tuple[About, ThreadRow]:
    """A thread on a task that the actor sees, locked, if it is theirs to change. NotFound; Denied.

    Guests do not learn which other threads there are.
    """
    subject = await records.find(tx, actor, "Task", task_id)
    process_id = await tasks.process_of(tx, actor, task_id)
    row = None
    if is_id(thread_id):
        row = await tx.one(store.get_locked, organization_id=actor.organization_id, id=thread_id)
    if row is None or row.task_id != task_id:
        raise NotFound
    is_author = reading.is_by(row, actor)
    if actor.is_guest:
        if await tasks.is_closed_to_guests(tx, actor, task_id):
            raise Denied("Guests cannot comment on this task.")
        if not is_author and not reading.is_for_guest(row, actor):
            raise NotFound
    permit(actor, "comment.edit", {"author"} if is_author else ())
    return About("Task", task_id, subject.title, process_id), row


async def change(
    tx: Transaction, actor: Actor, task_id: str, thread_id: str, body: wire.CommentChange, now: int
) -> ThreadRow:
    """Another text, or another audience. NotFound; Denied; Invalid with `content` or `label`."""
    content = text.cleaned(body.content)
    about, row = await of_task(tx, actor, task_id, thread_id)
    content = await reading.without_strangers(tx, actor, task_id, content)
    if body.label is not None and body.label != row.label:
        raise Invalid({"label": f"This is a {row.label} and stays one; write another thread instead."})
    called = await mentions.of(tx, actor, content)
    values = {
        "content": content,
        "state": body.state or row.state,
        "mentions": mentions.encoded(called.ids),
        "updated_at": now,
    }
    await tx.run(store.update, organization_id=actor.organization_id, id=row.id, **values)
    await mentions.bring_in(tx, actor, about, called, now)
    changed = await tx.one(store.get_locked, organization_id=actor.organization_id, id=row.id)
    assert changed is not None
    return changed


async def delete(tx: Transaction, actor: Actor, about: About, row: ThreadRow, now: int) -> None:
    """Delete a thread for good. Impossible for a resolution: it says why its problem blocks nothing any more."""
    if row.label == "resolve" and await tx.one(
        store.resolved_by, organization_id=actor.organization_id, resolve_id=row.id
    ):
        raise Impossible("This says how an issue was resolved, and stays as long as the issue does.")
    await tx.run(store.delete, organization_id=actor.organization_id, id=row.id)
    entry = Entry(
        verb="comment-deleted",
        subject_type="Thread",
        subject_id=row.id,
        description=f"Deleted a {row.label} on: {about.title}",
        parent_type=about.type,
        parent_id=about.id,
    )
    await record(tx, actor, now, [entry])


async def answer(call: Call, reader: Reader, row: ThreadRow, now: int) -> wire.Thread:
    """A thread as the wire shows it."""
    (shown,) = await reading.shown(reader, call.actor, [row], now)
    return shown
