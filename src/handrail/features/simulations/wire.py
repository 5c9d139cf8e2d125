"""The public JSON of simulated runs (wire 2.32)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Reference = Annotated[str, Meta(max_length=600, description="A step, by id, alias or title.")]
Answers = Annotated[dict[str, Any], Meta(description="Answers by the field's id, alias or label.")]
Moment = Annotated[str, Meta(description="ISO 8601 or `YYYY-MM-DD HH:MM:SS` (UTC).")]


class Pause(msgspec.Struct, kw_only=True):
    """A span of time on the virtual clock."""

    value: Annotated[int, Meta(ge=0, le=10_000)]
    unit: Literal["minutes", "hours", "days", "weeks"]


class SimulatedAction(msgspec.Struct, kw_only=True):
    """What somebody does in the run."""

    do: Annotated[
        Literal["complete", "approve", "reject", "answer", "reopen", "wait"],
        Meta(description="`wait` only lets time pass."),
    ] = "complete"
    step: Reference | None = None
    taskdata: Answers | None = None
    by: Annotated[
        int | str | None,
        Meta(description="A member's id or a guest's address; left out, whoever has to do it, with every right."),
    ] = None
    at: Annotated[Moment | None, Meta(description="When; not before the action above.")] = None
    after: Annotated[Pause | None, Meta(description="How long after the action above; instead of `at`.")] = None


class PickedPeople(msgspec.Struct, kw_only=True):
    """Members, guests and groups that fill a job title."""

    users: list[int] = []
    guests: list[str] = []
    groups: list[str] = []


class SimulationBody(msgspec.Struct, kw_only=True):
    """A run: the answers of the kick-off form, and what people do after the launch."""

    name: Annotated[str, Meta(max_length=550)] | None = None
    started_at: Annotated[Moment | None, Meta(description="The launch on the virtual clock; now, if left out.")] = None
    prerun: Annotated[Answers | None, Meta(description="Answers of the kick-off form.")] = None
    roles: Annotated[dict[str, PickedPeople], Meta(description="Who fills the job titles of steps, by role id.")] = {}
    answers: Annotated[Answers | None, Meta(description="Given whenever a step with such fields is completed.")] = None
    actions: Annotated[list[SimulatedAction], Meta(max_length=200)] = []
    complete_rest: Annotated[
        bool, Meta(description="true: complete what is open after the last action, in order; approvals are approved.")
    ] = False
    until: Annotated[Moment | None, Meta(description="Let time pass to this moment at the end.")] = None


class Change(msgspec.Struct, kw_only=True):
    """One thing that followed."""

    kind: Annotated[str, Meta(description="`task.completed`, `task.shown`, `rule.applied`, `process.completed` ...")]
    step_id: str | None = None
    title: str | None = None
    rule_id: str | None = None
    rule: str | None = None
    verb: str | None = None


class TimelineEntry(msgspec.Struct, kw_only=True):
    """One moment of the run."""

    at: str
    what: Annotated[
        str,
        Meta(
            description="launched, completed, signed, answered, reopened, waited, expired, overdue (rules were told) "
            "or refused."
        ),
    ]
    step_id: str | None
    title: str | None
    message: Annotated[str | None, Meta(description="Why it was refused.")] = None
    errors: Annotated[dict[str, list[str]], Meta(description="What was refused, by field.")] = {}
    changes: list[Change] = []


class SimulatedPeople(msgspec.Struct, kw_only=True):
    """Whom a task belongs to."""

    users: list[int]
    guests: list[str]
    groups: list[str]


class SimulatedTask(msgspec.Struct, kw_only=True):
    """A task as the run left it."""

    step_id: str | None
    alias: str | None
    title: str
    status: str
    visible: bool
    task_type: str
    owners: SimulatedPeople
    from_roles: Annotated[
        dict[str, SimulatedPeople], Meta(description="Whom each job title of the step brought, by role id.")
    ]
    started_at: str
    deadline: str | None
    deadline_held: bool
    completed_at: str | None
    is_approved: bool | None
    taskdata: dict[str, Any]


class SimulatedProcess(msgspec.Struct, kw_only=True):
    """The process as the run left it."""

    name: str
    status: str
    complete: int
    total: int
    percent: int
    started_at: str
    ended_at: Annotated[str, Meta(description="Where the virtual clock stands.")]
    prerun: dict[str, Any]


class FiredRule(msgspec.Struct, kw_only=True):
    """A rule, and the moments at which it did something."""

    id: str
    alias: str
    fired_at: list[str]


class Simulation(msgspec.Struct, kw_only=True):
    """A run that left no trace."""

    checklist_id: str
    checklist_version: int
    run: SimulatedProcess
    timeline: list[TimelineEntry]
    tasks: list[SimulatedTask]
    rules: list[FiredRule]


class ExpectedTask(msgspec.Struct, kw_only=True):
    """What is expected of a task at the end of the run; what is left out is not looked at."""

    visible: bool | None = None
    status: Annotated[str | None, Meta(description="not-started, in-progress, completed or auto-skipped.")] = None
    is_approved: bool | UnsetType | None = UNSET
    deadline: Annotated[Moment | UnsetType | None, Meta(description="null: none, or held by another step.")] = UNSET
    owners: SimulatedPeople | None = None


class Expectation(msgspec.Struct, kw_only=True):
    """What is expected at the end of the run; what is left out is not looked at."""

    status: Annotated[str | None, Meta(description="The process: active, complete, problem or issue.")] = None
    percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    tasks: Annotated[dict[str, ExpectedTask], Meta(description="By the step's id, alias or title.")] = {}
    rules: Annotated[dict[str, bool], Meta(description="By the rule's id or name: whether it fired.")] = {}
    refused: Annotated[int, Meta(ge=0, description="How many actions are refused.")] = 0


class TemplateTestBody(msgspec.Struct, kw_only=True):
    """A saved run with what is expected of it."""

    title: Annotated[str, Meta(min_length=1, max_length=250)]
    run: SimulationBody
    expect: Expectation = msgspec.field(default_factory=Expectation)


class TemplateTest(msgspec.Struct, kw_only=True):
    """A saved run, and what came of it last."""

    id: str
    checklist_id: str
    title: str
    run: SimulationBody
    expect: Expectation
    passing: Annotated[bool | None, Meta(description="null until it has run.")]
    failures: Annotated[list[str], Meta(description="What came otherwise than expected.")]
    waiting: Annotated[bool, Meta(description="The template or the test has changed, and it will run in a moment.")]
    ran_at: str | None
    ran_version: int | None
    created_by: int
    created_at: str
    last_updated: str


class TemplateTestResult(msgspec.Struct, kw_only=True):
    """What came of one saved run."""

    id: str
    title: str
    passing: bool
    failures: list[str]


class CoveredRule(msgspec.Struct, kw_only=True):
    """A rule, and the saved runs in which it did something."""

    id: str
    alias: str
    fired_in: Annotated[list[str], Meta(description="Titles of saved runs; empty: no run shows what it does.")]


class TemplateTestReport(msgspec.Struct, kw_only=True):
    """All saved runs of a template, run now, and the rules that they cover."""

    checklist_id: str
    checklist_version: int
    passing: int
    failing: int
    tests: list[TemplateTestResult]
    rules: list[CoveredRule]
    rules_covered: Annotated[int, Meta(description="How many of the rules did something in at least one run.")]


class Finding(msgspec.Struct, kw_only=True):
    """One thing that is wrong with a template."""

    code: Annotated[
        str,
        Meta(
            description="rule-never-fires, option-does-not-exist, step-never-shows, rules-contradict, "
            "rule-contradicts-itself, rule-undoes-its-cause, deadline-held-forever, deadline-goes-round or "
            "variable-unknown."
        ),
    ]
    severity: Annotated[str, Meta(description="error or warning.")]
    path: Annotated[str, Meta(description="The place in the template's document.")]
    message: str
    advice: Annotated[str, Meta(description="What would mend it.")]
    step_id: str | None
    rule_id: str | None


_ACTION: dict[str, Any] = {
    "do": "approve",
    "step": "Approve the order",
    "taskdata": {"Remarks": "Within the budget"},
    "after": {"value": 2, "unit": "hours"},
}
_STEP = "9c1f4e7ab2d846f0a3c57d1e8b90f264"
_RULE = "4b7e2c90d1f84ea6b35a9c08e6d7f123"
_BODY: dict[str, Any] = {
    "started_at": "2027-03-01T09:00:00.000Z",
    "prerun": {"Amount": "4200"},
    "actions": [_ACTION],
    "complete_rest": True,
}
_CHANGE: dict[str, Any] = {
    "kind": "rule.applied",
    "step_id": _STEP,
    "title": "Place the order",
    "rule_id": _RULE,
    "rule": "Approved orders are placed",
    "verb": "show",
}
_ENTRY: dict[str, Any] = {
    "at": "2027-03-01T11:00:00.000Z",
    "what": "completed",
    "step_id": _STEP,
    "title": "Approve the order",
    "message": None,
    "errors": {},
    "changes": [_CHANGE],
}
_PEOPLE: dict[str, Any] = {"users": [40817], "guests": [], "groups": []}
_TASK: dict[str, Any] = {
    "step_id": _STEP,
    "alias": "approve-the-order",
    "title": "Approve the order",
    "status": "completed",
    "visible": True,
    "task_type": "approval",
    "owners": _PEOPLE,
    "from_roles": {},
    "started_at": "2027-03-01T09:00:00.000Z",
    "deadline": "2027-03-03T09:00:00.000Z",
    "deadline_held": False,
    "completed_at": "2027-03-01T11:00:00.000Z",
    "is_approved": True,
    "taskdata": {},
}
_PROCESS: dict[str, Any] = {
    "name": "Purchase of 1 March",
    "status": "active",
    "complete": 1,
    "total": 2,
    "percent": 50,
    "started_at": "2027-03-01T09:00:00.000Z",
    "ended_at": "2027-03-01T11:00:00.000Z",
    "prerun": {},
}
_FIRED: dict[str, Any] = {"id": _RULE, "alias": "Approved orders are placed", "fired_at": ["2027-03-01T11:00:00.000Z"]}
_EXPECTED_TASK: dict[str, Any] = {"visible": True, "status": "completed"}
_EXPECT: dict[str, Any] = {
    "status": "complete",
    "tasks": {"Place the order": _EXPECTED_TASK},
    "rules": {"Approved orders are placed": True},
}
_TEST: dict[str, Any] = {"title": "A small order is placed at once", "run": _BODY, "expect": _EXPECT}
_TEST_ID = "5d0c8be2a17f4396b4e8f1027c93da65"
_RESULT: dict[str, Any] = {"id": _TEST_ID, "title": _TEST["title"], "passing": True, "failures": []}
_COVERED: dict[str, Any] = {"id": _RULE, "alias": "Approved orders are placed", "fired_in": [_TEST["title"]]}
EXAMPLES: dict[str, Any] = {
    "ExpectedTask": _EXPECTED_TASK,
    "Expectation": _EXPECT,
    "TemplateTestBody": _TEST,
    "TemplateTest": {
        "id": _TEST_ID,
        "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        **_TEST,
        "passing": True,
        "failures": [],
        "waiting": False,
        "ran_at": "2027-03-01T09:00:02.000Z",
        "ran_version": 3,
        "created_by": 40817,
        "created_at": "2027-03-01T09:00:00.000Z",
        "last_updated": "2027-03-01T09:00:00.000Z",
    },
    "TemplateTestResult": _RESULT,
    "CoveredRule": _COVERED,
    "TemplateTestReport": {
        "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        "checklist_version": 3,
        "passing": 1,
        "failing": 0,
        "tests": [_RESULT],
        "rules": [_COVERED],
        "rules_covered": 1,
    },
    "Finding": {
        "code": "step-never-shows",
        "severity": "error",
        "path": "steps.2",
        "message": '"Place the order" is hidden at first, and no rule that can fire shows it.',
        "advice": "Add a rule that shows it, mend the ones that should, or delete the step.",
        "step_id": _STEP,
        "rule_id": None,
    },
    "Pause": {"value": 2, "unit": "hours"},
    "SimulatedAction": _ACTION,
    "SimulationBody": _BODY,
    "Change": _CHANGE,
    "TimelineEntry": _ENTRY,
    "SimulatedPeople": _PEOPLE,
    "PickedPeople": _PEOPLE,
    "SimulatedTask": _TASK,
    "SimulatedProcess": _PROCESS,
    "FiredRule": _FIRED,
    "Simulation": {
        "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        "checklist_version": 3,
        "run": _PROCESS,
        "timeline": [_ENTRY],
        "tasks": [_TASK],
        "rules": [_FIRED],
    },
}
