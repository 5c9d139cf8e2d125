"""The authorization code flow (RFC 6749, 7636, 9207, 9700)."""

from urllib.parse import urlsplit

import pytest

from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.oauth.flow import BACK, Flow, answered, registered
from tests.reliability.rows import Rows
from tests.support.browser import Browser
from tests.support.server import Org, Person


@pytest.fixture
def mina(org: Org) -> Person:
    return with_password(org.member("standard", first_name="Mina"))


def test_whole_flow(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    browser = flow.browser(mina)
    assert browser.title == "May Portal act for you?"
    for word in ("Portal", mina.email, "See tasks and what is filled in there", "https://portal.example"):
        assert word in browser.text
    assert "form-action 'self' https://portal.example;" in browser.answer.headers["content-security-policy"]
    browser.submit(decision="allow")
    assert browser.left is not None
    assert browser.left.startswith(BACK + "?")
    told = answered(browser)
    assert (told["state"], told["iss"]) == (flow.state, org.server.url)
    answer = flow.token(told["code"])
    assert answer.status_code == 200, answer.text
    token = answer.json()
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 3600, "tasks:read members:read")
    http = mina.client(token["access_token"])
    assert http.get("/me/tasks").status_code == 200
    assert http.post("/tasks", json={"title": "x"}).status_code == 403
    # an hour later the next one is needed
    with org.server.later(hours=1.1):
        assert http.get("/me/tasks").status_code == 401
        second = flow.refresh(token["refresh_token"]).json()
        assert second["expires_in"] == 3600
        assert mina.client(second["access_token"]).get("/me/tasks").status_code == 200
        # and the old refresh token ends everything
        assert flow.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"
        assert mina.client(second["access_token"]).get("/me/tasks").status_code == 401
        assert flow.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    stored = str(Rows.of(org.server.settings).all("SELECT * FROM authorization_codes"))
    assert told["code"] not in stored


def test_refresh_lives_for_sixty_days(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    refresh = flow.token(flow.code(mina)).json()["refresh_token"]
    with org.server.later(days=59):
        refresh = flow.refresh(refresh).json()["refresh_token"]
    with org.server.later(days=59 + 61):
        assert flow.refresh(refresh).json()["error"] == "invalid_grant"


def test_no_is_an_answer(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    browser = flow.browser(mina).submit(decision="deny")
    told = answered(browser)
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", flow.state, org.server.url)
    assert "code" not in told


def test_a_code_works_once_and_twice_ends_everything(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    code = flow.code(mina)
    first = flow.token(code).json()
    assert mina.client(first["access_token"]).get("/me/tasks").status_code == 200
    assert flow.token(code).json()["error"] == "invalid_grant"
    assert mina.client(first["access_token"]).get("/me/tasks").status_code == 401
    assert flow.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_used_twice_ends_the_token_where_there_is_no_refresh_token(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org, grants=["authorization_code"]))
    code = flow.code(mina)
    first = flow.token(code).json()
    assert "refresh_token" not in first
    flow.token(code)
    assert mina.client(first["access_token"]).get("/me/tasks").status_code == 401


def test_a_code_is_good_for_a_minute(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    code = flow.code(mina)
    with org.server.later(milliseconds=61_000):
        assert flow.token(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error", "status"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant", 400),
        ({"code_verifier": None}, "invalid_request", 400),
        ({"redirect_uri": "https://portal.example/back/"}, "invalid_grant", 400),
        ({"redirect_uri": None}, "invalid_grant", 400),
        ({"client_secret": "hrc_wrong"}, "invalid_client", 401),
        ({"client_secret": None}, "invalid_client", 401),
        ({"code": None}, "invalid_request", 400),
        ({"grant_type": "implicit"}, "unsupported_grant_type", 400),
    ],
)
def test_token_endpoint_refuses(
    org: Org, mina: Person, changes: dict[str, str | None], error: str, status: int
) -> None:
    flow = Flow(org.server, registered(org))
    answer = flow.token(flow.code(mina), **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_code_is_for_the_application_that_asked(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    other = Flow(org.server, registered(org, name="Other"), verifier=flow.verifier)
    code = flow.code(mina)
    assert other.token(code).json()["error"] == "invalid_grant"
    assert flow.token(code).status_code == 200


# nobody is sent where the application has not registered
@pytest.mark.parametrize(
    "uri",
    [
        "https://portal.example/back/",
        "https://portal.example/back?x=1",
        "https://portal.example.evil.example/back",
        "https://portal.example@evil.example/back",
        "http://portal.example/back",
        "https://PORTAL.example/back",
        "https://evil.example",
        "//evil.example",
        "javascript:alert(1)",
    ],
)
def test_a_strange_redirect_is_no_redirect(org: Org, mina: Person, uri: str) -> None:
    flow = Flow(org.server, registered(org))
    browser = flow.browser(mina, redirect_uri=uri)
    assert browser.status == 400
    assert browser.left is None
    assert not browser.forms


@pytest.mark.parametrize("client_id", ["0", "999999", "x", None, "1' OR '1'='1"])
def test_an_unknown_application_is_no_redirect(org: Org, mina: Person, client_id: str | None) -> None:
    flow = Flow(org.server, registered(org))
    browser = flow.browser(mina, client_id=client_id)
    assert (browser.status, browser.left) == (400, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_other_mistakes_are_told_to_the_application(
    org: Org, mina: Person, changes: dict[str, str | None], error: str
) -> None:
    flow = Flow(org.server, registered(org))
    browser = Browser(org.server.url).open(flow.path(**changes))
    told = answered(browser)
    assert browser.left is not None
    assert browser.left.startswith(BACK + "?")
    assert (told["error"], told["state"], told["iss"]) == (error, flow.state, org.server.url)


def test_a_parameter_that_comes_twice_is_refused(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    browser = Browser(org.server.url).open(flow.path() + "&redirect_uri=https://evil.example")
    assert (browser.status, browser.left) == (400, None)


@pytest.mark.parametrize("name", ["response_type", "scope", "redirect_uri", "code_challenge", "client_id"])
@pytest.mark.parametrize("value", ["\u00ad", "\U000e7e9a", "a\nb", "\x7f", '"\\'])
def test_characters_that_no_parameter_has_are_a_mistake_and_no_more(org: Org, name: str, value: str) -> None:
    flow = Flow(org.server, registered(org))
    browser = Browser(org.server.url).open(flow.path(**{name: value}))
    assert browser.left is not None or browser.status == 400
    assert browser.status != 500


def test_more_than_the_application_may_have_is_refused(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org, scopes=["tasks:read"]))
    assert answered(Browser(org.server.url).open(flow.path(scope="tasks:write")))["error"] == "invalid_scope"
    token = flow.token(flow.code(mina, scope=None)).json()
    assert token["scope"] == "tasks:read"


def test_the_port_of_the_own_computer_is_free(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org, redirect_uris=["http://127.0.0.1/back", "http://[::1]:7000/back"]))
    for uri in ("http://127.0.0.1:51234/back", "http://[::1]/back"):
        browser = flow.browser(mina, redirect_uri=uri).submit("/oauth/authorize", decision="allow")
        assert browser.left is not None
        assert urlsplit(browser.left)._replace(query="").geturl() == uri
        assert flow.token(answered(browser)["code"], redirect_uri=uri).status_code == 200
    assert flow.browser(mina, redirect_uri="http://127.0.0.1:51234/other").status == 400
    assert flow.browser(mina, redirect_uri="http://localhost:51234/back").status == 400


def test_a_public_application_goes_by_pkce(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org, is_public=True))
    assert "client_secret" not in flow.application
    token = flow.token(flow.code(mina)).json()
    assert flow.refresh(token["refresh_token"]).status_code == 200
    assert flow.token(flow.code(mina), code_verifier=None).json()["error"] == "invalid_request"
    assert flow.token(flow.code(mina), client_secret="x").json()["error"] == "invalid_client"


def test_an_old_client_may_be_excused_from_pkce(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org, requires_pkce=False))
    nothing = {"code_challenge": None, "code_challenge_method": None}
    assert flow.token(flow.code(mina, **nothing), code_verifier=None).status_code == 200
    # whoever began with it has to go through with it, and the other way round
    assert flow.token(flow.code(mina), code_verifier=None).json()["error"] == "invalid_request"
    assert flow.token(flow.code(mina, **nothing)).json()["error"] == "invalid_request"


def test_only_members_of_its_organization(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    stranger = with_password(org.server.found().member("standard"))
    browser = flow.browser(stranger)
    assert browser.status == 403
    code = flow.code(mina)
    assert org.http.delete(f"/users/{mina.user_id}/disable").status_code == 200
    assert flow.token(code).json()["error"] == "invalid_grant"


def test_a_consent_cannot_be_forged(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    browser = flow.browser(mina)
    form = next(form for form in browser.forms if form.action == "/oauth/authorize")
    data = {**form.fields, "decision": "allow"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert browser.http.post("/oauth/authorize", data=data, headers=headers).status_code == 403
    assert browser.http.post("/oauth/authorize", data={**data, "form_token": ""}).status_code == 403
    # what was asked is looked at again when the answer comes
    evil = {**data, "request": data["request"].replace("portal.example", "evil.example")}
    assert browser.http.post("/oauth/authorize", data=evil).status_code == 400
    # a GET gives nothing away, however often somebody has allowed it
    assert browser.submit(decision="allow").left is not None
    again = flow.browser(mina)
    assert again.title == "May Portal act for you?"


def test_takes_it_back_on_the_account_page(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    token = flow.token(flow.code(mina)).json()
    browser = Browser(org.server.url).sign_in(mina.email, PASSWORD)
    assert "Portal" in browser.text
    browser.submit("/account/applications/end")
    assert "Portal" not in browser.text
    assert mina.client(token["access_token"]).get("/me/tasks").status_code == 401
    assert flow.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"
    events = [entry["event"] for entry in org.http.get("/x/audit").json()["data"]]
    assert {"oauth_consent_given", "oauth_consent_taken_back"} <= set(events)


def test_a_deleted_application_is_over(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    code, token = flow.code(mina), flow.token(flow.code(mina)).json()
    assert org.http.delete(f"/x/applications/{flow.application['id']}").status_code == 204
    assert flow.token(code).json()["error"] == "invalid_client"
    assert mina.client(token["access_token"]).get("/me/tasks").status_code == 401
    assert flow.browser(mina).status == 400


def test_the_implicit_grant_is_a_switch(org: Org, mina: Person) -> None:
    application = registered(org, grants=["implicit"])
    flow = Flow(org.server, application)
    asked = {"response_type": "token", "code_challenge": None, "code_challenge_method": None}
    assert answered(Browser(org.server.url).open(flow.path(**asked)))["error"] == "unsupported_response_type"
    with org.server.beside(implicit_grant="on") as url:
        old = Flow(org.server, application, url=url)
        browser = old.browser(mina, **asked).submit("/oauth/authorize", decision="allow")
        assert browser.left is not None
        assert browser.left.startswith(BACK + "#")
        told = answered(browser)
        assert (told["token_type"], told["expires_in"], told["state"]) == ("Bearer", "15778800", old.state)
        assert "refresh_token" not in told
        assert mina.client(told["access_token"]).get("/me/tasks").status_code == 200
        assert (
            answered(old.browser(mina, **asked).submit("/oauth/authorize", decision="deny"))["error"] == "access_denied"
        )


def test_a_code_speaks_for_nobody_in_another_grant(org: Org, mina: Person) -> None:
    code = Flow(org.server, registered(org)).code(mina)
    eve = with_password(org.member("standard", first_name="Eve"))
    body = {"name": "Till", "grants": ["password"], "is_first_party": True}
    till = org.http.post("/x/applications", json=body).json()["data"]
    given = {
        "grant_type": "password",
        "client_id": str(till["id"]),
        "client_secret": till["client_secret"],
        "username": eve.email,
        "code": code,
    }
    with org.server.beside(password_grant="on") as url:
        http = org.server.client(url=url)
        assert http.post("/oauth/token", data={**given, "password": "wrong"}).json()["error"] == "invalid_grant"
        token = http.post("/oauth/token", data={**given, "password": PASSWORD}).json()
    assert mina.client(token["access_token"]).get("/me").json()["data"]["email"] == eve.email
    assert token["expires_in"] == 15_778_800
