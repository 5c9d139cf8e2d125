"""Guests who come with the code of their link: who they are, and that they were here (wire 2.33)."""

import msgspec

from handrail.features.guests import profile, store
from handrail.features.organizations.rates import rates_of
from handrail.features.people.groups import principals_of
from handrail.kernel.actor import Actor
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Reader, Transaction


async def of_code(reader: Reader, organization_id: str, code: str) -> Actor | None:
    """The guest with this code, with their groups; None when there is none, or they are disabled."""
    row = await reader.one(store.with_code, organization_id=organization_id, code_hash=fingerprint(code))
    if row is None or row.disabled_at is not None:
        return None
    principals = await principals_of(reader, organization_id, [f"g:{row.email}"])
    return Actor(
        organization_id=organization_id,
        user_id=0,
        role="guest",
        groups=tuple(word[2:] for word in principals if word.startswith("r:")),
        guest=row.email,
        guest_id=row.id,
        rates=await rates_of(reader, organization_id),
    )


async def note_visit(tx: Transaction, guest: Actor, address: str, now: int) -> None:
    """Remember when a guest was here, and from where."""
    row = await tx.one(store.lock_at, organization_id=guest.organization_id, email=guest.guest)
    if row is None:
        return
    details = msgspec.structs.replace(profile.decoded(row.details), last_known_ip=address or None)
    await tx.run(
        store.note_visit,
        organization_id=guest.organization_id,
        id=row.id,
        last_accessed_at=now,
        details=profile.encoded(details),
        updated_at=row.updated_at,
    )
