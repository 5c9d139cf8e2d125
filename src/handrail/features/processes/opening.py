"""Making a process public: who may, and what the audit log is told of it."""

from handrail.features.audit import recording as audit
from handrail.kernel.actor import Actor
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction


def permit_at_launch(actor: Actor) -> None:
    """Raise Denied for whoever could not make public what they launch: everybody would read tasks that they may not."""
    permit(actor, "process.update", ("starter",))


async def tell(tx: Transaction, actor: Actor, process_id: str, name: str, now: int, *, is_open: bool) -> None:
    """An entry of the audit log."""
    event, kind = ("process_made_public", "public") if is_open else ("process_made_private", "private")
    await audit.note(tx, actor, now, event, f'Made the process "{name}" {kind}', subject=("Run", process_id))
