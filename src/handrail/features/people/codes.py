"""Codes of guests' links. The store has a hash, by which a guest is found, and a sealed copy, to show it again."""

import secrets

import msgspec
import structlog

from handrail.kernel.secrets import fingerprint
from handrail.ports.sealer import Broken, Sealer

log = structlog.get_logger("handrail.people")


class NewCode(msgspec.Struct, frozen=True):
    """A code as it is stored."""

    code_hash: str
    sealed_code: str


def new_code(sealer: Sealer) -> NewCode:
    """A code that nobody can guess: forty hexadecimal digits."""
    code = secrets.token_hex(20)
    return NewCode(fingerprint(code), sealer.seal(code))


def opened(sealer: Sealer, sealed_code: str) -> str:
    """The code again; empty when it was sealed with a key that is not there any more."""
    try:
        return sealer.open(sealed_code)
    except Broken as problem:
        log.warning("guest_code_not_opened", error=str(problem))
        return ""


def link(base_url: str, organization_id: str, code: str) -> str:
    """Where a guest reaches their tasks (wire 2.4)."""
    return f"{base_url}/{organization_id}/guest/{code}"
