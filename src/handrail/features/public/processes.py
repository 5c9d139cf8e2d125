"""A public process for everybody: how far it is, who works on it by name, what was answered and said (wire PUB-5)."""

from collections.abc import Mapping
from typing import Any

from handrail.engine.people import owners_of
from handrail.engine.progress import percent
from handrail.engine.state import Task
from handrail.engine.status import status_label
from handrail.engine.variables import Texts
from handrail.features.organizations import engine as organizations
from handrail.features.people import service as people
from handrail.features.people.names import A_GUEST, Names, names_of
from handrail.features.processes.public import PublicProcess, Question, public_process
from handrail.features.public import wire
from handrail.features.threads import reading
from handrail.http.call import Call
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso, iso_or_none
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader


async def show(call: Call, process_id: str) -> wire.PublicProcess:
    """The process, its tasks and what was said in the open. NotFound unless it is public."""
    now = call.application.clock.now()
    async with call.database.reader() as reader:
        found = await public_process(reader, process_id)
        if found is None:
            raise NotFound
        names = await _names(reader, found)
        texts = await _texts(reader, found, names)
        comments = await _comments(reader, found, now)
    process = found.process
    tasks = [_task(task, found, texts, names, comments, now) for task in process.tasks]
    complete = sum(1 for task in process.tasks if task.is_done)
    return wire.PublicProcess(
        id=process.id,
        name=process.name,
        type=process.type,
        status=process.status,
        checklist_title=process.template_title,
        progress=wire.PublicProgress(complete, len(tasks), percent(complete, len(tasks))),
        started_at=iso(process.started_at),
        completed_at=iso_or_none(process.completed_at),
        tasks=tasks,
        comments=comments.get(None, []),
    )


async def form_fields(call: Call, process_id: str) -> list[wire.PublicAnswer]:
    """Its form fields with their answers. NotFound unless it is public."""
    async with call.database.reader() as reader:
        found = await public_process(reader, process_id)
        if found is None:
            raise NotFound
        names = await _names(reader, found)
        texts = await _texts(reader, found, names)
    return [
        _answer(question, found, texts, names)
        for question in found.questions
        if question.field.field_type != "assignees_form" or found.shows_assignees
    ]


async def _texts(reader: Reader, found: PublicProcess, names: Names) -> Texts:
    """Texts as the launcher writes dates, in the organization's zone (decision 60)."""
    stranger = _stranger(found)
    liking = await people.liking(reader, stranger, found.process.started_by)
    zone = (await organizations.load(reader, found.organization_id)).timezone
    # only those are named who are shown anyway
    return Texts(found.texts, found.names, zone, liking.date_format, {**names.members, **names.guests})


def _stranger(found: PublicProcess) -> Actor:
    """Whoever looks: nobody's guest, who reads what every guest may."""
    return Actor(organization_id=found.organization_id, user_id=0, role="guest")


async def _names(reader: Reader, found: PublicProcess) -> Names:
    if not found.shows_assignees:
        return Names()
    named = [task.owners for task in found.process.tasks]
    named += [owners_of(one.value) for one in found.questions if one.field.field_type == "assignees_form"]
    users = {user for owners in named for user in owners.users}
    return await names_of(reader, found.organization_id, users, {email for owners in named for email in owners.guests})


async def _comments(reader: Reader, found: PublicProcess, now: int) -> dict[str | None, list[wire.PublicComment]]:
    """What was said in the open, by task; None for the process itself."""
    if not found.shows_comments:
        return {}
    closed = {task.id for task in found.process.tasks if task.prevent_guest_comment}
    comments: dict[str | None, list[wire.PublicComment]] = {}
    for thread in await reading.in_process(
        reader, _stranger(found), found.process.id, now, naming=found.shows_assignees
    ):
        if thread.task_id not in closed:
            comments.setdefault(thread.task_id, []).append(_comment(thread, found))
    return comments


def _comment(thread: reading.Thread, found: PublicProcess) -> wire.PublicComment:
    return wire.PublicComment(
        content=thread.content,
        label=thread.label,
        author=thread.author.full_name if found.shows_assignees else None,
        created_at=thread.created_at,
    )


def _task(
    task: Task,
    found: PublicProcess,
    texts: Texts,
    names: Names,
    comments: Mapping[str | None, list[wire.PublicComment]],
    now: int,
) -> wire.PublicTask:
    owners = task.owners
    members = [names.members[user] for user in owners.users if user in names.members and user != task.watch_only]
    guests = [names.guests.get(email, A_GUEST) for email in owners.guests]
    return wire.PublicTask(
        id=task.id,
        title=texts.plain(task.title, task.id),
        position=task.position,
        task_type=task.task_type,
        status=task.status,
        status_label=status_label(task, now),
        started_at=iso(task.started_at),
        deadline=iso_or_none(task.deadline),
        completed_at=iso_or_none(task.completed_at),
        assignees=[*members, *guests] if found.shows_assignees else [],
        comments=comments.get(task.id, []),
    )


def _answer(question: Question, found: PublicProcess, texts: Texts, names: Names) -> wire.PublicAnswer:
    field, task = question.field, question.task
    answers = texts.answers([field], {field.id: question.value}, None if task is None else task.id)
    return wire.PublicAnswer(
        id=field.id,
        alias=field.alias,
        label=field.label,
        field_type=field.field_type,
        task_id=None if task is None else task.id,
        task_title=None if task is None else texts.plain(task.title, task.id),
        value=_value(field.field_type, answers[field.id], names),
    )


def _value(kind: str, value: Any, names: Names) -> Any:
    """An answer: of people their names, of files theirs."""
    if kind == "assignees_form":
        chosen = owners_of(value)
        members = [names.members[user] for user in chosen.users if user in names.members]
        return [*members, *(names.guests.get(email, A_GUEST) for email in chosen.guests)]
    if kind == "file":
        files = [as_object(entry) for entry in as_list(value) or []]
        return [{"filename": entry.get("filename")} for entry in files if entry is not None]
    return value
