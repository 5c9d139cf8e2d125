"""What is told to other programs of a task: the body of a webhook (engine 10.1, wire 4.4).

Texts are filled in, records' moments are ISO 8601, and the dates in answers are written as the organization wants them.
Links begin at the root of this server, and those of guests end with a sealed code, so that a body that waits gives
nobody away; `addressed` puts the address in front and opens the codes when the body leaves the house.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from handrail.engine.definition import Field, Step
from handrail.engine.progress import percent
from handrail.engine.state import Process, Task
from handrail.engine.variables import Texts
from handrail.kernel.clock import parse_day, parse_moment
from handrail.kernel.decoded import JsonObject, as_list, as_object
from handrail.kernel.worktime import day_starts, local

ISO_DATES: Final = "yyyy-MM-ddTHH:mm:ssZ"
READABLE_DATES: Final = "d/m/Y h:i A T"
_ROOT = "/"
_GUEST = "/guest-all-task/"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A process and what surrounds it.

    `members` are those that it names, by id, as `{id, email, full_name}`; `guests` the sealed codes of their links by
    address, `called` what guests are called; `kickoff` and `steps` are those of the template version, `template` and
    `tags` as they are told; `fields` are the form fields of one-off tasks by task id. `texts` is for no reader in
    particular (decision 60).
    """

    organization_id: str
    process: Process
    kickoff: tuple[Field, ...]
    steps: Mapping[str, Step]
    texts: Texts
    date_format: str
    members: Mapping[int, JsonObject]
    guests: Mapping[str, str]
    called: Mapping[int | str, str]
    template: JsonObject
    tags: Sequence[JsonObject]
    fields: Mapping[str, tuple[Field, ...]] = {}


def people_told(process: Process) -> set[int]:
    """The members that a body about a task of this process may name."""
    found = {process.started_by}
    for task in process.tasks:
        found.update(task.owners.users)
        if task.completer_id is not None:
            found.add(task.completer_id)
    return found


def task_body(told: Told, task: Task) -> JsonObject:
    """The task-level body about one task of the process."""
    process = told.process
    present = [other for other in process.tasks if other.archived_at is None]
    following = next((other for other in present if other.is_open), None)
    completer = _completer(told, task)
    return {
        "this_task": {
            **_task(told, task),
            "completed_at": _moment(task.completed_at),
            "completed_by": completer,
            "assets": _assets(told, task),
        },
        "launcher": told.members.get(process.started_by),
        "completer": completer,
        "process-tasks": {other.alias or other.id: other.id for other in present},
        "form-fields": _answers_by_alias(told),
        "template": told.template,
        "process": _process(told, present),
        "guest-links": {
            email: {"link_for_guest": f"{_GUEST}{told.organization_id}/{sealed}"}
            for email, sealed in sorted(told.guests.items())
        },
        "next_task": [] if following is None else _task(told, following),
    }


def rule_body(told: Told, task: Task, *, rule_id: str, alias: str, alias_name: str) -> JsonObject:
    """The same for the webhook of a rule (decision 49)."""
    return {**task_body(told, task), "automation": {"id": rule_id, "alias": alias, "alias_name": alias_name}}


def addressed(body: JsonObject, base_url: str, opened: Callable[[str], str]) -> JsonObject:
    """A body whose links begin with the address of this server, and lead guests in: `opened` gives the code back that
    was sealed."""
    task, process = body["this_task"], body["process"]
    assets = [{**asset, "public_link": _from(base_url, asset["public_link"])} for asset in task["assets"]]
    links: dict[str, JsonObject] = {}
    for email, one in body["guest-links"].items():
        way, _, sealed = one["link_for_guest"].rpartition("/")
        links[email] = {"link_for_guest": f"{_from(base_url, way)}/{opened(sealed)}"}
    return {
        **body,
        "this_task": {**task, "assets": assets},
        "process": {**process, "ClientURL": _from(base_url, process["ClientURL"])},
        "guest-links": links,
    }


def _from(base_url: str, link: Any) -> Any:
    return f"{base_url}{link}" if isinstance(link, str) and link.startswith(_ROOT) else link


def _process(told: Told, present: Sequence[Task]) -> JsonObject:
    process = told.process
    forms = {task.step_id or task.id: _captures(told, task) for task in present if _fields(told, task)}
    return {
        "id": process.id,
        "organization_id": told.organization_id,
        "name": process.name,
        "summary": process.summary,
        "status": process.status,
        "progress": {
            "complete": process.tasks_complete,
            "total": process.tasks_total,
            "percent": percent(process.tasks_complete, process.tasks_total),
        },
        "created_at": _moment(process.created_at),
        "ClientURL": f"/tracker/{process.id}",
        "prerun": _values(told, told.kickoff, process.kickoff, None),
        "process_forms": forms,
        "tags": list(told.tags),
    }


def _task(told: Told, task: Task) -> JsonObject:
    step = told.steps.get(task.step_id or "")
    summary = task.summary if task.summary is not None or step is None else step.summary
    return {
        "id": task.id,
        "title": told.texts.plain(task.title, task.id),
        "alias": task.alias,
        "status": task.status,
        "summary": None if summary is None else told.texts.html(summary, task.id),
        "deadline": _moment(task.deadline),
        "position": task.position,
        "captures": _captures(told, task),
        "owners": {
            "users": [told.members[user] for user in task.owners.users if user in told.members],
            "guests": list(task.owners.guests),
        },
    }


def _fields(told: Told, task: Task) -> tuple[Field, ...]:
    step = told.steps.get(task.step_id or "")
    return told.fields.get(task.id, ()) if step is None else step.fields


def _captures(told: Told, task: Task) -> JsonObject:
    fields = _fields(told, task)
    values = _values(told, fields, task.values, task.id)
    return {field.id: {"alias": field.alias, "label": field.label, "value": values.get(field.id)} for field in fields}


def _answers_by_alias(told: Told) -> JsonObject:
    """Every answer so far, of the kick-off form and of all tasks."""
    process = told.process
    forms: list[tuple[tuple[Field, ...], Mapping[str, Any], str | None]] = [(told.kickoff, process.kickoff, None)]
    forms += [(_fields(told, task), task.values, task.id) for task in process.tasks if task.archived_at is None]
    found: JsonObject = {}
    for fields, stored, task_id in forms:
        values = _values(told, fields, stored, task_id)
        found.update({field.alias: values[field.id] for field in fields if values.get(field.id)})
    return found


def _values(told: Told, fields: Iterable[Field], stored: Mapping[str, Any], task_id: str | None) -> JsonObject:
    """Answers by field id, defaults with variables as they read now, dates as the organization wants them."""
    fields = tuple(fields)
    values = dict(told.texts.answers(fields, stored, task_id))
    for field in fields:
        if field.field_type == "date" and isinstance(values.get(field.id), str):
            values[field.id] = date_told(values[field.id], told.date_format, told.texts.zone)
    return values


def date_told(text: str, date_format: str, zone: str) -> str:
    """A date of an answer in one of the two formats; a day alone is the same day in any zone, what is no date stays."""
    day, moment = parse_day(text.strip()), parse_moment(text)
    if moment is None:
        return text
    if date_format == READABLE_DATES:
        there = local(moment if day is None else day_starts(day, zone), zone)
        return there.strftime("%d/%m/%Y %I:%M %p %Z")
    return _moment(moment) or text


def _completer(told: Told, task: Task) -> JsonObject | None:
    if task.completer_id is not None:
        return told.members.get(task.completer_id)
    email = task.completer_guest
    return None if email is None else {"id": None, "email": email, "full_name": told.called.get(email, email)}


def _assets(told: Told, task: Task) -> list[JsonObject]:
    """The files in the answers of a task."""
    found: list[JsonObject] = []
    for field in _fields(told, task):
        entries = as_list(task.values.get(field.id)) if field.field_type == "file" else None
        for entry in entries or ():
            file = as_object(entry)
            if file is not None:
                found.append(_asset(told, file))
    return found


def _asset(told: Told, file: JsonObject) -> JsonObject:
    file_id, version = file.get("id"), file.get("version")
    link = file.get("full_url") or file.get("url")
    if not link and isinstance(file_id, str):
        link = f"/api/organizations/{told.organization_id}/file/{file_id}/dl"
    return {
        "id": file_id,
        "filename": file.get("filename"),
        "version": None if version is None else str(version),
        "public_link": link or None,
    }


def _moment(moment: int | None) -> str | None:
    """Whole seconds, as receivers expect them."""
    return None if moment is None else f"{local(moment, 'UTC'):%Y-%m-%dT%H:%M:%SZ}"
