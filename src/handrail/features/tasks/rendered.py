"""Tasks as bytes, kept for the lists people look at all day.

What a task looks like to one reader depends on its row, which a revision counts, on the status of its process, and on
the time, until it is due soon or overdue. As long as none of these has changed, its bytes are sent again as they are.
Tasks that depend on more than that are rendered anew each time: on guests' links, on who has signed, on the answers
that their titles and the defaults of their fields speak of.
"""

from collections.abc import Sequence

import msgspec

from handrail.engine.variables import has_variables
from handrail.features.tasks.lists import HeadRow
from handrail.features.tasks.store import TaskRow
from handrail.kernel.actor import Actor
from handrail.kernel.clock import DAY

KEPT = 20_000
FOR_EVER = 2**62


class Rendering(msgspec.Struct, frozen=True, gc=False):
    """The bytes of a task, and what they hold for."""

    revision: int
    process_status: str | None
    until: int
    data: msgspec.Raw


class Renderings:
    """The renderings used last, by reader and task."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._count = 0
        self._readers: dict[Actor, dict[str, Rendering]] = {}

    def of(self, reader: Actor, heads: Sequence[HeadRow], now: int) -> list[msgspec.Raw | None]:
        """The bytes for each task, None where they have to be made."""
        kept = self._readers.get(as_reader(reader))
        if not kept:
            return [None] * len(heads)
        found: list[msgspec.Raw | None] = []
        for head in heads:
            rendering = kept.get(head.id)
            if (
                rendering is not None
                and rendering.revision == head.revision
                and rendering.process_status == head.process_status
                and now < rendering.until
            ):
                found.append(rendering.data)
            else:
                found.append(None)
        return found

    def keep(self, reader: Actor, row: TaskRow, process_status: str | None, data: msgspec.Raw, now: int) -> None:
        """Keep the bytes of a task, if they depend on nothing that cannot be told from its row."""
        if row.everyone_must_complete or '"guests"' in row.owners or has_variables(row.title) or "{{" in row.values:
            return
        if self._count >= self._limit:
            self._readers.clear()
            self._count = 0
        kept = self._readers.setdefault(as_reader(reader), {})
        self._count += row.id not in kept
        kept[row.id] = Rendering(row.revision, process_status, holds_until(row, now), data)


def as_reader(actor: Actor) -> Actor:
    """What of an actor decides what a task looks like to them."""
    return Actor(organization_id=actor.organization_id, user_id=actor.user_id, role=actor.role, groups=actor.groups)


def holds_until(row: TaskRow, now: int) -> int:
    """When the words for how a task stands change by themselves."""
    if row.deadline is None or row.deadline_held or row.completed_at is not None:
        return FOR_EVER
    for moment in (row.deadline - DAY, row.deadline + 1):
        if now < moment:
            return moment
    return FOR_EVER


renderings = Renderings()
