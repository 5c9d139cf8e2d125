"""How many passwords may be tried, however many are tried at once, and wherever."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from handrail.adapters.limits_redis import RedisLimiter
from handrail.features.members import proving, service
from handrail.http.attempts import network
from handrail.kernel.errors import TooMany
from handrail.settings import Settings
from tests.features.accounts.conftest import PASSWORD, with_password
from tests.support.redis import RedisServer
from tests.support.server import Org, TestServer

PROCESSES = 8
EACH = 4


def test_several_processes_try_no_more_than_one(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have begun to compare a first password before any of them is told that it is wrong."""
    redis.empty()
    tried: list[str] = []
    together = threading.Barrier(PROCESSES)

    async def compare(database: object, email: str, password: str) -> None:
        tried.append(password)
        if password.endswith(".0"):
            together.wait(20)

    monkeypatch.setattr(service, "person_with", compare)

    async def guess(number: int) -> int:
        limiter = RedisLimiter(redis.url)
        application: Any = SimpleNamespace(limiter=limiter, settings=Settings(data=tmp_path), database=None)
        refused = 0
        for each in range(EACH):
            try:
                await proving.person(application, "mina@pilots.example", f"{number}.{each}", "192.0.2.7")
            except TooMany:
                refused += 1
        await limiter.close()
        return refused

    with ThreadPoolExecutor(PROCESSES) as pool:
        refused = sum(pool.map(lambda number: asyncio.run(guess(number)), range(PROCESSES)))
    assert len(tried) == proving.FAILED_PER_HOUR_FROM_ADDRESS
    assert refused == PROCESSES * EACH - proving.FAILED_PER_HOUR_FROM_ADDRESS


def login(server: TestServer, url: str, email: str, password: str) -> int:
    return server.client(url=url).post("/auth/login", json={"email": email, "password": password}).status_code


def test_right_passwords_are_not_counted(org: Org) -> None:
    mina = with_password(org.member())
    with org.server.beside(wrong_sign_ins_per_address=3) as url:
        assert {login(org.server, url, mina.email, PASSWORD) for _ in range(12)} == {200}


@pytest.mark.parametrize("with_redis", [False, True])
def test_one_address_does_not_try_one_password_at_many_accounts(
    org: Org, with_redis: bool, request: pytest.FixtureRequest
) -> None:
    redis_url = request.getfixturevalue("redis").url if with_redis else None
    people = [with_password(org.member()) for _ in range(5)]
    with org.server.beside(wrong_sign_ins_per_address=3, redis_url=redis_url) as url:
        answers = [login(org.server, url, person.email, "Sommer 2026") for person in people]
        assert answers == [422, 422, 422, 429, 429]
        # nor an unknown one
        assert login(org.server, url, "nobody@pilots.example", "Sommer 2026") == 429
        # with the right password neither, or it would be known for the right one
        assert login(org.server, url, people[4].email, PASSWORD) == 429
    assert login(org.server, org.server.url, people[4].email, PASSWORD) == 200


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_attempts_of_ipv6_are_counted_by_network(address: str, counted: str) -> None:
    assert network(address) == counted
