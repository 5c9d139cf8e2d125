"""The server is killed while clients work, again and again: what was acknowledged is there, and nothing is half there.

The real command on the real store. A call that was under way may have happened or not, but then as a whole.
"""

import json
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.commands import Running, run, running
from tests.reliability.load import Setting, Stored, Worker, prepared
from tests.reliability.rows import Rows
from tests.reliability.wholeness import contradictions

WORKERS = 5
# how many times the server is killed, and the seconds after which no further round is begun
ROUNDS = {"sqlite": (12, 30.0), "sqlite, two workers": (8, 20.0), "postgresql": (4, 15.0)}
OPEN_LIMITS = {"HANDRAIL_RATE_LIMIT_PER_MINUTE": "0", "HANDRAIL_RATE_LIMIT_PER_HOUR": "0"}


@dataclass
class Installation:
    """A data directory, the environment of its server, and its store."""

    folder: Path
    environment: dict[str, str]
    rows: Rows
    words: tuple[str, ...] = ()

    def init(self) -> dict[str, Any]:
        who = ("--org-name", "Harbour", "--email", "ines@harbour.example", "--password", "correct horse")
        return json.loads(run("init", "--data", self.folder, "--json", *who, **self.environment).stdout)

    def serving(self) -> Any:
        return running(self.folder, "serve", "--data", self.folder, *self.words, **self.environment)


@pytest.fixture(params=list(ROUNDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def installation(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    if kind != "postgresql":
        words = ("--workers", "2") if "two" in kind else ()
        return Installation(tmp_path, OPEN_LIMITS, Rows(tmp_path / "handrail.db"), words)
    dsn = request.getfixturevalue("fresh_postgres")
    return Installation(tmp_path, OPEN_LIMITS | {"HANDRAIL_DATABASE_URL": dsn}, Rows(dsn))


def invite(client: httpx.Client, count: int) -> list[int]:
    found: list[int] = []
    for number in range(count):
        body = {
            "email": f"member{number}@harbour.example",
            "first_name": "Mina",
            "last_name": "Member",
            "role": "light",
        }
        answer = client.post("/users/invite", json=body)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["data"]["id"])
    return found


def killed_at_work(server: Running, workers: list[Worker], seconds: float) -> None:
    """Let the clients work for a while, then kill the server without warning."""
    stop = threading.Event()
    threads = [threading.Thread(target=worker.work, args=(server.url, stop)) for worker in workers]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.process.kill()
    server.process.wait()
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_killed_servers_come_back_whole(installation: Installation, kind: str) -> None:
    made = installation.init()
    chance = random.Random(20310506)
    setting: Setting | None = None
    workers: list[Worker] = []
    rounds, limit = ROUNDS[kind]
    began = time.monotonic()
    done = acknowledged = 0
    for _ in range(rounds):
        with installation.serving() as server:
            if setting is None:
                path = f"{server.url}/api/organizations/{made['organization_id']}"
                headers = {"Authorization": f"Bearer {made['access_token']}", "X-Tallyfy-Client": "setup"}
                with httpx.Client(base_url=path, headers=headers, timeout=20) as client:
                    users = (made["user_id"], *invite(client, 3))
                    setting = prepared(client, made["organization_id"], made["access_token"], users)
                workers = [Worker(setting, number, random.Random(number)) for number in range(WORKERS)]
            killed_at_work(server, workers, chance.uniform(0.2, 1.0))
        installation.rows.wait_until_left()
        done += 1
        stored = Stored.read(installation.rows, setting)
        problems = [problem for worker in workers for problem in worker.missing(stored)]
        problems += stored.unknown(workers)
        problems += contradictions(installation.rows, deletes=False)
        assert problems == []
        acknowledged = sum(worker.acknowledged for worker in workers)
        if time.monotonic() - began > limit:
            break
    assert done >= 2
    assert acknowledged > 5 * done
    # whoever looks through the server sees the same
    with installation.serving() as server:
        assert setting is not None
        for worker in workers[:2]:
            for task_id, known in list(worker.tasks.items())[:20]:
                read = server.get(f"/api/organizations/{setting.organization_id}/tasks/{task_id}", setting.token)
                assert read.json()["data"]["status"] == known.status
                assert read.json()["data"]["taskdata"] == dict(known.values)
