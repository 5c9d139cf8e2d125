"""Requests with an `Idempotency-Key`: however often one is sent, and from however many clients at once, it has one
effect, and every repetition gets the first one's answer.

The handler is given a store whose first transaction also keeps the request, with the answer as far as it is known then.
So the effect and the note of it are committed together or not at all, and of two that come at the same moment the
primary key lets one through. A refusal keeps nothing.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

import msgspec

from handrail.http.wrapped import Wrapped
from handrail.kernel.actor import Actor
from handrail.kernel.clock import DAY, Clock
from handrail.kernel.errors import Conflict, Invalid, Problem
from handrail.ports.database import Database, DuplicateKey, Reader, Transaction

T = TypeVar("T")

HEADER = "Idempotency-Key"
KEPT_MILLISECONDS = DAY
LONGEST_KEY = 255
# after so long nobody works any more at a request whose answer is missing
WORKED_AT_MILLISECONDS = 60_000
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


class Place(msgspec.Struct, frozen=True, gc=False):
    """Under which a request is kept: of an organization the hash of who called, what and with which key."""

    organization_id: str
    id: str
    # of what was sent
    fingerprint: str


class Kept(msgspec.Struct, frozen=True, gc=False):
    """What is kept of a request. Without an answer: it was carried out, and the answer is not written down."""

    fingerprint: str
    status: int
    answer: bytes | None
    # milliseconds
    created_at: int


class Answers(Protocol):
    """Where requests are kept."""

    async def find(self, reader: Reader, place: Place) -> Kept | None:
        """What is kept of a request."""
        ...

    async def keep(self, tx: Transaction, place: Place, kept: Kept) -> None:
        """Keep one; DuplicateKey, at the latest from the commit, when it is kept already."""
        ...

    async def complete(self, tx: Transaction, place: Place, answer: bytes, *, is_other: bool) -> bool:
        """Write the answer down of one that is kept; False when somebody else did before."""
        ...

    async def forget(self, tx: Transaction, place: Place, before: int = ...) -> None:
        """Keep it no longer, if it is from this moment or earlier."""
        ...


class Answered(msgspec.Struct, frozen=True):
    """The answer to a request, and whether it is that of an earlier one."""

    status: int
    payload: bytes
    is_repeated: bool


class Work(msgspec.Struct, frozen=True):
    """How a request is carried out. `run` takes a store, and when the request was first begun; it gives the body of the
    answer. `early` says what the body will be if this, of the first transaction, is all there is to it; None when it
    cannot be known. `resumes`: what was interrupted may be carried out again from its beginning, and does the rest."""

    status: int
    run: Callable[[Database, int], Awaitable[bytes]]
    early: Callable[[Any], bytes | None]
    resumes: bool


class _Overtaken(Exception):
    """Somebody else has carried the same request out meanwhile."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept


def place_of(
    actor: Actor | None, organization_id: str, method: str, path: str, header: bytes, raw: bytes, query: bytes
) -> Place:
    """Where a request is kept. Raises Invalid for a key that is none."""
    key = key_of(header)
    caller = "" if actor is None else f"{actor.owner_principals[0]}/{actor.application_id or ''}"
    of = "\n".join((caller, method, path.strip("/"), key))
    sent = hashlib.sha256(len(query).to_bytes(8) + query + raw).hexdigest()
    return Place(organization_id, hashlib.sha256(of.encode()).hexdigest(), sent)


def key_of(header: bytes) -> str:
    """The key of a header, which may be a string in quotes (RFC 9651). Raises Invalid."""
    text = header.decode("latin-1").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if not _PRINTABLE.fullmatch(text) or len(text) > LONGEST_KEY:
        raise Invalid({HEADER: f"Send 1 to {LONGEST_KEY} printable characters of ASCII, such as a UUID."})
    return text


class Repeats:
    """Carries out each request once."""

    def __init__(self, database: Database, clock: Clock, answers: Answers) -> None:
        self._database = database
        self._clock = clock
        self._answers = answers
        # what this process is working at; other processes find out from the store
        self._running: dict[tuple[str, str], str] = {}

    async def once(self, place: Place, work: Work) -> Answered:
        """Carry a request out, or tell what it was answered before.

        Raises Conflict while the first one is under way, Invalid for a key that was used for another request.
        """
        of = (place.organization_id, place.id)
        if of in self._running:
            if self._running[of] != place.fingerprint:
                raise _used_otherwise()
            raise _under_way()
        self._running[of] = place.fingerprint
        try:
            return await self._once(place, work)
        finally:
            del self._running[of]

    async def _once(self, place: Place, work: Work) -> Answered:
        kept = await self._kept(place)
        now = self._clock.now()
        goes_on = kept is not None and kept.answer is None and work.resumes
        if kept is not None and not (goes_on and kept.fingerprint == place.fingerprint):
            return self._told(place, kept)
        began_at = now if kept is None else kept.created_at
        store = _Keeping(self._database, self._answers, place, work, now, is_kept=kept is not None)
        try:
            payload = await work.run(store, began_at)
        except _Overtaken as overtaken:
            return self._told(place, overtaken.kept)
        except Exception as error:
            if store.is_kept:
                if isinstance(error, Problem) and error.status < 500:
                    # what it did before it was refused is no answer to keep
                    await self._database.write(lambda tx: self._answers.forget(tx, place))
                raise
            # it may be refused because of what another one with the same key has just done
            kept = await self._kept(place)
            if kept is None:
                raise
            return self._told(place, kept)
        if store.is_kept and store.early != payload:
            is_other = store.early is not None
            if not await self._database.write(lambda tx: self._answers.complete(tx, place, payload, is_other=is_other)):
                kept = await self._kept(place)
                if kept is not None:
                    return self._told(place, kept)
        return Answered(work.status, payload, False)

    async def _kept(self, place: Place) -> Kept | None:
        async with self._database.reader() as reader:
            kept = await self._answers.find(reader, place)
        if kept is None:
            return None
        day_ago = self._clock.now() - KEPT_MILLISECONDS
        if kept.created_at > day_ago:
            return kept
        await self._database.write(lambda tx: self._answers.forget(tx, place, day_ago))
        return None

    def _told(self, place: Place, kept: Kept) -> Answered:
        if kept.fingerprint != place.fingerprint:
            raise _used_otherwise()
        if kept.answer is not None:
            return Answered(kept.status, kept.answer, True)
        if self._clock.now() - kept.created_at < WORKED_AT_MILLISECONDS:
            raise _under_way()
        raise Conflict(
            "The request with this Idempotency-Key was carried out, but the server broke off before it had written "
            "its answer down. Look at what it has changed instead of sending it again.",
            code="IDEMPOTENCY_ANSWER_LOST",
        )


class _Keeping(Wrapped):
    """The store for one request: its first transaction also keeps the request."""

    def __init__(
        self, database: Database, answers: Answers, place: Place, work: Work, now: int, *, is_kept: bool
    ) -> None:
        super().__init__(database)
        self._answers = answers
        self._place = place
        self._work = work
        self._now = now
        self.is_kept = is_kept
        self.early: bytes | None = None

    async def write(self, body: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        if self.is_kept:
            return await super().write(body)
        runs, early = 0, None

        async def kept_too(tx: Transaction) -> T:
            nonlocal runs, early
            runs += 1
            # it is run again, perhaps because somebody else has done the same
            found = await self._answers.find(tx, self._place) if runs > 1 else None
            if found is not None:
                raise _Overtaken(found)
            result = await body(tx)
            early = self._work.early(result)
            await self._answers.keep(
                tx, self._place, Kept(self._place.fingerprint, self._work.status, early, self._now)
            )
            return result

        try:
            result = await super().write(kept_too)
        except DuplicateKey:
            async with self.reader() as reader:
                found = await self._answers.find(reader, self._place)
            if found is not None:
                raise _Overtaken(found) from None
            raise
        self.is_kept, self.early = True, early
        return result


def _under_way() -> Conflict:
    return Conflict(
        "A request with this Idempotency-Key is being carried out; ask again for its answer.",
        code="IDEMPOTENCY_IN_PROGRESS",
        headers={"Retry-After": "1"},
    )


def _used_otherwise() -> Invalid:
    refusal = Invalid({HEADER: "This key was sent with another body or query; each request needs its own."})
    refusal.code = "IDEMPOTENCY_KEY_REUSED"
    return refusal
