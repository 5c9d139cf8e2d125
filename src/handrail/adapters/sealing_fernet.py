"""Sealing with Fernet (AES-128-CBC and HMAC-SHA256); the key is a setting, or a file that is made on first use."""

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.ports.sealer import Broken

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

FILE = "secret.key"


class FernetSealer:
    """Seals with the first of the keys, and opens with whichever fits, so that keys can be changed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)

    @cached_property
    def _fernet(self) -> "MultiFernet":
        # loaded with the first secret: it is 4 MB, and an idle server has none to read
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(_derived(key)) for key in self._keys])

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Broken("This was sealed with another key (HANDRAIL_SECRET_KEY).") from error


def key_of(folder: Path) -> str:
    """The key in the data directory; made, for the owner alone, when there is none yet."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def _derived(key: str) -> bytes:
    """The setting is any long random text; Fernet wants 32 bytes."""
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())
