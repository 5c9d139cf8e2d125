"""How to do the same job on each server: the requests of one client, written as generators.

A generator yields an `Exchange` (the kind of call and the bytes to send) and is sent the `Reply`. It checks status
and identifiers of every answer and raises `Unexpected` when something is off. Requests are built as bytes with the
unchanging part of the head prepared once, because the client shares the machine with the server it measures.
"""

import re
from collections.abc import Callable, Generator
from typing import NamedTuple

import msgspec

from bench.orders import FORM_TEXT, Order

LAUNCH, COMPLETE, PAGE = 0, 1, 2
"""Kinds of calls; the load generator keeps one list of latencies for each."""


class Exchange(NamedTuple):
    """One call: its kind, the whole request, and what an answer 2xx acknowledges (process, task)."""

    kind: int
    request: bytes
    task: tuple[str, str] | None = None


class Reply(NamedTuple):
    """A complete answer."""

    status: int
    head: bytes
    body: bytes


class Unexpected(Exception):
    """An answer that the job did not allow for."""

    def __init__(self, what: str, reply: Reply) -> None:
        super().__init__(f"{what}: {reply.status} {reply.body[:300]!r}")


Script = Generator[Exchange, Reply, None]


def _head(method: str, path: str, headers: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}".encode()


def _with_body(head: bytes, body: bytes) -> bytes:
    return b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)


class _Identified(msgspec.Struct):
    id: str


class _Launched(msgspec.Struct):
    id: str
    tasks: list[str]


class _Completed(msgspec.Struct):
    id: str
    status: str


class Plain:
    """The floor server and SpiffWorkflow's: the smallest JSON that can carry the job."""

    def __init__(self, order: Order) -> None:
        headers = "Content-Type: application/json\r\n"
        self._launch = _with_body(
            _head("POST", "/runs", headers),
            msgspec.json.encode(
                {
                    "name": "Vendor intake",
                    "steps": int(order.parameters.get("steps", "10")),
                }
            ),
        )
        self._complete_headers = headers
        self._form = msgspec.json.encode({"form": {"note": FORM_TEXT}})
        self._list = _head("GET", "/tasks", "") + b"\r\n"
        self._launched = msgspec.json.Decoder(_Launched)
        self._completed = msgspec.json.Decoder(_Completed)

    def launch(self) -> Generator[Exchange, Reply, _Launched]:
        reply = yield Exchange(LAUNCH, self._launch)
        if reply.status != 201:
            raise Unexpected("launch", reply)
        return self._launched.decode(reply.body)

    def work(self) -> Script:
        run = yield from self.launch()
        for task in run.tasks:
            head = _head("POST", f"/runs/{run.id}/tasks/{task}", self._complete_headers)
            reply = yield Exchange(COMPLETE, _with_body(head, self._form), (run.id, task))
            if reply.status != 200:
                raise Unexpected("completion", reply)
            answer = self._completed.decode(reply.body)
            if answer.id != task or answer.status != "completed":
                raise Unexpected("completion of another task", reply)

    def launches(self) -> Script:
        yield from self.launch()

    def page(self) -> Script:
        reply = yield Exchange(PAGE, self._list)
        if reply.status != 200:
            raise Unexpected("page", reply)


class Hello(Plain):
    """The server that answers eleven bytes and does nothing."""

    def page(self) -> Script:
        reply = yield Exchange(PAGE, self._list)
        if reply.status != 200 or reply.body != b'{"ok":true}':
            raise Unexpected("hello", reply)


class _TaskList(msgspec.Struct):
    data: list[_Identified]


class _HandrailRun(msgspec.Struct):
    id: str
    tasks: _TaskList


class _HandrailLaunched(msgspec.Struct):
    data: _HandrailRun


class _HandrailCompleted(msgspec.Struct):
    data: _Completed


class _HandrailTask(msgspec.Struct):
    id: str
    status: str


class _HandrailPage(msgspec.Struct):
    data: list[_HandrailTask]


class Handrail:
    """Our own public API, through all of it: token, validation, rules, activity, events.

    Parameters: `organization`, `token`, `checklist`, `fields` (the first field id of each step, in order, joined by
    commas; empty when the template has no forms) and `page_size`.
    """

    def __init__(self, order: Order) -> None:
        parameters = order.parameters
        self._base = f"/api/organizations/{parameters['organization']}"
        common = (
            f"Authorization: Bearer {parameters['token']}\r\nX-Tallyfy-Client: bench\r\nAccept: application/json\r\n"
        )
        self._headers = common + "Content-Type: application/json\r\n"
        self._launch = _with_body(
            _head("POST", f"{self._base}/runs?with=tasks", self._headers),
            msgspec.json.encode({"checklist_id": parameters.get("checklist", ""), "name": "Vendor intake"}),
        )
        self._fields = [field for field in parameters.get("fields", "").split(",") if field]
        self._page_size = int(parameters.get("page_size", "50"))
        self._list = _head("GET", f"{self._base}/me/tasks?per_page={self._page_size}", common) + b"\r\n"
        self._launched = msgspec.json.Decoder(_HandrailLaunched)
        self._completed = msgspec.json.Decoder(_HandrailCompleted)
        self._page = msgspec.json.Decoder(_HandrailPage)

    def launch(self) -> Generator[Exchange, Reply, _HandrailRun]:
        reply = yield Exchange(LAUNCH, self._launch)
        if reply.status != 201:
            raise Unexpected("launch", reply)
        return self._launched.decode(reply.body).data

    def work(self) -> Script:
        run = yield from self.launch()
        if len(run.tasks.data) != len(self._fields):
            raise Unexpected(f"launch with {len(run.tasks.data)} tasks", Reply(201, b"", b""))
        completed_tasks = _head("POST", f"{self._base}/runs/{run.id}/completed-tasks", self._headers)
        for task, field in zip(run.tasks.data, self._fields, strict=True):
            body = b'{"task_id":"%s","taskdata":{"%s":"%s"}}' % (task.id.encode(), field.encode(), FORM_TEXT.encode())
            reply = yield Exchange(COMPLETE, _with_body(completed_tasks, body), (run.id, task.id))
            if reply.status != 200:
                raise Unexpected("completion", reply)
            answer = self._completed.decode(reply.body).data
            if answer.id != task.id or answer.status != "completed":
                raise Unexpected("completion of another task", reply)

    def launches(self) -> Script:
        yield from self.launch()

    def page(self) -> Script:
        reply = yield Exchange(PAGE, self._list)
        if reply.status != 200:
            raise Unexpected("page", reply)
        if len(self._page.decode(reply.body).data) != self._page_size:
            raise Unexpected(f"page without {self._page_size} tasks", reply)


class Viewflow:
    """django-viewflow's HTML forms, as its free edition has no REST API. The pages themselves are not fetched: each
    form is posted straight away, and where to post the next one is read from the redirect.

    Parameter: `session`, the cookie of a signed-in member.
    """

    _LOCATION = re.compile(rb"\r\nlocation: ([^\r]+)\r\n", re.IGNORECASE)
    _TASK = re.compile(r"/intake/(\d+)/step\d+/(\d+)/$")

    def __init__(self, order: Order) -> None:
        self._headers = (
            f"Cookie: sessionid={order.parameters['session']}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
        self._form = b"_continue=1&note=" + FORM_TEXT.replace(" ", "+").replace(";", "%3B").encode()
        self._launch = _with_body(_head("POST", "/intake/start/", self._headers), b"_continue=1&name=Vendor+intake")
        self._list = _head("GET", "/intake/inbox/", self._headers) + b"\r\n"

    def _redirect(self, what: str, reply: Reply) -> str:
        match = self._LOCATION.search(reply.head)
        if reply.status != 302 or match is None:
            raise Unexpected(what, reply)
        return match.group(1).decode()

    def launch(self) -> Generator[Exchange, Reply, str]:
        reply = yield Exchange(LAUNCH, self._launch)
        return self._redirect("launch", reply)

    def work(self) -> Script:
        location = yield from self.launch()
        for _ in range(10):
            match = self._TASK.search(location)
            if match is None:
                raise Unexpected(f"no task in {location}", Reply(302, b"", b""))
            head = _head("POST", f"{location}execute/", self._headers)
            reply = yield Exchange(COMPLETE, _with_body(head, self._form), (match.group(1), match.group(2)))
            location = self._redirect("completion", reply)

    def launches(self) -> Script:
        yield from self.launch()

    def page(self) -> Script:
        reply = yield Exchange(PAGE, self._list)
        if reply.status != 200:
            raise Unexpected("page", reply)


Dialect = Plain | Handrail | Viewflow

DIALECTS: dict[str, Callable[[Order], Dialect]] = {
    "plain": Plain,
    "hello": Hello,
    "handrail": Handrail,
    "viewflow": Viewflow,
}
