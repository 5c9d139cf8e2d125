"""Accepting an invitation on its page, and the mail that brings it (around 2.4)."""

from tests.features.accounts.conftest import PASSWORD, Mailing, with_password
from tests.features.builders import made
from tests.support.browser import Browser
from tests.support.server import Org
from tests.support.smtp import part

INVITED = {"first_name": "Rui", "last_name": "Costa", "role": "light", "message": "Welcome <aboard>"}


def invited(org: Org, email: str) -> str:
    user = made(org.http.post("/users/invite", json={**INVITED, "email": email}), 200)
    return user["invite_link"].removeprefix(org.server.url)


def test_accepts_and_is_in(org: Org) -> None:
    rui = f"rui.{org.organization_id}@pilots.example"
    link = invited(org, rui)
    browser = Browser(org.server.url).open(link)
    assert browser.title.startswith("Join ")
    assert rui in browser.text
    browser.submit(password="short")
    assert browser.status == 422
    browser.submit(password=PASSWORD, first_name="Rui Pedro")
    assert browser.title == "Your account"
    assert "Rui Pedro Costa" in browser.text
    assert "light" in browser.text
    again = Browser(org.server.url).open(link)
    assert again.title == "This invitation does not work"
    # no token is left lying about
    users = org.http.get("/users").json()["data"]
    assert {one["email"]: one["status"] for one in users}[rui] == "active"


def test_somebody_with_an_account_gives_their_password(org: Org) -> None:
    other = with_password(org.server.found().member("standard"))
    link = invited(org, other.email)
    browser = Browser(org.server.url).open(link)
    assert "You have an account already" in browser.text
    browser.submit(password="not mine at all")
    assert browser.status == 422
    assert browser.session is None
    browser.submit(password=PASSWORD)
    assert browser.title == "Choose an organization"


def test_the_mail_brings_the_link_and_shows_the_address(mailing: Mailing) -> None:
    org = mailing.server.found("Northwind Pilots")
    rui = f"rui.{org.organization_id}@pilots.example"
    copied = invited(org, rui)
    link = mailing.link(rui)
    message = mailing.sink.to(rui)[-1]
    assert message["Subject"] == "Join Northwind Pilots"
    assert "Welcome <aboard>" in part(message, "plain") or "Welcome" in part(message, "plain")
    assert "Welcome &lt;aboard&gt;" in part(message, "html")
    assert link.startswith(f"{copied}&proof=")
    browser = mailing.browser().open(link).submit(password=PASSWORD)
    assert browser.title == "Your account"
    assert "not verified" not in browser.text


def test_the_copied_link_does_not_show_the_address(mailing: Mailing) -> None:
    org = mailing.server.found()
    eva = f"eva.{org.organization_id}@pilots.example"
    link = invited(org, eva)
    forged = mailing.browser().open(f"{link}&proof=x").submit(password=PASSWORD)
    assert "not verified" in forged.text


def test_a_renewed_invitation_is_mailed_too(mailing: Mailing) -> None:
    org = mailing.server.found()
    eva = f"eva.{org.organization_id}@pilots.example"
    first = invited(org, eva)
    mailing.deliver()
    user_id = {one["email"]: one["id"] for one in org.http.get("/users").json()["data"]}[eva]
    assert org.http.post(f"/x/users/{user_id}/invitation").status_code == 200
    assert mailing.link(eva).startswith("/accept-invite?token=hri_")
    assert mailing.browser().open(first).title == "This invitation does not work"
