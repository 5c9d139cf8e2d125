"""HTTP as the server speaks it: uvicorn's protocol, with the head and the body of an answer in one system call.

uvicorn writes them one after the other, which costs two calls into the kernel and wakes the client up twice.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Together:
    """A transport that holds what is written first until more follows, and no longer than this turn of the loop."""

    __slots__ = ("_held", "_later", "_transport", "_waits", "get_extra_info", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._later = loop.call_soon
        self._held: bytes | None = None
        self._waits = False
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Send bytes, in the order of the calls."""
        held = self._held
        if held is not None:
            self._held = None
            self._transport.writelines((held, data))
            return
        self._held = data
        if not self._waits:
            self._waits = True
            self._later(self._turn)

    def close(self) -> None:
        """Send what is held, then close."""
        self._flush()
        self._transport.close()

    def _turn(self) -> None:
        self._waits = False
        self._flush()

    def _flush(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._transport.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Protocol(HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(Together(transport, self.loop))  # pyright: ignore[reportArgumentType]
