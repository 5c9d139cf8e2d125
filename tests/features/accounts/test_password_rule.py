"""Which passwords may be chosen: around 5.1 (6 to 127 characters; ours: 8 or more, and as the operator wants it)."""

from collections.abc import Iterator

import pytest

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.support.browser import Browser
from tests.support.server import Org

SHORT, LONG, PLAIN, MIXED = "Flut 12", "Ff1" * 43, "ebbe und flut", "Ebbe und Flut 8"


@pytest.fixture
def strict(org: Org) -> Iterator[str]:
    """The address of the server of somebody who wants more of a password."""
    with org.server.beside(password_length=12, password_characters="mixed") as url:
        yield url


def chosen(org: Org, password: str, url: str | None = None) -> tuple[int, str]:
    """What comes of changing one's password: the status and what was wrong with it."""
    person = with_password(org.member("standard"))
    client = org.server.client(person.token, path=org.path, url=url)
    answer = client.put("/me/update-password", json={"password": PASSWORD, "new_password": password})
    return answer.status_code, "".join(answer.json().get("errors", {}).get("new_password", []))


def test_eight_characters_of_any_kind_to_127(org: Org) -> None:
    assert chosen(org, SHORT) == (422, "The password must have at least 8 characters.")
    assert chosen(org, LONG) == (422, "The password must have at most 127 characters.")
    assert chosen(org, PLAIN)[0] == 200


def test_the_operator_may_want_more(org: Org, strict: str) -> None:
    assert chosen(org, "Ebbe 1234", strict) == (422, "The password must have at least 12 characters.")
    wanted = "The password must have an upper-case letter, a lower-case letter and a digit."
    for password in (PLAIN, "EBBE UND FLUT 8", "Ebbe und Flut acht", "123456789012"):
        assert chosen(org, password, strict) == (422, wanted)
    assert chosen(org, MIXED, strict)[0] == 200


def test_every_way_to_a_password_knows_the_rule(org: Org, strict: str) -> None:
    browser = Browser(strict).open("/account/register")
    assert "At least 12 characters, among them an upper-case letter" in browser.text
    fields = {"first_name": "Rosa", "last_name": "Vale", "organization": "Vale", "timezone": "UTC"}
    browser.submit(**fields, email="rosa.vale@pilots.example", password=PLAIN)
    assert browser.status == 422
    email = f"rui.{org.organization_id}@pilots.example"
    invited = {"email": email, "first_name": "Rui", "last_name": "Falcao", "role": "light"}
    link = org.http.post("/users/invite", json=invited).json()["data"]["invite_link"]
    token = link.partition("token=")[2]
    client = org.server.client(path="/api", url=strict)
    answer = client.post("/auth/accept-invite", json={"token": token, "password": PLAIN})
    assert (answer.status_code, answer.json()["errors"].keys()) == (422, {"password"})
    assert client.post("/auth/accept-invite", json={"token": token, "password": MIXED}).status_code == 200
    mina = with_password(org.member("standard"))
    inside = Browser(strict).open("/account/sign-in").submit(email=mina.email, password=PASSWORD)
    assert inside.open("/account/password").submit(current_password=PASSWORD, password=PLAIN).status == 422
    # what was chosen before goes on working
    with_password(mina, PLAIN)
    assert Browser(strict).open("/account/sign-in").submit(email=mina.email, password=PLAIN).title == "Your account"
