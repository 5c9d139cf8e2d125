"""The public JSON of tasks (wire 2.16-2.18)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.http.envelope import Included

Id = Annotated[str, Meta(pattern="^[a-f0-9]{32}$")]
Text600 = Annotated[str, Meta(min_length=1, max_length=600)]
Url = Annotated[str, Meta(max_length=2048)]
Position = Annotated[int, Meta(ge=1, le=9999)]
Assignable = Annotated[int, Meta(ge=0, le=100_000)]
Html = Annotated[str, Meta(max_length=100_000)]


class TaskOwners(msgspec.Struct, rename={"task_urls": "taskUrls"}, gc=False):
    """Whom a task belongs to: member ids, guest addresses, group ids; `taskUrls` are the guests' links."""

    users: tuple[int, ...]
    guests: tuple[str, ...]
    groups: tuple[str, ...]
    task_urls: list[str]


class Task(msgspec.Struct, kw_only=True, gc=False):
    """A task of a process, or a one-off task."""

    id: str
    increment_id: int
    title: str
    original_title: str
    original_summary: str | None
    name: str
    summary: str | UnsetType | None = UNSET
    allow_guest_owners: bool
    run_id: str | None
    checklist_id: str | None
    step_id: str | None
    linked_step_id: str | None = None
    alias: str | None
    taskdata: dict[str, Any]
    owners: TaskOwners
    is_completable: bool
    status: Annotated[
        str, Meta(description="`not-started`, `in-progress`, `completed`, or `auto-skipped` while the task is hidden.")
    ]
    status_label: Annotated[str, Meta(description="The status in the words people use, such as `overdue`.")]
    task_type: str
    is_approved: bool | None
    is_oneoff_task: bool
    position: int
    blueprint_position: int | None
    started_at: str
    deadline: str | None
    deadline_held: Annotated[
        bool, Meta(description="The deadline is provisional until the step it hangs on is completed.")
    ]
    created_at: str
    last_updated: str
    completed_at: str | None
    archived_at: str | None
    starter_id: int | None
    completer_id: int | None
    completer_guest: str | None
    completer_guest_id: int | None = None
    everyone_must_complete: bool
    completion_progress: int | None
    has_deadline_dependent_child_tasks: bool
    can_complete_only_assignees: bool
    max_assignable: int
    webhook: str | None
    prevent_guest_comment: bool
    stage_id: str | None
    problem: bool
    is_soft_start_date: bool
    send_chromeless: bool
    top_secret: bool
    run_status: str | None
    custom_fields: dict[str, Any] | None
    threads_count: int | UnsetType = UNSET
    run: Included | UnsetType = UNSET
    step: Included | UnsetType = UNSET
    form_fields: Included | UnsetType = UNSET
    ko_form_fields: Included | UnsetType = msgspec.field(default=UNSET, name="ko-form-fields")
    threads: Included | UnsetType = UNSET
    issues: Included | UnsetType = UNSET
    comments: Included | UnsetType = UNSET
    tags: Included | UnsetType = UNSET
    assets: Included | UnsetType = UNSET
    folders: Included | UnsetType = UNSET
    roles: Included | UnsetType = UNSET
    activities: Included | UnsetType = UNSET
    member_watchers: Included | UnsetType = UNSET
    guest_watchers: Included | UnsetType = UNSET
    tasks_changed_by_rules: dict[str, Any] | UnsetType = UNSET


class GuestTask(Task, kw_only=True, gc=False):
    """A task as its guest sees it. What only members see is null or empty: other people, labels, addresses."""

    organization: Included | UnsetType = UNSET
    guest_email: Annotated[str, Meta(description="The guest's own address.")] | UnsetType = UNSET


class TaskOwnersBody(msgspec.Struct):
    """Owners to set. A bucket that is left out stays as it is; an empty list empties it."""

    users: list[int] | UnsetType = UNSET
    guests: list[str] | UnsetType = UNSET
    groups: list[str] | UnsetType = UNSET


class TaskBody(msgspec.Struct, kw_only=True):
    """Changes of a task; keys that are left out stay as they are."""

    title: Text600 | UnsetType = UNSET
    name: Annotated[str, Meta(description="What very old clients call the title.")] | UnsetType = UNSET
    summary: Html | UnsetType | None = UNSET
    description: Html | UnsetType | None = UNSET
    deadline: (
        Annotated[str, Meta(description="`YYYY-MM-DD HH:MM:SS` (UTC) or ISO 8601; moved into working time.")]
        | UnsetType
        | None
    ) = UNSET
    started_at: Annotated[str, Meta(description="`YYYY-MM-DD HH:MM:SS` (UTC) or ISO 8601.")] | UnsetType | None = UNSET
    owners: TaskOwnersBody | UnsetType | None = UNSET
    status: Annotated[
        Any, Meta(description="`not-started` and `in-progress` are applied, every other word is ignored.")
    ] = UNSET
    position: Position | UnsetType | None = UNSET
    max_assignable: Assignable | UnsetType | None = UNSET
    task_type: (
        Annotated[str, Meta(description="task, approval, expiring, email or expiring_email")] | UnsetType | None
    ) = UNSET
    top_secret: bool | UnsetType | None = UNSET
    webhook: Url | UnsetType | None = UNSET
    prevent_guest_comment: bool | UnsetType | None = UNSET
    taskdata: (
        Annotated[dict[str, Any], Meta(description="Answers by field id, merged key by key; unknown ids are dropped.")]
        | list[Any]
        | UnsetType
        | None
    ) = UNSET


class OneOffBody(TaskBody, kw_only=True):
    """A new one-off task: `title`, `task_type`, `owners` with at least one person, and `deadline` are needed."""

    separate_task_for_each_assignee: bool | None = None
    everyone_must_complete: bool | None = None
    can_complete_only_assignees: bool | None = None
    is_soft_start_date: bool | None = None
    allow_guest_owners: bool | None = None
    send_chromeless: bool | None = None
    run_id: Id | None = None
    tags: list[Id] | None = None
    form_fields: (
        Annotated[
            list[dict[str, Any]], Meta(description="Form fields of the task, as in step captures.", max_length=200)
        ]
        | None
    ) = None


class CompletionBody(msgspec.Struct, kw_only=True):
    """Completes a task."""

    task_id: Annotated[str, Meta(description="The task to complete.")]
    is_approved: Annotated[bool, Meta(description="The decision; needed for approvals.")] | None = None
    override_user: Annotated[int, Meta(description="The member to record as the one who completed it.")] | None = None
    comment: Annotated[str, Meta(max_length=100_000)] | None = None
    taskdata: (
        Annotated[dict[str, Any], Meta(description="Answers by field id, saved first, in the same transaction.")]
        | list[Any]
        | None
    ) = None


class VisibilityBody(msgspec.Struct, kw_only=True):
    """Shows or hides a task by hand; rules no longer move it afterwards."""

    visible: bool
    comment: Annotated[str, Meta(max_length=100_000)] | None = None


class FieldAnswerBody(msgspec.Struct, kw_only=True):
    """One answer on a task."""

    id: Annotated[str, Meta(description="The form field.")]
    value: Any = None


class FormValueBody(msgspec.Struct, kw_only=True):
    """A new value for an answer that is stored."""

    id: Annotated[
        str, Meta(max_length=200, description="The answer's `unique_id`, as a process's form fields have it.")
    ]
    form_value: Any = None


class DelegationBody(msgspec.Struct, kw_only=True):
    """One more guest for a task."""

    email: Annotated[str, Meta(max_length=320, description="The address of the guest who joins in.")]


class GuestKickoff(msgspec.Struct, kw_only=True):
    """The kick-off form of the process that a guest's task belongs to, without its fields for people."""

    run_id: str
    name: str
    prerun_status: Annotated[str, Meta(description="`complete` or `incomplete`.")]
    prerun: Annotated[dict[str, Any], Meta(description="Answers by field id.")]
    ko_form_fields: Annotated[list[dict[str, Any]], Meta(description="Every field with its answer.")]


class KickoffAnswersBody(msgspec.Struct, kw_only=True):
    """Answers to the kick-off form."""

    prerun: Annotated[dict[str, Any], Meta(description="Answers by field id; the others stay.")] | list[Any] | None = (
        None
    )


class TaskListMeta(msgspec.Struct, kw_only=True):
    """Counts over all open tasks of the person."""

    overdue_tasks: int
    tasks_due_soon: int


EXAMPLES: dict[str, Any] = {
    "Task": {
        "id": "72f9c05e8d1b4a36bc40e5a91d7f8263",
        "increment_id": 4409,
        "title": "Check the supplier's bank details",
        "original_title": "Check the supplier's bank details",
        "original_summary": "<p>Call back on a number you found yourself.</p>",
        "name": "Check the supplier's bank details",
        "summary": "<p>Call back on a number you found yourself.</p>",
        "allow_guest_owners": True,
        "run_id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "checklist_id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        "step_id": "9a47c1e5b02f4d3e8f60a2d7c5b81e94",
        "linked_step_id": None,
        "alias": "check-the-supplier-s-bank-details-9a47c1",
        "taskdata": {"6c0d9e2f7b1a4835a4de03f5b7c81926": "DE89 3704 0044 0532 0130 00"},
        "owners": {"users": [7], "guests": [], "groups": [], "taskUrls": []},
        "is_completable": True,
        "status": "in-progress",
        "status_label": "due-soon",
        "task_type": "task",
        "is_approved": None,
        "is_oneoff_task": False,
        "position": 1,
        "blueprint_position": 1,
        "started_at": "2027-03-01T09:00:00.000Z",
        "deadline": "2027-03-04T09:00:00.000Z",
        "deadline_held": False,
        "created_at": "2027-03-01T09:00:00.000Z",
        "last_updated": "2027-03-02T09:14:31.000Z",
        "completed_at": None,
        "archived_at": None,
        "starter_id": 7,
        "completer_id": None,
        "completer_guest": None,
        "completer_guest_id": None,
        "everyone_must_complete": False,
        "completion_progress": None,
        "has_deadline_dependent_child_tasks": False,
        "can_complete_only_assignees": False,
        "max_assignable": 0,
        "webhook": None,
        "prevent_guest_comment": False,
        "stage_id": None,
        "problem": False,
        "is_soft_start_date": False,
        "send_chromeless": False,
        "top_secret": False,
        "run_status": "active",
        "custom_fields": None,
    },
    "CompletionBody": {
        "task_id": "72f9c05e8d1b4a36bc40e5a91d7f8263",
        "is_approved": True,
        "override_user": None,
        "comment": "Called back and checked.",
        "taskdata": {"6c0d9e2f7b1a4835a4de03f5b7c81926": "DE89 3704 0044 0532 0130 00"},
    },
    "TaskBody": {
        "title": "Check the supplier's bank details twice",
        "deadline": "2027-03-05 12:00:00",
        "started_at": "2027-03-01 09:00:00",
        "owners": {"users": [7], "guests": [], "groups": []},
        "status": "in-progress",
        "position": 2,
        "max_assignable": 3,
        "task_type": "approval",
        "top_secret": False,
        "taskdata": {"6c0d9e2f7b1a4835a4de03f5b7c81926": "DE89 3704 0044 0532 0130 00"},
    },
    "OneOffBody": {
        "title": "Order a second monitor",
        "task_type": "task",
        "owners": {"users": [7], "guests": [], "groups": []},
        "deadline": "2027-03-05T12:00:00Z",
        "summary": "<p>27 inches, USB-C.</p>",
        "separate_task_for_each_assignee": False,
    },
    "TaskOwners": {
        "users": [7],
        "guests": ["rui@pilots.example"],
        "groups": [],
        "taskUrls": ["https://handrail.example/5d1f0c7a9b3e4d62a8c4f10b7e95d233/guest/9d8c4b1f7a2e"],
    },
    "TaskOwnersBody": {"users": [7], "guests": ["rui@pilots.example"], "groups": []},
    "FormValueBody": {
        "id": "72f9c05e8d1b4a36bc40e5a91d7f8263-6c0d9e2f7b1a4835a4de03f5b7c81926",
        "form_value": "Yes",
    },
    "VisibilityBody": {"visible": False, "comment": "Not needed for this supplier."},
    "DelegationBody": {"email": "eva@pilots.example"},
    "GuestKickoff": {
        "run_id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "name": "Supplier onboarding - Nordwind Papier",
        "prerun_status": "complete",
        "prerun": {"c2a9f05d7e3b4618905f1d6ab84e73c0": "Nordwind Papier"},
        "ko_form_fields": [
            {"id": "c2a9f05d7e3b4618905f1d6ab84e73c0", "label": "Supplier", "value": "Nordwind Papier"},
        ],
    },
    "KickoffAnswersBody": {"prerun": {"c2a9f05d7e3b4618905f1d6ab84e73c0": "Nordwind Papier GmbH"}},
    "FieldAnswerBody": {"id": "6c0d9e2f7b1a4835a4de03f5b7c81926", "value": "Yes"},
}
