"""Says that a template has changed, so that its saved runs have to run again."""

from handrail.features.simulations import store
from handrail.ports.database import Transaction


async def changed(tx: Transaction, organization_id: str, template_id: str, now: int) -> None:
    """In the transaction of the change. Templates without saved runs have nothing to mark."""
    await tx.defer(store.make_due, organization_id=organization_id, template_id=template_id, due_at=now)
