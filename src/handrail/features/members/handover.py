"""Moves what one member is responsible for to another (engine 8.2, around 2.6).

Each feature moves what is its own; hidden tasks move too.
"""

from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction


async def hand_over(tx: Transaction, actor: Actor, from_user: int, to_user: int, now: int) -> None:
    """Everything of one member becomes the other's, in the caller's transaction."""
    from handrail.features.processes import service as processes
    from handrail.features.tasks import service as tasks
    from handrail.features.templates import service as templates

    await tasks.reassign(tx, actor, from_user, to_user, now)
    await processes.reassign(tx, actor.organization_id, from_user, to_user, now)
    await templates.reassign(tx, actor.organization_id, from_user, to_user, now)
