"""Fixtures of the HTTP tests: the probe application, where the database does not matter."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.http.probe import probe
from tests.support.server import Org, TestServer


@pytest.fixture(scope="session")
def probed(servers: Callable[[str], TestServer]) -> Iterator[Org]:
    """An organization on SQLite; its `http` client is the probe's."""
    server = servers("sqlite")
    org = server.found()
    with server.listening(probe(server)) as url:
        org.http = org.client(url=url)
        yield org


@pytest.fixture
def http(probed: Org) -> httpx.Client:
    """A client of the probe application, inside an organization."""
    return probed.http
