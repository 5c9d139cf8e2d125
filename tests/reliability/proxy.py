"""A network between the server and PostgreSQL that can be cut, and can swallow everything without saying so."""

import contextlib
import select
import socket
import threading
from collections.abc import Generator
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    """Forwards connections to an address. `dsn` is the way through it."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        account, _, _ = parts.netloc.rpartition("@")
        port = self._listener.getsockname()[1]
        self.dsn = urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{port}"))
        self._passes = threading.Event()
        self._passes.set()
        self._refuses = False
        self._ended = False
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._refuses = True
        self._drop()

    def swallow(self) -> None:
        """Take everything and pass nothing on."""
        self._passes.clear()

    def heal(self) -> None:
        """Work as before."""
        self._refuses = False
        self._passes.set()

    def close(self) -> None:
        self._ended = True
        self._passes.set()
        self._listener.close()
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            ending, self._open = self._open, []
        for connection in ending:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refuses:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open += [client, server]
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._exchange(client, server)
        for connection in (client, server):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _exchange(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for source in ready:
                data = source.recv(65536)
                self._passes.wait()
                if not data:
                    return
                (server if source is client else client).sendall(data)


@contextlib.contextmanager
def proxied(dsn: str) -> Generator[Proxy]:
    """A proxy before a database."""
    proxy = Proxy(dsn)
    try:
        yield proxy
    finally:
        proxy.close()
