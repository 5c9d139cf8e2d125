"""The server is killed while clients send requests with keys; sent again to the next one, each has had one effect."""

import random
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.reliability.rows import Rows
from tests.reliability.test_kill import OPEN_LIMITS, Installation

CLIENTS = 6
ROUNDS = 4


@pytest.fixture(params=["sqlite", "sqlite, two workers", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    if request.param != "postgresql":
        words = ("--workers", "2") if "two" in request.param else ()
        return Installation(tmp_path, OPEN_LIMITS, Rows(tmp_path / "handrail.db"), words)
    dsn = request.getfixturevalue("fresh_postgres")
    return Installation(tmp_path, OPEN_LIMITS | {"HANDRAIL_DATABASE_URL": dsn}, Rows(dsn))


class Sender:
    """Sends launches, each with a key and a name of its own, until the server is gone."""

    def __init__(self, number: int, path: str, headers: dict[str, str], checklist_id: str) -> None:
        self.number, self.path, self.headers, self.checklist_id = number, path, headers, checklist_id
        self.sent = 0
        # by name: the answer, or None when it did not come
        self.answers: dict[str, bytes | None] = {}

    def send(self, client: httpx.Client, name: str) -> httpx.Response:
        body = {"checklist_id": self.checklist_id, "name": name}
        return client.post(f"{self.path}/runs", json=body, headers=self.headers | {"Idempotency-Key": name})

    def work(self, url: str) -> None:
        with httpx.Client(base_url=url, timeout=20) as client:
            while True:
                self.sent += 1
                name = f"{self.number}-{self.sent}"
                self.answers[name] = None
                try:
                    answer = self.send(client, name)
                except httpx.HTTPError:
                    return
                if answer.status_code != 201:
                    return
                self.answers[name] = answer.content


def test_what_was_sent_again_after_a_kill_happened_once(installation: Installation) -> None:
    made = installation.init()
    path = f"/api/organizations/{made['organization_id']}"
    headers = {"Authorization": f"Bearer {made['access_token']}", "X-Tallyfy-Client": "tests"}
    chance, senders = random.Random(4711), list[Sender]()
    for _ in range(ROUNDS):
        with installation.serving() as server:
            if not senders:
                body: dict[str, Any] = {"title": "Order", "type": "procedure", "steps": [{"title": "Pack"}]}
                answer = httpx.post(f"{server.url}{path}/checklists", json=body, headers=headers)
                checklist_id = answer.json()["data"]["id"]
                senders = [Sender(number, path, headers, checklist_id) for number in range(CLIENTS)]
            threads = [threading.Thread(target=sender.work, args=(server.url,)) for sender in senders]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.3, 0.8))
            server.process.kill()
            server.process.wait()
            for thread in threads:
                thread.join(30)
        installation.rows.wait_until_left()
    lost = 0
    with installation.serving() as server, httpx.Client(base_url=server.url, timeout=20) as client:
        for sender in senders:
            for name, content in sender.answers.items():
                again = sender.send(client, name)
                assert again.status_code == 201, again.text
                assert again.json()["data"]["name"] == name
                if content is None:
                    lost += 1
                else:
                    assert (again.content, again.headers["Idempotent-Replayed"]) == (content, "true")
    names = [name for (name,) in installation.rows.all("SELECT name FROM processes")]
    assert sorted(names) == sorted(name for sender in senders for name in sender.answers)
    print(f"{len(names)} launches, {lost} of them without an answer at first")
    assert lost
