"""The rows of a process's CSV export: which of the 49 columns fill on which kind of row (engine 11.5, decision 64)."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

import msgspec

from handrail.engine.answers import is_filled
from handrail.engine.definition import Field, Owners, Stage
from handrail.engine.people import owners_of
from handrail.engine.rendering import plain
from handrail.engine.state import Process, Task
from handrail.features.threads.paging import Tally, Written
from handrail.kernel.clock import parse_day, parse_moment, stamp
from handrail.kernel.decoded import as_list

COLUMNS = (
    *("blueprint_id", "blueprint_name", "blueprint_version", "process_id", "process_name", "process_tag"),
    *("process_owner", "process_owner_id", "total_tasks_in_process", "tasks_completed", "process_status"),
    *("process_last_modified", "process_completed_at"),
    *("type", "has_form_fields", "kick_off_task_id", "kick_off_task_name", "process_task_id", "process_task_status"),
    *("process_task_name", "process_task_alias", "process_task_data_id", "process_task_data_name"),
    *("process_task_comment_id", "process_task_comment_name", "milestone_id", "milestone_name", "milestone_position"),
    *("user_assigned", "assigned_user_id", "guest_assigned", "total_users_assigned", "total_guests_assigned"),
    *("total_assignees", "completed_by", "assigned_or_shown_on", "due_by", "completed_on"),
    *("no_of_form_fields", "form_field_type", "question_in_form_field", "answer_in_form_field"),
    *("issue_reported", "no_of_issue_reported", "issue_resolved", "no_of_issue_resolved", "total_comments"),
    *("comment", "last_modified"),
)
assert len(COLUMNS) == 49
# what a spreadsheet takes for the beginning of a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, Any]


class Around(msgspec.Struct, frozen=True):
    """What all rows of one process have in common. `names` are of members by id, guests by address, groups by id;
    `title` is a task's title with its variables filled in, `answers` the values of its fields likewise."""

    process: Process
    tags: Sequence[str]
    stages: Sequence[Stage]
    names: Mapping[int | str, str]
    title: Callable[[Task], str]
    answers: Callable[[Task, Sequence[Field]], Mapping[str, Any]]


class Writer:
    """Turns rows into CSV after RFC 4180, in UTF-8 without a byte order mark.

    `escaping`: cells that a spreadsheet would take for a formula get an apostrophe in front.
    """

    def __init__(self, *, escaping: bool) -> None:
        self._escaping = escaping

    def header(self) -> bytes:
        """The line of the columns' names."""
        return self._lines([COLUMNS])

    def lines(self, rows: Iterable[Row]) -> bytes:
        """One line for each row."""
        return self._lines([self._cell(row.get(name)) for name in COLUMNS] for row in rows)

    def _cell(self, value: Any) -> str:
        if not isinstance(value, str):
            return "" if value is None else str(value)
        return f"'{value}" if self._escaping and value.startswith(_FORMULA) else value

    @staticmethod
    def _lines(rows: Iterable[Sequence[str]]) -> bytes:
        text = StringIO(newline="")
        csv.writer(text).writerows(rows)
        return text.getvalue().encode()


def of_process(around: Around) -> Row:
    """The columns that every row has."""
    process = around.process
    return {
        "blueprint_id": process.template_id,
        "blueprint_name": process.template_title,
        "blueprint_version": process.template_version or None,
        "process_id": process.id,
        "process_name": process.name,
        "process_tag": ", ".join(around.tags),
        "process_owner": around.names.get(process.owner_id, ""),
        "process_owner_id": process.owner_id,
        "total_tasks_in_process": process.whole_total,
        "tasks_completed": process.tasks_complete,
        "process_status": process.status,
        "process_last_modified": stamp(process.updated_at),
        "process_completed_at": _stamp(process.completed_at),
        "has_form_fields": "Yes",
    }


def kickoff_rows(around: Around, fields: Sequence[Field]) -> Iterable[Row]:
    """A row for each field of the kick-off form; answered once the form is submitted."""
    process = around.process
    common = of_process(around)
    for field in fields:
        row = {
            **common,
            "type": "kick_off_task",
            "kick_off_task_id": field.id,
            "kick_off_task_name": field.label,
            "no_of_form_fields": len(fields),
            "form_field_type": field.field_type,
            "question_in_form_field": field.label,
        }
        if process.kickoff_completed_at is not None:
            row["answer_in_form_field"] = answer(field, process.kickoff.get(field.id), around.names)
        yield row


def task_rows(around: Around, task: Task, fields: Sequence[Field]) -> Iterable[Row]:
    """The row of a task and one for each of its fields; answered once the task is completed."""
    common = of_task(around, task)
    yield {**common, "type": "process_task"}
    values: Mapping[str, Any] = around.answers(task, fields) if fields and task.is_done else {}
    for field in fields:
        yield {
            **common,
            "type": "process_task_data",
            "process_task_data_id": field.id,
            "process_task_data_name": common["process_task_name"],
            "no_of_form_fields": len(fields),
            "form_field_type": field.field_type,
            "question_in_form_field": field.label,
            "answer_in_form_field": answer(field, values.get(field.id), around.names),
        }


def comment_rows(around: Around, task: Task | None, threads: Sequence[Written], tally: Tally) -> Iterable[Row]:
    """A row for each comment and issue; without a task, of those on the process itself."""
    common = of_process(around) if task is None else of_task(around, task)
    for thread in threads:
        row = thread.row
        reported = row.label == "problem"
        yield {
            **common,
            "type": "process_task_comment",
            "process_task_comment_id": row.id,
            "process_task_comment_name": common.get("process_task_name"),
            "issue_reported": _yes(reported),
            "no_of_issue_reported": tally.reported,
            "issue_resolved": _yes(reported and row.resolve_id is not None),
            "no_of_issue_resolved": tally.resolved,
            "total_comments": tally.total,
            "comment": thread.text,
            "last_modified": stamp(row.updated_at),
        }


def of_task(around: Around, task: Task) -> Row:
    """The columns that every row of a task has."""
    owners = task.owners
    row = {
        **of_process(around),
        "process_task_id": task.id,
        "process_task_status": "hidden" if task.is_hidden else "shown",
        "process_task_name": around.title(task),
        "process_task_alias": task.alias,
        "user_assigned": people(Owners(users=owners.users, groups=owners.groups), around.names),
        "assigned_user_id": ", ".join(map(str, owners.users)),
        "guest_assigned": ", ".join(owners.guests),
        "total_users_assigned": len(owners.users),
        "total_guests_assigned": len(owners.guests),
        "total_assignees": len(owners.users) + len(owners.guests) + len(owners.groups),
        "completed_by": _completer(task),
        "assigned_or_shown_on": None if task.is_hidden else stamp(task.started_at),
        "due_by": _stamp(task.deadline),
        "completed_on": _stamp(task.completed_at),
    }
    for position, stage in enumerate(around.stages, 1):
        if stage.id == task.stage_id:
            row |= {"milestone_id": stage.id, "milestone_name": stage.title, "milestone_position": position}
    return row


def people(owners: Owners, names: Mapping[int | str, str]) -> str:
    """Names of members, groups as `GROUP_{id}_{name}`, addresses of guests."""
    found = [names.get(user) or str(user) for user in owners.users]
    found += [f"GROUP_{group}_{names.get(group, '')}" for group in owners.groups]
    return ", ".join([*found, *owners.guests])


def answer(field: Field, value: Any, names: Mapping[int | str, str]) -> str:
    """An answer as text: days and moments (in UTC) as the other columns have them, a line for each row of a table."""
    if not is_filled(field, value):
        return ""
    kind = field.field_type
    if kind == "assignees_form" and isinstance(value, dict):
        return people(owners_of(value), names)
    if kind == "table" and (rows := as_list(value)):
        listed = [as_list(row) for row in rows]
        table = [rows] if listed[0] is None else [row or [] for row in listed]
        return "\n".join(" | ".join("" if cell is None else str(cell) for cell in row) for row in table)
    if kind == "date" and isinstance(value, str):
        moment = None if parse_day(value.strip()) else parse_moment(value)
        return value.strip() if moment is None else stamp(moment)
    return plain(field, value, date_format=None, zone="UTC")


def _completer(task: Task) -> int | str:
    if task.completed_at is None:
        return 0
    return task.completer_guest or task.completer_id or 0


def _yes(truth: bool) -> str:
    return "Yes" if truth else "No"


def _stamp(moment: int | None) -> str | None:
    return None if moment is None else stamp(moment)
