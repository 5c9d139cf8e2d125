"""Variables in the texts of a process's tasks, filled in when somebody reads them (engine 4.5).

What is stored keeps its placeholders, so that a changed answer shows everywhere at once. A known field without an
answer reads as nothing, an unknown name stays as it is written, and what is filled in is never expanded again.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any, TypeGuard, cast
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from handrail.engine.defaults import has_variables as is_text_with_variables
from handrail.engine.definition import Definition, Field, Owners
from handrail.engine.people import owners_of
from handrail.engine.rendering import date_text, plain
from handrail.engine.state import Process
from handrail.kernel.html import sanitise, strip_tags
from handrail.kernel.text import substitute
from handrail.kernel.worktime import local

# the names that are not those of fields
BUILT_IN = frozenset({"current-task-id", "current-process-id", "DATE", "TEMPLATE_NAME", "PROCESS_NAME"})
# the query of a link, as rich text is written once it was sanitised
_QUERY = re.compile(r"""(\b(?:href|src)="[^"?]*\?)([^"]*\{\{[^"]*)""")
# where a name leads: the field, and the step it belongs to; None for the kick-off form
Names = Mapping[str, tuple[Field, str | None]]


def names_of(definition: Definition) -> Names:
    """Every field of a template version by its alias."""
    found: dict[str, tuple[Field, str | None]] = {field.alias: (field, None) for field in definition.kickoff}
    for step in definition.steps:
        found.update({field.alias: (field, step.id) for field in step.fields})
    return found


def has_variables(text: str | None) -> TypeGuard[str]:
    """Whether there may be anything to fill in."""
    return text is not None and "{{" in text


class Texts(msgspec.Struct, frozen=True):
    """The texts of one process for one reader: with the answers so far, in the reader's date format and zone."""

    process: Process
    names: Names
    zone: str
    date_format: str | None = None
    # what the people are called whom fields for people may name: members by id, guests by address, groups by id
    people: Mapping[int | str, str] = {}

    def plain(self, text: str, task_id: str) -> str:
        """A title, name or subject: values as plain text."""
        return substitute(text, lambda name: self._value(name, task_id, self._plain))

    def html(self, text: str, task_id: str | None) -> str:
        """Rich text: values escaped, rich answers and tables as they are; sanitised as a whole, links included.

        In the query of a link a value is percent-encoded, so that it cannot add to the query.
        """

        def encoded(name: str) -> str | None:
            value = self._value(name, task_id, self._plain)
            return None if value is None else quote(value, safe="")

        linked = _QUERY.sub(lambda found: found[1] + substitute(found[2], encoded), text)
        return sanitise(substitute(linked, lambda name: self._value(name, task_id, self._html)))

    def answers(self, fields: Iterable[Field], values: Mapping[str, Any], task_id: str | None) -> Mapping[str, Any]:
        """The values of a form for its reader: defaults with variables as they read now, until somebody edits them.

        What is no such default comes back as it is, braces included (decisions 22 and 26). The kick-off form belongs to
        no task.
        """
        found = dict(values)
        for field in fields:
            if is_live_default(field, values.get(field.id)):
                found[field.id] = self._live(field, task_id, self._plain)
        return found

    def fields(self, fields: Iterable[Field], task_id: str | None) -> tuple[Field, ...]:
        """The fields of a form for its reader: what is written below their labels, filled in."""
        return tuple(
            field if not has_variables(field.guidance) else replace(field, guidance=self.html(field.guidance, task_id))
            for field in fields
        )

    def _live(self, field: Field, task_id: str | None, show: Callable[[Field, Any], str]) -> str:
        """A default with its variables filled in, once: a default within it stays as it is written."""
        rich = field.field_type == "textarea" and field.use_wysiwyg_editor
        shown = self._html if rich else self._dates if field.field_type == "date" else show
        text = substitute(str(field.default_value), lambda name: self._value(name, task_id, shown, nested=True))
        return sanitise(text) if rich else text

    def _value(
        self, name: str, task_id: str | None, show: Callable[[Field, Any], str], *, nested: bool = False
    ) -> str | None:
        known = self.names.get(name)
        if known is not None:
            field, step_id = known
            answer = self._answer(field.id, step_id)
            if not nested and is_live_default(field, answer):
                answer = self._live(field, task_id, self._plain)
            return show(field, answer)
        process = self.process
        if name == "current-task-id":
            return task_id
        if name == "current-process-id":
            return process.id
        if name == "DATE":
            if show == self._dates:
                return local(process.started_at, self.zone).date().isoformat()
            return date_text(process.started_at, date_format=self.date_format, zone=self.zone)
        if name in ("TEMPLATE_NAME", "PROCESS_NAME"):
            title = process.template_title if name == "TEMPLATE_NAME" else process.name
            return escape(title) if show == self._html else title
        return None

    def _answer(self, field_id: str, step_id: str | None) -> Any:
        if step_id is None:
            return self.process.kickoff.get(field_id)
        for task in self.process.tasks:
            if task.step_id == step_id:
                return task.values.get(field_id)
        return None

    def _plain(self, field: Field, value: Any) -> str:
        if field.field_type == "assignees_form":
            return self._people(value)
        return plain(field, value, date_format=self.date_format, zone=self.zone)

    def _dates(self, field: Field, value: Any) -> str:
        """For the default of a date, which has to stay one: dates as they are stored."""
        return value if field.field_type == "date" and isinstance(value, str) else self._plain(field, value)

    def _html(self, field: Field, value: Any) -> str:
        if field.field_type == "textarea" and field.use_wysiwyg_editor and isinstance(value, str):
            return value
        if field.field_type == "table" and isinstance(value, list):
            return _table(field, cast("list[Any]", value))
        return escape(self._plain(field, value))

    def _people(self, value: Any) -> str:
        chosen = owners_of(value)
        found = (self.people.get(one) for one in (*chosen.users, *chosen.guests, *chosen.groups))
        return ", ".join(name for name in found if name)


def has_live_default(field: Field) -> bool:
    """Whether a field begins with a default that is filled in until somebody edits it."""
    return field.default_value_enabled and is_text_with_variables(field.default_value)


def is_live_default(field: Field, value: Any) -> bool:
    """Whether an answer is still the default with variables that its form began with."""
    return field.default_value_enabled and is_text_with_variables(value) and value == field.default_value


def people_named(process: Process, names: Names) -> list[Owners]:
    """Everybody whom the answers to fields for people name."""
    found: list[Owners] = []
    by_step = {task.step_id: task.values for task in process.tasks}
    for field, step_id in names.values():
        if field.field_type == "assignees_form":
            values = process.kickoff if step_id is None else by_step.get(step_id, {})
            found.append(owners_of(values.get(field.id)))
    return found


def _table(field: Field, value: list[Any]) -> str:
    rows: list[Any] = value if value and isinstance(value[0], list) else [value]
    head = "".join(f"<th>{escape(strip_tags(str(column.get('label', ''))))}</th>" for column in field.columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cast('list[Any]', row))}</tr>"
        for row in rows
        if isinstance(row, list)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
