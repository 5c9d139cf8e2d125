"""Forgotten passwords and the verification of addresses (around 5.1)."""

import re
from html import unescape

import pytest

from tests.features.accounts.conftest import PASSWORD, Mailing, with_password
from tests.support.browser import Browser
from tests.support.server import Org, Person


@pytest.fixture
def mina(mailing: Mailing) -> Person:
    return with_password(mailing.server.found().member("standard", first_name="Mina"))


def asked(mailing: Mailing, person: Person) -> str:
    """The link of a mail that somebody has sent to the address of their account."""
    mailing.browser().sign_in(person.email, PASSWORD).submit("/account/verify-email/send")
    return mailing.link(person.email)


def test_a_new_password_by_mail(mailing: Mailing, mina: Person) -> None:
    signed_in = mailing.browser().sign_in(mina.email, PASSWORD)
    browser = mailing.browser().open("/account/forgot-password").submit(email=mina.email.upper())
    assert browser.title == "Look into your mail"
    link = mailing.link(mina.email)
    browser.open(link).submit(password="x")
    assert browser.status == 422
    browser.submit(password="Springflut 12")
    assert browser.title == "Your account"
    assert signed_in.open("/account").title == "Sign in"
    assert mailing.browser().sign_in(mina.email, PASSWORD).status == 422
    assert mailing.browser().sign_in(mina.email, "Springflut 12").title == "Your account"
    assert "used already" in mailing.browser().open(link).text
    mailing.deliver()
    assert mailing.sink.to(mina.email)[-1]["Subject"] == "Your password was changed"
    # the address had not been verified: the personal token may have been somebody else's
    assert mina.http.get("/me").status_code == 401


def test_only_the_newest_link_works_and_for_an_hour(mailing: Mailing, mina: Person) -> None:
    mailing.browser().open("/account/forgot-password").submit(email=mina.email)
    first = mailing.link(mina.email)
    mailing.browser().open("/account/forgot-password").submit(email=mina.email)
    second = mailing.link(mina.email)
    assert "newer mail" in mailing.browser().open(first).text
    with mailing.server.later(hours=1.1):
        assert "run out" in mailing.browser().open(second).text


def test_an_unknown_address_is_answered_alike(mailing: Mailing, mina: Person) -> None:
    known = mailing.browser().open("/account/forgot-password").submit(email=mina.email)
    count = len(mailing.sink.messages)
    unknown = mailing.browser().open("/account/forgot-password").submit(email="nobody@pilots.example")
    assert known.text == unknown.text.replace("nobody@pilots.example", mina.email)
    mailing.deliver()
    assert [message["To"] for message in mailing.sink.messages[count:]] == [mina.email]


def test_five_mails_an_hour_are_enough(mailing: Mailing, mina: Person) -> None:
    for _ in range(5):
        assert mailing.browser().open("/account/forgot-password").submit(email=mina.email).status == 200
    assert mailing.browser().open("/account/forgot-password").submit(email=mina.email).status == 429


def test_resetting_is_audited(mailing: Mailing, mina: Person) -> None:
    org = mailing.server.found()
    rui = with_password(org.member("standard"))
    mailing.browser().open("/account/forgot-password").submit(email=rui.email)
    mailing.browser().open(mailing.link(rui.email)).submit(password="Springflut 12")
    events = [entry["event"] for entry in org.http.get("/x/audit").json()["data"]]
    assert {"password_reset_initiated", "password_reset_completed"} <= set(events)


def test_through_the_api(mailing: Mailing, mina: Person) -> None:
    http = mailing.server.client(path="/api")
    known = http.post("/auth/forgot-password", json={"email": mina.email})
    assert known.json() == http.post("/auth/forgot-password", json={"email": "nobody@pilots.example"}).json()
    code = mailing.link(mina.email).partition("token=")[2]
    body = {"code": code, "password": "Springflut 12", "password_confirmation": "Springflut 13"}
    assert set(http.post("/auth/reset-password", json=body).json()["errors"]) == {"password_confirmation"}
    body["password_confirmation"] = "Springflut 12"
    assert http.post("/auth/reset-password", json=body).status_code == 200
    assert http.post("/auth/reset-password", json=body).status_code == 422
    assert http.post("/auth/login", json={"email": mina.email, "password": "Springflut 12"}).status_code == 200


def test_without_mail_the_page_says_so(org: Org) -> None:
    assert "sends no mail" in Browser(org.server.url).open("/account/forgot-password").text


def test_verifies_an_address_on_any_device(mailing: Mailing, mina: Person) -> None:
    browser = mailing.browser().sign_in(mina.email, PASSWORD)
    assert "not verified" in browser.text
    browser.submit("/account/verify-email/send")
    assert browser.title == "Look into your mail"
    link = mailing.link(mina.email)
    elsewhere = mailing.browser().open(link).submit(password=PASSWORD)
    assert elsewhere.title == "Your address is verified"
    assert mailing.browser().open(link).title == "Your address was verified already"
    assert "not verified" not in browser.open("/account").text


def test_whoever_reads_the_mail_alone_verifies_nothing(mailing: Mailing, mina: Person) -> None:
    """The account may be somebody else's, who has put this address into it and knows its password."""
    link = asked(mailing, mina)
    reader = mailing.browser().open(link)
    assert reader.forms[0].visible == ["password"]
    assert reader.submit(password="not this one").status == 422
    assert "/account/forgot-password" in reader.text
    # nor does being signed in to another account
    stranger = with_password(mailing.server.found())
    signed_in = mailing.browser().sign_in(stranger.email, PASSWORD).open(link)
    assert signed_in.forms[0].visible == ["password"]
    assert signed_in.submit().status == 422
    assert "not verified" in mailing.browser().sign_in(mina.email, PASSWORD).text


def test_in_a_browser_that_is_signed_in_a_click_is_enough(mailing: Mailing, mina: Person) -> None:
    link = asked(mailing, mina)
    browser = mailing.browser().open(link)
    way = re.search(r'href="(/account/sign-in\?next=[^"]+)"', browser.text)
    assert way is not None
    browser.open(unescape(way[1])).sign_in(mina.email, PASSWORD)
    assert (browser.title, browser.forms[0].visible) == ("Verify your address", [])
    assert browser.submit().title == "Your address is verified"


def test_passwords_are_not_tried_at_the_link_either(mailing: Mailing, mina: Person) -> None:
    link = asked(mailing, mina)
    browser = mailing.browser().open(link)
    for _ in range(10):
        assert browser.submit(password="not this one").status == 422
    assert browser.submit(password=PASSWORD).status == 429


def test_a_link_is_for_the_address_it_went_to(mailing: Mailing, mina: Person) -> None:
    browser = mailing.browser().sign_in(mina.email, PASSWORD).submit("/account/verify-email/send")
    link = mailing.link(mina.email)
    body = {"email": f"new.{mina.email}", "password": PASSWORD}
    assert mina.http.put("/me/update-email", json=body).status_code == 200
    assert "has changed since" in mailing.browser().open(link).text
    assert "not verified" in browser.open("/account").text
