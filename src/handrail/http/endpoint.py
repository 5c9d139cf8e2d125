"""Endpoints as data: what a route takes, gives, refuses and needs, declared once beside its handler.

The application routes from these declarations, checks permissions from them, and the OpenAPI document is made of
them; a route that is not declared here does not exist.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from handrail.kernel.permission import MATRIX

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Shape = Literal["item", "collection", "list", "bare", "empty", "bytes", "stream"]
Handler = Callable[..., Awaitable[Any]]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    `shape` says how the answer is wrapped: `item` and `list` in `{"data": …}`, `collection` with `meta.pagination`,
    `bare` as it is, `empty` without a body, `bytes` as a file, `stream` as a file that
    comes in pieces, from an asynchronous iterator of bytes. `action` names the row of the permission matrix;
    None means that the route is open to everybody. `by_code`: the code of a guest in the path is key enough, without a
    token, for what the guest's cell of that row allows. `texts` are further media types that a body may have, each with
    the key under which its text is taken. `misfit`: the word of OAuth with which a body that does not fit is refused
    (400), where that is the language of the path. `once`: takes an `Idempotency-Key`, which calls of an organization
    that write do anyway. `resumes`: what was interrupted may be carried out again, and does the rest.
    """

    method: Method
    path: str
    handler: Handler
    summary: str
    description: str
    tag: str
    action: str | None
    body: type | None
    query: type | None
    returns: Any
    shape: Shape
    status: int
    errors: tuple[int, ...]
    includes: tuple[str, ...]
    aliases: tuple[Method, ...]
    form: bool
    media_type: str
    texts: tuple[tuple[str, str], ...]
    by_code: bool
    misfit: str | None
    once: bool
    resumes: bool

    @property
    def name(self) -> str:
        """The operation's id: the tag and the function."""
        return f"{self.tag.lower().replace(' ', '_')}_{self.handler.__name__}"

    @property
    def is_validated(self) -> bool:
        """Whether the answer has an `ETag`: one record does. A page of many is made faster than its digest pays for."""
        return self.shape == "item" and self.method == "GET" and self.action is not None


class Router:
    """Collects the endpoints of one feature."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def add(
        self,
        method: Method,
        path: str,
        *,
        action: str | None,
        body: type | None = None,
        query: type | None = None,
        returns: Any = None,
        shape: Shape = "item",
        status: int = 200,
        errors: tuple[int, ...] = (),
        includes: tuple[str, ...] = (),
        aliases: tuple[Method, ...] = (),
        form: bool = False,
        media_type: str = "application/json",
        texts: tuple[tuple[str, str], ...] = (),
        by_code: bool = False,
        misfit: str | None = None,
        once: bool = False,
        resumes: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a handler `async (call) -> result`, or `async (call, body) -> result` when it takes a body.

        The first line of its docstring is the summary in the reference, the rest the description. `aliases` are
        further methods with the same meaning; `form` also takes form-encoded bodies.
        """
        if action is not None and action not in MATRIX:
            raise LookupError(f"{method} {path}: no row {action!r} in the permission matrix")

        def declare(handler: Handler) -> Handler:
            text = (handler.__doc__ or "").strip()
            summary, _, rest = text.partition("\n")
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    handler=handler,
                    summary=summary.strip().rstrip("."),
                    description=" ".join(line.strip() for line in rest.splitlines()).strip(),
                    tag=self.tag,
                    action=action,
                    body=body,
                    query=query,
                    returns=returns,
                    shape=shape,
                    status=status,
                    errors=errors,
                    includes=includes,
                    aliases=aliases,
                    form=form,
                    media_type=media_type,
                    texts=texts,
                    by_code=by_code,
                    misfit=misfit,
                    once=once or (action is not None and method != "GET" and "{org}" in path),
                    resumes=resumes,
                )
            )
            return handler

        return declare

    def get(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        """Declare a GET."""
        return self.add("GET", path, **declaration)

    def post(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        """Declare a POST."""
        return self.add("POST", path, **declaration)

    def put(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT; PATCH means the same, because absent keys leave what is stored unchanged."""
        return self.add("PUT", path, aliases=("PATCH",), **declaration)

    def delete(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE."""
        return self.add("DELETE", path, **declaration)
