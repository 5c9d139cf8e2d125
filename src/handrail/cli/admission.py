"""Taking in connections where several processes serve one address, so that each has as many as the others.

Left to the system, one process may end up with nearly all of them, and the others idle beside it. Whoever takes a
connection in keeps it if nobody has fewer, and hands it on otherwise.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence

import structlog

from handrail.adapters.neighbours import Neighbours

# no more descriptors: looking again at once would find the same
PAUSE_SECONDS = 1.0

log = structlog.get_logger("handrail.serve")


class Letterboxes:
    """Where each process finds the connections that others hand on to it. Made before they part ways."""

    def __init__(self, count: int) -> None:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(count)]
        for pair in pairs:
            for end in pair:
                end.setblocking(False)
        self.slots = [pair[0] for pair in pairs]
        self.boxes = [pair[1] for pair in pairs]

    def close(self) -> None:
        """Close them, in this process."""
        for end in (*self.slots, *self.boxes):
            end.close()


class Admission:
    """The connections of one process. `serve` begins to serve one."""

    def __init__(
        self,
        listener: socket.socket,
        beside: Neighbours,
        letterboxes: Letterboxes,
        serve: Callable[[socket.socket], None],
    ) -> None:
        self._listener = listener
        self._beside = beside
        self._slots: Sequence[socket.socket] = letterboxes.slots
        self._box = letterboxes.boxes[beside.number]
        self._serve = serve
        self._is_open = False
        listener.setblocking(False)

    def open(self) -> None:
        """Take connections in, in the running loop."""
        self._is_open = True
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listener.fileno(), self._accept)
        loop.add_reader(self._box.fileno(), self._receive)

    def close(self) -> None:
        """Take no more. What was handed on to this process and not looked at yet waits for whoever comes next."""
        self._is_open = False
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener.fileno())
        loop.remove_reader(self._box.fileno())

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                raise
            log.error("no_more_connections", reason=error.strerror)
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._listener.fileno())
            loop.call_later(PAUSE_SECONDS, self._look_again)
            return
        number = self._beside.least_busy()
        if number != self._beside.number and self._handed_on(connection, number):
            return
        self._beside.connection_given(self._beside.number)
        self._begin(connection)

    def _look_again(self) -> None:
        if self._is_open:
            asyncio.get_running_loop().add_reader(self._listener.fileno(), self._accept)

    def _handed_on(self, connection: socket.socket, number: int) -> bool:
        try:
            socket.send_fds(self._slots[number], [b"!"], [connection.fileno()])
        except OSError:  # its box is full
            return False
        self._beside.connection_given(number)
        connection.close()
        return True

    def _receive(self) -> None:
        try:
            _, descriptors, _, _ = socket.recv_fds(self._box, 1, 1)
        except (BlockingIOError, InterruptedError):
            return
        for descriptor in descriptors:
            self._begin(socket.socket(fileno=descriptor))

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._serve(connection)
