"""The keys of JSON web tokens: the newest signs, a new one takes over every three months, and old ones are shown for as
long as something that they signed may be in use."""

from typing import Any

import msgspec

from handrail.features.oauth import store
from handrail.features.oauth.json_tokens import ALGORITHM, Signer
from handrail.kernel.clock import DAY
from handrail.kernel.ids import new_id
from handrail.ports.database import Reader, Transaction
from handrail.ports.sealer import Broken, Sealer

BITS = 2048
SIGNS_FOR = 90 * DAY
# and then the longest token has run out
SHOWN_FOR = SIGNS_FOR + 184 * DAY

# opening and parsing a key takes a millisecond; an id never stands for another one
_opened: dict[str, Signer] = {}


async def signer(tx: Transaction, sealer: Sealer, now: int) -> Signer:
    """The key to sign with now; a new one where there is none, or none that is young enough or can be opened."""
    # imported here, because few applications want such tokens and every start would wait for it
    from joserfc.jwk import RSAKey

    for row in await tx.all(store.keys):
        if row.retired_at is None and now - row.created_at < SIGNS_FOR:
            known = _opened.get(row.id)
            if known is not None:
                return known
            try:
                private = msgspec.json.decode(sealer.open(row.sealed_private))
            except Broken:
                continue
            _opened[row.id] = Signer(row.id, RSAKey.import_key(private))
            return _opened[row.id]
    return await rotate(tx, sealer, now)


async def rotate(tx: Transaction, sealer: Sealer, now: int) -> Signer:
    """A new key, which signs from now on."""
    from joserfc.jwk import RSAKey

    key_id = new_id()
    key = RSAKey.generate_key(BITS, {"use": "sig", "alg": ALGORITHM, "kid": key_id})
    private = msgspec.json.encode(key.as_dict(private=True)).decode()
    await tx.run(
        store.insert_key,
        id=key_id,
        sealed_private=sealer.seal(private),
        public=msgspec.json.encode(key.as_dict(private=False)).decode(),
        created_at=now,
        retired_at=None,
    )
    return Signer(key_id, key)


async def public(reader: Reader, now: int) -> list[dict[str, Any]]:
    """The keys as everybody may see them, the newest first."""
    return [msgspec.json.decode(row.public) for row in await reader.all(store.keys) if now - row.created_at < SHOWN_FOR]
