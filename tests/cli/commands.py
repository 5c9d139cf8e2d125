"""Runs the command the way people do: as a process of its own."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx

SECONDS = 60


def environment(**extra: str) -> dict[str, str]:
    """The surroundings of a command: ours, without settings of the product."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_")}
    return kept | {"COLUMNS": "120", "NO_COLOR": "1"} | extra


def run(*words: str | Path, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "handrail", *map(str, words)],
        input=stdin,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


class Running:
    """A command that serves, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log
        self.url = ""

    @property
    def said(self) -> str:
        return self.log.read_text()

    def until_listening(self) -> None:
        ended = time.monotonic() + SECONDS
        while "listens on" not in self.said:
            if self.process.poll() is not None or time.monotonic() > ended:
                raise AssertionError(f"the server did not start: {self.said}")
            time.sleep(0.02)
        self.url = self.said.partition("listens on ")[2].split()[0].rstrip(",")

    def get(self, path: str, token: str | None = None) -> httpx.Response:
        return httpx.get(self.url + path, headers=self._headers(token), timeout=SECONDS)

    def post(self, path: str, token: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(self.url + path, headers=self._headers(token), json=body, timeout=SECONDS)

    def _headers(self, token: str | None) -> dict[str, str]:
        return {"X-Tallyfy-Client": "tests"} | ({"Authorization": f"Bearer {token}"} if token else {})


@contextlib.contextmanager
def running(folder: Path, *words: str | Path, **extra: str) -> Generator[Running]:
    """A serving command on a free port; ended the way a service manager does it."""
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "handrail", *map(str, words), "--port", "0"],
            env=environment(**extra),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        server = Running(process, log)
        try:
            server.until_listening()
            yield server
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
