"""Whose turn it is to write: one byte in a pipe that the processes of a server share.

SQLite lets one process write at a time, and whoever comes too late can only ask again after a while. Here the next one
is woken at the moment the store is free. The turn is a courtesy: SQLite's own lock keeps the writers apart. A byte that
was lost with its holder is put back by the first who has waited in vain and finds the store free.
"""

import array
import asyncio
import fcntl
import os
import termios
from collections.abc import Callable

# who has waited for so long tries without the byte
PATIENCE_SECONDS = 0.05


class Turn:
    """Made by one process before it forks; used by each of them in its own event loop."""

    def __init__(self) -> None:
        self._taking, self._giving = os.pipe()
        os.set_blocking(self._taking, False)
        os.set_blocking(self._giving, False)
        self._called: Callable[[bool], None] | None = None
        self._patience: asyncio.TimerHandle | None = None
        os.write(self._giving, b"!")

    def close(self) -> None:
        """Nobody in this process will ask for it again."""
        os.close(self._taking)
        os.close(self._giving)

    def take(self) -> bool:
        """Take the turn, if nobody has it."""
        try:
            os.read(self._taking, 1)
        except BlockingIOError:
            return False
        return True

    def give(self) -> None:
        """Let the next one write."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self._taking, termios.FIONREAD, waiting)
        # there may be one already, put back while this process was thought to be gone
        if not waiting[0]:
            os.write(self._giving, b"!")

    def when_free(self, called: Callable[[bool], None]) -> None:
        """Call this once, in the running loop, when it is worth trying again; with True when nobody has given the turn
        for so long that it may be lost."""
        loop = asyncio.get_running_loop()
        self._called = called
        loop.add_reader(self._taking, self._call, False)
        self._patience = loop.call_later(PATIENCE_SECONDS, self._call, True)

    def _call(self, in_vain: bool) -> None:
        asyncio.get_running_loop().remove_reader(self._taking)
        if self._patience is not None:
            self._patience.cancel()
        called, self._called, self._patience = self._called, None, None
        if called is not None:
            called(in_vain)
