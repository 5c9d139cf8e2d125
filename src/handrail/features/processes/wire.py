"""The public JSON of processes (wire 2.15)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.http.envelope import Included

Id = Annotated[str, Meta(pattern="^[a-f0-9]{32}$")]
Name = Annotated[str, Meta(max_length=550)]
Summary = Annotated[str, Meta(max_length=100_000)]
Ids = Annotated[list[Id], Meta(max_length=200)]


class Progress(msgspec.Struct, gc=False):
    """How far a process is; percent is whole, and 100 only when everything is complete."""

    complete: int
    total: int
    percent: int


class DroppedAnswer(msgspec.Struct, gc=False):
    """A kick-off field that was answered in the old process and is not in the template any more."""

    id: str
    alias: str | None
    label: str | None


class Process(msgspec.Struct, kw_only=True, gc=False):
    """A process (run): a running copy of a template."""

    id: str
    increment_id: int
    organization_id: str
    checklist_id: str | None
    checklist_title: str
    assign_someone_else: bool
    name: str
    summary: str | None
    status: Annotated[str, Meta(description="`active`, `complete`, `problem`, `issue` or `archived`.")]
    has_open_issue: bool
    progress: Annotated[Progress, Meta(description="Over the visible tasks.")]
    whole_progress: Annotated[Progress, Meta(description="Over all tasks, hidden ones included.")]
    started_by: int
    owner_id: int
    prerun: Annotated[dict[str, Any], Meta(description="The answers of the kick-off form by field id.")]
    prerun_status: Annotated[str, Meta(description="`complete` or `incomplete`.")]
    prerun_completed_at: str | None
    prerun_completed_by: int | None
    prerun_submitted_by: int | None
    prerun_length: int
    starred: bool
    type: str
    is_public: bool
    publicly_hidden_fields: list[Any]
    parent_id: str | None
    parent_task_id: Annotated[
        str | None, Meta(description="The task of the parent whose completion launched it; ours alone.")
    ]
    can_add_oot: bool
    users: list[int]
    groups: list[str]
    collaborators: list[int]
    created_at: str
    started_at: str
    last_updated: str
    completed_at: str | None
    archived_at: str | None
    due_date: str | None
    due_date_passed: bool
    due_soon: bool
    late_tasks: int
    max_task_deadline: str | None
    custom_fields: dict[str, Any] | None
    checklist: Included | UnsetType = UNSET
    tasks: Included | UnsetType = UNSET
    tags: Included | UnsetType = UNSET
    assets: Included | UnsetType = UNSET
    next_task: Included | UnsetType = UNSET
    permissions: Included | UnsetType = UNSET
    tasks_meta: Included | UnsetType = UNSET
    ko_form_fields: Included | UnsetType = UNSET
    form_fields: Included | UnsetType = UNSET
    stages: Included | UnsetType = UNSET
    folders: Included | UnsetType = UNSET
    children: Included | UnsetType = UNSET
    member_watchers: Included | UnsetType = UNSET
    guest_watchers: Included | UnsetType = UNSET
    selected_text_comment: Included | UnsetType = UNSET
    threads: Annotated[Included | UnsetType, Meta(description="Include: what was written about it as a whole.")] = UNSET
    tasks_changed_by_rules: dict[str, Any] | UnsetType = UNSET
    dropped_answers: Annotated[
        list[DroppedAnswer] | UnsetType,
        Meta(description="Of a relaunch: the answers whose field the template does not have any more."),
    ] = UNSET


class OwnersBody(msgspec.Struct):
    """People by kind: member ids, guest addresses, group ids."""

    users: list[int] = []
    guests: list[str] = []
    groups: list[str] = []


class LaunchTaskBody(msgspec.Struct, kw_only=True):
    """What a launch says about the task of one step."""

    owners: OwnersBody | None = None
    deadline: Annotated[str, Meta(description="`YYYY-MM-DD HH:MM:SS` (UTC) or ISO 8601.")] | None = None
    position: Annotated[int, Meta(ge=1, le=9999)] | None = None
    max_assignable: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    taskdata: dict[str, Any] | list[Any] | None = None


class RelaunchBody(msgspec.Struct, kw_only=True):
    """What differs in the new process; all of it may be left out."""

    name: Annotated[str, Meta(max_length=550, description="Without it, a name is made from the template.")] | None = (
        None
    )
    summary: Summary | None = None
    owner_id: Annotated[int, Meta(description="Who owns the process; without it, who launches.")] | None = None
    user_id: Annotated[int, Meta(description="The member the launch counts for; without it, the caller.")] | None = None
    is_public: bool | None = None
    starred: bool | None = None
    assign_someone_else: bool | None = None
    publicly_hidden_fields: Annotated[list[Any], Meta(max_length=1000)] | None = None
    prerun: (
        Annotated[dict[str, Any], Meta(description="The answers of the kick-off form, by field id.")] | list[Any] | None
    ) = None
    tasks: (
        Annotated[
            dict[str, LaunchTaskBody],
            Meta(description="What differs for single steps, by step id or alias."),
        ]
        | list[Any]
        | None
    ) = None
    tags: Ids | None = None
    users: list[int] | None = None
    groups: Ids | None = None
    roles: (
        Annotated[dict[str, OwnersBody], Meta(description="Who fills the job titles of the steps, by role id.")]
        | list[Any]
        | None
    ) = None
    folders: Ids | None = None
    parent_id: Id | None = None


class LaunchBody(RelaunchBody, kw_only=True):
    """Launches a process from a template."""

    checklist_id: Annotated[str, Meta(description="The template.")]


class MagicBody(msgspec.Struct, kw_only=True):
    """The parameters of a magic link."""

    ko_fields: (
        Annotated[
            dict[str, Any] | list[Any],
            Meta(description="Answers by alias, as an object or as a list of objects with one key each."),
        ]
        | None
    ) = None
    default_run_name: Annotated[str, Meta(max_length=550, description="What the process is to be called.")] | None = (
        None
    )
    launchprocess: Annotated[bool, Meta(description="Taken as true; a link without it shows the form.")] | None = None


class ShownList(msgspec.Struct):
    """What an include answered, sent back with the rest of the process: it changes nothing."""

    data: list[Any]


class ProcessBody(msgspec.Struct, kw_only=True):
    """Changes of a process; keys that are left out stay as they are."""

    name: Name | UnsetType = UNSET
    summary: Summary | UnsetType | None = UNSET
    owner_id: int | UnsetType | None = UNSET
    starred: bool | UnsetType | None = UNSET
    is_public: bool | UnsetType | None = UNSET
    publicly_hidden_fields: Annotated[list[Any], Meta(max_length=1000)] | UnsetType | None = UNSET
    users: list[int] | UnsetType | None = UNSET
    groups: Ids | UnsetType | None = UNSET
    prerun: (
        Annotated[dict[str, Any], Meta(description="Answers by field id, merged key by key.")]
        | list[Any]
        | UnsetType
        | None
    ) = UNSET
    tags: Ids | ShownList | UnsetType | None = UNSET
    folders: Ids | ShownList | UnsetType | None = UNSET


class FormFields(msgspec.Struct, kw_only=True):
    """Every form field of a process with its answer, answered or not."""

    id: str
    name: str
    form_fields: list[dict[str, Any]]
    ko_form_fields: list[dict[str, Any]]


class ProcessExport(msgspec.Struct, kw_only=True):
    """A process with everything in it."""

    run: Process
    tasks: list[Any]
    form_fields: list[dict[str, Any]]
    ko_form_fields: list[dict[str, Any]]
    threads: list[Any]


_PROCESS: dict[str, Any] = {
    "id": "a81d4f6e03b74c29965e7d0c2fb13e48",
    "increment_id": 902,
    "organization_id": "5d1f0c7a9b3e4d62a8c4f10b7e95d233",
    "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
    "checklist_title": "Supplier onboarding",
    "assign_someone_else": False,
    "name": "Supplier onboarding - Nordwind Papier",
    "summary": None,
    "status": "active",
    "has_open_issue": False,
    "progress": {"complete": 1, "total": 2, "percent": 50},
    "whole_progress": {"complete": 1, "total": 3, "percent": 33},
    "started_by": 7,
    "owner_id": 7,
    "prerun": {"c2a9f05d7e3b4618905f1d6ab84e73c0": "Nordwind Papier"},
    "prerun_status": "complete",
    "prerun_completed_at": "2027-03-01T09:00:02.000Z",
    "prerun_completed_by": 7,
    "prerun_submitted_by": 7,
    "prerun_length": 1,
    "starred": False,
    "type": "procedure",
    "is_public": False,
    "publicly_hidden_fields": [],
    "parent_id": None,
    "parent_task_id": None,
    "can_add_oot": True,
    "users": [7],
    "groups": [],
    "collaborators": [7, 9],
    "created_at": "2027-03-01T09:00:00.000Z",
    "started_at": "2027-03-01T09:00:00.000Z",
    "last_updated": "2027-03-02T09:14:31.000Z",
    "completed_at": None,
    "archived_at": None,
    "due_date": "2027-03-08T09:00:00.000Z",
    "due_date_passed": False,
    "due_soon": False,
    "late_tasks": 0,
    "max_task_deadline": "2027-03-08T09:00:00.000Z",
    "custom_fields": None,
}

EXAMPLES: dict[str, Any] = {
    "Process": _PROCESS,
    "LaunchBody": {
        "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        "name": "Supplier onboarding - Nordwind Papier",
        "summary": None,
        "owner_id": 7,
        "user_id": 7,
        "is_public": False,
        "starred": False,
        "prerun": {"c2a9f05d7e3b4618905f1d6ab84e73c0": "Nordwind Papier"},
        "tasks": {
            "9a47c1e5b02f4d3e8f60a2d7c5b81e94": {
                "owners": {"users": [9], "guests": [], "groups": []},
                "deadline": "2027-03-05 12:00:00",
            }
        },
        "tags": ["f1b84e6d2c9a4075a30e8d57b6c1942f"],
        "parent_id": None,
    },
    "RelaunchBody": {"name": "Supplier onboarding - Nordwind Papier, second try"},
    "DroppedAnswer": {"id": "c2a9f05d7e3b4618905f1d6ab84e73c0", "alias": "supplier-c2a9f0", "label": "Supplier"},
    "MagicBody": {
        "ko_fields": [{"supplier-name-c2a9f0": "Nordwind Papier"}],
        "default_run_name": "Supplier onboarding - Nordwind Papier",
        "launchprocess": True,
    },
    "LaunchTaskBody": {
        "owners": {"users": [9], "guests": [], "groups": []},
        "deadline": "2027-03-05 12:00:00",
        "position": 1,
        "max_assignable": 2,
        "taskdata": {"6c0d9e2f7b1a4835a4de03f5b7c81926": "DE89 3704 0044 0532 0130 00"},
    },
    "OwnersBody": {"users": [9], "guests": ["rui@pilots.example"], "groups": []},
    "ShownList": {"data": []},
    "ProcessBody": {"name": "Supplier onboarding - Nordwind", "owner_id": 9, "starred": True},
    "Progress": {"complete": 1, "total": 2, "percent": 50},
    "FormFields": {
        "id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "name": "Supplier onboarding - Nordwind Papier",
        "form_fields": [],
        "ko_form_fields": [],
    },
}
