"""People at the account pages, in a real browser."""

from playwright.sync_api import Page, expect

from tests.features.accounts.conftest import PASSWORD
from tests.support.server import TestServer


def test_registers_signs_out_and_in_again(server: TestServer, page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    email = f"rosa.{id(page)}@pilots.example"
    page.goto(f"{server.url}/account")
    page.get_by_role("link", name="Register and found an organization").click()
    page.get_by_label("First name").fill("Rosa")
    page.get_by_label("Last name").fill("Lima")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Organization").fill("Lima Shipping")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(page.get_by_text("Lima Shipping")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")
    assert page.get_by_label("Password").input_value() == ""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    # a refused form is an answer of 422, which browsers note; nothing else is to be noted
    assert [text for text in problems if "422" not in text] == []


def test_turns_a_second_factor_on(server: TestServer, page: Page) -> None:
    from pyotp.totp import TOTP

    email = f"tiago.{id(page)}@pilots.example"
    page.goto(f"{server.url}/account/register")
    for label, text in (
        ("First name", "Tiago"),
        ("Last name", "Reis"),
        ("E-mail address", email),
        ("Password", PASSWORD),
        ("Organization", "Reis"),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Register").click()
    page.get_by_role("link", name="Turn on").click()
    image = page.get_by_alt_text("The secret as a QR code")
    expect(image).to_be_visible()
    box = image.bounding_box()
    assert box is not None
    assert box["width"] == 220
    secret = page.locator("code").inner_text()
    page.get_by_label("Code").fill(TOTP(secret).at(server.clock.now() // 1000))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("ul.codes li")).to_have_count(10)
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(TOTP(secret).at(server.clock.now() // 1000 + 30))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
