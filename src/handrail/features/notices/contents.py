"""What a mail about tasks says: one for each person, however much happened (engine 7.4, 9.1, 10.2)."""

from collections.abc import Mapping, Sequence

import msgspec

from handrail.engine.state import Process, Task
from handrail.features.notices.noting import Kind
from handrail.kernel.text import date_pattern
from handrail.kernel.worktime import local

EMAIL_TYPES = ("email", "expiring_email")
# entries of one mail; of the others it says how many there are
LISTED = 50


class Told(msgspec.Struct, frozen=True):
    """One thing that a person hears of. `actor` is the name of who did it, None where a rule or the clock did."""

    kind: Kind
    task: Task | None
    before: int | None = None
    actor: str | None = None
    about: str | None = None


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
    if not task.is_open or task.archived_at is not None or (process is not None and process.archived_at is not None):
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
    of_tasks = [one for one in told if one.task is not None]
    entries = [_entry(one, titles, processes, reader) for one in of_tasks[:LISTED]]
    handed = next((one for one in told if one.kind == "handed_over"), None)
    acting = [one for one in of_tasks if one.kind in ("assigned", "reopened", "reminder", "handed_over")]
    opening: str | None = None
    if handed is not None:
        whose = handed.about or "somebody who has left"
        subject = f"The work of {whose} is yours now"
        opening = f"{handed.actor or 'An administrator'} has given you what {whose} was responsible for."
    elif len(entries) == 1:
        subject = entries[0].title
    elif len(acting) == len(of_tasks):
        subject = f"{len(of_tasks)} tasks are waiting for you"
    else:
        subject = f"{len(of_tasks)} changes to your tasks"
    task = of_tasks[0].task if len(of_tasks) == 1 else None
    return Mail(
        subject=subject,
        entries=entries,
        more=max(0, len(of_tasks) - LISTED),
        opening=opening,
        needs_action=bool(acting),
        task_id=None if task is None else task.id,
    )


def _entry(told: Told, titles: Mapping[str, str], processes: Mapping[str, Process], reader: Reader) -> Entry:
    task = told.task
    assert task is not None
    process = processes.get(task.process_id or "")
    return Entry(
        title=titles.get(task.id, task.title),
        process=None if process is None else process.name,
        words=_words(told, task, reader),
        due=_due(task, reader),
    )


def _words(told: Told, task: Task, reader: Reader) -> str:
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
    return "This task is yours now."


def _due(task: Task, reader: Reader) -> str | None:
    if task.deadline is None or task.deadline_held:
        return None
    return f"due {_date(task.deadline, reader)}"


def _date(moment: int, reader: Reader) -> str:
    return local(moment, reader.zone).strftime(f"{date_pattern(reader.date_format)} %H:%M")
