"""Job queues for tests: a migrated store of either kind, and workers on it in this process or in ones of their own."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from handrail.adapters.jobs_embedded import EmbeddedJobs
from handrail.adapters.jobs_procrastinate import ProcrastinateJobs
from handrail.adapters.postgres import PostgresDatabase
from handrail.adapters.sqlite import SqliteDatabase
from handrail.kernel.clock import Clock, SystemClock
from handrail.ports.database import Database, Transaction
from handrail.ports.jobs import Catalogue, Handler, InTransaction, Jobs, Outside, Retry, Schedule

T = TypeVar("T")

SECONDS = 30
LEASE_SECONDS = 3.0
QUICK = Retry(attempts=3, first=0.05, factor=2, longest=0.2)


@dataclass
class Store:
    """A migrated store: `place` is the file or the DSN. `program` is its worker in a process of its own."""

    place: str
    folder: Path

    @property
    def is_embedded(self) -> bool:
        return not self.place.startswith("postgresql")

    async def open(self) -> Database:
        if self.is_embedded:
            return SqliteDatabase(Path(self.place), synchronous="NORMAL")
        return await PostgresDatabase.open(self.place, size=12)

    def queue(self, database: Database, catalogue: Catalogue, clock: Clock | None = None, **options: Any) -> Jobs:
        given: dict[str, Any] = {"lease_seconds": LEASE_SECONDS, "grace_seconds": 1.0, **options}
        clock = clock or SystemClock()
        if self.is_embedded:
            return EmbeddedJobs(database, catalogue, clock, **given)
        return ProcrastinateJobs(database, self.place, catalogue, clock, **given)

    def run(self, work: Callable[["Queue"], Coroutine[Any, Any, T]], *handlers: Handler, **options: Any) -> T:
        """Run an async test on an open store, with a queue that knows these handlers."""

        async def body() -> T:
            database = await self.open()
            try:
                async with asyncio.timeout(SECONDS):
                    schedules: tuple[Schedule, ...] = options.pop("schedules", ())
                    return await work(Queue(database, self.queue(database, Catalogue(handlers, schedules), **options)))
            finally:
                await database.close()

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(body())

    @contextlib.contextmanager
    def program(self, *words: str) -> Generator[subprocess.Popen[str]]:
        """A worker process that has begun to work."""
        command = [sys.executable, "-m", "tests.adapters.jobs_worker", self.place, str(self.folder / "seen"), *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "working\n"
            yield process
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def seen(self) -> list[dict[str, Any]]:
        """What workers in processes of their own have noted."""
        file = self.folder / "seen"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def until_seen(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        ended = time.monotonic() + SECONDS
        while not wanted(found := self.seen()):
            assert time.monotonic() < ended, found
            time.sleep(0.02)
        return found


class Queue:
    """An open store with a queue on it."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self.database = database
        self.jobs = jobs

    async def ask(self, name: str, *numbers: int, key: str | None = None, run_at: int | None = None) -> None:
        """Ask for jobs with these numbers, in one transaction."""

        async def body(tx: Transaction) -> None:
            for number in numbers:
                await self.jobs.defer(tx, name, {"number": number}, key=key, run_at=run_at)

        await self.database.write(body)

    async def unfinished(self, name: str) -> int:
        async with self.database.reader() as reader:
            return await self.jobs.unfinished(reader, name)

    async def dead(self) -> list[Any]:
        async with self.database.reader() as reader:
            return await self.jobs.dead(reader)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        async with self.jobs.working():
            yield

    async def work_until(self, wanted: Callable[[], bool | Awaitable[bool]]) -> None:
        """Work until something holds."""
        async with self.jobs.working():
            await until(wanted)


async def until(wanted: Callable[[], bool | Awaitable[bool]]) -> None:
    while True:
        held = wanted()
        if held if isinstance(held, bool) else await held:
            return
        await asyncio.sleep(0.01)


def outside(name: str, run: Any, retry: Retry = QUICK) -> Outside:
    return Outside(name=name, run=run, retry=retry)


def inside(name: str, run: Any, retry: Retry = QUICK) -> InTransaction:
    return InTransaction(name=name, run=run, retry=retry)
