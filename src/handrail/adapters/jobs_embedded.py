"""The embedded queue: jobs are rows of the store, carried out inside of the server's event loop.

A job is claimed (which counts the attempt and starts its lease), carried out, and removed; of the jobs with one key
only the first is `waiting`, those after it are `behind`. Nothing here holds the store: each step is a short
transaction of its own.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from handrail.adapters.jobs_bell import Bell
from handrail.adapters.jobs_loop import running
from handrail.adapters.jobs_rows import (
    DIED_WITH_WORKER,
    DeadLetters,
    LostLease,
    attempt,
    decoded,
    described,
    encoded,
    word,
)
from handrail.adapters.jobs_schedules import Scheduler
from handrail.kernel.clock import Clock
from handrail.ports.database import Database, Reader, Transaction
from handrail.ports.jobs import Attempt, Catalogue, Job, Outside
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import jobs
from handrail.schema.words import is_, parameter

# another process may have asked for a job: look at least so often
LONGEST_SLEEP = 5.0

log = structlog.get_logger("handrail.jobs")


class ClaimedRow(msgspec.Struct, frozen=True):
    """A job that was claimed, or whose lease ran out."""

    id: int
    name: str
    payload: str
    key: str | None
    attempts: int


_status = jobs.c.status
_unfinished = _status.in_([word("waiting"), word("behind"), word("running")])
_now = sa.bindparam("now", type_=sa.BigInteger)
_mine = (
    is_(jobs.c.id),
    _status == word("running"),
    jobs.c.attempts == parameter("attempt", jobs.c.attempts),
)
_row = tuple(jobs.c[name] for name in ClaimedRow.__struct_fields__)
_other = jobs.alias("other")

insert = Statement[None](
    sa.insert(jobs).values(
        name=parameter("name", jobs.c.name),
        payload=parameter("payload", jobs.c.payload),
        key=parameter("key", jobs.c.key),
        status=sa.case(
            (
                sa.exists().where(_other.c.key == parameter("key", jobs.c.key), _other.c.status != word("dead")),
                word("behind"),
            ),
            else_=word("waiting"),
        ),
        run_at=parameter("run_at", jobs.c.run_at),
        attempts=0,
    )
)
next_due = Statement[tuple[int]](sa.select(sa.func.min(jobs.c.run_at)).where(_status == word("waiting")))
claim = Statement(
    sa.update(jobs)
    .where(
        jobs.c.id.in_(
            sa.select(_other.c.id)
            .where(_other.c.status == word("waiting"), _other.c.run_at <= _now)
            .order_by(_other.c.run_at, _other.c.id)
            .limit(sa.bindparam("count", type_=sa.BigInteger))
        )
    )
    .values(status="running", attempts=jobs.c.attempts + 1, lease_until=parameter("lease_until", jobs.c.lease_until))
    .returning(*_row),
    ClaimedRow,
)
remove = Statement[None](sa.delete(jobs).where(*_mine))
promote = Statement[None](
    sa.update(jobs)
    .where(
        jobs.c.id
        == sa.select(sa.func.min(_other.c.id))
        .where(_other.c.key == parameter("key", jobs.c.key), _other.c.status == word("behind"))
        .scalar_subquery()
    )
    .values(status="waiting")
)
again = Statement[None](
    sa.update(jobs)
    .where(*_mine)
    .values(
        status="waiting",
        run_at=parameter("run_at", jobs.c.run_at),
        attempts=parameter("attempts_left", jobs.c.attempts),
        lease_until=sa.null(),
    )
)
bury = Statement[None](
    sa.update(jobs)
    .where(*_mine)
    .values(status="dead", error=parameter("error", jobs.c.error), died_at=_now, lease_until=sa.null())
)
hold = Statement[None](
    sa.update(jobs)
    .where(any_of(jobs.c.id, "ids"), _status == word("running"))
    .values(lease_until=parameter("lease_until", jobs.c.lease_until))
)
lapsed = Statement(sa.select(*_row).where(_status == word("running"), jobs.c.lease_until < _now), ClaimedRow)
unfinished = Statement[tuple[int]](sa.select(sa.func.count()).select_from(jobs).where(is_(jobs.c.name), _unfinished))


class EmbeddedJobs(DeadLetters):
    """The queue of the embedded store.

    `alone`: no other process carries out jobs of this store, so those that are marked as running at the start were
    left behind by one that is gone, and need not wait for the end of their lease.
    """

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        clock: Clock,
        *,
        alone: bool = False,
        bell: Bell | None = None,
        concurrency: int = 8,
        lease_seconds: float = 30.0,
        grace_seconds: float = 10.0,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._clock = clock
        self._alone = alone
        self._concurrency = concurrency
        self._lease = lease_seconds
        self._grace = grace_seconds
        self._wake = asyncio.Event()
        self._bell = bell
        self._call = self._wake.set if bell is None else bell.ring
        self._running: dict[int, asyncio.Task[None]] = {}

    async def defer(
        self,
        tx: Transaction,
        name: str,
        payload: Mapping[str, Any],
        *,
        key: str | None = None,
        run_at: int | None = None,
    ) -> None:
        await tx.run(
            insert,
            name=name,
            payload=encoded(payload),
            key=key,
            run_at=self._clock.now() if run_at is None else run_at,
        )
        tx.after_commit(self._call)

    async def unfinished(self, reader: Reader, name: str) -> int:
        return int(await reader.value(unfinished, name=name))

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        if self._alone:
            await self._rescue(everything=True)
        if self._bell is not None:
            self._bell.hear(self._wake.set)
        scheduler = Scheduler(self._database, self, self._catalogue.schedules, self._clock)
        async with running(holding=self._hold_step):
            try:
                async with running(schedules=scheduler.step, claiming=self._claim_step):
                    yield
            finally:
                if self._bell is not None:
                    self._bell.stop_hearing()
                await self._wind_up()

    async def _claim_step(self) -> None:
        """Start what is due, as much as there is room for, then sleep until there is more."""
        self._wake.clear()
        room = self._concurrency - len(self._running)
        if room <= 0:
            await self._sleep(LONGEST_SLEEP)
            return
        async with self._database.reader() as reader:
            due = await reader.value(next_due)
        now = self._clock.now()
        if due is None or due > now:
            await self._sleep(LONGEST_SLEEP if due is None else min((due - now) / 1000, LONGEST_SLEEP))
            return
        for row in await self._claim(room):
            task = asyncio.create_task(self._carry_out(row), name=f"job-{row.id}")
            self._running[row.id] = task
            task.add_done_callback(self._forget(row.id))

    async def _sleep(self, seconds: float) -> None:
        # wait_for can swallow the cancellation that ends this loop
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _claim(self, count: int) -> list[ClaimedRow]:
        now = self._clock.now()

        async def body(tx: Transaction) -> list[ClaimedRow]:
            return await tx.all(claim, now=now, count=count, lease_until=self._lease_end(now))

        return sorted(await self._database.write(body), key=lambda row: row.id)

    def _lease_end(self, now: int) -> int:
        return now + int(self._lease * 1000)

    async def _carry_out(self, row: ClaimedRow) -> None:
        job = Job(id=row.id, name=row.name, payload=decoded(row.payload), key=row.key, attempt=row.attempts)

        async def finish(tx: Transaction) -> None:
            if not await tx.run(remove, id=row.id, attempt=row.attempts):
                raise LostLease
            await self._next_of(tx, row.key)

        try:
            handler = await attempt(self._catalogue, Attempt(job, self._database, self, self._clock), finish)
            if isinstance(handler, Outside):
                await self._database.write(finish)
        except LostLease:
            log.warning("job_lost", job=row.name, id=row.id, attempt=row.attempts)
        except asyncio.CancelledError:
            # told to stop: the attempt does not count
            await self._again(row, self._clock.now(), row.attempts - 1)
            raise
        except Exception as error:  # whatever a handler raises is a failed attempt
            log.exception("job_failed", job=row.name, id=row.id, attempt=row.attempts)
            await self._failed(row, described(error))

    def _forget(self, job_id: int) -> Callable[[asyncio.Task[None]], None]:
        def done(task: asyncio.Task[None]) -> None:
            self._running.pop(job_id, None)
            self._wake.set()
            if not task.cancelled() and (error := task.exception()) is not None:
                # how it ended could not be written down: its lease will run out
                log.error("job_end_not_recorded", id=job_id, error=described(error))

        return done

    async def _next_of(self, tx: Transaction, key: str | None) -> None:
        if key is not None:
            await tx.run(promote, key=key)
            tx.after_commit(self._wake.set)

    async def _failed(self, row: ClaimedRow, error: str) -> None:
        """Plan the next attempt, or give the job up."""
        retry = self._catalogue.retry_of(row.name)
        if row.attempts < retry.attempts:
            pause = int(retry.pause(row.attempts) * 1000)
            await self._again(row, self._clock.now() + pause, row.attempts)
            return
        now = self._clock.now()

        async def body(tx: Transaction) -> None:
            if await tx.run(bury, id=row.id, attempt=row.attempts, error=error, now=now):
                await self._next_of(tx, row.key)

        await self._database.write(body)
        log.error("job_given_up", job=row.name, id=row.id, attempts=row.attempts)

    async def _again(self, row: ClaimedRow, run_at: int, attempts: int) -> None:
        async def body(tx: Transaction) -> None:
            await tx.run(again, id=row.id, attempt=row.attempts, run_at=run_at, attempts_left=attempts)
            tx.after_commit(self._wake.set)

        await self._database.write(body)

    async def _hold_step(self) -> None:
        """Say that what runs here is alive, and take back what others have left behind."""
        await asyncio.sleep(self._lease / 3)
        ids = list(self._running)
        if ids:
            until = self._lease_end(self._clock.now())

            async def body(tx: Transaction) -> None:
                await tx.run(hold, ids=ids, lease_until=until)

            await self._database.write(body)
        await self._rescue()

    async def _rescue(self, *, everything: bool = False) -> None:
        """Plan jobs anew whose lease has run out; with `everything` all that are marked as running."""
        now = self._clock.now()
        async with self._database.reader() as reader:
            found = await reader.all(lapsed, now=now + (2**53 if everything else 0))
        for row in found:
            if row.id in self._running:
                continue
            log.warning("job_rescued", job=row.name, id=row.id, attempt=row.attempts)
            if row.attempts < self._catalogue.retry_of(row.name).attempts:
                await self._again(row, now, row.attempts)
            else:
                await self._failed(row, DIED_WITH_WORKER)

    async def _wind_up(self) -> None:
        """Wait a while for what runs, then stop it and give it back."""
        left = list(self._running.values())
        if left:
            _, slow = await asyncio.wait(left, timeout=self._grace)
            for task in slow:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
