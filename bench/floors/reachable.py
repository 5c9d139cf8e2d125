"""The reachable floor: about the least a single Python process can do and still do the job durably.

Raw ASGI, msgspec, one SQLite connection in WAL mode with synchronous=FULL. A completion is the rows of
`floors.schema`: update the task, update the run's counters, look up the rules of the step, insert two audit rows,
with five indexes. No authentication, no validation, no rules carried out. Waiting requests share a commit: a request
runs its statements on the event loop and waits for the commit that a thread carries out; requests that arrive
meanwhile form the next batch. Run by uvicorn with the database's path in FLOOR_DATABASE.
"""

import asyncio
import os
import sqlite3
from typing import Any

import msgspec

from bench.floors.schema import complete_task, create, launch_run, new_identifier

_JSON = (b"content-type", b"application/json")


class _Launch(msgspec.Struct):
    name: str
    steps: int = 10


class _Completion(msgspec.Struct):
    form: msgspec.Raw


class _Answer(msgspec.Struct):
    id: str
    status: str
    completed_at: int
    rules: int


class _Launched(msgspec.Struct):
    id: str
    tasks: list[str]


_decode_launch = msgspec.json.Decoder(_Launch).decode
_decode_completion = msgspec.json.Decoder(_Completion).decode
_encode = msgspec.json.Encoder().encode


class GroupCommit:
    """One writer connection whose commits are shared by all requests that wait for one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self._running = False

    def submit(self, work: Any) -> asyncio.Future[Any]:
        """Queue `work(connection)`; its result arrives when it is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((work, future))
        if not self._running:
            self._running = True
            loop.call_soon(self._start_batch)
        return future

    def _start_batch(self) -> None:
        batch, self._waiting = self._waiting, []
        connection = self._connection
        results: list[Any] = []
        connection.execute("BEGIN IMMEDIATE")
        for work, _ in batch:
            try:
                results.append(work(connection))
            except LookupError as error:
                results.append(error)
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, connection.commit).add_done_callback(
            lambda committed: self._end_batch(committed, batch, results)
        )

    def _end_batch(self, committed: Any, batch: list[tuple[Any, asyncio.Future[Any]]], results: list[Any]) -> None:
        failure = committed.exception()
        for (_, future), result in zip(batch, results, strict=True):
            if failure is not None or isinstance(result, LookupError):
                future.set_exception(failure or result)
            else:
                future.set_result(result)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._start_batch)
        else:
            self._running = False


def _open() -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ["FLOOR_DATABASE"], isolation_level=None, check_same_thread=False)
    create(connection)
    return connection


_writer = GroupCommit(_open())


async def _body(receive: Any) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def _respond(send: Any, status: int, body: bytes) -> None:
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """POST /runs launches; POST /runs/{run}/tasks/{task} completes; anything else says hello."""
    if scope["type"] != "http":
        return
    path = scope["path"].split("/")
    if scope["method"] == "POST" and len(path) == 5:
        _, _, run, _, task = path
        form = bytes(_decode_completion(await _body(receive)).form).decode()
        try:
            completed_at, rules = await _writer.submit(lambda connection: complete_task(connection, run, task, form))
        except LookupError:
            await _respond(send, 404, b"{}")
            return
        await _respond(send, 200, _encode(_Answer(task, "completed", completed_at, rules)))
    elif scope["method"] == "POST" and path[1] == "runs":
        launch = _decode_launch(await _body(receive))
        run, tasks = new_identifier(), [new_identifier() for _ in range(launch.steps)]
        await _writer.submit(lambda connection: launch_run(connection, run, launch.name, tasks))
        await _respond(send, 201, _encode(_Launched(run, tasks)))
    else:
        await _respond(send, 200, b"{}")
