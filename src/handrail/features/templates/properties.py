"""The texts and switches of a template that nothing filters by, and which of them a process keeps (engine 1.2)."""

from typing import Any

import msgspec

from handrail.engine.definition import Definition, Template, TemplateType
from handrail.features.templates.store import TemplateRow


class Properties(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The document in `templates.properties`."""

    summary: str | None = None
    guidance: str | None = None
    webhook: str | None = None
    explanation_video: str | None = None
    icon: str | None = None
    public_cover: str | None = None
    kickoff_title: str | None = None
    kickoff_description: str | None = None
    default_process_name_format: str | None = None
    default_folder: str | None = None
    auto_naming: bool = False
    is_featured: bool = False
    folderize_process: bool = False
    tag_process: bool = False
    allow_launcher_change_name: bool = True
    folder_changeable_by_launcher: bool = True
    can_add_oot: bool = True
    kickoff_sharing_user_id: int | None = None
    # None: nobody ever said; reads as false
    reverse_rules_on_reopen: bool | None = None
    industry_tags: tuple[str, ...] = ()
    topic_tags: tuple[str, ...] = ()


class LaunchSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a process keeps of its template beside the definition; the document in `template_versions.settings`."""

    title: str
    type: TemplateType
    auto_naming: bool = False
    default_process_name_format: str | None = None
    allow_launcher_change_name: bool = True
    can_add_oot: bool = True
    default_folder: str | None = None
    folderize_process: bool = False
    tag_process: bool = False
    webhook: str | None = None
    reverse_rules_on_reopen: bool = False

    def template(self, template_id: str, version: int, definition: Definition) -> Template:
        """The template version as the engine sees it."""
        return Template(id=template_id, version=version, definition=definition, **msgspec.structs.asdict(self))


_properties = msgspec.json.Decoder(Properties)
_settings = msgspec.json.Decoder(LaunchSettings)
_definition = msgspec.json.Decoder(Definition)


def properties_of(row: TemplateRow) -> Properties:
    """The properties of a stored template."""
    return _properties.decode(row.properties)


def settings_from(document: str) -> LaunchSettings:
    """The launch settings of a stored version."""
    return _settings.decode(document)


def definition_from(document: str) -> Definition:
    """The definition of a stored version."""
    return _definition.decode(document)


def document(value: Any) -> str:
    """A struct as the JSON text of a column."""
    return msgspec.json.encode(value).decode()


def launch_settings(title: str, kind: Any, properties: Properties) -> LaunchSettings:
    """What a process launched now would keep."""
    return LaunchSettings(
        title=title,
        type=kind,
        auto_naming=properties.auto_naming,
        default_process_name_format=properties.default_process_name_format,
        allow_launcher_change_name=properties.allow_launcher_change_name,
        can_add_oot=properties.can_add_oot,
        default_folder=properties.default_folder,
        folderize_process=properties.folderize_process,
        tag_process=properties.tag_process,
        webhook=properties.webhook,
        reverse_rules_on_reopen=bool(properties.reverse_rules_on_reopen),
    )


def launch_settings_of(template: Template) -> LaunchSettings:
    """What a version already keeps."""
    return LaunchSettings(**{name: getattr(template, name) for name in LaunchSettings.__struct_fields__})
