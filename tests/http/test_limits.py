"""Quotas of an organization, and the headers that tell about them (wire 0.10)."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.server import Org, TestServer

MINUTE, HOUR = 3, 5


@pytest.fixture
def limited(server: TestServer) -> Iterator[str]:
    with server.beside(rate_limit_per_minute=MINUTE, rate_limit_per_hour=HOUR) as url:
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
        assert time.time() <= int(refused.headers["x-ratelimit-reset"]) <= time.time() + 61


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


def test_hour_is_the_stricter_window_once_it_is_used_up(server: TestServer, org: Org) -> None:
    with server.beside(rate_limit_per_minute=0, rate_limit_per_hour=2) as url:
        client = org.client(url=url)
        assert [client.get("").status_code for _ in range(3)] == [200, 200, 429]
        refused = client.get("")
        assert "2 requests per hour" in refused.json()["message"]
        assert 3500 <= int(refused.headers["retry-after"]) <= 3601
        assert "x-ratelimit-limit" not in refused.headers


def test_no_headers_without_quotas(org: Org) -> None:
    assert not [name for name in org.http.get("").headers if "ratelimit" in name]
