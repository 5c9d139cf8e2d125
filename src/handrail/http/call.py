"""One request as a handler sees it: who calls, what was asked for, and what the application offers."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from handrail.http.limits import Quota, Usage
from handrail.kernel.actor import Actor
from handrail.kernel.clock import Clock
from handrail.kernel.errors import Invalid, NotFound
from handrail.kernel.ids import integer_id, is_id
from handrail.ports.database import Database, Reader, Statement
from handrail.ports.jobs import Jobs
from handrail.ports.limiter import Limiter
from handrail.ports.sealer import Sealer
from handrail.settings import Settings

Q = TypeVar("Q", bound=msgspec.Struct)
R = TypeVar("R")

MAX_PER_PAGE = 100
# beyond this the offset would not fit the databases' integers
MAX_PAGE = 10_000_000


class Application(msgspec.Struct, frozen=True):
    """What every request shares."""

    settings: Settings
    database: Database
    clock: Clock
    # call it after a change of tokens, members or groups, so that this process notices at once
    forget_people: Callable[[], None]
    jobs: Jobs
    limiter: Limiter
    quota: Quota
    sealer: Sealer


class Paging(msgspec.Struct, frozen=True):
    """Which part of a list is wanted. `everything` means the whole set, without meta."""

    page: int
    per_page: int
    everything: bool = False

    @property
    def offset(self) -> int:
        return 0 if self.everything else (self.page - 1) * self.per_page

    @property
    def limit(self) -> int:
        return 1_000_000 if self.everything else self.per_page


class Page(msgspec.Struct, frozen=True):
    """One page of a list and the exact total."""

    items: list[Any]
    total: int
    paging: Paging
    meta: Mapping[str, Any] | None = None


async def rows_and_total(
    reader: Reader, page: Statement[R], total: Statement[Any], paging: Paging, **parameters: Any
) -> tuple[list[R], int]:
    """The rows of a page and how many the list has. They are counted only when the page does not show where it ends.

    `page` has the parameters `limit`, `offset` and, if it likes, `reach`, which is their sum.
    """
    limit = paging.limit + 1
    rows = await reader.all(page, limit=limit, offset=paging.offset, reach=limit + paging.offset, **parameters)
    if len(rows) < limit and (rows or not paging.offset):
        return rows, paging.offset + len(rows)
    return rows[: paging.limit], await reader.total(total, **parameters)


def _count(text: str) -> int:
    """A whole number of the query string, however large; 0 when it is none."""
    if not (text.isascii() and text.isdigit()):
        return 0
    # Python reads no number of thousands of digits, and what has more than twelve is too much anyway
    return int(text) if len(text) <= 12 else MAX_PAGE


class Call:
    """The request of one caller."""

    def __init__(
        self,
        application: Application,
        actor: Actor | None,
        path: Mapping[str, str],
        query_string: bytes,
        headers: Mapping[bytes, bytes],
        base_url: str,
        mail_url: Callable[[], str],
        url_path: str,
        request_id: str,
        client_address: str,
    ) -> None:
        self.application = application
        self._actor = actor
        self.path = path
        self._query_string = query_string
        self.headers = headers
        self.base_url = base_url
        self._mail_url = mail_url
        self.url_path = url_path
        self.request_id = request_id
        self.client_address = client_address
        self.response_headers: dict[str, str] = {}
        # set by routes that are open to everybody and count the request themselves
        self.usage: Usage | None = None
        # of the one record that the answer shows, if it has one: the revision of its validator
        self.revision: str | None = None
        # when this request, or the one that it repeats, was begun; set where repetitions go on
        self.began_at: int | None = None

    @property
    def actor(self) -> Actor:
        """Who calls; only routes that need a token have one."""
        assert self._actor is not None
        return self._actor

    @property
    def mail_url(self) -> str:
        """What links in mails begin with; few calls send any."""
        return self._mail_url()

    @property
    def database(self) -> Database:
        return self.application.database

    @property
    def organization_id(self) -> str:
        return self.actor.organization_id

    @property
    def strict(self) -> bool:
        """Whether the caller wants unknown keys and repeated completions refused (X-Handrail-Strict: 1)."""
        return self.headers.get(b"x-handrail-strict") in (b"1", b"true")

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string; `+` is a space, the last of a repeated key counts."""
        if not self._query_string:
            return {}
        try:
            pairs = parse_qsl(self._query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=200)
        except ValueError as error:
            raise Invalid(
                {"query": "The query string is not readable: UTF-8, percent-encoded, 200 keys at most."}
            ) from error
        found = dict(pairs)
        for name, text in found.items():
            if "\x00" in text:
                raise Invalid({name: "The character U+0000 cannot be searched for; leave it out."})
        return found

    @property
    def query_text(self) -> str:
        """The query string as it was sent."""
        return self._query_string.decode("latin-1")

    @cached_property
    def includes(self) -> frozenset[str]:
        """The names of `with=`, `-` read as `_`; a dotted name also asks for what it is inside of (wire 0.6)."""
        text = self.query.get("with", "")
        if not text:
            return frozenset()
        names: set[str] = set()
        for part in text.replace("-", "_").split(",")[:50]:
            name = part.strip()
            while name:
                names.add(name)
                name = name.rpartition(".")[0]
        return frozenset(names)

    def id(self, name: str) -> str:
        """A path parameter that must look like an id; anything else cannot exist (404)."""
        text = self.path[name]
        if not is_id(text):
            raise NotFound
        return text

    def integer(self, name: str) -> int:
        """A path parameter that must be a positive integer id; anything else cannot exist (404)."""
        number = integer_id(self.path[name])
        if number is None:
            raise NotFound
        return number

    def truth(self, name: str) -> bool | None:
        """A boolean of the query string; None when absent or unreadable."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.query.get(name, "").lower())

    def paging(self, default: int = 10, maximum: int = MAX_PER_PAGE, *, whole: bool = False) -> Paging:
        """`page` and `per_page` (alias `limit`): nonsense means the default, too much the maximum (wire 0.7).

        `whole`: the list also knows `without_pagination=true`.
        """
        query = self.query
        everything = whole and query.get("without_pagination", "").lower() in ("true", "1")
        page = _count(query.get("page", "")) or 1
        per_page = _count(query.get("per_page", query.get("limit", ""))) or default
        return Paging(min(page, MAX_PAGE), min(per_page, max(maximum, default)), everything)

    def sort(self, words: Mapping[str, str], default: str) -> str:
        """The wanted order, `-` in front for descending; unknown words mean the default (wire 0.7).

        `words` maps what clients write to the list's own word; `sort` comes before `sort_by`.
        """
        text = self.query.get("sort") or self.query.get("sort_by") or ""
        minus = "-" if text.startswith("-") else ""
        word = words.get(text.removeprefix("-"))
        return default if word is None else minus + word
