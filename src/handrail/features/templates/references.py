"""What a template may refer to outside of itself: tags, folders, and templates that its steps launch."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from handrail.engine.definition import Definition, Step
from handrail.engine.launch_next import why_not
from handrail.features.folders import service as folders
from handrail.features.tags import service as tags
from handrail.features.templates import access, store, versions
from handrail.features.templates.store import TemplateRow
from handrail.kernel.actor import Actor
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.errors import Errors
from handrail.kernel.ids import is_id
from handrail.kernel.permission import may
from handrail.ports.database import Reader


async def known_tags(reader: Reader, organization_id: str, data: Mapping[str, Any]) -> frozenset[str]:
    """Those of the tags named by a step's body, or by the steps of a template's body, that exist."""
    named: set[str] = set()
    for step in _steps_of(data):
        for entry in as_list(step.get("tags")) or []:
            item = as_object(entry)
            tag = entry if item is None else item.get("tag_id", item.get("id"))
            if isinstance(tag, str) and is_id(tag):
                named.add(tag)
    if not named:
        return frozenset()
    return frozenset(await tags.check(reader, organization_id, sorted(named), "tags", Errors()))


async def known_folders(reader: Reader, organization_id: str, data: Mapping[str, Any]) -> Mapping[str, str]:
    """The types of those of the folders named by a template's body that exist, by id."""
    return await folders.types_of(reader, organization_id, (data.get("folder_id"), data.get("default_folder")))


async def known_templates(reader: Reader, actor: Actor, data: Mapping[str, Any]) -> dict[str, str]:
    """Those of the templates to launch, named as in `known_tags`, that the actor may read: by id, why a task cannot
    launch it, empty where it can."""
    named: set[str] = set()
    for step in _steps_of(data):
        template_id = (as_object(step.get("bp_to_launch")) or {}).get("id")
        if isinstance(template_id, str) and is_id(template_id):
            named.add(template_id)
    if not named:
        return {}
    return {row.id: await _why_not(reader, row) for row in await readable(reader, actor, named)}


async def _why_not(reader: Reader, row: TemplateRow) -> str:
    version = await versions.load(reader, row.organization_id, row.id, row.version or row.working_version)
    return "" if version is None else why_not(version.template) or ""


async def readable(reader: Reader, actor: Actor, ids: Iterable[str]) -> list[TemplateRow]:
    """Those of the templates that are not archived and that the actor may read."""
    wanted = sorted(set(ids))
    rows = await reader.all(store.rows_named, organization_id=actor.organization_id, ids=wanted)
    grants = await reader.all(store.grants_of, organization_id=actor.organization_id, ids=wanted)
    return [
        row
        for row in rows
        if row.archived_at is None
        and may(
            actor,
            "template.read",
            access.relations(actor, row, [grant for grant in grants if grant.template_id == row.id]),
        )
    ]


def without_launches_of(definition: Definition, template_id: str) -> tuple[Definition, list[Step]]:
    """The definition with no step that launches this template, and the steps that did."""
    cleared = [step for step in definition.steps if step.next_launch is not None and step.next_launch.id == template_id]
    if not cleared:
        return definition, []
    steps = tuple(replace(step, next_launch=None) if step in cleared else step for step in definition.steps)
    return replace(definition, steps=steps), cleared


def _steps_of(data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    steps = data.get("steps")
    wrapped = as_object(steps)
    listed = as_list(steps if wrapped is None else wrapped.get("data"))
    if listed is None:
        return [data]
    return [step for entry in listed if (step := as_object(entry)) is not None]
