"""Routes of templates (wire 2.7); steps, fields, stages and rules have files of their own."""

from typing import Any

from msgspec import UNSET

from handrail.features.members import service as members
from handrail.features.templates import (
    changing,
    cloning,
    creating,
    field_routes,
    reading,
    rule_routes,
    stage_routes,
    step_routes,
    wire,
)
from handrail.features.templates.bodies import CloneBody, LabelBody, NewTemplateBody, TemplateBody
from handrail.features.templates.parts_bodies import given
from handrail.features.templates.reading import INCLUDES
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.kernel.ids import is_id
from handrail.ports.database import Transaction

router = Router("Templates")
routers = [router, step_routes.router, field_routes.router, stage_routes.router, rule_routes.router]

ALL = "/organizations/{org}/checklists"
ONE = "/organizations/{org}/checklists/{template}"


@router.get(
    ALL, action="template.list", query=wire.TemplateQuery, returns=wire.Template, shape="collection", includes=INCLUDES
)
async def list_templates(call: Call) -> Page:
    """List templates.

    Those that the caller may read, edit or launch; administrators see all. Archived ones are left out unless asked
    for. Words in filters and sorts that nobody knows are ignored.
    """
    return await reading.page(call)


@router.post(ALL, action="template.create", body=NewTemplateBody, returns=wire.Template, status=201, includes=INCLUDES)
async def create_template(call: Call, body: NewTemplateBody) -> wire.Template:
    """Create a template, or import one.

    A whole exported template may be posted: `steps`, `stages` and `automated_actions` are created with it, and its ids
    are names inside of the body alone. People, groups, tags and folders that this organization does not know are left
    out. Everything that is wrong is named at once.
    """
    data, now = given(body), call.application.clock.now()

    async def change(tx: Transaction) -> str:
        return await creating.create(tx, call.actor, data, now)

    return await reading.show(call, await call.database.write(change))


@router.get(ONE, action="template.read", query=wire.VersionQuery, returns=wire.Template, includes=INCLUDES)
async def show_template(call: Call) -> wire.Template:
    """Read a template.

    With its kick-off form and rules; steps, stages and more come as includes. Of a template with dual versions its
    editors see the draft, others the live version. Archived templates are not found.
    """
    return await reading.show(call, call.id("template"))


@router.put(ONE, action="template.edit", body=TemplateBody, returns=wire.Template, includes=INCLUDES)
async def change_template(call: Call, body: TemplateBody) -> wire.Template:
    """Change a template.

    Keys that are left out stay as they are; lists replace what is stored. `prerun` is the whole kick-off form. A
    kick-off field that a rule uses cannot be left out. Processes that run already do not change.
    """
    template_id, data, now = call.id("template"), given(body), call.application.clock.now()
    row, shown = await call.database.write(lambda tx: changing.update(tx, call.actor, template_id, data, now))
    return await reading.written(call, row, shown)


@router.delete(ONE, action="template.edit", returns=wire.ArchivedTemplate, shape="bare")
async def archive_template(call: Call) -> wire.ArchivedTemplate:
    """Archive a template.

    Processes keep going. Steps of other templates that would launch it no longer do; they are listed.
    """
    template_id, now = call.id("template"), call.application.clock.now()
    return await call.database.write(lambda tx: changing.archive(tx, call.actor, template_id, now))


@router.delete(ONE + "/delete", action="template.delete", returns=wire.ArchivedTemplate, shape="bare", errors=(422,))
async def delete_template(call: Call) -> wire.ArchivedTemplate:
    """Delete an archived template for good.

    Its processes stay, and stay readable.
    """
    template_id, now = call.id("template"), call.application.clock.now()
    return await call.database.write(lambda tx: changing.delete(tx, call.actor, template_id, now))


@router.put(ONE + "/restore", action="template.edit", returns=wire.Template, includes=INCLUDES)
async def restore_template(call: Call) -> wire.Template:
    """Restore an archived template."""
    template_id, now = call.id("template"), call.application.clock.now()
    row = await call.database.write(lambda tx: changing.restore(tx, call.actor, template_id, now))
    return await reading.written(call, row)


@router.post(
    ONE + "/clone",
    action="template.duplicate",
    body=CloneBody,
    returns=wire.Template,
    status=201,
    includes=INCLUDES,
    form=True,
)
async def clone_template(call: Call, body: CloneBody) -> wire.Template:
    """Duplicate a template.

    Everything in the copy has new ids and aliases. With `tenant`, the template is taken from another organization of
    the caller's; people and tags that are not known here are left out.
    """
    template_id, now = call.id("template"), call.application.clock.now()
    title = None if body.title is UNSET else body.title
    origin = await _origin(call, None if body.tenant is UNSET else body.tenant)

    async def change(tx: Transaction) -> str:
        return await cloning.clone(tx, call.actor, template_id, origin=origin, title=title, now=now)

    return await reading.show(call, await call.database.write(change))


async def _origin(call: Call, organization_id: str | None) -> Actor:
    """The caller, in the organization they name."""
    if not organization_id or organization_id == call.organization_id:
        return call.actor
    if not is_id(organization_id):
        raise NotFound
    async with call.database.reader() as reader:
        found = await members.load_actor(reader, organization_id, call.actor.user_id)
    if found is None:
        raise NotFound
    return found


@router.put(ONE + "/publish", action="template.edit", returns=wire.Template, includes=INCLUDES)
async def publish_template(call: Call) -> wire.Template:
    """Publish the draft of a template.

    It becomes the version that processes are launched from. Without a draft nothing happens.
    """
    template_id, now = call.id("template"), call.application.clock.now()
    row = await call.database.write(lambda tx: changing.publish(tx, call.actor, template_id, now))
    return await reading.written(call, row)


@router.get(ONE + "/form-fields", action="template.read", query=wire.VersionQuery, returns=wire.TemplateForms)
async def list_form_fields(call: Call) -> wire.TemplateForms:
    """List every form field of a template.

    Those of its steps and those of its kick-off form.
    """
    return await reading.forms(call, call.id("template"))


@router.get(ONE + "/steps-deadlines", action="template.read", returns=wire.StepDeadlineTime, shape="list")
async def list_deadlines(call: Call) -> list[wire.StepDeadlineTime]:
    """Tell when each step would be due.

    If a process were launched now. Deadlines that hang on another step are told as if that were completed when due.
    """
    return await reading.deadlines(call, call.id("template"))


@router.get(ONE + "/permissions", action="template.edit", returns=wire.TemplatePermissions)
async def show_permissions(call: Call) -> wire.TemplatePermissions:
    """Read who may do what with a template."""
    return await reading.permissions(call, call.id("template"))


@router.put(
    ONE + "/permissions", action="template.edit", body=wire.TemplatePermissions, returns=wire.TemplatePermissions
)
async def change_permissions(call: Call, body: wire.TemplatePermissions) -> wire.TemplatePermissions:
    """Change who may do what with a template.

    Lists that are left out stay as they are. The one who made the template and administrators always may.
    """
    template_id, now = call.id("template"), call.application.clock.now()
    data: dict[str, Any] = {"permissions": body.permissions}

    async def change(tx: Transaction) -> dict[str, Any]:
        return await changing.set_permissions(tx, call.actor, template_id, data, now)

    return wire.TemplatePermissions(permissions=await call.database.write(change))


@router.get(
    ONE + "/export", action="template.export", returns=wire.ExportedTemplate, shape="bare", query=wire.VersionQuery
)
async def export_template(call: Call) -> wire.ExportedTemplate:
    """Export a template.

    A document of its own: post it, here or elsewhere, to create the same template.
    """
    return await reading.export(call, call.id("template"))


@router.post(
    ONE + "/export", action="template.export", returns=wire.ExportedTemplate, shape="bare", query=wire.VersionQuery
)
async def export_template_by_post(call: Call) -> wire.ExportedTemplate:
    """Export a template, the same by POST."""
    return await reading.export(call, call.id("template"))


@router.put(
    "/organizations/{org}/x/checklists/{template}/status",
    action="template.label",
    body=LabelBody,
    returns=wire.Template,
    includes=INCLUDES,
)
async def label_template(call: Call, body: LabelBody) -> wire.Template:
    """Set how far the writing of a template is.

    The label is for people; it changes nothing else. Whoever can read the template may set it, except light members.
    """
    template_id, data, now = call.id("template"), given(body), call.application.clock.now()
    row = await call.database.write(lambda tx: changing.label(tx, call.actor, template_id, data, now))
    return await reading.written(call, row)
