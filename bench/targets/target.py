"""What the suite needs from a server under test."""

import http.client
from abc import ABC, abstractmethod

import msgspec

from bench.orders import Activity, Order
from bench.processes import Server


class Target(ABC):
    """A server that can launch processes of ten tasks and complete them."""

    #: How the row is called.
    name: str
    #: Which requests it understands (`bench.dialects`).
    dialect: str
    server: Server
    port: int

    @abstractmethod
    def start(self) -> None:
        """Start it and wait for the first good answer."""

    @abstractmethod
    def completed_tasks(self) -> int:
        """How many tasks are completed according to its database or its API."""

    def parameters(self) -> dict[str, str]:
        """What its dialect needs to know."""
        return {}

    def stop(self) -> None:
        """End it."""
        self.server.stop()

    def processes(self) -> list[int]:
        """The processes whose use of CPU and memory counts, without their descendants."""
        return [self.server.pid]

    def application_processes(self) -> list[int]:
        """The same without a database server."""
        return [self.server.pid]

    def settle(self) -> None:
        """Called before a measurement, for what would otherwise be paid by the next one."""
        return

    def order(
        self, *, clients: int = 1, seconds: float = 4.0, activity: Activity = "work", warm_up: float = 0.7
    ) -> Order:
        """An order for the load generator."""
        return Order(
            dialect=self.dialect,
            port=self.port,
            activity=activity,
            clients=clients,
            seconds=seconds,
            warm_up=warm_up,
            parameters=self.parameters(),
        )


def answer_wrong(port: int, path: str, headers: dict[str, str] | None = None) -> str:
    """What is wrong with the answer to a GET; empty when it is 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        content = response.read()
        return "" if response.status == 200 else f"{response.status} {content[:300]!r}"
    except http.client.HTTPException as error:
        return repr(error)
    finally:
        connection.close()


class Refused(Exception):
    """A call made to prepare or to check was answered with an error."""


def call(port: int, method: str, path: str, headers: dict[str, str], body: object = None) -> dict[str, object]:
    """One JSON call outside of the measurement; `Refused` unless it succeeds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, None if body is None else msgspec.json.encode(body), headers)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status >= 300:
        raise Refused(f"{method} {path}: {response.status} {content[:600]!r}")
    return msgspec.json.decode(content, type=dict[str, object]) if content else {}
