"""Keeps what a request was answered, sealed: some answers show a secret that is shown once."""

from handrail.features.answers import store
from handrail.http.repeating import Kept, Place
from handrail.ports.database import Reader, Transaction

FOREVER = 2**62


async def find(reader: Reader, place: Place) -> Kept | None:
    """What is kept of a request. Broken when it was sealed with a key that is gone."""
    row = await reader.one(store.find, organization_id=place.organization_id, id=place.id)
    if row is None:
        return None
    answer = None if row.sealed_answer is None else reader.sealer.open(row.sealed_answer).encode()
    return Kept(row.fingerprint, row.status, answer, row.created_at)


async def keep(tx: Transaction, place: Place, kept: Kept) -> None:
    """Keep a request that was not kept before; otherwise DuplicateKey comes, at the latest when it is committed."""
    sealed = None if kept.answer is None else tx.sealer.seal(kept.answer.decode())
    row = (place.organization_id, place.id, kept.fingerprint, kept.status, sealed, kept.created_at)
    await tx.put(store.insert, [row])


async def complete(tx: Transaction, place: Place, answer: bytes, *, is_other: bool) -> bool:
    """Write the answer down of a request that is kept; whether it is the answer now, and not another one that somebody
    wrote before. `is_other`: the one that is kept is our own, and not what was answered in the end."""
    statement = store.replace if is_other else store.complete
    sealed = tx.sealer.seal(answer.decode())
    return bool(await tx.run(statement, organization_id=place.organization_id, id=place.id, sealed_answer=sealed))


async def forget(tx: Transaction, place: Place, before: int = FOREVER) -> None:
    """Keep a request no longer, if it is from this moment or earlier."""
    await tx.run(store.delete, organization_id=place.organization_id, id=place.id, before=before)
