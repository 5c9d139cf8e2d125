"""Completing tasks (engine 2.1 to 2.3)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.assignment import Group
from handrail.engine.complete import Complete, complete, complete_task
from handrail.engine.context import Context
from handrail.engine.definition import Owners
from handrail.engine.edit_task import EditTask, OwnersEdit, edit_task
from handrail.engine.events import Outcome
from handrail.engine.permit import Doer
from handrail.engine.signing import completion_progress
from handrail.engine.state import Process
from handrail.kernel.errors import Denied, Impossible, Invalid, NotFound
from tests.engine.builders import (
    ADMIN,
    ANN,
    BEN,
    CAT,
    GUEST,
    HOUR,
    LIGHT,
    NOON,
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
LATER = NOON + HOUR


class Case:
    """One process whose first task a test completes in several ways."""

    def __init__(self, *, directory: Directory | None = None, **settings: Any) -> None:
        settings.setdefault("owners", users(2, 3))
        self.template = template(step("a", **settings), step("b"))
        self.directory = directory or Directory()
        self.process = started(self.template, context(self.template, directory=self.directory))
        self.outcome: Outcome | None = None

    @property
    def context(self) -> Context:
        return context(self.template, now=LATER, directory=self.directory)

    @property
    def task(self):
        return self.process.tasks[0]

    def with_task(self, **changes: Any) -> "Case":
        tasks = (msgspec.structs.replace(self.task, **changes), *self.process.tasks[1:])
        self.process = msgspec.structs.replace(self.process, tasks=tasks)
        return self

    def with_process(self, **changes: Any) -> "Case":
        self.process = msgspec.structs.replace(self.process, **changes)
        return self

    def complete(self, doer: Doer = ANN, **command: Any) -> list[str]:
        """Complete the task; the kinds of events."""
        self.outcome = complete(self.context, self.process, Complete(task_id=self.task.id, doer=doer, **command))
        self.process = self.outcome.process
        return kinds(self.outcome)


def test_a_plain_task() -> None:
    case = Case()
    before = case.process
    assert case.complete() == ["task.completed"]
    assert case.outcome is not None
    assert case.outcome.changed == (case.task.id,)
    assert case.outcome.changed_tasks() == [case.task]
    assert (case.task.status, case.task.completed_at, case.task.completer_id) == ("completed", LATER, 2)
    assert (case.task.completer_guest, case.task.is_approved, case.task.updated_at) == (None, None, LATER)
    assert (case.process.tasks_complete, case.process.updated_at) == (1, LATER)
    assert before.tasks[0].status == "not-started"
    assert case.process.tasks[1] is before.tasks[1]


def test_a_second_completion_changes_nothing() -> None:
    case = Case()
    case.complete()
    done = case.process
    assert case.complete(BEN, values={"x": 1}) == []
    assert case.process is done
    assert case.with_process(open_issues=1).complete(LIGHT) == []
    assert case.with_process(archived_at=NOON).complete(LIGHT) == []
    with pytest.raises(Impossible):
        case.complete(strict=True)


def test_what_cannot_be_completed() -> None:
    for case in (
        Case().with_task(status="auto-skipped"),
        Case().with_process(archived_at=NOON),
        Case().with_process(open_issues=1),
        Case().with_task(open_problems=1),
        Case().with_task(archived_at=NOON),
    ):
        with pytest.raises(Impossible):
            # also for those who could not complete it anyway: the state is looked at first
            case.complete(LIGHT)
    with pytest.raises(NotFound):
        complete(Case().context, Case().process, Complete(task_id="f" * 32, doer=ANN))


def test_who_may() -> None:
    with pytest.raises(Denied):
        Case().complete(LIGHT)
    with pytest.raises(Denied):
        Case().complete(GUEST)
    with pytest.raises(Denied):
        Case(can_complete_only_assignees=True).complete(CAT)
    assert Case(can_complete_only_assignees=True).complete(ADMIN) == ["task.completed"]


def test_a_guest() -> None:
    case = Case(owners=Owners(guests=("g@x.example",)))
    case.complete(GUEST)
    assert (case.task.completer_id, case.task.completer_guest) == (None, "g@x.example")


@pytest.mark.parametrize(
    ("step_type", "sent", "stored"),
    [
        ("task", True, None),
        ("email", False, None),
        ("approval", True, True),
        ("approval", False, False),
        ("expiring", False, True),
        ("expiring", None, True),
        ("expiring_email", False, True),
    ],
)
def test_decisions(step_type: str, sent: bool | None, stored: bool | None) -> None:
    case = Case(step_type=step_type)
    case.complete(is_approved=sent)
    assert (case.task.status, case.task.is_approved) == ("completed", stored)


def test_an_approval_needs_a_decision() -> None:
    with pytest.raises(Invalid) as caught:
        Case(step_type="approval", fields=(field("f", required=True),)).complete()
    assert set(caught.value.errors) == {"is_approved"}


def test_required_fields() -> None:
    boxes = field("boxes", "multiselect", options=({"id": 1, "text": "A"},), settings={"must_all_checked": True})
    case = Case(fields=(field("f", required=True), boxes, field("optional")))
    with pytest.raises(Invalid) as caught:
        case.complete(ADMIN)
    assert set(caught.value.errors) == {"taskdata.f", "taskdata.boxes"}
    assert caught.value.errors["taskdata.f"] == ["F is required"]
    values = {"f": "x", "boxes": [{"id": 1, "text": "A", "selected": True}], "unknown": 1}
    assert case.complete(values=values) == ["task.values_saved", "task.completed"]
    assert set(case.task.values) == {"f", "boxes"}


def test_values_in_the_completion_are_checked() -> None:
    case = Case(fields=(field("f", "date"),))
    with pytest.raises(Invalid) as caught:
        case.complete(values={"f": 12})
    assert set(caught.value.errors) == {"taskdata.f"}
    assert case.task.values == {}


def test_another_completer() -> None:
    program = msgspec.structs.replace(BEN, by_api=True)
    for doer in (ADMIN, program):
        case = Case()
        case.complete(doer, override_user=4)
        assert case.task.completer_id == 4
    with pytest.raises(Denied):
        Case().complete(BEN, override_user=4)
    with pytest.raises(Denied):
        Case(owners=Owners(guests=("g@x.example",))).complete(
            msgspec.structs.replace(GUEST, by_api=True), override_user=4
        )
    with pytest.raises(Invalid) as caught:
        Case().complete(ADMIN, override_user=99)
    assert set(caught.value.errors) == {"override_user"}


def test_a_one_off_task_alone() -> None:
    task = msgspec.structs.replace(Case().task, process_id=None, step_id=None, is_oneoff=True)
    fields = {task.id: (field("f", required=True),)}
    surroundings = context(now=LATER, fields=fields)
    with pytest.raises(Invalid):
        complete_task(surroundings, task, Complete(task_id=task.id, doer=ANN))
    outcome = complete_task(surroundings, task, Complete(task_id=task.id, doer=ANN, values={"f": "x"}))
    assert outcome.changed
    assert (outcome.task.status, outcome.task.values) == ("completed", {"f": "x"})
    again = complete_task(surroundings, outcome.task, Complete(task_id=task.id, doer=ANN))
    assert (again.changed, again.events, again.task) == (False, (), outcome.task)


# ------------------------------------------------------------------------------------------ everyone must complete

GROUP = Group(id=G, members=(2, 3), guests=("g@x.example",))
FOUR = Owners(users=(1, 2), groups=(G,))


def everyone(directory: Directory | None = None, **settings: Any) -> Case:
    return Case(directory=directory or Directory(GROUP), owners=FOUR, everyone_must_complete=True, **settings)


ONE = Doer(user_id=1)


def test_2_3_worked_example() -> None:
    case = everyone(max_assignable=4)
    assert case.complete(ONE) == ["task.signed"]
    assert (case.task.status, completion_progress(case.task, case.directory)) == ("in-progress", 25)
    assert case.complete(GUEST if G in GUEST.groups else msgspec.structs.replace(GUEST, groups=(G,))) == ["task.signed"]
    assert completion_progress(case.task, case.directory) == 50
    case.directory.groups[G] = Group(id=G, members=(2,), guests=("g@x.example",))
    assert completion_progress(case.task, case.directory) == 67
    assert case.complete(Doer(user_id=2)) == ["task.signed", "task.completed"]
    assert (case.task.completer_id, case.task.signatures) == (2, ("1", "g@x.example", "2"))
    assert completion_progress(case.task, case.directory) == 100


def test_2_3_worked_example_with_an_administrator() -> None:
    case = everyone()
    case.complete(ONE)
    assert case.complete(Doer(user_id=9, role="admin")) == ["task.completed"]


def test_an_administrator_among_the_required_only_signs() -> None:
    case = everyone()
    assert case.complete(ADMIN) == ["task.signed"]
    assert case.complete(ADMIN) == []
    assert case.task.status == "in-progress"


def test_others_may_not_sign() -> None:
    with pytest.raises(Denied):
        everyone().complete(CAT)


def test_a_second_signature_counts_once_and_looks_again() -> None:
    case = everyone()
    for doer in (ONE, ANN, BEN):
        case.complete(doer)
    signed = case.process
    assert case.complete(BEN) == []
    assert case.process is signed
    case.directory.inactive.add("g@x.example")
    assert case.complete(ONE) == ["task.completed"]
    assert case.task.completer_id == 1


def test_the_first_rejection_ends_an_approval() -> None:
    case = everyone(step_type="approval")
    assert case.complete(ONE, is_approved=True) == ["task.signed"]
    assert case.complete(ANN, is_approved=False) == ["task.completed"]
    assert case.task.is_approved is False


def test_an_approval_needs_all() -> None:
    case = everyone(step_type="approval", directory=Directory(Group(id=G)))
    case.complete(ONE, is_approved=True)
    assert case.complete(ANN, is_approved=True) == ["task.signed", "task.completed"]
    assert case.task.is_approved is True


@pytest.mark.parametrize("step_type", ["expiring", "email", "expiring_email"])
def test_types_that_ignore_the_switch(step_type: str) -> None:
    case = everyone(step_type=step_type)
    assert completion_progress(case.task, case.directory) is None
    assert case.complete(ONE) == ["task.completed"]


def test_fields_are_checked_before_a_signature() -> None:
    case = everyone(fields=(field("f", required=True),))
    with pytest.raises(Invalid):
        case.complete(ONE)
    assert case.complete(ONE, values={"f": "x"}) == ["task.values_saved", "task.signed"]


def test_the_member_beside_guests_need_not_sign() -> None:
    case = Case(owners=Owners(guests=("g@x.example",)), everyone_must_complete=True)
    assert case.task.watch_only == 2
    with pytest.raises(Denied):
        case.complete(ANN)
    assert case.complete(GUEST) == ["task.signed", "task.completed"]


def test_nobody_required_is_not_everyone() -> None:
    case = Case(owners=Owners(groups=(G,)), everyone_must_complete=True, directory=Directory(Group(id=G)))
    with pytest.raises(Denied):
        case.complete(ANN)
    assert completion_progress(case.task, case.directory) == 0
    assert case.complete(ADMIN) == ["task.completed"]


def replace_owners(case: Case, *ids: int) -> Process:
    edit = EditTask(task_id=case.task.id, doer=ADMIN, owners=OwnersEdit(users=ids, groups=()))
    case.outcome = edit_task(case.context, case.process, edit)
    case.process = case.outcome.process
    return case.process


def test_the_last_unsigned_person_is_removed() -> None:
    case = everyone()
    case.complete(ANN)
    case.complete(ONE)
    replace_owners(case, 2, 1, 3)
    assert case.task.status == "in-progress"
    replace_owners(case, 1, 2)
    assert (case.task.status, case.task.completer_id) == ("completed", 1)
    assert case.outcome is not None
    assert kinds(case.outcome) == ["task.owners_changed", "task.completed"]


def test_removing_everybody_completes_nothing() -> None:
    case = everyone()
    case.complete(ONE)
    replace_owners(case)
    assert case.task.status == "in-progress"
    replace_owners(case, 4)
    assert case.task.status == "in-progress"


def test_what_blocks_the_completion_after_a_removal() -> None:
    case = everyone(fields=(field("f", required=True),))
    case.complete(ONE, values={"f": "x"})
    case.with_task(values={})
    replace_owners(case, 1)
    assert case.task.status == "in-progress"
    case = everyone()
    case.complete(ONE)
    case.with_task(open_problems=1)
    replace_owners(case, 1)
    assert case.task.status == "in-progress"
