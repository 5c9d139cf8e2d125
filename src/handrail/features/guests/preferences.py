"""What guests decide for themselves: on which days a digest comes, and by which clock (around 2.7, 3.4).

With the code of their link it is their own; with a token it is that of a guest whom its owner may change.
"""

from handrail.features.guests import profile, service, wire
from handrail.features.guests.store import GuestRow
from handrail.features.organizations.service import settings_of
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction


async def show(reader: Reader, actor: Actor, name: str) -> wire.GuestPreferences:
    """The preferences of a guest. NotFound."""
    row = await (service.found if actor.is_guest else service.find)(reader, actor, name)
    return await shown(reader, actor, row)


async def change(
    tx: Transaction, actor: Actor, name: str, body: wire.GuestPreferencesBody, now: int
) -> wire.GuestPreferences:
    """Change the preferences of a guest. NotFound, Denied, Invalid."""
    whole = wire.GuestBody(timezone=body.timezone, daily_digest=body.daily_digest, cadence_days=body.cadence_days)
    if not actor.is_guest:
        return await shown(tx, actor, await service.change(tx, actor, name, whole, now))
    row = await service.locked(tx, actor, name)
    if row.id != actor.guest_id:
        raise NotFound
    return await shown(tx, actor, await service.store_changes(tx, actor, row, whole, now))


async def shown(reader: Reader, actor: Actor, row: GuestRow) -> wire.GuestPreferences:
    """The wire form, with the days that hold where the guest has chosen none."""
    details = profile.decoded(row.details)
    days = details.cadence_days
    if days is None:
        days = (await settings_of(reader, actor.organization_id)).guest_cadence_days
    return wire.GuestPreferences(
        daily_digest=details.daily_digest is not False,
        cadence_days=list(days),
        is_own_choice=details.cadence_days is not None,
        timezone=details.timezone,
    )
