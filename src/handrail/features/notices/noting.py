"""Notes down, in the transaction of a command, what people should hear of by mail; `telling` tells it afterwards.

One row for a command, and none where it concerns nobody but whoever gave it. What a mail says, and whether it is still
worth one, is found out when it is told: by then a task may be hidden, completed or somebody else's.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from handrail.engine.events import Event
from handrail.engine.state import Process, Task
from handrail.features.notices import store
from handrail.features.tasks.persistence import principals
from handrail.kernel.actor import Actor
from handrail.kernel.ids import new_id
from handrail.ports.database import Transaction

Kind = Literal[
    "assigned", "removed", "deadline", "reopened", "reminder", "handed_over", "mentioned", "issue", "resolved"
]
# what somebody has said
SAYING = frozenset({"mentioned", "issue", "resolved"})
EXCERPT = 500
# launches that nobody asked for in person: whoever they count for is told like everybody else (engine 3.2)
UNATTENDED = frozenset({"schedule", "public", "task", "new_member"})
# what somebody may hear of
TOLD = frozenset({"process.launched", "task.assigned", "task.owners_changed", "task.deadline_changed", "task.reopened"})
_encode = msgspec.json.Encoder().encode


class Item(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What happened to some tasks, or to a process, and the principals who should hear of it; without any, whose tasks
    these are, and of what was said also who the process is of.

    `before` is the deadline that was moved, `about` the principal of whom something was taken over, `by_rule` says that
    nobody did it in person, `said` is what somebody wrote, and `to_guests` whether guests may read that.
    """

    kind: Kind
    tasks: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    before: int | None = None
    about: str | None = None
    by_rule: bool = False
    process: str | None = None
    said: str | None = None
    to_guests: bool = False


class Notice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one command did, and who gave it, who is told nothing of it."""

    items: tuple[Item, ...]
    actor: str | None = None


decoded = msgspec.json.Decoder(Notice).decode


def principal_of(actor: Actor) -> str:
    """The word for a person: `u:<member id>` or `g:<address>`."""
    return f"g:{actor.guest}" if actor.is_guest else f"u:{actor.user_id}"


async def note(tx: Transaction, actor: Actor, items: Iterable[Item], now: int, *, in_person: bool = True) -> None:
    """Promise to tell of these; the actor hears nothing of what they did in person."""
    told = tuple(items)
    if told:
        notice = Notice(told, principal_of(actor) if in_person else None)
        row = (actor.organization_id, new_id(), _encode(notice).decode(), now)
        await tx.put(store.insert, [row])


async def of_command(
    tx: Transaction, actor: Actor, process: Process | None, task: Task | None, happened: Iterable[Event], now: int
) -> None:
    """Promise to tell of what a command did. `process`, or the single `task`, is as it left them."""
    launched = next((event for event in happened if event.kind == "process.launched"), None)
    if launched is not None and process is not None:
        in_person = launched.data.get("source") not in UNATTENDED
        await note(tx, actor, _of_launch(process, principal_of(actor) if in_person else None), now, in_person=in_person)
        return
    items = _of_changes(process, task, happened, principal_of(actor))
    await note(tx, actor, items, now)


def _of_launch(process: Process, actor: str | None) -> list[Item]:
    """Everybody's tasks, those with the same people together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for task in process.tasks:
        if task.is_open and task.owners:
            people = principals(task.owners)
            if people != (actor,):
                found.setdefault(people, []).append(task.id)
    return [Item("assigned", tuple(tasks), people) for people, tasks in found.items()]


def _of_changes(process: Process | None, single: Task | None, happened: Iterable[Event], actor: str) -> list[Item]:
    items: list[Item] = []
    for event in happened:
        kind, task_id = event.kind, event.task_id
        if task_id is None:
            continue
        by_rule = "rule" in event.data
        if kind == "task.assigned":
            people = principals(event.data["owners"])
            if people and people != (actor,):
                items.append(Item("assigned", (task_id,), people, by_rule=by_rule))
        elif kind == "task.owners_changed":
            people = principals(event.data["removed"])
            if people and people != (actor,):
                items.append(Item("removed", (task_id,), people, by_rule=by_rule))
        elif kind in ("task.deadline_changed", "task.reopened"):
            task = single if process is None else process.task(task_id)
            if task is None or not task.is_open or principals(task.owners) in ((), (actor,)):
                continue
            if kind == "task.reopened":
                items.append(Item("reopened", (task_id,), by_rule=by_rule))
            else:
                items.append(Item("deadline", (task_id,), before=event.data["before"], by_rule=by_rule))
    return items
