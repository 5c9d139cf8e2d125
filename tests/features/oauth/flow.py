"""The code flow, step by step, as an application and a browser walk it."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.features.accounts.conftest import PASSWORD
from tests.features.builders import made
from tests.support.browser import Browser
from tests.support.server import Org, Person, TestServer

BACK = "https://portal.example/back"
BOTH = ["authorization_code", "refresh_token"]


def registered(org: Org, **body: Any) -> dict[str, Any]:
    """An application of the code flow."""
    return made(
        org.http.post("/x/applications", json={"name": "Portal", "grants": BOTH, "redirect_uris": [BACK], **body})
    )


@dataclass
class Flow:
    """One run of the flow for an application; `url` is the server's."""

    server: TestServer
    application: dict[str, Any]
    url: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(8))

    def __post_init__(self) -> None:
        self.url = self.url or self.server.url

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def path(self, **changes: str | None) -> str:
        """The address that the application sends the browser to."""
        asked = {
            "response_type": "code",
            "client_id": str(self.application["client_id"]),
            "redirect_uri": BACK,
            "scope": "tasks:read members:read",
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return f"/oauth/authorize?{urlencode({name: value for name, value in asked.items() if value is not None})}"

    def browser(self, person: Person, **changes: str | None) -> Browser:
        """A browser that shows the consent page."""
        browser = Browser(self.url).open(self.path(**changes))
        return browser.sign_in(person.email, PASSWORD) if browser.title == "Sign in" else browser

    def code(self, person: Person, **changes: str | None) -> str:
        """The code that the browser brings back."""
        browser = self.browser(person, **changes).submit("/oauth/authorize", decision="allow")
        assert browser.left is not None, browser.text
        return answered(browser)["code"]

    def token(self, code: str, /, **changes: str | None) -> httpx.Response:
        """What the token endpoint answers to a code."""
        given: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": str(self.application["client_id"]),
            "client_secret": self.application.get("client_secret"),
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": self.verifier,
            **changes,
        }
        data = {name: value for name, value in given.items() if value is not None}
        return self.server.client(url=self.url).post("/oauth/token", data=data)

    def refresh(self, refresh_token: str) -> httpx.Response:
        given = {
            "grant_type": "refresh_token",
            "client_id": str(self.application["client_id"]),
            "client_secret": self.application.get("client_secret"),
            "refresh_token": refresh_token,
        }
        data = {name: value for name, value in given.items() if value is not None}
        return self.server.client(url=self.url).post("/oauth/token", data=data)


def answered(browser: Browser) -> dict[str, str]:
    """What the browser brings back in the query, or in the fragment."""
    assert browser.left is not None
    parts = urlsplit(browser.left)
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}
