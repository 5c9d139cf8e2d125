"""API10, unsafe consumption of APIs: what others answer is believed no further than it was checked.

Others are the OpenID Connect provider and the mail server, both of the operator's choice. An answer may be too long,
never end, be no JSON or the wrong JSON, lead elsewhere, or come with a status that it should not have. Whatever it is,
nobody is signed in by it, the answer to the browser is quick and says nothing of the inside, and mail waits.
"""

import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from handrail.adapters.mail_smtp import SmtpMailer
from handrail.features.accounts import oidc
from handrail.ports.mailer import Message, Refused, Unreachable
from tests.features.accounts.conftest import with_password
from tests.features.accounts.test_oidc import claims, signed_in
from tests.support.provider import Provider, provider
from tests.support.server import Org, Person
from tests.support.smtp import sink

Answer = Callable[[BaseHTTPRequestHandler], None]
JSON = "application/json"


def sending(payload: bytes, *, status: int = 200, kind: str = JSON, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(payload)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(payload)

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


def huge(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    try:
        handler.wfile.write(b'{"issuer": "')
        for _ in range(2_000):
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        pass


@contextmanager
def serving(answer: Answer) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


_PACKED: Any = {"Content-Encoding": "gzip"}
BAD: dict[str, Answer] = {
    "no JSON": sending(b"<html>hello</html>", kind="text/html"),
    "empty": sending(b""),
    "broken JSON": sending(b'{"issuer": '),
    "no UTF-8": sending(b'{"issuer": "\xff\xfe"}'),
    "a list": sending(b"[]"),
    "a text": sending(b'"x"'),
    "null": sending(b"null"),
    "a number": sending(b"1e999"),
    "deep": sending(b"[" * 100_000),
    "wrong types": sending(b'{"issuer": 1, "authorization_endpoint": [], "token_endpoint": {}, "jwks_uri": null}'),
    "half": sending(b'{"issuer": "x"}'),
    "another name": sending(
        b'{"issuer": "https://evil.example", "authorization_endpoint": "a", "token_endpoint": "b", "jwks_uri": "c"}'
    ),
    "an error": sending(b'{"error": "server_error"}', status=500),
    "elsewhere": sending(b"", status=302, Location="http://169.254.169.254/latest/meta-data"),
    "elsewhere for ever": sending(b"", status=307, Location="/.well-known/openid-configuration"),
    "packed": sending(b"\x1f\x8b\x08\x00broken", status=200, kind=JSON, **_PACKED),
    "huge": huge,
    "endless": endless,
    "silent": silent,
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is waited for, a second."""
    oidc._kept.clear()  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(oidc, "SECONDS", 1.0)
    yield
    oidc._kept.clear()  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def mina(servers: Any) -> Person:
    org: Org = servers("sqlite").found()
    return with_password(org.member("standard", first_name="Mina"))


@pytest.mark.parametrize("kind", BAD)
def test_description_that_is_none_signs_nobody_in(mina: Person, kind: str) -> None:
    from tests.support.browser import Browser

    with serving(BAD[kind]) as issuer, mina.server.beside(oidc_issuer=issuer, oidc_client_id="handrail") as url:
        began = time.monotonic()
        browser = Browser(url).open("/account/oidc")
        assert time.monotonic() - began < 3.5, "the browser waits for the provider"
        assert browser.status == 503, browser.text
        assert (browser.left, browser.session) == (None, None)
        assert "evil" not in browser.text and "169.254" not in browser.text


@pytest.mark.parametrize("document", ["token", "keys"])
@pytest.mark.parametrize("kind", BAD)
def test_answer_that_is_none_signs_nobody_in(mina: Person, document: str, kind: str) -> None:
    with serving(BAD[kind]) as elsewhere, provider() as good:
        told = good.documents

        def documents() -> dict[str, Any]:
            found = told()
            name = "token_endpoint" if document == "token" else "jwks_uri"
            found["/.well-known/openid-configuration"][name] = elsewhere
            return found

        good.documents = documents  # type: ignore[method-assign]
        with mina.server.beside(
            oidc_issuer=good.url, oidc_client_id=good.client_id, oidc_client_secret=good.client_secret
        ) as url:
            began = time.monotonic()
            browser = signed_in(url, good, claims(mina))
            assert time.monotonic() - began < 6, "the browser waits for the provider"
            assert browser.status in (403, 503), f"{browser.status} {browser.text}"
            assert browser.session is None


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "....", "eyJhbGciOiJub25lIn0.e30.", 1, None, [], {}, "x" * 200_000, "\u0000"]
)
def test_token_that_is_none_signs_nobody_in(mina: Person, token: object) -> None:
    with provider() as good:
        good.token = lambda given: (200, {"access_token": "x", "id_token": token})  # type: ignore[method-assign]
        with mina.server.beside(
            oidc_issuer=good.url, oidc_client_id=good.client_id, oidc_client_secret=good.client_secret
        ) as url:
            browser = signed_in(url, good, claims(mina))
            assert (browser.status, browser.session) == (403, None), browser.text


@pytest.mark.parametrize(
    "change",
    [
        {"sub": 1},
        {"sub": ""},
        {"sub": None},
        {"sub": ["x"]},
        {"sub": "x" * 100_000},
        {"email": ["mina@pilots.example"]},
        {"email": {"x": 1}},
        {"email": "\u0000"},
        {"email": "x" * 100_000},
        {"email_verified": [True]},
        {"iat": "yesterday"},
        {"exp": 10**400},
        {"exp": "never"},
    ],
    ids=str,
)
def test_claims_of_a_wrong_kind_break_nothing(mina: Person, change: dict[str, Any]) -> None:
    with (
        provider() as good,
        mina.server.beside(
            oidc_issuer=good.url, oidc_client_id=good.client_id, oidc_client_secret=good.client_secret
        ) as url,
    ):
        good.twist = lambda told: {**told, **change}
        browser = signed_in(url, good, claims(mina))
        assert browser.status in (200, 403, 503), f"{browser.status} {browser.text}"
        if browser.status == 200:
            # an odd name of somebody else's making is still only theirs
            assert mina.email in browser.text and change.keys() <= {"sub", "email_verified", "exp"}


def message() -> Message:
    import inspect

    known: dict[str, Any] = {
        "id": "m1",
        "recipient": "rui@pilots.example",
        "subject": "Hello\r\nBcc: x@evil.example",
        "html": "<p>x</p>",
    }
    known |= {"plain": "x", "reply_to": None}
    names = inspect.signature(Message).parameters
    return Message(**{name: known[name] for name in names if name in known})


SMTP: dict[str, tuple[bytes, type[Exception]]] = {
    "goodbye": (b"421 go away\r\n", Unreachable),
    "nonsense": (b"hello there\r\n" * 10, Unreachable),
    "binary": (b"\xff\xfe\x00\r\n", Unreachable),
    "endless": (b"220-x\r\n" * 200_000, Unreachable),
    "empty": (b"", Unreachable),
}


@pytest.mark.parametrize("kind", SMTP)
def test_mail_waits_for_a_server_that_answers_badly(mina: Person, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from handrail.adapters import mail_smtp

    monkeypatch.setattr(mail_smtp, "SECONDS", 1.0)
    said, expected = SMTP[kind]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(said)
                    time.sleep(1.5)
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        mailer = SmtpMailer(f"smtp://127.0.0.1:{listener.getsockname()[1]}", "Office <office@pilots.example>")
        began = time.monotonic()
        with pytest.raises(expected):
            mina.server.run(lambda: mailer.send(message()))
        assert time.monotonic() - began < 8


def test_no_header_is_smuggled_into_a_mail(mina: Person) -> None:
    with sink() as kept:
        mailer = SmtpMailer(kept.url, "Office <office@pilots.example>")
        try:
            mina.server.run(lambda: mailer.send(message()))
        except Refused:
            return
        (mail,) = kept.messages
        assert mail["Bcc"] is None
        assert mail["To"] == "rui@pilots.example"


def test_provider_is_asked_for_the_way_back_alone(mina: Person) -> None:
    """What a browser brings back from a provider names no address that the server would call."""
    with provider() as good, mina.server.beside(oidc_issuer=good.url, oidc_client_id=good.client_id) as url:
        from tests.support.browser import Browser

        assert isinstance(good, Provider)
        back = Browser(url).open("/account/oidc/back?code=x&state=y&iss=http://169.254.169.254")
        assert back.status == 403
