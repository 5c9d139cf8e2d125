"""What is held against races, faults and limits is held also where several processes share one."""

from collections.abc import Callable

import pytest

from tests.conftest import DATABASES
from tests.support.server import TestServer


@pytest.fixture(scope="session", params=[*DATABASES, "sqlite in turn"])
def server(request: pytest.FixtureRequest, servers: Callable[[str], TestServer]) -> TestServer:
    """A running server on each database, and on the one that is shared."""
    return servers(request.param)
