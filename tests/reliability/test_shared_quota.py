"""Server processes on one PostgreSQL and one Redis have one quota; without Redis each keeps to it alone."""

import contextlib
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from tests.cli.commands import Running, run, running
from tests.support.redis import RedisServer

WHO = ("--org-name", "Harbour", "--email", "ines@harbour.example", "--password", "correct horse")
LIMIT, REQUESTS = 300, 600


def asked(server: Running, made: dict[str, Any], times: int) -> Counter[int]:
    """How often each status was answered."""
    headers = {"Authorization": f"Bearer {made['access_token']}", "X-Tallyfy-Client": "tests"}
    path = f"{server.url}/api/organizations/{made['organization_id']}"
    with httpx.Client(base_url=path, headers=headers, timeout=30) as client:
        return Counter(client.get("").status_code for _ in range(times))


def test_two_processes_share_a_quota(fresh_postgres: str, redis: RedisServer, tmp_path: Path) -> None:
    surroundings = {
        "HANDRAIL_DATABASE_URL": fresh_postgres,
        "HANDRAIL_REDIS_URL": redis.url,
        "HANDRAIL_RATE_LIMIT_PER_MINUTE": str(LIMIT),
        "HANDRAIL_RATE_LIMIT_PER_HOUR": "100000",
    }
    made = json.loads(run("init", "--data", tmp_path, "--json", *WHO, **surroundings).stdout)
    with contextlib.ExitStack() as stack:
        folders = [tmp_path / "one", tmp_path / "other"]
        for folder in folders:
            folder.mkdir()
        servers = [
            stack.enter_context(running(folder, "serve", "--data", tmp_path, **surroundings)) for folder in folders
        ]
        with ThreadPoolExecutor(4) as threads:
            shares = [threads.submit(asked, servers[number % 2], made, REQUESTS // 4) for number in range(4)]
            found = sum((share.result() for share in shares), Counter[int]())
        assert set(found) == {200, 429}
        assert abs(found[200] - LIMIT) <= LIMIT // 100, found
        # limits of its own, from the command line, while both run
        words = ("limits", "--data", tmp_path, "--organization", made["organization_id"], "--per-minute", "310")
        assert run(*words, **surroundings).returncode == 0
        time.sleep(2.1)  # how long a server goes on with what it knows of a member
        more = sum((asked(server, made, 20) for server in servers), Counter[int]())
        assert found[200] + more[200] == LIMIT + 10
        redis.kill()
        # each by itself now, and each with what it had let through before
        alone = [asked(server, made, 50) for server in servers]
        assert all(set(answers) <= {200, 429} for answers in alone)
        for server in servers:
            assert server.said.count("limits_alone") == 1
            assert "Traceback" not in server.said
    redis.empty()
