"""The real application behind a real HTTP server, for tests: one background thread, one event loop, a free port.

    org = server.found("Northwind")
    assert org.client().get("/tasks").status_code == 200
    people = server.run(lambda: service.something(server.database, ...))

A server costs about a second, an organization on it a few milliseconds; tests share the server and have each their
own organization.
"""

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar
from weakref import WeakSet

import httpx
import msgspec
import uvicorn
import uvloop

from handrail import main
from handrail.adapters.limits_memory import MemoryLimiter
from handrail.features.organizations import service as organizations
from handrail.http.application import Mount
from handrail.kernel.clock import Clock, SystemClock
from handrail.kernel.secrets import PERSONAL_TOKEN, new_secret
from handrail.ports.database import Database, Transaction
from handrail.ports.jobs import Jobs
from handrail.schema.migrate import upgrade_postgres, upgrade_sqlite
from handrail.settings import Settings

T = TypeVar("T")

CLIENT_NAME = "HandrailTests"
START_SECONDS = 60
CALL_SECONDS = 60

_numbers = itertools.count(1)


class ShiftedClock:
    """The machine's clock, moved ahead by as much as a test wants."""

    def __init__(self) -> None:
        self.offset = 0

    def now(self) -> int:
        return SystemClock().now() + self.offset


class Shared(httpx.BaseTransport):
    """One pool of connections for many clients; a client that closes does not close it."""

    def __init__(self) -> None:
        self._transport = httpx.HTTPTransport(verify=False, limits=httpx.Limits(max_connections=100))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._transport.handle_request(request)

    def release(self) -> None:
        self._transport.close()


class TestServer:
    """A running server on a migrated database. Every method may be called from any thread but the server's own."""

    __test__ = False
    # those that have been started
    running: ClassVar[WeakSet[Any]] = WeakSet()

    def __init__(self, settings: Settings, *, in_turn: bool = False) -> None:
        self.settings = settings
        # as one of several processes that share the store
        self.in_turn = in_turn
        self.clock = ShiftedClock()
        self.url = ""
        self.database: Database
        self.jobs: Jobs
        self.mount: Mount
        self.limiter = MemoryLimiter(self.clock)
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-server", daemon=True)
        self._transport = Shared()
        self._stack = contextlib.ExitStack()

    @classmethod
    def on_sqlite(cls, folder: Path, *, in_turn: bool = False, **changes: Any) -> Self:
        """A server on a new SQLite file in the folder. `in_turn`: it writes as one of several processes do."""
        return cls(settings_for(folder, durability="normal", **changes), in_turn=in_turn)

    @classmethod
    def on_postgres(cls, folder: Path, dsn: str, **changes: Any) -> Self:
        """A server on an empty PostgreSQL database."""
        return cls(settings_for(folder, database_url=dsn, postgres_pool=8, **changes))

    @property
    def dialect(self) -> str:
        return self.database.dialect

    def __enter__(self) -> Self:
        if self.settings.is_embedded:
            upgrade_sqlite(self.settings.sqlite_path)
        else:
            assert self.settings.database_url is not None
            asyncio.run(upgrade_postgres(self.settings.database_url))
        self._thread.start()
        self._stack.callback(self._end_loop)
        self._stack.callback(self._transport.release)
        beside = self._stack.enter_context(contextlib.closing(main.neighbours(2))) if self.in_turn else None
        self.database = self.run(lambda: main.open_database(self.settings, beside))
        self._stack.callback(lambda: self.run(self.database.close))
        # asked for jobs, it has nobody carry them out: tests do that when they want it
        self.jobs = main.queue(self.settings, self.database, self.clock)
        self.mount = main.application(self.settings, self.database, self.clock, self.jobs, self.limiter)
        self.running.add(self)
        self.url = self._stack.enter_context(self.listening(self.mount))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()

    @contextlib.contextmanager
    def listening(self, application: Any) -> Generator[str]:
        """Serve any ASGI application from the same loop; yields its address."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            config = uvicorn.Config(
                application, lifespan="off", log_config=None, access_log=False, http="httptools", interface="asgi3"
            )
            server = uvicorn.Server(config)
            ended = asyncio.run_coroutine_threadsafe(server.serve(sockets=[listener]), self._loop)
            self.run(lambda: _until_started(server))
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                server.should_exit = True
                ended.result(START_SECONDS)

    @contextlib.contextmanager
    def beside(self, clock: Clock | None = None, **changes: Any) -> Generator[str]:
        """A second application on the same store with other settings; yields its address."""
        settings = msgspec.structs.replace(self.settings, **changes)
        limiter = main.counter(settings, clock or self.clock)
        application = main.application(settings, self.database, clock or self.clock, limiter=limiter)
        try:
            with self.listening(application) as url:
                yield url
        finally:
            self.run(limiter.close)

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function on the server's loop, where its database lives, and return what it returns."""

        async def body() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(body(), self._loop).result(CALL_SECONDS)

    def write(self, body: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """Run one transaction on the server's database."""
        return self.run(lambda: self.database.write(body))

    def carry_out(self, *names: str) -> None:
        """Work until no job of these names is left. Name those that ask for others first."""

        async def work() -> None:
            async with self.jobs.working(), asyncio.timeout(CALL_SECONDS):
                for name in names:
                    while await self._unfinished(name):  # noqa: ASYNC110 - jobs do not tell that they have ended
                        await asyncio.sleep(0.02)

        self.run(work)

    async def _unfinished(self, name: str) -> int:
        async with self.database.reader() as reader:
            return await self.jobs.unfinished(reader, name)

    @contextlib.contextmanager
    def later(self, *, days: float = 0, hours: float = 0, milliseconds: int = 0) -> Generator[None]:
        """Inside, the server's clock is ahead by this much. Tokens of tests live for half a year."""
        before = self.clock.offset
        self.clock.offset += int(days * 86_400_000 + hours * 3_600_000) + milliseconds
        try:
            yield
        finally:
            self.clock.offset = before
            self.forget_people()

    def forget_people(self) -> None:
        """Make the server read tokens and memberships anew, after a test changed them behind its back."""
        self.mount._web.application.forget_people()  # pyright: ignore[reportPrivateUsage]

    @contextlib.contextmanager
    def count_statements(self) -> Generator[list[str]]:
        """The texts of the statements that the server carries out inside.

        Who calls is read from the store at most every two seconds, so make one request with the same token before.
        """
        statements: list[str] = []
        database: Any = self.database
        database.observer = statements.append
        try:
            yield statements
        finally:
            database.observer = None

    def client(self, token: str | None = None, *, path: str = "", url: str | None = None) -> httpx.Client:
        """An HTTP client of the server's root, or of a path on it; with a token and the client header when given."""
        headers = {"X-Tallyfy-Client": CLIENT_NAME, "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(
            base_url=(url or self.url) + path, headers=headers, transport=self._transport, timeout=CALL_SECONDS
        )

    def found(self, name: str | None = None, *, email: str | None = None) -> "Org":
        """A new organization with its first administrator, whose address is made up when none is given."""
        number = next(_numbers)
        founding = self.run(
            lambda: organizations.found(
                self.database,
                name=name or f"Organization {number}",
                email=email or f"admin{number}.{id(self)}@pilots.example",
                password=None,
                first_name="Ada",
                last_name=f"Admin{number}",
                now=self.clock.now(),
            )
        )
        return Org(self, founding.organization_id, founding.user_id, founding.email, founding.access_token)


@dataclass
class Person:
    """An active member with a token of their own."""

    server: TestServer
    organization_id: str
    user_id: int
    email: str
    token: str

    @cached_property
    def http(self) -> httpx.Client:
        """A client of the organization that acts as this person; made once."""
        return self.client()

    @property
    def path(self) -> str:
        """The organization's path, under the mount that clients use."""
        return f"/api/organizations/{self.organization_id}"

    def client(self, token: str | None = None, *, url: str | None = None) -> httpx.Client:
        """A client whose paths are relative to the organization; as this person, or with another token."""
        return self.server.client(token or self.token, path=self.path, url=url)


@dataclass
class Org(Person):
    """An organization, as its first administrator sees it."""

    people: list[Person] = field(default_factory=list)

    def member(
        self,
        role: str = "standard",
        *,
        first_name: str = "Mina",
        last_name: str | None = None,
        email: str | None = None,
    ) -> Person:
        """Another active member with a token. An address that has an account already joins with it."""
        number = next(_numbers)
        address = email or f"{role}{number}.{id(self.server)}@pilots.example"
        secret = new_secret(PERSONAL_TOKEN)
        now = self.server.clock.now()

        async def body(tx: Transaction) -> int:
            user_id = await organizations.account_id(tx, address)
            if user_id is None:
                user_id = await organizations.create_account(
                    tx, address, None, first_name, last_name or f"Member{number}", now=now
                )
            await organizations.add_member(tx, self.organization_id, user_id, role=role, now=now)
            await organizations.insert_token(tx, secret, user_id, self.organization_id, "test token", now)
            return user_id

        user_id = self.server.write(body)
        person = Person(self.server, self.organization_id, user_id, address, secret)
        self.people.append(person)
        return person


def settings_for(folder: Path, **changes: Any) -> Settings:
    """Settings of a test server: no quotas, everything else as delivered."""
    unlimited = (
        "rate_limit_per_minute",
        "rate_limit_per_hour",
        "public_reads_per_minute",
        "public_launches_per_address",
        "public_launches_per_form",
        "wrong_sign_ins_per_address",
    )
    return Settings(**{"data": folder, **dict.fromkeys(unlimited, 0), **changes})


async def _until_started(server: uvicorn.Server) -> None:
    async with asyncio.timeout(START_SECONDS):
        while not server.started:  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.005)
