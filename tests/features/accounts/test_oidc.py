"""Signing in at an OpenID Connect provider (around 5.3)."""

import time
from collections.abc import Callable, Generator
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from handrail.features.accounts import oidc
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import made
from tests.support.browser import Browser
from tests.support.provider import Provider, provider
from tests.support.server import Org, Person


@pytest.fixture(scope="module")
def elsewhere() -> Generator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def url(org: Org, elsewhere: Provider) -> Generator[str]:
    """The server, with the provider in its settings."""
    oidc._kept.clear()  # pyright: ignore[reportPrivateUsage]
    elsewhere.twist = lambda claims: claims
    elsewhere.signing = elsewhere.key
    with org.server.beside(
        oidc_issuer=elsewhere.url,
        oidc_client_id=elsewhere.client_id,
        oidc_client_secret=elsewhere.client_secret,
        oidc_name="Harbour ID",
    ) as address:
        yield address


@pytest.fixture
def mina(org: Org) -> Person:
    return with_password(org.member("standard", first_name="Mina"))


def signed_in(url: str, elsewhere: Provider, person: dict[str, Any], path: str = "/account/oidc") -> Browser:
    """A browser that came back from the provider."""
    elsewhere.person = person
    browser = Browser(url).open(path)
    assert browser.left is not None
    with httpx.Client() as outside:
        back = outside.get(browser.left).headers["location"]
    browser.left = None
    return browser.open(back.removeprefix(url))


def claims(person: Person, **changes: Any) -> dict[str, Any]:
    return {"sub": f"s{person.user_id}", "email": person.email, "email_verified": True, **changes}


def test_signs_in_by_the_address_and_then_by_the_subject(org: Org, mina: Person, url: str, elsewhere: Provider) -> None:
    assert "Sign in with Harbour ID" in Browser(url).open("/account/sign-in").text
    browser = signed_in(url, elsewhere, claims(mina))
    assert browser.title == "Your account"
    assert mina.email in browser.text
    # whatever the address is there by now
    again = signed_in(url, elsewhere, claims(mina, email="other@pilots.example", email_verified=False))
    assert mina.email in again.text
    events = [entry["event"] for entry in org.http.get("/x/audit").json()["data"]]
    assert events.count("login_succeeded") == 2


def test_goes_on_to_where_it_was_wanted(mina: Person, url: str, elsewhere: Provider) -> None:
    browser = signed_in(url, elsewhere, claims(mina), "/account/oidc?next=/account/password")
    assert browser.title == "Change your password"
    assert signed_in(url, elsewhere, claims(mina), "/account/oidc?next=//evil.example").title == "Your account"


def test_whoever_came_before_the_owner_of_the_address_is_out(mina: Person, url: str, elsewhere: Provider) -> None:
    before = Browser(url).sign_in(mina.email, PASSWORD)
    assert before.title == "Your account"
    owner = signed_in(url, elsewhere, claims(mina))
    assert owner.title == "Your account"
    assert before.open("/account").title == "Sign in"
    assert Browser(url).sign_in(mina.email, PASSWORD).status == 422
    assert mina.http.get("/me").status_code == 401


def test_a_verified_account_keeps_its_password(mina: Person, url: str, elsewhere: Provider) -> None:
    from handrail.features.members import accounts

    mina.server.write(lambda tx: accounts.verified(tx, mina.user_id, mina.server.clock.now()))
    assert signed_in(url, elsewhere, claims(mina)).title == "Your account"
    assert Browser(url).sign_in(mina.email, PASSWORD).title == "Your account"
    assert mina.http.get("/me").status_code == 200


def test_nobody_unknown_comes_in_and_nothing_is_left(org: Org, url: str, elsewhere: Provider) -> None:
    stranger = {"sub": "stranger", "email": "stranger@pilots.example", "email_verified": True}
    browser = signed_in(url, elsewhere, stranger)
    assert browser.status == 403
    assert browser.session is None
    assert Browser(url).sign_in("stranger@pilots.example", PASSWORD).status == 422


@pytest.mark.parametrize("verified", [False, None, "false", "yes"])
def test_an_address_that_nobody_vouches_for_is_worth_nothing(
    mina: Person, url: str, elsewhere: Provider, verified: object
) -> None:
    person = claims(mina, email_verified=verified) if verified is not None else {"sub": "x", "email": mina.email}
    browser = signed_in(url, elsewhere, person)
    assert (browser.status, browser.session) == (403, None)


@pytest.mark.parametrize(
    "twist",
    [
        lambda told: {**told, "iss": "https://evil.example"},
        lambda told: {**told, "aud": "somebody else"},
        lambda told: {**told, "aud": ["handrail", "somebody else"], "azp": "somebody else"},
        lambda told: {**told, "nonce": "another"},
        lambda told: {name: value for name, value in told.items() if name != "nonce"},
        lambda told: {**told, "exp": int(time.time()) - 3600},
        lambda told: {name: value for name, value in told.items() if name != "exp"},
        lambda told: {name: value for name, value in told.items() if name != "sub"},
    ],
)
def test_a_token_about_something_else_is_refused(
    mina: Person, url: str, elsewhere: Provider, twist: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    elsewhere.twist = twist
    browser = signed_in(url, elsewhere, claims(mina))
    assert (browser.status, browser.session) == (403, None)


def test_a_token_that_somebody_else_signed_is_refused(mina: Person, url: str, elsewhere: Provider) -> None:
    elsewhere.signing = RSAKey.generate_key(2048, {"kid": elsewhere.key.kid or "", "use": "sig", "alg": "RS256"})
    browser = signed_in(url, elsewhere, claims(mina))
    assert (browser.status, browser.session) == (403, None)


def test_the_provider_may_change_its_keys(mina: Person, url: str, elsewhere: Provider) -> None:
    assert signed_in(url, elsewhere, claims(mina)).title == "Your account"
    elsewhere.change_key()
    assert signed_in(url, elsewhere, claims(mina)).title == "Your account"


def test_an_answer_that_was_not_asked_for_is_refused(mina: Person, url: str, elsewhere: Provider) -> None:
    elsewhere.person = claims(mina)
    one, other = Browser(url).open("/account/oidc"), Browser(url).open("/account/oidc")
    assert one.left is not None
    with httpx.Client() as outside:
        back = outside.get(one.left).headers["location"].removeprefix(url)
    # somebody else's browser, and one that never asked
    assert other.open(back).status == 403
    assert Browser(url).open(back).status == 403
    one.left = None
    assert one.open(back).title == "Your account"
    # and it works once
    assert one.open(back).status == 403


def test_a_second_factor_is_still_asked_for(mina: Person, url: str, elsewhere: Provider) -> None:
    from handrail.features.members import accounts
    from tests.features.accounts.test_second_factor import Enrolled

    Enrolled(mina)
    mina.server.write(lambda tx: accounts.verified(tx, mina.user_id, mina.server.clock.now()))
    browser = signed_in(url, elsewhere, claims(mina))
    assert browser.title == "Second factor"


def test_a_second_factor_of_whoever_came_before_locks_nobody_out(mina: Person, url: str, elsewhere: Provider) -> None:
    from tests.features.accounts.test_second_factor import Enrolled

    Enrolled(mina)
    assert signed_in(url, elsewhere, claims(mina)).title == "Your account"


def test_a_disabled_person_stays_out(org: Org, mina: Person, url: str, elsewhere: Provider) -> None:
    signed_in(url, elsewhere, claims(mina))
    assert org.http.delete(f"/users/{mina.user_id}/disable").status_code == 200
    assert signed_in(url, elsewhere, claims(mina)).status == 403


def test_a_provider_that_is_away_is_said_to_be(org: Org) -> None:
    oidc._kept.clear()  # pyright: ignore[reportPrivateUsage]
    with org.server.beside(oidc_issuer="http://127.0.0.1:9", oidc_client_id="handrail") as url:
        browser = Browser(url).open("/account/oidc")
    assert browser.status == 503
    assert "cannot be reached" in browser.text


def test_without_one_there_is_no_page(org: Org) -> None:
    assert Browser(org.server.url).open("/account/oidc").status == 404
    assert made(org.http.get("/me"), 200)["email"] == org.email
