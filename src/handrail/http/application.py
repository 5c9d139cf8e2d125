"""The ASGI application: one raw handler per path, dispatching by method to the declared endpoints.

What every request goes through, in this order: mount, request id, preflight, body limit, token, client header,
tenant, quota, permission of the route, body, handler, envelope. Errors leave as JSON from one place.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from handrail.http import conditions, envelope, repeating
from handrail.http.auth import Authenticator
from handrail.http.call import Application, Call
from handrail.http.endpoint import Endpoint
from handrail.http.handling import begun, early, in_protocol, render
from handrail.http.limits import Usage
from handrail.http.origin import base_url, mail_url
from handrail.http.request import Headers, Receive, Request, Scope, Send
from handrail.http.routing import Routes
from handrail.kernel.actor import Actor
from handrail.kernel.errors import (
    EndpointNotFound,
    Invalid,
    MethodNotAllowed,
    Problem,
    ProtocolProblem,
    Refused,
    TooLarge,
    Unauthenticated,
)
from handrail.kernel.ids import is_guest_code, new_request_id
from handrail.kernel.permission import NEVER, cell, permit
from handrail.kernel.scopes import require as require_scope
from handrail.ports.database import Database

Page = Callable[[Request], Awaitable[None]]

log = structlog.get_logger("handrail.http")

EXPOSED = (
    "Retry-After, X-Request-Id, X-RateLimit-Limit, X-RateLimit-Used, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "X-RateLimit-Limit-Hour, X-RateLimit-Used-Hour, X-RateLimit-Remaining-Hour, X-RateLimit-Reset-Hour, "
    "RateLimit, RateLimit-Policy, Content-Disposition, ETag, Idempotent-Replayed"
)
ALLOWED = (
    "Authorization, Content-Type, Accept, X-Tallyfy-Client, org, X-Handrail-Strict, X-Request-Id, "
    "Idempotency-Key, If-Match, If-None-Match"
)
SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]
JSON: Headers = [(b"content-type", b"application/json")]
BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Web:
    """Everything between the server and the handlers."""

    def __init__(
        self,
        application: Application,
        authenticator: Authenticator,
        endpoints: Sequence[Endpoint],
        answers: repeating.Answers | None = None,
        revisions: Mapping[str, conditions.Revision] | None = None,
    ) -> None:
        self.application = application
        self._repeats = None if answers is None else repeating.Repeats(application.database, application.clock, answers)
        self._revisions = revisions or {}
        self.authenticator = authenticator
        self._origins = application.settings.cors_origins
        self._client_required = application.settings.client_header == "required"
        self.paths = by_path(endpoints)

    async def answer(self, methods: dict[str, Endpoint], request: Request) -> None:
        """Answer one request to a known path."""
        scope, headers, request_id = request.scope, request.headers, request.id
        usage: Usage | None = None
        call: Call | None = None
        extra: dict[str, str] = {}
        rest: AsyncIterator[bytes] | None = None
        status = 500
        try:
            endpoint = methods.get(scope["method"])
            if endpoint is None:
                raise MethodNotAllowed(
                    f"This path answers {', '.join(sorted(methods))}.", headers={"Allow": ", ".join(sorted(methods))}
                )
            raw = await self._read(request.receive, headers) if scope["method"] in BODY_METHODS else b""
            actor: Actor | None = None
            if endpoint.action is not None:
                code = guest_code(request) if endpoint.by_code else None
                actor, usage = await (self._admit(request) if code is None else self._admit_guest(request, code))
                permit_route(actor, endpoint.action)
            call = Call(
                self.application,
                actor,
                request.parameters,
                scope["query_string"],
                headers,
                base_url(self.application.settings, scope, headers),
                lambda: mail_url(self.application.settings, scope, headers),
                request.mount + request.path,
                request_id,
                request.address,
            )
            if endpoint.once and (b"idempotency-key" in headers or b"if-match" in headers):
                status, payload = await self._carefully(request, endpoint, call, actor, raw)
                extra = call.response_headers
            else:
                result = await begun(endpoint, call, raw)
                extra = call.response_headers
                status = endpoint.status
                if endpoint.shape == "stream":
                    # what is wrong is found before the first piece, while it can still be answered
                    payload = await anext(result)
                    rest = result
                else:
                    payload = render(endpoint, call, result)
                    if actor is not None and endpoint.is_validated:
                        tag = extra["etag"] = conditions.etag(payload, call.revision)
                        if b"if-none-match" in headers and conditions.is_known(headers[b"if-none-match"], tag):
                            status, payload = 304, b""
        except Exception as error:  # the one place where errors become answers
            endpoint = methods.get(scope["method"])
            misfit = None if endpoint is None else endpoint.misfit
            status, payload, extra = self._failure(error if misfit is None else in_protocol(error, misfit), request_id)
            if isinstance(error, Problem) and status == 429 and usage is None:
                usage = getattr(error, "usage", None)
        if usage is None and call is not None:
            # of a route that counts the request itself
            usage = call.usage
        await self._send(request, status, payload, extra, usage, rest)

    async def _carefully(
        self, request: Request, endpoint: Endpoint, call: Call, actor: Actor | None, raw: bytes
    ) -> tuple[int, bytes]:
        """Carry out a request that is to happen once, or only if nothing has changed; status and body of the answer."""
        headers, organization_id = request.headers, request.parameters["org"]

        async def run(database: Database, began_at: int | None) -> bytes:
            if b"if-match" in headers:
                database = conditions.Guarded(
                    database, headers[b"if-match"], self._revisions, endpoint.path, organization_id, call.path
                )
            call.application = msgspec.structs.replace(self.application, database=database)
            call.began_at = began_at
            return render(endpoint, call, await begun(endpoint, call, raw))

        if self._repeats is None or b"idempotency-key" not in headers:
            return endpoint.status, await run(self.application.database, None)
        place = repeating.place_of(
            actor,
            organization_id,
            endpoint.method,
            request.path,
            headers[b"idempotency-key"],
            raw,
            request.scope["query_string"],
        )
        work = repeating.Work(endpoint.status, run, lambda result: early(endpoint, result), endpoint.resumes)
        answered = await self._repeats.once(place, work)
        if answered.is_repeated:
            call.response_headers["Idempotent-Replayed"] = "true"
        return answered.status, answered.payload

    async def _admit(self, request: Request) -> tuple[Actor, Usage | None]:
        headers = request.headers
        token = await self.authenticator.token(headers.get(b"authorization"))
        client = headers.get(b"x-tallyfy-client", b"").decode("latin-1").strip()
        if not client and self._client_required:
            raise Unauthenticated(
                "The header X-Tallyfy-Client is missing. Add the line `X-Tallyfy-Client: APIClient` to the request.",
                code="CLIENT_HEADER_REQUIRED",
            )
        member = await self.authenticator.actor(token, request.parameters.get("org") or token.organization_id)
        if token.session_id is None:
            usage = await self.application.quota.count(member.organization_id, member.rates)
        else:
            # a person at a screen does not use up what the organization's programs may (wire 0.10)
            usage = await self.application.quota.count_person(token.account_id)
        await self.authenticator.seen(token, member.organization_id, request.address)
        actor = Actor(
            organization_id=member.organization_id,
            user_id=member.user_id,
            role=member.role,
            groups=member.groups,
            client=client[:200] or None,
            token_id=token.id,
            application_id=token.application_id,
            session_id=token.session_id,
            address=request.address or None,
            request_id=request.id,
            scopes=token.scopes,
        )
        return actor, usage

    async def _admit_guest(self, request: Request, code: str) -> tuple[Actor, Usage | None]:
        address = request.address
        guest = await self.authenticator.guest(self.application.limiter, request.parameters["org"], code, address)
        usage = await self.application.quota.count(guest.organization_id, guest.rates)
        await self.authenticator.visited(guest, address)
        client = request.headers.get(b"x-tallyfy-client", b"").decode("latin-1").strip()
        known = {"client": client[:200] or None, "address": address or None, "request_id": request.id}
        return msgspec.structs.replace(guest, **known), usage

    async def _read(self, receive: Receive, headers: dict[bytes, bytes]) -> bytes:
        limit = self.application.settings.max_body_bytes
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            raise too_large(limit)
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused("The request broke off before its body was complete.", code="INVALID_BODY")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise too_large(limit)
            more = message.get("more_body", False)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @staticmethod
    def _failure(error: Exception, request_id: str) -> tuple[int, bytes, dict[str, str]]:
        if not isinstance(error, Problem):
            log.error("request failed", request_id=request_id, exc_info=error)
            return 500, envelope.encode({"error": True, "message": "Server error.", "request_id": request_id}), {}
        if isinstance(error, ProtocolProblem):
            told: dict[str, Any] = {
                "error": error.error,
                "error_description": error.message,
                "message": error.message,
            }
            if error.errors:
                told["errors"] = error.errors
            return error.status, envelope.encode(told), error.headers
        answer: dict[str, Any] = {"error": True, "message": error.message}
        if error.code is not None:
            answer["code"] = error.code
        if isinstance(error, Invalid):
            answer["errors"] = error.errors
        return error.status, envelope.encode(answer), error.headers

    async def _send(
        self,
        request: Request,
        status: int,
        payload: bytes,
        extra: dict[str, str],
        usage: Usage | None,
        rest: AsyncIterator[bytes] | None = None,
    ) -> None:
        found: Headers = [(b"x-request-id", request.id.encode()), *SECURITY]
        if rest is None and status != 304:
            found.append((b"content-length", str(len(payload)).encode()))
        if "content-type" not in extra and payload:
            found += JSON
        if extra:
            found += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in extra.items()]
        if usage is not None:
            found += usage.headers()
        if b"origin" in request.headers:
            found += self.cors(request.headers[b"origin"])
        await request.send({"type": "http.response.start", "status": status, "headers": found})
        if request.scope["method"] == "HEAD":
            # the headers of GET, and nothing after them
            await request.send({"type": "http.response.body", "body": b""})
        elif rest is None:
            await request.send({"type": "http.response.body", "body": payload})
        else:
            await self._send_pieces(request, payload, rest)

    @staticmethod
    async def _send_pieces(request: Request, first: bytes, rest: AsyncIterator[bytes]) -> None:
        """The pieces of an answer, as fast as the client takes them."""
        await request.send({"type": "http.response.body", "body": first, "more_body": True})
        try:
            async for piece in rest:
                await request.send({"type": "http.response.body", "body": piece, "more_body": True})
        except Exception as error:
            # too late for another status: the server breaks the answer off, which a client notices
            log.error("answer broken off", request_id=request.id, exc_info=error)
            return
        await request.send({"type": "http.response.body", "body": b""})

    def cors(self, origin: bytes) -> Headers:
        """Headers that let a page of a configured origin read the answer."""
        if "*" in self._origins:
            allowed = b"*"
        elif origin.decode("latin-1") in self._origins:
            allowed = origin
        else:
            return []
        return [
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", EXPOSED.encode()),
            (b"vary", b"Origin"),
        ]

    async def preflight(self, request: Request) -> None:
        """OPTIONS on any path: 204, without a token (wire 0.11)."""
        found: Headers = [
            *self.cors(request.headers.get(b"origin", b"*")),
            (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
            (b"access-control-allow-headers", ALLOWED.encode()),
            (b"access-control-max-age", b"86400"),
            (b"x-request-id", request.id.encode()),
        ]
        await request.send({"type": "http.response.start", "status": 204, "headers": found})
        await request.send({"type": "http.response.body", "body": b""})

    async def refuse(self, request: Request, problem: Problem) -> None:
        """Answer a request that reached no endpoint."""
        status, payload, extra = self._failure(problem, request.id)
        await self._send(request, status, payload, extra, None)


def permit_route(actor: Actor, action: str) -> None:
    """Refuse a role that may never do this, before anything is read; relations are checked by the service."""
    if cell(actor, action) == NEVER:
        permit(actor, action)
    require_scope(actor, action)


def guest_code(request: Request) -> str | None:
    """The code in the path, with which a guest comes who has no token; whoever sends a token is its owner."""
    if b"authorization" in request.headers:
        return None
    text = request.parameters.get("guest", "").strip().lower()
    return text if is_guest_code(text) else None


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit:,} bytes; send less, or files through the upload call.")


def by_path(endpoints: Sequence[Endpoint]) -> dict[str, dict[str, Endpoint]]:
    """Methods by path; what answers GET answers HEAD. Raises LookupError when two claim the same method of a path."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        methods = paths.setdefault(endpoint.path, {})
        for method in (endpoint.method, *endpoint.aliases):
            if method in methods and method == endpoint.method:
                raise LookupError(f"{method} {endpoint.path} is declared twice")
            methods.setdefault(method, endpoint)
            if method == "GET":
                methods["HEAD"] = endpoint
    return paths


class Mount:
    """The ASGI application: serves the same API under `/api` and at the root (wire 0.1), and answers preflights."""

    def __init__(self, web: Web, pages: Mapping[str, Page]) -> None:
        self._web = web
        self._routes: Routes[dict[str, Endpoint] | Page] = Routes({**web.paths, **pages})

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # no coroutine of its own: every one around the handler is gone through again when that goes on
        path: str = scope["path"]
        mount = ""
        if path.startswith("/api/") or path == "/api":
            mount, path = "/api", path[4:] or "/"
        request = Request(scope, receive, send, mount, path, new_request_id(), dict(scope["headers"]))
        if scope["method"] == "OPTIONS":
            return self._web.preflight(request)
        found = self._routes.find(path)
        if found is None:
            return self._web.refuse(request, EndpointNotFound())
        target, request.parameters = found
        return target(request) if callable(target) else self._web.answer(target, request)
