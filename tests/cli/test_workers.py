"""Several processes of one server are one server: one count, one memory of who may come in, one queue of jobs, and
nobody notices when one of them ends."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from handrail.cli.words import Stop
from handrail.cli.workers import Supervisor
from handrail.settings import Settings
from tests.cli.commands import Running, run, running
from tests.support.smtp import sink

WHO = ("--org-name", "Harbour", "--email", "ines@harbour.example", "--password", "correct horse")
OPEN_LIMITS = {"HANDRAIL_RATE_LIMIT_PER_MINUTE": "0", "HANDRAIL_RATE_LIMIT_PER_HOUR": "0"}
SECONDS = 30


class Installation:
    """A running server of several processes, and the account that it was made for."""

    def __init__(self, server: Running, made: dict[str, Any]) -> None:
        self.server = server
        self.made = made
        self.path = f"{server.url}/api/organizations/{made['organization_id']}"

    def client(self, token: str = "") -> httpx.Client:
        """One connection, which is one process's for as long as it lasts."""
        headers = {"Authorization": f"Bearer {token or self.made['access_token']}", "X-Tallyfy-Client": "tests"}
        return httpx.Client(base_url=self.path, headers=headers, timeout=SECONDS)

    def workers(self) -> list[int]:
        return children(self.server.process.pid)


def children(parent: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def connections(process: int) -> int:
    """How many sockets a process has open."""
    found = 0
    for name in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(name.readlink()).startswith("socket:")
    return found


def eventually(holds: Any) -> None:
    ended = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < ended
        time.sleep(0.02)


@contextlib.contextmanager
def installed(folder: Path, **surroundings: str) -> Generator[Installation]:
    made = json.loads(run("init", "--data", folder, "--json", *WHO, **surroundings).stdout)
    with running(folder, "serve", "--data", folder, "--workers", "2", **surroundings) as server:
        yield Installation(server, made)


def complete_one(client: httpx.Client, checklist: str) -> str:
    """Launch a process of one task and complete it; the task's id."""
    process = client.post("/runs?with=tasks", json={"checklist_id": checklist, "name": "One"}).raise_for_status()
    data = process.json()["data"]
    task = data["tasks"]["data"][0]["id"]
    client.post(f"/runs/{data['id']}/completed-tasks", json={"task_id": task}).raise_for_status()
    return task


def template(client: httpx.Client) -> str:
    made = client.post("/checklists", json={"title": "One", "type": "procedure"}).raise_for_status()
    checklist = made.json()["data"]["id"]
    client.post(f"/checklists/{checklist}/steps", json={"title": "First"}).raise_for_status()
    return checklist


def test_connections_are_spread_evenly(tmp_path: Path) -> None:
    with installed(tmp_path, **OPEN_LIMITS) as house, contextlib.ExitStack() as stack:
        idle = {worker: connections(worker) for worker in house.workers()}
        for _ in range(12):
            stack.enter_context(house.client()).get("").raise_for_status()
        assert [connections(worker) - before for worker, before in idle.items()] == [6, 6]
        stack.close()
        eventually(lambda: all(connections(worker) == before for worker, before in idle.items()))
        # and again after all have gone
        for _ in range(6):
            stack.enter_context(house.client()).get("").raise_for_status()
        assert [connections(worker) - before for worker, before in idle.items()] == [3, 3]


def test_quota_is_counted_once(tmp_path: Path) -> None:
    limits = {"HANDRAIL_RATE_LIMIT_PER_MINUTE": "200", "HANDRAIL_RATE_LIMIT_PER_HOUR": "100000"}
    with installed(tmp_path, **limits) as house:

        def asked(_: int) -> Counter[int]:
            with house.client() as client:
                return Counter(client.get("").status_code for _ in range(100))

        with ThreadPoolExecutor(4) as threads:
            found = sum(threads.map(asked, range(4)), Counter[int]())
        assert found == {200: 200, 429: 200}


def test_end_of_a_token_is_known_to_all_at_once(tmp_path: Path) -> None:
    with installed(tmp_path, **OPEN_LIMITS) as house, house.client() as one:
        for _ in range(10):
            made = one.post("/me/tokens", json={"name": "A bot"}).raise_for_status().json()["data"]
            with house.client(made["access_token"]) as first, house.client(made["access_token"]) as second:
                assert first.get("").status_code == second.get("").status_code == 200
                one.delete(f"/me/tokens/{made['id']}").raise_for_status()
                assert first.get("").status_code == second.get("").status_code == 401


def test_tasks_of_one_process_are_completed_once_by_whoever_comes(tmp_path: Path) -> None:
    with installed(tmp_path, **OPEN_LIMITS) as house, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(house.client()) for _ in range(6)]
        made = clients[0].post("/checklists", json={"title": "Many", "type": "procedure"}).raise_for_status()
        checklist = made.json()["data"]["id"]
        for number in range(20):
            clients[0].post(f"/checklists/{checklist}/steps", json={"title": f"Step {number}"}).raise_for_status()
        for _ in range(5):
            launched = clients[0].post("/runs?with=tasks", json={"checklist_id": checklist, "name": "Many"})
            data = launched.raise_for_status().json()["data"]
            tasks = [task["id"] for task in data["tasks"]["data"]]
            path = f"/runs/{data['id']}/completed-tasks"

            def race(client: httpx.Client, path: str = path, tasks: list[str] = tasks) -> set[int]:
                return {client.post(path, json={"task_id": task}).status_code for task in tasks}

            with ThreadPoolExecutor(6) as threads:
                statuses = set().union(*threads.map(race, clients))
            assert statuses == {200}
            shown = clients[1].get(f"/runs/{data['id']}").json()["data"]
            assert shown["status"] == "complete"
            assert shown["progress"]["complete"] == 20
        with contextlib.closing(sqlite3.connect(tmp_path / "handrail.db")) as store:
            counts = store.execute(
                "SELECT count(*) FROM activities WHERE subject_type = 'Task' AND verb = 'completed' GROUP BY subject_id"
            ).fetchall()
        assert counts == [(1,)] * 100


def test_jobs_are_done_at_once_whoever_asks_for_them(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        smtp = stack.enter_context(sink())
        house = stack.enter_context(installed(tmp_path, HANDRAIL_SMTP_URL=smtp.url, **OPEN_LIMITS))
        clients = [stack.enter_context(house.client()) for _ in range(2)]
        for number, client in enumerate(clients):
            body = {"email": f"m{number}@harbour.example", "first_name": "Mina", "last_name": "M", "role": "light"}
            began = time.monotonic()
            client.post("/users/invite", json=body).raise_for_status()
            eventually(lambda number=number: smtp.to(f"m{number}@harbour.example"))
            # far sooner than the queue looks by itself
            assert time.monotonic() - began < 3


@pytest.mark.parametrize("which", [0, 1])
def test_one_that_dies_is_started_again_and_nothing_is_lost(tmp_path: Path, which: int) -> None:
    with installed(tmp_path, **OPEN_LIMITS) as house:
        with house.client() as client:
            checklist = template(client)
        done: list[str] = []
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                with contextlib.suppress(httpx.TransportError), house.client() as client:
                    while not stop.is_set():
                        done.append(complete_one(client, checklist))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            before = house.workers()
            assert len(before) == 2
            counted = len(done)
            eventually(lambda counted=counted: len(done) > counted + 20)
            os.kill(before[which], signal.SIGKILL)
            eventually(lambda before=before: len(house.workers()) == 2 and house.workers() != before)
        counted = len(done)
        eventually(lambda: len(done) > counted + 20)
        stop.set()
        for thread in threads:
            thread.join(SECONDS)
        assert house.server.said.count("worker_ended") == 3
        with house.client() as client:
            for task in done:
                assert client.get(f"/tasks/{task}").json()["data"]["status"] == "completed"


def test_all_end_when_told_to_and_when_the_first_dies(tmp_path: Path) -> None:
    with installed(tmp_path) as house:
        workers = house.workers()
        house.server.process.send_signal(signal.SIGTERM)
        assert house.server.process.wait(SECONDS) == 0
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
        assert "Traceback" not in house.server.said
    with running(tmp_path, "serve", "--data", tmp_path, "--workers", "2") as server:
        workers = children(server.process.pid)
        server.process.kill()
        server.process.wait()
        eventually(lambda: not any(Path(f"/proc/{worker}/fd").exists() for worker in workers))
    with running(tmp_path, "serve", "--data", tmp_path, "--workers", "2") as server:
        assert server.get("/api/health").status_code == 200


def test_server_that_cannot_start_says_so_and_ends(tmp_path: Path) -> None:
    def configure(_: object) -> uvicorn.Config:
        raise OSError("nothing is where it should be")

    before = children(os.getpid())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        supervisor = Supervisor(Settings(data=tmp_path), listener, 2, configure)
        with pytest.raises(Stop, match="could not start"):
            supervisor.run(lambda: pytest.fail("it is not ready"))
        supervisor.close()
    assert children(os.getpid()) == before
