"""A server with due schedules is killed again and again: each due moment launches one process, in order."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.features.timers.test_restart import Store
from tests.reliability.killing import FEWEST, killed_while_it_works, wait_until

# how many times the server is killed at the most and at the least, and the seconds after which it is not started again
# to be killed; on PostgreSQL each kill costs the half minute after which its work is taken over
ROUNDS = {"sqlite": (20, FEWEST, 45.0), "postgresql": (8, 2, 25.0)}
SCHEDULES = 5
MISSED = 90


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("fresh_postgres"))


def days(start: datetime) -> list[datetime]:
    return [start + timedelta(days=number) for number in range(MISSED)]


def prepared(store: Store, start: datetime) -> list[str]:
    """Schedules that owe a launch for each of the days since their start; their ids."""
    ids: list[str] = []
    with store.serving() as server:
        place = store.path.removesuffix("/tasks")
        checklist = server.post(f"{place}/checklists", store.token, {"title": "Close", "steps": [{"title": "Do"}]})
        assert checklist.status_code == 201, checklist.text
        for number in range(SCHEDULES):
            body: dict[str, Any] = {
                "title": f"S{number}",
                "checklist_id": checklist.json()["data"]["id"],
                # one day is left out
                "rule": f"FREQ=DAILY\nEXDATE:{start + timedelta(days=3):%Y%m%d}",
                "starts_at": f"{start:%Y-%m-%d %H:%M:%S}",
                "timezone": "UTC",
                "name": f"S{number} {{{{DATE}}}}",
                "catch_up": "all",
                "paused": False,
            }
            answer = server.post(f"{place}/x/schedules", store.token, body)
            assert answer.status_code == 201, answer.text
            ids.append(answer.json()["data"]["id"])
    # as if no server had run since then
    store.rows.change(f"UPDATE launch_schedules SET next_at = {int(start.timestamp() * 1000)}")
    return ids


@pytest.mark.timeout(300)
def test_each_moment_launches_once_and_in_order(store: Store) -> None:
    start = (datetime.now(UTC) - timedelta(days=MISSED)).replace(hour=0, minute=0, second=0, microsecond=0)
    start += timedelta(days=1)
    prepared(store, start)
    expected = [day for day in days(start) if day != start + timedelta(days=3)]
    total = SCHEDULES * len(expected)

    def launched() -> int:
        return store.rows.value("SELECT count(*) FROM processes")

    rounds, fewest, seconds = ROUNDS["sqlite" if store.rows.is_embedded else "postgresql"]
    kills = killed_while_it_works(
        store.serving,
        store.rows,
        launched,
        total,
        rounds=rounds,
        seconds=seconds,
        chance=random.Random(20310601),
        fewest=fewest,
    )
    assert kills >= fewest
    with store.serving():
        wait_until(lambda: launched() == total, "not every moment was launched")
    for number in range(SCHEDULES):
        sql = f"SELECT name FROM processes WHERE name LIKE 'S{number} %' ORDER BY increment_id"
        assert [name for (name,) in store.rows.all(sql)] == [f"S{number} {day:%m/%d/%Y}" for day in expected]
    assert store.rows.all("SELECT DISTINCT launches, failures FROM launch_schedules") == [(len(expected), 0)]
    assert store.rows.damage() == []
