"""What a mail about tasks says: one for each person, however much happened (engine 7.4, 9.1, 10.2)."""

from collections.abc import Mapping, Sequence

import msgspec

from handrail.engine.state import Process, Task
from handrail.features.notices.noting import SAYING, Kind
from handrail.kernel.text import date_pattern
from handrail.kernel.worktime import local

EMAIL_TYPES = ("email", "expiring_email")
# entries of one mail; of the others it says how many there are
LISTED = 50
# after which there is something to do
ACTING = frozenset({"assigned", "reopened", "reminder", "handed_over", "issue"})


class Told(msgspec.Struct, frozen=True):
    """One thing that a person hears of. `actor` is the name of who did it, None where a rule or the clock did."""

    kind: Kind
    task: Task | None
    before: int | None = None
    actor: str | None = None
    about: str | None = None
    process: Process | None = None
    said: str | None = None

    @property
    def place(self) -> str:
        """The id of what it is about; empty for what is about no record."""
        if self.task is not None:
            return self.task.id
        return "" if self.process is None else self.process.id


class Reader(msgspec.Struct, frozen=True):
    """How the person reads dates; guests are told no names of members."""

    zone: str
    date_format: str | None
    is_guest: bool


class Entry(msgspec.Struct, frozen=True):
    """A task, what happened to it, and when it is due."""

    title: str
    process: str | None
    words: str
    due: str | None
    said: str | None = None


class Mail(msgspec.Struct, frozen=True):
    """What there is to say. `more` entries are not listed; `needs_action` where something is to be done."""

    subject: str
    entries: list[Entry]
    more: int
    opening: str | None
    needs_action: bool
    task_id: str | None


def is_worth_telling(kind: Kind, task: Task, process: Process | None, *, is_owner: bool) -> bool:
    """Whether something that happened to a task still concerns somebody: nothing is told of tasks that are hidden,
    completed or archived, nor of what was taken back meanwhile."""
    if task.is_hidden or task.archived_at is not None or (process is not None and process.archived_at is not None):
        return False
    if kind in SAYING:
        return True
    if not task.is_open:
        return False
    if kind == "removed":
        return not is_owner
    if not is_owner:
        return False
    if kind == "deadline":
        return not task.deadline_held
    # an e-mail step's mail is the one that it sends (engine 2.1)
    return kind != "assigned" or task.task_type not in EMAIL_TYPES


def mail(told: Sequence[Told], titles: Mapping[str, str], processes: Mapping[str, Process], reader: Reader) -> Mail:
    """One mail about everything; `titles` are of tasks whose own title has variables."""
    listed = [one for one in told if one.place]
    entries = [_entry(one, titles, processes, reader) for one in listed[:LISTED]]
    handed = next((one for one in told if one.kind == "handed_over"), None)
    acting = [one for one in listed if one.kind in ACTING]
    places = {one.place: one.task for one in listed}
    opening: str | None = None
    if handed is not None:
        whose = handed.about or "somebody who has left"
        subject = f"The work of {whose} is yours now"
        opening = f"{handed.actor or 'An administrator'} has given you what {whose} was responsible for."
    elif len(places) == 1:
        subject = entries[0].title
    elif len(acting) == len(listed):
        subject = f"{len(places)} tasks are waiting for you"
    else:
        subject = f"{len(listed)} changes to your tasks"
    task = next(iter(places.values())) if len(places) == 1 else None
    return Mail(
        subject=subject,
        entries=entries,
        more=max(0, len(listed) - LISTED),
        opening=opening,
        needs_action=bool(acting),
        task_id=None if task is None else task.id,
    )


def _entry(told: Told, titles: Mapping[str, str], processes: Mapping[str, Process], reader: Reader) -> Entry:
    task, said = told.task, None if reader.is_guest else told.said
    if task is None:
        assert told.process is not None
        return Entry(told.process.name, None, _words(told, reader), None, said)
    process = processes.get(task.process_id or "")
    return Entry(
        title=titles.get(task.id, task.title),
        process=None if process is None else process.name,
        words=_words(told, reader),
        due=_due(task, reader) if task.is_open else None,
        said=said,
    )


def _words(told: Told, reader: Reader) -> str:
    who = None if reader.is_guest else told.actor
    if told.kind == "assigned":
        return "It is your turn." if who is None else f"{who} has assigned this task to you."
    if told.kind == "removed":
        words = "This task is no longer assigned to you"
        return f"{words}." if who is None else f"{words}; {who} has given it to others."
    if told.kind == "reopened":
        return "This task has been reopened." if who is None else f"{who} has reopened this task."
    if told.kind == "reminder":
        return "A reminder of this task." if who is None else f"{who} reminds you of this task."
    if told.kind == "deadline":
        before = "none" if told.before is None else _date(told.before, reader)
        return f"The deadline has been moved; it was {before}."
    if told.kind in SAYING:
        did = {"mentioned": "mentioned you", "issue": "reported an issue", "resolved": "resolved an issue"}[told.kind]
        return f"{who or 'Somebody'} has {did}."
    return "This task is yours now."


def _due(task: Task, reader: Reader) -> str | None:
    if task.deadline is None or task.deadline_held:
        return None
    return f"due {_date(task.deadline, reader)}"


def _date(moment: int, reader: Reader) -> str:
    return local(moment, reader.zone).strftime(f"{date_pattern(reader.date_format)} %H:%M")
