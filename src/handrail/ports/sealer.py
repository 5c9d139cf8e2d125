"""Sealing: what must be read again, and yet must not lie in the store in clear."""

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
