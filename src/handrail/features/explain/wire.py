"""The public JSON of an explanation (wire 2.32)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta


class ExplainedCondition(msgspec.Struct, kw_only=True):
    """A condition of a rule, as it is now."""

    conditionable_id: str
    conditionable_type: str
    name: Annotated[str, Meta(description="The label of the field, or the title of the step.")]
    operation: str
    statement: Any
    logic: str
    holds: bool
    current: Annotated[Any, Meta(description="The answer, or the status of the step's task, now.")]
    withheld: Annotated[bool, Meta(description="true: it is about a task that the caller may not see.")]


class ExplainedRule(msgspec.Struct, kw_only=True):
    """A rule that may do something to the task."""

    id: str
    automated_alias: str
    holds: Annotated[bool, Meta(description="Whether its conditions hold together now.")]
    verbs: Annotated[list[str], Meta(description="What it does to this task.")]
    conditions: list[ExplainedCondition]
    waiting_for: Annotated[list[str], Meta(description="Steps whose tasks have to be completed first.")]
    last_acted_at: str | None
    last_verb: str | None


class ExplainedVisibility(msgspec.Struct, kw_only=True):
    """Why it is visible or hidden."""

    visible: bool
    because: Annotated[
        str,
        Meta(
            description="shown-by-hand, hidden-by-hand, shown-by-rule, hidden-by-rule, hidden-at-first or "
            "visible-from-the-start."
        ),
    ]
    rules: list[ExplainedRule]


class ExplainedPeople(msgspec.Struct, kw_only=True):
    """Members, guests and groups."""

    users: list[int]
    guests: list[str]
    groups: list[str]


class ExplainedAssignment(msgspec.Struct, kw_only=True):
    """Whose it is, and from where."""

    owners: ExplainedPeople
    because: Annotated[
        str,
        Meta(
            description="step (as the template says), role (of the step, filled at the launch), starter (the launcher "
            "filled in), by-rule, by-hand (or with the launch) or nobody."
        ),
    ]
    from_step: Annotated[ExplainedPeople, Meta(description="Whom the template names.")]
    from_roles: Annotated[
        dict[str, ExplainedPeople],
        Meta(description="Whom each job title of the step brought at the launch, by role id."),
    ]
    watching: Annotated[int | None, Meta(description="The member added because only guests owned it.")]
    starter_fills_in: Annotated[bool, Meta(description="Whether the launcher gets it when nobody else does.")]
    rules: list[ExplainedRule]


class ExplainedAnchor(msgspec.Struct, kw_only=True):
    """The step that the deadline hangs on."""

    step_id: str
    title: str
    status: str | None
    completed_at: str | None
    deadline: str | None


class ExplainedDeadline(msgspec.Struct, kw_only=True):
    """When it is due, and why then."""

    deadline: str | None
    because: Annotated[
        str,
        Meta(
            description="step, organization-default, follows-step, waits-for-step (provisional until that step is "
            "completed), by-hand (or with the launch), by-rule or none."
        ),
    ]
    before_rules: Annotated[str | None, Meta(description="The date before any rule moved it.")]
    of_step: Annotated[dict[str, Any] | None, Meta(description="The deadline that the step says.")]
    anchor: ExplainedAnchor | None
    rules: list[ExplainedRule]


class Explanation(msgspec.Struct, kw_only=True):
    """Why a task is as it is."""

    task_id: str
    run_id: str | None
    step_id: str | None
    checklist_id: str | None
    checklist_version: Annotated[int, Meta(description="The version of the template that the process runs by.")]
    visibility: ExplainedVisibility
    assignment: ExplainedAssignment
    deadline: ExplainedDeadline
    reopening: Annotated[list[ExplainedRule], Meta(description="Rules that may reopen it.")]
    would_change: Annotated[list[str], Meta(description="What would have to happen for something to change, in words.")]


_CONDITION: dict[str, Any] = {
    "conditionable_id": "48d7e1b62f9a4c05b3c06e8d91f7a25e",
    "conditionable_type": "Prerun",
    "name": "Region",
    "operation": "equals",
    "statement": "EU",
    "logic": "and",
    "holds": False,
    "current": {"id": 1, "text": "UK"},
    "withheld": False,
}
_RULE: dict[str, Any] = {
    "id": "50c8e7b3f92d4a16a7be04d961f3c825",
    "automated_alias": "Customs only outside of the EU",
    "holds": False,
    "verbs": ["hide"],
    "conditions": [_CONDITION],
    "waiting_for": [],
    "last_acted_at": None,
    "last_verb": None,
}
_PEOPLE: dict[str, Any] = {"users": [40822], "guests": [], "groups": []}
_ANCHOR: dict[str, Any] = {
    "step_id": "e31b7f8a54d94c0db21c6e9f70a3d85b",
    "title": "Check the licence",
    "status": "in-progress",
    "completed_at": None,
    "deadline": "2027-03-05T17:00:00.000Z",
}
_VISIBILITY: dict[str, Any] = {"visible": True, "because": "visible-from-the-start", "rules": [_RULE]}
_ASSIGNMENT: dict[str, Any] = {
    "owners": _PEOPLE,
    "because": "step",
    "from_step": _PEOPLE,
    "from_roles": {},
    "watching": None,
    "starter_fills_in": False,
    "rules": [],
}
_DEADLINE: dict[str, Any] = {
    "deadline": "2027-03-08T17:00:00.000Z",
    "because": "waits-for-step",
    "before_rules": "2027-03-08T17:00:00.000Z",
    "of_step": {"value": 1, "unit": "days", "option": "from", "step": "e31b7f8a54d94c0db21c6e9f70a3d85b"},
    "anchor": _ANCHOR,
    "rules": [],
}
EXAMPLES: dict[str, Any] = {
    "ExplainedCondition": _CONDITION,
    "ExplainedRule": _RULE,
    "ExplainedVisibility": _VISIBILITY,
    "ExplainedPeople": _PEOPLE,
    "ExplainedAssignment": _ASSIGNMENT,
    "ExplainedAnchor": _ANCHOR,
    "ExplainedDeadline": _DEADLINE,
    "Explanation": {
        "task_id": "72f9c05e8d1b4a36bc40e5a91d7f8263",
        "run_id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "step_id": "d05b9f2e7c6143a8b4e1f6079dc82a53",
        "checklist_id": "0f6b2d9c4e8a4175b3d06f7e1c9a2584",
        "checklist_version": 3,
        "visibility": _VISIBILITY,
        "assignment": _ASSIGNMENT,
        "deadline": _DEADLINE,
        "reopening": [],
        "would_change": ['The rule "Customs only outside of the EU" (hide) acts once "Region" equals "EU".'],
    },
}
