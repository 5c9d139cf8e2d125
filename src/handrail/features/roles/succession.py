"""People and groups who go: others stand in their job titles, or nobody does."""

from collections.abc import Callable
from typing import TypeVar

from handrail.engine.definition import Owners
from handrail.features.roles import store
from handrail.features.roles.document import people_columns
from handrail.ports.database import Transaction

T = TypeVar("T", int, str)


async def exchange(tx: Transaction, organization_id: str, gone: Owners, heir: Owners, now: int) -> None:
    """Put the heir, who may be nobody, in the place of those who go, in every title that they stand in."""

    def change(found: Owners) -> Owners:
        return Owners(
            users=_exchanged(found.users, gone.users, heir.users),
            guests=_exchanged(found.guests, gone.guests, heir.guests),
            groups=_exchanged(found.groups, gone.groups, heir.groups),
        )

    def moved(found: Owners) -> Owners:
        after = change(found)
        if after == found:
            return found
        # a member who becomes a guest, or the other way round, changes lists
        return Owners(
            users=tuple(dict.fromkeys((*after.users, *heir.users))),
            guests=tuple(dict.fromkeys((*after.guests, *heir.guests))),
            groups=tuple(dict.fromkeys((*after.groups, *heir.groups))),
        )

    await _rewrite(tx, organization_id, moved, now)


def _exchanged(found: tuple[T, ...], gone: tuple[T, ...], heir: tuple[T, ...]) -> tuple[T, ...]:
    kept: list[T] = []
    for one in found:
        kept += heir if one in gone else (one,)
    return tuple(dict.fromkeys(kept))


async def _rewrite(tx: Transaction, organization_id: str, change: Callable[[Owners], Owners], now: int) -> None:
    rows = await tx.all(store.lock_all, organization_id=organization_id)
    changed = [(row, after) for row in rows if (after := change(row.people)) != row.people]
    await tx.many(
        store.update,
        [
            {
                "organization_id": organization_id,
                "id": row.id,
                "name": row.name,
                "description": row.description,
                "updated_at": now,
                **people_columns(after),
            }
            for row, after in changed
        ],
    )
