"""Routes of job titles (wire 2.6)."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from handrail.features.roles import service, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.ports.database import DuplicateKey, Transaction

router = Router("Job titles")
ALL = "/organizations/{org}/roles"
ONE = "/organizations/{org}/roles/{role}"
T = TypeVar("T")


@router.get(ALL, action="role.list", query=wire.RoleQuery, returns=wire.Role, shape="collection")
async def index(call: Call) -> Page:
    """List job titles."""
    paging = call.paging()
    order = call.sort(service.SORTS, "name")
    q = call.query.get("q", "").strip()
    async with call.database.reader() as reader:
        items, total = await service.page(reader, call.actor, q=q, order=order, paging=paging)
    return Page(items, total, paging)


@router.get(ONE, action="role.read", returns=wire.Role)
async def show(call: Call) -> wire.Role:
    """Read a job title."""
    async with call.database.reader() as reader:
        return await service.one(reader, call.actor, call.id("role"))


@router.post(ALL, action="role.manage", body=wire.NewRoleBody, returns=wire.Role, status=201)
async def create(call: Call, body: wire.NewRoleBody) -> wire.Role:
    """Make a job title.

    `users`, `guests` and `groups` stand in it: they get the tasks of its steps when a launch picks nobody. Addresses
    that are no guests yet become some.
    """
    now = call.application.clock.now()
    return await changed(call, lambda tx: service.create(tx, call.actor, body, now))


@router.put(ONE, action="role.manage", body=wire.RoleChangeBody, returns=wire.Role)
async def update(call: Call, body: wire.RoleChangeBody) -> wire.Role:
    """Change a job title.

    What was launched before stays with whom it was given to.
    """
    now = call.application.clock.now()
    return await changed(call, lambda tx: service.change(tx, call.actor, call.id("role"), body, now))


@router.delete(ONE, action="role.delete", shape="empty", status=204, errors=(422,))
async def delete(call: Call) -> None:
    """Delete a job title that no step has.

    While steps have it, the answer names their templates.
    """
    now = call.application.clock.now()
    await changed(call, lambda tx: service.delete(tx, call.actor, call.id("role"), now))


async def changed(call: Call, change: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
    """Carry a change out; somebody else may take the name meanwhile."""
    try:
        return await call.database.write(change)
    except DuplicateKey as error:
        raise service.taken() from error
