"""What the suite asks of the load generator, and what it hears back.

The generator is a process of its own; an `Order` goes to its standard input as JSON, an `Outcome` comes back as the
last line of its standard output.
"""

from typing import Literal

import msgspec

#: What a connection does, over and over, until the time is up:
#: `work` launches a process and completes its tasks one after another, `launch` only launches,
#: `list` reads one page of open tasks, `hello` reads the smallest possible answer.
Activity = Literal["work", "launch", "list", "hello"]

FORM_TEXT = (
    "Documents were checked against the register on the day of receipt; the trade licence is valid until the end of "
    "next year and both signatures match."
)
"""The form that goes with a completion: about 150 bytes."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the load generator against one server. Times are in seconds."""

    dialect: str
    port: int
    activity: Activity = "work"
    clients: int = 1
    warm_up: float = 0.7
    seconds: float = 4.0
    #: What the dialect needs to speak to its server: ids, tokens, cookies.
    parameters: dict[str, str] = {}
    #: Report every acknowledged completion, one entry each (for the crash scenario).
    ledger: bool = False


class Latency(msgspec.Struct, frozen=True):
    """Quantiles of the answer time in milliseconds."""

    p50: float
    p99: float
    p999: float


class Outcome(msgspec.Struct, kw_only=True):
    """What one run of the load generator saw.

    `completions`, `launches` and `pages` were answered inside the measured window; the `acknowledged_` counts also
    hold warm-up and whatever was still under way when the window closed, which is what the database must show.
    """

    seconds: float
    completions: int = 0
    launches: int = 0
    pages: int = 0
    acknowledged_completions: int = 0
    acknowledged_launches: int = 0
    completion_latency: Latency | None = None
    launch_latency: Latency | None = None
    page_latency: Latency | None = None
    errors: int = 0
    error_samples: list[str] = []
    client_cpu: float = 0.0
    #: Connections that ended before the time was up.
    broken_connections: int = 0
    #: Acknowledged completions as [process, task], when the order asked for them.
    ledger: list[tuple[str, str]] = []
