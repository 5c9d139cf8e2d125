"""What fires timers is killed again and again: each fires once, in order; expiry, auto-complete and auto-archive."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.features.timers.test_restart import Store
from tests.reliability.killing import FEWEST, housekeeping, killed_while_it_works, wait_until

ROUNDS = {"sqlite": (24, 40.0), "postgresql": (8, 30.0)}
EACH = 120
PROCESSES = 40


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("fresh_postgres"))


def prepared(store: Store) -> tuple[list[str], list[str], list[str]]:
    """Tasks that expire, tasks forgotten for long and complete processes, each in the order in which they are due."""
    expiring: list[str] = []
    forgotten: list[str] = []
    finished: list[str] = []
    long_ago = datetime.now(UTC) - timedelta(days=700)
    with store.serving() as server:
        place = store.path.removesuffix("/tasks")
        headers = {"Authorization": f"Bearer {store.token}", "X-Tallyfy-Client": "tests"}
        with httpx.Client(base_url=server.url + place, headers=headers, timeout=30) as client:

            def made(path: str, body: dict[str, Any]) -> dict[str, Any]:
                answer = client.post(path, json=body)
                assert answer.status_code < 300, answer.text
                return answer.json()["data"]

            owners = {"users": [store.user_id]}
            for number in range(EACH):
                due = (long_ago + timedelta(minutes=number)).isoformat(timespec="milliseconds")
                body = {"title": "Old", "task_type": "task", "deadline": due, "owners": owners}
                forgotten.append(made("/tasks", body)["id"])
                later = {"title": "E", "task_type": "expiring", "deadline": "2099-01-01 00:00:00", "owners": owners}
                expiring.append(made("/tasks", later)["id"])
            checklist = made("/checklists", {"title": "T", "steps": [{"title": "Only"}]})
            for _ in range(PROCESSES):
                run = made("/runs?with=tasks", {"checklist_id": checklist["id"]})
                made(f"/runs/{run['id']}/completed-tasks", {"task_id": run["tasks"]["data"][0]["id"]})
                finished.append(run["id"])
            switches = {"auto_complete_tasks": True, "auto_complete_task_months": 2, "auto_archive": True}
            period = {"auto_archive_processes_after": {"unit": "days", "value": 1}}
            assert client.put("", json=switches | period).status_code == 200
    start = int(long_ago.timestamp() * 1000)
    for number, task in enumerate(expiring):
        store.rows.change(f"UPDATE tasks SET deadline = {start + number * 60_000} WHERE id = '{task}'")
    store.rows.change(f"UPDATE processes SET completed_at = {start}")
    return expiring, forgotten, finished


def test_each_timer_fires_once_and_in_order(store: Store) -> None:
    expiring, forgotten, finished = prepared(store)
    # how often the feed says that a task ended or a process was archived, but for the tasks of the processes
    told = (
        "SELECT subject_id FROM activities WHERE (verb = 'completed' AND subject_type = 'Task') OR verb = 'archived' "
        "ORDER BY id"
    )
    known = {*expiring, *forgotten, *finished}

    def fired() -> list[str]:
        return [subject for (subject,) in store.rows.all(told) if subject in known]

    total = len(known)
    rounds, seconds = ROUNDS["sqlite" if store.rows.is_embedded else "postgresql"]
    kills = killed_while_it_works(
        lambda: housekeeping(store.folder, **store.surroundings),
        store.rows,
        lambda: len(fired()),
        total,
        rounds=rounds,
        seconds=seconds,
        chance=random.Random(20310602),
    )
    assert kills >= FEWEST
    with housekeeping(store.folder, **store.surroundings):
        wait_until(lambda: len(fired()) >= total, "not every timer fired")
    found = fired()
    assert len(found) == total
    assert [subject for subject in found if subject in set(expiring)] == expiring
    assert [subject for subject in found if subject in set(forgotten)] == forgotten
    assert {subject for subject in found if subject in set(finished)} == set(finished)
    assert store.rows.damage() == []
