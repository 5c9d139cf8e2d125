"""Routes of processes (wire 2.15)."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from handrail.features.processes import bulk as bulk_launching
from handrail.features.processes import bulk_wire, launching, magic, relaunching, service, sheet, view, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.kernel.errors import Invalid, NotFound
from handrail.ports.database import Transaction

router = Router("Processes")
ONE = "/organizations/{org}/runs/{process}"


class ProcessQuery(msgspec.Struct):
    """Filters of the list of processes."""

    q: Annotated[str, Meta(description="Finds processes whose name contains this, whatever the case.")] = ""
    status: Annotated[
        str,
        Meta(
            description="active, complete, problem, issue, improvement, archived, delayed or starred; other words do "
            "not filter."
        ),
    ] = ""
    owners: Annotated[
        str, Meta(description="Member ids, separated by commas: who owns the process or one of its tasks.")
    ] = ""
    guests: Annotated[str, Meta(description="Guest addresses, separated by commas: who owns one of its tasks.")] = ""
    groups: Annotated[
        str, Meta(description="Group ids, separated by commas: of the process or of one of its tasks.")
    ] = ""
    checklist_id: Annotated[
        str, Meta(description="Only processes of these templates, separated by commas. `blueprint_id` means the same.")
    ] = ""
    tag: Annotated[str, Meta(description="Only processes with this tag, by id or title.")] = ""
    tag_ids: Annotated[str, Meta(description="Only processes with one of these tags, separated by commas.")] = ""
    untagged: Annotated[str, Meta(description="true: only processes without a tag.")] = ""
    starred: Annotated[str, Meta(description="true: only starred processes; false: only the others.")] = ""
    type: Annotated[str, Meta(description="procedure, form or document.")] = ""
    task_status: Annotated[str, Meta(description="in-progress or completed: only processes with such a task.")] = ""
    archived: Annotated[str, Meta(description="only: archived processes alone; true: these too.")] = ""
    parent_id: Annotated[str, Meta(description="Only processes under these, by id, separated by commas.")] = ""
    form_fields_values: Annotated[str, Meta(description="true: with every form field and its answer.")] = ""
    sort: Annotated[
        str,
        Meta(
            description="name, created_at, updated or due_date; with a minus in front, descending. Default -created_at."
        ),
    ] = ""
    without_pagination: Annotated[str, Meta(description="true: the whole list, without meta.")] = ""


class ChildrenQuery(msgspec.Struct):
    """The order of a process's children."""

    sort: Annotated[
        str,
        Meta(
            description="name, created_at, updated or due_date; with a minus in front, descending. Default created_at."
        ),
    ] = ""
    without_pagination: Annotated[str, Meta(description="true: the whole list, without meta.")] = ""


@router.post(
    "/organizations/{org}/runs",
    action="template.launch",
    body=wire.LaunchBody,
    returns=wire.Process,
    status=201,
    errors=(403, 404),
    includes=view.INCLUDES,
)
async def launch(call: Call, body: wire.LaunchBody) -> wire.Process:
    """Launch a process.

    From an active, published template that the caller may launch. Unknown keys in `prerun` are dropped; every
    required kick-off field must have an answer.
    """
    now = call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        # a template that changes in this moment may be launched as it was
        tx.reads_ahead()
        created = await launching.launch(tx, call.actor, body, now)
        (shown,) = await service.show_all(call, tx, [created.row], call.includes, created)
        return shown

    return await call.database.write(change)


class BulkQuery(msgspec.Struct):
    """What goes beside a body of CSV or JSON lines."""

    checklist_id: Annotated[str, Meta(description="The template.")] = ""
    dry_run: Annotated[str, Meta(description="true: check everything, launch nothing.")] = ""
    batch: Annotated[str, Meta(description="Names the upload; without it, today's date.")] = ""


@router.post(
    "/organizations/{org}/x/runs/bulk",
    action="template.launch",
    body=bulk_wire.BulkBody,
    query=BulkQuery,
    returns=bulk_wire.BulkReport,
    texts=(("text/csv", "csv"), ("application/x-ndjson", "lines")),
    errors=(403, 404),
    resumes=True,
)
async def bulk(call: Call, body: bulk_wire.BulkBody) -> bulk_wire.BulkReport:
    """Launch many processes from a sheet.

    One row, one process. The columns are kick-off fields, by alias, id or label, and `name`, `summary`, `owner`,
    `tags`, `folders`, `starred`, `is_public` and `parent_id`. Rows that are wrong are reported and launch nothing; the
    others are launched. A row that was launched before in the same batch is not launched again, so an upload can be
    repeated.
    """
    return await bulk_launching.launch(call, body)


@router.post(
    "/organizations/{org}/x/checklists/{template}/magic-launch",
    action="template.launch",
    body=wire.MagicBody,
    returns=wire.Process,
    status=201,
    errors=(403, 404),
    includes=view.INCLUDES,
)
async def magic_launch(call: Call, body: wire.MagicBody) -> wire.Process:
    """Launch as a magic link does.

    With the parameters of such a link: answers by alias in `ko_fields`, and a name. Required answers that are missing
    are named, for whoever shows the form.
    """
    template_id, now = call.id("template"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        created = await magic.launch(tx, call.actor, template_id, body, now)
        (shown,) = await service.show_all(call, tx, [created.row], call.includes, created)
        return shown

    return await call.database.write(change)


@router.get(
    "/organizations/{org}/runs",
    action="process.list",
    query=ProcessQuery,
    returns=wire.Process,
    shape="collection",
    includes=view.INCLUDES,
)
async def index(call: Call) -> Page:
    """List processes.

    Those the caller may see, the newest first; archived ones only when asked for.
    """
    return await service.page(call)


@router.get(ONE, action="process.read", returns=wire.Process, includes=view.INCLUDES)
async def show(call: Call) -> wire.Process:
    """Read a process.

    Archived processes too.
    """
    return await service.show(call, call.id("process"))


async def _shown(call: Call, tx: Transaction) -> wire.Process:
    rows = await service.headers(tx, call.organization_id, [call.id("process")])
    if not rows:
        raise NotFound
    (shown,) = await service.show_all(call, tx, rows, call.includes)
    return shown


@router.put(
    ONE, action="process.read", body=wire.ProcessBody, returns=wire.Process, errors=(403,), includes=view.INCLUDES
)
async def update(call: Call, body: wire.ProcessBody) -> wire.Process:
    """Change a process.

    Its owner, who launched it and administrators change the process itself; whoever takes part in it may also
    answer the kick-off form.
    """
    process_id, now = call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        outcome = await service.update(tx, call.actor, process_id, body, now)
        shown = await _shown(call, tx)
        shown.tasks_changed_by_rules = await view.changed_by_rules(call, tx, outcome)
        return shown

    return await call.database.write(change)


@router.delete(ONE, action="process.archive", returns=wire.Process, errors=(403,))
async def archive(call: Call) -> wire.Process:
    """Archive a process.

    It leaves every list, and nothing in it can be changed until it is activated again.
    """
    process_id, now = call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        await service.archive(tx, call.actor, process_id, now)
        return await _shown(call, tx)

    return await call.database.write(change)


@router.put(f"{ONE}/activate", action="process.archive", returns=wire.Process, errors=(403,))
async def activate(call: Call) -> wire.Process:
    """Bring an archived process back.

    With the status it had.
    """
    process_id, now = call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        await service.activate(tx, call.actor, process_id, now)
        return await _shown(call, tx)

    return await call.database.write(change)


@router.delete(f"{ONE}/delete", action="process.delete", shape="empty", errors=(403, 422))
async def delete(call: Call) -> None:
    """Delete a process for good.

    It must be archived first.
    """
    process_id, now = call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> None:
        await service.delete(tx, call.actor, process_id, now)

    await call.database.write(change)


@router.get(
    "/organizations/{org}/x/runs/{process}/children",
    action="process.read",
    query=ChildrenQuery,
    returns=wire.Process,
    shape="collection",
    includes=view.INCLUDES,
)
async def children(call: Call) -> Page:
    """List the processes under a process.

    Those launched by one of its tasks, and those that were given it as their `parent_id`; the first first, archived
    ones too. Only those that the caller may see.
    """
    return await service.children(call, call.id("process"))


@router.post(
    "/organizations/{org}/x/runs/{process}/relaunch",
    action="process.relaunch",
    body=wire.RelaunchBody,
    returns=wire.Process,
    status=201,
    errors=(403,),
    includes=view.INCLUDES,
)
async def relaunch(call: Call, body: wire.RelaunchBody) -> wire.Process:
    """Launch a process anew with the same answers.

    From the template as it is now, which the caller must be allowed to launch; a 404 when it was archived. Answers in
    `prerun` come over those of the old process. `dropped_answers` names what was answered in fields that the template
    does not have any more; an answer that its field does not take any more is refused.
    """
    process_id, now = call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        created, dropped = await relaunching.relaunch(tx, call.actor, process_id, body, now)
        (shown,) = await service.show_all(call, tx, [created.row], call.includes, created)
        shown.dropped_answers = dropped
        return shown

    return await call.database.write(change)


@router.post(f"{ONE}/complete-prerun", action="process.answer", returns=wire.Process, errors=(403, 422))
async def complete_kickoff(call: Call) -> wire.Process:
    """Submit the kick-off form.

    Every required field must have an answer.
    """
    process_id, now = call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        await service.complete_kickoff(tx, call.actor, process_id, now)
        return await _shown(call, tx)

    return await call.database.write(change)


@router.delete(f"{ONE}/complete-prerun", action="process.answer", returns=wire.Process, errors=(403, 422))
async def reopen_kickoff(call: Call) -> wire.Process:
    """Reopen the kick-off form.

    The answers stay.
    """
    process_id, now = call.id("process"), call.application.clock.now()

    async def change(tx: Transaction) -> wire.Process:
        await service.reopen_kickoff(tx, call.actor, process_id, now)
        return await _shown(call, tx)

    return await call.database.write(change)


@router.get(f"{ONE}/form-fields", action="process.read", returns=wire.FormFields)
async def form_fields(call: Call) -> wire.FormFields:
    """Read every form field of a process.

    Those of the kick-off form and of every task, with their answers; `field_value` and `value` are null where there
    is none.
    """
    return await service.form_fields(call, call.id("process"))


@router.post(f"{ONE}/export", action="process.export", returns=wire.ProcessExport, errors=(403,))
async def export(call: Call) -> wire.ProcessExport:
    """Export a process.

    The process, its tasks and every answer, as one JSON document.
    """
    return await service.export(call, call.id("process"))


class ExportQuery(msgspec.Struct):
    """The form of the export."""

    format: Annotated[
        Literal["csv"], Meta(description="csv, which is what is meant without it; POST gives the JSON document.")
    ] = "csv"


@router.get(
    f"{ONE}/export", action="process.export", query=ExportQuery, shape="stream", media_type="text/csv", errors=(403,)
)
async def export_csv(call: Call) -> AsyncIterator[bytes]:
    """Export a process as CSV.

    One row for each kick-off field, task, form field, and comment or issue, in 49 columns; the guide of processes has
    them. UTF-8, lines and quotes after RFC 4180, times in UTC.
    """
    wanted = call.query.get("format", "csv").strip().lower()
    if wanted != "csv":
        raise Invalid({"format": "The format must be csv; POST gives the JSON document."})
    process_id = call.id("process")
    call.response_headers["content-type"] = "text/csv; charset=utf-8"
    call.response_headers["Content-Disposition"] = f'attachment; filename="process-{process_id}.csv"'
    return sheet.export(call, process_id)
