"""A worker as a process of its own, which tests may kill: `python -m tests.adapters.jobs_worker STORE FILE [tick]`.

What its handlers do they note as JSON lines in the file.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from handrail.adapters.jobs_schedules import first_slot
from handrail.ports.database import Transaction
from handrail.ports.jobs import Attempt, Catalogue, InTransaction, Outside, Retry, Schedule
from tests.adapters.queues import QUICK, Store

FILE = Path(sys.argv[2])


def note(given: Attempt, **more: Any) -> None:
    line = {"name": given.job.name, **given.job.payload, "attempt": given.job.attempt, "process": os.getpid(), **more}
    handle = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, json.dumps(line).encode() + b"\n")
    os.close(handle)


async def plain(given: Attempt) -> None:
    note(given)
    await asyncio.sleep(0.03)


async def hanging(given: Attempt) -> None:
    """Never ends when tried for the first time."""
    note(given)
    if given.job.attempt == 1:
        await asyncio.sleep(1000)


async def marking(tx: Transaction, given: Attempt) -> None:
    """Leaves a row; when tried for the first time it stops before the transaction ends."""
    await tx.run(first_slot, schedule=f"mark {given.job.payload['number']}", slot=given.job.attempt)
    note(given)
    if given.job.attempt == 1:
        time.sleep(1000)  # noqa: ASYNC251 - the transaction has to be open when the process is killed


CATALOGUE = Catalogue(
    [
        Outside(name="plain", run=plain, retry=QUICK),
        Outside(name="hanging", run=hanging, retry=QUICK),
        Outside(name="hopeless", run=hanging, retry=Retry(attempts=1)),
        InTransaction(name="marking", run=marking, retry=QUICK),
        Outside(name="tick", run=plain, retry=QUICK),
    ],
    [Schedule(job="tick", cron="* * * * * *")] if "tick" in sys.argv[3:] else [],
)


async def main() -> None:
    store = Store(sys.argv[1], FILE.parent)
    database = await store.open()
    async with store.queue(database, CATALOGUE).working():
        print("working", flush=True)
        await asyncio.sleep(1000)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
