"""An application that knows nothing of us but Authlib, and a person in a real browser, walk the code flow with PKCE."""

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth2Session
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Portal
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.oauth.flow import registered
from tests.support.server import Org


@pytest.fixture(autouse=True)
def over_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Authlib's client insists on TLS unless it is told that this is a test."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def client_of(org: Org, portal: Portal, application: dict[str, Any]) -> Any:
    # its base class is known at run time alone
    made: Any = OAuth2Session
    return made(
        str(application["client_id"]),
        application.get("client_secret"),
        token_endpoint_auth_method="client_secret_basic" if "client_secret" in application else "none",
        scope="tasks:read members:read",
        redirect_uri=f"{portal.url}/back",
        code_challenge_method="S256",
        token_endpoint=f"{org.server.url}/oauth/token",
        revocation_endpoint=f"{org.server.url}/oauth/revoke",
    )


@pytest.mark.parametrize("is_public", [False, True])
def test_authlib_walks_the_code_flow_in_a_browser(org: Org, page: Page, portal: Portal, is_public: bool) -> None:
    mina = with_password(org.member("standard", first_name="Mina"))
    application = registered(org, name="Harbour portal", redirect_uris=["http://127.0.0.1/back"], is_public=is_public)
    client = client_of(org, portal, application)
    about = client.get(f"{org.server.url}/.well-known/oauth-authorization-server", withhold_token=True).json()
    verifier = secrets.token_urlsafe(48)
    address, state = client.create_authorization_url(about["authorization_endpoint"], code_verifier=verifier)
    page.goto(address)
    page.get_by_label("E-mail address").fill(mina.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="May Harbour portal act for you?")).to_be_visible()
    expect(page.get_by_text("See tasks and what is filled in there, as far as you may.")).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Back at the portal")).to_be_visible()
    (brought,) = portal.brought
    assert parse_qs(urlsplit(brought).query)["iss"] == [about["issuer"]]
    token = client.fetch_token(
        about["token_endpoint"], authorization_response=brought, state=state, code_verifier=verifier
    )
    assert token["token_type"] == "Bearer"
    headers = {"X-Tallyfy-Client": "portal"}
    me = client.get(f"{org.server.url}{org.path}/me", headers=headers).json()["data"]
    assert me["email"] == mina.email
    assert client.get(f"{org.server.url}{org.path}/me/tasks", headers=headers).status_code == 200
    # what was not asked for is not allowed
    assert client.post(f"{org.server.url}{org.path}/tasks", json={"title": "x"}, headers=headers).status_code == 403
    second = client.refresh_token(about["token_endpoint"], refresh_token=token["refresh_token"])
    assert second["access_token"] != token["access_token"]
    assert client.revoke_token(about["revocation_endpoint"], token=second["refresh_token"]).status_code == 200
    client.token = second
    assert client.get(f"{org.server.url}{org.path}/me", headers=headers).status_code == 401
    client.close()


def test_no_leads_back_too(org: Org, page: Page, portal: Portal) -> None:
    mina = with_password(org.member("standard", first_name="Mina"))
    client = client_of(org, portal, registered(org, redirect_uris=["http://127.0.0.1/back"]))
    address, state = client.create_authorization_url(
        f"{org.server.url}/oauth/authorize", code_verifier=secrets.token_urlsafe(48)
    )
    page.goto(address)
    page.get_by_label("E-mail address").fill(mina.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="No").click()
    expect(page.get_by_role("heading", name="Back at the portal")).to_be_visible()
    told = parse_qs(urlsplit(portal.brought[0]).query)
    assert (told["error"], told["state"]) == (["access_denied"], [state])
    client.close()


def test_the_page_cannot_be_framed(org: Org, page: Page, portal: Portal) -> None:
    page.goto(portal.url)
    page.set_content(f'<iframe src="{org.server.url}/account/sign-in"></iframe>')
    page.wait_for_timeout(300)
    inner = page.frames[1] if len(page.frames) > 1 else None
    assert inner is None or inner.locator("input").count() == 0
