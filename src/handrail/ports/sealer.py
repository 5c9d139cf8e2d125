"""Sealing: what must be read again, and yet must not lie in the store in clear."""

from collections.abc import Callable
from typing import Protocol


class Broken(Exception):
    """What was sealed cannot be read: it was changed, or the key is another one."""


class Sealer(Protocol):
    """Encrypts and authenticates short texts with the installation's key."""

    def seal(self, text: str) -> str:
        """The text, unreadable without the key; another result each time."""
        ...

    def open(self, sealed: str) -> str:
        """The text again. Raises Broken."""
        ...


class OnDemand:
    """A sealer that is made when something is sealed: many commands need none, and no key for it."""

    def __init__(self, make: Callable[[], Sealer]) -> None:
        self._make = make
        self._made: Sealer | None = None

    def _sealer(self) -> Sealer:
        if self._made is None:
            self._made = self._make()
        return self._made

    def seal(self, text: str) -> str:
        return self._sealer().seal(text)

    def open(self, sealed: str) -> str:
        return self._sealer().open(sealed)


class Keyless:
    """Where nothing is to be sealed: a store that was opened without a key."""

    def seal(self, text: str) -> str:
        raise Broken("This store was opened without the installation's key.")

    def open(self, sealed: str) -> str:
        raise Broken("This store was opened without the installation's key.")
