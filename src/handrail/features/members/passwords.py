"""Passwords: Argon2id, computed beside the event loop, a few at a time because each takes much memory."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handrail.kernel.errors import Errors

SHORTEST, LONGEST = 8, 127
AT_ONCE = 2

_hasher = PasswordHasher()
_executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")


def check_new(password: str, errors: Errors, path: str = "password") -> None:
    """Note under `path` what is wrong with a password that somebody chose."""
    if len(password) < SHORTEST:
        errors.add(path, f"The password must have at least {SHORTEST} characters.")
    elif len(password) > LONGEST:
        errors.add(path, f"The password must have at most {LONGEST} characters.")
    elif not password.strip():
        errors.add(path, "The password must not consist of spaces.")


async def hashed(password: str) -> str:
    """What is stored of a password. Raises Invalid for one that is too short or too long."""
    errors = Errors()
    check_new(password, errors)
    errors.raise_if_any()
    return await asyncio.get_running_loop().run_in_executor(_executor, _hasher.hash, password)


_nobodys: list[str] = []


async def nobodys_password() -> str:
    """A stored password that nobody knows, to compare with where there is none."""
    if not _nobodys:
        _nobodys.append(await hashed(secrets.token_urlsafe(32)))
    return _nobodys[0]


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password that was stored; never true for somebody who has none."""
    if password_hash is None or len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(_executor, _verify, password_hash, password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
