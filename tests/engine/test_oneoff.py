"""One-off tasks, alone and in processes (engine 9.5)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.assignment import Group
from handrail.engine.complete import Complete, complete
from handrail.engine.definition import Owners
from handrail.engine.launch import Numbers
from handrail.engine.oneoff import (
    Container,
    NewTask,
    add_separate_tasks,
    add_task,
    archive_in_process,
    archive_task,
    clone_in_process,
    clone_task,
    create_separate_tasks,
    create_task,
    delete_in_process,
    restore_in_process,
    restore_task,
)
from handrail.engine.permit import Doer
from handrail.kernel.errors import Denied, Impossible, Invalid
from tests.engine.builders import (
    ANN,
    DAY_MS,
    NOON,
    Counter,
    Directory,
    context,
    field,
    kinds,
    started,
    step,
    template,
    users,
)

G = "a" * 32
DIRECTORY = Directory(Group(id=G, members=(3, 4, 8), guests=("g@x",)), inactive=(8,))
MADE = template(step("a"), step("b"))
SURROUNDINGS = context(MADE, now=NOON + 1, directory=DIRECTORY)
PROCESS = started(MADE)
CONTAINER = Container(template_id="e" * 32, version=1, title="MISC")
DUE = NOON + DAY_MS


def new(**changes: Any) -> NewTask:
    return NewTask(**{"doer": ANN, "title": "Extra", "owners": users(3), "deadline": DUE, **changes})


def ids() -> Counter:
    return Counter(1000)


def test_alone() -> None:
    command = new(
        task_type="approval",
        summary="Do",
        started_at=DUE,
        webhook="https://x.example",
        everyone_must_complete=True,
        fields=(field("f", default_value="x", default_value_enabled=True),),
    )
    outcome = create_task(SURROUNDINGS, command, ids(), 7)
    task = outcome.task
    assert [event.kind for event in outcome.events] == ["task.created", "task.assigned"]
    assert outcome.changed
    assert (task.process_id, task.template_id, task.step_id, task.is_oneoff) == (None, None, None, True)
    assert (task.increment_id, task.position, task.starter_id, task.status) == (7, 1, 2, "not-started")
    assert (task.values, task.started_at, task.started_explicitly) == ({"f": "x"}, DUE, True)
    assert (task.deadline, task.deadline_base, task.everyone_must_complete) == (DUE, DUE, True)
    assert create_task(SURROUNDINGS, new(), ids(), 7).task.started_at == NOON + 1


@pytest.mark.parametrize(
    "owners", [Owners(), users(8), users(99), Owners(groups=("gone",)), Owners(users=(2,), groups=(G,))]
)
def test_owners_are_needed_and_checked(owners: Owners) -> None:
    command = new(owners=owners, max_assignable=3)
    for make in (
        lambda: create_task(SURROUNDINGS, command, ids(), 7),
        lambda: add_task(SURROUNDINGS, PROCESS, command, ids(), 7),
    ):
        with pytest.raises(Invalid) as caught:
            make()
        assert set(caught.value.errors) == {"owners"}


def test_guests_have_the_creator_beside_them() -> None:
    task = create_task(SURROUNDINGS, new(owners=Owners(guests=("g@x",))), ids(), 7).task
    assert (task.owners.users, task.watch_only) == ((2,), 2)


def test_in_a_process() -> None:
    outcome = add_task(SURROUNDINGS, PROCESS, new(), ids(), 7)
    assert kinds(outcome) == ["task.created", "task.assigned"]
    assert [task.title for task in outcome.process.tasks] == ["A", "B", "Extra"]
    assert (outcome.process.tasks_total, outcome.process.collaborators) == (3, (2, 3))
    assert outcome.process.tasks[2].process_id == PROCESS.id
    second = add_task(SURROUNDINGS, outcome.process, new(title="First", position=1), Counter(2000), 8).process
    assert [(task.title, task.position) for task in second.tasks] == [("First", 1), ("A", 2), ("B", 3), ("Extra", 4)]


def test_an_added_task_makes_a_complete_process_active() -> None:
    done = PROCESS
    for task in PROCESS.tasks:
        done = complete(SURROUNDINGS, done, Complete(task_id=task.id, doer=ANN)).process
    outcome = add_task(SURROUNDINGS, done, new(), ids(), 7)
    assert outcome.process.status == "active"
    assert kinds(outcome) == ["task.created", "task.assigned", "process.reopened"]


def test_processes_that_take_none() -> None:
    closed = started(template(step("a"), can_add_oot=False))
    with pytest.raises(Denied):
        add_task(SURROUNDINGS, closed, new(), ids(), 7)
    with pytest.raises(Impossible):
        add_task(SURROUNDINGS, msgspec.structs.replace(closed, archived_at=NOON), new(), ids(), 7)


def test_one_task_for_each_person() -> None:
    owners = Owners(users=(4, 3, 4), guests=("g@x", "h@x"), groups=(G,))
    outcome = create_separate_tasks(SURROUNDINGS, new(owners=owners), CONTAINER, ids(), Numbers(5, 70))
    process = outcome.process
    assert (process.name, process.owner_id, process.template_title, process.status) == ("Extra", 2, "MISC", "active")
    assert [task.owners for task in process.tasks] == [
        users(4),
        users(3),
        Owners(users=(2,), guests=("g@x",)),
        Owners(users=(2,), guests=("h@x",)),
    ]
    assert [task.watch_only for task in process.tasks] == [None, None, 2, 2]
    assert [task.increment_id for task in process.tasks] == [70, 71, 72, 73]
    assert [task.position for task in process.tasks] == [1, 2, 3, 4]
    assert kinds(outcome) == ["process.launched", *["task.created", "task.assigned"] * 4]


def test_one_task_for_each_person_in_a_process() -> None:
    command = new(owners=users(3, 4), position=1)
    process = add_separate_tasks(SURROUNDINGS, PROCESS, command, ids(), 70).process
    assert [task.owners.users for task in process.tasks] == [(3,), (4,), (2,), (2,)]


def test_separate_tasks_need_somebody() -> None:
    empty = Directory(Group(id=G))
    surroundings = context(MADE, directory=empty)
    for owners in (Owners(), Owners(groups=(G,)), Owners(groups=("gone",)), users(99)):
        with pytest.raises(Invalid):
            create_separate_tasks(surroundings, new(owners=owners), CONTAINER, ids(), Numbers(5, 70))
    with pytest.raises(Denied):
        guest = Doer(kind="guest", guest="g@x")
        create_separate_tasks(SURROUNDINGS, new(doer=guest), CONTAINER, ids(), Numbers(5, 70))


def test_a_copy_is_untouched() -> None:
    task = create_task(SURROUNDINGS, new(title="t" * 600, fields=(field("f"),)), ids(), 7).task
    used = msgspec.structs.replace(
        task,
        status="completed",
        values={"f": "x"},
        completed_at=NOON,
        completer_id=2,
        signatures=("2",),
        open_problems=1,
        archived_at=NOON,
        was_reopened=True,
        is_approved=True,
    )
    copy = clone_task(SURROUNDINGS, used, Doer(user_id=4), Counter(3000), 8).task
    assert copy.id != task.id
    assert len(copy.title) == 600
    assert copy.title.endswith("t - Copy")
    fresh = msgspec.structs.replace(
        task, id=copy.id, title=copy.title, increment_id=8, starter_id=4, created_at=NOON + 1, updated_at=NOON + 1
    )
    assert copy == fresh


def test_a_copy_in_a_process_stands_right_after() -> None:
    process = add_task(SURROUNDINGS, PROCESS, new(position=1), ids(), 7).process
    outcome = clone_in_process(SURROUNDINGS, process, process.tasks[0].id, ANN, Counter(3000), 8)
    assert [task.title for task in outcome.process.tasks] == ["Extra", "Extra - Copy", "A", "B"]
    with pytest.raises(Impossible):
        clone_in_process(SURROUNDINGS, process, process.tasks[1].id, ANN, Counter(3000), 8)


def test_archived_tasks_count_no_more_and_leave_no_gap() -> None:
    process = add_task(SURROUNDINGS, PROCESS, new(position=1), ids(), 7).process
    task_id = process.tasks[0].id
    outcome = archive_in_process(SURROUNDINGS, process, task_id)
    assert kinds(outcome) == ["task.archived"]
    assert [(task.title, task.position) for task in outcome.process.tasks] == [("A", 1), ("B", 2), ("Extra", 3)]
    assert (outcome.process.tasks_total, outcome.process.whole_total) == (2, 2)
    assert archive_in_process(SURROUNDINGS, outcome.process, task_id).process is outcome.process
    back = restore_in_process(SURROUNDINGS, outcome.process, task_id)
    assert (kinds(back), back.process.tasks_total) == (["task.restored"], 3)


def test_deleted_tasks_are_gone() -> None:
    process = add_task(SURROUNDINGS, PROCESS, new(position=1), ids(), 7).process
    task_id = process.tasks[0].id
    outcome = delete_in_process(SURROUNDINGS, process, task_id)
    assert [(task.title, task.position) for task in outcome.process.tasks] == [("A", 1), ("B", 2)]
    assert [(event.kind, event.task_id) for event in outcome.events] == [("task.deleted", task_id)]
    assert outcome.process.tasks_total == 2


def test_deleting_the_last_open_task_completes_the_process() -> None:
    process = create_separate_tasks(SURROUNDINGS, new(owners=users(3, 4)), CONTAINER, ids(), Numbers(5, 70)).process
    process = complete(SURROUNDINGS, process, Complete(task_id=process.tasks[0].id, doer=ANN)).process
    outcome = delete_in_process(SURROUNDINGS, process, process.tasks[1].id)
    assert kinds(outcome) == ["task.deleted", "process.completed"]


def test_the_tasks_of_steps_stay() -> None:
    for command in (archive_in_process, restore_in_process, delete_in_process):
        with pytest.raises(Impossible):
            command(SURROUNDINGS, PROCESS, PROCESS.tasks[0].id)


def test_archiving_alone() -> None:
    task = create_task(SURROUNDINGS, new(), ids(), 7).task
    archived = archive_task(SURROUNDINGS, task)
    assert (archived.task.archived_at, archived.changed) == (NOON + 1, True)
    assert not archive_task(SURROUNDINGS, archived.task).changed
    back = restore_task(SURROUNDINGS, archived.task)
    assert (back.task.archived_at, [event.kind for event in back.events]) == (None, ["task.restored"])
