"""What a digest says: engine 6.5, 6.6, decision 65."""

from typing import Any

from handrail.engine.state import Task
from handrail.features.digests.choice import due_on
from handrail.features.digests.contents import Digest, Reader, digest, starts_at, wanted
from handrail.kernel.clock import DAY, HOUR
from tests.features.timers.clockwork import moment

NOW = moment("2031-05-06T05:00:00Z")
LISBON = Reader("7", "Europe/Lisbon", "dd/mm/yyyy", future=True)
UNTIL_START = Reader("7", "Europe/Lisbon", "dd/mm/yyyy", future=False)


def task(title: str = "Log", due: int | None = NOW + 3 * DAY, **more: Any) -> Task:
    known = {"id": title, "increment_id": 1, "process_id": None, "template_id": None, "step_id": None, "alias": None}
    times = {"started_at": NOW - DAY, "created_at": NOW - DAY, "updated_at": NOW - DAY, "deadline": due}
    rest = {"summary": None, "task_type": "task", "status": "not-started", "position": 1}
    return Task(**{**known, **times, **rest, "title": title, **more})


def told(*tasks: Task, reader: Reader = LISBON, **processes: str) -> Digest | None:
    return digest(wanted(tasks, reader, NOW), {}, processes, reader, NOW)


def lines(found: Digest | None) -> list[tuple[str | None, str, str]]:
    assert found is not None
    return [(group.name, entry.title, entry.when) for group in found.groups for entry in group.entries]


def test_decision_65_explicit_starts_and_the_day_before_the_deadline() -> None:
    begun, later = task(), task(started_at=NOW + 2 * DAY, started_explicitly=True)
    assert (starts_at(begun), starts_at(later), starts_at(task(due=None))) == (NOW + 2 * DAY, NOW + 2 * DAY, None)
    assert starts_at(task(started_at=NOW - DAY, started_explicitly=True)) == NOW - DAY


def test_decision_65_what_has_not_started_is_left_out_where_the_organization_wants_that() -> None:
    tasks = [
        task("explicit, later", started_at=NOW + DAY, started_explicitly=True),
        task("explicit, begun", started_at=NOW - DAY, started_explicitly=True),
        task("in two days", due=NOW + 2 * DAY),
        task("in a day", due=NOW + DAY),
        task("tomorrow early", due=NOW + DAY - 1),
        task("overdue", due=NOW - DAY),
        task("no deadline", due=None),
    ]
    assert len(wanted(tasks, LISBON, NOW)) == len(tasks)
    names = {one.title for one in wanted(tasks, UNTIL_START, NOW)}
    assert names == {"explicit, begun", "in a day", "tomorrow early", "overdue", "no deadline"}


def test_by_process_the_most_overdue_first() -> None:
    found = told(
        task("b", due=NOW - 2 * DAY, process_id="p"),
        task("d", due=NOW + 12 * HOUR, process_id="p"),
        task("a", due=NOW - 9 * DAY, process_id="q"),
        task("c", due=NOW + 20 * HOUR),
        task("e", due=None, process_id="q"),
        p="Paper",
        q="Quay",
    )
    assert lines(found) == [
        ("Quay", "a", "overdue by 9 days, was due 27/04/2031 06:00"),
        ("Quay", "e", "no date yet"),
        ("Paper", "b", "overdue by 2 days, was due 04/05/2031 06:00"),
        ("Paper", "d", "due today at 18:00"),
        (None, "c", "due 07/05/2031 02:00"),
    ]
    assert found is not None and found.subject == "Your tasks: 2 overdue, 1 due today, 1 due soon"


def test_a_date_that_depends_on_another_task_is_not_due() -> None:
    found = told(task("held", due=NOW - DAY, deadline_held=True), task("firm", due=NOW + 5 * DAY))
    assert [line[1:] for line in lines(found)] == [("firm", "due 11/05/2031 06:00"), ("held", "no date yet")]
    assert found is not None and found.subject == "2 tasks are waiting for you"


def test_starts_that_somebody_set_are_told() -> None:
    found = told(task(started_at=NOW + 2 * DAY, started_explicitly=True))
    assert lines(found) == [(None, "Log", "starts 08/05/2031, due 09/05/2031 06:00")]
    assert found is not None and found.subject == "One task is waiting for you"


def test_what_is_not_to_be_done_is_not_told() -> None:
    assert told() is None
    assert told(task(status="auto-skipped"), task(status="completed"), task(archived_at=NOW)) is None
    signed = task(everyone_must_complete=True, signatures=("7",))
    assert told(signed) is None
    assert len(lines(told(signed, reader=Reader("8", "UTC", None, future=True)))) == 1


def test_a_long_list_is_cut() -> None:
    found = told(*(task(str(number), due=NOW + number * HOUR) for number in range(1, 60)))
    assert found is not None and (len(lines(found)), found.more) == (50, 9)


def test_six_in_the_morning_on_the_clocks_of_the_zone() -> None:
    def due(text: str, zone: str) -> str | None:
        found = due_on(moment(text), zone)
        return None if found is None else found[0]

    # the night in which the clocks of Lisbon go on, and the one in which they go back
    for day, early, six in (
        ("2031-03-29", "05:59:59", "06:00:00"),
        ("2031-03-30", "04:59:59", "05:00:00"),
        ("2031-10-25", "04:59:59", "05:00:00"),
        ("2031-10-26", "05:59:59", "06:00:00"),
    ):
        assert due(f"{day}T{early}Z", "Europe/Lisbon") is None
        assert due(f"{day}T{six}Z", "Europe/Lisbon") == day
    assert due("2031-05-06T00:15:00Z", "Asia/Kathmandu") == "2031-05-06"
    assert due("2031-05-06T00:14:59Z", "Asia/Kathmandu") is None
    # the next day over there
    assert due("2031-05-06T18:00:00Z", "Pacific/Auckland") == "2031-05-07"
    assert due("2031-05-06T17:59:59Z", "UTC") == "2031-05-06"
    assert due("2031-05-06T18:00:00Z", "UTC") is None
