"""Quotas of an organization, and the headers that tell about them (wire 0.10), counted in memory and in Redis."""

import time
from collections.abc import Iterator

import httpx
import pytest

from handrail.features.organizations.rates import rates_of, set_rates
from handrail.kernel.actor import Rates
from tests.support.redis import RedisServer
from tests.support.server import Org, TestServer

MINUTE, HOUR = 3, 5


@pytest.fixture(params=["memory", "redis"])
def redis_url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("redis").url if request.param == "redis" else None


@pytest.fixture
def limited(server: TestServer, redis_url: str | None) -> Iterator[str]:
    with server.beside(rate_limit_per_minute=MINUTE, rate_limit_per_hour=HOUR, redis_url=redis_url) as url:
        yield url


def usage(answer: httpx.Response, unit: str = "") -> tuple[int, int, int]:
    return tuple(int(answer.headers[f"x-ratelimit-{word}{unit}"]) for word in ("limit", "used", "remaining"))  # pyright: ignore[reportReturnType]


def test_quota_counts_down_and_then_refuses(org: Org, limited: str) -> None:
    client = org.client(url=limited)
    for used in range(1, MINUTE + 1):
        answer = client.get("")
        assert answer.status_code == 200
        assert usage(answer) == (MINUTE, used, MINUTE - used)
        assert usage(answer, "-hour") == (HOUR, used, HOUR - used)
    for _ in range(2):
        refused = client.get("")
        assert refused.status_code == 429
        assert usage(refused) == (MINUTE, MINUTE, 0)
        assert usage(refused, "-hour") == (HOUR, MINUTE, HOUR - MINUTE), "what is refused is not counted"
        assert refused.json()["code"] == "RATE_LIMIT_EXCEEDED"
        assert refused.json()["error"] is True
        assert f"{MINUTE} requests per minute" in refused.json()["message"]
        assert 1 <= int(refused.headers["retry-after"]) <= 61
        assert time.time() <= int(refused.headers["x-ratelimit-reset"]) <= time.time() + 62


def test_usage_is_told_in_the_draft_standard_too(org: Org, limited: str) -> None:
    headers = org.client(url=limited).get("").headers
    assert headers["ratelimit-policy"] == f'"minute";q={MINUTE};w=60, "hour";q={HOUR};w=3600'
    assert headers["ratelimit"].startswith(f'"minute";r={MINUTE - 1};t=')


def test_organizations_and_not_tokens_have_quotas(two_orgs: tuple[Org, Org], limited: str) -> None:
    one, other = two_orgs
    colleague = one.member()
    for client in (one.client(url=limited), colleague.client(url=limited), one.client(url=limited)):
        assert client.get("").status_code == 200
    assert colleague.client(url=limited).get("").status_code == 429
    assert other.client(url=limited).get("").status_code == 200


def test_failures_count_and_tell_the_usage(org: Org, limited: str) -> None:
    client = org.client(url=limited)
    missing = client.get(f"/tasks/{'0' * 32}")
    assert missing.status_code == 404
    assert usage(missing) == (MINUTE, 1, MINUTE - 1)


def test_what_is_not_counted(server: TestServer, org: Org, limited: str) -> None:
    raw = server.client(url=limited)
    for _ in range(MINUTE + HOUR):
        assert raw.options(org.path).status_code == 204
        assert raw.get("/health").status_code == 200
        assert raw.get(org.path).status_code == 401
    assert usage(org.client(url=limited).get("")) == (MINUTE, 1, MINUTE - 1)


def test_hour_is_the_stricter_window_once_it_is_used_up(server: TestServer, org: Org, redis_url: str | None) -> None:
    with server.beside(rate_limit_per_minute=0, rate_limit_per_hour=2, redis_url=redis_url) as url:
        client = org.client(url=url)
        assert [client.get("").status_code for _ in range(3)] == [200, 200, 429]
        refused = client.get("")
        assert "2 requests per hour" in refused.json()["message"]
        assert 3500 <= int(refused.headers["retry-after"]) <= 3604
        assert "x-ratelimit-limit" not in refused.headers


def test_organizations_have_limits_of_their_own(two_orgs: tuple[Org, Org], limited: str) -> None:
    one, other = two_orgs
    server, client = one.server, one.client(url=limited)

    def given(org: Org, per_minute: int | None, per_hour: int | None) -> None:
        server.write(lambda tx: set_rates(tx, org.organization_id, Rates(per_minute, per_hour)))

    given(one, 1, None)
    first = client.get("")
    assert usage(first) == (1, 1, 0)
    assert usage(first, "-hour") == (HOUR, 1, HOUR - 1)
    assert "1 requests per minute" in client.get("").json()["message"]
    # whatever an administrator of the organization writes, it stays so
    assert one.http.put("", json={"requests_per_minute": 100, "rate_limit_per_minute": 100}).status_code == 200
    assert server.run(lambda: _rates(one)) == Rates(1, None)
    # the other organization has the installation's, and no limit when it is given none
    assert usage(other.client(url=limited).get("")) == (MINUTE, 1, MINUTE - 1)
    third = one.member()
    given(one, 0, 2)
    # somebody whom the server has not seen yet, so it reads what holds
    answer = third.client(url=limited).get("")
    assert "x-ratelimit-limit" not in answer.headers
    assert usage(answer, "-hour") == (2, 2, 0)
    assert third.client(url=limited).get("").status_code == 429


async def _rates(org: Org) -> Rates:
    async with org.server.database.reader() as reader:
        return await rates_of(reader, org.organization_id)


def test_own_limits_cost_no_statement(server: TestServer, org: Org) -> None:
    server.write(lambda tx: set_rates(tx, org.organization_id, Rates(1000, 1000)))
    server.forget_people()
    with server.count_statements() as first:
        org.http.get("/tags")
    with server.count_statements() as later:
        answer = org.http.get("/tags")
    assert usage(answer) == (1000, 2, 998)
    assert [text for text in later if "organizations" in text] == []
    assert len([text for text in first if "requests_per_minute" in text]) == 1


def test_strangers_are_counted_together_too(server: TestServer, redis: RedisServer) -> None:
    with (
        server.beside(public_reads_per_minute=3, redis_url=redis.url) as one,
        server.beside(public_reads_per_minute=3, redis_url=redis.url) as other,
    ):
        answers = [
            server.client(url=url).get("/public/checklists").status_code for url in (one, other, one, other, one)
        ]
    assert answers == [200, 200, 200, 429, 429]


def test_no_headers_without_quotas(org: Org) -> None:
    assert not [name for name in org.http.get("").headers if "ratelimit" in name]
