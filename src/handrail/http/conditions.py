"""Requests on a condition: `ETag` and `If-None-Match` of what is read, `If-Match` of what is changed (RFC 9110, 13).

A validator is `"<revision>.<digest>"`. The digest is of the body, so it tells one representation from another; the
revision is of the task, process or template itself, whichever way it was shown. `If-None-Match` compares the whole,
`If-Match` the revision, in the transaction of the change. What has no revision has the digest alone.
"""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from handrail.http.wrapped import Wrapped
from handrail.kernel.errors import Denied, NotFound, Outdated, Problem, Refused, Unauthenticated
from handrail.ports.database import Database, Transaction

T = TypeVar("T")

# locks what the path names and gives its revision; None when there is none
Revision = Callable[[Transaction, str, str], Awaitable[str | None]]
# what a path may name that has a revision, the innermost first
REVISED = ("task", "process", "template")


def etag(payload: bytes, revision: str | None) -> str:
    """The strong validator of a body."""
    digest = hashlib.sha256(payload).hexdigest()[:32]
    return f'"{digest}"' if revision is None else f'"{revision}.{digest}"'


def is_known(header: bytes, tag: str) -> bool:
    """Whether an `If-None-Match` names this validator; proxies that compress make validators weak."""
    return any(given == "*" or given == tag.strip('"') for given in _tags(header))


def _tags(header: bytes) -> list[str]:
    return [part.strip().removeprefix("W/").strip('"') for part in header.decode("latin-1").split(",")]


def revised(path: str) -> str | None:
    """The name of the path's innermost parameter that has a revision."""
    return next((name for name in REVISED if f"{{{name}}}" in path), None)


class Guarded(Wrapped):
    """The store for one request with `If-Match`: its first transaction changes nothing unless the record is still what
    the client has read."""

    def __init__(
        self,
        database: Database,
        header: bytes,
        revisions: Mapping[str, Revision],
        path: str,
        organization_id: str,
        parameters: Mapping[str, str],
    ) -> None:
        super().__init__(database)
        name = revised(path)
        self._expected = {tag.split(".", 1)[0] for tag in _tags(header)}
        self._organization_id = organization_id
        self._is_done = "*" in self._expected
        if name is None or name not in revisions:
            if not self._is_done:
                raise Refused(
                    "If-Match is for calls whose path names a task, a process or a template; leave it out here.",
                    code="IF_MATCH_UNSUPPORTED",
                )
            return
        self._revision, self._id = revisions[name], parameters[name]

    async def write(self, body: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        if self._is_done:
            return await super().write(body)

        async def only_then(tx: Transaction) -> T:
            found = await self._revision(tx, self._organization_id, self._id)
            if found is None or found in self._expected:
                # what is not there at all is for the call itself to say
                return await body(tx)
            try:
                await body(tx)
            except (NotFound, Denied, Unauthenticated):
                # who may not know of it does not learn that it has changed
                raise
            except Problem:
                pass
            raise Outdated

        result = await super().write(only_then)
        self._is_done = True
        return result
