"""Work that follows a transaction: asked for inside of it, carried out after it, again after failures, in order.

A job is asked for with `Jobs.defer` in the caller's transaction, so it exists exactly when that commits. What it
does is a handler, registered by name in a `Catalogue`. A handler whose effect is in the store is `InTransaction`: the
effect and the end of the job are one transaction, so it happens once. Any other is `Outside`: it may be carried out
again when a worker dies in the middle, so whoever is called by it must be able to tell a repetition.
"""

import random
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

import msgspec

from handrail.kernel.clock import Clock
from handrail.ports.database import Database, Reader, Transaction


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is being carried out; `attempt` counts from 1. `payload` is JSON."""

    id: int
    name: str
    payload: Mapping[str, Any]
    key: str | None
    attempt: int


class DeadJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was given up after its last attempt; `error` says what went wrong then."""

    id: int
    name: str
    payload: Mapping[str, Any]
    key: str | None
    attempts: int
    error: str
    died_at: int


class Attempt(msgspec.Struct, frozen=True):
    """What a handler works with."""

    job: Job
    database: Database
    jobs: "Jobs"
    clock: Clock


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How often and when a job is tried again. The n-th failure is followed by a pause of `first` seconds times
    `factor` to the power of n - 1, `longest` at most, shortened at random by up to `jitter` of it."""

    attempts: int = 10
    first: float = 5.0
    factor: float = 3.0
    longest: float = 3600.0
    jitter: float = 0.2

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures."""
        # an exponent beyond this is longer than any longest pause, and might be too large for a float
        full = min(self.first * self.factor ** min(failures - 1, 64), self.longest)
        return full * (1 - self.jitter * random.random())


DEFAULT_RETRY = Retry()


class InTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A handler that changes the store alone, in the transaction that also ends the job. It may be run again."""

    name: str
    run: Callable[[Transaction, Attempt], Coroutine[Any, Any, None]]
    retry: Retry = DEFAULT_RETRY


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """A handler that reaches out of the store, or that needs more than one transaction."""

    name: str
    run: Callable[[Attempt], Coroutine[Any, Any, None]]
    retry: Retry = DEFAULT_RETRY


Handler: TypeAlias = InTransaction | Outside


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for a job at each slot of a cron expression (five fields, or six with the seconds first), in a zone.

    The payload is `{"slot": milliseconds}`. Each slot is taken once, however many workers there are. Of the slots that
    were missed while no worker ran only the last one is made up for. A slot is left out while the job of an earlier
    one is unfinished, and when `wanted`, which is asked first, says that there is nothing to do.
    """

    job: str
    cron: str
    zone: str = "UTC"
    key: str | None = None
    wanted: Callable[[Reader, int], Coroutine[Any, Any, bool]] | None = None


class Catalogue:
    """Every handler and schedule of the application."""

    def __init__(self, handlers: Iterable[Handler] = (), schedules: Iterable[Schedule] = ()) -> None:
        self.handlers: dict[str, Handler] = {}
        for handler in handlers:
            if handler.name in self.handlers:
                raise ValueError(f"two handlers are called {handler.name}")
            self.handlers[handler.name] = handler
        self.schedules = tuple(schedules)
        for schedule in self.schedules:
            if schedule.job not in self.handlers:
                raise ValueError(f"nothing handles {schedule.job}, which is scheduled")

    def retry_of(self, name: str) -> Retry:
        """How failures of a job are followed; also of one that nothing handles (any more)."""
        handler = self.handlers.get(name)
        return DEFAULT_RETRY if handler is None else handler.retry


class UnknownJob(Exception):
    """Nothing handles a job of this name: it was asked for by another version of the program."""


class Jobs(Protocol):
    """The queue."""

    async def defer(
        self,
        tx: Transaction,
        name: str,
        payload: Mapping[str, Any],
        *,
        key: str | None = None,
        run_at: int | None = None,
    ) -> None:
        """Ask for a job, at once or not before `run_at` (milliseconds UTC), if the transaction commits.

        Jobs with the same key are carried out one after another in the order they were asked for; one that waits for
        its time, or for its next attempt, lets those behind it wait.
        """
        ...

    async def unfinished(self, reader: Reader, name: str) -> int:
        """How many jobs of this name wait or are being carried out."""
        ...

    async def dead(self, reader: Reader, *, limit: int = 100, offset: int = 0) -> list[DeadJob]:
        """The jobs that were given up, the latest first."""
        ...

    async def retry(self, tx: Transaction, job_id: int) -> None:
        """Ask for a dead job anew, behind whatever else has its key. NotFound."""
        ...

    def working(self) -> AbstractAsyncContextManager[None]:
        """Inside, this process carries jobs out and looks after schedules. At the end it finishes what it began, for
        some seconds, and gives the rest back."""
        ...
