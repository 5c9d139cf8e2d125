"""Running a template without leaving a trace: given answers, given actions and a virtual clock.

It drives the same commands as real life does; between two actions the clock fires what it would fire: tasks expire,
and rules learn that tasks are overdue. What a command refuses is told and the run goes on. Pure, so that a saved run
gives the same today and in a year.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from handrail.engine.assignment import Directory
from handrail.engine.complete import EXPIRING_TYPES, Complete, complete
from handrail.engine.context import Context, Ids, Target
from handrail.engine.definition import Owners, Template
from handrail.engine.edit_task import EditTask, edit_task
from handrail.engine.events import Event, Outcome
from handrail.engine.expire import expire
from handrail.engine.launch import Launch, Numbers, launch, titles_filled
from handrail.engine.launch_next import combined, launching
from handrail.engine.permit import Doer
from handrail.engine.reopen import Reopen, reopen
from handrail.engine.rules.compile import compile_rules
from handrail.engine.rules.lateness import watched
from handrail.engine.signing import needs_everyone, required_people
from handrail.engine.state import Organization, Process, Task
from handrail.engine.tick import tick
from handrail.engine.values import People
from handrail.kernel.errors import Denied, Impossible, Invalid

# so many timers may fire, and so many tasks may be completed by themselves, in one run
MOST_TIMERS = 1000
MOST_COMPLETIONS = 1000

Kind = Literal["complete", "answer", "reopen", "wait"]
What = Literal["launched", "completed", "signed", "answered", "reopened", "waited", "expired", "overdue", "refused"]


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody does at a moment. `doer` None: whoever has to do it, with every right."""

    kind: Kind
    at: int
    step: str | None = None
    is_approved: bool | None = None
    values: Mapping[str, Any] = {}
    doer: Doer | None = None


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What a run needs to know of the organization, read before. `targets` are the templates that tasks launch,
    `titles` the people who stand in job titles."""

    organization: Organization
    directory: Directory
    people: People
    template: Template
    ids: Ids
    targets: Mapping[str, Target] = {}
    titles: Mapping[str, Owners] = {}


class Happening(msgspec.Struct, frozen=True):
    """One moment of the run: what was done, or refused and why, and all that followed.

    `errors` are by field, in the ids of the template.
    """

    at: int
    what: What
    step: str | None = None
    events: tuple[Event, ...] = ()
    reason: str | None = None
    errors: Mapping[str, Sequence[str]] = {}


class Simulation(msgspec.Struct, frozen=True):
    """A whole run: how the process ended, and how it came to that. `template` has the steps that came in, too."""

    process: Process
    template: Template
    happenings: tuple[Happening, ...]
    ended: int
    # by step id, whom each job title brought
    titles: Mapping[str, Mapping[str, Owners]] = {}

    def fired(self) -> dict[str, list[int]]:
        """The moments at which each rule did something, by rule id."""
        found: dict[str, list[int]] = {}
        for happening in self.happenings:
            for event in happening.events:
                if event.kind == "rule.applied":
                    found.setdefault(event.data["rule"], []).append(happening.at)
        return found


def simulate(
    world: World,
    command: Launch,
    started: int,
    acts: Sequence[Act],
    *,
    answers: Mapping[str, Any] | None = None,
    complete_rest: bool = False,
    until: int | None = None,
) -> Simulation:
    """Launch, act, and let time pass. `acts` come in the order of their moments.

    `answers` by field id are given whenever a task with such fields is completed. `complete_rest` completes what is
    left open after the last act, in the order of the tasks. Raises Invalid as a launch does.
    """
    run = _Run(world, answers or {})
    run.launch(command, started)
    for act in acts:
        run.advance(act.at)
        run.act(act)
    if complete_rest:
        run.complete_rest()
    if until is not None:
        run.advance(until)
    template = run.context.template or world.template
    titles = {
        **titles_filled(template.definition.steps, None, run.context),
        **titles_filled(world.template.definition.steps, command, run.context),
    }
    return Simulation(run.process, template, tuple(run.happenings), run.now, titles)


class _Run:
    def __init__(self, world: World, answers: Mapping[str, Any]) -> None:
        self.world = world
        self.answers = answers
        self.happenings: list[Happening] = []
        self.now = 0
        self.context = self._context(world.template)
        self.process: Process
        self.starter: Doer
        self._fired: set[tuple[str, str, int | None]] = set()

    def launch(self, command: Launch, started: int) -> None:
        self.now = started
        context = replace(self.context, now=started)
        numbers = Numbers(process=1, first_task=1)
        outcome = launch(self.world.template, context, command, self.world.ids, numbers)
        self.process = outcome.process
        self.starter = Doer(user_id=command.starter_id, role="admin", by_api=True)
        self.happenings.append(Happening(started, "launched", None, outcome.events))

    # what people do

    def act(self, act: Act) -> None:
        if act.kind == "wait":
            self.happenings.append(Happening(self.now, "waited"))
            return
        task = next((task for task in self.process.tasks if task.step_id == act.step), None)
        if task is None:
            self._refuse(act.step, "There is no task of this step in the process.")
        elif act.kind == "complete":
            self._complete(task, act)
        elif act.kind == "reopen":
            command = Reopen(task_id=task.id, doer=act.doer or self.starter)
            self._command("reopened", task, lambda context: reopen(context, self.process, command))
        else:
            edit = EditTask(task_id=task.id, doer=act.doer or self.starter, values=act.values)
            self._command("answered", task, lambda context: edit_task(context, self.process, edit))

    def complete_rest(self) -> None:
        stuck: set[str] = set()
        for _ in range(MOST_COMPLETIONS):
            task = next((task for task in self.process.tasks if task.is_open and task.id not in stuck), None)
            if task is None:
                return
            approved = True if task.task_type == "approval" else None
            before = self.process
            self._complete(task, Act(kind="complete", at=self.now, step=task.step_id, is_approved=approved))
            after = self.process.task(task.id)
            if before is self.process or (after is not None and after.is_open):
                stuck.add(task.id)

    def _complete(self, task: Task, act: Act) -> None:
        fields = {field.id for field in self.context.fields_of(task)}
        values = {key: value for key, value in self.answers.items() if key in fields} | dict(act.values)
        for doer in (act.doer,) if act.doer else self._signers(task):
            command = Complete(
                task_id=task.id, doer=doer, is_approved=act.is_approved, values=values or None, strict=True
            )
            done = self._command("completed", task, self._completing(command))
            after = self.process.task(task.id)
            if not done or after is None or after.is_done:
                return

    def _completing(self, command: Complete) -> Callable[[Context], Outcome]:
        return lambda context: complete(context, self.process, command)

    def _signers(self, task: Task) -> list[Doer]:
        """Whoever has to sign, one after the other; else the launcher, who may do everything."""
        if not needs_everyone(task):
            return [self.starter]
        missing = sorted(required_people(task, self.context.directory).difference(task.signatures))
        signers = [
            Doer(user_id=int(person), role="standard")
            if person.isdigit()
            else Doer(kind="guest", guest=person, role="light")
            for person in missing
        ]
        return signers or [self.starter]

    def _command(self, what: What, task: Task, run: Callable[[Context], Outcome]) -> bool:
        """Carry a command out; whether it was. Refusals are told."""
        try:
            outcome = self._followed(run)
        except Invalid as invalid:
            self._refuse(task.step_id, invalid.message, invalid.errors)
            return False
        except (Impossible, Denied) as problem:
            self._refuse(task.step_id, problem.message)
            return False
        self.process = outcome.process
        if what == "completed" and (after := outcome.process.task(task.id)) is not None and not after.is_done:
            what = "signed"
        self.happenings.append(Happening(self.now, what, task.step_id, outcome.events))
        return True

    def _refuse(self, step: str | None, reason: str, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        self.happenings.append(Happening(self.now, "refused", step, (), reason, errors or {}))

    # what tasks launch

    def _followed(self, run: Callable[[Context], Outcome]) -> Outcome:
        """The command, run again with the templates that it turns out to launch."""
        context = replace(self.context, now=self.now)
        outcome = run(context)
        wanted: list[str] = []
        while outcome.wanted:
            wanted += outcome.wanted
            context = replace(self._around(wanted), now=self.now)
            outcome = run(context)
        if wanted:
            self.context = self._context(self.world.template, [template for template, _ in outcome.process.injected])
        return outcome

    def _around(self, wanted: Sequence[str]) -> Context:
        """The surroundings with these templates at hand, those whose steps come in as part of the process's own."""
        known = [template for template, _ in self.process.injected]
        steps = [step for one in self._templates([*known, *wanted]) for step in one.definition.steps]
        within = {step.next_launch.id for step in steps if step.next_launch and step.next_launch.tasks_within_process}
        coming = [one for one in wanted if one in within and one != self.world.template.id and one not in known]
        missing = Target(reason="That template cannot be launched.")
        targets = {one: self.world.targets.get(one, missing) for one in wanted}
        return replace(self._context(self.world.template, [*known, *coming]), targets=targets, ids=self.world.ids)

    def _templates(self, ids: Sequence[str]) -> list[Template]:
        found = [self.world.template]
        for one in ids:
            target = self.world.targets.get(one)
            if target is not None and target.template is not None:
                found.append(target.template)
        return found

    def _context(self, template: Template, others: Sequence[str] = ()) -> Context:
        if others:
            template = combined(template, self._templates(others)[1:])
        return Context(
            organization=self.world.organization,
            directory=self.world.directory,
            people=self.world.people,
            now=self.now,
            template=template,
            rules=compile_rules(template.definition),
            launching=launching(template.definition),
            titles=self.world.titles,
        )

    # what the clock does

    def advance(self, moment: int) -> None:
        """Let time pass, and fire on the way what it fires, in order."""
        while (due := self._next_timer()) is not None and due[0] <= moment and len(self._fired) < MOST_TIMERS:
            self.now = max(self.now, due[0])
            self._fire(due[1], due[2])
        self.now = max(self.now, moment)

    def _next_timer(self) -> tuple[int, What, Task] | None:
        process, rules = self.process, self.context.rules
        if process.archived_at is not None or process.open_issues:
            return None
        running = [task for task in process.tasks if task.is_open and not task.deadline_held]
        late = {task.id for _, task in watched(process, rules)} if rules is not None else set[str]()
        found: list[tuple[int, What, Task]] = []
        for task in running:
            if task.deadline is None:
                continue
            if task.task_type in EXPIRING_TYPES:
                found.append((task.deadline, "expired", task))
            if task.id in late:
                # a task is overdue when its deadline has passed, not at it
                found.append((task.deadline + 1, "overdue", task))
        due = [one for one in found if (one[1], one[2].id, one[2].deadline) not in self._fired]
        return min(due, key=lambda one: (one[0], one[1], one[2].position), default=None)

    def _fire(self, what: What, task: Task) -> None:
        self._fired.add((what, task.id, task.deadline))
        if what == "expired":
            outcome = self._followed(lambda context: expire(context, self.process, task.id))
        else:
            outcome = self._followed(lambda context: tick(context, self.process))
        if outcome.process is not self.process:
            self.process = outcome.process
            self.happenings.append(Happening(self.now, what, task.step_id, outcome.events))
