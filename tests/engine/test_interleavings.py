"""Any order of commands keeps a process whole: a state machine over everything that people can do to one.

Half of it under random rules: they never run for ever, explain all they do, and leave completed tasks alone.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from handrail.engine.assignment import Group
from handrail.engine.complete import Complete, complete
from handrail.engine.context import Context
from handrail.engine.definition import Owners, Rule, StepDeadline, Template
from handrail.engine.edit_task import EditTask, OwnersEdit, edit_task
from handrail.engine.events import Outcome
from handrail.engine.expire import expire
from handrail.engine.issues import raise_process_issue, raise_task_issue, resolve_process_issue, resolve_task_issue
from handrail.engine.kickoff import complete_kickoff, reopen_kickoff, save_kickoff
from handrail.engine.launch import Launch, Numbers, TaskOverride, launch
from handrail.engine.lifecycle import activate_process, archive_process
from handrail.engine.oneoff import (
    NewTask,
    add_separate_tasks,
    add_task,
    archive_in_process,
    clone_in_process,
    delete_in_process,
    restore_in_process,
)
from handrail.engine.permit import Doer
from handrail.engine.progress import totals
from handrail.engine.reopen import Reopen, reopen
from handrail.engine.state import Process, RuleState, Task
from handrail.engine.status import process_status
from handrail.engine.tick import tick
from handrail.engine.visibility import SetVisibility, set_visibility
from handrail.kernel.errors import Denied, Impossible, Invalid
from tests.engine.builders import (
    ADMIN,
    ANN,
    BEN,
    DAY_MS,
    GUEST,
    HOUR,
    LIGHT,
    NOON,
    Counter,
    Directory,
    context,
    field,
    step,
    template,
    users,
)
from tests.engine.rules.strategies import rules_of

G = "a" * 32
MAIL = "g@x.example"
GROUP = Group(id=G, members=(2, 3), guests=(MAIL,))
IN_GROUP = [msgspec.structs.replace(doer, groups=(G,)) for doer in (ANN, BEN, GUEST)]

MADE = template(
    step("plain", fields=(field("f"), field("needed", required=True), field("day", "date"))),
    step("approval", step_type="approval", owners=users(2), can_complete_only_assignees=True),
    step("after", deadline=StepDeadline(value=2, unit="days", step="plain"), hide_by_default=True),
    step("everyone", owners=Owners(users=(1,), groups=(G,)), everyone_must_complete=True),
    step("before", deadline=StepDeadline(value=1, unit="days", step="after", option="prior_to"), top_secret=True),
    step("clock", step_type="expiring", owners=Owners(guests=(MAIL,)), max_assignable=3),
    step("chained", deadline=StepDeadline(value=3, unit="hours", step="after")),
    kickoff=(field("name", required=True), field("note"), field("who", "assignees_form")),
)

doers = st.sampled_from([ADMIN, LIGHT, *IN_GROUP])
values = st.dictionaries(
    st.sampled_from(["f", "needed", "unknown", "day"]),
    st.sampled_from(["", "x", "y", None, ["wrong"], "2027-04-01"]),
    max_size=3,
)
new_owners = st.builds(
    OwnersEdit,
    users=st.none() | st.lists(st.integers(1, 6), max_size=3).map(tuple),
    guests=st.none() | st.lists(st.sampled_from([MAIL, "h@x"]), max_size=2).map(tuple),
    groups=st.none() | st.sampled_from([(), (G,)]),
)
picks = st.integers(0, 11)
new_overrides = st.none() | st.builds(Owners, users=st.lists(st.integers(1, 6), max_size=2).map(tuple))
positions = st.none() | st.integers(-1, 9)
KICKOFF: list[dict[str, Any]] = [
    {"name": "Eve"},
    {"name": ""},
    {"note": "x"},
    {"note": ""},
    {"who": {"users": [4], "guests": [MAIL]}},
    {"who": {}},
]

Command = Callable[[Context, Process, Counter], Outcome]


class Interleavings(RuleBasedStateMachine):
    """Applies commands to one process, refused ones included, and remembers them for a replay."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Directory(GROUP)
        self.now = NOON
        self.ids = Counter()
        self.history: list[tuple[int, Command]] = []
        self.launched: Callable[[Counter], Process] | None = None
        self.process: Process | None = None
        self.template = MADE

    @property
    def state(self) -> Process:
        assert self.process is not None
        return self.process

    def surroundings(self, now: int) -> Context:
        return context(self.template, now=now, directory=self.directory, working_days={"Monday": True, "Tuesday": True})

    def pick(self, index: int) -> Task:
        return self.state.tasks[index % len(self.state.tasks)]

    def do(self, command: Command) -> Outcome | None:
        """Apply a command and hold what is true of every single one."""
        before = self.state
        photograph = msgspec.json.encode(before)
        used = self.ids.last
        try:
            outcome = command(self.surroundings(self.now), before, self.ids)
        except (Impossible, Denied, Invalid):
            assert msgspec.json.encode(before) == photograph
            self.ids.last = used
            return None
        self.history.append((self.now, command))
        assert msgspec.json.encode(before) == photograph, "the input was changed"
        check_outcome(before, outcome)
        if self.template.definition.rules:
            without = msgspec.structs.replace(self.surroundings(self.now), rules=None)
            check_rules(self.template, before, command(without, before, Counter(used)), outcome)
        self.process = outcome.process
        self.now += HOUR
        return outcome

    @initialize(owners=new_overrides, position=positions)
    def launch(self, owners: Owners | None, position: int | None) -> None:
        self.begin(owners, position, (), reverses=False)

    def begin(self, owners: Owners | None, position: int | None, rules: tuple[Rule, ...], *, reverses: bool) -> None:
        definition = msgspec.structs.replace(MADE.definition, rules=rules)
        self.template = msgspec.structs.replace(MADE, definition=definition, reverse_rules_on_reopen=reverses)
        overrides = {"approval": TaskOverride(owners=owners, position=position)}
        command = Launch(doer=ANN, starter_id=2, kickoff={"name": "Ada"}, tasks=overrides)
        surroundings = self.surroundings(self.now)

        def launched(ids: Counter) -> Process:
            return launch(self.template, surroundings, command, ids, Numbers(1, 1)).process

        self.launched = launched
        self.process = launched(self.ids)

    @rule(index=picks, doer=doers, approved=st.none() | st.booleans(), given=st.none() | values)
    def complete(self, index: int, doer: Doer, approved: bool | None, given: dict[str, Any] | None) -> None:
        task_id, was_done = self.pick(index).id, self.pick(index).is_done
        before = self.state
        command = Complete(task_id=task_id, doer=doer, is_approved=approved, values=given)
        outcome = self.do(lambda surroundings, process, _: complete(surroundings, process, command))
        if was_done:
            assert outcome is not None
            assert outcome.process is before
            assert outcome.events == ()

    @rule(index=picks)
    def fill_in_and_complete(self, index: int) -> None:
        command = Complete(task_id=self.pick(index).id, doer=ADMIN, is_approved=True, values={"needed": "x"})
        self.do(lambda surroundings, process, _: complete(surroundings, process, command))

    @rule()
    def finish(self) -> None:
        stranger = Doer(user_id=9, role="admin")
        for task in self.state.tasks:
            if task.is_open:
                command = Complete(task_id=task.id, doer=stranger, is_approved=True, values={"needed": "x"})
                self.do(lambda surroundings, process, _, command=command: complete(surroundings, process, command))

    @rule(index=picks, doer=doers)
    def reopen(self, index: int, doer: Doer) -> None:
        command = Reopen(task_id=self.pick(index).id, doer=doer)
        self.do(lambda surroundings, process, _: reopen(surroundings, process, command))

    @rule(index=picks, doer=doers, given=values)
    def save_values(self, index: int, doer: Doer, given: dict[str, Any]) -> None:
        command = EditTask(task_id=self.pick(index).id, doer=doer, values=given)
        self.do(lambda surroundings, process, _: edit_task(surroundings, process, command))

    @rule(index=picks, doer=doers, owners=new_owners)
    def edit_owners(self, index: int, doer: Doer, owners: OwnersEdit) -> None:
        command = EditTask(task_id=self.pick(index).id, doer=doer, owners=owners)
        self.do(lambda surroundings, process, _: edit_task(surroundings, process, command))

    @rule(
        index=picks, day=st.integers(-3, 30), position=st.integers(-1, 12), word=st.sampled_from(["in-progress", "x"])
    )
    def edit(self, index: int, day: int, position: int, word: str) -> None:
        deadline = NOON + day * DAY_MS
        command = EditTask(task_id=self.pick(index).id, doer=ADMIN, deadline=deadline, position=position, status=word)
        self.do(lambda surroundings, process, _: edit_task(surroundings, process, command))

    @rule(index=picks, visible=st.booleans())
    def toggle(self, index: int, visible: bool) -> None:
        command = SetVisibility(task_id=self.pick(index).id, visible=visible, doer=ADMIN)
        self.do(lambda surroundings, process, _: set_visibility(surroundings, process, command))

    @rule(index=picks, days=st.integers(0, 9))
    def let_time_pass(self, index: int, days: int) -> None:
        self.now += days * DAY_MS
        task_id = self.pick(index).id
        self.do(lambda surroundings, process, _: expire(surroundings, process, task_id, bot_id=77))

    @rule(days=st.integers(0, 9))
    def look_at_the_clock(self, days: int) -> None:
        self.now += days * DAY_MS
        self.do(lambda surroundings, process, _: tick(surroundings, process))

    @rule(archive=st.booleans())
    def archive(self, archive: bool) -> None:
        self.do(
            lambda surroundings, process, _: (archive_process if archive else activate_process)(surroundings, process)
        )

    @rule(index=st.integers(0, 3), doer=doers, given=st.sampled_from(KICKOFF))
    def kickoff(self, index: int, doer: Doer, given: dict[str, Any]) -> None:
        commands: list[Command] = [
            lambda surroundings, process, _: complete_kickoff(surroundings, process, doer),
            lambda surroundings, process, _: reopen_kickoff(surroundings, process),
            lambda surroundings, process, _: save_kickoff(surroundings, process, given, doer),
            lambda surroundings, process, _: save_kickoff(surroundings, process, {"name": "Ada"}, doer),
        ]
        self.do(commands[index])

    @precondition(lambda self: len(self.state.tasks) < 12)
    @rule(owners=st.sampled_from([users(3), Owners(guests=(MAIL,)), Owners(groups=(G,))]), each=st.booleans())
    def add_oneoff(self, owners: Owners, each: bool) -> None:
        command = NewTask(doer=ANN, title="Extra", owners=owners, deadline=self.now + DAY_MS, position=2)
        add = add_separate_tasks if each else add_task
        self.do(lambda surroundings, process, ids: add(surroundings, process, command, ids, 500))

    @rule(index=picks, kind=st.integers(0, 3))
    def manage_oneoff(self, index: int, kind: int) -> None:
        task_id = self.pick(index).id
        commands: list[Command] = [
            lambda surroundings, process, _: archive_in_process(surroundings, process, task_id),
            lambda surroundings, process, _: restore_in_process(surroundings, process, task_id),
            lambda surroundings, process, _: delete_in_process(surroundings, process, task_id),
            lambda surroundings, process, ids: clone_in_process(surroundings, process, task_id, ANN, ids, 600),
        ]
        self.do(commands[kind])

    @rule(index=picks, kind=st.integers(0, 3))
    def issue(self, index: int, kind: int) -> None:
        task_id = self.pick(index).id
        commands: list[Command] = [
            lambda surroundings, process, _: raise_task_issue(surroundings, process, task_id),
            lambda surroundings, process, _: resolve_task_issue(surroundings, process, task_id),
            lambda surroundings, process, _: raise_process_issue(surroundings, process),
            lambda surroundings, process, _: resolve_process_issue(surroundings, process),
        ]
        self.do(commands[kind])

    @invariant()
    def the_process_is_whole(self) -> None:
        if self.process is not None:
            check_process(self.process)
            for task in self.process.tasks:
                check_deadline(task, self.process)

    def teardown(self) -> None:
        """The same commands on the same state give the same process."""
        if self.launched is None:
            return
        ids = Counter()
        process = self.launched(ids)
        for now, command in self.history:
            process = command(self.surroundings(now), process, ids).process
        assert process == self.process


class UnderRules(Interleavings):
    """The same in a process of a template with rules."""

    @initialize(owners=new_overrides, position=positions, rules=rules_of(MADE.definition, (G,)), reverses=st.booleans())
    def launch(
        self, owners: Owners | None, position: int | None, rules: tuple[Rule, ...] = (), reverses: bool = False
    ) -> None:
        self.begin(owners, position, rules, reverses=reverses)


def check_outcome(before: Process, outcome: Outcome) -> None:
    """`changed` names exactly the tasks that differ, completed ones differ by reopening only."""
    old = {task.id: task for task in before.tasks}
    after = outcome.process
    assert set(outcome.changed) == {task.id for task in after.tasks if old.get(task.id) != task}
    events = [(event.kind, event.task_id) for event in outcome.events]
    for task in after.tasks:
        was = old.get(task.id)
        if was is None:
            assert ("task.created", task.id) in events
        elif was.is_done and not task.is_done:
            assert ("task.reopened", task.id) in events
        elif was.is_done:
            same = {"position": was.position, "archived_at": was.archived_at, "open_problems": was.open_problems}
            assert msgspec.structs.replace(task, updated_at=was.updated_at, **same) == was
        if was is not None and task.is_done != was.is_done:
            assert (("task.completed" if task.is_done else "task.reopened"), task.id) in events
    gone = {task_id for task_id in old if after.task(task_id) is None}
    assert gone == {event.task_id for event in outcome.events if event.kind == "task.deleted"}
    completed = events.count(("process.completed", None)) - events.count(("process.reopened", None))
    assert completed == (after.completed_at is not None) - (before.completed_at is not None)
    if after is not before:
        assert after.updated_at >= before.updated_at


def check_rules(template: Template, before: Process, without: Outcome, outcome: Outcome) -> None:
    """What rules did is told, was allowed, and is all that differs from the same command without them."""
    after = outcome.process
    rules = {one.id: one for one in template.definition.rules}
    done = [event for event in outcome.events if event.kind == "rule.applied"]
    # each action of a rule acts at most once, so that nothing goes on for ever
    acted = [(event.data["rule"], event.data["verb"], event.task_id) for event in done]
    assert len(set(acted)) == len(acted)
    for rule_id, verb, task_id in acted:
        task = after.task(task_id or "")
        assert task is not None
        assert (verb, task.step_id) in {(a.action_verb, a.target_step_id) for a in rules[rule_id].actions}
        assert not (verb == "show" and task.visibility_lock == "hidden")
        assert not (verb == "hide" and task.visibility_lock == "shown")
    reversed_ = [event.task_id for event in outcome.events if event.kind == "rule.reversed"]
    assert not reversed_ or template.reverse_rules_on_reopen
    touched = {task_id for _, verb, task_id in acted if verb != "emit_webhook"} | set(reversed_)
    assert set(outcome.changed_by_rules) <= touched
    positions = [task.id for task in after.tasks]
    assert list(outcome.changed_by_rules) == sorted(outcome.changed_by_rules, key=positions.index)
    for plain in without.process.tasks:
        task = after.task(plain.id)
        assert task is not None
        if plain.id not in touched:
            # a deadline may hang on one that a rule moved
            assert without_dates(task) == without_dates(plain)
        elif plain.is_done:
            assert not task.is_done or without_dates(task) == without_dates(plain)
    state = after.rule_state
    assert msgspec.json.decode(msgspec.json.encode(state), type=RuleState) == state
    assert set(before.rule_state.overdue) <= set(state.overdue)
    assert state.effects == () or template.reverse_rules_on_reopen
    held = {task.step_id for task in after.tasks if task.deadline_held}
    assert set(state.shifts) <= held


def without_dates(task: Task) -> Task:
    return msgspec.structs.replace(
        task, deadline=None, deadline_base=None, deadline_held=False, deadline_pinned=False, updated_at=0
    )


def check_process(process: Process) -> None:
    """What is kept with a process is what its tasks say."""
    counted = totals(process.tasks)
    live = [task for task in process.tasks if task.archived_at is None]
    assert [task.position for task in process.tasks] == list(range(1, len(process.tasks) + 1))
    assert process.tasks[: len(live)] == tuple(live)
    assert len({task.id for task in process.tasks}) == len(process.tasks)
    assert process.tasks_total == sum(not task.is_hidden for task in live)
    assert process.tasks_complete == process.whole_complete == sum(task.is_done for task in live)
    assert process.whole_total == len(live)
    assert process.status == process_status(process, counted)
    assert process.due_at == max((task.deadline or 0 for task in live if not task.is_hidden), default=None)
    assert set(process.collaborators) == counted.members | {process.owner_id}
    if process.status in ("complete", "active"):
        assert (process.completed_at is not None) == (process.status == "complete")
    for task in process.tasks:
        check_task(task, process)


def check_task(task: Task, process: Process) -> None:
    """What must hold of any task at any time."""
    assert (task.completed_at is not None) == task.is_done
    assert task.is_done or (task.completer_id, task.completer_guest, task.is_approved) == (None, None, None)
    assert task.process_id == process.id
    assert task.status_before_hiding is None or task.is_hidden
    assert not task.deadline_held or not task.deadline_pinned
    if task.owners.guests and not task.owners.groups:
        assert task.owners.users, "a guest without a member"
    assert task.watch_only is None or task.watch_only in task.owners.users
    if task.task_type == "approval" and task.is_done:
        assert task.is_approved is not None


def check_deadline(task: Task, process: Process) -> None:
    """Held is what hangs on a step that is still to be completed, unless somebody or a rule has set its date."""
    anchors = {"after": "plain", "chained": "after"}
    assert not task.deadline_held or task.step_id in anchors
    if task.step_id in anchors and not task.deadline_pinned and not task.is_done:
        anchor = next(other for other in process.tasks if other.step_id == anchors[task.step_id or ""])
        if anchor.is_done:
            assert not task.deadline_held
        elif anchor.is_open:
            assert task.deadline_held


Interleavings.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestInterleavings = Interleavings.TestCase
UnderRules.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestUnderRules = UnderRules.TestCase
