"""API8, security misconfiguration: every answer, of whatever kind, is as closed as it can be.

Every kind of answer is asked for: JSON with and without an error, the empty, the text, redirects, pages of accounts,
the reference, and what never reaches a handler.
"""

import re
from typing import Any

import httpx
import pytest

from handrail.main import sites
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.support.browser import Browser
from tests.support.server import Org, TestServer

PAGES = sorted(path for site in sites() for path, handlers in site.handlers.items() if "GET" in handlers)
EVIL = "https://evil.example"
LEAKS = re.compile(
    r"Traceback|\.py\b|File \"|site-packages|sqlite3?\.|asyncpg|sqlalchemy|SELECT |INSERT |/home/"
    r"|/usr/lib|UPDATE \w+ SET|uvicorn|msgspec|handrail\.features"
)


def answers(org: Org) -> dict[str, httpx.Response]:
    """One of every kind."""
    raw, mine = org.server.client(), org.http
    return {
        "item": mine.get("/me"),
        "list": mine.get("/tasks"),
        "created": mine.post("/tags", json={"title": "x", "color": "#102030"}),
        "text": mine.get("/x/audit/export"),
        "bare": raw.get("/.well-known/oauth-authorization-server"),
        "invalid": mine.post("/tags", json={}),
        "broken": mine.post("/tags", content=b"{"),
        "unauthenticated": raw.get(org.path),
        "denied": org.member("light").http.get("/x/audit"),
        "unknown": mine.get("/tags/" + "0" * 32),
        "no route": raw.get("/api/nowhere"),
        "no method": mine.request("PROPFIND", "/me"),
        "too large": mine.post("/tags", content=b"x" * (org.server.settings.max_body_bytes + 1)),
        "protocol": raw.post("/oauth/token", data={"grant_type": "x"}),
        "reference": raw.get("/docs"),
        "script": raw.get("/reference/scalar.js"),
        "no script": raw.get("/reference/nothing.js"),
        "health": raw.get("/health"),
        "redirect": raw.get("/"),
        "style": raw.get("/account/style.css"),
        "page": raw.get("/account/sign-in"),
        "page that leads on": raw.get("/account"),
        "page that is refused": raw.post("/account/sign-in", data={}),
        "page without a method": raw.put("/account/sign-in"),
        "preflight": raw.options("/api/me"),
    }


def test_every_answer_has_its_guards(org: Org) -> None:
    for kind, answer in answers(org).items():
        headers = answer.headers
        if kind == "preflight":
            # has nothing to guard
            assert not answer.content
            continue
        assert headers.get("x-content-type-options") == "nosniff", kind
        assert "server" not in headers or not re.search(r"\d", headers["server"]), kind
        assert "x-powered-by" not in headers, kind
        assert headers.get("referrer-policy") in ("no-referrer", "same-origin"), kind
        assert "x-request-id" in headers, kind
        if answer.content:
            assert "content-type" in headers, kind
        if headers.get("content-type", "").startswith("text/html"):
            assert "frame-ancestors 'none'" in headers["content-security-policy"], kind


def test_what_people_see_is_not_kept_by_caches(org: Org) -> None:
    public = {"reference", "script", "no script", "health", "redirect", "style", "preflight"}
    for kind, answer in answers(org).items():
        if kind not in public:
            assert answer.headers.get("cache-control") == "no-store", kind


def test_pages_run_no_script_and_load_nothing_from_elsewhere(org: Org) -> None:
    person = with_password(org.member("standard"))
    browser = Browser(org.server.url).sign_in(person.email, PASSWORD)
    stranger = Browser(org.server.url)
    for path in PAGES:
        for one in (browser, stranger):
            answer = one.http.get(path, follow_redirects=False)
            policy = answer.headers["content-security-policy"]
            assert "unsafe" not in policy, path
            assert policy.startswith("default-src 'none'"), path
            assert "script-src" not in policy, path
            assert not re.search(r"<script|\son\w+=|javascript:|style=", answer.text), path
            assert not re.search(r"""(?:src|href|action)=["']https?://""", answer.text.replace(org.server.url, "")), (
                path
            )
            assert answer.headers["x-frame-options"] == "DENY", path


def test_text_of_people_is_text_in_pages(org: Org) -> None:
    nasty = "<script>x</script>\"'><img src=x onerror=1>"
    answer = Browser(org.server.url).open("/account/sign-in")
    answer.submit("/account/sign-in", email=nasty, password="x")
    assert nasty not in answer.text and "<script>x" not in answer.text
    for query in ("next", "token", "error", "message", "login_hint", "email"):
        shown = Browser(org.server.url).http.get("/account/sign-in", params={query: nasty})
        assert "<script>x" not in shown.text and "<img src=x" not in shown.text
        reset = Browser(org.server.url).http.get("/account/reset-password", params={query: nasty})
        assert "<script>x" not in reset.text


@pytest.mark.parametrize("configured", [("*",), ("https://portal.example",), ()])
def test_cors_never_comes_with_credentials(org: Org, configured: tuple[str, ...]) -> None:
    with org.server.beside(cors_origins=configured) as url:
        http = org.server.client(org.token, url=url)
        for origin in (
            EVIL,
            "null",
            "https://portal.example",
            "https://portal.example.evil.example",
            "http://portal.example",
        ):
            for answer in (
                http.get(f"{org.path}/me", headers={"Origin": origin}),
                http.options(f"{org.path}/me", headers={"Origin": origin, "Access-Control-Request-Method": "PUT"}),
                http.get("/account/sign-in", headers={"Origin": origin}),
                http.get("/api/nowhere", headers={"Origin": origin}),
            ):
                assert "access-control-allow-credentials" not in answer.headers
                allowed = answer.headers.get("access-control-allow-origin")
                expected = (
                    {None, "*"} if configured == ("*",) else {None} | ({origin} if origin in configured else set())
                )
                assert allowed in expected, (origin, allowed)
    # pages of accounts are nobody else's to read
    page = org.server.client().get("/account/sign-in", headers={"Origin": EVIL})
    assert "access-control-allow-origin" not in page.headers


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "TRACK", "DEBUG", "HEAD", "PATCH", "DELETE", "x"])
def test_odd_methods_do_nothing_and_repeat_nothing(org: Org, method: str) -> None:
    for path in (f"{org.path}/tags", "/account/sign-in", "/docs", "/health", "/api/nowhere", "/.well-known/jwks.json"):
        try:
            answer = org.server.client(org.token).request(method, path, headers={"X-Canary": "canarybird"})
        except httpx.RemoteProtocolError:
            continue  # the server hangs up
        assert answer.status_code in ((200, 404, 405) if method == "HEAD" else (400, 404, 405, 501)), (
            path,
            answer.text,
        )
        assert "canarybird" not in answer.text
        assert method != "HEAD" or not answer.content


def test_errors_tell_nothing_of_the_inside(org: Org) -> None:
    for kind, answer in answers(org).items():
        if answer.status_code >= 400:
            assert not LEAKS.search(answer.text), f"{kind}: {answer.text[:300]}"


def test_failure_of_ours_tells_nothing_of_the_inside(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    from handrail.features.tags import labels

    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("SELECT secret FROM /home/somebody/handrail.db at features/tags.py")

    monkeypatch.setattr(labels, "create", fails, raising=False)
    for name in [name for name in vars(labels) if name in ("create", "change", "page", "one", "delete")]:
        monkeypatch.setattr(labels, name, fails)
    answer = org.http.get("/tags")
    assert answer.status_code == 500
    assert set(answer.json()) == {"error", "message", "request_id"}
    assert not LEAKS.search(answer.text)
    assert "somebody" not in answer.text


def test_host_of_a_request_makes_no_links_where_hosts_are_listed(org: Org) -> None:
    with org.server.beside(allowed_hosts=("flow.example",)) as url:
        http = org.client(url=url)
        for headers in (
            {"Host": "evil.example"},
            {"X-Forwarded-Host": "evil.example"},
            {"Forwarded": "host=evil.example"},
        ):
            answer = http.get("/tasks", params={"per_page": 1}, headers=headers)
            assert "evil.example" not in answer.text
            assert "evil.example" not in http.post("/guests", json={"email": "e@quay.example"}, headers=headers).text


def test_exports_start_no_formulas(org: Org) -> None:
    """What a spreadsheet would carry out is not the first thing in a cell."""
    for title in ("=1+1", "+1", "-1", "@x", "\t=1", "=HYPERLINK(1)"):
        org.http.post("/tags", json={"title": title[:20], "color": "#102030"})
    told = org.http.get("/x/audit/export")
    assert told.status_code == 200
    if told.headers["content-type"].startswith("text/csv"):
        assert not re.search(r"(^|,)\"?[=+@]", told.text, re.M)


def test_settings_are_closed_as_delivered() -> None:
    from pathlib import Path

    from handrail.settings import Settings

    delivered = Settings(data=Path("x"))
    assert delivered.password_grant == delivered.implicit_grant == delivered.dynamic_registration == "off"
    assert delivered.client_header == "required"
    assert delivered.durability == "full"
    assert delivered.rate_limit_per_minute > 0 and delivered.public_launches_per_address > 0
    assert 0 < delivered.session_idle_hours <= 24


def test_secrets_of_settings_are_never_repeated() -> None:
    from handrail.settings import SECRET, WrongSetting, load

    for name in SECRET:
        try:
            load(environment={f"HANDRAIL_{name.upper()}": "nonsense: hunter2\x00"})
        except WrongSetting as error:
            assert "hunter2" not in str(error), name


def test_shared_servers_hold_apart(server: TestServer) -> None:
    assert server.client().get("/health").json() == {"status": "ok"}
