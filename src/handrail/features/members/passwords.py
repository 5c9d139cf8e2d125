"""Passwords: which may be chosen (around 5.1), and what is kept of them: Argon2id, computed beside the event loop, a
few at a time because each takes much memory."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handrail.kernel.errors import Errors
from handrail.settings import Settings

LONGEST = 127
AT_ONCE = 2

_hasher = PasswordHasher()
_executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")


class Rule(msgspec.Struct, frozen=True):
    """What this installation wants of a new password; those that were chosen before go on working."""

    shortest: int = 8
    is_mixed: bool = False

    @property
    def words(self) -> str:
        """The rule as a hint."""
        mixed = ", among them an upper-case letter, a lower-case letter and a digit" if self.is_mixed else ""
        return f"At least {self.shortest} characters{mixed}."


ANY = Rule()


def rule_of(settings: Settings) -> Rule:
    """The rule that the operator has set."""
    return Rule(settings.password_length, settings.password_characters == "mixed")


def check_new(password: str, errors: Errors, rule: Rule, path: str = "password") -> None:
    """Note under `path` what is wrong with a password that somebody chose."""
    if len(password) < rule.shortest:
        errors.add(path, f"The password must have at least {rule.shortest} characters.")
    elif len(password) > LONGEST:
        errors.add(path, f"The password must have at most {LONGEST} characters.")
    elif not password.strip():
        errors.add(path, "The password must not consist of spaces.")
    elif rule.is_mixed and not (
        any(map(str.isupper, password)) and any(map(str.islower, password)) and any(map(str.isdigit, password))
    ):
        errors.add(path, "The password must have an upper-case letter, a lower-case letter and a digit.")


async def hashed(password: str, rule: Rule) -> str:
    """What is stored of a password. Raises Invalid for one that may not be chosen."""
    errors = Errors()
    check_new(password, errors, rule)
    errors.raise_if_any()
    return await asyncio.get_running_loop().run_in_executor(_executor, _hasher.hash, password)


_nobodys: list[str] = []


async def nobodys_password() -> str:
    """A stored password that nobody knows, to compare with where there is none."""
    if not _nobodys:
        _nobodys.append(await hashed(secrets.token_urlsafe(32), ANY))
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
