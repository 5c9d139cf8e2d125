"""The public JSON of templates (wire 2.7); their parts have a file of their own."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.engine import limits
from handrail.features.templates import heads
from handrail.features.templates.parts_wire import Field, FieldOfForm, Rule

_FLAG = {"type": "boolean"}
_TEXT = {"type": ["string", "null"]}


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
    runs: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: its newest processes, in `data`.")] = UNSET
    statistics: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: counts of processes.")] = UNSET
    linked_tasks: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: tasks linked to it.")] = UNSET
    assets: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: its files.")] = UNSET
    member_watchers: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: members who watch it.")] = UNSET
    guest_watchers: Annotated[dict[str, Any] | UnsetType, Meta(description="Include: guests who watch it.")] = UNSET


class TemplateBody(msgspec.Struct, kw_only=True):
    """What may be written of a template. Keys that are left out stay as they are; unknown keys are dropped."""

    title: Annotated[
        Any,
        Meta(
            description="The name; needed for a new template.",
            extra_json_schema={"type": "string", "minLength": 1, "maxLength": heads.TITLE},
        ),
    ] = UNSET
    type: Annotated[
        Any,
        Meta(
            description="Steps, a kick-off form alone, or a text.",
            extra_json_schema={"type": "string", "enum": list(heads.TYPES), "default": "procedure"},
        ),
    ] = UNSET
    summary: Annotated[
        Any, Meta(description="What it is for, as HTML.", extra_json_schema={**_TEXT, "maxLength": heads.SUMMARY})
    ] = UNSET
    guidance: Annotated[Any, Meta(description="Instructions for launching, as HTML.", extra_json_schema=_TEXT)] = UNSET
    owner_id: Annotated[
        Any, Meta(description="The member it belongs to.", extra_json_schema={"type": ["integer", "string"]})
    ] = UNSET
    webhook: Annotated[
        Any, Meta(description="The address told of its processes.", extra_json_schema={**_TEXT, "format": "uri"})
    ] = UNSET
    explanation_video: Annotated[
        Any, Meta(description="The address of a video.", extra_json_schema={**_TEXT, "format": "uri"})
    ] = UNSET
    icon: Annotated[
        Any,
        Meta(description="The name of a picture.", extra_json_schema={**_TEXT, "maxLength": heads.SHORT_TEXT}),
    ] = UNSET
    public_cover: Annotated[
        Any, Meta(description="The picture of the public page.", extra_json_schema={**_TEXT, "maxLength": 2048})
    ] = UNSET
    kickoff_title: Annotated[
        Any,
        Meta(
            description="The title of the kick-off form.",
            extra_json_schema={**_TEXT, "maxLength": heads.SHORT_TEXT},
        ),
    ] = UNSET
    kickoff_description: Annotated[
        Any,
        Meta(
            description="The text above the kick-off form.",
            extra_json_schema={**_TEXT, "maxLength": limits.GUIDANCE},
        ),
    ] = UNSET
    default_process_name_format: Annotated[
        Any,
        Meta(
            description="How processes are called; may hold {{DATE}}, {{TEMPLATE_NAME}} and {{aliases}} of fields.",
            extra_json_schema={**_TEXT, "maxLength": limits.NAME_FORMAT},
        ),
    ] = UNSET
    auto_naming: Annotated[Any, Meta(description="Name processes by that format.", extra_json_schema=_FLAG)] = UNSET
    allow_launcher_change_name: Annotated[
        Any, Meta(description="Whoever launches may give another name.", extra_json_schema=_FLAG)
    ] = UNSET
    starred: Annotated[Any, Meta(description="Marked as a favourite.", extra_json_schema=_FLAG)] = UNSET
    is_pinned: Annotated[
        Any, Meta(description="First in the library for everybody; administrators only.", extra_json_schema=_FLAG)
    ] = UNSET
    is_public: Annotated[Any, Meta(description="Anybody may read it.", extra_json_schema=_FLAG)] = UNSET
    is_featured: Annotated[Any, Meta(description="Shown first among public ones.", extra_json_schema=_FLAG)] = UNSET
    is_public_kickoff: Annotated[
        Any, Meta(description="Anybody may fill in the kick-off form.", extra_json_schema=_FLAG)
    ] = UNSET
    dual_version_enabled: Annotated[
        Any, Meta(description="Keep edits in a draft until it is published.", extra_json_schema=_FLAG)
    ] = UNSET
    folderize_process: Annotated[
        Any, Meta(description="Whoever launches must choose a folder.", extra_json_schema=_FLAG)
    ] = UNSET
    tag_process: Annotated[Any, Meta(description="Whoever launches must choose a tag.", extra_json_schema=_FLAG)] = (
        UNSET
    )
    folder_changeable_by_launcher: Annotated[
        Any, Meta(description="Whoever launches may choose another folder.", extra_json_schema=_FLAG)
    ] = UNSET
    can_add_oot: Annotated[
        Any, Meta(description="Processes take tasks that are not in the template.", extra_json_schema=_FLAG)
    ] = UNSET
    folder_id: Annotated[Any, Meta(description="The folder it is in.", extra_json_schema=_TEXT)] = UNSET
    default_folder: Annotated[Any, Meta(description="The folder of its processes.", extra_json_schema=_TEXT)] = UNSET
    users: Annotated[
        Any,
        Meta(
            description="Members who may see and launch it; replaces the list.",
            extra_json_schema={"type": "array", "items": {"type": "integer"}, "maxItems": limits.PEOPLE},
        ),
    ] = UNSET
    groups: Annotated[
        Any,
        Meta(
            description="Groups who may see and launch it; replaces the list.",
            extra_json_schema={"type": "array", "items": {"type": "string"}, "maxItems": limits.PEOPLE},
        ),
    ] = UNSET
    prerun: Annotated[
        Any,
        Meta(
            description="The whole kick-off form: known ids are changed, others created, fields left out removed.",
            extra_json_schema={
                "type": "array",
                "items": {"$ref": "#/components/schemas/FieldBody"},
                "maxItems": limits.FIELDS,
            },
        ),
    ] = UNSET
    settings: Annotated[
        Any,
        Meta(
            description="Our own switches.",
            extra_json_schema={
                "type": ["object", "null"],
                "properties": {"reverse_rules_on_reopen": {"type": "boolean"}},
            },
        ),
    ] = UNSET


class NewTemplateBody(TemplateBody, kw_only=True):
    """A new template. A whole exported template may be posted; its ids are names inside of the body alone."""

    stages: Annotated[
        Any,
        Meta(
            description="The stages.",
            extra_json_schema={"type": "array", "items": {"type": "object"}, "maxItems": limits.STAGES},
        ),
    ] = UNSET
    steps: Annotated[
        Any,
        Meta(
            description="The steps, each with its form in `captures`.",
            extra_json_schema={"type": "array", "items": {"type": "object"}, "maxItems": limits.STEPS},
        ),
    ] = UNSET
    automated_actions: Annotated[
        Any,
        Meta(
            description="The rules.",
            extra_json_schema={
                "type": "array",
                "items": {"$ref": "#/components/schemas/RuleBody"},
                "maxItems": limits.RULES,
            },
        ),
    ] = UNSET


class CloneBody(msgspec.Struct, kw_only=True):
    """How to duplicate a template."""

    tenant: Annotated[str, Meta(max_length=64, description="The organization it is in; this one when left out.")] | (
        UnsetType | None
    ) = UNSET
    title: Annotated[str, Meta(max_length=heads.TITLE, description="The copy's title.")] | UnsetType | None = UNSET


class LabelBody(msgspec.Struct, kw_only=True):
    """The work-in-progress label."""

    status: Annotated[
        Any,
        Meta(
            description="How far the writing of the template is.",
            extra_json_schema={"type": "string", "enum": ["started", *heads.LABELS]},
        ),
    ] = UNSET


class Permissions(msgspec.Struct, kw_only=True):
    """Five lists, each the word `everyone` or people: `{"type": "user"|"group", "id": ...}`."""

    permissions: Annotated[
        dict[str, Any],
        Meta(
            description="EDIT, READ, LAUNCH, DUPLICATE, PROCESS_READ. DUPLICATE is null while readers may duplicate.",
        ),
    ]


class Reference(msgspec.Struct, kw_only=True):
    """Something that referred to an archived template."""

    type: Annotated[str, Meta(description="Blueprint or Step.")]
    title: str
    id: str


class Archived(msgspec.Struct, kw_only=True):
    """What archiving or deleting a template did."""

    message: str
    deleted_references: list[Reference]


class Forms(msgspec.Struct, kw_only=True):
    """Every form field of a template."""

    id: str
    title: str
    form_fields: Annotated[list[FieldOfForm], Meta(description="The fields of the steps.")]
    ko_form_fields: Annotated[list[FieldOfForm], Meta(description="The fields of the kick-off form.")]


class StepDeadlineTime(msgspec.Struct, kw_only=True):
    """When a step would be due if a process were launched now."""

    step_id: str
    deadline_time: str


class Exported(msgspec.Struct, kw_only=True):
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


class ListQuery(msgspec.Struct, kw_only=True):
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
    tag: Annotated[str, Meta(description="Ids of tags, separated by commas: any of them.")] | UnsetType = UNSET
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
