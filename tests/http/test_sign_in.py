"""Who is let in: bearer tokens, the client header, and the organization of the path (wire 0.2, 0.9)."""

import pytest
import sqlalchemy as sa

from handrail.kernel.secrets import PERSONAL_TOKEN, fingerprint, new_secret
from handrail.ports.database import Transaction
from handrail.schema.statement import Statement
from handrail.schema.tables import members, tokens
from handrail.schema.words import is_, own, set_all
from tests.support.server import Org, TestServer

UNAUTHENTICATED = {"error": True, "message": "Unauthenticated."}
NOT_FOUND = {"error": True, "message": "Resource not found", "code": "RESOURCE_NOT_FOUND"}

revoke = Statement[None](sa.update(tokens).where(is_(tokens.c.token_hash)).values(set_all(tokens, "revoked_at")))
expire = Statement[None](sa.update(tokens).where(is_(tokens.c.token_hash)).values(set_all(tokens, "expires_at")))
change_status = Statement[None](
    sa.update(members).where(own(members), is_(members.c.user_id)).values(set_all(members, "status"))
)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer nonsense",
        "Basic YTpi",
        "Token abc",
        "Bearer \xe4\xf6\xfc",
        "Bearer " + "x" * 4000,
    ],
)
def test_without_a_valid_token_nobody_is_let_in(server: TestServer, org: Org, header: str | None) -> None:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    answer = server.client().get(org.path, headers=headers)
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(server: TestServer, org: Org, word: str) -> None:
    answer = server.client().get(org.path, headers={"authorization": f"{word} {org.token}"})
    assert answer.status_code == 200
    # but with exactly one space
    assert server.client().get(org.path, headers={"authorization": f"{word}  {org.token}"}).status_code == 401


def test_token_that_was_never_given_is_refused(org: Org) -> None:
    answer = org.client(new_secret(PERSONAL_TOKEN)).get("")
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


def test_revoked_token_is_refused(server: TestServer, org: Org) -> None:
    async def body(tx: Transaction) -> None:
        await tx.run(revoke, token_hash=fingerprint(org.token), revoked_at=server.clock.now())

    assert org.http.get("").status_code == 200
    server.write(body)
    server.forget_people()
    answer = org.http.get("")
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


def test_expired_token_is_refused(server: TestServer, org: Org) -> None:
    async def body(tx: Transaction) -> None:
        await tx.run(expire, token_hash=fingerprint(org.token), expires_at=server.clock.now() + 60_000)

    server.write(body)
    server.forget_people()
    assert org.http.get("").status_code == 200
    with server.later(milliseconds=61_000):
        answer = org.http.get("")
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("status", ["disabled", "invited", "deleted"])
def test_only_active_members_are_let_in(server: TestServer, org: Org, status: str) -> None:
    person = org.member()

    async def body(tx: Transaction) -> None:
        await tx.run(change_status, organization_id=org.organization_id, user_id=person.user_id, status=status)

    assert person.http.get("").status_code == 200
    server.write(body)
    server.forget_people()
    answer = person.http.get("")
    assert answer.status_code in (401, 403, 404)
    assert org.organization_id not in answer.text


def test_other_organizations_look_as_if_they_did_not_exist(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    answer = one.client(other.token).get("")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_client_header_is_required(server: TestServer, org: Org) -> None:
    client = org.client()
    for value in (None, ""):
        del client.headers["X-Tallyfy-Client"]
        if value is not None:
            client.headers["X-Tallyfy-Client"] = value
        answer = client.get("")
        assert answer.status_code == 401
        assert answer.json()["code"] == "CLIENT_HEADER_REQUIRED"
        assert "X-Tallyfy-Client: APIClient" in answer.json()["message"]
        client.headers["X-Tallyfy-Client"] = "x"
    for name in ("APIClient", "TallyfySDK", "n8n", "anything at all"):
        assert client.get("", headers={"X-Tallyfy-Client": name}).status_code == 200


def test_client_header_can_be_made_optional(server: TestServer, org: Org) -> None:
    with server.beside(client_header="optional") as url:
        client = org.client(url=url)
        del client.headers["X-Tallyfy-Client"]
        assert client.get("").status_code == 200
        del client.headers["Authorization"]
        assert client.get("").status_code == 401


def test_missing_token_is_reported_before_a_missing_client_header(server: TestServer, org: Org) -> None:
    client = server.client()
    del client.headers["X-Tallyfy-Client"]
    assert client.get(org.path).json() == UNAUTHENTICATED
