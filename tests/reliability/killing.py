"""Killing a program again and again while it works off what is due, until it is through with it."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.cli.commands import SECONDS, environment
from tests.reliability.rows import Rows

FEWEST = 3
# lets expire what is due and keeps house, without a pause
HOUSEKEEPER = """
import asyncio
from handrail.features.timers.expiry import expire_due
from handrail.features.timers.firing import Resting
from handrail.features.timers.housekeeping import keep_house
from handrail.kernel.clock import SystemClock
from handrail.main import open_database
from handrail.settings import load

async def work():
    database = await open_database(load())
    while True:
        await expire_due(database, SystemClock(), Resting())
        await keep_house(database, SystemClock(), Resting())
        await asyncio.sleep(0.01)

asyncio.run(work())
"""


class Killable(Protocol):
    """Something that runs as a process of its own."""

    @property
    def process(self) -> "subprocess.Popen[Any]": ...


@dataclass
class Housekeeper:
    """A process that does what the jobs of timers do, without waiting for their hour."""

    process: "subprocess.Popen[Any]"


@contextmanager
def housekeeping(folder: Path, **surroundings: str) -> Generator[Housekeeper]:
    given = environment(HANDRAIL_DATA=str(folder), **surroundings)
    process = subprocess.Popen([sys.executable, "-c", HOUSEKEEPER], env=given)
    try:
        yield Housekeeper(process)
    finally:
        process.kill()
        process.wait()


def wait_until(holds: Callable[[], bool], what: str) -> None:
    ended = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < ended, what
        time.sleep(0.005)


def killed_while_it_works(
    start: Callable[[], AbstractContextManager[Killable]],
    rows: Rows,
    done: Callable[[], int],
    total: int,
    *,
    rounds: int,
    seconds: float,
    chance: random.Random,
    fewest: int = FEWEST,
) -> int:
    """Start a program so many times, or for so long; each time kill it at a random moment after it did something.

    How many times it was killed before everything was done.
    """
    kills, began = 0, time.monotonic()
    # a slow machine kills fewer times, but never fewer than these
    while (kills < fewest or (kills < rounds and time.monotonic() - began < seconds)) and done() < total:
        before = done()
        with start() as program:
            wait_until(lambda before=before: done() > before, "nothing was done")
            time.sleep(chance.uniform(0, 0.08))
            program.process.kill()
            program.process.wait()
        rows.wait_until_left()
        kills += 1
    print(f"killed {kills} times, {done()} of {total} done")
    return kills
