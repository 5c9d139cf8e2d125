"""Carries out jobs in a process of its own, beside the servers of a PostgreSQL database."""

import asyncio
import contextlib
import signal
import sys
from typing import Any

from handrail.cli.serving import prepare_postgres
from handrail.cli.words import WRONG_USAGE, Stop, say
from handrail.kernel.errors import Problem
from handrail.settings import Settings


def work(settings: Settings) -> None:
    """Work until told to stop; what was begun is finished first."""
    if settings.is_embedded:
        raise Stop(
            "The SQLite store has no workers of its own: its server carries out the jobs. Workers need a PostgreSQL "
            "database in HANDRAIL_DATABASE_URL.",
            WRONG_USAGE,
        )
    prepare_postgres(settings)
    factory: Any = asyncio.new_event_loop
    if sys.platform != "win32":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner, contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        runner.run(_until_told(settings))


async def _until_told(settings: Settings) -> None:
    from handrail.main import work as carry_out

    task = asyncio.ensure_future(carry_out(settings, lambda: say("Handrail carries out jobs")))
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except Problem as problem:
        raise Stop(problem.message) from problem
