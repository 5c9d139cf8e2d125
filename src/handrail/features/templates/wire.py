"""The public JSON of templates (wire 2.7); their parts have a file of their own."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.features.templates import examples
from handrail.features.templates.parts_wire import Field, FieldOfForm, Rule


class TemplateSettings(msgspec.Struct, kw_only=True):
    """Switches of a template that are our own."""

    reverse_rules_on_reopen: Annotated[bool, Meta(description="Reopening a task takes back what rules did.")]


class Template(msgspec.Struct, kw_only=True):
    """A template: how a piece of work is done."""

    id: str
    increment_id: int
    organization_id: str
    title: str
    summary: str | None
    starred: bool
    webhook: str | None
    explanation_video: str | None
    guidance: str | None
    icon: str | None
    alias: Annotated[str, Meta(description="A word for addresses; never changes.")]
    folder_id: str | None
    prerun: Annotated[list[Field], Meta(description="The kick-off form.")]
    automated_actions: Annotated[list[Rule], Meta(description="The rules, in the order in which they run.")]
    created_by: int
    owner_id: int
    last_updated_by: int
    started_processes: int
    steps_count: int
    kickoff_title: str | None
    kickoff_description: str | None
    created_at: str
    last_updated: str
    archived_at: str | None
    status: Annotated[str, Meta(description="The label: active, in-progress, finishing or published.")]
    type: Annotated[str, Meta(description="procedure, form or document.")]
    is_public: bool
    is_featured: bool
    is_public_kickoff: bool
    is_pinned: bool
    is_published_state: Annotated[bool, Meta(description="Whether this is what processes are launched from.")]
    dual_version_enabled: Annotated[bool, Meta(description="Edits go to a draft until it is published.")]
    version: Annotated[int, Meta(description="The number of the version shown.")]
    auto_naming: bool
    default_process_name_format: str | None
    public_cover: str | None
    industry_tags: list[str]
    topic_tags: list[str]
    users: list[int]
    groups: list[str]
    folderize_process: bool
    tag_process: bool
    allow_launcher_change_name: bool
    can_add_oot: bool
    ko_form_blueprint_id: str | None
    default_folder: str | None
    folder_changeable_by_launcher: bool
    kickoff_sharing_user_id: int | None
    settings: TemplateSettings | None
    custom_fields: dict[str, Any]
    steps: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: the steps, in `data`.")] = UNSET
    stages: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: the stages, in `data`.")] = UNSET
    tags: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: the tags, in `data`.")] = UNSET
    folder: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: the folder, in `data`.")] = UNSET
    permissions: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: the permissions, in `data`.")] = UNSET
    threads: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: what was written about it.")] = UNSET
    runs: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: its newest processes, in `data`.")] = UNSET
    statistics: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: counts of processes.")] = UNSET
    linked_tasks: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: tasks linked to it.")] = UNSET
    assets: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: its files.")] = UNSET
    member_watchers: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: members who watch it.")] = UNSET
    guest_watchers: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: guests who watch it.")] = UNSET


class TemplatePermissions(msgspec.Struct, kw_only=True):
    """Five lists, each the word `everyone` or people: `{"type": "user"|"group", "id": ...}`."""

    permissions: Annotated[
        dict[str, Any],
        Meta(
            description="EDIT, READ, LAUNCH, DUPLICATE, PROCESS_READ. DUPLICATE is null while readers may duplicate.",
        ),
    ]


class RemovedReference(msgspec.Struct, kw_only=True):
    """Something that referred to an archived template."""

    type: Annotated[str, Meta(description="Blueprint, Step or Schedule.")]
    title: str
    id: str


class ArchivedTemplate(msgspec.Struct, kw_only=True):
    """What archiving or deleting a template did."""

    message: str
    deleted_references: list[RemovedReference]


class TemplateForms(msgspec.Struct, kw_only=True):
    """Every form field of a template."""

    id: str
    title: str
    form_fields: Annotated[list[FieldOfForm], Meta(description="The fields of the steps.")]
    ko_form_fields: Annotated[list[FieldOfForm], Meta(description="The fields of the kick-off form.")]


class StepDeadlineTime(msgspec.Struct, kw_only=True):
    """When a step would be due if a process were launched now."""

    step_id: str
    deadline_time: str


class ExportedTemplate(msgspec.Struct, kw_only=True):
    """A template as a document of its own; post it to create the same template elsewhere."""

    title: str
    type: str
    summary: str | None
    guidance: str | None
    icon: str | None
    webhook: str | None
    explanation_video: str | None
    kickoff_title: str | None
    kickoff_description: str | None
    auto_naming: bool
    default_process_name_format: str | None
    allow_launcher_change_name: bool
    folder_changeable_by_launcher: bool
    folderize_process: bool
    tag_process: bool
    is_public_kickoff: bool
    can_add_oot: bool
    settings: TemplateSettings
    prerun: list[Any]
    stages: list[Any]
    steps: list[Any]
    automated_actions: list[Any]
    template_tests: Annotated[list[Any] | UnsetType, Meta(description="Its saved tests, where it has any.")] = UNSET


class TemplateQuery(msgspec.Struct, kw_only=True):
    """The filters of the list of templates."""

    q: Annotated[str, Meta(description="A part of the title, in any case.")] | UnsetType = UNSET
    status: (
        Annotated[
            str,
            Meta(description="A label (active, in-progress, finishing, published), or archived, or draft."),
        ]
        | UnsetType
    ) = UNSET
    type: Annotated[str, Meta(description="procedure, form or document.")] | UnsetType = UNSET
    starred: Annotated[bool, Meta(description="Only favourites, or only others.")] | UnsetType = UNSET
    folder: Annotated[str, Meta(description="Ids of folders, separated by commas; also `folder_id`.")] | UnsetType = (
        UNSET
    )
    tag: Annotated[str, Meta(description="Tags by id or title, separated by commas.")] | UnsetType = UNSET
    owner_id: Annotated[int, Meta(description="The owner.")] | UnsetType = UNSET
    archived: (
        Annotated[str, Meta(description="`only` for archived ones, any other true word to include them.")] | UnsetType
    ) = UNSET
    sort: (
        Annotated[
            str,
            Meta(
                description="title, created_at or updated, descending with a minus in front; also `sort_by`. Without "
                "it: pinned ones first, then those changed last."
            ),
        ]
        | UnsetType
    ) = UNSET
    entire_folder_tree: Annotated[bool, Meta(description="With subfolders.")] | UnsetType = UNSET


class VersionQuery(msgspec.Struct, kw_only=True):
    """Which version to show."""

    version: Annotated[int, Meta(description="Its number; else the draft or the live one.")] | UnsetType = UNSET


EXAMPLES: dict[str, Any] = {
    "TemplateSettings": {"reverse_rules_on_reopen": False},
    "Template": examples.TEMPLATE,
    "TemplatePermissions": examples.PERMISSIONS,
    "RemovedReference": examples.REFERENCE,
    "ArchivedTemplate": examples.ARCHIVED,
    "TemplateForms": examples.FORMS,
    "StepDeadlineTime": {"step_id": examples.STEP["id"], "deadline_time": "2027-03-05T09:14:31.000Z"},
    "ExportedTemplate": examples.EXPORTED,
    "TemplateQuery": {"q": "slipway", "status": "active", "sort": "title"},
    "VersionQuery": {"version": 3},
}
