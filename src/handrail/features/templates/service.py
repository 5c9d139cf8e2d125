"""What other features may ask of templates."""

from collections.abc import Iterable
from typing import Any

from handrail.engine.definition import Template
from handrail.features.templates import access, lists, store, versions
from handrail.features.templates.creating import create, system_template
from handrail.features.templates.launching import (
    Inherited,
    count_launch,
    live,
    load_for_launch,
    load_unattended,
    load_with_inherited,
)
from handrail.features.templates.moving import (
    exchange_person,
    forget_folder,
    forget_group,
    forget_tag,
    reassign,
    with_title,
)
from handrail.features.templates.parts import change_step
from handrail.features.templates.present import brief
from handrail.features.templates.public import PublicForm, public_form, public_library
from handrail.features.templates.versions import definition_of, frozen_template, frozen_templates
from handrail.kernel.actor import Actor
from handrail.ports.database import Reader

__all__ = [
    "Inherited",
    "PublicForm",
    "briefs",
    "change_step",
    "count_in_folders",
    "count_launch",
    "create",
    "definition_of",
    "exchange_person",
    "forget_folder",
    "forget_group",
    "forget_tag",
    "frozen_template",
    "frozen_templates",
    "has_grant",
    "inherited",
    "live",
    "load_for_launch",
    "load_unattended",
    "load_with_inherited",
    "public_form",
    "public_library",
    "reassign",
    "seen",
    "system_template",
    "titles",
    "with_title",
    "working",
]


async def briefs(reader: Reader, organization_id: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Templates without their definitions, as the `checklist` include of processes shows them; archived ones too."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await reader.all(store.rows_named, organization_id=organization_id, ids=wanted)
    return {row.id: brief(row) for row in rows}


async def titles(reader: Reader, organization_id: str, ids: Iterable[str]) -> dict[str, str]:
    """The titles of templates; those deleted are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await reader.all(store.named, organization_id=organization_id, ids=wanted)
    return {row.id: row.title for row in rows}


async def working(reader: Reader, organization_id: str, template_id: str) -> Template | None:
    """The version that edits of a template start from; None when it was deleted."""
    row = await reader.one(store.get, organization_id=organization_id, id=template_id)
    if row is None or row.deleted_at is not None:
        return None
    return (await versions.working(reader, row)).template


async def seen(reader: Reader, actor: Actor, template_id: str) -> tuple[str, bool, frozenset[str]]:
    """A template's title, whether it is archived, and what the actor, who may see it, is to it. NotFound."""
    row = await reader.one(store.get, organization_id=actor.organization_id, id=template_id)
    row, held = await access.check(reader, actor, row, "template.read")
    return row.title, row.archived_at is not None, frozenset(held)


async def inherited(reader: Reader, organization_id: str, template_id: str) -> Inherited:
    """What processes launched from a template begin with."""
    row = await reader.one(store.get, organization_id=organization_id, id=template_id)
    return Inherited() if row is None else Inherited.of(row)


async def count_in_folders(reader: Reader, actor: Actor, folder_ids: Iterable[str]) -> dict[str, int]:
    """How many templates that the actor may see, archived ones apart, are in each of these folders."""
    statement = lists.by_folder(lists.visible_shape(actor))
    parameters = {"organization_id": actor.organization_id, **lists.visible_parameters(actor)}
    rows = await reader.all(statement, folder_ids=list(folder_ids), **parameters)
    return {row[0]: row[1] for row in rows}


async def has_grant(reader: Reader, actor: Actor, template_id: str, permission: str) -> bool:
    """Whether the actor holds a permission on a template: by name, through a group, or with everybody else."""
    found = await reader.value(
        store.has_grant,
        organization_id=actor.organization_id,
        template_id=template_id,
        permission=permission,
        principals=list(actor.grant_principals),
    )
    return found is not None
