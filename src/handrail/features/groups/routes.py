"""Routes of groups (wire 2.5)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from handrail.features.groups import service, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.ports.database import DuplicateKey, Transaction

router = Router("Groups")
ALL = "/organizations/{org}/groups"
ONE = "/organizations/{org}/groups/{group}"
T = TypeVar("T")


@router.get(
    ALL,
    action="group.list",
    query=wire.GroupQuery,
    returns=wire.Group,
    shape="collection",
    includes=service.INCLUDES,
)
async def index(call: Call) -> Page:
    """List groups.

    With everybody in them: `members` and `guests` are always there. Words that nobody knows in `sort_by` are ignored.
    """
    paging = call.paging()
    async with call.database.reader() as reader:
        items, total = await service.page(
            reader,
            call.actor,
            q=call.query.get("q", "").strip(),
            order=order(call),
            paging=paging,
            wanted=call.includes,
        )
    return Page(items, total, paging)


def order(call: Call) -> str:
    """The wanted order: `sort_by` names the field and `sort` the direction, or `sort` says both."""
    direction = call.query.get("sort", "").lower()
    if direction not in ("asc", "desc"):
        return call.sort(service.SORTS, "created_at")
    text = call.query.get("sort_by", "")
    word = service.SORTS.get(text.removeprefix("-"), "created_at")
    return f"-{word}" if direction == "desc" else word


@router.get(ONE, action="group.read", returns=wire.Group, includes=service.INCLUDES)
async def show(call: Call) -> wire.Group:
    """Read a group."""
    async with call.database.reader() as reader:
        return await service.one(reader, call.actor, call.id("group"), call.includes)


@router.post(ALL, action="group.manage", body=wire.NewGroupBody, returns=wire.Group, status=201)
async def create(call: Call, body: wire.NewGroupBody) -> wire.Group:
    """Make a group.

    Administrators can, and other members while the organization's `allow_manage_groups` is on. Addresses that are no
    guests yet become some.
    """
    now = call.application.clock.now()
    return await changed(call, lambda tx: service.create(tx, call.actor, body, now))


@router.put(ONE, action="group.manage", body=wire.GroupBody, returns=wire.Group)
async def update(call: Call, body: wire.GroupBody) -> wire.Group:
    """Change a group.

    Who joins has the group's tasks and permissions at once, who leaves no longer has them. A task on which everyone
    left has signed is completed by that.
    """
    now = call.application.clock.now()
    return await changed(call, lambda tx: service.change(tx, call.actor, call.id("group"), body, now))


@router.delete(ONE, action="group.manage", shape="empty", status=204)
async def delete(call: Call) -> None:
    """Delete a group for good.

    Its people stay, and its tasks are assigned to them one by one; templates no longer name it.
    """
    now = call.application.clock.now()
    await changed(call, lambda tx: service.delete(tx, call.actor, call.id("group"), now))


async def changed(call: Call, change: Callable[[Transaction], Awaitable[T]]) -> T:
    """Carry a change out; who is in which group is read anew afterwards."""

    async def work(tx: Transaction) -> T:
        result = await change(tx)
        tx.after_commit(call.application.forget_people)
        return result

    try:
        return await call.database.write(work)
    except DuplicateKey as error:
        raise service.taken() from error
