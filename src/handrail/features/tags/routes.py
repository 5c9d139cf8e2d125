"""Routes of tags (wire 2.21)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from handrail.features.tags import attaching, labels, wire
from handrail.features.tags.store import Shape
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.ports.database import DuplicateKey, Transaction

router = Router("Tags")
ALL = "/organizations/{org}/tags"
ONE = "/organizations/{org}/tags/{tag}"
T = TypeVar("T")


@router.get(ALL, action="tag.list", query=wire.TagQuery, returns=wire.Tag, shape="collection", includes=labels.INCLUDES)
async def index(call: Call) -> Page:
    """List tags.

    Unless `all` is `true`, those whose titles begin with `from:`, `task:` or `step:` are left out: machines made them.
    """
    shape = Shape(
        order=call.sort(labels.SORTS, "created_at"),
        searching=bool(call.query.get("q", "").strip()),
        machine_made=call.query.get("all") == "true",
        auto_generated=call.truth("auto_generated"),
    )
    paging = call.paging()
    async with call.database.reader() as reader:
        items, total = await labels.page(
            reader, call.actor, shape, q=call.query.get("q", "").strip(), paging=paging, wanted=call.includes
        )
    return Page(items, total, paging)


@router.get(ONE, action="tag.read", returns=wire.Tag, includes=labels.INCLUDES)
async def show(call: Call) -> wire.Tag:
    """Read a tag."""
    async with call.database.reader() as reader:
        return await labels.one(reader, call.actor, call.id("tag"), call.includes)


@router.post(ALL, action="tag.manage", body=wire.NewTagBody, returns=wire.Tag, status=201)
async def create(call: Call, body: wire.NewTagBody) -> wire.Tag:
    """Make a tag."""
    now = call.application.clock.now()
    return await changed(call, lambda tx: labels.create(tx, call.actor, body, now))


@router.put(ONE, action="tag.manage", body=wire.TagBody, returns=wire.Tag)
async def update(call: Call, body: wire.TagBody) -> wire.Tag:
    """Change a tag.

    Keys that are left out stay as they are. What bears the tag shows the new title and color.
    """
    now = call.application.clock.now()
    return await changed(call, lambda tx: labels.change(tx, call.actor, call.id("tag"), body, now))


@router.delete(ONE, action="tag.manage", shape="empty", status=204)
async def delete(call: Call) -> None:
    """Delete a tag for good.

    Takes it off everything that bears it, steps of templates included. A tag that does not exist is no error.
    """
    now = call.application.clock.now()
    await changed(call, lambda tx: labels.delete(tx, call.actor, call.path["tag"], now))


@router.post(
    "/organizations/{org}/checklists/tags",
    action="tag.apply",
    body=wire.TagAssociationBody,
    returns=wire.TagAssociation,
    status=201,
)
async def attach(call: Call, body: wire.TagAssociationBody) -> wire.TagAssociation:
    """Put a tag on a template, a process or a task.

    The tags of a step are changed with the step.
    """
    now = call.application.clock.now()
    return await call.database.write(lambda tx: attaching.attach(tx, call.actor, body, now))


@router.delete("/organizations/{org}/checklists/tags/{association}", action="tag.apply", shape="empty", status=204)
async def detach(call: Call) -> None:
    """Take a tag off a record.

    By the id of the association, which is the `id` of the record's `tags` include.
    """
    now = call.application.clock.now()
    await call.database.write(lambda tx: attaching.detach(tx, call.actor, call.integer("association"), now))


async def changed(call: Call, change: Callable[[Transaction], Awaitable[T]]) -> T:
    """Carry a change out."""

    async def work(tx: Transaction) -> T:
        return await change(tx)

    try:
        return await call.database.write(work)
    except DuplicateKey as error:
        raise labels.taken() from error
