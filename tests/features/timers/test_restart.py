"""A server that is away when a task is due makes up for it, once."""

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import SECONDS, Running, running
from tests.cli.test_serving import initialised
from tests.conftest import DATABASES
from tests.reliability.rows import Rows


class Store:
    """A store that servers are started on, and its organization."""

    def __init__(self, folder: Path, dsn: str | None) -> None:
        self.folder = folder
        self.surroundings = {"HANDRAIL_RATE_LIMIT_PER_MINUTE": "0", "HANDRAIL_RATE_LIMIT_PER_HOUR": "0"}
        if dsn is not None:
            self.surroundings["HANDRAIL_DATABASE_URL"] = dsn
        made = initialised(folder, **self.surroundings)
        self.token, self.user_id = made["access_token"], made["user_id"]
        self.path = f"/api/organizations/{made['organization_id']}/tasks"
        self.rows = Rows(folder / "handrail.db" if dsn is None else dsn)

    def serving(self) -> Any:
        return running(self.folder, "serve", "--data", self.folder, **self.surroundings)

    def task(self, server: Running, seconds: float) -> str:
        """A single task that expires so many seconds from now; its id."""
        return self.task_due(server, datetime.now(UTC) + timedelta(seconds=seconds))

    def task_due(self, server: Running, deadline: datetime) -> str:
        """A single task that expires at this moment; its id."""
        body = {
            "title": "Confirm",
            "task_type": "expiring",
            "deadline": deadline.isoformat(timespec="milliseconds"),
            "owners": {"users": [self.user_id]},
        }
        answer = server.post(self.path, self.token, body)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]["id"]

    def until_completed(self, server: Running, task: str) -> dict[str, Any]:
        ended = time.monotonic() + SECONDS
        while (found := server.get(f"{self.path}/{task}", self.token).json()["data"])["status"] != "completed":
            assert time.monotonic() < ended, found
            time.sleep(0.1)
        return found

    def completions(self, task: str) -> int:
        """How often the feed says that the task was completed."""
        return self.rows.value(f"SELECT count(*) FROM activities WHERE subject_id = '{task}' AND verb = 'completed'")


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("fresh_postgres"))


def stop(server: Running, how: signal.Signals) -> None:
    server.process.send_signal(how)
    server.process.wait(SECONDS)


def away_in_time(store: Store, how: signal.Signals) -> tuple[str, str]:
    """Two tasks, the second one due half a second before the first, after both of which the server was away.

    A busy machine may take so long to make them and to stop that they are due before; then they get more time.
    """
    for seconds in (1.0, 4.0, 16.0):
        with store.serving() as server:
            due = datetime.now(UTC) + timedelta(seconds=seconds)
            tasks = store.task_due(server, due + timedelta(seconds=0.5)), store.task_due(server, due)
            stop(server, how)
        left = (due - datetime.now(UTC)).total_seconds()
        if left > 0:
            time.sleep(left + 1)
            return tasks
    pytest.fail("the server could not be stopped within 16 seconds")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_due_while_the_server_was_away(store: Store, how: signal.Signals) -> None:
    tasks = away_in_time(store, how)
    assert [store.completions(task) for task in tasks] == [0, 0]
    with store.serving() as server:
        late, later = (store.until_completed(server, task) for task in reversed(tasks))
        assert late["completed_at"] <= later["completed_at"]
    with store.serving() as server:
        # not again
        store.until_completed(server, store.task(server, -1))
    assert [store.completions(task) for task in tasks] == [1, 1]


def test_killed_again_and_again_while_tasks_expire(store: Store) -> None:
    tasks: list[str] = []
    for turn in range(3):
        with store.serving() as server:
            tasks += [store.task(server, seconds / 20) for seconds in range(40)]
            time.sleep(0.6 + 0.5 * turn)
            stop(server, signal.SIGKILL)
    with store.serving() as server:
        for task in tasks:
            store.until_completed(server, task)
    assert [store.completions(task) for task in tasks] == [1] * len(tasks)
    assert store.rows.damage() == []
