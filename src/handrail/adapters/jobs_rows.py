"""What both queues share: the jobs that were given up, and how one attempt at a job is made."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from handrail.kernel.errors import NotFound
from handrail.ports.database import Reader, Transaction
from handrail.ports.jobs import Attempt, Catalogue, DeadJob, Handler, InTransaction, UnknownJob
from handrail.schema.statement import Statement
from handrail.schema.tables import jobs
from handrail.schema.words import insert_all, is_

ERROR_LENGTH = 2000
DIED_WITH_WORKER = "The worker ended in the middle of the job."

_payload = msgspec.json.Decoder(dict[str, Any]).decode


def word(text: str) -> sa.ColumnElement[str]:
    """A status as a part of a statement's text, so that the index of that status serves it."""
    return sa.literal_column(f"'{text}'", sa.Text)


class LostLease(Exception):
    """Somebody else has the job by now: this worker was too slow to say that it lives."""


class DeadRow(msgspec.Struct, frozen=True):
    """A dead job as stored."""

    id: int
    name: str
    payload: str
    key: str | None
    attempts: int
    error: str | None
    died_at: int | None


_columns = tuple(jobs.c[name] for name in DeadRow.__struct_fields__)
_is_dead = jobs.c.status == word("dead")

dead_page = Statement(
    sa.select(*_columns)
    .where(_is_dead)
    .order_by(jobs.c.died_at.desc(), jobs.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger))
    .offset(sa.bindparam("offset", type_=sa.BigInteger)),
    DeadRow,
)
dead_locked = Statement(sa.select(*_columns).where(_is_dead, is_(jobs.c.id)).with_for_update(), DeadRow)
remove_dead = Statement[None](sa.delete(jobs).where(_is_dead, is_(jobs.c.id)))
insert_dead = Statement[None](insert_all(jobs))


class DeadLetters:
    """The part of the port that is about dead jobs; a queue adds `defer`."""

    defer: Callable[..., Coroutine[Any, Any, None]]

    async def dead(self, reader: Reader, *, limit: int = 100, offset: int = 0) -> list[DeadJob]:
        rows = await reader.all(dead_page, limit=limit, offset=offset)
        return [
            DeadJob(
                id=row.id,
                name=row.name,
                payload=_payload(row.payload),
                key=row.key,
                attempts=row.attempts,
                error=row.error or "",
                died_at=row.died_at or 0,
            )
            for row in rows
        ]

    async def retry(self, tx: Transaction, job_id: int) -> None:
        row = await tx.one(dead_locked, id=job_id)
        if row is None:
            raise NotFound("There is no such dead job.")
        await tx.run(remove_dead, id=job_id)
        await self.defer(tx, row.name, _payload(row.payload), key=row.key)


def encoded(payload: Mapping[str, Any]) -> str:
    """A payload as it is stored."""
    return msgspec.json.encode(payload).decode()


def decoded(payload: str) -> dict[str, Any]:
    """A stored payload."""
    return _payload(payload)


def described(error: BaseException) -> str:
    """What went wrong, for whoever looks at dead jobs."""
    return f"{type(error).__name__}: {error}"[:ERROR_LENGTH]


async def attempt(
    catalogue: Catalogue,
    given: Attempt,
    finish: Callable[[Transaction], Coroutine[Any, Any, None]],
) -> Handler:
    """Carry a job out; the handler that did. `finish` ends the job, in the transaction of a handler that has one.

    Jobs of an `Outside` handler are left for the caller to end.
    """
    handler = catalogue.handlers.get(given.job.name)
    if handler is None:
        raise UnknownJob(f"nothing here handles jobs called {given.job.name}")
    if isinstance(handler, InTransaction):
        run = handler.run

        async def body(tx: Transaction) -> None:
            await finish(tx)
            await run(tx, given)

        await given.database.write(body)
    else:
        await handler.run(given)
    return handler
