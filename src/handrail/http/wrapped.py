"""The store as one request sees it: that of the application, where the request's writing may mean more."""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from handrail.ports.database import Database, Dialect, Reader, Transaction
from handrail.ports.sealer import Sealer

T = TypeVar("T")


class Wrapped:
    """Another store. What wraps it changes `write`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def dialect(self) -> Dialect:
        return self._database.dialect

    @property
    def sealer(self) -> Sealer:
        return self._database.sealer

    def reader(self) -> AbstractAsyncContextManager[Reader]:
        return self._database.reader()

    async def write(self, body: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        return await self._database.write(body)

    async def close(self) -> None:
        """The store outlives the request."""
