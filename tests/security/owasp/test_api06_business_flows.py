"""API6, unrestricted access to sensitive business flows: what is open to everybody cannot be used in bulk.

Open to everybody are public forms and the library, registration, the links of forgotten passwords, and the links of
guests and invitations. Members have flows that send mail or make much work in one call: inviting and bulk launches.
"""

from typing import Any

import pytest

from handrail.features.accounts import joining, resetting
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.features.builders import made, template
from tests.support.browser import Browser
from tests.support.server import Org, TestServer


def public_form(org: Org) -> str:
    return template(org, is_public_kickoff=True)["alias"]


def submit(org: Org, url: str, alias: str, **headers: str) -> int:
    http = org.server.client(url=url)
    return http.post(
        f"{org.path}/public/checklists/{alias}/runs", json={"email": "rui@pilots.example"}, headers=headers
    ).status_code


def test_public_form_takes_so_many_from_one_address(org: Org) -> None:
    one, other = public_form(org), public_form(org)
    with org.server.beside(public_launches_per_address=3) as url:
        assert [submit(org, url, one) for _ in range(3)] == [201] * 3
        # other forms of the organization are no way out, nor are headers that no proxy of ours speaks
        assert submit(org, url, one, **{"X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}) == 429
        assert submit(org, url, other) == 429


def test_public_form_takes_so_many_in_all(org: Org) -> None:
    one, other = public_form(org), public_form(org)
    with org.server.beside(public_launches_per_form=2) as url:
        assert [submit(org, url, one) for _ in range(3)] == [201, 201, 429]
        assert submit(org, url, other) == 201


def test_looking_at_public_things_is_counted(org: Org) -> None:
    alias = public_form(org)
    with org.server.beside(public_reads_per_minute=4) as url:
        http = org.server.client(url=url)
        paths = [f"{org.path}/public/checklists/{alias}", "/api/public/checklists", f"/api/public/runs/{'0' * 32}"]
        statuses = [http.get(paths[n % 3]).status_code for n in range(6)]
    assert statuses[4:] == [429, 429]


def test_form_that_is_no_longer_public_takes_nothing(org: Org) -> None:
    found = template(org, is_public_kickoff=True)
    assert submit(org, org.server.url, found["alias"]) == 201
    made(org.http.put(f"/checklists/{found['id']}", json={"title": "x", "is_public_kickoff": False}), 200)
    assert submit(org, org.server.url, found["alias"]) == 404


def test_registering_is_slow_and_can_be_closed(server: TestServer) -> None:
    def register(number: int, url: str | None = None) -> int:
        body = {
            "email": f"r{number}.{id(server)}.flow@pilots.example",
            "password": PASSWORD,
            "first_name": "R",
            "last_name": "L",
            "company_name": "Lima",
            "plan_code": "pro",
            "timezone": "Europe/Lisbon",
        }
        return server.client(path="/api", url=url).post("/auth/register", json=body).status_code

    with server.beside(registration="closed") as url:
        assert register(0, url) == 403
    with server.beside(smtp_url="smtp://127.0.0.1:9") as url:
        statuses = [register(number, url) for number in range(1, joining.PER_HOUR_FROM_ADDRESS + 2)]
    assert statuses[-1] == 429 and set(statuses[:-1]) == {201}


def test_links_of_passwords_go_out_slowly_from_one_address(server: TestServer) -> None:
    with server.beside(smtp_url="smtp://127.0.0.1:9") as url:
        http = server.client(path="/api", url=url)
        statuses = [
            http.post("/auth/forgot-password", json={"email": f"a{n}@pilots.example"}).status_code
            for n in range(resetting.PER_HOUR_FROM_ADDRESS + 1)
        ]
    assert statuses[-1] == 429 and set(statuses[:-1]) == {200}


def test_bulk_launches_have_a_largest_size(org: Org) -> None:
    found = template(org)

    def launch(rows: int) -> Any:
        body = {"checklist_id": found["id"], "rows": [{}] * rows, "batch": f"b{rows}", "dry_run": True}
        return org.http.post("/x/runs/bulk", json=body).status_code

    assert launch(2) == 200
    assert launch(5_000) in (413, 422)


@pytest.mark.parametrize("path", ["/account/sign-in", "/account/forgot-password", "/account/register"])
def test_forms_of_pages_cannot_be_sent_from_elsewhere(org: Org, path: str) -> None:
    """A program needs the page first, and a browser of somebody else's page sends nothing."""
    person = with_password(org.member("standard"))
    fields = {"email": person.email, "password": PASSWORD}
    assert Browser(org.server.url).http.post(path, data=fields).status_code == 403
