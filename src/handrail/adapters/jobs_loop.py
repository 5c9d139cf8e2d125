"""Loops that go on whatever happens to a single round of them."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import structlog

log = structlog.get_logger("handrail.jobs")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0


async def forever(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Take one step after another until cancelled; a failing one is logged and followed by a growing pause."""
    pause = FIRST_PAUSE
    while True:
        try:
            await step()
            pause = FIRST_PAUSE
        except Exception:  # the database may be away for a while; the loop has to be there when it is back
            log.exception("jobs_loop_failed", loop=name, pause_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


@contextlib.asynccontextmanager
async def running(**steps: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """Inside, each of these loops runs."""
    loops = [asyncio.create_task(forever(name, step), name=f"jobs-{name}") for name, step in steps.items()]
    try:
        yield
    finally:
        for loop in loops:
            await ended(loop)


async def ended(task: asyncio.Task[Any], patience: float = 5.0) -> None:
    """Cancel a task and wait for its end. Some libraries can lose a cancellation, so it is said again."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=patience)
