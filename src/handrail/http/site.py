"""Pages of HTML that work without JavaScript: forms, cookies, and the guards that every such page has.

A page is a handler of a path, for GET and for POST. A form is taken only from a page of this server: it bears a token
that is derived from the visitor's own cookie, and the browser's word for where it came from is believed when it says
elsewhere. Pages may load nothing but our own style sheet, and nobody may frame them.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlsplit

import msgspec
import structlog

from handrail.http.call import Application
from handrail.http.origin import base_url, mail_url
from handrail.http.pages import Page, respond
from handrail.http.request import Headers, Request
from handrail.kernel.errors import Denied, Invalid, MethodNotAllowed, Problem, Refused, TooLarge

log = structlog.get_logger("handrail.site")

LARGEST_FORM = 64 * 1024
LONGEST_COOKIE = 2000
SESSION_COOKIE = "hr_session"
VISITOR_COOKIE = "hr_visitor"
FORM_TOKEN = "form_token"


class Html(msgspec.Struct, frozen=True):
    """A page. `form_targets` are further origins that its form may lead to."""

    text: str
    status: int = 200
    form_targets: Sequence[str] = ()
    headers: Mapping[str, str] = {}


class Redirect(msgspec.Struct, frozen=True):
    """Go there, with GET."""

    location: str


Answer = Html | Redirect


class Visit:
    """One request of a browser."""

    def __init__(self, application: Application, request: Request) -> None:
        self.application = application
        self.request = request
        self.method: str = request.scope["method"]
        self.form: dict[str, str] = {}
        self.set_cookies: list[bytes] = []
        self._made_visitor: str | None = None

    @property
    def base_url(self) -> str:
        return base_url(self.application.settings, self.request.scope, self.request.headers)

    @property
    def mail_url(self) -> str:
        return mail_url(self.application.settings, self.request.scope, self.request.headers)

    @property
    def is_secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def now(self) -> int:
        return self.application.clock.now()

    @property
    def address(self) -> str:
        return self.request.address

    @property
    def request_id(self) -> str:
        return self.request.id

    @property
    def client(self) -> str:
        """What the activity and the audit log call a browser on these pages."""
        return "browser"

    @property
    def agent(self) -> str:
        return self.request.headers.get(b"user-agent", b"").decode("latin-1")[:300]

    @cached_property
    def query(self) -> dict[str, str]:
        text = self.request.scope["query_string"].decode("latin-1")
        return _pairs(text)

    @property
    def query_text(self) -> str:
        return self.request.scope["query_string"].decode("latin-1")

    @cached_property
    def cookies(self) -> dict[str, str]:
        return cookies_of(self.request.headers)

    def cookie(self, name: str) -> str | None:
        """A cookie of ours, which over TLS is bound to this host."""
        return self.cookies.get(cookie_name(name, secure=self.is_secure))

    def keep_cookie(self, name: str, value: str, seconds: int) -> None:
        """Set a cookie; with no seconds it is removed."""
        parts = [
            f"{cookie_name(name, secure=self.is_secure)}={value}",
            "Path=/",
            "HttpOnly",
            "SameSite=Lax",
            f"Max-Age={seconds}",
        ]
        if self.is_secure:
            parts.append("Secure")
        self.set_cookies.append("; ".join(parts).encode())

    @property
    def form_token(self) -> str:
        """What a form of this visitor must bear."""
        return _form_token(self._visitor(make=True))

    @property
    def browser(self) -> str | None:
        """By what this browser is known again; None for one that keeps no cookies, or is here for the first time."""
        known = self.cookie(VISITOR_COOKIE)
        return None if known is None else hashlib.sha256(f"browser:{known}".encode()).hexdigest()

    def require_form_token(self) -> None:
        """Raise Denied for a form that is not from a page of ours."""
        given = self.form.get(FORM_TOKEN, "")
        visitor = self._visitor(make=False)
        if not visitor or not hmac.compare_digest(_form_token(visitor).encode(), given.encode()):
            raise Denied("This form is out of date, or cookies are switched off. Load the page again and resend it.")

    def require_same_site(self) -> None:
        """Raise Denied when the browser says that another site sent this."""
        require_same_site(self.request.headers, self.base_url)

    def _visitor(self, *, make: bool) -> str:
        """The random value of this browser that its forms are bound to."""
        known = self.cookie(VISITOR_COOKIE) or self._made_visitor
        if known is None and make:
            known = self._made_visitor = secrets.token_urlsafe(32)
            self.keep_cookie(VISITOR_COOKIE, known, 30 * 86_400)
        return known or ""


Handler = Callable[[Visit], Awaitable[Answer]]


def cookies_of(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """The cookies of a request; none when they cannot be read."""
    jar = SimpleCookie()
    try:
        jar.load(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items() if len(morsel.value) <= LONGEST_COOKIE}


def cookie_name(name: str, *, secure: bool) -> str:
    """Over TLS cookies are bound to this very host."""
    return f"__Host-{name}" if secure else name


def require_same_site(headers: Mapping[bytes, bytes], base_url: str) -> None:
    """Raise Denied when the browser says that another site sent this."""
    site = headers.get(b"sec-fetch-site")
    if site is not None and site not in (b"same-origin", b"none"):
        raise Denied("This was sent by another site.")
    origin = headers.get(b"origin")
    if site is None and origin is not None:
        host = headers.get(b"host", b"").decode("latin-1")
        if urlsplit(origin.decode("latin-1")).netloc not in (host, urlsplit(base_url).netloc):
            raise Denied("This was sent by another site.")


class Site:
    """Collects the pages of one feature."""

    def __init__(self) -> None:
        self.handlers: dict[str, dict[str, Handler]] = {}

    def get(self, path: str) -> Callable[[Handler], Handler]:
        """Declare what a path shows. It changes nothing."""
        return self._declare("GET", path)

    def post(self, path: str) -> Callable[[Handler], Handler]:
        """Declare what a path does with a form."""
        return self._declare("POST", path)

    def _declare(self, method: str, path: str) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.handlers.setdefault(path, {})[method] = handler
            return handler

        return declare


def pages_of(
    application: Application, sites: Sequence[Site], look: Callable[[Visit, Problem], Html]
) -> dict[str, Page]:
    """Every page by path. `look` shows what went wrong."""
    found: dict[str, Page] = {}
    for site in sites:
        for path, handlers in site.handlers.items():
            found[path] = _page(application, handlers, look)
    return found


def _page(application: Application, handlers: Mapping[str, Handler], look: Callable[[Visit, Problem], Html]) -> Page:
    async def serve(request: Request) -> None:
        visit = Visit(application, request)
        try:
            answer = await _answer(visit, handlers)
        except Problem as problem:
            answer = look(visit, problem)
        except Exception as error:  # the one place where a page's mistake becomes an answer
            log.error("page failed", request_id=request.id, exc_info=error)
            answer = look(visit, Problem("Something went wrong on our side. Try again."))
        await _send(visit, answer)

    return serve


async def _answer(visit: Visit, handlers: Mapping[str, Handler]) -> Answer:
    method = "GET" if visit.method == "HEAD" else visit.method
    handler = handlers.get(method)
    if handler is None:
        allowed = ", ".join(sorted(handlers))
        raise MethodNotAllowed(f"This page answers {allowed}.", headers={"Allow": allowed})
    if method == "POST":
        visit.require_same_site()
        visit.form = await _form(visit.request)
        visit.require_form_token()
    return await handler(visit)


async def _form(request: Request) -> dict[str, str]:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Refused("The form broke off before it was complete.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_FORM:
            raise TooLarge("This form is larger than it can be.")
        more = message.get("more_body", False)
    kind = request.headers.get(b"content-type", b"")
    if not kind.startswith(b"application/x-www-form-urlencoded"):
        raise Refused("This page takes the form that it shows, and nothing else.")
    try:
        return _pairs(b"".join(parts).decode())
    except UnicodeDecodeError as error:
        raise Refused("The form is not valid UTF-8.") from error


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200))
    except ValueError as error:
        raise Refused("What was sent is not readable.") from error
    if any("\x00" in value for value in pairs.values()):
        raise Invalid({"form": "The character U+0000 cannot be stored; leave it out."})
    return pairs


async def _send(visit: Visit, answer: Answer) -> None:
    cookies: Headers = [(b"set-cookie", cookie) for cookie in visit.set_cookies]
    common: Headers = [
        (b"referrer-policy", b"same-origin"),
        (b"x-frame-options", b"DENY"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    ]
    if visit.is_secure:
        common.append((b"strict-transport-security", b"max-age=31536000"))
    if isinstance(answer, Redirect):
        location = (b"location", answer.location.encode("latin-1", "replace"))
        await respond(
            visit.request,
            b"",
            "text/html; charset=utf-8",
            status=303,
            cache=b"no-store",
            extra=[location, *common, *cookies],
            policy=policy(),
        )
        return
    told: Headers = [
        (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()
    ]
    await respond(
        visit.request,
        answer.text.encode(),
        "text/html; charset=utf-8",
        status=answer.status,
        cache=b"no-store",
        extra=[*common, *told, *cookies],
        policy=policy(answer.form_targets),
    )


def policy(form_targets: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of a page: our own style, no script, and forms that lead nowhere else."""
    targets = " ".join(["'self'", *form_targets])
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )


def _form_token(visitor: str) -> str:
    return hashlib.sha256(f"form:{visitor}".encode()).hexdigest()
