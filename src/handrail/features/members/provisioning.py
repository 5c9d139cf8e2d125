"""Members whom an application makes: active at once, and without a password until they choose one (wire 1.3)."""

from handrail.features.activity import service as activity
from handrail.features.audit import recording as audit
from handrail.features.members import service, standing, store
from handrail.features.members.handover import adopt_guest
from handrail.features.members.profiles import check_email, check_name
from handrail.features.processes import welcoming
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Invalid
from handrail.kernel.zones import is_zone
from handrail.ports.database import Transaction

ELSEWHERE = "This address belongs to somebody who is not in this organization; invite them instead."


async def provision(
    tx: Transaction,
    actor: Actor,
    *,
    email: str,
    first_name: str,
    last_name: str,
    role: str,
    timezone: str | None,
    now: int,
) -> int:
    """Make an active member; their id. Raises Invalid, also for an address that is somebody's already."""
    role = standing.checked_role(role)
    errors = Errors()
    address = check_email(email, errors)
    first_name = check_name("first_name", first_name, errors)
    last_name = check_name("last_name", last_name, errors)
    if timezone is not None and not is_zone(timezone):
        errors.add("timezone", "The timezone must be an IANA time zone, such as Europe/Lisbon.")
    errors.raise_if_any()
    known = await service.account_id(tx, address)
    if known is not None:
        row = await tx.one(store.get, organization_id=actor.organization_id, user_id=known)
        is_here = row is not None and row.deleted_at is None
        raise Invalid({"email": "The email has already been taken." if is_here else ELSEWHERE})
    user_id = await service.create_account(tx, address, None, first_name, last_name, now=now)
    await service.add_member(tx, actor.organization_id, user_id, role=role, timezone=timezone, now=now)
    await adopt_guest(tx, actor, address, user_id, now)
    entry = activity.Entry(
        verb="created",
        subject_type="User",
        subject_id=str(user_id),
        description=f"Made the member {first_name} {last_name}",
        detail={"role": role, "application": actor.client},
    )
    await activity.record(tx, actor, now, [entry])
    subject, detail = ("User", str(user_id)), {"role": role}
    await audit.note(tx, actor, now, "member_created", entry.description, subject=subject, detail=detail)
    newcomer = await service.load_actor(tx, actor.organization_id, user_id)
    assert newcomer is not None
    await welcoming.welcome(tx, newcomer, now)
    return user_id
