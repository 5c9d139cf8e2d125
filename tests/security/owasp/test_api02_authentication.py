"""API2, broken authentication: who calls is known by a secret that cannot be guessed, replayed after its end, planted
or read off an address, and trying is slow.

Here: bearer tokens, sessions of browsers, passwords, second factors, guest codes, links of mails, and the secrets of
applications. What each of them does is tested beside its feature; these tests hold the ways around.
"""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from handrail.features.accounts import resetting
from handrail.features.members import proving
from handrail.http.auth import WRONG_CODES_PER_HOUR
from handrail.kernel import secrets
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.accounts.test_second_factor import Enrolled
from tests.features.builders import made
from tests.features.guests.codes import guest_of, stranger
from tests.features.oauth.flow import Flow, registered
from tests.support.browser import Browser
from tests.support.server import Org, Person, TestServer


@pytest.fixture
def mina(org: Org) -> Person:
    return with_password(org.member("standard", first_name="Mina"))


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: token.upper(),
        lambda token: token.replace("hrp_", "hra_"),
        lambda token: token.replace("hrp_", "hrs_"),
        lambda token: token.replace("hrp_", ""),
        lambda token: f" {token}",
        lambda token: f"{token},{token}",
        lambda token: f"{token}%00",
        secrets.fingerprint,
        lambda token: "null",
    ],
)
def test_a_token_is_taken_whole_or_not_at_all(org: Org, change: Callable[[str], str]) -> None:
    headers = [(b"authorization", b"Bearer " + change(org.token).encode()), (b"x-tallyfy-client", b"t")]
    answer = org.server.client().get(f"{org.path}/me", headers=headers)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize(
    "key", ["access_token", "token", "bearer", "api_key", "authorization", "Authorization", "auth"]
)
def test_no_token_in_an_address_a_cookie_or_a_body(org: Org, key: str) -> None:
    http = org.server.client()
    for text in (org.token, f"Bearer {org.token}"):
        assert http.get(f"{org.path}/me", params={key: text}).status_code == 401
        assert http.get(f"{org.path}/me", headers={"Cookie": f"{key}={org.token}"}).status_code == 401
        assert http.get(f"{org.path}/me", headers={"X-Api-Key": text, "X-Auth-Token": text}).status_code == 401
        assert http.post(f"{org.path}/tags", json={key: text, "title": "x"}).status_code == 401
        assert http.post(f"{org.path}/tags", data={key: text, "title": "x"}).status_code == 401


def test_the_cookie_of_a_session_is_no_token_of_the_api(org: Org, mina: Person) -> None:
    """So another site cannot make a browser call the API."""
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    answer = browser.http.get(f"{org.path}/me", headers={"X-Tallyfy-Client": "t"})
    assert answer.status_code == 401
    assert mina.client(browser.session or "").get("/me").status_code == 401


@pytest.mark.parametrize("kind", ["refresh", "code", "session", "client secret", "guest code", "invitation"])
def test_one_kind_of_secret_is_not_another(org: Org, mina: Person, kind: str) -> None:
    application = registered(org)
    flow = Flow(org.server, application)
    if kind == "code":
        secret = flow.code(mina)
    elif kind == "refresh":
        secret = flow.token(flow.code(mina)).json()["refresh_token"]
    elif kind == "session":
        secret = Browser(mina.server.url).sign_in(mina.email, PASSWORD).session or ""
    elif kind == "client secret":
        secret = application["client_secret"]
    elif kind == "guest code":
        secret = guest_of(org).code
    else:
        invited = {"email": f"inv.{org.organization_id[:8]}@pilots.example", "first_name": "E", "last_name": "N"}
        link = made(org.http.post("/users/invite", json={**invited, "role": "light"}), 200)["invite_link"]
        secret = re.split(r"[=/]", link)[-1]
    assert len(secret) > 20
    assert org.client(secret).get("/me").status_code == 401


def test_ended_tokens_stay_ended(org: Org, mina: Person) -> None:
    token = made(mina.http.post("/me/tokens", json={"name": "x", "expires_at": "2027-01-01T00:00:00Z"}))
    later = mina.client(token["access_token"])
    assert later.get("/me").status_code == 200
    with org.server.later(days=90):
        assert later.get("/me").status_code == 401
    assert mina.http.delete(f"/me/tokens/{token['id']}").status_code == 204
    assert later.get("/me").status_code == 401


def test_a_token_of_another_organization_finds_nothing(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    assert one.client(other.token).get("/me").status_code == 404


def test_passwords_are_tried_slowly_wherever_one_signs_in(mina: Person) -> None:
    """One count for the page, the call and the password grant."""
    http = mina.server.client(path="/api")
    body = {"email": mina.email, "password": "wrong"}
    for _ in range(proving.FAILED_PER_HOUR_FROM_ADDRESS):
        assert http.post("/auth/login", json=body).status_code == 422
    refused = http.post("/auth/login", json={**body, "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert Browser(mina.server.url).sign_in(mina.email, PASSWORD).status == 429
    assert Browser(mina.server.url).sign_in(mina.email.upper(), PASSWORD).status == 429
    # nor does the token of somebody who is signed in help
    change = {"password": PASSWORD, "new_password": "Springflut 12"}
    assert mina.http.put("/me/update-password", json=change).status_code == 429


def test_current_passwords_are_not_tried_with_a_stolen_token_either(mina: Person) -> None:
    change = {"password": "wrong", "new_password": "Springflut 12"}
    statuses = {mina.http.put("/me/update-password", json=change).status_code for _ in range(12)}
    statuses |= {
        mina.http.put("/me/update-email", json={"password": "wrong", "email": "x@pilots.example"}).status_code
        for _ in range(3)
    }
    assert 429 in statuses, "the current password can be guessed without end by whoever holds a token"


def test_second_factors_are_tried_slowly_by_the_api_too(mina: Person) -> None:
    factor = Enrolled(mina)
    http = mina.server.client(path="/api")
    body = {"email": mina.email, "password": PASSWORD, "code": "000000"}
    statuses = [http.post("/auth/login", json=body).status_code for _ in range(11)]
    assert statuses[:10] == [422] * 10 and statuses[10] == 429
    assert http.post("/auth/login", json={**body, "code": factor.code()}).status_code == 429


def test_guest_codes_are_tried_slowly(org: Org) -> None:
    guest = guest_of(org)
    for number in range(WRONG_CODES_PER_HOUR):
        wrong = guest.code[:-4] + f"{number:04x}"
        if wrong != guest.code:
            assert stranger(org, f"/guests/{wrong}").get("/tasks").status_code == 404
    stranger(org, f"/guests/{guest.code[::-1]}").get("/tasks")
    assert guest.get().status_code == 429


def test_the_token_endpoint_is_asked_slowly(org: Org) -> None:
    http = org.server.client()
    given = {"grant_type": "client_credentials", "client_id": "1", "client_secret": "x"}
    answers = [http.post("/oauth/token", data=given).status_code for _ in range(121)]
    assert set(answers[:120]) <= {400, 401}
    assert answers[120] == 429


def test_links_of_passwords_are_asked_for_slowly_and_tell_nothing(mina: Person) -> None:
    with mina.server.beside(smtp_url="smtp://127.0.0.1:9") as url:
        ask_for_links(mina.server.client(path="/api", url=url), mina)


def ask_for_links(http: httpx.Client, mina: Person) -> None:
    known = http.post("/auth/forgot-password", json={"email": mina.email})
    unknown = http.post("/auth/forgot-password", json={"email": "nobody.at.all@pilots.example"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert mina.email not in known.text
    for _ in range(resetting.PER_HOUR_OF_ACCOUNT - 1):
        assert http.post("/auth/forgot-password", json={"email": mina.email}).status_code == 200
    # also for an address without an account, or the limit would tell which ones there are
    for _ in range(resetting.PER_HOUR_OF_ACCOUNT - 1):
        assert http.post("/auth/forgot-password", json={"email": "nobody.at.all@pilots.example"}).status_code == 200
    for address in (mina.email, "nobody.at.all@pilots.example"):
        assert http.post("/auth/forgot-password", json={"email": address}).status_code == 429


@pytest.mark.parametrize("call", ["reset-password", "accept-invite", "register"])
def test_wrong_secrets_of_links_are_told_alike(server: TestServer, call: str) -> None:
    http = server.client(path="/api")
    answers: set[tuple[int, str]] = set()
    for token in (secrets.new_secret(secrets.ACCOUNT_LINK), secrets.new_secret(secrets.INVITATION), "x", "hrl_"):
        body = {"token": token, "password": PASSWORD, "first_name": "E", "last_name": "N", "organization": "X"}
        answer = http.post(f"/auth/{call}", json=body)
        assert 400 <= answer.status_code < 500
        answers.add((answer.status_code, answer.json()["message"]))
    assert len(answers) == 1, answers


def test_session_that_was_planted_before_the_sign_in_is_not_the_one_after_it(mina: Person) -> None:
    planted = secrets.new_secret(secrets.SESSION)
    browser = Browser(mina.server.url)
    browser.http.cookies.set("hr_session", planted, domain="127.0.0.1", path="/")
    browser.sign_in(mina.email, PASSWORD)
    assert browser.title == "Your account"
    now = [cookie.value for cookie in browser.http.cookies.jar if cookie.name == "hr_session"]
    assert now and planted not in now[-1:]
    other = Browser(mina.server.url)
    other.http.cookies.set("hr_session", planted)
    assert other.open("/account").title == "Sign in"


def test_session_changes_at_every_step_and_the_old_one_ends(mina: Person) -> None:
    factor = Enrolled(mina)
    browser = factor.half()
    half = browser.session
    browser.submit(code=factor.code())
    assert browser.title == "Your account"
    assert browser.session and browser.session != half
    other = Browser(mina.server.url)
    other.http.cookies.set("hr_session", half or "")
    assert other.open("/account").title == "Sign in"


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_out_of_reach(mina: Person, secure: bool) -> None:
    def flags(answer: httpx.Response) -> list[set[str]]:
        cookies = answer.headers.get_list("set-cookie")
        return [{part.strip().split("=")[0].lower() for part in cookie.split(";")[1:]} for cookie in cookies]

    def check(url: str) -> None:
        browser = Browser(url)
        page = browser.http.get("/account/sign-in")
        found = flags(page)
        assert found
        for one in found:
            assert {"httponly", "samesite", "path"} <= one
            assert ("secure" in one) is secure
            assert "domain" not in one

    if secure:
        with mina.server.beside(public_url="https://flow.example") as url:
            check(url)
    else:
        check(mina.server.url)


def test_a_narrow_token_makes_no_wider_one(org: Org) -> None:
    narrow = made(org.http.post("/me/tokens", json={"name": "n", "scopes": ["admin", "members:write", "tasks:write"]}))
    http = org.client(narrow["access_token"])
    for body in ({"name": "wide", "scopes": ["*"]}, {"name": "same", "scopes": ["tasks:read"]}, {"name": "none"}):
        assert http.post("/me/tokens", json=body).status_code == 403


def test_errors_of_sign_in_do_not_repeat_what_was_sent(mina: Person) -> None:
    http = mina.server.client(path="/api")
    for path, body in (
        ("/auth/login", {"email": mina.email, "password": "Geheimnis-4711"}),
        ("/auth/reset-password", {"token": "Geheimnis-4711", "password": "Geheimnis-4711"}),
        ("/auth/accept-invite", {"token": "Geheimnis-4711", "password": "Geheimnis-4711"}),
        ("/auth/login", {"email": mina.email, "password": ["Geheimnis-4711"]}),
        ("/auth/login", {"email": {"Geheimnis-4711": 1}, "password": "Geheimnis-4711"}),
    ):
        answer: Any = http.post(path, json=body)
        assert answer.status_code >= 400
        assert "Geheimnis" not in answer.text


def invitation(org: Org, email: str) -> str:
    """The token of an invitation that its administrator could copy."""
    body = {"email": email, "first_name": "E", "last_name": "N", "role": "light"}
    return re.split(r"[=/]", made(org.http.post("/users/invite", json=body), 200)["invite_link"])[-1]


def test_an_invitation_is_no_way_to_try_somebodys_password(mina: Person) -> None:
    """Whoever founds an organization may invite anybody, and copy the link."""
    token = invitation(mina.server.found(), mina.email)
    http = mina.server.client(path="/api")
    body = {"token": token, "password": "wrong"}
    statuses = [http.post("/auth/accept-invite", json=body).status_code for _ in range(12)]
    assert statuses[:10] == [422] * 10 and statuses[10:] == [429] * 2
    assert http.post("/auth/accept-invite", json={**body, "password": PASSWORD}).status_code == 429


def test_an_invitation_is_no_way_around_a_second_factor(mina: Person) -> None:
    factor = Enrolled(mina)
    org = mina.server.found()
    token = invitation(org, mina.email)
    answer = mina.server.client(path="/api").post("/auth/accept-invite", json={"token": token, "password": PASSWORD})
    assert answer.status_code == 403, answer.text
    assert "access_token" not in answer.text
    # in a browser it is accepted, and the code is asked for
    browser = Browser(mina.server.url).open(f"/accept-invite?token={token}")
    browser.submit(password=PASSWORD)
    assert browser.title == "Second factor"
    browser.submit(code=factor.code())
    assert browser.title in ("Your account", "Choose an organization")


def test_the_password_grant_is_no_way_around_a_second_factor(org: Org, mina: Person) -> None:
    application = made(
        org.http.post("/x/applications", json={"name": "App", "grants": ["password"], "is_first_party": True})
    )
    given = {
        "grant_type": "password",
        "client_id": str(application["client_id"]),
        "client_secret": application["client_secret"],
        "username": mina.email,
        "password": PASSWORD,
    }
    with mina.server.beside(password_grant="on") as url:
        http = mina.server.client(url=url)
        assert http.post("/oauth/token", data=given).status_code == 200
        Enrolled(mina)
        refused = http.post("/oauth/token", data=given)
        assert refused.status_code == 400
        assert refused.json()["error"] == "invalid_grant"
