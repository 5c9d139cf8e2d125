"""Metadata, introspection, dynamic registration and signed tokens (RFC 8414, 7662, 7591, 9068)."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.features.accounts.conftest import with_password
from tests.features.builders import made
from tests.features.oauth.flow import BACK, Flow, answered, registered
from tests.reliability.rows import Rows
from tests.support.server import Org, Person


@pytest.fixture
def mina(org: Org) -> Person:
    return with_password(org.member("standard", first_name="Mina"))


def test_metadata_is_at_the_root_and_true(org: Org) -> None:
    http = org.server.client()
    told = http.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == org.server.url
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "registration_endpoint" not in told
    assert "implicit" not in told["grant_types_supported"]
    for name in ("authorization_endpoint", "jwks_uri"):
        assert http.get(told[name].removeprefix(org.server.url)).status_code != 404
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        assert http.post(told[name].removeprefix(org.server.url)).status_code in (400, 401)
    with org.server.beside(implicit_grant="on", dynamic_registration="on", password_grant="on") as url:
        more = org.server.client(url=url).get("/.well-known/oauth-authorization-server").json()
    assert {"implicit", "password"} <= set(more["grant_types_supported"])
    assert more["registration_endpoint"] == f"{url}/oauth/register"


def test_introspection(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org))
    token = flow.token(flow.code(mina)).json()
    basic = (str(flow.application["client_id"]), flow.application["client_secret"])
    http = org.server.client()

    def asked(value: str, auth: tuple[str, str] = basic) -> dict[str, object]:
        return http.post("/oauth/introspect", data={"token": value}, auth=auth).json()

    told = asked(token["access_token"])
    assert told.pop("exp")
    assert told == {
        "active": True,
        "scope": "members:read tasks:read",
        "client_id": basic[0],
        "username": mina.email,
        "token_type": "Bearer",
        "sub": str(mina.user_id),
        "aud": basic[0],
        "iss": org.server.url,
        "org": org.organization_id,
    }
    other = made(org.http.post("/x/applications", json={"name": "Other"}))
    for value, auth in (
        (token["access_token"], (str(other["id"]), other["client_secret"])),
        (mina.token, basic),
        ("hru_unknown", basic),
        (token["refresh_token"], basic),
    ):
        assert asked(value, auth) == {"active": False}
    assert http.post("/oauth/introspect", data={"token": mina.token}).status_code == 401
    assert http.post("/oauth/revoke", data={"token": token["access_token"]}, auth=basic).status_code == 200
    assert asked(token["access_token"]) == {"active": False}


def test_introspection_of_the_applications_own_token(org: Org) -> None:
    own = made(org.http.post("/x/applications", json={"name": "Robot"}))
    basic = (str(own["id"]), own["client_secret"])
    http = org.server.client()
    token = http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=basic).json()["access_token"]
    told = http.post("/oauth/introspect", data={"token": token}, auth=basic).json()
    assert (told["active"], told["client_id"], told["org"]) == (True, basic[0], org.organization_id)
    assert "username" not in told


def test_signed_tokens_can_be_checked_by_anybody(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org, token_format="jwt"))
    token = flow.token(flow.code(mina)).json()
    keys = KeySet.import_key_set(org.server.client().get("/.well-known/jwks.json").json())
    read = jwt.decode(token["access_token"], keys, algorithms=["RS256"])
    assert read.header["typ"] == "at+jwt"
    claims = read.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (
        org.server.url,
        str(mina.user_id),
        str(flow.application["id"]),
    )
    assert (claims["org"], claims["scope"]) == (org.organization_id, "tasks:read members:read")
    assert claims["exp"] - claims["iat"] == 3600
    http = mina.client(token["access_token"])
    assert http.get("/me/tasks").status_code == 200
    # a signature alone is not enough: what was revoked is over
    basic = (str(flow.application["client_id"]), flow.application["client_secret"])
    assert org.server.client().post("/oauth/revoke", data={"token": token["access_token"]}, auth=basic).is_success
    assert http.get("/me/tasks").status_code == 401
    private = str(Rows.of(org.server.settings).all("SELECT sealed_private FROM signing_keys"))
    assert '"d"' not in private
    assert "BEGIN" not in private
    assert "d" not in org.server.client().get("/.well-known/jwks.json").json()["keys"][0]


def test_keys_change_and_old_ones_stay_until_nothing_needs_them(org: Org, mina: Person) -> None:
    flow = Flow(org.server, registered(org, token_format="jwt"))
    http = org.server.client()
    flow.token(flow.code(mina))
    first = [key["kid"] for key in http.get("/.well-known/jwks.json").json()["keys"]]
    with org.server.later(days=91):
        token = flow.token(flow.code(mina)).json()["access_token"]
        shown = http.get("/.well-known/jwks.json").json()
        assert set(first) < {key["kid"] for key in shown["keys"]}
        assert jwt.decode(token, KeySet.import_key_set(shown), algorithms=["RS256"]).header["kid"] not in first
    with org.server.later(days=91 + 275):
        later = {key["kid"] for key in http.get("/.well-known/jwks.json").json()["keys"]}
        assert not set(first) & later


REGISTRATION = {
    "client_name": "Tide table",
    "redirect_uris": [BACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
    "scope": "tasks:read",
}


def test_programs_register_themselves_where_they_may(org: Org, mina: Person) -> None:
    assert org.server.client().post("/oauth/register", json=REGISTRATION).status_code == 403
    with org.server.beside(dynamic_registration="on") as url:
        answer = org.server.client(url=url).post("/oauth/register", json=REGISTRATION)
        assert answer.status_code == 201
        told = answer.json()
        assert "client_secret" not in told
        flow = Flow(org.server, told, url=url)
        browser = flow.browser(mina, scope="tasks:read")
        assert "has registered itself" in browser.text
        code = answered(browser.submit("/oauth/authorize", decision="allow"))["code"]
        token = flow.token(code).json()
        assert mina.client(token["access_token"]).get("/me/tasks").status_code == 200
        assert flow.refresh(token["refresh_token"]).status_code == 200
    # it is nobody's to administer
    assert told["client_id"] not in {str(one["id"]) for one in org.http.get("/x/applications").json()["data"]}
    assert org.http.get(f"/x/applications/{told['client_id']}").status_code == 404


def test_of_a_self_registered_program_the_person_chooses_the_organization(org: Org, mina: Person) -> None:
    second = org.server.found("Second")
    second.member("light", email=mina.email)
    with org.server.beside(dynamic_registration="on") as url:
        body = {**REGISTRATION, "token_endpoint_auth_method": "client_secret_basic"}
        told = org.server.client(url=url).post("/oauth/register", json=body).json()
        assert told["client_secret_expires_at"] == 0
        flow = Flow(org.server, told, url=url)
        browser = flow.browser(mina, scope="tasks:read")
        assert browser.title == "Choose an organization"
        browser.submit(organization_id=second.organization_id)
        assert browser.title == "May Tide table act for you?"
        code = answered(browser.submit("/oauth/authorize", decision="allow"))["code"]
        token = flow.token(code).json()["access_token"]
    http = org.server.client(token, path="/api")
    assert http.get(f"/organizations/{second.organization_id}/me/tasks").status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://portal.example/back"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://portal.example/*"]}, "invalid_redirect_uri"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"scope": "everything"}, "invalid_client_metadata"),
    ],
)
def test_registration_refuses(org: Org, changes: dict[str, object], error: str) -> None:
    with org.server.beside(dynamic_registration="on") as url:
        answer = org.server.client(url=url).post("/oauth/register", json={**REGISTRATION, **changes})
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_registration_is_limited(org: Org) -> None:
    with org.server.beside(dynamic_registration="on") as url:
        http = org.server.client(url=url)
        codes = [http.post("/oauth/register", json=REGISTRATION).status_code for _ in range(21)]
    assert codes == [201] * 20 + [429]
