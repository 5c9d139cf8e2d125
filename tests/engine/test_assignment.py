"""Who a task belongs to (engine 7)."""

import pytest

from handrail.engine.assignment import (
    Group,
    added,
    excess,
    owners_at_launch,
    people,
    problems,
    with_member,
    without_member,
)
from handrail.engine.definition import NOBODY, Owners
from tests.engine.builders import Directory, step, users

G = "a" * 32
GROUP = Group(id=G, members=(2, 3), guests=("g@x",))
# a group of guests, and one of nobody
H, EMPTY = "b" * 32, "c" * 32
OUTSIDE = Owners(groups=(H,))
GROUPS = Owners(groups=(G,))
C = Owners(guests=("c@x",))
DIRECTORY = Directory(GROUP)


@pytest.mark.parametrize(
    ("own", "override", "switch", "expected"),
    [
        (GROUPS, users(5), True, users(5)),
        (GROUPS, NOBODY, True, users(9)),
        (GROUPS, NOBODY, False, NOBODY),
        (GROUPS, None, True, GROUPS),
        (NOBODY, None, True, users(9)),
        (NOBODY, None, False, NOBODY),
        (users(4, 4), None, True, users(4)),
    ],
)
def test_7_3_worked_example(own: Owners, override: Owners | None, switch: bool, expected: Owners) -> None:
    made = step("a", owners=own, assign_run_starter=switch)
    assert owners_at_launch(made, override, (), 9, DIRECTORY) == expected


def test_7_3_worked_example_with_a_guest_alone() -> None:
    owners = owners_at_launch(step("a", owners=C), None, (), 9, DIRECTORY)
    assert with_member(owners, None, 9, DIRECTORY) == (Owners(users=(9,), guests=("c@x",)), 9)


def test_picks_for_job_titles_join_the_owners_of_the_step() -> None:
    owners = owners_at_launch(step("a", owners=users(2)), None, [users(3, 2), C], 9, DIRECTORY)
    assert owners == Owners(users=(2, 3), guests=("c@x",))


def test_whoever_is_disabled_is_left_out_of_a_template() -> None:
    own = Owners(users=(4,), guests=("c@x",), groups=("gone",))
    made = step("a", owners=own)
    assert owners_at_launch(made, None, (), 9, Directory(inactive=(4, "c@x"))) == users(9)
    assert owners_at_launch(made, None, (), 9, Directory(inactive=(4, "c@x", 9))) == NOBODY


def test_guests_where_a_step_takes_none() -> None:
    made = step("a", owners=C, allow_guest_owners=False)
    assert owners_at_launch(made, None, (), 9, DIRECTORY) == users(9)
    assert list(problems(C, DIRECTORY, allow_guests=False)) == ["This step does not allow guests."]


def test_people_of_groups_count_once() -> None:
    owners = Owners(users=(1, 2), groups=(G, "unknown"))
    assert people(owners, DIRECTORY) == {"1", "2", "3", "g@x"}
    assert excess(owners, 4, DIRECTORY) is None
    assert excess(owners, 0, DIRECTORY) is None
    assert "these are 4" in (excess(owners, 3, DIRECTORY) or "")
    assert excess(NOBODY, 1, DIRECTORY) is None


def test_problems_name_everyone() -> None:
    owners = Owners(users=(1, 77), guests=("off@x",), groups=("gone", G))
    found = list(problems(owners, Directory(GROUP, inactive=("off@x",))))
    assert [any(word in text for text in found) for word in ("77", "off@x", "gone")] == [True, True, True]
    assert len(found) == 3


@pytest.mark.parametrize(
    ("owners", "watch_only", "assigner", "expected"),
    [
        (C, None, 9, (Owners(users=(9,), guests=("c@x",)), 9)),
        (C, None, 8, (Owners(users=(1,), guests=("c@x",)), 1)),
        (C, None, None, (Owners(users=(1,), guests=("c@x",)), 1)),
        (Owners(users=(5,), guests=("c@x",)), None, 9, (Owners(users=(5,), guests=("c@x",)), None)),
        (Owners(users=(5,), guests=("c@x",)), 5, 9, (Owners(users=(5,), guests=("c@x",)), 5)),
        (users(5), 5, 9, (users(5), None)),
        (Owners(guests=("c@x",), groups=(G,)), None, 9, (Owners(guests=("c@x",), groups=(G,)), None)),
        (NOBODY, 5, 9, (NOBODY, None)),
        (OUTSIDE, None, 9, (Owners(users=(9,), groups=(H,)), 9)),
        (Owners(users=(5,), groups=(H,)), 5, 9, (Owners(users=(5,), groups=(H,)), 5)),
        (Owners(users=(5,), groups=(G,)), 5, 9, (Owners(users=(5,), groups=(G,)), 5)),
        (Owners(groups=(G, H)), None, 9, (Owners(groups=(G, H)), None)),
        (Owners(guests=("c@x",), groups=(EMPTY,)), None, 9, (Owners(users=(9,), guests=("c@x",), groups=(EMPTY,)), 9)),
        (Owners(groups=(EMPTY,)), None, 9, (Owners(groups=(EMPTY,)), None)),
        (Owners(users=(5,), groups=(EMPTY,)), 5, 9, (Owners(users=(5,), groups=(EMPTY,)), None)),
    ],
)
def test_guests_have_a_member_beside_them(
    owners: Owners, watch_only: int | None, assigner: int | None, expected: tuple[Owners, int | None]
) -> None:
    directory = Directory(GROUP, Group(id=H, guests=("h@x",)), Group(id=EMPTY), inactive=(8,))
    assert with_member(owners, watch_only, assigner, directory) == expected


def test_without_the_member_who_watches() -> None:
    owners = Owners(users=(5, 9), guests=("c@x",))
    assert without_member(owners, 9) == Owners(users=(5,), guests=("c@x",))
    assert without_member(owners, None) is owners
    assert without_member(owners, 4) is owners


def test_added() -> None:
    before, after = Owners(users=(1, 2), guests=("c@x",)), Owners(users=(2, 3), groups=(G,))
    assert added(before, after) == Owners(users=(3,), groups=(G,))
    assert added(after, before) == Owners(users=(1,), guests=("c@x",))
    assert not added(after, after)
