"""Proves that the tests' server is the real application, on a real database, with organizations apart."""

import sqlalchemy as sa

from handrail.ports.database import Transaction
from handrail.schema.statement import Statement
from handrail.schema.tables import members
from handrail.schema.words import own
from tests.support.server import Org, TestServer

roles = Statement[tuple[str]](sa.select(members.c.role).where(own(members)).order_by(members.c.user_id))


def test_organization_is_read_over_http(org: Org) -> None:
    answer = org.client().get("")
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["id"] == org.organization_id


def test_members_have_their_roles_and_tokens(org: Org) -> None:
    person = org.member("light")
    assert person.http.get("").json()["data"]["user_role"] == "light"
    assert org.http.get("").json()["data"]["user_role"] == "admin"


def test_organizations_are_apart(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    assert one.client(other.token).get("").status_code == 404


def test_coroutines_run_on_the_loop_of_the_database(server: TestServer, org: Org) -> None:
    async def body(tx: Transaction) -> list[str]:
        return [row[0] for row in await tx.all(roles, organization_id=org.organization_id)]

    assert sorted(server.write(body)) == ["admin", "standard"]  # the second is the bot


def test_statements_are_counted(server: TestServer, org: Org) -> None:
    org.http.get("")
    with server.count_statements() as statements:
        org.http.get("")
    assert 1 <= len(statements) <= 4
    assert all("organization_id" in statement for statement in statements)


def test_second_application_has_other_settings(server: TestServer, org: Org) -> None:
    with server.beside(client_header="optional") as url:
        headers = {"Authorization": f"Bearer {org.token}"}
        assert server.client(url=url).get(f"{org.path}", headers=headers).status_code == 200


def test_clock_can_be_moved(server: TestServer, org: Org) -> None:
    before = server.clock.now()
    with server.later(days=2):
        assert server.clock.now() - before >= 2 * 86_400_000
    with server.later(days=184):
        assert org.http.get("").status_code == 401
    assert org.http.get("").status_code == 200
