"""An organization invites at most thirty guests within any hour, whoever asks and however many at once."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.features.guests.test_guests import guest, mails, oneoff
from tests.support.server import Org

LIMIT = 30


def invite(org: Org, number: int) -> httpx.Response:
    return org.client().post("/guests", json={"email": f"g{number}@pilots.example"})


def test_thirty_within_an_hour(two_orgs: tuple[Org, Org]) -> None:
    org, other = two_orgs
    for number in range(20):
        assert invite(org, number).status_code == 201
    with org.server.later(hours=0.5):
        for number in range(20, LIMIT):
            assert invite(org, number).status_code == 201
        refused = invite(org, LIMIT)
        assert refused.status_code == 429
        body = refused.json()
        assert (body["error"], body["code"]) == (True, "RATE_LIMIT_EXCEEDED")
        assert "30" in body["message"]
        assert 1795 <= int(refused.headers["Retry-After"]) <= 1800
        assert len(mails(org)) == LIMIT
        # those who are here already, and those who come with a task, are not counted
        assert invite(org, 3).status_code == 201
        oneoff(org, "Errand", guests=["more@pilots.example"])
        assert guest(other)["email"]
    with org.server.later(hours=1.01):
        for number in range(LIMIT, LIMIT + 20):
            assert invite(org, number).status_code == 201
        assert invite(org, 99).status_code == 429


def test_deleting_makes_no_room(org: Org) -> None:
    for number in range(LIMIT):
        assert invite(org, number).status_code == 201
    assert org.http.delete("/guests/g0@pilots.example").status_code == 200
    assert invite(org, 0).status_code == 429
    assert invite(org, 31).status_code == 429


def test_many_at_once(org: Org) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: invite(org, number).status_code, range(LIMIT + 10)))
    assert sorted(answers) == [201] * LIMIT + [429] * 10
    assert len(mails(org)) == LIMIT


def test_one_address_at_once_is_one_guest(org: Org) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: invite(org, 1).json()["data"]["id"], range(6)))
    assert len(set(found)) == 1
    assert len(mails(org)) == 1
