"""A store that fails for a while: clear answers meanwhile, nothing half done, and no restart needed afterwards."""

import contextlib
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from handrail.adapters import postgres, sqlite_batch
from tests.cli.commands import run, running
from tests.features.builders import launched, made, template
from tests.reliability.linearizability import together
from tests.reliability.proxy import Proxy, proxied
from tests.reliability.rows import Rows
from tests.reliability.wholeness import contradictions
from tests.support.server import Org, TestServer


def refused(answer: httpx.Response) -> None:
    """The answer of a server whose store cannot be used: says so, and when to come again."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["retry-after"]) >= 1
    body = answer.json()
    assert body["error"] is True
    assert body["code"] == "UNAVAILABLE"
    assert body["message"]
    assert "Traceback" not in answer.text and "asyncpg" not in answer.text


def launch(org: Org, checklist: dict[str, Any], **body: Any) -> httpx.Response:
    return org.http.post("/runs?with=tasks", json={"checklist_id": checklist["id"], **body})


def whole(server: TestServer) -> None:
    assert contradictions(Rows.of(server.settings)) == []


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[TestServer]:
    """A server of its own, whose store may be harmed."""
    with TestServer.on_sqlite(tmp_path) as server:
        yield server


def on_writer(server: TestServer, sql: str) -> list[Any]:
    """Carry something out on the connection that writes."""

    async def work() -> list[Any]:
        database: Any = server.database
        return database._writer.execute(sql).fetchall()

    return server.run(work)


def test_full_disk(embedded: TestServer) -> None:
    org = embedded.found()
    checklist = template(org)
    before = launched(org, checklist)
    ((pages,),) = on_writer(embedded, "PRAGMA page_count")
    on_writer(embedded, f"PRAGMA max_page_count={pages + 6}")
    answers = [launch(org, checklist, summary="x" * 20_000) for _ in range(8)]
    assert {answer.status_code for answer in answers} <= {201, 503}
    refused(answers[-1])
    # many at once share a commit; one that finds no room must not take the others down, nor be half there
    body = {"checklist_id": checklist["id"], "summary": "x" * 9_000}
    shared = together([lambda: org.client().post("/runs", json=body) for _ in range(12)])
    for answer in shared:
        if answer.status_code != 201:
            refused(answer)
    kept = [answer.json()["data"]["id"] for answer in (*answers, *shared) if answer.status_code == 201]
    listed = org.http.get("/runs?per_page=100").json()["data"]
    assert {process["id"] for process in listed} == {before["id"], *kept}
    whole(embedded)
    on_writer(embedded, "PRAGMA max_page_count=1000000")
    made(launch(org, checklist))
    whole(embedded)


def test_read_only_file(embedded: TestServer) -> None:
    org = embedded.found()
    process = launched(org, template(org))
    done = {"task_id": process["tasks"][0]["id"]}
    on_writer(embedded, "PRAGMA query_only=ON")
    refused(org.http.post(f"/runs/{process['id']}/completed-tasks", json=done))
    assert org.http.get(f"/runs/{process['id']}").json()["data"]["progress"]["complete"] == 0
    on_writer(embedded, "PRAGMA query_only=OFF")
    made(org.http.post(f"/runs/{process['id']}/completed-tasks", json=done), 200)
    whole(embedded)


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextlib.contextmanager
def held_by_another(path: Path) -> Generator[Callable[[], None]]:
    """Another process holds the store for itself; yields what makes it let go."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None and holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    def let_go() -> None:
        holder.communicate("\n", 30)

    try:
        yield let_go
    finally:
        if holder.poll() is None:
            holder.kill()
            holder.communicate()
        holder.stdin.close()
        holder.stdout.close()


def test_file_locked_by_another_process(embedded: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_batch, "LOCK_SECONDS", 0.4)
    org = embedded.found()
    checklist = template(org)
    with held_by_another(embedded.settings.sqlite_path) as let_go:
        answers: list[httpx.Response] = []
        began = time.monotonic()

        def read() -> None:
            time.sleep(0.1)
            assert org.client().get("/runs").status_code == 200
            assert org.client().get(f"{embedded.url}/health").status_code == 200
            assert time.monotonic() - began < 0.4

        together([read, *[lambda: answers.append(launch(org, checklist)) for _ in range(6)]])
        for answer in answers:
            refused(answer)
        let_go()
    made(launch(org, checklist))
    # and a lock that is let go in time is only a pause
    monkeypatch.setattr(sqlite_batch, "LOCK_SECONDS", 20)
    with held_by_another(embedded.settings.sqlite_path) as let_go:

        def later() -> None:
            time.sleep(0.3)
            let_go()

        answers = []
        together([later, *[lambda: answers.append(launch(org, checklist)) for _ in range(6)]])
    assert Counter(answer.status_code for answer in answers) == {201: 6}
    whole(embedded)


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_writes_that_the_system_refuses(tmp_path: Path) -> None:
    """The real process, whose files may not grow any more: the error comes when a batch is committed."""
    who = ("--org-name", "Harbour", "--email", "ines@harbour.example", "--password", "correct horse")
    founded = json.loads(run("init", "--data", tmp_path, "--json", *who).stdout)
    headers = {"Authorization": f"Bearer {founded['access_token']}", "X-Tallyfy-Client": "tests"}
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    environment = {"HANDRAIL_RATE_LIMIT_PER_MINUTE": "0", "HANDRAIL_RATE_LIMIT_PER_HOUR": "0"}
    with running(tmp_path, "serve", "--data", tmp_path, **environment) as server:
        base = f"{server.url}/api/organizations/{founded['organization_id']}"
        pid = server.process.pid
        with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
            body = {"title": "Intake", "type": "procedure", "steps": [{"title": "As it was"}]}
            checklist = made(client.post("/checklists?with=steps", json=body))
            step = checklist["steps"]["data"][0]["id"]
            size = (tmp_path / "handrail.db-wal").stat().st_size
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            work = [
                lambda: client.post("/runs?with=tasks", json={"checklist_id": checklist["id"], "name": "lost"})
                for _ in range(8)
            ]
            for answer in together(work):
                refused(answer)
            assert client.get("/runs").json()["data"] == []
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
            # what was undone is forgotten: the step may still be changed in the version that was nearly launched
            made(client.put(f"/checklists/{checklist['id']}/steps/{step}", json={"title": "As it is"}), 200)
            process = made(client.post("/runs?with=tasks,tasks.step", json={"checklist_id": checklist["id"]}))
            (task,) = process["tasks"]["data"]
            assert (task["title"], task["step"]["data"]["title"]) == ("As it is", "As it is")
            read = client.get(f"/tasks/{task['id']}?with=step").json()["data"]
            assert read["step"]["data"]["title"] == "As it is"
    assert contradictions(Rows(tmp_path / "handrail.db")) == []


# PostgreSQL


@pytest.fixture(scope="module")
def on_postgres(module_postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestServer, Proxy]]:
    """A server whose way to its database leads through a network that may fail."""
    with pytest.MonkeyPatch.context() as patch, proxied(module_postgres) as proxy:
        patch.setattr(postgres, "LOCK_SECONDS", 0.5)
        patch.setattr(postgres, "SILENCE_SECONDS", 1.0)
        patch.setattr(postgres, "ACQUIRE_SECONDS", 1.5)
        patch.setattr(postgres, "CONNECT_SECONDS", 1.0)
        folder = tmp_path_factory.mktemp("faults")
        with TestServer.on_postgres(folder, proxy.dsn) as server:
            yield server, proxy
            proxy.heal()


def test_connections_that_the_database_ends(on_postgres: tuple[TestServer, Proxy]) -> None:
    server, _ = on_postgres
    rows = Rows.of(server.settings)
    org = server.found()
    checklist = template(org)
    for _ in range(3):
        assert rows.end_connections() > 0
        assert org.http.get("/runs").status_code == 200
        assert rows.end_connections() > 0
        made(launch(org, checklist))
    whole(server)


def test_connections_that_end_under_load(on_postgres: tuple[TestServer, Proxy]) -> None:
    server, _ = on_postgres
    rows = Rows.of(server.settings)
    org = server.found()
    checklist = template(org)
    answers: list[httpx.Response] = []

    def work() -> None:
        for _ in range(10):
            answers.append(launch(org, checklist))

    def end() -> None:
        for _ in range(4):
            time.sleep(0.05)
            rows.end_connections()

    together([end, *[work] * 6])
    for answer in answers:
        if answer.status_code != 201:
            refused(answer)
    kept = {answer.json()["data"]["id"] for answer in answers if answer.status_code == 201}
    listed = {process["id"] for process in org.http.get("/runs?per_page=100").json()["data"]}
    assert kept <= listed
    assert len(listed) <= len(answers)
    made(launch(org, checklist))
    rows.wait_until_idle()
    whole(server)


def test_network_that_is_cut(on_postgres: tuple[TestServer, Proxy]) -> None:
    server, proxy = on_postgres
    org = server.found()
    checklist = template(org)
    proxy.cut()
    for answer in together([lambda: org.client().get("/runs"), lambda: launch(org, checklist)] * 4):
        refused(answer)
    assert org.http.get(f"{server.url}/health").status_code == 200
    proxy.heal()
    assert org.http.get("/runs").status_code == 200
    made(launch(org, checklist))
    whole(server)


def test_network_that_swallows_everything(on_postgres: tuple[TestServer, Proxy]) -> None:
    server, proxy = on_postgres
    org = server.found()
    checklist = template(org)
    proxy.swallow()
    began = time.monotonic()
    for answer in together([lambda: org.client().get("/runs"), lambda: launch(org, checklist)] * 8):
        refused(answer)
    assert time.monotonic() - began < 20
    proxy.heal()
    made(launch(org, checklist))
    assert org.http.get("/runs").status_code == 200
    Rows.of(server.settings).wait_until_idle()
    whole(server)


def test_row_that_somebody_holds(on_postgres: tuple[TestServer, Proxy]) -> None:
    server, _ = on_postgres
    org = server.found()
    process = launched(org, template(org))
    done = {"task_id": process["tasks"][0]["id"]}
    path = f"/runs/{process['id']}/completed-tasks"
    with Rows.of(server.settings).holding(f"SELECT 1 FROM processes WHERE id = '{process['id']}' FOR UPDATE"):
        refused(org.http.post(path, json=done))
        assert org.http.get(f"/runs/{process['id']}").json()["data"]["progress"]["complete"] == 0
    made(org.http.post(path, json=done), 200)


def test_database_that_is_read_only_for_a_while(on_postgres: tuple[TestServer, Proxy]) -> None:
    server, _ = on_postgres
    rows = Rows.of(server.settings)
    org = server.found()
    checklist = template(org)
    name = rows.value("SELECT current_database()")
    rows.change(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    rows.end_connections()
    time.sleep(0.1)
    refused(launch(org, checklist))
    assert org.http.get("/runs").status_code == 200
    rows.change(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    # connections from before are given up one after the other, without anybody's help
    answer = launch(org, checklist)
    for _ in range(5):
        if answer.status_code != 201:
            refused(answer)
            answer = launch(org, checklist)
    made(answer)
    whole(server)
