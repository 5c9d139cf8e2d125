"""What every scenario is given: the plan of this run, its cells, and the servers that are up."""

import traceback
from collections.abc import Callable
from typing import TypeVar

import msgspec

from bench import work
from bench.cells import Cells, Patience
from bench.postgres import Cluster, Unavailable
from bench.processes import DidNotStart
from bench.targets.floor import Floor
from bench.targets.handrail import Handrail
from bench.targets.spiffworkflow import KEPT, STORED, SpiffWorkflow
from bench.targets.target import Refused, Target
from bench.targets.viewflow import Viewflow

T = TypeVar("T", bound=Target)
R = TypeVar("R")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much."""

    rounds: int
    seconds: float
    floors_seconds: float
    clients: tuple[int, ...]
    launch_sizes: tuple[int, ...]
    #: Open tasks in the database, least first.
    list_sizes: tuple[int, ...]
    #: The size at which listing is set against hello and against the peer.
    list_reference: int
    crash_open_tasks: int
    grown_tasks: int
    peers_on_postgres: bool
    ours_on_postgres: bool
    patience: Patience


FULL = Plan(
    rounds=3,
    seconds=4.0,
    floors_seconds=3.0,
    clients=(1, 8, 32),
    launch_sizes=(10, 50, 200),
    list_sizes=(10_000, 100_000, 1_000_000),
    list_reference=100_000,
    crash_open_tasks=100_000,
    grown_tasks=1_000_000,
    peers_on_postgres=True,
    ours_on_postgres=False,
    patience=Patience(12.0, 2),
)

SMOKE = Plan(
    rounds=2,
    seconds=1.5,
    floors_seconds=1.0,
    clients=(1, 8, 32),
    launch_sizes=(10, 50),
    list_sizes=(10_000, 100_000),
    list_reference=100_000,
    crash_open_tasks=10_000,
    grown_tasks=20_000,
    peers_on_postgres=False,
    ours_on_postgres=False,
    patience=Patience(2.0, 0),
)


class Context:
    """The run: its plan, its cells, and each server started once, when first asked for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.cells = Cells()
        #: Why a row is missing, by the name of what is missing.
        self.missing: dict[str, str] = {}
        self._targets: dict[str, Target] = {}
        self._own: list[Target] = []
        self._cluster: Cluster | None = None

    def floor(self) -> Floor | None:
        """The reachable floor."""
        return self._started(Floor.name, Floor)

    def ours(self) -> Handrail | None:
        """Handrail on SQLite, nearly empty."""
        return self._started("Handrail", Handrail)

    def ours_of_two(self) -> Handrail | None:
        """Handrail on SQLite, served by two processes."""
        name = "Handrail, 2 workers"
        return self._started(name, lambda: Handrail(name, workers=2))

    def ours_on_postgres(self, *, workers: int = 1) -> Handrail | None:
        """Handrail on PostgreSQL, when asked for."""
        if not self.plan.ours_on_postgres:
            return None
        name = "Handrail on PostgreSQL" + (f", {workers} workers" if workers > 1 else "")
        return self._started(name, lambda: Handrail(name, self._postgres(), workers))

    def spiffworkflow(self, *, kept: bool = False) -> SpiffWorkflow | None:
        """SpiffWorkflow in its small application; `kept`: tuned by hand."""
        return self._started(KEPT if kept else STORED, lambda: SpiffWorkflow(kept))

    def viewflow(self) -> Viewflow | None:
        """django-viewflow, in the full run."""
        if not self.plan.peers_on_postgres:
            return None
        return self._started(Viewflow.name, lambda: Viewflow(self._postgres()))

    def postgres(self) -> Cluster | None:
        """The cluster all PostgreSQL rows share, each with a database of its own."""
        try:
            return self._postgres()
        except (Unavailable, DidNotStart) as reason:
            self._note("PostgreSQL", reason)
            return None

    def run_once(self, target: T) -> T | None:
        """Start a server of a scenario's own, which stops it itself when all goes well."""
        try:
            target.start()
        except (Unavailable, DidNotStart, Refused, OSError) as reason:
            self._note(target.name, reason)
            return None
        self._own.append(target)
        return target

    def stop(self) -> None:
        """End all servers."""
        for target in (*self._own, *self._targets.values()):
            target.stop()
        if self._cluster:
            self._cluster.stop()
        self._own.clear()
        self._targets.clear()
        self._cluster = None

    def _started(self, name: str, make: Callable[[], T]) -> T | None:
        if name in self.missing:
            return None
        if name not in self._targets:
            try:
                target = make()
                target.start()
                target.parameters()  # what has to be made for the job is made now
            except (Unavailable, DidNotStart, Refused, OSError) as reason:
                self._note(name, reason)
                return None
            self._targets[name] = target
        return self._targets[name]  # pyright: ignore[reportReturnType]

    def _postgres(self) -> Cluster:
        if self._cluster is None:
            self._cluster = Cluster(work.log("postgres"))
        return self._cluster

    def attempt(self, name: str, scenario: Callable[[], R], otherwise: R) -> R:
        """Carry out a scenario; one that fails is named in the results and does not end the run."""
        try:
            return scenario()
        except Exception as reason:
            traceback.print_exc()
            self._note(name, reason)
            return otherwise

    def _note(self, name: str, reason: Exception) -> None:
        if name not in self.missing:
            self.missing[name] = str(reason).strip().replace(f"{work.ROOT}/", "")
            print(f"left out: {name}: {self.missing[name]}", flush=True)
