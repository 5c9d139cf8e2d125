"""From a bearer token to an actor: who calls, and as what in the organization that the path names.

What is read is kept for a moment, so that a busy client does not pay for it on every call; a change made by this
server makes it forgotten at once. When somebody was last seen is written down now and then, never on every call.
"""

import os
from collections.abc import Callable, Coroutine
from hashlib import blake2b
from typing import Any, Protocol

import msgspec
import structlog

from handrail.http import attempts
from handrail.kernel.actor import Actor, Token
from handrail.kernel.clock import Clock
from handrail.kernel.errors import NotFound, Unauthenticated
from handrail.kernel.ids import is_id
from handrail.kernel.secrets import fingerprint
from handrail.ports.database import Database, Reader, Transaction
from handrail.ports.limiter import Limiter

# how long another server's change may go unnoticed
KEPT_MILLISECONDS = 2_000
KEPT_ENTRIES = 4096
# how exactly it is known when a token was last used
SEEN_MILLISECONDS = 300_000
# codes that are no guest's, from one network address
WRONG_CODES_PER_HOUR = 30

log = structlog.get_logger("handrail.http")


class People(Protocol):
    """What authentication asks of the members feature."""

    async def find_token(self, reader: Reader, token_hash: str) -> Token | None:
        """The token with this fingerprint."""
        ...

    async def load_actor(self, reader: Reader, organization_id: str, user_id: int) -> Actor | None:
        """An active member with their groups."""
        ...

    async def note_use(self, tx: Transaction, token: Token, organization_id: str, address: str, now: int) -> None:
        """Remember that a token was used."""
        ...


class Guests(Protocol):
    """What authentication asks of the guests feature."""

    async def of_code(self, reader: Reader, organization_id: str, code: str) -> Actor | None:
        """The guest with this code, who is not disabled, with their groups."""
        ...

    async def note_visit(self, tx: Transaction, guest: Actor, address: str, now: int) -> None:
        """Remember that a guest was here."""
        ...


class Beside(Protocol):
    """What the processes of one server tell each other of people."""

    def people_changed(self) -> None:
        """A token or a membership is not what it was."""
        ...

    def changes(self) -> bytes:
        """Differs from what it was before, when somebody has said so since."""
        ...


class Kept(msgspec.Struct, frozen=True):
    """A token, as read at a moment."""

    token: Token
    read_at: int


class KeptMember(msgspec.Struct, frozen=True):
    """A member's role and groups, as read at a moment; None when there is no such active member."""

    actor: Actor | None
    read_at: int


class Authenticator:
    """Knows tokens, memberships and the codes of guests."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        people: People,
        guests: Guests | None = None,
        beside: Beside | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._people = people
        self._guests = guests
        self._beside = beside
        self._changes = b"" if beside is None else beside.changes()
        # by a hash of the header that only this process could make
        self._tokens: dict[bytes, Kept] = {}
        self._secret = os.urandom(32)
        self._members: dict[tuple[str, int], KeptMember] = {}
        self._seen: dict[tuple[str, str], int] = {}

    def forget(self) -> None:
        """Read everything anew: a token or a membership has changed."""
        self._tokens.clear()
        self._members.clear()
        if self._beside is not None:
            self._beside.people_changed()

    def _listen(self) -> None:
        """Read everything anew, if a neighbour has said that something has changed."""
        if self._beside is not None and (changes := self._beside.changes()) != self._changes:
            self._changes = changes
            self._tokens.clear()
            self._members.clear()

    async def token(self, authorization: bytes | None) -> Token:
        """The token of an Authorization header. Raises Unauthenticated."""
        # the word for the scheme may be written in any case (RFC 9110, 11.1)
        if authorization is None or authorization[:7].lower() != b"bearer ":
            raise Unauthenticated
        self._listen()
        # the store's own fingerprint takes longer, and is needed only to look there
        key = blake2b(authorization, key=self._secret, digest_size=32).digest()
        now = self._clock.now()
        kept = self._tokens.get(key)
        if kept is None or now - kept.read_at > KEPT_MILLISECONDS:
            async with self._database.reader() as reader:
                found = await self._people.find_token(reader, fingerprint(authorization[7:].decode("latin-1")))
            if found is None:
                raise Unauthenticated
            if len(self._tokens) >= KEPT_ENTRIES:
                self._tokens.clear()
            kept = self._tokens[key] = Kept(found, now)
        token = kept.token
        if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
            raise Unauthenticated
        return token

    async def actor(self, token: Token, organization_id: str) -> Actor:
        """The token's owner as a member of an organization; NotFound when they are none, whether it exists or not."""
        self._listen()
        key = (organization_id, token.account_id)
        now = self._clock.now()
        kept = self._members.get(key)
        if kept is None or now - kept.read_at > KEPT_MILLISECONDS:
            if not is_id(organization_id):
                raise NotFound
            async with self._database.reader() as reader:
                actor = await self._people.load_actor(reader, organization_id, token.account_id)
            if len(self._members) >= KEPT_ENTRIES:
                self._members.clear()
            kept = self._members[key] = KeptMember(actor, now)
        if kept.actor is None:
            raise NotFound
        return kept.actor

    async def guest(self, limiter: Limiter, organization_id: str, code: str, address: str) -> Actor:
        """The guest of an organization whose link ends with this code. They are asked for every time, so that a code
        ends at once. NotFound for all other codes alike; TooMany after many of them from one address."""
        wrong = [(attempts.an_hour(WRONG_CODES_PER_HOUR), ("guest code", attempts.network(address)))]
        await attempts.require(limiter, wrong)
        found: Actor | None = None
        if self._guests is not None and is_id(organization_id):
            async with self._database.reader() as reader:
                found = await self._guests.of_code(reader, organization_id, code)
        if found is None:
            await attempts.take(limiter, wrong)
            raise NotFound
        return found

    async def seen(self, token: Token, organization_id: str, address: str) -> None:
        """Write down that the token is in use, once in a while. A store that cannot do it does not fail the call."""
        now = self._clock.now()
        if self._is_due((token.id, organization_id), now):
            await self._note(lambda tx: self._people.note_use(tx, token, organization_id, address, now))

    async def visited(self, guest: Actor, address: str) -> None:
        """The same for a guest."""
        now, guests = self._clock.now(), self._guests
        if guests is not None and self._is_due((f"g:{guest.guest_id}", guest.organization_id), now):
            await self._note(lambda tx: guests.note_visit(tx, guest, address, now))

    def _is_due(self, key: tuple[str, str], now: int) -> bool:
        if now - self._seen.get(key, -SEEN_MILLISECONDS) < SEEN_MILLISECONDS:
            return False
        if len(self._seen) >= KEPT_ENTRIES:
            self._seen.clear()
        self._seen[key] = now
        return True

    async def _note(self, body: Callable[[Transaction], Coroutine[Any, Any, None]]) -> None:
        try:
            await self._database.write(body)
        except Exception as error:
            log.warning("who was seen was not written down", exc_info=error)
