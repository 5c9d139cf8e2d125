"""The optional second factor: codes of an authenticator (RFC 6238), and recovery codes for when it is lost."""

import hmac
import secrets
from typing import TYPE_CHECKING

import msgspec

from handrail.features.accounts import store
from handrail.features.accounts.store import FactorRow
from handrail.kernel.errors import Impossible, Invalid
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Reader, Transaction
from handrail.ports.sealer import Broken, Sealer

if TYPE_CHECKING:
    from pyotp.totp import TOTP

STEP_SECONDS = 30
RECOVERY_CODES = 10
WRONG = "This code is not right. Take the one that is shown now."


class Enrolment(msgspec.Struct, frozen=True):
    """What an authenticator has to be told."""

    secret: str
    uri: str

    @property
    def image(self) -> str:
        """A QR code as a data: address of an SVG."""
        import segno

        return segno.make(self.uri, error="m").svg_data_uri(scale=5, border=4, light="#fff")


async def is_on(reader: Reader, account_id: int) -> bool:
    """Whether signing in needs a code."""
    row = await reader.one(store.factor, account_id=account_id)
    return row is not None and row.confirmed_at is not None


async def enrol(tx: Transaction, sealer: Sealer, account_id: int, email: str, now: int) -> Enrolment:
    """A secret to be confirmed; the same one until it is. Raises Impossible when the factor is on."""
    from pyotp import random_base32

    row = await tx.one(store.lock_factor, account_id=account_id)
    if row is not None and row.confirmed_at is not None:
        raise Impossible("The second factor is on already; turn it off first.")
    secret = None if row is None else _opened(sealer, row)
    if secret is None:
        secret = random_base32()
        await tx.run(store.delete_factor, account_id=account_id)
        values = {"sealed_secret": sealer.seal(secret), "created_at": now, "last_step": 0, "recovery": "[]"}
        await tx.run(store.insert_factor, account_id=account_id, **values)
    return Enrolment(secret, _totp(secret).provisioning_uri(name=email, issuer_name="Handrail"))


async def confirm(tx: Transaction, sealer: Sealer, account_id: int, code: str, now: int) -> list[str]:
    """Turn it on with a first code; the recovery codes, which are told this once. Raises Invalid, Impossible."""
    row = await tx.one(store.lock_factor, account_id=account_id)
    if row is None or row.confirmed_at is not None:
        raise Impossible("There is nothing to confirm. Load the page again.")
    step = _step_of(sealer, row, code, now)
    if step is None:
        raise Invalid({"code": WRONG})
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES)]
    kept = msgspec.json.encode([fingerprint(code) for code in codes]).decode()
    await tx.run(store.update_factor, account_id=account_id, confirmed_at=now, last_step=step, recovery=kept)
    return codes


async def turn_off(tx: Transaction, account_id: int) -> None:
    """Sign in with the password alone again."""
    await tx.run(store.delete_factor, account_id=account_id)


async def prove(tx: Transaction, sealer: Sealer, account_id: int, code: str, now: int) -> bool:
    """Whether this is a code of theirs, or a recovery code; either works once."""
    row = await tx.one(store.lock_factor, account_id=account_id)
    if row is None or row.confirmed_at is None:
        return False
    recovery: list[str] = msgspec.json.decode(row.recovery)
    step = _step_of(sealer, row, code, now)
    if step is None:
        used = fingerprint(code.strip().lower())
        left = [known for known in recovery if not hmac.compare_digest(known, used)]
        if len(left) == len(recovery):
            return False
        recovery, step = left, row.last_step
    await tx.run(
        store.update_factor,
        account_id=account_id,
        confirmed_at=row.confirmed_at,
        last_step=step,
        recovery=msgspec.json.encode(recovery).decode(),
    )
    return True


def _totp(secret: str) -> "TOTP":
    # imported here, like the two others above: few processes need it, and every start would wait for it
    from pyotp.totp import TOTP

    return TOTP(secret, interval=STEP_SECONDS)


def _opened(sealer: Sealer, row: FactorRow) -> str | None:
    """The secret; None when the installation's key is another one by now. Recovery codes work all the same."""
    try:
        return sealer.open(row.sealed_secret)
    except Broken:
        return None


def _step_of(sealer: Sealer, row: FactorRow, code: str, now: int) -> int | None:
    """The time step that the code belongs to: this one, or one beside it for clocks that differ. None for a wrong code
    and for one that is not newer than the last one."""
    digits, secret = "".join(code.split()), _opened(sealer, row)
    if secret is None:
        return None
    totp = _totp(secret)
    this = now // 1000 // STEP_SECONDS
    for step in (this - 1, this, this + 1):
        if step > row.last_step and hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), digits.encode()):
            return step
    return None
