"""One HTTP request before anything is known about it."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class Request:
    """The ASGI triple, the mount and path inside it, an id that names it in logs, its headers and path parameters."""

    __slots__ = ("address", "headers", "id", "mount", "parameters", "path", "receive", "scope", "send")

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        mount: str,
        path: str,
        request_id: str,
        headers: dict[bytes, bytes],
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.mount = mount
        self.path = path
        self.id = request_id
        self.headers = headers
        self.parameters: dict[str, str] = {}
        # the network address that it came from
        self.address: str = (scope.get("client") or ("",))[0]
