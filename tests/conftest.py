"""Fixtures for all tests: PostgreSQL and databases on it, servers on both databases, Hypothesis' settings."""

import contextlib
import functools
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from tests.support.postgres import create_database, drop_database
from tests.support.postgres_keeper import keeper, server_dsn
from tests.support.redis import RedisServer, running_redis
from tests.support.server import Org, TestServer
from tests.support.statements import watched_statements

DATABASES = ("sqlite", "postgresql")

# Continuous integration and a busy laptop are slow at random; time limits per example would only make tests flicker.
hypothesis.settings.register_profile("handrail", deadline=None, print_blob=True)
hypothesis.settings.load_profile("handrail")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist; its controller has the keeper
        return
    stack = contextlib.ExitStack()
    stack.enter_context(keeper())
    config.add_cleanup(stack.close)


@pytest.fixture(autouse=True)
def nobody_has_tried_yet() -> None:
    """Every test begins with attempts of its own: all of them come from one address."""
    for server in TestServer.running:
        server.limiter.forget()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """This worker's Redis. A test that stops it starts it again."""
    with running_redis() as server:
        yield server


@pytest.fixture
def redis(redis_server: RedisServer) -> RedisServer:
    """This worker's Redis with nothing in it."""
    redis_server.empty()
    return redis_server


@pytest.fixture(scope="session")
def make_postgres() -> Iterator[Callable[..., str]]:
    """Makes databases on the run's server: `make_postgres()` or `make_postgres(template=dsn)` returns a DSN."""
    server = server_dsn()
    made: list[str] = []

    def make(*, template: str | None = None) -> str:
        dsn = create_database(server, template=template)
        made.append(dsn)
        return dsn

    yield make
    for dsn in made:
        drop_database(server, dsn)


@pytest.fixture(scope="session")
def postgres_dsn(make_postgres: Callable[..., str]) -> str:
    """The DSN of one database that all tests of this worker share."""
    return make_postgres()


@pytest.fixture
def fresh_postgres() -> Iterator[str]:
    """The DSN of an empty database for one test."""
    server = server_dsn()
    dsn = create_database(server)
    yield dsn
    drop_database(server, dsn)


@pytest.fixture(scope="module")
def module_postgres() -> Iterator[str]:
    """The DSN of an empty database for one module."""
    server = server_dsn()
    dsn = create_database(server)
    yield dsn
    drop_database(server, dsn)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], TestServer]]:
    """This worker's running server on a database, `sqlite` (or `sqlite in turn`, which see in the server's class) or
    `postgresql`; started when first asked for."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def started(dialect: str) -> TestServer:
            folder = tmp_path_factory.mktemp(dialect)
            if dialect.startswith("sqlite"):
                return stack.enter_context(TestServer.on_sqlite(folder, in_turn=dialect == "sqlite in turn"))
            maintenance = server_dsn()
            dsn = create_database(maintenance)
            stack.callback(drop_database, maintenance, dsn)
            return stack.enter_context(TestServer.on_postgres(folder, dsn))

        yield started


@pytest.fixture(scope="session", autouse=True)
def every_statement_is_watched() -> Iterator[None]:
    """A statement that leaves its organization fails the test that asks for it."""
    with watched_statements():
        yield


@pytest.fixture(scope="session", params=DATABASES)
def server(request: pytest.FixtureRequest, servers: Callable[[str], TestServer]) -> TestServer:
    """A running server; every test that uses it runs once on each database."""
    return servers(request.param)


@pytest.fixture
def org(server: TestServer) -> Org:
    """A fresh organization, on each database."""
    return server.found()


@pytest.fixture
def two_orgs(server: TestServer) -> tuple[Org, Org]:
    """Two fresh organizations on the same server, on each database."""
    return server.found(), server.found()
