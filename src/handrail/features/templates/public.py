"""What strangers may know of templates: open kick-off forms, and the library (engine 3.3, wire 2.24)."""

import msgspec

from handrail.engine.definition import Template
from handrail.features.templates import store, versions
from handrail.features.templates.properties import Properties, properties_of
from handrail.kernel.ids import is_id
from handrail.ports.database import Reader


class PublicForm(msgspec.Struct, frozen=True):
    """An open kick-off form. `launchers` are those who may stand for a launch, the first who is active does."""

    alias: str
    template: Template
    kickoff_title: str | None
    kickoff_description: str | None
    launchers: tuple[int, ...]


class PublicEntry(msgspec.Struct, frozen=True):
    """A template of the library."""

    id: str
    alias: str
    title: str
    type: str
    steps_count: int
    properties: Properties


async def public_form(reader: Reader, organization_id: str, alias: str) -> PublicForm | None:
    """The form with this alias, or of the template with this id, while it is open."""
    statement = store.get if is_id(alias) else store.get_by_alias
    key = "id" if is_id(alias) else "alias"
    row = await reader.one(statement, organization_id=organization_id, **{key: alias})
    if row is None or not row.is_public_kickoff or row.archived_at is not None or row.deleted_at is not None:
        return None
    if row.version == 0:
        return None
    version = await versions.load(reader, organization_id, row.id, row.version)
    if version is None:
        return None
    properties = properties_of(row)
    sharing = properties.kickoff_sharing_user_id
    launchers = (row.owner_id,) if sharing is None else (sharing, row.owner_id)
    title, text = properties.kickoff_title, properties.kickoff_description
    return PublicForm(row.alias, version.template, title, text, launchers)


async def public_library(reader: Reader) -> list[PublicEntry]:
    """Every public template of every organization, the newest first, up to some thousands."""
    return [
        PublicEntry(row.id, row.alias, row.title, row.type, row.steps_count, properties_of(row))
        for row in await reader.all(store.public_rows, limit=2000)
    ]
