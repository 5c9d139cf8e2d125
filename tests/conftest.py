"""Fixtures for all tests: the PostgreSQL of the run and databases on it, and Hypothesis' settings."""

import contextlib
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from tests.support.postgres import create_database, drop_database
from tests.support.postgres_keeper import keeper, server_dsn

# Continuous integration and a busy laptop are slow at random; time limits per example would only make tests flicker.
hypothesis.settings.register_profile("handrail", deadline=None, print_blob=True)
hypothesis.settings.load_profile("handrail")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist; its controller has the keeper
        return
    stack = contextlib.ExitStack()
    stack.enter_context(keeper())
    config.add_cleanup(stack.close)


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
