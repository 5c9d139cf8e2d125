"""API4, unrestricted resource consumption: whatever is sent, it costs a bounded amount, or is refused.

Bounded are bodies, their depth and their lists, pages, includes, query strings, requests in a while, mails, guests and
comments. The limits of single fields are tried one by one in `tests/reliability/test_limits.py`.
"""

import contextlib
import json
import time
from typing import Any

import httpx
import pytest

from handrail.features.guests.invitations import PER_HOUR as GUESTS_PER_HOUR
from handrail.features.threads.quota import PER_HOUR as COMMENTS_PER_HOUR
from handrail.http.call import MAX_PER_PAGE
from handrail.main import endpoints
from tests.features.builders import made
from tests.features.guests.codes import oneoff
from tests.reliability.schemas import operations, places
from tests.security.mirror import mirror
from tests.security.test_isolation import address, named
from tests.support.server import Org, TestServer

LISTS = [route for route in endpoints() if route.shape == "collection" and route.action is not None]
SECONDS = 5


def test_body_larger_than_the_limit_is_refused_before_it_is_read(org: Org) -> None:
    limit = org.server.settings.max_body_bytes
    assert org.http.post("/tags", content=b"x" * (limit + 1)).status_code == 413

    def parts() -> Any:
        for _ in range(limit // 65_536 + 2):
            yield b"x" * 65_536

    # without a word on how long it will be
    assert org.http.post("/tags", content=parts()).status_code == 413
    assert org.server.client().post("/oauth/token", content=b"x" * (limit + 1)).status_code == 413
    assert org.server.client().post("/account/sign-in", content=b"x" * 70_000).status_code in (403, 413)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deeply_nested_bodies_are_refused(org: Org, opening: str, closing: str) -> None:
    for depth in (1_000, 100_000):
        text = opening * depth + ("1" if opening == '{"a":' else "") + closing * depth
        for body in (text, f'{{"title": "x", "prerun": {text}}}', f'{{"title": {text}}}'):
            answer = org.http.post("/checklists", content=body, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500, answer.text[:200]


def test_compressed_bodies_are_not_unpacked(org: Org) -> None:
    import gzip

    packed = gzip.compress(json.dumps({"title": "x" * 5_000_000}).encode())
    answer = org.http.post("/tags", content=packed, headers={"Content-Encoding": "gzip"})
    assert 400 <= answer.status_code < 500


def unbounded() -> list[str]:
    """Lists of bodies whose length the reference does not limit."""
    return [
        f"{operation.name}: {place.name}"
        for operation in operations()
        for place in places(operation.schema)
        if place.schema.get("type") == "array" and "maxItems" not in place.schema
    ]


def test_lists_without_a_limit_of_their_own_are_bounded_by_the_body(org: Org) -> None:
    """What has no `maxItems` is refused or done within a moment, however many entries there are room for."""
    many = [{"title": f"s{n}"} for n in range(20_000)]
    began = time.monotonic()
    for path, body in (
        ("/checklists", {"title": "x", "type": "procedure", "steps": many}),
        ("/checklists", {"title": "x", "type": "procedure", "prerun": [{"label": str(n)} for n in range(20_000)]}),
        ("/groups", {"name": "x", "members": list(range(100_000))}),
        ("/x/runs/bulk", {"checklist_id": "0" * 32, "rows": [{}] * 50_000}),
        ("/me/tokens", {"name": "x", "scopes": [f"x{n}" for n in range(50_000)]}),
    ):
        answer = org.http.post(path, json=body)
        assert 400 <= answer.status_code < 500, f"{path}: {answer.status_code} {answer.text[:200]}"
    assert time.monotonic() - began < 5 * SECONDS
    assert isinstance(unbounded(), list)


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_pages_have_a_largest_size(servers: object, route: Any) -> None:
    server: TestServer = servers("sqlite")  # pyright: ignore[reportCallIssue]
    us = mirror(server, "Canopus")
    for key in ("per_page", "limit"):
        answer = server.client(us.org.token).get(address(route, us.ids), params={key: 10**9})
        assert answer.status_code == 200, answer.text
        told = answer.json().get("meta", {}).get("pagination")
        if told is not None:
            # these lists are whole by the contract of the wire
            largest = 9999 if "/users" in route.path else 999 if "/guests" in route.path else MAX_PER_PAGE
            assert told["per_page"] <= largest


def test_includes_and_query_strings_are_bounded(org: Org) -> None:
    assert org.http.get("/tasks", params={"with": ",".join(f"a{n}.b.c.d" for n in range(2_000))}).status_code in (
        200,
        414,
    )
    assert org.http.get("/tasks?" + "&".join(f"a{n}=1" for n in range(201))).status_code == 422
    # the server may hang up on lines that long
    with contextlib.suppress(httpx.RemoteProtocolError):
        assert org.http.get("/tasks", params={"q": "x" * 60_000}).status_code in (200, 400, 414, 422, 431)


@pytest.mark.parametrize("text", ["a" * 3_000, "%" * 2_000, "\\" * 2_000, "a%_" * 900, "ß" * 1_000])
def test_searching_takes_no_longer_for_odd_texts(org: Org, text: str) -> None:
    began = time.monotonic()
    for path in ("/tasks", "/runs", "/checklists", "/users", "/guests", "/tags", "/folders"):
        assert org.http.get(path, params={"q": text}).status_code in (200, 422)
    assert time.monotonic() - began < SECONDS


def test_quota_of_an_organization_is_its_own(two_orgs: tuple[Org, Org]) -> None:
    one, other = two_orgs
    with one.server.beside(rate_limit_per_minute=5) as url:
        assert [one.client(url=url).get("/me").status_code for _ in range(7)][5:] == [429, 429]
        assert other.client(url=url).get("/me").status_code == 200
        # nor are refused callers let in by asking for something else
        assert one.client(url=url).get("/tasks").status_code == 429
        # who has no token uses nobody's up
        for _ in range(10):
            assert one.client("hrp_x", url=url).get("/me").status_code == 401


def test_mails_to_guests_are_counted(org: Org) -> None:
    statuses = [
        org.http.post("/guests", json={"email": f"g{n}@quay.example"}).status_code for n in range(GUESTS_PER_HOUR + 1)
    ]
    assert statuses == [201] * GUESTS_PER_HOUR + [429]


def test_comments_are_counted(org: Org) -> None:
    task = oneoff(org, "Talk")
    statuses = [
        org.http.post(f"/tasks/{task['id']}/comment", json={"content": f"c{n}"}).status_code
        for n in range(COMMENTS_PER_HOUR + 1)
    ]
    assert statuses[-1] == 429 and set(statuses[:-1]) == {201}


def test_rule_that_never_comes_true_is_given_up(org: Org) -> None:
    began = time.monotonic()
    for rule in ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;INTERVAL=1000"):
        body = {"rule": rule, "starts_at": "2027-03-01 09:00:00", "count": 3}
        assert org.http.post("/x/schedules/preview", json=body).status_code in (200, 422)
    assert time.monotonic() - began < SECONDS


def test_template_that_launches_itself_comes_to_an_end(org: Org) -> None:
    found = made(
        org.http.post("/checklists?with=steps", json={"title": "Loop", "type": "procedure", "steps": [{"title": "a"}]})
    )
    at = f"/checklists/{found['id']}/steps/{found['steps']['data'][0]['id']}"
    body = {
        "title": "a",
        "bp_to_launch": {"id": found["id"], "default_name_format": None, "tasks_within_process": True},
    }
    assert org.http.put(at, json=body).status_code < 500
    began = time.monotonic()
    assert org.http.post("/runs", json={"checklist_id": found["id"], "name": "x"}).status_code < 500
    assert time.monotonic() - began < SECONDS
