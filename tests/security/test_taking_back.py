"""Somebody had an account at an address that is not theirs. Its owner comes, and nothing that was left in it works."""

import re

from handrail.features.accounts import store
from tests.features.accounts.conftest import PASSWORD, Mailing, with_password
from tests.features.accounts.conftest import mailing as mailing
from tests.features.accounts.test_second_factor import Enrolled
from tests.features.builders import made
from tests.features.oauth.flow import Flow, answered, registered
from tests.support.server import Person

NEW = "Springflut 12"


def early(mailing: Mailing) -> Person:
    """A member whose address nobody has verified, with a password that somebody chose."""
    return with_password(mailing.server.found().member("standard", first_name="Mina"))


def verified(person: Person) -> Person:
    from handrail.features.members import accounts

    person.server.write(lambda tx: accounts.verified(tx, person.user_id, person.server.clock.now()))
    return person


def unverified(person: Person) -> None:
    """As after a change of the address."""
    from handrail.features.members import store as members

    person.server.write(
        lambda tx: tx.run(members.set_verified, id=person.user_id, email_verified_at=None, updated_at=1)
    )


def reset(mailing: Mailing, person: Person) -> str:
    """Choose a new password by mail; the title of the page that one comes to."""
    mailing.browser().open("/account/forgot-password").submit(email=person.email)
    return mailing.browser().open(mailing.link(person.email)).submit(password=NEW).title


def test_a_second_factor_needs_a_verified_address_where_there_is_mail(mailing: Mailing) -> None:
    mina = early(mailing)
    browser = mailing.browser().sign_in(mina.email, PASSWORD).open("/account/second-factor")
    assert browser.status == 403
    assert "Verify your e-mail address first" in browser.text
    browser.open("/account").submit("/account/verify-email/send")
    browser.open(mailing.link(mina.email)).submit()
    assert re.search(r"<code>[A-Z2-7]+</code>", browser.open("/account/second-factor").text)
    # a form that was opened before is not taken either
    unverified(mina)
    assert browser.submit(code="000000").status == 403


def test_a_second_factor_does_not_lock_the_owner_out(mailing: Mailing) -> None:
    mina = verified(early(mailing))
    Enrolled(mina)
    unverified(mina)
    assert reset(mailing, mina) == "Your account"
    assert mailing.browser().sign_in(mina.email, NEW).title == "Your account"


def test_a_second_factor_of_the_owner_stays(mailing: Mailing) -> None:
    mina = verified(early(mailing))
    Enrolled(mina)
    token = made(mina.http.post("/me/tokens", json={"name": "mine", "scopes": "*"}))["access_token"]
    assert reset(mailing, mina) != "Your account"
    assert mailing.browser().sign_in(mina.email, NEW).title == "Second factor"
    assert mina.client(token).get("/me").status_code == 200


def test_no_token_is_left_in_any_organization(mailing: Mailing) -> None:
    mina = early(mailing)
    other = mailing.server.found()
    joined = other.member("standard", email=mina.email)
    token = made(joined.http.post("/me/tokens", json={"name": "kept", "scopes": "*"}))["access_token"]
    assert joined.client(token).get("/me").status_code == 200
    reset(mailing, mina)
    assert joined.client(token).get("/me").status_code == 401
    assert mina.http.get("/me").status_code == 401
    events = [entry["event"] for entry in other.http.get("/x/audit").json()["data"]]
    assert "account_taken_back" in events


def test_no_sign_in_elsewhere_is_left(mailing: Mailing) -> None:
    mina = early(mailing)
    who = {"issuer": "https://id.example", "subject": f"s{mina.user_id}"}
    mina.server.write(
        lambda tx: tx.run(store.insert_identity, **who, account_id=mina.user_id, created_at=1, last_used_at=1)
    )

    async def linked() -> int | None:
        async with mina.server.database.reader() as reader:
            return await reader.value(store.identity, **who)

    assert mina.server.run(linked) == mina.user_id
    reset(mailing, mina)
    assert mina.server.run(linked) is None


def test_a_code_that_was_not_used_yet_gives_no_token(mailing: Mailing) -> None:
    org = mailing.server.found()
    mina = verified(with_password(org.member("standard")))
    flow = Flow(org.server, registered(org))
    browser = flow.browser(mina)
    browser.submit("/oauth/authorize", decision="allow")
    code = answered(browser)["code"]
    unverified(mina)
    reset(mailing, mina)
    assert flow.token(code).status_code == 400
