"""Routes of organizations (wire 2.1)."""

from handrail.features.organizations import service, wire
from handrail.http.call import Call, Page
from handrail.http.endpoint import Router
from handrail.ports.database import Transaction

router = Router("Organizations")
INCLUDES = ("subscription", "billing_info")


@router.get("/me/organizations", action="me.read", returns=wire.Organization, shape="collection")
async def mine(call: Call) -> Page:
    """List the caller's organizations.

    Those in which the caller is an active member, each with the caller's role in it.
    """
    paging = call.paging()
    async with call.database.reader() as reader:
        items, total = await service.of_person(reader, call.actor.user_id, limit=paging.limit, offset=paging.offset)
    return Page(items, total, paging)


@router.get("/organizations/{org}", action="organization.read", returns=wire.Organization, includes=INCLUDES)
async def show(call: Call) -> wire.Organization:
    """Read an organization.

    With the caller's own role in it. `users_count` counts active members only.
    """
    async with call.database.reader() as reader:
        found = await service.show(reader, call.actor)
    return with_includes(call, found)


@router.put(
    "/organizations/{org}",
    action="organization.update",
    body=wire.OrganizationBody,
    returns=wire.Organization,
    includes=INCLUDES,
)
async def update(call: Call, body: wire.OrganizationBody) -> wire.Organization:
    """Change an organization.

    Keys that are left out stay as they are.
    """

    async def work(tx: Transaction) -> wire.Organization:
        return await service.change(tx, call.actor, body, call.application.clock.now())

    return with_includes(call, await call.database.write(work))


def with_includes(call: Call, found: wire.Organization) -> wire.Organization:
    """Add what the caller asked for; there is no billing, so administrators learn that there is nothing."""
    if call.actor.is_admin:
        for name in INCLUDES:
            if name in call.includes:
                setattr(found, name, wire.Nothing())
    return found
