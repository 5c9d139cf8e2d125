"""What a digest says: the person's open tasks, by process, the most overdue first (engine 6.5, 6.6, decision 65)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from handrail.engine.state import Task
from handrail.kernel.clock import DAY
from handrail.kernel.text import date_pattern
from handrail.kernel.worktime import local

# entries of one mail; of the others it says how many there are
LISTED = 50
State = Literal["overdue", "today", "soon", "later"]


class Reader(msgspec.Struct, frozen=True):
    """For whom it is: as whom they sign (a member's id or a guest's address), and how they read dates.

    `future`: whether tasks are told that have not started yet.
    """

    signature: str
    zone: str
    date_format: str | None
    future: bool


class Entry(msgspec.Struct, frozen=True):
    """A task of a digest."""

    title: str
    state: State
    when: str


class Group(msgspec.Struct, frozen=True):
    """The tasks of a process; those that belong to none have no name above them."""

    name: str | None
    entries: list[Entry]


class Digest(msgspec.Struct, frozen=True):
    """What there is to say. `more` tasks are not listed."""

    subject: str
    groups: list[Group]
    more: int


def starts_at(task: Task) -> int | None:
    """When a task starts: where nobody said so, a day before its deadline. None: it has started."""
    if task.started_explicitly:
        return task.started_at
    return None if task.deadline is None else task.deadline - DAY


def wanted(tasks: Sequence[Task], reader: Reader, now: int) -> list[Task]:
    """The tasks that a digest tells of, in its order: by deadline, those without a firm one last."""
    found = [
        task
        for task in tasks
        if task.is_open
        and not (task.everyone_must_complete and reader.signature in task.signatures)
        and (reader.future or (starts_at(task) or 0) <= now)
    ]
    return sorted(found, key=lambda task: (_firm(task) is None, _firm(task) or 0, task.position, task.id))


def digest(
    tasks: Sequence[Task], titles: Mapping[str, str], processes: Mapping[str, str], reader: Reader, now: int
) -> Digest | None:
    """The digest of these tasks, `wanted` already; None when there is nothing to say.

    `titles` are of tasks whose own title has variables, `processes` the names of processes, both by id.
    """
    if not tasks:
        return None
    groups: dict[str | None, Group] = {}
    for task in tasks[:LISTED]:
        group = groups.setdefault(task.process_id, Group(processes.get(task.process_id or ""), []))
        state = state_of(task, reader.zone, now)
        group.entries.append(Entry(titles.get(task.id, task.title), state, _when(task, state, reader, now)))
    return Digest(_subject(tasks, reader.zone, now), list(groups.values()), max(0, len(tasks) - LISTED))


def state_of(task: Task, zone: str, now: int) -> State:
    """How urgent a task is."""
    due = _firm(task)
    if due is None:
        return "later"
    if due < now:
        return "overdue"
    if local(due, zone).date() == local(now, zone).date():
        return "today"
    return "soon" if due <= now + DAY else "later"


def _firm(task: Task) -> int | None:
    return None if task.deadline_held else task.deadline


def _when(task: Task, state: State, reader: Reader, now: int) -> str:
    due = _firm(task)
    if due is None:
        return "no date yet"
    here: datetime = local(due, reader.zone)
    if state == "today":
        return f"due today at {here:%H:%M}"
    day = here.strftime(f"{date_pattern(reader.date_format)} %H:%M")
    if state == "overdue":
        days = (local(now, reader.zone).date() - here.date()).days
        late = "since today" if days == 0 else "by one day" if days == 1 else f"by {days} days"
        return f"overdue {late}, was due {day}"
    start = starts_at(task)
    if task.started_explicitly and start is not None and start > now:
        begins = local(start, reader.zone).strftime(date_pattern(reader.date_format))
        return f"starts {begins}, due {day}"
    return f"due {day}"


def _subject(tasks: Sequence[Task], zone: str, now: int) -> str:
    states = [state_of(task, zone, now) for task in tasks]
    counts = [
        (states.count("overdue"), "overdue"),
        (states.count("today"), "due today"),
        (states.count("soon"), "due soon"),
    ]
    told = [f"{count} {word}" for count, word in counts if count]
    if told:
        return f"Your tasks: {', '.join(told)}"
    return "One task is waiting for you" if len(tasks) == 1 else f"{len(tasks)} tasks are waiting for you"
