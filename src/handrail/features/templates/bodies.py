"""What clients write of a template itself (wire 2.7); its parts have a file of their own."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from handrail.engine import limits
from handrail.features.templates import examples, heads

_FLAG = {"type": "boolean"}
_WORDS = {
    "type": ["array", "null"],
    "items": {"type": "string", "minLength": 1, "maxLength": heads.WORD},
    "maxItems": limits.TAGS,
}
_TEXT = {"type": ["string", "null"]}


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
    kickoff_sharing_user_id: Annotated[
        Any,
        Meta(
            description="The member as whom the public kick-off form launches; null for the owner.",
            extra_json_schema={"type": ["integer", "null"], "minimum": 1},
        ),
    ] = UNSET
    industry_tags: Annotated[
        Any, Meta(description="Words by which the public library is filtered.", extra_json_schema=_WORDS)
    ] = UNSET
    topic_tags: Annotated[
        Any, Meta(description="Words by which the public library is filtered.", extra_json_schema=_WORDS)
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

    template_tests: Annotated[
        Any,
        Meta(
            description="Saved tests, as an export writes them.",
            extra_json_schema={"type": "array", "items": {"type": "object"}, "maxItems": 100},
        ),
    ] = UNSET
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


EXAMPLES: dict[str, Any] = {
    "TemplateBody": examples.TEMPLATE_BODY,
    "NewTemplateBody": examples.NEW_TEMPLATE_BODY,
    "CloneBody": {"tenant": examples.ORGANIZATION_ID, "title": "Slipway booking, small boats"},
    "LabelBody": {"status": "finishing"},
}
