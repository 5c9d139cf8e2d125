"""The load generator: a closed loop of C keep-alive connections, in a process of its own.

Run as `python -m bench.load` with an `Order` on standard input. It prints `begin` and `end` when the measured window
opens and closes, so that the suite can read the server's counters at those moments, and the `Outcome` last. One
connection is one protocol object around one script of `bench.dialects`; an answer is parsed by hand and the next
request written from within the same callback, which keeps the client's own cost near 20 microseconds a call.
"""

import asyncio
import gc
import re
import resource
import sys
from array import array
from time import perf_counter
from typing import cast

import msgspec
import uvloop

from bench.dialects import COMPLETE, DIALECTS, LAUNCH, PAGE, Dialect, Exchange, Reply, Script, Unexpected
from bench.orders import Latency, Order, Outcome

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_MOST_ERRORS = 200
_GRACE = 20.0
"""How long an answer may take after the window has closed."""


class Load:
    """The shared state of all connections: the clock, the latencies, the errors."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.dialect: Dialect = DIALECTS[order.dialect](order)
        self.opens = self.closes = 0.0
        self.latencies = (array("d"), array("d"), array("d"))
        self.acknowledged = [0, 0, 0]
        self.errors = 0
        self.error_samples: list[str] = []
        self.broken_connections = 0
        self.ledger: list[tuple[str, str]] | None = [] if order.ledger else None
        self.running = 0
        self.all_done = asyncio.Event()

    def script(self) -> Script:
        """A fresh script of what this order is about."""
        match self.order.activity:
            case "work":
                return self.dialect.work()
            case "launch":
                return self.dialect.launches()
            case "list" | "hello":
                return self.dialect.page()

    def answered(self, exchange: Exchange, sent: float, now: float) -> None:
        """Take note of an answer that the script has accepted."""
        self.acknowledged[exchange.kind] += 1
        if self.opens <= now <= self.closes:
            self.latencies[exchange.kind].append(now - sent)
        if self.ledger is not None and exchange.task is not None:
            self.ledger.append(exchange.task)

    def failed(self, error: Exception) -> None:
        """Take note of an answer that it has not."""
        self.errors += 1
        if len(self.error_samples) < 3:
            self.error_samples.append(str(error))

    def one_done(self) -> None:
        """A connection has ended."""
        self.running -= 1
        if self.running == 0:
            self.all_done.set()


class Connection(asyncio.Protocol):
    """One client: sends what its script says, one request at a time, until the window has closed."""

    __slots__ = ("buffer", "done", "exchange", "load", "script", "sent", "transport")

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.begin()

    def begin(self) -> None:
        self.script = self.load.script()
        self.send(next(self.script))

    def send(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.sent = perf_counter()
        self.transport.write(exchange.request)

    def data_received(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0:
            self.buffer = data
            return
        length = _CONTENT_LENGTH.search(data, 0, head_end)
        body_start = head_end + 4
        if length is not None:
            body_end = body_start + int(length.group(1))
            if len(data) < body_end:
                self.buffer = data
                return
            body = data[body_start:body_end]
        elif _CHUNKED.search(data, 0, head_end):
            joined = _join_chunks(data, body_start)
            if joined is None:
                self.buffer = data
                return
            body = joined
        else:
            body = b""
        self.buffer = b""
        self.replied(Reply(int(data[9:12]), data[: head_end + 2], body))

    def replied(self, reply: Reply) -> None:
        load, exchange = self.load, self.exchange
        now = perf_counter()
        following: Exchange | None
        try:
            following = self.script.send(reply)
        except StopIteration:
            following = None
        except (Unexpected, msgspec.DecodeError) as error:
            load.failed(error)
            if load.errors >= _MOST_ERRORS:
                self.finish()
            elif now < load.closes:
                self.begin()
            else:
                self.finish()
            return
        load.answered(exchange, self.sent, now)
        if now >= load.closes:
            self.finish()
        elif following is None:
            self.begin()
        else:
            self.send(following)

    def finish(self) -> None:
        if not self.done:
            self.done = True
            self.transport.close()
            self.load.one_done()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done:
            self.load.broken_connections += 1
            self.done = True
            self.load.one_done()


def _join_chunks(data: bytes, start: int) -> bytes | None:
    """The body of a chunked answer, or None while it is incomplete."""
    parts: list[bytes] = []
    while (line_end := data.find(b"\r\n", start)) >= 0:
        size = int(data[start:line_end].split(b";")[0], 16)
        start = line_end + 2 + size + 2
        if len(data) < start:
            return None
        if size == 0:
            return b"".join(parts)
        parts.append(data[line_end + 2 : line_end + 2 + size])
    return None


def _quantiles(seconds: "array[float]") -> Latency | None:
    if not seconds:
        return None
    ordered = sorted(seconds)

    def quantile(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3

    return Latency(quantile(0.5), quantile(0.99), quantile(0.999))


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def run(order: Order) -> Outcome:
    """Carry out an order; tell the moments of the window on standard output."""
    loop = asyncio.get_running_loop()
    load = Load(order)
    load.opens = perf_counter() + order.warm_up
    load.closes = load.opens + order.seconds
    load.running = order.clients
    for _ in range(order.clients):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", order.port)

    cpu = 0.0

    def begin() -> None:
        nonlocal cpu
        cpu = _cpu_seconds()
        print("begin", flush=True)

    def end() -> None:
        nonlocal cpu
        cpu = _cpu_seconds() - cpu
        print("end", flush=True)

    loop.call_at(loop.time() + load.opens - perf_counter(), begin)
    loop.call_at(loop.time() + load.closes - perf_counter(), end)
    # Ends early only when every connection broke or met too many errors.
    await asyncio.wait_for(load.all_done.wait(), timeout=load.closes - perf_counter() + _GRACE)
    await asyncio.sleep(0)
    return Outcome(
        seconds=order.seconds,
        launches=len(load.latencies[LAUNCH]),
        completions=len(load.latencies[COMPLETE]),
        pages=len(load.latencies[PAGE]),
        acknowledged_completions=load.acknowledged[COMPLETE],
        acknowledged_launches=load.acknowledged[LAUNCH],
        completion_latency=_quantiles(load.latencies[COMPLETE]),
        launch_latency=_quantiles(load.latencies[LAUNCH]),
        page_latency=_quantiles(load.latencies[PAGE]),
        errors=load.errors,
        error_samples=load.error_samples,
        client_cpu=cpu,
        broken_connections=load.broken_connections,
        ledger=load.ledger or [],
    )


def main() -> None:
    """Entry of the process."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    gc.collect()
    gc.freeze()
    gc.disable()
    outcome = uvloop.run(run(order))
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
