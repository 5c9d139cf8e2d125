"""The optional second factor (around 5.1)."""

import re

import pytest
from pyotp.totp import TOTP

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.reliability.rows import Rows
from tests.support.browser import Browser
from tests.support.server import Org, Person


@pytest.fixture
def mina(org: Org) -> Person:
    return with_password(org.member("standard", first_name="Mina"))


class Enrolled:
    """Somebody with an authenticator."""

    def __init__(self, person: Person) -> None:
        self.person = person
        browser = Browser(person.server.url).sign_in(person.email, PASSWORD).open("/account/second-factor")
        found = re.search(r"<code>([A-Z2-7]+)</code>", browser.text)
        assert found is not None
        self.secret = found[1]
        assert 'src="data:image/svg+xml' in browser.text
        assert browser.submit(code="000000").status == 422
        browser.submit(code=self.code(0))
        assert browser.title == "Your recovery codes"
        self.recovery = re.findall(r"<code>([0-9a-f-]+)</code>", browser.text)

    def code(self, steps: int = 1) -> str:
        """The next code: it is taken already, and still is if a step ends before it arrives."""
        now = self.person.server.clock.now() // 1000
        return TOTP(self.secret).at(now + 30 * steps)

    def half(self) -> Browser:
        browser = Browser(self.person.server.url).sign_in(self.person.email, PASSWORD)
        assert browser.title == "Second factor"
        return browser


def test_needs_the_code_from_now_on(mina: Person) -> None:
    factor = Enrolled(mina)
    browser = factor.half()
    # half of a session opens nothing
    assert Browser_open(browser, "/account") == "Second factor"
    assert browser.submit(code="123456").status == 422
    code = factor.code()
    browser.submit(code=code)
    assert browser.title == "Your account"
    # a code works once
    assert factor.half().submit(code=code).status == 422
    stored = Rows.of(mina.server.settings).all("SELECT sealed_secret, recovery FROM second_factors")
    assert factor.secret not in str(stored)
    assert factor.recovery[0] not in str(stored)


def Browser_open(browser: Browser, path: str) -> str:
    return browser.open(path).title


def test_a_recovery_code_works_once(mina: Person) -> None:
    factor = Enrolled(mina)
    assert len(set(factor.recovery)) == 10
    assert factor.half().submit(code=factor.recovery[3].upper()).title == "Your account"
    assert factor.half().submit(code=factor.recovery[3]).status == 422
    assert factor.half().submit(code=factor.recovery[4]).title == "Your account"


def test_ten_wrong_codes_are_enough(mina: Person) -> None:
    factor = Enrolled(mina)
    browser = factor.half()
    for _ in range(10):
        assert browser.submit(code="000000").status == 422
    assert browser.submit(code=factor.code()).status == 429
    # nor does another browser help
    assert factor.half().submit(code=factor.code()).status == 429


def test_old_codes_are_worth_nothing(mina: Person) -> None:
    factor = Enrolled(mina)
    old = factor.code()
    with mina.server.later(hours=0.05):
        assert factor.half().submit(code=old).status == 422


def test_with_another_key_only_recovery_codes_work(mina: Person) -> None:
    factor = Enrolled(mina)
    with mina.server.beside(secret_key=("another key of thirty-two letters",)) as url:
        browser = Browser(url).sign_in(mina.email, PASSWORD)
        assert browser.submit(code=factor.code()).status == 422
        assert browser.submit(code=factor.recovery[0]).title == "Your account"


def test_is_turned_off_with_the_password(mina: Person) -> None:
    factor = Enrolled(mina)
    browser = factor.half().submit(code=factor.code())
    browser.open("/account/second-factor").submit(password="wrong")
    assert browser.status == 422
    browser.submit(password=PASSWORD)
    assert browser.title == "Your account"
    assert Browser(mina.server.url).sign_in(mina.email, PASSWORD).title == "Your account"


def test_the_api_asks_for_it_too(org: Org, mina: Person) -> None:
    factor = Enrolled(mina)
    http = mina.server.client(path="/api")
    body = {"email": mina.email, "password": PASSWORD}
    assert set(http.post("/auth/login", json=body).json()["errors"]) == {"code"}
    assert http.post("/auth/login", json={**body, "code": "000000"}).status_code == 422
    assert http.post("/auth/login", json={**body, "code": factor.code()}).status_code == 200
    events = [entry["event"] for entry in org.http.get("/x/audit").json()["data"]]
    assert "second_factor_on" in events
