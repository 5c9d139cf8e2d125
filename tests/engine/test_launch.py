"""Launching a template (engine 3.1, 3.2)."""

from typing import Any

import msgspec
import pytest

from handrail.engine.assignment import Group
from handrail.engine.definition import (
    NOBODY,
    Action,
    Condition,
    Owners,
    Rule,
    RuleDeadline,
    StepDeadline,
    StepStart,
)
from handrail.engine.launch import TaskOverride
from handrail.kernel.errors import Invalid
from tests.engine.builders import (
    ANN,
    DAY_MS,
    NOON,
    Directory,
    at,
    context,
    field,
    kinds,
    start,
    started,
    step,
    task_of,
    template,
    users,
)

G = "a" * 32


def errors(made: Any, surroundings: Any = None, **command: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        start(made, surroundings, **command)
    return caught.value.errors


def test_one_task_for_each_step_in_order() -> None:
    made = template(
        step("a", step_type="approval", webhook="https://x.example", everyone_must_complete=True, top_secret=True),
        step("b", hide_by_default=True, stage_id="s" * 32, max_assignable=3, prevent_guest_comment=True),
    )
    outcome = start(made, summary="Notes", parent_id="p" * 32)
    process = outcome.process
    first, second = process.tasks
    assert kinds(outcome) == ["process.launched"]
    assert outcome.changed == (first.id, second.id)
    assert (process.increment_id, first.increment_id, second.increment_id) == (900, 4400, 4401)
    assert (first.position, second.position) == (1, 2)
    assert (first.status, second.status) == ("not-started", "auto-skipped")
    assert {task.process_id for task in process.tasks} == {process.id}
    assert {task.template_id for task in process.tasks} == {made.id}
    assert (first.step_id, first.alias, first.title, first.summary) == ("a", "a-alias", "A", None)
    assert (first.task_type, first.webhook, first.everyone_must_complete, first.top_secret) == (
        "approval",
        "https://x.example",
        True,
        True,
    )
    assert (second.stage_id, second.max_assignable, second.prevent_guest_comment) == ("s" * 32, 3, True)
    assert (process.summary, process.parent_id, process.owner_id, process.started_by) == ("Notes", "p" * 32, 2, 2)
    assert (process.tasks_total, process.whole_total, process.status) == (1, 2, "active")
    assert process.collaborators == (2,)
    assert process.kickoff_completed_at == process.started_at == first.created_at == NOON


def test_the_same_launch_gives_the_same_process() -> None:
    made = template(step("a"), step("b"), kickoff=(field("name"),))
    assert start(made, kickoff={"name": "x"}) == start(made, kickoff={"name": "x"})


def test_kickoff_values() -> None:
    fields = (
        field("name", required=True),
        field("day", "date", default_value="today+1", default_value_enabled=True),
        field("boxes", "multiselect", required=True, options=({"id": 1, "text": "A"},)),
    )
    made = template(step("a"), kickoff=fields)
    surroundings = context(made, now=at("2027-03-01 23:30"), timezone="Europe/Berlin")
    unselected = [{"id": 1, "text": "A"}]
    given = {"name": "Ada", "boxes": unselected, "unknown": 1, "name-alias": 2}
    assert started(made, surroundings, kickoff=given).kickoff == {
        "name": "Ada",
        "boxes": unselected,
        "day": "2027-03-03",
    }


def test_required_kickoff_fields() -> None:
    fields = (field("name", required=True), field("team", required=True), field("age", field_validation=("numeric",)))
    made = template(step("a"), kickoff=fields)
    assert errors(made, kickoff={"team": "  "}) == {
        "prerun.name": ["Name is required"],
        "prerun.team": ["Team is required"],
    }
    found = errors(made, kickoff={"name": {}, "team": ["x"], "age": "old"})
    assert set(found) == {"prerun.name", "prerun.team", "prerun.age"}
    # what was sent is wrong, not missing
    assert found["prerun.team"] != ["Team is required"]


def test_a_default_fills_a_required_field() -> None:
    made = template(kickoff=(field("name", required=True, default_value="Ada", default_value_enabled=True),))
    assert started(made).kickoff == {"name": "Ada"}


def test_people_who_cannot_be() -> None:
    made = template(step("a", roles=("r",)))
    surroundings = context(made, directory=Directory(inactive=(3,)))
    command: dict[str, Any] = {
        "starter_id": 99,
        "owner_id": 3,
        "roles": {"r": users(3)},
        "tasks": {"a-alias": TaskOverride(owners=Owners(users=(3, 4), groups=(G,)))},
    }
    assert set(errors(made, surroundings, **command)) == {"user_id", "owner_id", "roles.r", "tasks.a-alias.owners"}


def test_owner_and_starter_from_the_body() -> None:
    process = started(template(step("a")), doer=ANN, starter_id=3, owner_id=4)
    assert (process.owner_id, process.started_by, process.tasks[0].owners) == (4, 3, users(3))
    assert process.collaborators == (3, 4)
    assert process.tasks[0].starter_id == 3


def test_overrides_by_id_or_alias_and_unknown_ones_dropped() -> None:
    made = template(step("a", owners=users(2), fields=(field("f"),)), step("b"), step("c"))
    tasks = {
        "a": TaskOverride(owners=users(5), values={"f": "x", "g": "y"}, max_assignable=1),
        "b-alias": TaskOverride(deadline=NOON + 9 * DAY_MS),
        "zzz": TaskOverride(position=1),
    }
    process = started(made, tasks=tasks)
    first = task_of(process, "a")
    assert (first.owners, first.values, first.max_assignable, first.status) == (users(5), {"f": "x"}, 1, "not-started")
    second = task_of(process, "b")
    assert (second.deadline, second.deadline_pinned, second.owners) == (NOON + 9 * DAY_MS, True, users(2))
    assert [task.step_id for task in process.tasks] == ["a", "b", "c"]


def test_values_of_tasks_are_checked() -> None:
    made = template(
        step("a", fields=(field("f", field_validation=("numeric",)), field("r", settings={"read_only": True})))
    )
    tasks = {"a-alias": TaskOverride(values={"f": "x", "r": "mine"})}
    found = errors(made, tasks=tasks)
    assert set(found) == {"tasks.a-alias.taskdata.f", "tasks.a-alias.taskdata.r"}
    assert found["tasks.a-alias.taskdata.r"] == ["R is read-only"]
    by_program = msgspec.structs.replace(ANN, by_api=True)
    tasks = {"a": TaskOverride(values={"r": "mine"})}
    assert started(made, doer=by_program, tasks=tasks).tasks[0].values == {"r": "mine"}


@pytest.mark.parametrize(
    ("positions", "order"),
    [
        ({"c": 1}, "cabd"),
        ({"a": 3}, "bcad"),
        ({"a": 99, "d": -5}, "dbca"),
        ({"a": 2, "b": 1}, "bacd"),
        ({"d": 2, "a": 2}, "bdac"),
    ],
)
def test_positions(positions: dict[str, int], order: str) -> None:
    made = template(*[step(name) for name in "abcd"])
    process = started(made, tasks={name: TaskOverride(position=place) for name, place in positions.items()})
    assert "".join(task.step_id or "" for task in process.tasks) == order
    assert [task.position for task in process.tasks] == [1, 2, 3, 4]


def test_max_assignable_counts_people_behind_groups() -> None:
    directory = Directory(Group(id=G, members=(2, 3), guests=("g@x",)))
    made = template(step("a", owners=Owners(users=(1, 2), groups=(G,)), max_assignable=3))
    assert set(errors(made, context(made, directory=directory))) == {"tasks.a.owners"}
    for maximum in (0, 4):
        tasks = {"a-alias": TaskOverride(max_assignable=maximum)}
        assert started(made, context(made, directory=directory), tasks=tasks).tasks[0].max_assignable == maximum


def test_the_member_beside_a_guest_is_not_counted() -> None:
    task = started(template(step("a", owners=Owners(guests=("c@x",)), max_assignable=1))).tasks[0]
    assert (task.owners, task.watch_only) == (Owners(users=(2,), guests=("c@x",)), 2)


def test_job_titles() -> None:
    made = template(step("a", roles=("lead",)), step("b", roles=("lead",), owners=users(4)), step("c"))
    process = started(made, roles={"lead": users(5), "other": users(6)})
    assert [task.owners.users for task in process.tasks] == [(5,), (4, 5), (2,)]
    unfilled = started(made)
    assert [task.owners.users for task in unfilled.tasks] == [(2,), (4,), (2,)]


def test_the_start_is_an_offset_from_the_launch() -> None:
    made = template(
        step("a"),
        step("b", start_date=StepStart(value=2, unit="weeks")),
        step("c", start_date=StepStart(value=0)),
        step("d", start_date=StepStart(value=2, unit="moons")),
    )
    tasks = started(made).tasks
    assert [task.started_at - NOON for task in tasks] == [0, 14 * DAY_MS, 0, 0]
    assert [task.started_explicitly for task in tasks] == [False, True, False, False]


def test_launch_deadlines_move_into_working_time() -> None:
    week = dict.fromkeys(("Monday", "Tuesday"), True)
    made = template(step("a"))
    tasks = {"a": TaskOverride(deadline=at("2027-03-06 10:00"))}
    task = started(made, context(made, working_days=week), tasks=tasks).tasks[0]
    assert task.deadline == task.deadline_base == at("2027-03-08 00:00")


def test_names_made_elsewhere_are_taken_as_they_are() -> None:
    made = template(auto_naming=True, default_process_name_format="{{DATE}}", allow_launcher_change_name=False)
    assert started(made, name="mine").name == "03/01/2027"
    assert started(made, fixed_name="theirs").name == "theirs"


WHO = field("who", "assignees_form", settings={"default_to_guest": True})
READING = Rule(
    id="1",
    alias="r",
    conditions=(Condition(id="1", conditionable_id="a", conditionable_type="Step", operation="completed"),),
    actions=(
        Action(
            id="1",
            action_type="assignment",
            action_verb="assign",
            target_step_id="b",
            actionable_id="who",
            actionable_type="Prerun",
        ),
        Action(
            id="2",
            action_type="deadline",
            action_verb="deadline",
            target_step_id="b",
            deadline=RuleDeadline(value=1, unit="days", option="from"),
        ),
    ),
)


def test_a_public_launch_gives_the_guest_the_first_free_task() -> None:
    steps = (step("a", owners=users(4)), step("h", hide_by_default=True), step("b"), step("c"))
    made = template(*steps, kickoff=(WHO,))
    process = started(made, submitter="g@x")
    assert process.kickoff == {"who": {"users": [], "guests": ["g@x"], "groups": []}}
    assert process.kickoff_submitted_by is None
    assert [task.owners.guests for task in process.tasks] == [(), (), ("g@x",), ()]
    assert task_of(process, "b").owners.users == (2,)


def test_a_public_launch_leaves_it_to_the_rule_that_reads_the_field() -> None:
    made = template(step("a"), step("b"), kickoff=(WHO,), rules=(READING,))
    assert [task.owners for task in started(made, submitter="g@x").tasks] == [users(2), users(2)]
    without_field = template(step("a"))
    assert started(without_field, submitter="g@x").tasks[0].owners == users(2)


def test_a_public_launch_passes_over_steps_that_take_no_guests() -> None:
    made = template(step("a", allow_guest_owners=False), step("b"), kickoff=(WHO,))
    assert [task.owners.guests for task in started(made, submitter="g@x").tasks] == [(), ("g@x",)]


def test_the_guest_alone_gets_the_launcher_to_watch() -> None:
    made = template(step("a", assign_run_starter=False), kickoff=(WHO,))
    task = started(made, submitter="g@x").tasks[0]
    assert (task.owners, task.watch_only) == (Owners(users=(2,), guests=("g@x",)), 2)


def test_nobody_assigned() -> None:
    assert started(template(step("a", assign_run_starter=False))).tasks[0].owners == NOBODY


def test_words_of_old_definitions_nobody_knows() -> None:
    made = template(step("a", deadline=StepDeadline(value=2, unit="moons")))
    assert started(made).tasks[0].deadline == NOON + 5 * DAY_MS


def test_a_template_without_steps_makes_a_complete_process() -> None:
    """Nothing is left to do once the kick-off form is in (decision 4)."""
    outcome = start(template())
    assert (outcome.process.status, outcome.process.completed_at) == ("complete", NOON)
    assert kinds(outcome) == ["process.launched", "process.completed"]
