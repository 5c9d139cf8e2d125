"""Servers of their own for timers: these look at every organization, and their clock is moved by years."""

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES
from tests.features.timers.clockwork import Clockwork
from tests.support.server import TestServer


@pytest.fixture(scope="module", params=DATABASES)
def timed_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    folder = tmp_path_factory.mktemp("timers")
    if request.param == "sqlite":
        made = TestServer.on_sqlite(folder)
    else:
        made = TestServer.on_postgres(folder, request.getfixturevalue("module_postgres"))
    with made as server:
        yield server


@pytest.fixture
def server(timed_server: TestServer) -> Iterator[TestServer]:
    """The server, its clock at the present again after the test."""
    yield timed_server
    timed_server.clock.offset = 0
    timed_server.forget_people()


@pytest.fixture
def clockwork(server: TestServer) -> Clockwork:
    """The timers of the server, wound by hand; whatever earlier tests have left is out of the way."""
    found = Clockwork(server)
    found.settle()
    return found
