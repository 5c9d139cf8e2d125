"""Ways in that somebody has thought of, each with what it would have opened."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from handrail.features.accounts import signing_in
from handrail.features.accounts.signing_in import WRONG_CODES_PER_HOUR
from handrail.features.members import passwords, proving
from handrail.features.members import service as members
from tests.features.accounts.conftest import PASSWORD, Mailing, with_password
from tests.features.accounts.conftest import mailing as mailing
from tests.features.accounts.test_second_factor import Enrolled
from tests.features.builders import made
from tests.features.members.test_invitations import accept, token_of
from tests.features.oauth.test_tokens import application, as_application, own_token
from tests.support.browser import Browser
from tests.support.server import Org, TestServer

MANY = 60


def invitation_of(org: Org, email: str) -> str:
    body = {"email": email, "first_name": "Eva", "last_name": "Nova", "role": "light"}
    return token_of(made(org.http.post("/users/invite", json=body), 200))


def provisioned(org: Org, email: str) -> int:
    """A member whom an application has made: active, and without a password."""
    token = own_token(org, application(org))
    return made(as_application(org, token, email=email, first_name="Eva", last_name="Nova"))["id"]


def test_whoever_invites_cannot_give_a_password_to_an_account_of_elsewhere(two_orgs: tuple[Org, Org]) -> None:
    """An administrator has the link of an invitation. With it they would have chosen the password of a person whom
    another organization's application had made, and been them there."""
    theirs, evil = two_orgs
    email = f"eva.{theirs.organization_id[-12:]}@harbor.example"
    provisioned(theirs, email)
    token = invitation_of(evil, email)
    answer = accept(evil.server, token, "a chosen password")
    assert answer.status_code == 403, answer.text
    browser = Browser(evil.server.url).open(f"/accept-invite?token={token}").submit(password="a chosen password")
    assert browser.status == 403
    assert Browser(evil.server.url).sign_in(email, "a chosen password").title == "Sign in"


def test_the_mail_of_the_invitation_may(mailing: Mailing) -> None:
    theirs, other = mailing.server.found(), mailing.server.found()
    email = f"ivo.{theirs.organization_id[-12:]}@harbor.example"
    provisioned(theirs, email)
    invitation_of(other, email)
    browser = mailing.browser().open(mailing.link(email)).submit(password="a chosen password")
    assert browser.title != "Sign in", browser.text
    assert Browser(mailing.server.url).sign_in(email, "a chosen password").title != "Sign in"


def at_once(
    org: Org,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    right: str,
    guess: Callable[[httpx.Client, int], int],
    cookies: dict[str, str] | None = None,
) -> list[int]:
    """What many guesses are answered of which none is looked at before all of them have come, the right one last."""
    plain: Any = getattr(signing_in, way)
    waiting: list[tuple[bool, asyncio.Event]] = []

    async def look(*given: Any) -> Any:
        here = asyncio.Event()
        waiting.append((given[-1] == right, here))
        if len(waiting) == MANY:
            for _, one in sorted(waiting, key=lambda known: known[0]):
                one.set()
        await asyncio.wait_for(here.wait(), 60)
        return await plain(*given)

    monkeypatch.setattr(signing_in, way, look)

    def one(number: int) -> int:
        with httpx.Client(base_url=org.server.url, timeout=90, cookies=cookies) as http:
            return guess(http, number)

    with ThreadPoolExecutor(MANY) as threads:
        return list(threads.map(one, range(MANY)))


def test_passwords_at_once_are_as_many_as_one_after_another(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them would have found room before the first was counted, and the right one among them was let in."""
    mina = with_password(org.member("standard"))

    def guess(http: httpx.Client, number: int) -> int:
        body = {"email": mina.email, "password": f"guess number {number}" if number else PASSWORD}
        return http.post("/auth/login", json=body).status_code

    answers = at_once(org, monkeypatch, "prove_password", PASSWORD, guess)
    assert answers[0] == 429
    assert answers.count(422) == proving.FAILED_PER_HOUR_FROM_ADDRESS
    assert answers.count(429) == MANY - proving.FAILED_PER_HOUR_FROM_ADDRESS


def test_codes_at_once_are_as_many_as_one_after_another(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    factor = Enrolled(with_password(org.member("standard")))
    browser, right = factor.half(), factor.code()
    (form,) = [form for form in browser.forms if form.action.startswith("/account/sign-in/code")]

    def guess(http: httpx.Client, number: int) -> int:
        data = {**form.fields, "code": f"x{number:05}" if number else right}
        return http.post(form.action, data=data).status_code

    answers = at_once(org, monkeypatch, "prove_code", right, guess, dict(browser.http.cookies))
    assert answers[0] == 429
    # one was wrong when the second factor was turned on
    assert answers.count(422) <= WRONG_CODES_PER_HOUR
    assert answers.count(429) >= MANY - WRONG_CODES_PER_HOUR


HOST = {"host": "evil.example"}


@pytest.mark.parametrize("way", ["forgotten", "register"])
def test_links_of_mails_do_not_lead_where_a_stranger_says(mailing: Mailing, way: str) -> None:
    """The one who gets the mail would have carried its secret to a server of the attacker's, who named it as the host
    of the request that has the mail sent."""
    org = mailing.server.found()
    mina = with_password(org.member("standard"))
    http = mailing.server.client(path="/api")
    email = mina.email
    if way == "forgotten":
        http.post("/auth/forgot-password", json={"email": email}, headers=HOST)
    else:
        email = f"new.{org.organization_id[-12:]}@harbor.example"
        body = {"first_name": "A", "last_name": "B", "email": email, "password": PASSWORD, "company_name": "C"}
        assert http.post("/auth/register", json=body, headers=HOST).status_code == 201
    mailing.deliver()
    said = str(mailing.sink.to(email)[-1])
    assert "evil.example" not in said
    assert re.search(r"token=3D|token=", said)


def test_submitting_a_form_sends_no_code_of_a_guest_elsewhere(mailing: Mailing) -> None:
    from tests.features.builders import template

    org = mailing.server.found()
    form = template(org, prerun=[], is_public_kickoff=True)
    path = f"/{org.organization_id}/public/kickoff/{form['alias']}"
    browser = Browser(mailing.server.url)
    browser.http.headers["host"] = "evil.example"
    browser.open(path).submit(email="zoe@quay.example")
    mailing.deliver()
    said = str(mailing.sink.to("zoe@quay.example")[-1])
    assert "/guest/" in said.replace("=\n", "")
    assert "evil.example" not in said


def test_hosts_of_the_settings_are_kept(server: TestServer) -> None:
    """What the operator has named is trusted as before."""
    from handrail.http.origin import mail_url
    from handrail.settings import Settings

    plain = Settings(data=server.settings.data)
    named = Settings(data=server.settings.data, allowed_hosts=("flow.example",))
    public = Settings(data=server.settings.data, public_url="https://flow.example")
    scope = {"scheme": "http", "server": ("10.0.0.5", 8000)}
    for settings, host, wanted in (
        (public, b"evil.example", "https://flow.example"),
        (named, b"flow.example:8000", "http://flow.example:8000"),
        (named, b"evil.example", "http://flow.example"),
        (plain, b"localhost:8000", "http://localhost:8000"),
        (plain, b"127.0.0.1:8000", "http://127.0.0.1:8000"),
        (plain, b"[::1]:8000", "http://[::1]:8000"),
        (plain, b"evil.example", "http://10.0.0.5:8000"),
        (plain, b"localhost.evil.example:80", "http://10.0.0.5:8000"),
        (plain, b"127.0.0.1:80@evil.example", "http://10.0.0.5:8000"),
        (plain, b"127.0.0.1:evil.example", "http://10.0.0.5:8000"),
    ):
        assert mail_url(settings, scope, {b"host": host}) == wanted, host


def test_passwords_that_wait_keep_nobody_from_the_store(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are tried two at a time. Strangers who sent many had all connections of PostgreSQL held meanwhile, and
    everybody else was refused."""
    plain, go = passwords.matches, asyncio.Event()
    come: list[str] = []

    async def slow(password_hash: str | None, password: str) -> bool:
        come.append(password)
        await asyncio.wait_for(go.wait(), 60)
        return await plain(password_hash, password)

    async def let_go() -> None:
        go.set()

    monkeypatch.setattr(passwords, "matches", slow)
    monkeypatch.setattr(members, "matches", slow, raising=False)

    def guess(number: int) -> int:
        with httpx.Client(base_url=org.server.url, timeout=90) as http:
            body = {"email": f"{number}.{org.organization_id}@quay.example", "password": "a guess"}
            return http.post("/auth/login", json=body).status_code

    with ThreadPoolExecutor(MANY) as threads:
        answers = [threads.submit(guess, number) for number in range(MANY)]
        while len(come) < MANY and not any(answer.done() for answer in answers):
            org.http.get("/tasks")
        assert org.http.get("/tasks").status_code == 200
        org.server.run(let_go)
        assert {answer.result() for answer in answers} == {422}
    assert len(come) == MANY
