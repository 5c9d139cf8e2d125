"""The public JSON of simulated runs (wire 2.32)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

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


class SimulationBody(msgspec.Struct, kw_only=True):
    """A run: the answers of the kick-off form, and what people do after the launch."""

    name: Annotated[str, Meta(max_length=550)] | None = None
    started_at: Annotated[Moment | None, Meta(description="The launch on the virtual clock; now, if left out.")] = None
    prerun: Annotated[Answers | None, Meta(description="Answers of the kick-off form.")] = None
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
EXAMPLES: dict[str, Any] = {
    "Pause": {"value": 2, "unit": "hours"},
    "SimulatedAction": _ACTION,
    "SimulationBody": _BODY,
    "Change": _CHANGE,
    "TimelineEntry": _ENTRY,
    "SimulatedPeople": _PEOPLE,
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
