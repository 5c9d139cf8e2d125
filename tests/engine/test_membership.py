"""People who change elsewhere: groups that are left or dissolved, people who become others (engine 7.1, 7.6, 56)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from handrail.engine.assignment import Group, people, without_member
from handrail.engine.complete import Complete, complete
from handrail.engine.definition import NOBODY, Owners
from handrail.engine.edit_task import EditTask, OwnersEdit, edit_task
from handrail.engine.events import Outcome
from handrail.engine.membership import (
    Succession,
    count_again,
    count_again_on_task,
    dissolved,
    succeed,
    succeed_on_task,
)
from handrail.engine.signing import required_people
from handrail.engine.state import Process, Task
from tests.engine.builders import (
    ADMIN,
    ANN,
    BEN,
    CAT,
    GUEST,
    Directory,
    context,
    field,
    kinds,
    started,
    step,
    task_of,
    template,
    users,
)

MAIL = "g@x.example"
TEAM = "a" * 32


def signing(process: Process, doer: Any, directory: Directory, **surroundings: Any) -> Outcome:
    command = Complete(task_id=task_of(process, "a").id, doer=doer)
    return complete(context(surroundings.get("template"), directory=directory), process, command)


def team(*members: int, guests: tuple[str, ...] = ()) -> Directory:
    return Directory(Group(id=TEAM, members=members, guests=guests))


def everyone(directory: Directory, owners: Owners, **settings: Any) -> Process:
    made = template(step("a", owners=owners, everyone_must_complete=True, **settings), step("b"))
    return started(made, context(made, directory=directory))


def test_worked_example_of_leaving_a_group() -> None:
    before = team(3, 4, guests=(MAIL,))
    process = everyone(before, Owners(users=(2, 3), groups=(TEAM,)))
    process = signing(process, ANN, before).process
    process = signing(process, replace(GUEST, groups=(TEAM,)), before).process
    left = team(3, guests=(MAIL,))
    assert required_people(task_of(process, "a"), left) == {"2", "3", MAIL}
    outcome = count_again(context(directory=left), process, [task_of(process, "a").id])
    assert outcome.events == ()
    done = task_of(signing(process, BEN, left).process, "a")
    assert (done.status, done.completer_id) == ("completed", 3)


def test_leaving_completes_what_everyone_left_has_signed() -> None:
    before = team(2, 4)
    process = signing(everyone(before, Owners(groups=(TEAM,))), ANN, before).process
    outcome = count_again(context(directory=team(2)), process, [task_of(process, "a").id])
    done = task_of(outcome.process, "a")
    assert (done.status, done.completer_id, done.completer_guest) == ("completed", 2, None)
    assert kinds(outcome) == ["task.completed"]
    assert outcome.process.tasks_complete == 1


def test_leaving_empty_completes_nothing() -> None:
    before = team(2, 4)
    process = signing(everyone(before, Owners(groups=(TEAM,))), ANN, before).process
    outcome = count_again(context(directory=team()), process, [task_of(process, "a").id])
    assert task_of(outcome.process, "a").status == "in-progress"


def test_nothing_is_completed_in_an_archived_or_blocked_process() -> None:
    before = team(2, 4)
    process = signing(everyone(before, Owners(groups=(TEAM,))), ANN, before).process
    for blocked in (replace(process, archived_at=1, status="archived"), replace(process, open_issues=1)):
        outcome = count_again(context(directory=team(2)), blocked, [task_of(process, "a").id])
        assert task_of(outcome.process, "a").status == "in-progress"


def test_missing_answers_keep_a_task_open() -> None:
    before = team(2, 4)
    made = template(step("a", owners=Owners(groups=(TEAM,)), everyone_must_complete=True, fields=(field("f"),)))
    process = started(made, context(made, directory=before))
    task = replace(task_of(process, "a"), signatures=("2",), values={})
    process = replace(process, tasks=(task,))
    required = template(
        step("a", owners=Owners(groups=(TEAM,)), everyone_must_complete=True, fields=(field("f", required=True),))
    )
    outcome = count_again(context(required, directory=team(2)), process, [task.id])
    assert task_of(outcome.process, "a").status == "not-started"


def test_group_that_its_last_member_leaves_gets_the_launcher_beside_its_guests() -> None:
    both, left = team(4, guests=(MAIL,)), team(guests=(MAIL,))
    made = template(step("a", owners=Owners(groups=(TEAM,))), step("b", owners=Owners(groups=(TEAM,))))
    process = started(made, context(made, directory=both))
    done = complete(context(made, directory=both), process, Complete(task_id=task_of(process, "b").id, doer=ADMIN))
    process = done.process
    assert task_of(process, "a").owners == Owners(groups=(TEAM,))
    outcome = count_again(context(made, directory=left), process, [task.id for task in process.tasks])
    task = task_of(outcome.process, "a")
    assert (task.owners, task.watch_only) == (Owners(users=(2,), groups=(TEAM,)), 2)
    assert kinds(outcome) == ["task.owners_changed", "task.assigned"]
    assert task_of(outcome.process, "b").owners == Owners(groups=(TEAM,))
    # nobody watches over nobody: with the last guest gone the task is the launcher's
    outcome = count_again(context(made, directory=team()), outcome.process, [task.id])
    task = task_of(outcome.process, "a")
    assert (task.owners, task.watch_only, kinds(outcome)) == (Owners(users=(2,), groups=(TEAM,)), None, [])


def test_single_task_is_completed_too() -> None:
    before = team(2, 4)
    task = task_of(signing(everyone(before, Owners(groups=(TEAM,))), ANN, before).process, "a")
    alone = replace(task, process_id=None, step_id=None)
    outcome = count_again_on_task(context(directory=team(2)), alone)
    assert (outcome.changed, outcome.task.status) == (True, "completed")


def test_member_who_becomes_a_guest_keeps_tasks_and_signatures() -> None:
    directory = Directory()
    process = signing(everyone(directory, users(2, 3)), ANN, directory).process
    directory = Directory(inactive=(2,))
    command = Succession(gone=users(2), heir=Owners(guests=(MAIL,)), assigner=1)
    outcome = succeed(context(directory=directory), process, command)
    task = task_of(outcome.process, "a")
    assert task.owners == Owners(users=(3,), guests=(MAIL,))
    assert (task.signatures, task.watch_only, task.status) == ((MAIL,), None, "in-progress")
    # the other task was the launcher's as well
    assert kinds(outcome) == ["task.owners_changed", "task.assigned"] * 2
    done = task_of(signing(outcome.process, BEN, directory).process, "a")
    assert (done.status, done.completer_id) == ("completed", 3)


def test_guest_needs_a_member_beside_them() -> None:
    directory = Directory(inactive=(2,))
    made = template(step("a", owners=users(2)))
    process = started(made)
    command = Succession(gone=users(2), heir=Owners(guests=(MAIL,)), assigner=4)
    task = task_of(succeed(context(directory=directory), process, command).process, "a")
    assert task.owners == Owners(users=(4,), guests=(MAIL,))
    assert task.watch_only == 4
    back = Succession(gone=Owners(guests=(MAIL,)), heir=users(4))
    again = succeed_on_task(context(), replace(task, process_id=None, step_id=None), back).task
    assert (again.owners, again.watch_only) == (users(4), None)


def test_guest_does_not_come_to_tasks_without_guests() -> None:
    made = template(step("a", owners=users(2), allow_guest_owners=False), step("b", owners=users(2)))
    process = started(made)
    command = Succession(gone=users(2), heir=Owners(guests=(MAIL,)), assigner=1)
    outcome = succeed(context(), process, command)
    assert task_of(outcome.process, "a").owners == users(2)
    assert task_of(outcome.process, "b").owners.guests == (MAIL,)


def test_who_only_watched_leaves_no_heir() -> None:
    made = template(step("a", owners=Owners(guests=(MAIL,))))
    process = started(made)
    assert task_of(process, "a").watch_only == 2
    command = Succession(gone=users(2), heir=Owners(guests=("ann@x.example",)), assigner=3)
    task = task_of(succeed(context(directory=Directory(inactive=(2,))), process, command).process, "a")
    assert (task.owners, task.watch_only) == (Owners(users=(3,), guests=(MAIL,)), 3)


def test_guest_who_is_deleted_leaves_the_last_signature_to_count() -> None:
    directory = Directory()
    process = signing(everyone(directory, Owners(users=(2,), guests=(MAIL,))), ANN, directory).process
    outcome = succeed(context(), process, Succession(gone=Owners(guests=(MAIL,))))
    done = task_of(outcome.process, "a")
    assert (done.status, done.owners, done.completer_id) == ("completed", users(2), 2)


def test_completed_tasks_change_hands_only_when_asked_for() -> None:
    made = template(step("a", owners=Owners(users=(3,), guests=(MAIL,))), step("b"))
    process = signing(started(made), GUEST, Directory()).process
    to_member = Succession(gone=Owners(guests=(MAIL,)), heir=users(4))
    assert succeed(context(), process, to_member).changed == ()
    task = task_of(succeed(context(), process, replace(to_member, finished=True)).process, "a")
    assert task.owners == users(3, 4)
    assert (task.status, task.completer_guest) == ("completed", MAIL)


def test_archived_processes_change_hands_too() -> None:
    made = template(step("a", owners=users(2)))
    process = replace(started(made), archived_at=1, status="archived")
    command = Succession(gone=users(2), heir=users(3))
    outcome = succeed(context(), process, command)
    assert task_of(outcome.process, "a").owners == users(3)
    assert outcome.process.status == "archived"


def test_dissolved_group_leaves_its_people() -> None:
    made = template(step("a", owners=Owners(users=(2,), groups=(TEAM, "b" * 32))))
    directory = Directory(Group(id=TEAM, members=(2, 3), guests=(MAIL,)), Group(id="b" * 32))
    task = task_of(started(made, context(made, directory=directory)), "a")
    owners, watch_only = dissolved(task, Group(id=TEAM, members=(2, 3), guests=(MAIL,)), 1, directory)
    assert (owners, watch_only) == (Owners(users=(2, 3), guests=(MAIL,), groups=("b" * 32,)), None)


def test_guests_of_a_dissolved_group_get_a_member_beside_them() -> None:
    group = Group(id=TEAM, guests=(MAIL,))
    made = template(step("a", owners=Owners(groups=(TEAM,))))
    directory = Directory(group)
    task = task_of(started(made, context(made, directory=directory)), "a")
    assert dissolved(task, group, 4, directory) == (Owners(users=(2,), guests=(MAIL,)), 2)
    task = replace(task, owners=Owners(groups=(TEAM,)), watch_only=None)
    assert dissolved(task, group, 4, directory) == (Owners(users=(4,), guests=(MAIL,)), 4)
    done = replace(task, status="completed")
    assert dissolved(done, group, 4, directory) == (Owners(guests=(MAIL,)), None)


ids = st.integers(2, 6)
mails = st.sampled_from([f"{name}@x.example" for name in "abc"])
owned = st.builds(
    Owners,
    users=st.lists(ids, unique=True, max_size=3).map(tuple),
    guests=st.lists(mails, unique=True, max_size=2).map(tuple),
    groups=st.sampled_from([(), (TEAM,)]),
)
teams = st.builds(
    Group,
    id=st.just(TEAM),
    members=st.lists(ids, unique=True, max_size=4).map(tuple),
    guests=st.lists(mails, unique=True, max_size=2).map(tuple),
)


def owned_task(owners: Owners, directory: Directory) -> Task:
    made = template(step("a", owners=owners, assign_run_starter=False))
    return task_of(started(made, context(made, directory=directory), doer=ADMIN), "a")


@given(owned, teams)
def test_dissolving_changes_nothing_about_who_has_to_do_it(owners: Owners, group: Group) -> None:
    directory = Directory(group)
    task = owned_task(replace(owners, groups=(TEAM,)), directory)
    after, watch_only = dissolved(task, group, 1, directory)
    assert TEAM not in after.groups
    acting = people(without_member(after, watch_only), Directory())
    assert acting == people(without_member(task.owners, task.watch_only), directory)
    assert not after.guests or after.users or after.groups


@given(owned, teams, st.one_of(ids.map(lambda user: users(user)), mails.map(lambda mail: Owners(guests=(mail,)))))
def test_succession_keeps_a_member_beside_guests_and_forgets_who_is_gone(
    owners: Owners, group: Group, gone: Owners
) -> None:
    directory = Directory(group)
    task = owned_task(owners, directory)
    for heir in (NOBODY, users(9), Owners(guests=("heir@x.example",))):
        after = succeed_on_task(context(directory=directory), task, Succession(gone=gone, heir=heir, assigner=1)).task
        named = (set(gone.users) & set(task.owners.users)) | (set(gone.guests) & set(task.owners.guests))
        if not named:
            assert after == task
            continue
        if after.watch_only not in gone.users:
            assert not set(after.owners.users) & set(gone.users)
        assert not set(after.owners.guests) & set(gone.guests)
        assert not after.owners.guests or after.owners.users or after.owners.groups
        expected = set() if task.watch_only in gone.users else {*heir.users, *heir.guests}
        assert expected <= {*after.owners.users, *after.owners.guests}


def test_owners_can_still_be_edited_afterwards() -> None:
    process = started(template(step("a", owners=users(2))))
    process = succeed(context(), process, Succession(gone=users(2), heir=users(3))).process
    command = EditTask(task_id=task_of(process, "a").id, doer=CAT, owners=OwnersEdit(users=(4,)))
    assert task_of(edit_task(context(), process, command).process, "a").owners == users(4)
