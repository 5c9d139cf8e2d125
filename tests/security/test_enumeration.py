"""Whether an address has an account, or an id an application, is told neither by an answer nor by the work behind it.

Times are not compared, they would make a test that fails now and then: what a server does while somebody waits for the
answer is, statement by statement and hash by hash, the same.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from handrail.features.members import passwords
from tests.features.accounts.conftest import PASSWORD, Mailing, with_password
from tests.features.accounts.conftest import mailing as mailing
from tests.features.audit.test_audit import first_party
from tests.support.browser import Browser
from tests.support.server import Org

KNOWN, WITHOUT, UNKNOWN = "mina@harbor.example", "without.password@harbor.example", "nobody@harbor.example"


@pytest.fixture(scope="module")
def org(mailing: Mailing) -> Org:
    org = mailing.server.found()
    with_password(org.member("standard", email=KNOWN))
    org.member("standard", email=WITHOUT)
    return org


@pytest.fixture
def work(mailing: Mailing, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the server does: its statements, and each look at a password."""
    done: list[str] = []
    verify: Callable[[str, str], bool] = passwords._verify  # pyright: ignore[reportPrivateUsage]

    def verifying(password_hash: str, password: str) -> bool:
        done.append("a hash of a password was computed")
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", verifying)
    # computed once, by the first stranger
    mailing.server.run(passwords.nobodys_password)
    database: Any = mailing.server.database
    database.observer = done.append
    yield done
    database.observer = None


def done_for(work: list[str], ask: Callable[[], Any]) -> list[str]:
    # a first time, so that nothing is read that is remembered afterwards
    ask()
    work.clear()
    ask()
    return [re.sub(r"\s+", " ", text) for text in work]


def forgotten_page(org: Org, email: str, number: int) -> str:
    return Browser(org.server.url).open("/account/forgot-password").submit(email=email).text.replace(email, "")


def forgotten_call(org: Org, email: str, number: int) -> str:
    return open_call(org).post("/auth/forgot-password", json={"email": email}).text


def sign_in_page(org: Org, email: str, number: int) -> str:
    return Browser(org.server.url).sign_in(email, f"wrong password {number}").text.replace(email, "")


def login_call(org: Org, email: str, number: int) -> str:
    return open_call(org).post("/auth/login", json={"email": email, "password": f"wrong password {number}"}).text


def register_call(org: Org, email: str, number: int) -> str:
    body = {"first_name": "A", "last_name": "B", "email": email, "password": PASSWORD, "company_name": f"C {number}"}
    return open_call(org).post("/auth/register", json=body).text


def open_call(org: Org) -> httpx.Client:
    return org.server.client(path="/api")


@pytest.mark.parametrize("ask", [forgotten_page, forgotten_call, sign_in_page, login_call, register_call])
def test_a_stranger_learns_nothing_of_an_address(
    org: Org, work: list[str], ask: Callable[[Org, str, int], str]
) -> None:
    said: dict[str, str] = {}
    done: dict[str, list[str]] = {}
    for email in (KNOWN, WITHOUT, UNKNOWN):
        numbers = iter(range(10))

        def once(email: str = email, numbers: Iterator[int] = numbers) -> None:
            said[email] = re.sub(r"value=\"[\w-]{20,}\"", "", ask(org, email, next(numbers)))

        done[email] = done_for(work, once)
    assert said[KNOWN] == said[WITHOUT] == said[UNKNOWN]
    assert done[KNOWN] == done[UNKNOWN]
    assert done[WITHOUT] == done[UNKNOWN]
    assert len(done[UNKNOWN]) > 0


def test_the_password_grant_tells_an_application_nothing_of_an_address(org: Org, work: list[str]) -> None:
    app = first_party(org)
    with org.server.beside(password_grant="on") as url, httpx.Client(base_url=url) as http:

        def ask(email: str) -> tuple[str, list[str]]:
            fields = {"grant_type": "password", "username": email, "password": "wrong password"}
            who = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
            answers: list[str] = []
            found = done_for(work, lambda: answers.append(http.post("/oauth/token", data={**fields, **who}).text))
            return answers[-1], found

        known, unknown = ask(KNOWN), ask(UNKNOWN)
    assert known == unknown
    assert any("password" in text for text in known[1])


def test_unknown_applications_are_looked_for_as_known_ones(org: Org, work: list[str]) -> None:
    app = first_party(org)
    http = open_call(org)

    def ask(path: str, client_id: str) -> tuple[int, str, list[str]]:
        fields = {"grant_type": "client_credentials", "token": "hra_x", "client_secret": "hrc_wrong"}
        answers: list[httpx.Response] = []
        found = done_for(work, lambda: answers.append(http.post(path, data={**fields, "client_id": client_id})))
        return answers[-1].status_code, answers[-1].text, found

    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
        assert ask(path, app["client_id"]) == ask(path, "999999999"), path


def test_what_follows_is_done_for_those_who_are_known(mailing: Mailing, org: Org) -> None:
    """And only then; the work that was put off is not put off for ever."""
    open_call(org).post("/auth/login", json={"email": KNOWN, "password": "a wrong one"})
    open_call(org).post("/auth/login", json={"email": "stranger@harbor.example", "password": "a wrong one"})
    before = len(org.http.get("/x/audit?event=login_failed").json()["data"])
    mailing.deliver()
    entries = org.http.get("/x/audit?event=login_failed&per_page=100").json()
    assert entries["meta"]["pagination"]["total"] > before
    assert "stranger" not in str(entries)
