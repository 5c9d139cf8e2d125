"""Changing tasks (wire TSK-3, OOT-4; engine 2.4, 6.1, 7.4)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.assignment import Group
from handrail.engine.definition import Owners
from handrail.engine.edit_task import EditTask, OwnersEdit, edit_single_task, edit_task
from handrail.engine.events import Outcome
from handrail.engine.state import Process
from handrail.kernel.errors import Denied, Impossible, Invalid, NotFound
from tests.engine.builders import (
    ADMIN,
    ANN,
    BEN,
    DAY_MS,
    GUEST,
    HOUR,
    LIGHT,
    NOON,
    Directory,
    at,
    context,
    field,
    kinds,
    started,
    step,
    task_of,
    template,
    users,
)

G = "a" * 32
OWNERS = Owners(users=(2, 5), guests=("g@x.example",))
MADE = template(
    step("a", owners=OWNERS, fields=(field("f"), field("locked", settings={"read_only": True})), max_assignable=4),
    step("b"),
    step("c"),
)
DIRECTORY = Directory(Group(id=G, members=(2, 6)), inactive=(8,))
SURROUNDINGS = context(MADE, now=NOON + HOUR, directory=DIRECTORY)
PROCESS = started(MADE)


def edit(doer: Any = ANN, process: Process = PROCESS, step_id: str = "a", **changes: Any) -> Outcome:
    command = EditTask(task_id=task_of(process, step_id).id, doer=doer, **changes)
    return edit_task(SURROUNDINGS, process, command)


def after(outcome: Outcome, step_id: str = "a"):
    return task_of(outcome.process, step_id)


def test_words_and_settings() -> None:
    outcome = edit(
        title="New",
        summary=None,
        task_type="approval",
        webhook="https://x.example",
        top_secret=True,
        prevent_guest_comment=True,
        max_assignable=9,
        started_at=NOON - 1,
    )
    task = after(outcome)
    assert (task.title, task.summary, task.task_type, task.webhook) == ("New", None, "approval", "https://x.example")
    assert (task.top_secret, task.prevent_guest_comment, task.max_assignable) == (True, True, 9)
    assert (task.started_at, task.started_explicitly, task.status) == (NOON - 1, True, "not-started")
    assert kinds(outcome) == ["task.updated"]
    assert set(outcome.events[0].data["fields"]) == {
        "title",
        "task_type",
        "webhook",
        "top_secret",
        "prevent_guest_comment",
        "max_assignable",
        "started_at",
    }
    assert outcome.changed == (task.id,)


def test_what_stays_the_same_is_no_change() -> None:
    task = after(edit())
    same = edit(
        title=task.title,
        deadline=task.deadline,
        position=1,
        owners=OwnersEdit(users=(2, 5), guests=("g@x.example",)),
        status="completed",
        values={},
    )
    assert (same.process is PROCESS, same.events) == (True, ())


def test_a_deadline_moves_into_working_time_and_is_pinned() -> None:
    organization = msgspec.structs.replace(SURROUNDINGS.organization, working_days={"Monday": True})
    surroundings = msgspec.structs.replace(SURROUNDINGS, organization=organization)
    command = EditTask(task_id=PROCESS.tasks[0].id, doer=ANN, deadline=at("2027-03-02 10:00"))
    outcome = edit_task(surroundings, PROCESS, command)
    task = after(outcome)
    assert task.deadline == task.deadline_base == at("2027-03-08 00:00")
    assert task.deadline_pinned
    assert [(event.kind, event.data["after"]) for event in outcome.events] == [("task.deadline_changed", task.deadline)]
    assert outcome.process.due_at == task.deadline


def test_owners_are_replaced_bucket_by_bucket() -> None:
    outcome = edit(owners=OwnersEdit(users=(3, 3), groups=(G,)))
    assert after(outcome).owners == Owners(users=(3,), guests=("g@x.example",), groups=(G,))
    changed, assigned = outcome.events
    assert changed.kind == "task.owners_changed"
    assert changed.data == {"added": Owners(users=(3,), groups=(G,)), "removed": users(2, 5)}
    assert (assigned.kind, assigned.data) == ("task.assigned", {"owners": Owners(users=(3,), groups=(G,))})
    assert after(edit(owners=OwnersEdit(users=(), guests=()))).owners == Owners()


def test_nobody_hears_of_hidden_tasks() -> None:
    hidden = msgspec.structs.replace(PROCESS.tasks[0], status="auto-skipped")
    process = msgspec.structs.replace(PROCESS, tasks=(hidden, *PROCESS.tasks[1:]))
    outcome = edit(process=process, owners=OwnersEdit(users=(3,)), status="in-progress")
    assert kinds(outcome) == ["task.owners_changed"]
    assert after(outcome).status == "auto-skipped"


def test_owners_who_cannot_be() -> None:
    for owners in (
        OwnersEdit(users=(2, 8)),
        OwnersEdit(users=(99,)),
        OwnersEdit(groups=("gone",)),
        OwnersEdit(users=(2, 3, 5), groups=(G,)),
    ):
        with pytest.raises(Invalid) as caught:
            edit(owners=owners)
        assert set(caught.value.errors) == {"owners"}
    assert after(edit(owners=OwnersEdit(users=(2, 3, 5), groups=(G,)), max_assignable=5)).max_assignable == 5


def test_people_who_were_disabled_since_may_stay() -> None:
    surroundings = context(MADE, directory=Directory(inactive=(5,)))
    command = EditTask(task_id=PROCESS.tasks[0].id, doer=ANN, owners=OwnersEdit(users=(2, 5, 3)))
    assert edit_task(surroundings, PROCESS, command).process.tasks[0].owners.users == (2, 5, 3)


def test_guests_left_alone_get_whoever_assigns() -> None:
    outcome = edit(doer=BEN, owners=OwnersEdit(users=()))
    task = after(outcome)
    assert (task.owners.users, task.watch_only) == ((3,), 3)
    # the one who watches does not count against the limit, and stays so when sent back
    guests = OwnersEdit(users=(3,), guests=("g@x.example", "h@x"))
    outcome = edit(doer=ANN, process=outcome.process, owners=guests, max_assignable=2)
    assert after(outcome).watch_only == 3
    outcome = edit(doer=ANN, process=outcome.process, owners=OwnersEdit(guests=()))
    assert (after(outcome).owners, after(outcome).watch_only) == (users(3), None)


def test_status_words() -> None:
    working = edit(status="in-progress")
    assert after(working).status == "in-progress"
    assert after(edit(process=working.process, status="not-started")).status == "not-started"
    for word in ("completed", "auto-skipped", "active", "", "x"):
        assert edit(status=word).process is PROCESS
    # an answer is a start, whatever word comes with it
    assert after(edit(status="not-started", values={"f": "x"})).status == "in-progress"


def test_positions() -> None:
    outcome = edit(step_id="c", position=1)
    assert [task.step_id for task in outcome.process.tasks] == ["c", "a", "b"]
    assert [task.position for task in outcome.process.tasks] == [1, 2, 3]
    assert len(outcome.changed) == 3
    assert task_of(outcome.process, "a").updated_at == NOON
    for position in (0, -3):
        assert task_of(edit(step_id="c", position=position).process, "c").position == 1
    assert task_of(edit(position=1000).process, "a").position == 3


def test_answers() -> None:
    outcome = edit(values={"f": "x", "g": "dropped"})
    assert (after(outcome).values, after(outcome).status) == ({"f": "x"}, "in-progress")
    assert outcome.events[0].data == {"fields": ["f"]}
    again = edit(process=outcome.process, values={"f": "x"})
    assert again.process is outcome.process
    assert edit(values={"g": 1}).process is PROCESS
    with pytest.raises(Invalid) as caught:
        edit(values={"f": ["x"], "locked": "mine"})
    assert set(caught.value.errors) == {"taskdata.f", "taskdata.locked"}
    program = msgspec.structs.replace(ANN, by_api=True)
    assert after(edit(program, values={"locked": "mine"})).values == {"locked": "mine"}


def test_completed_and_blocked() -> None:
    done = msgspec.structs.replace(PROCESS.tasks[0], status="completed")
    for process in (
        msgspec.structs.replace(PROCESS, tasks=(done, *PROCESS.tasks[1:])),
        msgspec.structs.replace(PROCESS, archived_at=NOON),
        msgspec.structs.replace(PROCESS, open_issues=1),
    ):
        with pytest.raises(Impossible):
            edit(ADMIN, process, title="x")
    with pytest.raises(NotFound):
        edit_task(SURROUNDINGS, PROCESS, EditTask(task_id="f" * 32, doer=ADMIN))


def test_light_members_fill_in_but_do_not_hand_over() -> None:
    assert after(edit(LIGHT, title="New", values={"f": "x"}, status="in-progress")).title == "New"
    forbidden: list[dict[str, Any]] = [
        {"deadline": NOON + DAY_MS},
        {"owners": OwnersEdit(users=(5,))},
        {"position": 2},
        {"top_secret": True},
    ]
    for changes in forbidden:
        with pytest.raises(Denied):
            edit(LIGHT, **changes)
    with pytest.raises(Denied):
        edit(LIGHT, step_id="b", values={})


def test_guests_fill_in_and_bring_in_guests() -> None:
    filled = after(edit(GUEST, values={"f": "x"}))
    assert (filled.values, filled.status) == ({"f": "x"}, "in-progress")
    assert edit(GUEST, status="in-progress").process is PROCESS
    outcome = edit(GUEST, owners=OwnersEdit(guests=("g@x.example", "h@x.example")))
    assert after(outcome).owners == Owners(users=(2, 5), guests=("g@x.example", "h@x.example"))
    with pytest.raises(Invalid):
        edit(GUEST, owners=OwnersEdit(guests=("g@x.example", "h@x.example", "i@x.example")))
    forbidden: list[dict[str, Any]] = [
        {"title": "New"},
        {"deadline": NOON},
        {"owners": OwnersEdit(guests=("h@x.example",))},
        {"owners": OwnersEdit(users=(2,))},
    ]
    for changes in forbidden:
        with pytest.raises(Denied):
            edit(GUEST, **changes)


def test_only_assignees() -> None:
    made = template(step("a", owners=users(2), can_complete_only_assignees=True))
    process = started(made)
    command = EditTask(task_id=process.tasks[0].id, doer=BEN, owners=OwnersEdit(users=(2, 3)))
    with pytest.raises(Denied):
        edit_task(context(made), process, command)


def test_a_one_off_task_alone() -> None:
    task = msgspec.structs.replace(PROCESS.tasks[0], process_id=None, step_id=None)
    surroundings = context(fields={task.id: (field("f"),)}, now=NOON + HOUR)
    command = EditTask(task_id=task.id, doer=ANN, title="New", position=4, values={"f": "x"})
    outcome = edit_single_task(surroundings, task, command)
    assert (outcome.task.title, outcome.task.values, outcome.task.position) == ("New", {"f": "x"}, 1)
    assert outcome.changed
    with pytest.raises(Impossible):
        edit_single_task(surroundings, msgspec.structs.replace(task, archived_at=NOON), command)
