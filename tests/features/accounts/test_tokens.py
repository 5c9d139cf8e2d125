"""Tokens of sign-ins and of browsers' sessions (wire 1.4)."""

import pytest

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import made
from tests.support.browser import Browser
from tests.support.server import Org, Person


@pytest.fixture
def mina(org: Org) -> Person:
    return with_password(org.member("standard", first_name="Mina"))


def test_login_and_logout(mina: Person) -> None:
    http = mina.server.client(path="/api")
    told = http.post("/auth/login", json={"email": mina.email, "password": PASSWORD}).json()["data"]
    assert (told["user_id"], told["organization_id"]) == (mina.user_id, mina.organization_id)
    token = told["token"]
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 86_400)
    mine = mina.server.client(token["access_token"], path="/api")
    assert mine.get("/me").json()["data"]["email"] == mina.email
    assert mine.post("/auth/logout").status_code == 200
    assert mine.get("/me").status_code == 401
    assert mina.http.get("/me").status_code == 200


def test_login_needs_no_client_header_and_says_little(mina: Person) -> None:
    http = mina.server.client(path="/api")
    del http.headers["X-Tallyfy-Client"]
    wrong = http.post("/auth/login", json={"email": mina.email, "password": "wrong"})
    unknown = http.post("/auth/login", json={"email": "nobody@pilots.example", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.json() == unknown.json()
    assert http.post("/auth/login", json={"email": mina.email, "password": PASSWORD}).status_code == 200


def test_login_names_an_organization(mina: Person) -> None:
    second = mina.server.found()
    second.member("light", email=mina.email)
    http = mina.server.client(path="/api")
    body = {"email": mina.email, "password": PASSWORD, "organization_id": second.organization_id}
    assert http.post("/auth/login", json=body).json()["data"]["organization_id"] == second.organization_id
    body["organization_id"] = mina.server.found().organization_id
    assert http.post("/auth/login", json=body).status_code == 404


def test_where_the_organization_wants_it_tokens_end_with_the_sign_out(org: Org, mina: Person) -> None:
    assert org.http.get("").json()["data"]["end_tokens_at_sign_out"] is False
    assert org.http.put("", json={"end_tokens_at_sign_out": True}).status_code == 200
    named = made(mina.http.post("/me/tokens", json={"name": "robot"}))["access_token"]
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD).submit("/account/sign-out")
    assert browser.title == "Sign in"
    assert mina.client(named).get("/me").status_code == 401
    assert mina.http.get("/me").status_code == 401
    # those of others go on
    assert org.http.get("/me").status_code == 200


def session_token(browser: Browser, **headers: str) -> str:
    answer = browser.http.post("/api/auth/session-token", headers={"Sec-Fetch-Site": "same-origin", **headers})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["token"]["access_token"]


def test_token_of_a_session_ends_with_it(mina: Person) -> None:
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    http = mina.client(session_token(browser))
    assert http.get("/me").status_code == 200
    # it is not one of the personal tokens to be looked after, and not one that makes others
    browser.open("/account").submit("/account/sign-out")
    assert http.get("/me").status_code == 401
    assert mina.http.get("/me").status_code == 200


def test_token_of_a_session_ends_when_the_password_changes_elsewhere(mina: Person) -> None:
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    http = mina.client(session_token(browser))
    body = {"password": PASSWORD, "new_password": "Springflut 12"}
    assert mina.http.put("/me/update-password", json=body).status_code == 200
    assert http.get("/me").status_code == 401
    assert browser.open("/account").title == "Sign in"


def test_changing_the_password_with_a_token_of_the_session_keeps_it(mina: Person) -> None:
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    http = mina.client(session_token(browser))
    assert (
        http.put("/me/update-password", json={"password": PASSWORD, "new_password": "Springflut 12"}).status_code == 200
    )
    assert http.get("/me").status_code == 200
    assert browser.open("/account").title == "Your account"


def test_no_session_no_token(mina: Person) -> None:
    browser = Browser(mina.server.url)
    assert browser.http.post("/api/auth/session-token").status_code == 401
    browser.sign_in(mina.email, PASSWORD)
    for site in ("cross-site", "same-site"):
        answer = browser.http.post("/api/auth/session-token", headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    answer = browser.http.post("/api/auth/session-token", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    stranger = mina.server.found().organization_id
    answer = browser.http.post(f"/api/auth/session-token?organization_id={stranger}")
    assert answer.status_code == 404
