"""Starting, watching and ending the servers under test; what they cost is read from /proc (Linux only)."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_TICKS = os.sysconf("SC_CLK_TCK")


class DidNotStart(Exception):
    """A server ended, or gave no good answer, before its time was up."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One server process (with whatever children it starts), its output kept in a file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.started = time.perf_counter()
        self._log: IO[bytes] = log.open("ab")
        self._log_path = log
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The id of the process that was started."""
        return self.process.pid

    def wait_for(self, wrong: Callable[[], str], *, seconds: float = 30.0) -> float:
        """Ask what is wrong until nothing is; the seconds since the start. `DidNotStart` when something stays."""
        reason = ""
        while (elapsed := time.perf_counter() - self.started) < seconds:
            if self.process.poll() is not None:
                raise DidNotStart(f"ended with {self.process.returncode}: {self.last_output()}")
            try:
                reason = wrong()
                if not reason:
                    return time.perf_counter() - self.started
            except OSError as error:
                reason = str(error)
            time.sleep(0.01)
        self.kill()
        raise DidNotStart(f"no good answer in {elapsed:.0f} s, the last: {reason}; output: {self.last_output()}")

    def last_output(self) -> str:
        """The end of what the server printed."""
        return self._log_path.read_text(errors="replace")[-1500:]

    def kill(self) -> None:
        """End the process and all its children at once, as a power cut would (kill -9)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it politely, then not so."""
        self._end(signal.SIGTERM)

    def _end(self, with_signal: signal.Signals) -> None:
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, with_signal)
                self.process.wait(timeout=10)
            except ProcessLookupError:
                pass
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(timeout=10)
        self._log.close()


@dataclass(frozen=True)
class Usage:
    """Counters of a set of processes at one moment."""

    cpu: float  # seconds of user and system time since they started
    written: int  # bytes sent to the block layer


def with_descendants(roots: Sequence[int]) -> list[int]:
    """These processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, ()))
    return found


def usage(roots: Sequence[int]) -> Usage:
    """CPU seconds and bytes written by these processes, their children, and those of their children that ended."""
    cpu = 0.0
    written = 0
    for pid in with_descendants(roots):
        fields = _stat(pid)
        if fields:
            cpu += sum(int(value) for value in fields[11:15]) / _TICKS
        written += _written(pid)
    return Usage(cpu, written)


def proportional_memory(roots: Sequence[int]) -> float:
    """Proportional set size in MB of these processes and their descendants (pages shared are counted once)."""
    return sum(_pss_kilobytes(pid) for pid in with_descendants(roots)) / 1024


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on (index 1 is the parent, 11 to 14 the times); empty if it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _written(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/io").read_text().splitlines():
            if line.startswith("write_bytes:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def _pss_kilobytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
