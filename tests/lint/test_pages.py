"""Every page of HTML asks for a session, or is known to be open."""

import pytest

from handrail.main import sites
from tests.support.browser import Browser
from tests.support.server import TestServer

# pages for whoever is not signed in, with what they ask for instead
OPEN = {
    ("GET", "/account/sign-in"): "nothing",
    ("POST", "/account/sign-in"): "a password",
    ("GET", "/account/sign-in/code"): "half of a session",
    ("POST", "/account/sign-in/code"): "half of a session, and a code",
    ("POST", "/account/sign-out"): "nothing: it ends what there is",
    ("GET", "/account/register"): "a switch of the installation",
    ("POST", "/account/register"): "a switch of the installation",
    ("GET", "/account/register/finish"): "the secret of a mailed link",
    ("POST", "/account/register/finish"): "the secret of a mailed link",
    ("GET", "/account/forgot-password"): "nothing",
    ("POST", "/account/forgot-password"): "nothing: the link goes to the address alone",
    ("GET", "/account/guest-link"): "nothing",
    ("POST", "/account/guest-link"): "nothing: the link goes to the address alone",
    ("GET", "/account/reset-password"): "the secret of a mailed link",
    ("POST", "/account/reset-password"): "the secret of a mailed link",
    ("GET", "/account/verify-email"): "the secret of a mailed link",
    ("POST", "/account/verify-email"): "the secret of a mailed link, with a session or the password",
    ("GET", "/accept-invite"): "the secret of an invitation",
    ("POST", "/accept-invite"): "the secret of an invitation",
    ("POST", "/accept-invite/again"): "the secret of an invitation",
    # whoever asks must be an application that is known; then it is a session
    ("GET", "/oauth/authorize"): "a request of an application",
    ("GET", "/{org}/public/kickoff/{alias}"): "a form that is public",
    ("POST", "/{org}/public/kickoff/{alias}"): "a form that is public",
    ("GET", "/public/library/{org}/blueprint/{alias}/kick-off"): "a form that is public",
    ("POST", "/public/library/{org}/blueprint/{alias}/kick-off"): "a form that is public",
    ("GET", "/account/oidc"): "nothing: it leads to the provider",
    ("GET", "/account/oidc/back"): "the provider's word, for a sign-in that began here",
}
EVERY = sorted((method, path) for site in sites() for path, handlers in site.handlers.items() for method in handlers)
PRIVATE = [page for page in EVERY if page not in OPEN]


def test_open_pages_exist() -> None:
    assert set(OPEN) <= set(EVERY)
    assert len(PRIVATE) >= 14


@pytest.mark.parametrize(("method", "path"), PRIVATE)
def test_private_page_leads_to_the_sign_in(servers: object, method: str, path: str) -> None:
    server: TestServer = servers("sqlite")  # pyright: ignore[reportCallIssue]
    browser = Browser(server.url).open("/account/sign-in")
    if method == "GET":
        assert browser.open(path).title == "Sign in"
        return
    data = {"form_token": browser.forms[0].fields["form_token"]}
    answer = browser.http.post(path, data=data)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/sign-in")


@pytest.mark.parametrize(("method", "path"), [page for page in EVERY if page[0] == "POST"])
def test_no_form_without_its_token(servers: object, method: str, path: str) -> None:
    server: TestServer = servers("sqlite")  # pyright: ignore[reportCallIssue]
    assert Browser(server.url).http.post(path, data={"x": "1"}).status_code == 403
