"""A worker on PostgreSQL: Procrastinate's, told how to carry out our jobs.

A job whose effect is in the store ends in the transaction of that effect, so the library finds it ended already.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from handrail.adapters.jobs_loop import ended
from handrail.adapters.jobs_procrastinate import TASK, ProcrastinateJobs, Text
from handrail.adapters.jobs_rows import DIED_WITH_WORKER, LostLease, attempt, described, encoded, insert_dead
from handrail.ports.database import Transaction
from handrail.ports.jobs import Attempt, InTransaction, Job

RESCUE = "handrail-rescue"
RESTART_SECONDS = 1.0
# jobs that are due at a later time are not announced, so they are looked for
POLLING_SECONDS = 1.0
_RESCUE_LOCK = 7249312

log = structlog.get_logger("handrail.jobs")


class Lapsed(msgspec.Struct, frozen=True):
    """A job of a worker that is gone; `attempts` are those before."""

    id: int
    name: str
    payload: str
    key: str | None
    attempts: int


_held = Text[tuple[int]](
    "SELECT 1 FROM procrastinate_jobs WHERE id = $1 AND status = 'doing' AND attempts = $2 FOR UPDATE",
    "id",
    "attempts",
)
_succeed = Text[None]("SELECT procrastinate_finish_job_v1($1, 'succeeded', true)", "id")
_fail = Text[None]("SELECT procrastinate_finish_job_v1($1, 'failed', true)", "id")
_again = Text[None]("SELECT procrastinate_retry_job_v2($1, now(), NULL, NULL, NULL)", "id")
_one_rescuer = Text[None](f"SELECT pg_advisory_xact_lock({_RESCUE_LOCK})")
_lapsed = Text(
    "SELECT job.id, job.queue_name, job.args ->> 'payload', job.lock, job.attempts FROM procrastinate_jobs job "
    "LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id WHERE job.status = 'doing' "
    "AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => $1)) ORDER BY job.id "
    "FOR UPDATE OF job",
    "seconds",
    row=Lapsed,
)


class Strategy(procrastinate.BaseRetryStrategy):
    """Follows the retry policy of the job's handler."""

    def __init__(self, jobs: ProcrastinateJobs) -> None:
        self._jobs = jobs

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> procrastinate.RetryDecision | None:
        now = datetime.now(UTC)
        if not isinstance(exception, Exception):
            # told to stop: somebody else may begin at once
            return procrastinate.RetryDecision(retry_at=now)
        retry = self._jobs.catalogue.retry_of(job.queue)
        failures = job.attempts + 1
        if failures >= retry.attempts:
            return None
        return procrastinate.RetryDecision(retry_at=now + timedelta(seconds=retry.pause(failures)))


class Manager(JobManager):
    """Writes down how jobs ended, unless their own transaction did already; moves dead ones to our table."""

    def __init__(self, connector: Any, jobs: ProcrastinateJobs) -> None:
        super().__init__(connector)
        self._jobs = jobs
        self.ended: set[int] = set()
        self.errors: dict[int, str] = {}

    async def finish_job(self, job: QueuedJob, status: Status, delete_job: bool) -> None:
        assert job.id is not None
        if job.id in self.ended:
            self.ended.discard(job.id)
            return
        error = self.errors.pop(job.id, "")
        try:
            if status is Status.SUCCEEDED or job.queue == RESCUE:
                await super().finish_job(job, status, True)
            else:
                await self._bury(job, error)
        except (ConnectorException, LostLease):
            _lost(job)

    async def retry_job(self, job: QueuedJob, *args: Any, **named: Any) -> None:
        assert job.id is not None
        self.errors.pop(job.id, None)
        try:
            await super().retry_job(job, *args, **named)
        except ConnectorException:
            _lost(job)

    async def _bury(self, job: QueuedJob, error: str) -> None:
        async def body(tx: Transaction) -> None:
            if await tx.value(_held, id=job.id, attempts=job.attempts) is None:
                raise LostLease
            payload: Any = job.task_kwargs["payload"]
            now = self._jobs.clock.now()
            await bury(tx, job.id, job.queue, encoded(payload), job.lock, job.attempts + 1, error, now)

        await self._jobs.database.write(body)


def _lost(job: QueuedJob) -> None:
    log.warning("job_lost", job=job.queue, id=job.id, attempt=job.attempts + 1)


async def bury(
    tx: Transaction, job_id: int | None, name: str, payload: str, key: str | None, attempts: int, error: str, now: int
) -> None:
    """Move a job to those that were given up."""
    await tx.run(_fail, id=job_id)
    await tx.run(
        insert_dead,
        id=job_id,
        name=name,
        payload=payload,
        key=key,
        status="dead",
        run_at=now,
        attempts=attempts,
        lease_until=None,
        error=error,
        died_at=now,
    )
    log.error("job_given_up", job=name, id=job_id, attempts=attempts)


class Work:
    """The worker of one process."""

    def __init__(self, jobs: ProcrastinateJobs) -> None:
        # it would print payloads; what matters is logged here
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        self._jobs = jobs

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncGenerator[None]:
        """Inside, jobs are carried out; the library's worker is begun anew when the database was away."""
        stopped = asyncio.Event()
        task = asyncio.create_task(self._go_on(stopped), name="jobs-worker")
        try:
            yield
        finally:
            stopped.set()
            await task

    async def _go_on(self, stopped: asyncio.Event) -> None:
        while not stopped.is_set():
            try:
                await self._session(stopped)
            except Exception:  # the database is away; the worker has to be there when it is back
                log.exception("worker_failed")
            if not stopped.is_set():
                log.warning("worker_ended", restart_seconds=RESTART_SECONDS)
                await asyncio.sleep(RESTART_SECONDS)

    async def _session(self, stopped: asyncio.Event) -> None:
        jobs = self._jobs
        connector = procrastinate.PsycopgConnector(
            conninfo=jobs.dsn, min_size=1, max_size=3, kwargs={"application_name": "handrail worker"}
        )
        app = procrastinate.App(connector=connector)
        manager = app.job_manager = Manager(connector, jobs)
        app.task(name=TASK, pass_context=True, retry=Strategy(jobs))(self._task(manager))
        every = max(1, min(int(jobs.lease_seconds / 3), 30))
        # a periodic task of the library's also keeps its watch over the heartbeat going
        rescue = app.task(name=RESCUE, queue=RESCUE, queueing_lock=RESCUE)(self._rescue)
        app.periodic(cron=f"* * * * * */{every}")(rescue)
        try:
            if await _unless(stopped, connector.open_async()):
                work = app.run_worker_async(
                    concurrency=jobs.concurrency,
                    fetch_job_polling_interval=POLLING_SECONDS,
                    shutdown_graceful_timeout=jobs.grace_seconds,
                    install_signal_handlers=False,
                    update_heartbeat_interval=jobs.lease_seconds / 3,
                    stalled_worker_timeout=jobs.lease_seconds,
                )
                await _unless(stopped, work, jobs.grace_seconds + 5)
        finally:
            await connector.close_async()

    def _task(self, manager: Manager) -> Any:
        jobs = self._jobs

        async def carry_out(context: procrastinate.JobContext, payload: dict[str, Any]) -> None:
            queued = context.job
            assert queued.id is not None
            job = Job(id=queued.id, name=queued.queue, payload=payload, key=queued.lock, attempt=queued.attempts + 1)

            async def finish(tx: Transaction) -> None:
                if await tx.value(_held, id=job.id, attempts=queued.attempts) is None:
                    raise LostLease
                await tx.run(_succeed, id=job.id)

            try:
                handler = await attempt(jobs.catalogue, Attempt(job, jobs.database, jobs, jobs.clock), finish)
            except LostLease:
                _lost(queued)
                manager.ended.add(job.id)
            except Exception as error:
                log.exception("job_failed", job=job.name, id=job.id, attempt=job.attempt)
                manager.errors[job.id] = described(error)
                raise
            else:
                if isinstance(handler, InTransaction):
                    manager.ended.add(job.id)

        return carry_out

    async def _rescue(self, timestamp: int) -> None:
        """Plan jobs anew whose worker no longer says that it lives."""
        jobs = self._jobs

        async def body(tx: Transaction) -> None:
            # what is read after the lock is what the last rescuer has left
            await tx.run(_one_rescuer)
            for job in await tx.all(_lapsed, seconds=jobs.lease_seconds):
                attempts = job.attempts + 1
                log.warning("job_rescued", job=job.name, id=job.id, attempt=attempts)
                if job.name == RESCUE:
                    await tx.run(_fail, id=job.id)
                elif attempts < jobs.catalogue.retry_of(job.name).attempts:
                    await tx.run(_again, id=job.id)
                else:
                    now = jobs.clock.now()
                    await bury(tx, job.id, job.name, job.payload, job.key, attempts, DIED_WITH_WORKER, now)

        await jobs.database.write(body)


async def _unless(stopped: asyncio.Event, work: Coroutine[Any, Any, None], patience: float = 5.0) -> bool:
    """Wait for the work; when told to stop, end it. Whether it came to its own end."""
    task, stop = asyncio.create_task(work), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
        if not task.done():
            await ended(task, patience)
    if stopped.is_set():
        return False
    task.result()
    return True
