"""The public JSON of what is open to everybody (wire 2.24)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta


class PublicField(msgspec.Struct, kw_only=True):
    """A field of a public form."""

    id: str
    alias: str
    label: str
    field_type: str
    required: bool
    guidance: str | None
    position: int
    options: list[dict[str, Any]]
    columns: list[dict[str, Any]]
    field_validation: list[str]
    default_value: Any
    default_value_enabled: bool
    collect_time: bool
    use_wysiwyg_editor: bool
    prefix: str | None
    suffix: str | None
    settings: dict[str, Any] | None
    custom_fields: None = None


class PublicForm(msgspec.Struct, kw_only=True):
    """A template's kick-off form, as anybody may see it."""

    alias: str
    title: str
    type: str
    kickoff_title: str
    kickoff_description: str | None
    prerun: list[PublicField]
    custom_fields: None = None


KoFields = Annotated[
    dict[str, Any] | list[Any],
    Meta(description="Answers by alias, as an object or as a list of objects with one key each."),
]


class PublicLaunchBody(msgspec.Struct, kw_only=True):
    """Submits a public form."""

    email: Annotated[str, Meta(description="The address of whoever submits it.", max_length=320)]
    name: Annotated[str, Meta(max_length=550, description="What the process is to be called.")] | None = None
    prerun: (
        Annotated[dict[str, Any], Meta(description="The answers of the kick-off form, by field id.")] | list[Any] | None
    ) = None
    ko_fields: KoFields | None = None


class PublicRun(msgspec.Struct, kw_only=True):
    """What whoever submitted a form may know of the process."""

    id: str
    name: str
    status: str
    checklist_title: str
    created_at: str


class PublicProgress(msgspec.Struct):
    """How many of the tasks that are shown are complete."""

    complete: int
    total: int
    percent: int


class PublicComment(msgspec.Struct, kw_only=True):
    """A comment that is not hidden from guests."""

    content: Annotated[str, Meta(description="HTML.")]
    label: str
    author: Annotated[str | None, Meta(description="A name; null where people are not shown.")]
    created_at: str


class PublicTask(msgspec.Struct, kw_only=True):
    """A task of a public process."""

    id: str
    title: str
    position: int
    task_type: str
    status: str
    status_label: str
    started_at: str
    deadline: str | None
    completed_at: str | None
    assignees: Annotated[list[str], Meta(description="Names; empty where people are not shown.")]
    comments: list[PublicComment]


class PublicProcess(msgspec.Struct, kw_only=True):
    """A process as anybody may see it."""

    id: str
    name: str
    type: str
    status: str
    checklist_title: str
    progress: PublicProgress
    started_at: str
    completed_at: str | None
    tasks: list[PublicTask]
    comments: Annotated[list[PublicComment], Meta(description="On the process itself.")]
    custom_fields: None = None


class PublicAnswer(msgspec.Struct, kw_only=True):
    """A form field of a public process with its answer."""

    id: str
    alias: str
    label: str
    field_type: str
    task_id: Annotated[str | None, Meta(description="Null for the kick-off form.")]
    task_title: str | None
    value: Annotated[Any, Meta(description="Of people and files only the names.")]


class PublicTemplate(msgspec.Struct, kw_only=True):
    """A template of the public library."""

    id: str
    alias: str
    title: str
    type: str
    summary: str | None
    icon: str | None
    public_cover: str | None
    explanation_video: str | None
    is_featured: bool
    industry_tags: list[str]
    topic_tags: list[str]
    steps_count: int


_FIELD: dict[str, Any] = {
    "id": "c2a9f05d7e3b4618905f1d6ab84e73c0",
    "alias": "vendor-name-c2a9f0",
    "label": "Vendor name",
    "field_type": "text",
    "required": True,
    "guidance": None,
    "position": 1,
    "options": [],
    "columns": [],
    "field_validation": ["min:2"],
    "default_value": None,
    "default_value_enabled": False,
    "collect_time": False,
    "use_wysiwyg_editor": False,
    "prefix": None,
    "suffix": None,
    "settings": None,
    "custom_fields": None,
}
_PUBLIC_COMMENT: dict[str, Any] = {
    "content": "<p>The licence has arrived.</p>",
    "label": "comment",
    "author": "Mina Duarte",
    "created_at": "2027-03-02T08:00:00.000Z",
}
_PUBLIC_TASK: dict[str, Any] = {
    "id": "72f9c05e8d1b4a36bc40e5a91d7f8263",
    "title": "Check the licence of Atlantic Pilots",
    "position": 1,
    "task_type": "task",
    "status": "in-progress",
    "status_label": "due-soon",
    "started_at": "2027-03-01T09:00:00.000Z",
    "deadline": "2027-03-04T09:00:00.000Z",
    "completed_at": None,
    "assignees": ["Mina Duarte"],
    "comments": [_PUBLIC_COMMENT],
}
_PUBLIC_PROGRESS = {"complete": 1, "total": 3, "percent": 33}
EXAMPLES: dict[str, Any] = {
    "PublicComment": _PUBLIC_COMMENT,
    "PublicTask": _PUBLIC_TASK,
    "PublicProgress": _PUBLIC_PROGRESS,
    "PublicProcess": {
        "id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "name": "Vendor intake - Atlantic Pilots",
        "type": "procedure",
        "status": "active",
        "checklist_title": "Vendor intake",
        "progress": _PUBLIC_PROGRESS,
        "started_at": "2027-03-01T09:00:00.000Z",
        "completed_at": None,
        "tasks": [_PUBLIC_TASK],
        "comments": [],
        "custom_fields": None,
    },
    "PublicAnswer": {
        "id": "c2a9f05d7e3b4618905f1d6ab84e73c0",
        "alias": "vendor-name-c2a9f0",
        "label": "Vendor name",
        "field_type": "text",
        "task_id": None,
        "task_title": None,
        "value": "Atlantic Pilots",
    },
    "PublicField": _FIELD,
    "PublicForm": {
        "alias": "vendor-intake-0f6b2d",
        "title": "Vendor intake",
        "type": "procedure",
        "kickoff_title": "Become a vendor",
        "kickoff_description": "<p>Tell us about your company.</p>",
        "prerun": [_FIELD],
        "custom_fields": None,
    },
    "PublicLaunchBody": {
        "email": "rui@pilots.example",
        "name": None,
        "prerun": {"c2a9f05d7e3b4618905f1d6ab84e73c0": "Atlantic Pilots"},
        "ko_fields": [{"vendor-name-c2a9f0": "Atlantic Pilots"}],
    },
    "PublicRun": {
        "id": "a81d4f6e03b74c29965e7d0c2fb13e48",
        "name": "Vendor intake - Atlantic Pilots",
        "status": "active",
        "checklist_title": "Vendor intake",
        "created_at": "2027-03-01T09:00:00.000Z",
    },
    "PublicTemplate": {
        "id": "0f6b2d8e41c94a7da5e3b9c017f4682e",
        "alias": "vendor-intake-0f6b2d",
        "title": "Vendor intake",
        "type": "procedure",
        "summary": "How vendors come to us.",
        "icon": None,
        "public_cover": None,
        "explanation_video": None,
        "is_featured": False,
        "industry_tags": ["logistics"],
        "topic_tags": ["purchasing"],
        "steps_count": 7,
    },
}
