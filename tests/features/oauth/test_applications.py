"""Registering applications (wire 2.32)."""

import pytest

from handrail.kernel.secrets import fingerprint
from tests.features.builders import made
from tests.reliability.rows import Rows
from tests.support.server import Org

BACK = {"redirect_uris": ["https://portal.example/back"]}


def test_life_of_an_application(org: Org) -> None:
    new = made(org.http.post("/x/applications", json={"name": "Portal"}))
    assert new["id"] == new["client_id"]
    assert (new["grants"], new["scopes"], new["redirect_uris"]) == (["client_credentials"], ["*"], [])
    secret = new.pop("client_secret")
    path = f"/x/applications/{new['id']}"
    assert made(org.http.get(path), 200) == new
    assert org.http.get("/x/applications").json()["data"] == [new]
    body = {"name": "Portal 2", "scopes": ["tasks:read"], "redirect_uris": ["https://portal.example/back"]}
    changed = made(org.http.put(path, json=body), 200)
    assert {key: changed[key] for key in body} == body
    assert org.http.delete(path).status_code == 204
    assert org.http.get(path).status_code == 404
    assert org.http.get("/x/applications").json()["data"] == []
    stored = Rows.of(org.server.settings).all("SELECT secret_hash FROM application_secrets")
    assert (fingerprint(secret),) in stored
    assert (secret,) not in stored


def test_secrets_change_over(org: Org) -> None:
    new = made(org.http.post("/x/applications", json={"name": "Portal"}))
    path = f"/x/applications/{new['id']}/secrets"
    second = made(org.http.post(path))
    assert second["client_secret"] != new["client_secret"]
    assert len(second["secrets"]) == 2
    assert org.http.post(path).status_code == 422
    first_id = new["secrets"][0]["id"]
    assert [one["id"] for one in made(org.http.delete(f"{path}/{first_id}"), 200)["secrets"]] != [first_id]
    assert org.http.delete(f"{path}/{first_id}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x", "grants": []}, "grants"),
        ({"name": "x", "grants": ["device_code"]}, "grants"),
        ({"name": "x", "grants": ["authorization_code"]}, "redirect_uris"),
        ({"name": "x", "is_public": True, "grants": ["client_credentials"]}, "grants"),
        ({**BACK, "name": "x", "is_public": True, "requires_pkce": False}, "requires_pkce"),
        ({**BACK, "name": "x", "is_public": True, "is_first_party": True}, "is_first_party"),
        ({**BACK, "name": "x", "token_format": "paper"}, "token_format"),
        ({"name": "x", "grants": ["password"]}, "grants"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes"),
        ({"name": "x", "redirect_uris": ["http://portal.example/back"]}, "redirect_uris.0"),
        ({"name": "x", "redirect_uris": ["https://ok.example", "https://portal.example/#here"]}, "redirect_uris.1"),
        ({"name": "x", "redirect_uris": ["javascript:alert(1)"]}, "redirect_uris.0"),
        ({"name": "x", "redirect_uris": ["https://*.portal.example/"]}, "redirect_uris.0"),
        ({"name": "x", "redirect_uris": ["https://ada:secret@portal.example/"]}, "redirect_uris.0"),
        ({"name": "x", "redirect_uris": ["https://[bad/"]}, "redirect_uris.0"),
    ],
)
def test_wrong_applications_are_refused_by_name(org: Org, body: dict[str, object], field: str) -> None:
    answer = org.http.post("/x/applications", json=body)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {field}


def test_administrators_alone(org: Org) -> None:
    new = made(org.http.post("/x/applications", json={"name": "Portal"}))
    for person in (org.member(), org.member("light")):
        assert person.http.get("/x/applications").status_code == 403
        assert person.http.post("/x/applications", json={"name": "x"}).status_code == 403
        assert person.http.delete(f"/x/applications/{new['id']}").status_code == 403


def test_applications_of_others_do_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    theirs = made(other.http.post("/x/applications", json={"name": "Theirs"}))
    path = f"/x/applications/{theirs['id']}"
    secret = f"{path}/secrets/{theirs['secrets'][0]['id']}"
    for method, address in (
        ("GET", path),
        ("PUT", path),
        ("DELETE", path),
        ("POST", f"{path}/secrets"),
        ("DELETE", secret),
    ):
        assert one.http.request(method, address, json={}).status_code == 404
    assert made(other.http.get(path), 200)["name"] == "Theirs"
