"""How a timer fires: in a transaction of its own, told about in the feed, and left alone for a while when it fails."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec
import structlog
from msgspec.structs import replace

from handrail.engine.events import Event, Outcome
from handrail.engine.working import TaskOutcome
from handrail.kernel.clock import iso
from handrail.kernel.errors import NotFound, Unavailable
from handrail.ports.database import Database, Transaction

Said = TypeVar("Said", Outcome, TaskOutcome)

# what the clock does, as the engine calls it
BY_THE_CLOCK = ("task.completed", "process.archived")
FIRST_REST = 10_000
LONGEST_REST = 3_600_000

log = structlog.get_logger("handrail.timers")


class Resting:
    """What failed lately, and until when it is left alone, so that one broken record holds nothing else up."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], tuple[int, int]] = {}

    def holds(self, organization_id: str, record: str, now: int) -> bool:
        """Whether this record has to be left alone still."""
        known = self._until.get((organization_id, record))
        return known is not None and now < known[0]

    def failed(self, organization_id: str, record: str, now: int) -> None:
        """Leave it alone, each time for longer."""
        _, rest = self._until.get((organization_id, record), (0, 0))
        rest = min(max(rest * 2, FIRST_REST), LONGEST_REST)
        self._until[organization_id, record] = (now + rest, rest)

    def went_well(self, organization_id: str, record: str) -> None:
        self._until.pop((organization_id, record), None)


class Firing(msgspec.Struct, frozen=True):
    """A timer that is to fire: what it does, in which organization, to which record, and since when it is due."""

    kind: str
    organization_id: str
    record: str
    due: int


async def fire(
    database: Database,
    firing: Firing,
    now: int,
    resting: Resting,
    body: Callable[[Transaction], Coroutine[Any, Any, bool]],
) -> bool:
    """Carry the timer's transaction out; whether it did anything. A failure is logged, and the record rests.

    Raises Unavailable when the store is away: nothing else would succeed either.
    """
    try:
        done = await database.write(body)
    except NotFound:
        return False  # gone since it was looked for
    except Unavailable:
        raise
    except Exception:  # the timers of everybody else must not wait for the repair of this one
        log.exception("timer_failed", kind=firing.kind, organization=firing.organization_id, record=firing.record)
        resting.failed(firing.organization_id, firing.record, now)
        return False
    resting.went_well(firing.organization_id, firing.record)
    if done:
        log.info(
            "timer_fired",
            kind=firing.kind,
            organization=firing.organization_id,
            record=firing.record,
            late_seconds=late_seconds(firing, now),
        )
    return done


def late_seconds(firing: Firing, now: int) -> float:
    """How long after its time the timer fires."""
    return round((now - firing.due) / 1000, 3)


class Telling:
    """Adds to what the engine says of a change by the clock why it came, and on a task the bot's comment."""

    def __init__(self, firing: Firing, now: int, text: str | None = None) -> None:
        self._firing = firing
        self._now = now
        self._text = text
        # whether there was anything to tell: the engine does nothing where it is not (or no longer) time
        self.happened = False

    def of(self, outcome: Said) -> Said:
        """The outcome with its events told so."""
        firing = self._firing
        why = {"automatic": firing.kind, "due": iso(firing.due), "late_seconds": late_seconds(firing, self._now)}
        events: list[Event] = []
        for event in outcome.events:
            if not self.happened and event.kind in BY_THE_CLOCK and event.task_id in (firing.record, None):
                self.happened = True
                events.append(Event(event.kind, event.task_id, {**event.data, **why}))
                if self._text is not None:
                    events.append(Event("bot.comment", event.task_id, {"text": self._text}))
            else:
                events.append(event)
        return replace(outcome, events=tuple(events)) if self.happened else outcome
