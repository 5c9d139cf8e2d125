"""Records what happened, as rows of the same transaction: feed entries for people, events for other programs.

Nothing is sent from here. An event row is the promise that somebody who subscribed will be told.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handrail.features.activity import store
from handrail.kernel.actor import Actor
from handrail.kernel.ids import new_id
from handrail.ports.database import Transaction

DESCRIPTION_LIMIT = 500
_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of the feed: a verb, what it was done to, and what that is part of.

    Types are `Task`, `Run`, `Checklist`, `Step`, `User`, `Organization`, `Tag`, `Group`, `Thread`.
    """

    verb: str
    subject_type: str
    subject_id: str
    description: str
    parent_type: str | None = None
    parent_id: str | None = None
    detail: Mapping[str, Any] | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event for other programs."""

    type: str
    process_id: str | None = None
    task_id: str | None = None
    data: Mapping[str, Any] = {}


async def record(tx: Transaction, actor: Actor, now: int, entries: Sequence[Entry], facts: Sequence[Fact] = ()) -> None:
    """Write feed entries and events of one command."""
    if entries:
        first = await tx.numbers(actor.organization_id, "activities", len(entries))
        await tx.put(
            store.insert_activity, [_activity(entry, first + index, actor, now) for index, entry in enumerate(entries)]
        )
    if facts:
        await tx.put(store.insert_event, [_event(fact, actor, now) for fact in facts])


def _activity(entry: Entry, number: int, actor: Actor, now: int) -> tuple[Any, ...]:
    """A row in the order of `store.ACTIVITY`."""
    return (
        actor.organization_id,
        number,
        entry.verb,
        entry.subject_type,
        entry.subject_id,
        entry.parent_type,
        entry.parent_id,
        "guest" if actor.is_guest else "user",
        str(actor.guest_id if actor.is_guest else actor.user_id),
        entry.description[:DESCRIPTION_LIMIT],
        None if entry.detail is None else _encode(entry.detail).decode(),
        actor.client,
        actor.request_id,
        actor.token_id,
        now,
    )


def _event(fact: Fact, actor: Actor, now: int) -> tuple[Any, ...]:
    """A row in the order of `store.EVENT`."""
    data: Mapping[str, Any] = {**fact.data, "guest": actor.guest} if actor.is_guest else fact.data
    return (
        actor.organization_id,
        new_id(),
        fact.type,
        fact.process_id,
        fact.task_id,
        None if actor.is_guest else actor.user_id,
        _encode(data).decode() if data else "{}",
        now,
    )
