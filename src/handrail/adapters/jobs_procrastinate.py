"""The queue on PostgreSQL: Procrastinate's, with its workers in the server's processes or in ones of their own.

Jobs are asked for through its SQL function on the connection of the caller's transaction. The library itself is
loaded by workers alone. Its queue name is our job's name, its lock our key; jobs that were given up move to `jobs`.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from handrail.adapters.jobs_loop import running
from handrail.adapters.jobs_rows import DeadLetters, encoded
from handrail.adapters.jobs_schedules import Scheduler
from handrail.kernel.clock import Clock
from handrail.ports.database import CompiledStatement, Database, Dialect, Reader, Transaction
from handrail.ports.jobs import Catalogue

R = TypeVar("R")

# the one task that the library knows; what it does depends on the job
TASK = "handrail"


class Text(Generic[R]):
    """A statement on the library's own tables and functions."""

    def __init__(self, text: str, *names: str, row: Callable[..., R] | None = None) -> None:
        self.row = row
        self._compiled = CompiledStatement(text, names, {}, frozenset())

    def compiled(self, dialect: Dialect) -> CompiledStatement:
        assert dialect == "postgresql"
        return self._compiled


_defer = Text[None](
    f"SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(CAST($1 AS varchar), '{TASK}', 0, CAST($2 AS text), NULL, "
    "CAST($3 AS jsonb), CAST($4 AS timestamptz))::procrastinate_job_to_defer_v1])",
    "name",
    "key",
    "arguments",
    "run_at",
)
_unfinished = Text[tuple[int]](
    "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = CAST($1 AS varchar) AND status IN ('todo', 'doing')",
    "name",
)


class ProcrastinateJobs(DeadLetters):
    """The queue of a PostgreSQL store."""

    def __init__(
        self,
        database: Database,
        dsn: str,
        catalogue: Catalogue,
        clock: Clock,
        *,
        concurrency: int = 8,
        lease_seconds: float = 30.0,
        grace_seconds: float = 10.0,
    ) -> None:
        self.database = database
        self.dsn = dsn
        self.catalogue = catalogue
        self.clock = clock
        self.concurrency = concurrency
        self.lease_seconds = lease_seconds
        self.grace_seconds = grace_seconds

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
            _defer,
            name=name,
            key=key,
            arguments=encoded({"payload": payload}),
            run_at=None if run_at is None else datetime.fromtimestamp(run_at / 1000, UTC),
        )

    async def unfinished(self, reader: Reader, name: str) -> int:
        return int(await reader.value(_unfinished, name=name))

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        from handrail.adapters.jobs_procrastinate_worker import Work

        work = Work(self)
        scheduler = Scheduler(self.database, self, self.catalogue.schedules, self.clock)
        async with work.going_on(), running(schedules=scheduler.step):
            yield
