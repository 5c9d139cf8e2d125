"""Who may do what to a task (engine 2.3, 2.4, 12)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.definition import Owners
from handrail.engine.permit import Doer, bot, is_assigned, may_complete, may_edit, may_reassign, may_reopen
from handrail.kernel.actor import Actor
from tests.engine.builders import ADMIN, ANN, GUEST, LIGHT, started, step, template

TASK = started(template(step("only", assign_run_starter=False))).tasks[0]
STRANGER = Doer(user_id=7, sees=False)
RIGHTS = (may_complete, may_reopen, may_edit, may_reassign)


def rights(doer: Doer, **changes: Any) -> str:
    """The rights that hold, by their first letters: complete, reopen, edit, assign."""
    task = msgspec.structs.replace(TASK, **changes)
    return "".join(letter for letter, right in zip("croa", RIGHTS, strict=True) if right(doer, task)).replace("o", "e")


def owned(*, users: tuple[int, ...] = (), guests: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Owners:
    return Owners(users=users, guests=guests, groups=groups)


@pytest.mark.parametrize("switch", ["can_complete_only_assignees", "top_secret"])
def test_switches_shut_out_who_is_not_assigned(switch: str) -> None:
    assert rights(ANN) == "crea"
    assert rights(ANN, **{switch: True}) == ""
    assert rights(ANN, **{switch: True}, owners=owned(users=(2,))) == "crea"
    assert rights(ADMIN, **{switch: True}) == "crea"


def test_members_need_to_see_or_to_be_assigned() -> None:
    assert rights(STRANGER) == ""
    assert rights(STRANGER, owners=owned(users=(7,))) == "crea"
    assert rights(msgspec.structs.replace(STRANGER, groups=("g",)), owners=owned(groups=("g",))) == "crea"


def test_light_members_only_work_on_their_own() -> None:
    seeing = msgspec.structs.replace(LIGHT, sees=True)
    assert rights(seeing) == ""
    assert rights(seeing, owners=owned(users=(5,))) == "cre"


def test_guests_never_reopen_nor_reassign() -> None:
    assert rights(GUEST) == ""
    assert rights(GUEST, owners=owned(guests=("g@x.example",))) == "ce"
    assert rights(msgspec.structs.replace(GUEST, groups=("g",)), owners=owned(groups=("g",))) == "ce"


def test_a_guest_is_no_member_without_an_id() -> None:
    nobody = Doer(kind="guest", guest="x@x")
    assert not is_assigned(nobody, msgspec.structs.replace(TASK, owners=owned(users=(2,))))


def test_the_bot_may() -> None:
    assert rights(bot(), can_complete_only_assignees=True, top_secret=True) == "crea"


def test_from_the_caller_of_a_request() -> None:
    actor = Actor(organization_id="0" * 32, user_id=7, role="light", groups=("g",))
    doer = Doer.member(msgspec.structs.replace(actor, token_id="t"), sees=False)
    assert (doer.user_id, doer.role, doer.groups, doer.sees, doer.by_api) == (7, "light", ("g",), False, True)
    assert (doer.person, GUEST.person) == ("7", "g@x.example")
