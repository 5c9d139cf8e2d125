"""HTTP as the server speaks it: uvicorn's protocol, with whole answers written at once.

uvicorn looks through every header with regular expressions and writes the head and the body one after the other, which
costs two calls into the kernel and wakes the client up twice. Nearly every answer of this server is one body of a
known length, so its bytes are put together here and sent in one call; any other answer goes uvicorn's way.
"""

from collections.abc import Awaitable, Callable
from operator import itemgetter
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from handrail.kernel.ids import new_request_id

Send = Callable[[Any], Awaitable[None]]
_name: Callable[[tuple[bytes, bytes]], bytes] = itemgetter(0)

# how an answer with one of these is framed is uvicorn's business
FRAMING = frozenset({b"connection", b"transfer-encoding"})
# what the middleware looks for
FORWARDING = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
NOT_HTTP = b'{"error":true,"message":"This is no HTTP request that can be read.","code":"INVALID_REQUEST"}'


class Forwarded:
    """The application behind proxies: what those that are trusted say of a request's origin is believed. A request
    without a word of it goes past at once."""

    def __init__(self, application: Any, trusted: str) -> None:
        self._application = application
        self._believing = ProxyHeadersMiddleware(application, trusted)

    def __call__(self, scope: Any, receive: Any, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or FORWARDING.isdisjoint(map(_name, scope["headers"])):
            return self._application(scope, receive, send)
        return self._believing(scope, receive, send)


class Answer:
    """The answer to one request; `send` takes the place of the cycle's own.

    The cycle must not refer to it: what a request leaves behind has to go without the garbage collector, whose pauses
    the slowest requests would feel.
    """

    __slots__ = ("_cycle", "_head", "_length", "_otherwise", "_start")

    def __init__(self, cycle: RequestResponseCycle, otherwise: Send) -> None:
        self._cycle = cycle
        self._otherwise = otherwise
        self._start: Any = None
        self._head = b""
        self._length = 0

    async def send(self, message: Any) -> None:
        """Take an ASGI message. The start of an answer waits for its body."""
        cycle = self._cycle
        if message["type"] == "http.response.start" and not cycle.response_started:
            # of one that is held nothing is out yet, so another may take its place
            self._start = message if self._prepare(message) else None
            if self._start is not None:
                return
        elif self._start is not None:
            start, self._start = self._start, None
            body = message.get("body", b"")
            if (
                message["type"] == "http.response.body"
                and not message.get("more_body", False)
                and len(body) == self._length
                and not cycle.disconnected
                and not cycle.flow.write_paused
            ):
                self._finish(self._head + body)
                return
            await self._otherwise(start)
        await self._otherwise(message)

    def _prepare(self, message: Any) -> bool:
        """Put the head together; whether it is one of a body of a known length, with nothing odd in it."""
        cycle = self._cycle
        length: bytes | None = None
        parts = [STATUS_LINE[message["status"]]]
        headers = [*cycle.default_headers, *message["headers"]]
        for name, value in headers:
            if name in FRAMING:
                return False
            if name == b"content-length":
                length = value
            parts += (name, b": ", value, b"\r\n")
        if length is None or cycle.scope["method"] == "HEAD":
            return False
        if not cycle.keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        head = self._head = b"".join(parts)
        self._length = int(length)
        # a value that would end its line and begin another one is refused by uvicorn
        lines = len(headers) + (2 if cycle.keep_alive else 3)
        return head.count(b"\n") == lines == head.count(b"\r\n") == head.count(b"\r") and b"\0" not in head

    def _finish(self, answer: bytes) -> None:
        cycle = self._cycle
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(answer)
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()


class Protocol(HttpToolsProtocol):
    """One connection. `ended` is called when it is no more."""

    def __init__(self, *given: Any, ended: Callable[[], None] | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._ended = ended

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._ended is not None:
            self._ended()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        def answered(scope: Any, receive: Any, send: Send) -> Awaitable[None]:
            return app(scope, receive, Answer(cycle, send).send)

        super()._start_asgi_task(cycle, answered)  # pyright: ignore[reportArgumentType]

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, such as an unknown method, as the API refuses (wire 0.9), and hang up."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(NOT_HTTP)).encode()),
            (b"x-request-id", new_request_id().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in (*self.server_state.default_headers, *headers)]
        self.transport.write(b"".join([STATUS_LINE[400], *lines, b"\r\n", NOT_HTTP]))
        self.transport.close()
