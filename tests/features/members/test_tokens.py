"""Personal access tokens: shown once, narrowed by scopes, ended at once."""

from typing import Any

import httpx
import pytest

from handrail.kernel.secrets import fingerprint
from handrail.schema.statement import Statement
from handrail.schema.tables import tokens
from tests.support.server import Org, Person

hashes = Statement[tuple[str, str]](tokens.select().with_only_columns(tokens.c.token_hash, tokens.c.name))


def made(person: Person, **body: Any) -> dict[str, Any]:
    answer = person.http.post("/me/tokens", json={"name": "Nightly"} | body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def listed(person: Person) -> list[dict[str, Any]]:
    return person.http.get("/me/tokens").json()["data"]


def narrow(person: Person, *scopes: str) -> httpx.Client:
    return person.client(made(person, scopes=list(scopes))["access_token"])


def test_token_works_and_its_value_is_shown_once(org: Org) -> None:
    token = made(org)
    assert token["access_token"].startswith("hrp_")
    assert (token["token_type"], token["scopes"], token["last_used_at"]) == ("Bearer", ["*"], None)
    assert org.client(token["access_token"]).get("/me").status_code == 200
    found = {entry["id"]: entry for entry in listed(org)}
    assert "access_token" not in found[token["id"]]
    assert [entry["current"] for entry in found.values()] == [True, False]
    assert found[token["id"]]["last_used_at"] is not None


def test_only_a_fingerprint_is_stored(org: Org) -> None:
    secret = made(org)["access_token"]

    async def look() -> list[tuple[str, str]]:
        async with org.server.database.reader() as reader:
            return [(row[0], row[1]) for row in await reader.all(hashes)]

    stored = org.server.run(look)
    assert (fingerprint(secret), "Nightly") in stored
    assert not any(secret in text for row in stored for text in row)


def test_revoked_token_stops_at_once(org: Org) -> None:
    token = made(org)
    client = org.client(token["access_token"])
    assert client.get("/me").status_code == 200
    assert org.http.delete(f"/me/tokens/{token['id']}").status_code == 204
    assert client.get("/me").status_code == 401
    assert org.http.delete(f"/me/tokens/{token['id']}").status_code == 404
    assert token["id"] not in {entry["id"] for entry in listed(org)}


def test_all_tokens_go_together(org: Org) -> None:
    person = org.member("light")
    assert person.http.delete("/me/tokens").json()["data"] == {"revoked": 1}
    assert person.http.get("/me").status_code == 401
    assert org.http.get("/me").status_code == 200


def test_expiry(org: Org) -> None:
    token = made(org, expires_at="2031-01-01 00:00:00")
    assert token["expires_at"] == "2031-01-01T00:00:00.000Z"
    short = made(org)
    client = org.client(short["access_token"])
    with org.server.later(days=184):
        org.server.forget_people()
        assert client.get("/me").status_code == 401
        assert org.client(token["access_token"]).get("/me").status_code == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tasks:fly"]}, "scopes"),
        ({"scopes": "tasks:read everything"}, "scopes"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2020-01-01"}, "expires_at"),
    ],
)
def test_wrong_tokens_are_named(org: Org, body: dict[str, Any], path: str) -> None:
    answer = org.http.post("/me/tokens", json={"name": "Nightly"} | body)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [path]


def test_scopes_narrow(org: Org) -> None:
    client = narrow(org, "members:read")
    assert client.get("/me").status_code == client.get("/users").status_code == 200
    assert client.put("/me", json={"team": "x"}).status_code == 403
    assert client.get("").status_code == 403
    assert client.put("", json={"city": "x"}).status_code == 403
    assert client.post("/me/tokens", json={"name": "wider"}).status_code == 403
    assert "scopes" in client.get("").json()["message"]


def test_writing_includes_reading_and_admin_is_for_the_organization(org: Org) -> None:
    writer = narrow(org, "organization:write")
    assert writer.get("").status_code == 200
    assert writer.put("", json={"city": "Porto"}).status_code == 200
    admin = narrow(org, "admin")
    assert admin.put(f"/users/{org.member().user_id}/role", json={"role": "light"}).status_code == 200
    assert admin.post("/checklists", json={"title": "x"}).status_code == 403


def test_scopes_do_not_widen(org: Org) -> None:
    client = narrow(org.member(), "organization:write", "admin")
    assert client.put("", json={"city": "Porto"}).status_code == 403


def test_narrow_token_can_end_itself(org: Org) -> None:
    token = made(org, scopes=["tasks:read"])
    client = org.client(token["access_token"])
    assert client.delete(f"/me/tokens/{token['id']}").status_code == 204
    assert client.get("/me").status_code == 401


def test_light_members_have_no_api_keys(org: Org) -> None:
    person = org.member("light")
    assert person.http.get("/me/tokens").status_code == 403
    assert person.http.post("/me/tokens", json={"name": "x"}).status_code == 403


def test_tokens_of_others_are_not_there(org: Org) -> None:
    person = org.member()
    token = made(person)
    assert org.http.delete(f"/me/tokens/{token['id']}").status_code == 404
    assert token["id"] not in {entry["id"] for entry in listed(org)}
    assert person.client(token["access_token"]).get("/me").status_code == 200
