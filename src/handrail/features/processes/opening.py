"""Making a process public: who may, and what the audit log is told of it."""

from handrail.features.audit import recording as audit
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied
from handrail.kernel.permission import may
from handrail.ports.database import Transaction

NOT_YOURS = "Access denied: you may launch this, but only others may make it public; leave is_public out."


def may_open(actor: Actor) -> bool:
    """Whether somebody may make public what they launch: everybody could read its tasks, which they may not."""
    return may(actor, "process.update", ("starter",))


def require(actor: Actor) -> None:
    """Raise Denied unless they may."""
    if not may_open(actor):
        raise Denied(NOT_YOURS)


async def tell(tx: Transaction, actor: Actor, process_id: str, name: str, now: int, *, is_open: bool) -> None:
    """An entry of the audit log."""
    event, kind = ("process_made_public", "public") if is_open else ("process_made_private", "private")
    await audit.note(tx, actor, now, event, f'Made the process "{name}" {kind}', subject=("Run", process_id))
