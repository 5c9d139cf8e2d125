"""Registering, with and without mail (around 5.6)."""

import pytest

from tests.features.accounts.conftest import PASSWORD, Mailing
from tests.reliability.rows import Rows
from tests.support.browser import Browser
from tests.support.server import Org, TestServer

FIELDS = {"first_name": "Rosa", "last_name": "Lima", "password": PASSWORD, "organization": "Lima Shipping"}


def address(server: TestServer, name: str) -> str:
    return f"{name}.{id(server)}@pilots.example"


def test_without_mail_the_founder_is_in_at_once(server: TestServer) -> None:
    rosa = address(server, "rosa.at.once")
    browser = Browser(server.url).open("/account/register").submit(**FIELDS, email=rosa)
    assert browser.title == "Your account"
    assert "Lima Shipping" in browser.text
    assert "admin" in browser.text
    # nobody registers over somebody else
    again = Browser(server.url).open("/account/register").submit(**FIELDS | {"password": "another one"}, email=rosa)
    assert again.status == 422
    assert again.session is None
    assert Browser(server.url).sign_in(rosa, PASSWORD).title == "Your account"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", ""),
        ("last_name", "http://spam.example"),
        ("email", "rosa"),
        ("password", "short"),
        ("password", "x" * 128),
        ("organization", " "),
        ("organization", "x" * 51),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(server: TestServer, field: str, value: str) -> None:
    given = {**FIELDS, "email": address(server, "rosa.wrong"), field: value}
    browser = Browser(server.url).open("/account/register").submit(**given)
    assert browser.status == 422
    assert f'id="{field}-error"' in browser.text
    assert browser.text.count("-error") == 2
    # what was right is still there, passwords excepted
    if field != "organization":
        assert 'value="Lima Shipping"' in browser.text
    assert PASSWORD not in browser.text


def test_where_it_is_closed_nobody_registers(server: TestServer) -> None:
    with server.beside(registration="closed") as url:
        assert Browser(url).open("/account/register").status == 403
        assert "/account/register" not in Browser(url).open("/account/sign-in").text
        answer = server.client(url=url).post("/auth/register", json={**API, "email": address(server, "closed")})
        assert answer.status_code == 403


def test_with_mail_the_link_finishes_it(mailing: Mailing) -> None:
    rosa = address(mailing.server, "rosa")
    browser = mailing.browser().open("/account/register").submit(**FIELDS, email=rosa)
    assert browser.title == "Look into your mail"
    rows = Rows.of(mailing.server.settings)
    # nothing is there yet, and the password is nowhere
    assert rows.all(f"SELECT id FROM accounts WHERE email = '{rosa}'") == []
    assert PASSWORD not in str(rows.all("SELECT payload FROM account_links"))
    link = mailing.link(rosa)
    # looking at the link, as mail filters do, uses nothing up
    browser.open(link)
    browser.open(link).submit()
    assert browser.title == "Your account"
    assert "not verified" not in browser.text
    again = mailing.browser().open(link)
    assert "used already" in again.text
    assert again.session is None


def test_elsewhere_the_password_is_chosen_again(mailing: Mailing) -> None:
    """Whoever registers need not be whoever reads the mail: the password of the first is nothing to the second."""
    rosa = address(mailing.server, "rosa.elsewhere")
    mailing.browser().open("/account/register").submit(**FIELDS, email=rosa)
    link = mailing.link(rosa)
    elsewhere = mailing.browser().open(link)
    assert elsewhere.forms[0].visible == ["password"]
    assert elsewhere.submit(password="short").status == 422
    # not even a browser that leaves the field out, or that somebody else has registered in
    assert elsewhere.submit(password="").status == 422
    other = mailing.browser().open("/account/register").open(link)
    assert other.forms[0].visible == ["password"]
    assert other.submit(password="Springflut 12").title == "Your account"
    assert mailing.browser().sign_in(rosa, PASSWORD).session is None
    assert mailing.browser().sign_in(rosa, "Springflut 12").title == "Your account"


def test_a_known_address_learns_it_by_mail_alone(mailing: Mailing) -> None:
    org = mailing.server.found()
    known = mailing.browser().open("/account/register").submit(**FIELDS, email=org.email)
    unknown = mailing.browser().open("/account/register").submit(**FIELDS, email=address(mailing.server, "new"))
    assert known.text.replace(org.email, "") == unknown.text.replace(address(mailing.server, "new"), "")
    assert mailing.link(org.email) == "/account/sign-in"


def test_a_newer_registration_ends_the_older_one(mailing: Mailing) -> None:
    rosa = address(mailing.server, "rosa.twice")
    mailing.browser().open("/account/register").submit(**FIELDS, email=rosa)
    first = mailing.link(rosa)
    mailing.browser().open("/account/register").submit(**FIELDS | {"password": "the second one"}, email=rosa)
    second = mailing.link(rosa)
    assert "newer mail" in mailing.browser().open(first).text
    mailing.browser().open(second).submit(password="the second one")
    assert mailing.browser().sign_in(rosa, "the second one").title == "Your account"


def test_a_link_runs_out_after_a_day(mailing: Mailing) -> None:
    rosa = address(mailing.server, "rosa.late")
    mailing.browser().open("/account/register").submit(**FIELDS, email=rosa)
    link = mailing.link(rosa)
    with mailing.server.later(hours=25):
        assert "run out" in mailing.browser().open(link).text


def test_the_mail_lies_sealed_until_it_is_sent(mailing: Mailing) -> None:
    rosa = address(mailing.server, "rosa.sealed")
    mailing.browser().open("/account/register").submit(**FIELDS, email=rosa)
    if mailing.server.settings.is_embedded:
        waiting = str(Rows.of(mailing.server.settings).all("SELECT payload FROM jobs"))
    else:
        waiting = str(Rows.of(mailing.server.settings).all("SELECT args FROM procrastinate_jobs"))
    assert '"errand"' in waiting or "'errand'" in waiting
    assert "hrl_" not in waiting
    assert rosa not in waiting
    assert mailing.link(rosa).startswith("/account/register/finish?token=hrl_")


def test_whoever_is_in_founds_another_one(org: Org) -> None:
    from tests.features.accounts.conftest import with_password

    browser = Browser(org.server.url).sign_in(with_password(org).email, PASSWORD)
    browser.open("/account/organizations/new").submit(organization="A second one")
    assert browser.title == "Your account"
    assert "A second one" in browser.text


API = {
    "first_name": "Rosa",
    "last_name": "Lima",
    "password": PASSWORD,
    "company_name": "Lima Shipping",
    "plan_code": "pro",
    "timezone": "Europe/Lisbon",
}


def test_registers_through_the_api(server: TestServer) -> None:
    rosa = address(server, "rosa.api")
    http = server.client(path="/api")
    answer = http.post("/auth/register", json={**API, "email": rosa})
    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "active")
    login = http.post("/auth/login", json={"email": rosa, "password": PASSWORD}).json()["data"]
    mine = server.client(login["token"]["access_token"]).get("/me/organizations").json()["data"]
    assert [(one["name"], one["timezone"], one["user_role"]) for one in mine] == [
        ("Lima Shipping", "Europe/Lisbon", "admin")
    ]
    wrong = http.post("/auth/register", json={**API, "company_name": "", "timezone": "Nowhere", "email": "x"})
    assert set(wrong.json()["errors"]) == {"company_name", "timezone", "email"}


def test_registers_through_the_api_with_mail(mailing: Mailing) -> None:
    rosa = address(mailing.server, "rosa.api.mail")
    answer = mailing.server.client(path="/api").post("/auth/register", json={**API, "email": rosa})
    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "verify")
    # no browser has registered, so none is known
    browser = mailing.browser().open("/account/register").open(mailing.link(rosa))
    assert browser.forms[0].visible == ["password"]
    assert browser.submit(password="Springflut 12").title == "Your account"
    assert mailing.server.client().post("/auth/login", json={"email": rosa, "password": PASSWORD}).status_code == 422
