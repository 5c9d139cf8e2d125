"""From a bearer token to an actor: who calls, and as what in the organization that the path names.

What is read is kept for a moment, so that a busy client does not pay for it on every call; a change made by this
process forgets it at once.
"""

import msgspec

from handrail.features.members import store as members
from handrail.kernel.actor import Actor
from handrail.kernel.clock import Clock
from handrail.kernel.errors import NotFound, Unauthenticated
from handrail.kernel.ids import is_id
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Database

# how long another process's change may go unnoticed
KEPT_MILLISECONDS = 2_000
KEPT_ENTRIES = 4096


class Kept(msgspec.Struct, frozen=True):
    """A token's owner, as read at a moment."""

    token: members.TokenRow
    read_at: int


class KeptMember(msgspec.Struct, frozen=True):
    """A member's role and groups, as read at a moment; None when there is no such active member."""

    actor: Actor | None
    read_at: int


class Authenticator:
    """Knows tokens and memberships."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._tokens: dict[str, Kept] = {}
        self._members: dict[tuple[str, int], KeptMember] = {}

    def forget(self) -> None:
        """Read everything anew: a token or a membership has changed."""
        self._tokens.clear()
        self._members.clear()

    async def token(self, authorization: bytes | None) -> members.TokenRow:
        """The token of an Authorization header. Raises Unauthenticated."""
        if authorization is None or not authorization.startswith(b"Bearer "):
            raise Unauthenticated
        digest = fingerprint(authorization[7:].decode("latin-1"))
        now = self._clock.now()
        kept = self._tokens.get(digest)
        if kept is None or now - kept.read_at > KEPT_MILLISECONDS:
            async with self._database.reader() as reader:
                found = await reader.one(members.token_by_hash, token_hash=digest)
            if found is None:
                raise Unauthenticated
            if len(self._tokens) >= KEPT_ENTRIES:
                self._tokens.clear()
            kept = self._tokens[digest] = Kept(found, now)
        token = kept.token
        if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
            raise Unauthenticated
        return token

    async def actor(self, token: members.TokenRow, organization_id: str) -> Actor:
        """The token's owner as a member of an organization; NotFound when they are none, whether it exists or not."""
        if not is_id(organization_id):
            raise NotFound
        key = (organization_id, token.account_id)
        now = self._clock.now()
        kept = self._members.get(key)
        if kept is None or now - kept.read_at > KEPT_MILLISECONDS:
            async with self._database.reader() as reader:
                actor = await members.load_actor(reader, organization_id, token.account_id)
            if len(self._members) >= KEPT_ENTRIES:
                self._members.clear()
            kept = self._members[key] = KeptMember(actor, now)
        if kept.actor is None:
            raise NotFound
        return kept.actor
