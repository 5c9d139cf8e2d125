"""Routes of organizations (wire 2.1)."""

from handrail.features.organizations import store, wire
from handrail.http.call import Call
from handrail.http.endpoint import Router
from handrail.kernel.errors import NotFound

router = Router("Organizations")


@router.get("/organizations/{org}", action="organization.read", returns=wire.Organization)
async def show(call: Call) -> wire.Organization:
    """Read an organization.

    With the caller's own role in it.
    """
    async with call.database.reader() as reader:
        row = await reader.one(store.get, organization_id=call.organization_id)
        if row is None:
            raise NotFound
        count = await reader.value(store.active_members, organization_id=call.organization_id)
    return wire.organization(row, count, wire.Membership(call.actor.role, "active", None, None, None))
