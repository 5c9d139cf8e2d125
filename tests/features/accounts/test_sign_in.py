"""Signing in and out with a browser (around 5.1)."""

import pytest

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.support.browser import Browser
from tests.support.server import Org, Person


@pytest.fixture
def mina(org: Org) -> Person:
    return with_password(org.member("standard", first_name="Mina"))


def test_signs_in_and_out(mina: Person) -> None:
    browser = Browser(mina.server.url).open("/account")
    assert browser.title == "Sign in"
    browser.sign_in(mina.email, PASSWORD)
    assert (browser.status, browser.title) == (200, "Your account")
    assert mina.email in browser.text
    secret = browser.session
    browser.submit("/account/sign-out")
    assert browser.title == "Sign in"
    # the cookie that was there works no more
    other = Browser(mina.server.url)
    other.http.cookies.set("hr_session", secret or "")
    assert other.open("/account").title == "Sign in"


@pytest.mark.parametrize("which", ["unknown", "wrong", "nobody's"])
def test_wrong_words_are_told_alike(org: Org, mina: Person, which: str) -> None:
    address = {"unknown": "nobody@pilots.example", "wrong": mina.email, "nobody's": org.email}[which]
    browser = Browser(mina.server.url).sign_in(address, "not the password")
    assert browser.status == 422
    assert "The address or the password is not right." in browser.text
    assert browser.session is None
    assert "not the password" not in browser.text


def test_ten_wrong_passwords_are_enough(mina: Person) -> None:
    browser = Browser(mina.server.url)
    for _ in range(10):
        assert browser.sign_in(mina.email, "wrong").status == 422
    assert browser.sign_in(mina.email, PASSWORD).status == 429
    assert int(browser.answer.headers["retry-after"]) > 0


def test_goes_on_to_where_it_was_wanted(mina: Person) -> None:
    browser = Browser(mina.server.url).open("/account/password")
    assert browser.sign_in(mina.email, PASSWORD).title == "Change your password"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nx: y", ""]
)
def test_goes_nowhere_else(mina: Person, wanted: str) -> None:
    browser = Browser(mina.server.url).open("/account/sign-in")
    browser.submit("/account/sign-in", email=mina.email, password=PASSWORD, next=wanted)
    assert browser.left is None
    assert browser.title == "Your account"


def test_chooses_among_organizations(org: Org, mina: Person) -> None:
    second = mina.server.found("Second")
    second.member("light", email=mina.email)
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    assert browser.title == "Choose an organization"
    browser.submit(organization_id=second.organization_id)
    assert browser.title == "Your account"
    stranger = mina.server.found("Third")
    browser.submit("/account/choose", organization_id=stranger.organization_id)
    assert browser.status == 404


def test_form_of_another_site_is_refused(mina: Person) -> None:
    browser = Browser(mina.server.url).open("/account/sign-in")
    fields = {**browser.forms[0].fields, "email": mina.email, "password": PASSWORD}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        assert browser.http.post("/account/sign-in", data=fields, headers=headers).status_code == 403
    assert browser.http.post("/account/sign-in", data={**fields, "form_token": "x"}).status_code == 403
    # without the visitor's cookie the token is worth nothing
    assert Browser(mina.server.url).http.post("/account/sign-in", data=fields).status_code == 403
    assert browser.http.post("/account/sign-in", data=fields).status_code == 303


def test_pages_guard_themselves(mina: Person) -> None:
    browser = Browser(mina.server.url).open("/account/sign-in")
    headers = browser.answer.headers
    policy = headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self';" in policy
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    cookie = browser.sign_in(mina.email, PASSWORD).http.cookies.jar
    kept = {one.name: one for one in cookie}["hr_session"]
    assert kept.has_nonstandard_attr("HttpOnly")
    assert kept.get_nonstandard_attr("SameSite") == "Lax"


def test_over_tls_cookies_are_bound_to_the_host(mina: Person) -> None:
    with mina.server.beside(public_url="https://flow.example") as url:
        answer = Browser(url).http.get("/account/sign-in")
    assert answer.headers["set-cookie"].startswith("__Host-hr_visitor=")
    assert "; Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(("hours", "works"), [(11, True), (13, False)])
def test_unused_session_ends(mina: Person, hours: int, works: bool) -> None:
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    with mina.server.later(hours=hours):
        assert (browser.open("/account").title == "Your account") is works


def test_every_session_ends_after_a_month(mina: Person) -> None:
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    for day in range(30):
        with mina.server.later(hours=day * 24 / 2.1):
            browser.open("/account")
    with mina.server.later(days=30, hours=1):
        assert browser.open("/account").title == "Sign in"


def test_disabled_everywhere_is_told_by_whom(org: Org, mina: Person) -> None:
    browser = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    assert org.http.delete(f"/users/{mina.user_id}/disable").status_code == 200
    other = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    assert other.status == 403
    assert "has disabled your account" in other.text
    assert "Ada" in other.text
    assert other.session is None
    # what was signed in has nowhere to go, and ended with the last organization
    assert browser.open("/account").title == "Sign in"


def test_changing_the_password_ends_the_other_sessions(mina: Person) -> None:
    here = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    there = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    here.open("/account/password").submit(current_password="wrong", password="Springflut 12")
    assert here.status == 422
    here.submit(current_password=PASSWORD, password="Springflut 12")
    assert here.title == "Your account"
    assert there.open("/account").title == "Sign in"
    assert there.sign_in(mina.email, "Springflut 12").title == "Your account"


def test_ends_other_sessions(mina: Person) -> None:
    here = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    there = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    here.open("/account").submit("/account/sessions/end", session_id="others")
    assert there.open("/account").title == "Sign in"
    assert here.open("/account").title == "Your account"


def test_nobody_ends_a_session_of_somebody_else(org: Org, mina: Person) -> None:
    eve = with_password(org.member("standard", first_name="Eve"))
    hers = Browser(mina.server.url).sign_in(mina.email, PASSWORD)
    session_id = next(
        row[0] for row in _rows(mina, "SELECT id FROM sessions WHERE account_id = ? AND ended_at IS NULL", mina.user_id)
    )
    evil = Browser(mina.server.url).sign_in(eve.email, PASSWORD).open("/account")
    form = next(form for form in evil.forms if form.action == "/account/sign-out")
    data = {**form.fields, "session_id": session_id}
    assert evil.http.post("/account/sessions/end", data=data).status_code == 303
    assert hers.open("/account").title == "Your account"


def test_sign_ins_are_audited(org: Org, mina: Person) -> None:
    browser = Browser(mina.server.url).sign_in(mina.email, "wrong")
    browser.sign_in(mina.email, PASSWORD)
    mina.server.carry_out("accounts.errand")
    events = [(entry["event"], entry["subject_id"]) for entry in org.http.get("/x/audit").json()["data"]]
    assert ("login_failed", str(mina.user_id)) in events
    assert ("login_succeeded", str(mina.user_id)) in events


def _rows(person: Person, query: str, *values: object) -> list[tuple[str]]:
    from tests.reliability.rows import Rows

    return Rows.of(person.server.settings).all(query.replace("?", str(values[0])))
