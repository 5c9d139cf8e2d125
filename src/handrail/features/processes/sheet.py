"""The CSV export of one process, in pieces: tasks are read once, comments a page at a time (engine 11.5)."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from handrail.engine.answers import is_filled
from handrail.engine.definition import Field, Owners
from handrail.engine.people import owners_of
from handrail.engine.state import Task
from handrail.features.audit.recording import exported
from handrail.features.organizations.switches import setting
from handrail.features.people.names import display_names
from handrail.features.processes import access, aggregate, sheet_rows, snapshot
from handrail.features.processes.service import visible
from handrail.features.tags import service as tags
from handrail.features.tasks import persistence
from handrail.features.tasks import view as tasks_view
from handrail.features.threads import paging
from handrail.http.call import Call

# rows that are put into one piece; what a piece takes is bounded by what a task may hold
ROWS = 200


async def export(call: Call, process_id: str) -> AsyncIterator[bytes]:
    """The pieces of the file. NotFound and Denied come with the first one."""
    organization_id, database = call.organization_id, call.application.database
    async with database.reader() as reader:
        row = await visible(call, reader, process_id, "process.export")
        stored = await persistence.load(reader, organization_id, process_id)
        process = aggregate.process_of(row, tuple(persistence.task_of(one) for one in stored))
        frozen = await snapshot.load(
            reader, organization_id, row.template_id, row.template_version, snapshot.injected_in(row.launched)
        )
        shown = [task for task in process.tasks if task.archived_at is None and access.may_see(call.actor, task)]
        extras = persistence.extras(stored)
        fields = {task.id: _fields(task, frozen, extras) for task in shown}
        kickoff = () if frozen is None else frozen.definition.kickoff
        tagged = await tags.of_subjects(reader, organization_id, "Run", [process_id])
        texts = (await tasks_view.texts_of(call.actor, reader, shown, {process_id: frozen}, {process_id: process})).get(
            process_id
        )
        named = [task.owners for task in shown]
        named += _picked(kickoff, process.kickoff)
        for task in shown:
            named += _picked(fields[task.id], task.values)
        named.append(Owners(users=(process.owner_id,)))
        around = sheet_rows.Around(
            process=process,
            tags=[tag.title for tag in tagged.get(process_id, [])],
            stages=() if frozen is None else frozen.definition.stages,
            names=await display_names(reader, organization_id, named, with_addresses=True),
            title=lambda task: task.title if texts is None else texts.plain(task.title, task.id),
            answers=lambda task, of: task.values if texts is None else texts.answers(of, task.values, task.id),
        )
        writer = sheet_rows.Writer(escaping=bool(await setting(reader, organization_id, "escape_csv_formulas")))
    now = call.application.clock.now()
    await database.write(lambda tx: exported(tx, call.actor, now, "a process as CSV", ("Run", process_id)))
    counts = await paging.tallies(database, organization_id, process_id)
    yield writer.header() + writer.lines(sheet_rows.kickoff_rows(around, kickoff))
    threads = paging.of_tasks(database, organization_id, [task.id for task in shown], counts)
    part = await anext(threads, None)
    for task in shown:
        rows: list[sheet_rows.Row] = []
        for line in sheet_rows.task_rows(around, task, fields[task.id]):
            rows.append(line)
            if len(rows) == ROWS:
                yield writer.lines(rows)
                rows.clear()
        yield writer.lines(rows)
        while part is not None and part[0] == task.id:
            yield writer.lines(sheet_rows.comment_rows(around, task, part[1], counts[task.id]))
            part = await anext(threads, None)
    if None in counts:
        async for page in paging.of_process(database, organization_id, process_id):
            yield writer.lines(sheet_rows.comment_rows(around, None, page, counts[None]))


def _fields(task: Task, frozen: snapshot.Snapshot | None, extras: dict[str, persistence.TaskRow]) -> tuple[Field, ...]:
    step = None if frozen is None else frozen.step(task.step_id)
    return tasks_view.own_fields(extras.get(task.id)) if step is None else step.fields


def _picked(fields: tuple[Field, ...], values: Mapping[str, Any]) -> list[Owners]:
    """The people whom answers name."""
    found: list[Owners] = []
    for field in fields:
        value = values.get(field.id)
        if field.field_type == "assignees_form" and isinstance(value, dict) and is_filled(field, value):
            found.append(owners_of(value))
    return found
