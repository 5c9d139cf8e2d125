"""Several processes that serve one address together. The first one only looks after them: it starts each, starts it
again when it ends by itself, and stops all when it is told to.

They are copies of one process, made after everything is loaded, so that they share most of their memory.
"""

import asyncio
import gc
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import structlog
import uvicorn

from handrail.adapters.neighbours import Neighbours
from handrail.cli.admission import Admission, Letterboxes
from handrail.cli.words import FAILED, Stop
from handrail.main import Served, neighbours
from handrail.settings import Settings

# one that ends sooner than this after its start would probably do so again and again
SHORT_LIFE_SECONDS = 5.0
PAUSE_SECONDS = 1.0
# how often it is asked during the start whether one has ended
LOOK_SECONDS = 0.1

log = structlog.get_logger("handrail.serve")


class Worker(uvicorn.Server):
    """One of the processes. `started` is called once it takes connections in."""

    def __init__(
        self,
        config: uvicorn.Config,
        admit: Callable[[Callable[[socket.socket], None]], Admission],
        beside: Neighbours,
        started: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._admit = admit
        self._beside = beside
        self._tell_started = started
        self._admission: Admission | None = None
        self._beginning: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._admission = self._admit(self._take)
        self._admission.open()
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._admission is not None:
            self._admission.close()
        await super().shutdown(sockets)

    def _take(self, connection: socket.socket) -> None:
        beginning = asyncio.get_running_loop().create_task(self._begin(connection))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        except OSError:
            # it is gone already, and nobody has served it
            self._beside.connection_ended()
            connection.close()

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        return make(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            ended=self._beside.connection_ended,
        )


class Supervisor:
    """Looks after the processes."""

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        count: int,
        configure: Callable[[Any], uvicorn.Config],
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._configure = configure
        self._beside = neighbours(count)
        self._letterboxes = Letterboxes(count)
        # by process id: the number, and since when it runs
        self._children: dict[int, tuple[int, float]] = {}
        self._is_stopping = False
        # closed by the system when this process ends, however it ends
        self._living, self._life = os.pipe()
        self._hearing, self._telling = os.pipe()

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until told to stop. `ready` is called once all have started. Raises Stop when one cannot start."""
        gc.collect()
        gc.freeze()
        with self._signals():
            for number in range(self._beside.count):
                self._start(number)
            if not self._have_started():
                self._stop()
                self._wait_for_all()
                raise Stop("The server could not start; see above.", FAILED)
            if not self._is_stopping:
                ready()
            self._look_after()

    def _have_started(self) -> bool:
        """Wait until all take connections in, or one has ended; whether all do, or need not any more."""
        started = 0
        while started < self._beside.count and not self._is_stopping:
            if select.select([self._hearing], [], [], LOOK_SECONDS)[0]:
                started += len(os.read(self._hearing, self._beside.count))
            elif os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return self._is_stopping
        return True

    def close(self) -> None:
        """Release what it holds, once all have ended."""
        for end in (self._living, self._life, self._hearing, self._telling):
            os.close(end)
        self._letterboxes.close()
        self._beside.close()

    @contextmanager
    def _signals(self) -> Generator[None]:
        before = {name: signal.signal(name, self._told_to_stop) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _told_to_stop(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._is_stopping = True
        for child in self._children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    def _start(self, number: int) -> None:
        child = os.fork()
        if child == 0:
            self._be(number)
        self._children[child] = number, time.monotonic()
        if self._is_stopping:
            os.kill(child, signal.SIGTERM)

    def _look_after(self) -> None:
        while self._children:
            child, status = os.waitpid(-1, 0)
            found = self._children.pop(child, None)
            if found is None or self._is_stopping:
                continue
            number, since = found
            log.error("worker_ended", worker=number, code=os.waitstatus_to_exitcode(status))
            self._beside.begin_anew(number)
            if time.monotonic() - since < SHORT_LIFE_SECONDS:
                time.sleep(PAUSE_SECONDS)
            if not self._is_stopping:
                self._start(number)

    def _wait_for_all(self) -> None:
        while self._children:
            child, _ = os.waitpid(-1, 0)
            self._children.pop(child, None)

    def _be(self, number: int) -> NoReturn:
        """What a new process does, and nothing after it."""
        code = FAILED
        try:
            signal.signal(signal.SIGTERM, _ended)
            signal.signal(signal.SIGINT, _ended)
            os.close(self._life)
            self._serve(number)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else FAILED
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _serve(self, number: int) -> None:
        beside = self._beside
        beside.number = number

        def admit(serve: Callable[[socket.socket], None]) -> Admission:
            # without the one who looks after it, this process would be nobody's
            asyncio.get_running_loop().add_reader(self._living, os._exit, FAILED)
            return Admission(self._listener, beside, self._letterboxes, serve)

        def started() -> None:
            os.write(self._telling, b"+")

        Worker(self._configure(Served(self._settings, beside)), admit, beside, started).run()


def _ended(*_: object) -> None:
    raise SystemExit(0)
