"""Waking up the process that carries out the jobs, from any process of the same server."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress


class Bell:
    """Whoever has a job to be done rings; the one who carries jobs out hears it."""

    def __init__(self) -> None:
        self._hearing, self._ringing = os.pipe()
        os.set_blocking(self._hearing, False)
        os.set_blocking(self._ringing, False)

    def close(self) -> None:
        """Nobody in this process will ring or hear again."""
        os.close(self._hearing)
        os.close(self._ringing)

    def ring(self) -> None:
        """Say that there is something to do."""
        # a pipe that is full has been rung often enough
        with suppress(BlockingIOError):
            os.write(self._ringing, b"!")

    def hear(self, called: Callable[[], None]) -> None:
        """Call this in the running loop whenever somebody rings."""

        def rung() -> None:
            with suppress(BlockingIOError):
                os.read(self._hearing, 4096)
            called()

        asyncio.get_running_loop().add_reader(self._hearing, rung)

    def stop_hearing(self) -> None:
        """Undo `hear`."""
        asyncio.get_running_loop().remove_reader(self._hearing)
