"""The machine itself: is it quiet, how much of it do others take, and what is it."""

import os
import platform
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import usage

_TICKS = os.sysconf("SC_CLK_TCK")
_KERNEL = 2
"""The process that the kernel's threads descend from."""


@dataclass(frozen=True)
class Busy:
    """The busy time of all processes so far, in seconds, and the moment it was read.

    Interrupts and the kernel's own threads are left out: most of their time is the disk work of the server under
    test, which is not somebody else's.
    """

    seconds: float
    at: float


def busy() -> Busy:
    """Read the counters of all processors, time stolen by other virtual machines included."""
    values = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _waiting, _interrupts, _soft_interrupts, stolen = values
    own_threads = usage([_KERNEL]).cpu
    return Busy((user + nice + system + stolen) / _TICKS - own_threads, time.perf_counter())


def busy_percent(seconds: float = 0.4) -> float:
    """How busy the machine is right now, in per cent of one core."""
    before = busy()
    time.sleep(seconds)
    after = busy()
    return 100 * (after.seconds - before.seconds) / (after.at - before.at)


def wait_until_quiet(*, patience: float, limit_percent: float = 25.0) -> bool:
    """The quiet gate: wait until others take less than `limit_percent` of a core. False when patience ran out."""
    deadline = time.perf_counter() + patience
    while busy_percent(0.25) > limit_percent:
        if time.perf_counter() > deadline:
            return False
        time.sleep(0.5)
    return True


def describe() -> dict[str, str]:
    """The machine in words, without a name or a path."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return {
        "cores": str(os.cpu_count()),
        "processor": model,
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }
