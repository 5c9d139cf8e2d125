"""Routes that are open to everybody (wire 2.24: PUB-1, PUB-2, PUB-4, PUB-5)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from handrail.features.public import processes, quota, service, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.ports.database import Transaction

router = Router("Public")
FORM = "/organizations/{org}/public/checklists/{alias}"


class LibraryQuery(msgspec.Struct):
    """Filters of the library."""

    type: Annotated[str, Meta(description="procedure, form or document.")] = ""
    industry_tag: Annotated[str, Meta(description="Only templates with this industry tag.")] = ""
    topic_tag: Annotated[str, Meta(description="Only templates with this topic tag.")] = ""


@router.get(FORM, action=None, returns=wire.PublicForm, errors=(404, 429))
async def show(call: Call) -> wire.PublicForm:
    """Read a public kick-off form.

    Open to everybody, without a token, as long as the template has `is_public_kickoff` and whoever shares it, or the
    template's owner, is an active member. Only the form is shown.
    """
    await quota.take_reading(call)
    async with call.database.reader() as reader:
        found, sharing = await service.form(reader, call.path["org"], call.path["alias"])
        texts = await service.texts(reader, found, sharing, call.application.clock.now())
    return service.show(found, texts)


@router.post(
    f"{FORM}/runs",
    action=None,
    body=wire.PublicLaunchBody,
    returns=wire.PublicRun,
    status=201,
    errors=(404, 429),
    once=True,
)
async def launch(call: Call, body: wire.PublicLaunchBody) -> wire.PublicRun:
    """Submit a public kick-off form.

    Launches the template as the member who shares the form; whoever submits it is recorded and becomes a guest. The
    form's fields that are filled in with the guest by default get the address. Everything else about the process
    reaches the guest by mail alone.
    """
    settings = call.application.settings
    # looking for forms costs as much as looking at them, and what is none is not counted by its name
    await quota.take_reading(call)
    organization_id, alias = call.path["org"], call.path["alias"]
    async with call.database.reader() as reader:
        found, _ = await service.form(reader, organization_id, alias)
    await quota.take_launch(
        call.application.limiter,
        organization_id,
        found.alias,
        call.client_address,
        per_address=settings.public_launches_per_address,
        per_form=settings.public_launches_per_form,
    )
    now = call.application.clock.now()

    visitor = service.Visitor(
        client=call.headers.get(b"x-tallyfy-client", b"").decode("latin-1")[:200] or None, request_id=call.request_id
    )

    async def change(tx: Transaction) -> wire.PublicRun:
        return await service.launch(tx, organization_id, alias, body, visitor, now)

    return await call.database.write(change)


@router.get(
    "/public/checklists",
    action=None,
    query=LibraryQuery,
    returns=wire.PublicTemplate,
    shape="collection",
    errors=(429,),
)
async def library(call: Call) -> Page:
    """List the public templates.

    Those of all organizations of this server that are marked `is_public`; the featured ones first.
    """
    await quota.take_reading(call)
    return await service.library(call)


@router.get("/public/runs/{process}", action=None, returns=wire.PublicProcess, errors=(404, 429))
async def process(call: Call) -> wire.PublicProcess:
    """Read a public process.

    Open to everybody as long as the process is `is_public`. Tasks that are hidden, archived or top secret are left
    out, and what `publicly_hidden_fields` names: the ids or aliases of fields, or `comments`, `assignees`,
    `form_fields`, `ko_form_fields`. Comments are those that are not hidden from guests; people are names.
    """
    await quota.take_reading(call)
    return await processes.show(call, call.path["process"])


@router.get(
    "/public/runs/{process}/form-fields", action=None, returns=wire.PublicAnswer, shape="list", errors=(404, 429)
)
async def process_form_fields(call: Call) -> list[wire.PublicAnswer]:
    """List the form fields of a public process.

    With their answers so far, without those that are hidden from the public.
    """
    await quota.take_reading(call)
    return await processes.form_fields(call, call.path["process"])
