"""What becomes of a leaving member's work (engine 7.6, around 2.6): it moves to another, or others finish it.

Each feature moves what is its own; hidden tasks move too.
"""

from handrail.engine.definition import Owners
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction


async def hand_over(tx: Transaction, actor: Actor, from_user: int, to_user: int, now: int) -> None:
    """Everything of one member becomes the other's, in the caller's transaction; the heir is told by mail."""
    from handrail.features.notices.noting import Item, note
    from handrail.features.processes import service as processes
    from handrail.features.roles import service as roles
    from handrail.features.schedules import service as schedules
    from handrail.features.tasks import service as tasks
    from handrail.features.templates import service as templates

    moved = await tasks.reassign(tx, actor, from_user, to_user, now)
    await processes.reassign(tx, actor.organization_id, from_user, to_user, now)
    await templates.reassign(tx, actor.organization_id, from_user, to_user, now)
    gone_member, heir_member = Owners(users=(from_user,)), Owners(users=(to_user,))
    await roles.exchange(tx, actor.organization_id, gone_member, heir_member, now)
    await schedules.reassign(tx, actor.organization_id, from_user, to_user, now)
    heir, gone = f"u:{to_user}", f"u:{from_user}"
    told = [Item("handed_over", (), (heir,), about=gone), Item("handed_over", tuple(moved), (heir,), about=gone)]
    await note(tx, actor, told if moved else told[:1], now)


async def leave_groups(tx: Transaction, organization_id: str, user_id: int) -> list[str]:
    """Take a member out of every group; the principals of these groups."""
    from handrail.features.groups import service as groups

    return await groups.leave_all(tx, organization_id, f"u:{user_id}")


async def count_again(tx: Transaction, actor: Actor, principals: list[str], now: int) -> None:
    """See to the tasks of these principals after somebody has left (decision 56, engine 7.5)."""
    from handrail.features.tasks import service as tasks

    await tasks.count_again(tx, actor, principals, now)


async def adopt_guest(tx: Transaction, actor: Actor, email: str, user_id: int, now: int) -> None:
    """Whoever becomes a member is no guest any more; what was the guest's is the member's."""
    from handrail.features.guests import conversion

    await conversion.adopt(tx, actor, email, user_id, now)
