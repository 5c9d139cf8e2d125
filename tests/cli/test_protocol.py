"""Answers on the wire: in one piece, and in every case as HTTP wants them."""

import asyncio
import gc
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from handrail.cli.protocol import Forwarded, Protocol

Application = Callable[[Any, Any, Any], Awaitable[None]]
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def answering(body: bytes, *headers: tuple[bytes, bytes], status: int = 200, pieces: int = 1) -> Application:
    """An application that gives one answer, in so many pieces."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        size = -(-len(body) // pieces)
        for piece in range(pieces):
            part = body[piece * size : (piece + 1) * size]
            await send({"type": "http.response.body", "body": part, "more_body": piece + 1 < pieces})

    return application


def exchange(application: Application, *sent: bytes, wait: float = 0.05) -> tuple[list[bytes], bool]:
    """What comes back on one connection, by calls of `write` of the server, and whether the server closed it."""
    written: list[bytes] = []

    class Watched(Protocol):
        def connection_made(self, transport: Any) -> None:
            write = transport.write

            class Spy:
                def write(self, data: bytes) -> None:
                    written.append(bytes(data))
                    write(data)

                def __getattr__(self, name: str) -> Any:
                    return getattr(transport, name)

            super().connection_made(Spy())  # pyright: ignore[reportArgumentType]

    async def talk() -> bool:
        config = uvicorn.Config(
            application, http=Watched, lifespan="off", log_config=None, access_log=False, port=0, server_header=False
        )
        started = asyncio.Event()

        class Announcing(uvicorn.Server):
            async def startup(self, sockets: Any = None) -> None:
                await super().startup(sockets)
                started.set()

        server = Announcing(config)
        running = asyncio.ensure_future(server.serve())
        await started.wait()
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for data in sent:
            writer.write(data)
            await writer.drain()
        await asyncio.sleep(wait)
        try:
            # everything, if the server has closed; else there is no end
            await asyncio.wait_for(reader.read(), wait)
            closed = True
        except TimeoutError:
            closed = False
        writer.close()
        server.should_exit = True
        await running
        return closed

    return written, asyncio.run(talk())


@pytest.mark.parametrize(
    ("client", "headers", "expected"),
    [
        ("127.0.0.1", {b"host": b"a"}, ("127.0.0.1", "http")),
        ("127.0.0.1", {b"x-forwarded-for": b"203.0.113.9", b"x-forwarded-proto": b"https"}, ("203.0.113.9", "https")),
        ("127.0.0.1", {b"x-forwarded-proto": b"https"}, ("127.0.0.1", "https")),
        ("127.0.0.1", {b"x-forwarded-for": b"198.51.100.1, 203.0.113.9"}, ("203.0.113.9", "http")),
        ("192.0.2.1", {b"x-forwarded-for": b"203.0.113.9", b"x-forwarded-proto": b"https"}, ("192.0.2.1", "http")),
    ],
)
def test_a_proxy_is_believed_when_it_is_trusted(
    client: str, headers: dict[bytes, bytes], expected: tuple[str, str]
) -> None:
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    async def nothing(_: Any) -> None:
        """No answer is given here."""

    scope = {"type": "http", "client": (client, 5000), "scheme": "http", "headers": [*headers.items()]}

    async def talk() -> None:
        await Forwarded(application, "127.0.0.1")(scope, None, nothing)

    asyncio.run(talk())
    assert [(one["client"][0], one["scheme"]) for one in seen] == [expected]


def test_an_answer_is_one_piece() -> None:
    written, closed = exchange(answering(b"hello", (b"content-length", b"5"), (b"x-one", b"1")), GET)
    assert len(written) == 1
    head, _, body = written[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nx-one: 1" in head
    assert b"\r\ndate: " in head
    assert body == b"hello"
    assert not closed


def test_requests_follow_each_other_on_one_connection() -> None:
    application = answering(b"hello", (b"content-length", b"5"))
    assert [part[-5:] for part in exchange(application, GET, GET, GET)[0]] == [b"hello"] * 3
    # in one packet, before the first is answered
    assert [part[-5:] for part in exchange(application, GET * 3)[0]] == [b"hello"] * 3


@pytest.mark.parametrize(
    "request_", [GET.replace(b"1.1", b"1.0"), GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
)
def test_connection_ends_when_the_client_wants_that(request_: bytes) -> None:
    written, closed = exchange(answering(b"hello", (b"content-length", b"5")), request_)
    assert b"\r\nconnection: close\r\n" in written[0]
    assert written[0].endswith(b"\r\n\r\nhello")
    assert closed


def test_connection_ends_when_the_application_wants_that() -> None:
    written, closed = exchange(answering(b"hello", (b"content-length", b"5"), (b"connection", b"close")), GET)
    assert b"".join(written).endswith(b"hello")
    assert closed


def test_head_has_no_body() -> None:
    written, _ = exchange(answering(b"hello", (b"content-length", b"5")), GET.replace(b"GET", b"HEAD"))
    assert b"content-length: 5\r\n" in b"".join(written)
    assert b"".join(written).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("sent", [b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"])
def test_what_cannot_be_read_is_refused_in_json(sent: bytes) -> None:
    written, closed = exchange(answering(b"hello"), sent)
    head, _, body = b"".join(written).partition(b"\r\n\r\n")
    assert closed
    assert head.startswith(b"HTTP/1.1 400 ")
    assert re.search(rb"\r\nx-request-id: [0-9a-f]{24}\r\n", head)
    assert b"content-length: %d" % len(body) in head
    assert json.loads(body)["error"] is True


def test_answer_without_a_body() -> None:
    written, closed = exchange(answering(b"", (b"content-length", b"0"), status=204), GET, GET)
    assert [part.startswith(b"HTTP/1.1 204") for part in written] == [True, True]
    assert not closed


def test_answers_in_pieces_and_of_unknown_length() -> None:
    written, _ = exchange(answering(b"hello world!", (b"content-length", b"12"), pieces=3), GET)
    assert b"".join(written).endswith(b"\r\n\r\nhello world!")
    written, _ = exchange(answering(b"hello world!", pieces=3), GET)
    assert b"transfer-encoding: chunked\r\n" in written[0]
    assert b"".join(written).endswith(b"\r\n\r\n4\r\nhell\r\n4\r\no wo\r\n4\r\nrld!\r\n0\r\n\r\n")


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b=c", b"a\nb", b"a\rb", b"a\0b"])
def test_no_value_can_begin_another_header(value: bytes) -> None:
    written, closed = exchange(answering(b"hello", (b"content-length", b"5"), (b"location", value)), GET)
    assert written == []
    assert closed


@pytest.mark.parametrize("length", [b"4", b"6"])
def test_connection_ends_with_an_answer_of_a_wrong_length(length: bytes) -> None:
    _, closed = exchange(answering(b"hello", (b"content-length", length)), GET)
    assert closed


def test_application_that_fails_before_the_body() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        raise RuntimeError("before the body")

    written, closed = exchange(application, GET)
    # nothing was sent yet, so the failure can still be told
    assert b"".join(written).startswith(b"HTTP/1.1 500")
    assert closed


def test_client_is_asked_for_the_body_that_it_holds_back() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        await answering(body, (b"content-length", b"%d" % len(body)))(scope, receive, send)

    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    written, _ = exchange(application, head, b"hello")
    assert written[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert written[1].endswith(b"hello")


def test_a_request_leaves_nothing_to_the_garbage_collector() -> None:
    """It would be looked for in the middle of somebody's request."""
    left: list[int] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        left.append(sum(isinstance(one, RequestResponseCycle) for one in gc.get_objects()))
        await answering(b"hello", (b"content-length", b"5"))(scope, receive, send)

    gc.disable()
    try:
        exchange(application, *[GET] * 6)
    finally:
        gc.enable()
    # they arrive together and wait for their turn; the last is alone
    assert len(left) == 6
    assert left[-1] == 1
