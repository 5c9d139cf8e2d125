"""A visitor without an account at a public kick-off form, in a real browser."""

from playwright.sync_api import Page, expect

from tests.features.public.test_kickoff_pages import addresses, opened
from tests.support.server import TestServer


def test_fills_the_form_in(server: TestServer, page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    org = server.found()
    page.goto(server.url + addresses(org, opened(org))[0] + '?ko_fields=[{"region":"EU"}]')
    expect(page.get_by_role("heading", name="Join us")).to_be_visible()
    expect(page.get_by_label("Region")).to_have_value("2")
    page.get_by_label("Your e-mail address").fill("rui@pilots.example")
    # the browser itself sees what is required
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Join us")).to_be_visible()
    page.get_by_label("Vendor name").fill("Atlantic")
    page.get_by_label("Story").fill("Two\nlines")
    page.get_by_role("button", name="Send").click()
    # boxes are looked at by the server
    expect(page.get_by_role("alert")).to_have_text("Parts is required")
    expect(page.get_by_label("Story")).to_have_value("Two\nlines")
    page.get_by_role("group", name="Parts").get_by_label("UK").check()
    page.get_by_role("group", name="Kind").get_by_label("EU").check()
    page.get_by_label("Start").fill("2031-05-06")
    page.get_by_label("Call (optional)").fill("2031-05-06T10:30")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert [text for text in problems if "422" not in text] == []
