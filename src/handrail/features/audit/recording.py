"""Adding to the audit log, in the transaction of whatever is audited. Nothing secret is ever given here."""

from collections.abc import Mapping
from typing import Any

import msgspec

from handrail.features.audit import store
from handrail.features.audit.chain import BEGINNING, hash_of
from handrail.features.audit.store import AuditRow
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction

_encode = msgspec.json.Encoder(order="deterministic").encode


async def note(
    tx: Transaction,
    actor: Actor,
    now: int,
    event: str,
    message: str,
    *,
    subject: tuple[str, str] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """One entry. `subject` is a type and an id; `detail` may hold `before` and `after`."""
    organization_id = actor.organization_id
    await tx.value(store.lock, organization_id=organization_id)
    known = await tx.one(store.last, organization_id=organization_id)
    position, previous = (0, BEGINNING) if known is None else known
    row = AuditRow(
        organization_id=organization_id,
        position=position + 1,
        at=now,
        event=event,
        message=message[:500],
        actor_id=None if actor.is_guest else actor.user_id,
        application_id=actor.application_id,
        token_id=actor.token_id,
        address=actor.address,
        client=actor.client,
        request_id=actor.request_id,
        subject_type=None if subject is None else subject[0],
        subject_id=None if subject is None else subject[1],
        detail=_encode({**(detail or {}), "guest": actor.guest_id} if actor.is_guest else detail or {}).decode(),
        previous=previous,
        hash="",
    )
    row = msgspec.structs.replace(row, hash=hash_of(row))
    await tx.run(store.insert, **msgspec.structs.asdict(row))


async def exported(tx: Transaction, actor: Actor, now: int, what: str, subject: tuple[str, str]) -> None:
    """Somebody has taken data out as a file: `what` in words."""
    await note(tx, actor, now, "data_export", f"Exported {what}", subject=subject)
