"""A stored template in its public form."""

from typing import Any, cast

import msgspec

from handrail.engine.definition import Template
from handrail.engine.portable import export_definition, fields_to_wire, rule_to_wire, stage_to_wire, step_to_wire
from handrail.features.templates import wire
from handrail.features.templates.parts_wire import Field, FieldOfForm, Rule
from handrail.features.templates.properties import Properties, properties_of
from handrail.features.templates.store import TemplateRow
from handrail.kernel.clock import iso, iso_or_none

_integers = msgspec.json.Decoder(list[int]).decode
_texts = msgspec.json.Decoder(list[str]).decode
_object = msgspec.json.Decoder(dict[str, Any]).decode


def template_to_wire(row: TemplateRow, shown: Template) -> wire.Template:
    """The template with one of its versions."""
    definition = shown.definition
    properties = properties_of(row)
    return wire.Template(
        **_head(row, properties),
        is_published_state=shown.version == row.version or not row.dual_version_enabled,
        version=shown.version,
        # the engine writes the parts as plain objects with exactly the keys of these structs
        prerun=cast(list[Field], fields_to_wire(definition.kickoff, checklist_id=row.id)),
        automated_actions=cast(list[Rule], [rule_to_wire(rule) for rule in definition.rules]),
    )


def brief(row: TemplateRow) -> dict[str, Any]:
    """The template without what is in its versions."""
    return {
        **_head(row, properties_of(row)),
        "is_published_state": row.draft_version is None,
        "version": row.version,
    }


def _head(row: TemplateRow, properties: Properties) -> dict[str, Any]:
    reverse = properties.reverse_rules_on_reopen
    return {
        "id": row.id,
        "increment_id": row.increment_id,
        "organization_id": row.organization_id,
        "title": row.title,
        "summary": properties.summary,
        "starred": bool(row.starred),
        "webhook": properties.webhook,
        "explanation_video": properties.explanation_video,
        "guidance": properties.guidance,
        "icon": properties.icon,
        "alias": row.alias,
        "folder_id": row.folder_id,
        "created_by": row.created_by,
        "owner_id": row.owner_id,
        "last_updated_by": row.updated_by,
        "started_processes": row.started_processes,
        "steps_count": row.steps_count,
        "kickoff_title": properties.kickoff_title,
        "kickoff_description": properties.kickoff_description,
        "created_at": iso(row.created_at),
        "last_updated": iso(row.updated_at),
        "archived_at": iso_or_none(row.archived_at),
        "status": row.label,
        "type": row.type,
        "is_public": bool(row.is_public),
        "is_featured": properties.is_featured,
        "is_public_kickoff": bool(row.is_public_kickoff),
        "is_pinned": bool(row.is_pinned),
        "dual_version_enabled": bool(row.dual_version_enabled),
        "auto_naming": properties.auto_naming,
        "default_process_name_format": properties.default_process_name_format,
        "public_cover": properties.public_cover,
        "industry_tags": list(properties.industry_tags),
        "topic_tags": list(properties.topic_tags),
        "users": _integers(row.users),
        "groups": _texts(row.groups),
        "folderize_process": properties.folderize_process,
        "tag_process": properties.tag_process,
        "allow_launcher_change_name": properties.allow_launcher_change_name,
        "can_add_oot": properties.can_add_oot,
        "ko_form_blueprint_id": None,
        "default_folder": properties.default_folder,
        "folder_changeable_by_launcher": properties.folder_changeable_by_launcher,
        "kickoff_sharing_user_id": properties.kickoff_sharing_user_id,
        "settings": None if reverse is None else wire.TemplateSettings(reverse_rules_on_reopen=reverse),
        "custom_fields": {} if row.custom_fields is None else _object(row.custom_fields),
    }


def steps_to_wire(shown: Template) -> list[dict[str, Any]]:
    """The steps of a version, in order."""
    steps = shown.definition.steps
    return [step_to_wire(step, position, checklist_id=shown.id) for position, step in enumerate(steps, 1)]


def stages_to_wire(shown: Template) -> list[dict[str, Any]]:
    """The stages of a version, in order."""
    stages = shown.definition.stages
    return [stage_to_wire(stage, position, checklist_id=shown.id) for position, stage in enumerate(stages, 1)]


def forms_to_wire(row: TemplateRow, shown: Template) -> wire.TemplateForms:
    """Every field of the kick-off form and of the steps (wire CHK-10)."""
    kickoff = fields_to_wire(shown.definition.kickoff, checklist_id=row.id)
    captures = [
        _field_of_form(field, step_id=step.id, step_title=step.title)
        for step in shown.definition.steps
        for field in fields_to_wire(step.fields, step_id=step.id)
    ]
    return wire.TemplateForms(
        id=row.id,
        title=row.title,
        form_fields=captures,
        ko_form_fields=[_field_of_form(field) for field in kickoff],
    )


_OF_FORM = ("id", "alias", "label", "field_type", "required", "position", "options", "columns")


def _field_of_form(field: dict[str, Any], **more: Any) -> FieldOfForm:
    return FieldOfForm(**{name: field[name] for name in _OF_FORM}, **more)


_EXPORTED = tuple(
    name
    for name in wire.ExportedTemplate.__struct_fields__
    if name not in ("settings", "prerun", "stages", "steps", "automated_actions", "template_tests")
)


def export_to_wire(row: TemplateRow, shown: Template) -> wire.ExportedTemplate:
    """The template as a document that can be posted to create the same template (wire CHK-13)."""
    properties = properties_of(row)
    head = _head(row, properties)
    return wire.ExportedTemplate(
        **{name: head[name] for name in _EXPORTED},
        settings=wire.TemplateSettings(reverse_rules_on_reopen=bool(properties.reverse_rules_on_reopen)),
        **export_definition(shown.definition),
    )
