"""Members who become guests, guests who become members: the tasks follow the address (engine 7.6, around 2.6).

A member who became a guest stays as a disabled member, so that enabling them brings everything back.
"""

from handrail.engine.definition import Owners
from handrail.engine.membership import Succession
from handrail.features.groups import service as groups
from handrail.features.guests import profile, profiles, service, store
from handrail.features.guests.profiles import Profile
from handrail.features.guests.store import GuestRow
from handrail.features.members import standing
from handrail.features.people import service as people
from handrail.features.roles import service as roles
from handrail.features.tasks import service as tasks
from handrail.features.templates import service as templates
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Impossible
from handrail.ports.database import Transaction


async def adopt(tx: Transaction, actor: Actor, email: str, user_id: int, now: int) -> None:
    """Give everything of the guest with this address, if there is one, to the member it is now the address of."""
    row = await tx.one(store.lock_at, organization_id=actor.organization_id, email=email)
    if row is None:
        return
    gone, heir = Owners(guests=(row.email,)), Owners(users=(user_id,))
    joined = await groups.exchange(tx, actor.organization_id, f"g:{row.email}", f"u:{user_id}")
    await tasks.succeed(
        tx, actor, Succession(gone=gone, heir=heir, assigner=actor.user_id, finished=True), now, also=joined
    )
    await templates.exchange_person(tx, actor.organization_id, gone, heir, now)
    await roles.exchange(tx, actor.organization_id, gone, heir, now)
    await service.bury(tx, actor, row, now)
    await service.tell(tx, actor, row, "updated", "Made a member of the guest", now)
    await service.audited(tx, actor, row, "guest_to_member", "Made a member of the guest", now, member=user_id)


async def make_guest(tx: Transaction, actor: Actor, user_id: int, now: int) -> GuestRow:
    """Make a guest of a member: disabled, out of every group and permission, with their open tasks.

    The last administrator stays (400). Raises NotFound, Denied, Refused.
    """
    row, left = await standing.retire(tx, actor, user_id, now)
    organization_id, email = actor.organization_id, row.email
    known = await people.directory(tx, actor, [Owners(guests=(email,))])
    if not known.is_active_guest(email):
        raise Impossible("This address cannot be a guest's: it is disabled as one.")
    await people.invite_guests(tx, actor, [email], known, now)
    guest = await service.locked(tx, actor, email)
    about = Profile(row.first_name, row.last_name, profile.Details(timezone=row.timezone))
    stored = Profile(guest.first_name, guest.last_name, profile.decoded(guest.details))
    whole = profiles.filled(about, stored)
    await tx.run(
        store.set_profile,
        organization_id=organization_id,
        id=guest.id,
        first_name=whole.first_name,
        last_name=whole.last_name,
        details=profiles.encoded(whole.details),
        updated_at=now,
    )
    gone, heir = Owners(users=(user_id,)), Owners(guests=(email,))
    await tasks.succeed(tx, actor, Succession(gone=gone, heir=heir, assigner=actor.user_id), now)
    await tasks.count_again(tx, actor, [f"u:{user_id}", *left], now)
    await templates.exchange_person(tx, organization_id, gone, heir, now)
    await roles.exchange(tx, organization_id, gone, heir, now)
    guest = await service.locked(tx, actor, email)
    await service.tell(tx, actor, guest, "created", "Made a guest of the member", now)
    await service.audited(tx, actor, guest, "member_to_guest", "Made a guest of the member", now, member=user_id)
    return guest
