"""Reading templates: one, a page, their parts and forms, for what the caller may see of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from handrail.engine.deadlines import at_launch
from handrail.engine.definition import Template
from handrail.engine.template_edit import find_step
from handrail.features.folders import service as folders
from handrail.features.organizations import engine as organizations
from handrail.features.processes import of_templates
from handrail.features.simulations import carrying
from handrail.features.tags import service as tags
from handrail.features.templates import access, grants, lists, present, store, versions, wire
from handrail.features.templates.store import GrantRow, TemplateRow
from handrail.features.threads import reading as threads
from handrail.http.call import Call, Page
from handrail.kernel.clock import iso
from handrail.kernel.errors import NotFound
from handrail.kernel.ids import integer_id
from handrail.kernel.permission import may
from handrail.ports.database import Reader

INCLUDES = (
    "steps",
    "stages",
    "tags",
    "folder",
    "permissions",
    "runs",
    "statistics",
    "linked_tasks",
    "assets",
    "member_watchers",
    "guest_watchers",
    "threads",
    "prerun",
    "automated_actions",
)
# what other features fill; there is nothing of it yet
EMPTY = ("linked_tasks", "assets", "member_watchers", "guest_watchers")


async def show(call: Call, template_id: str) -> wire.Template:
    """One template that is not archived, with the includes that were asked for. Raises NotFound."""
    async with call.database.reader() as reader:
        row, shown, _ = await find(call, reader, template_id)
        (found,) = await show_all(call, reader, [row], {row.id: shown})
        return found


async def find(
    call: Call, reader: Reader, template_id: str, action: str = "template.read"
) -> tuple[TemplateRow, Template, set[str]]:
    """A template, the version of it to show, and the caller's relations to it. Raises NotFound or Denied."""
    row, held = await access.find(reader, call.actor, template_id, action)
    number = _shown_version(call, row, held)
    asked = call.query.get("version")
    if asked:
        number = integer_id(asked) or 0
    found = await versions.load(reader, call.organization_id, row.id, number)
    if found is None:
        raise NotFound
    call.revision = str(row.updated_at)
    return row, found.template, held


def _shown_version(call: Call, row: TemplateRow, held: set[str]) -> int:
    """The draft for those who may edit it; for others what processes are launched from, while there is such a thing."""
    if row.draft_version is None or (row.version and not may(call.actor, "template.edit", held)):
        return row.version
    return row.draft_version


async def page(call: Call) -> Page:
    """The list of templates with filters, sort and includes (wire CHK-1)."""
    paging = call.paging()
    async with call.database.reader() as reader:
        asked = lists.folders_asked(call)
        if asked and call.truth("entire_folder_tree"):
            asked = await folders.with_subfolders(reader, call.organization_id, asked)
        shape, values = lists.wanted(call, asked)
        rows = await reader.all(lists.page(shape), limit=paging.limit, offset=paging.offset, **values)
        total = await reader.total(lists.total(shape), **values)
        granted = await _grants(call, reader, rows)
        numbers = {
            row.id: _shown_version(call, row, access.relations(call.actor, row, granted.get(row.id, ())))
            for row in rows
        }
        shown = await versions.shown_versions(reader, call.organization_id, numbers.items())
        return Page(await show_all(call, reader, rows, shown, granted), total, paging)


async def _grants(call: Call, reader: Reader, rows: Sequence[TemplateRow]) -> dict[str, list[GrantRow]]:
    """The grants of these templates, where they are needed for an answer."""
    has_draft = any(row.draft_version is not None for row in rows)
    if not rows or not ("permissions" in call.includes or (has_draft and not call.actor.is_admin)):
        return {}
    found: dict[str, list[GrantRow]] = {}
    ids = [row.id for row in rows]
    for grant in await reader.all(store.grants_of, organization_id=call.organization_id, ids=ids):
        found.setdefault(grant.template_id, []).append(grant)
    return found


async def show_all(
    call: Call,
    reader: Reader,
    rows: Sequence[TemplateRow],
    shown: dict[str, Template],
    granted: dict[str, list[GrantRow]] | None = None,
) -> list[wire.Template]:
    """Templates with their includes: at most one statement for each include, whatever the number of templates."""
    includes = call.includes
    found = [present.template_to_wire(row, shown[row.id]) for row in rows]
    if not rows or not includes:
        return found
    ids = [row.id for row in rows]
    if "permissions" in includes and granted is None:
        granted = await _grants(call, reader, rows)
    tagged: dict[str, Any] = {}
    if "tags" in includes:
        tagged = await tags.of_subjects(reader, call.organization_id, "Checklist", ids)
    filed: Mapping[str, Any] = {}
    if "folder" in includes:
        named = [row.folder_id for row in rows if row.folder_id is not None]
        filed = await folders.briefs(reader, call.organization_id, named)
    written: Mapping[str, Any] = {}
    if "threads" in includes:
        written = await threads.of_templates(reader, call.actor, ids, call.application.clock.now())
    runs = await of_templates.newest(call, reader, ids) if "runs" in includes else {}
    counts: Mapping[str, Mapping[str, int]] = {}
    if "statistics" in includes:
        counts = await of_templates.counts(reader, call.organization_id, ids)
    for row, template in zip(rows, found, strict=True):
        version = shown[row.id]
        if "steps" in includes:
            template.steps = {"data": present.steps_to_wire(version)}
        if "stages" in includes:
            template.stages = {"data": present.stages_to_wire(version)}
        if "tags" in includes:
            template.tags = {"data": tagged.get(row.id, [])}
        if "threads" in includes:
            template.threads = {"data": written.get(row.id, [])}
        if "folder" in includes:
            template.folder = {"data": filed.get(row.folder_id or "")}
        if "permissions" in includes:
            template.permissions = {"data": grants.to_wire((granted or {}).get(row.id, ()))}
        if "runs" in includes:
            template.runs = {"data": runs.get(row.id, [])}
        if "statistics" in includes:
            states = counts.get(row.id, {})
            template.statistics = {"data": {"started_processes": row.started_processes, "processes": states}}
        for name in EMPTY:
            if name in includes:
                setattr(template, name, {"data": []})
    return found


async def written(call: Call, row: TemplateRow, shown: Template | None = None) -> wire.Template:
    """A template just written, with the includes that were asked for; its version is read when it is not at hand."""
    if shown is not None and not call.includes:
        return present.template_to_wire(row, shown)
    async with call.database.reader() as reader:
        if shown is None:
            held = await access.relations_to(reader, call.actor, row)
            found = await versions.load(reader, row.organization_id, row.id, _shown_version(call, row, held))
            assert found is not None
            shown = found.template
        (found,) = await show_all(call, reader, [row], {row.id: shown})
        return found


async def step_page(call: Call, template_id: str) -> Page:
    """The steps of a template, by position (wire STP-1)."""
    paging = call.paging()
    async with call.database.reader() as reader:
        _, shown, _ = await find(call, reader, template_id)
    steps = present.steps_to_wire(shown)
    return Page(steps[paging.offset : paging.offset + paging.limit], len(steps), paging)


async def step(call: Call, template_id: str, step_id: str) -> dict[str, Any]:
    """One step. Raises NotFound."""
    async with call.database.reader() as reader:
        _, shown, _ = await find(call, reader, template_id)
    found = find_step(shown.definition, step_id)
    return present.steps_to_wire(shown)[shown.definition.steps.index(found)]


async def stages(call: Call, template_id: str) -> list[dict[str, Any]]:
    """The stages of a template, in order."""
    async with call.database.reader() as reader:
        _, shown, _ = await find(call, reader, template_id)
    return present.stages_to_wire(shown)


async def forms(call: Call, template_id: str) -> wire.TemplateForms:
    """Every form field of a template."""
    async with call.database.reader() as reader:
        row, shown, _ = await find(call, reader, template_id)
    return present.forms_to_wire(row, shown)


async def deadlines(call: Call, template_id: str) -> list[wire.StepDeadlineTime]:
    """When each step would be due if a process were launched now (wire CHK-11)."""
    async with call.database.reader() as reader:
        _, shown, _ = await find(call, reader, template_id)
        organization = await organizations.load(reader, call.organization_id)
    due = at_launch(shown.definition.steps, {}, call.application.clock.now(), organization)
    return [
        wire.StepDeadlineTime(step_id=step.id, deadline_time=iso(due[step.id][0])) for step in shown.definition.steps
    ]


async def permissions(call: Call, template_id: str) -> wire.TemplatePermissions:
    """Who may do what with a template; for those who may edit it."""
    async with call.database.reader() as reader:
        row, _ = await access.find(reader, call.actor, template_id, "template.edit")
        rows = await reader.all(store.grants_of, organization_id=call.organization_id, ids=[row.id])
    return wire.TemplatePermissions(permissions=grants.to_wire(rows))


async def export(call: Call, template_id: str) -> wire.ExportedTemplate:
    """The template as a document of its own."""
    async with call.database.reader() as reader:
        row, shown, _ = await find(call, reader, template_id, "template.export")
        tests = await carrying.exported(reader, shown, call.organization_id)
    call.response_headers["Content-Disposition"] = f'attachment; filename="{row.alias}.json"'
    document = present.export_to_wire(row, shown)
    if tests:
        document.template_tests = list(tests)
    return document
