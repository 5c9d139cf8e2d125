"""Counts, percent and the clock (engine 1.3, 6.5)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.progress import is_due_soon, is_overdue, percent, recounted, timing, totals
from handrail.engine.status import process_status
from handrail.kernel.clock import DAY
from tests.engine.builders import NOON, started, step, template, users

PROCESS = started(template(*[step(f"s{index}", owners=users(index)) for index in range(1, 6)]))
TASK = PROCESS.tasks[0]


@pytest.mark.parametrize(
    ("complete", "total", "expected"),
    [(0, 0, 0), (0, 3, 0), (3, 8, 38), (3, 10, 30), (3, 9, 33), (3, 7, 43), (6, 7, 86), (1, 8, 13), (7, 7, 100)],
)
def test_percent(complete: int, total: int, expected: int) -> None:
    assert percent(complete, total) == expected


@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_a_hundred_percent_means_everything(counts: tuple[int, int]) -> None:
    complete, total = counts
    assert 0 <= percent(complete, total) <= 100
    assert (percent(complete, total) == 100) == (complete == total)


def change(**changes: object):
    return msgspec.structs.replace(TASK, **changes)


def test_hidden_tasks_count_in_the_whole_only_and_archived_ones_nowhere() -> None:
    tasks = list(PROCESS.tasks)
    tasks[1] = msgspec.structs.replace(tasks[1], status="auto-skipped", deadline=NOON + 99 * DAY, open_problems=1)
    tasks[2] = msgspec.structs.replace(tasks[2], status="completed")
    tasks[3] = msgspec.structs.replace(tasks[3], archived_at=NOON, deadline=NOON + 99 * DAY)
    counted = totals(tasks)
    assert (counted.total, counted.complete, counted.whole_total, counted.whole_complete) == (3, 1, 4, 1)
    assert counted.due_at == TASK.deadline
    assert not counted.has_problem
    assert counted.members == {1, 3, 5}


STATES = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["not-started", "in-progress", "completed", "auto-skipped"]),
        "archived_at": st.sampled_from([None, None, NOON]),
        "deadline": st.sampled_from([None, NOON, NOON + DAY]),
        "open_problems": st.sampled_from([0, 0, 1]),
        "owners": st.sampled_from([users(), users(1), users(2, 3)]),
    }
)


@given(st.lists(STATES, min_size=1, max_size=4), STATES, st.data())
def test_one_change_counted_by_itself_is_what_all_tasks_say(
    states: list[dict[str, object]], state: dict[str, object], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(states) - 1))
    tasks = [change(id=f"{index:032x}", **one) for index, one in enumerate(states)]
    before = totals(tasks)
    process = msgspec.structs.replace(
        PROCESS,
        tasks=tuple(tasks),
        tasks_total=before.total,
        tasks_complete=before.complete,
        whole_total=before.whole_total,
        whole_complete=before.whole_complete,
        due_at=before.due_at,
        # of somebody who has handed all their work over
        collaborators=(99,),
        kickoff_completed_at=NOON,
    )
    process = msgspec.structs.replace(process, status=process_status(process, before))
    # what completing and reopening change, and now and then the rest
    drawn = {"status": state["status"]} if data.draw(st.booleans()) else state
    changed = msgspec.structs.replace(tasks[at], **drawn)
    now = [*tasks[:at], changed, *tasks[at + 1 :]]
    found = recounted(process, now, tasks[at], changed)
    assert found is None or found == totals(now)


def test_completing_and_reopening_are_counted_by_themselves() -> None:
    done = change(status="completed", completed_at=NOON)
    assert recounted(PROCESS, [done, *PROCESS.tasks[1:]], TASK, done) == totals([done, *PROCESS.tasks[1:]])
    complete = msgspec.structs.replace(PROCESS, tasks_complete=1, whole_complete=1)
    assert recounted(complete, PROCESS.tasks, done, TASK) == totals(PROCESS.tasks)


def test_nothing_is_due_without_tasks() -> None:
    assert totals(()).due_at is None


def test_late_and_soon() -> None:
    deadline = NOON + 5 * DAY
    assert TASK.deadline == deadline
    assert not is_overdue(TASK, deadline)
    assert is_overdue(TASK, deadline + 1)
    assert is_due_soon(TASK, deadline)
    assert is_due_soon(TASK, deadline - DAY)
    assert not is_due_soon(TASK, deadline - DAY - 1)
    assert not is_due_soon(TASK, deadline + 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"deadline_held": True},
        {"status": "completed"},
        {"status": "auto-skipped"},
        {"archived_at": NOON},
        {"deadline": None},
    ],
)
def test_what_is_off_the_clock_is_neither_late_nor_soon(changes: dict[str, object]) -> None:
    task = change(**changes)
    assert not is_overdue(task, NOON + 6 * DAY)
    assert not is_due_soon(task, NOON + 5 * DAY - 1)


def test_timing_of_a_process() -> None:
    tasks = (change(deadline=NOON - 1), change(deadline=NOON - 2), change(deadline=NOON + 1), change())
    process = msgspec.structs.replace(PROCESS, tasks=tasks, due_at=NOON - 1)
    assert timing(process, NOON) == (2, True, True)
    assert timing(msgspec.structs.replace(process, status="complete"), NOON).due_date_passed is False
    assert timing(PROCESS, NOON) == (0, False, False)
