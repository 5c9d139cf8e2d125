"""What launching a process needs of its template (engine 3.2)."""

import msgspec

from handrail.engine.definition import Template
from handrail.features.templates import access, store, versions
from handrail.features.templates.properties import properties_of
from handrail.features.templates.store import TemplateRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Impossible, NotFound
from handrail.ports.database import Reader, Transaction


class Inherited(msgspec.Struct, frozen=True):
    """What a new process takes over from its template as it is now: people as JSON lists, and the folder."""

    users: str = "[]"
    groups: str = "[]"
    folder_id: str | None = None
    launcher_may_choose_folder: bool = True

    @classmethod
    def of(cls, row: TemplateRow) -> "Inherited":
        """From the template's row."""
        properties = properties_of(row)
        return cls(row.users, row.groups, properties.default_folder, properties.folder_changeable_by_launcher)


async def load_for_launch(tx: Transaction, actor: Actor, template_id: str) -> Template:
    """The live version of a template, frozen from now on. Raises as `load_with_inherited` does."""
    template, _ = await load_with_inherited(tx, actor, template_id)
    return template


async def load_with_inherited(tx: Transaction, actor: Actor, template_id: str) -> tuple[Template, Inherited]:
    """The same, with what processes launched from it begin with.

    NotFound when it is archived, unknown or not for this person to see; Denied without the permission to launch;
    Impossible while nothing has been published. Call `count_launch` at the end of the transaction.
    """
    organization_id = actor.organization_id
    row = await tx.one(store.get, organization_id=organization_id, id=template_id)
    row, _ = await access.check(tx, actor, row, "template.launch")
    if row.archived_at is not None:
        raise NotFound
    if row.version == 0:
        raise Impossible("This template is a draft. Publish it first; then processes can be launched from it.")
    found = await versions.load(tx, organization_id, template_id, row.version)
    if found is None or not found.frozen:
        # nobody may edit it between reading and freezing
        row, _ = await access.lock(tx, actor, template_id, "template.launch")
        found = await versions.load(tx, organization_id, template_id, row.version)
        assert found is not None
        await versions.freeze(tx, organization_id, found)
    return found.template, Inherited.of(row)


async def live(reader: Reader, organization_id: str, template_id: str) -> Template | str:
    """The version that a launch which nobody asks for would take now, or why there is none; nothing is frozen."""
    row = await reader.one(store.get, organization_id=organization_id, id=template_id)
    reason = _why_not(row)
    if row is None or reason is not None:
        return reason or ""
    found = await versions.load(reader, organization_id, template_id, row.version)
    assert found is not None
    return found.template


def _why_not(row: TemplateRow | None) -> str | None:
    if row is None or row.deleted_at is not None:
        return "That template has been deleted."
    if row.archived_at is not None:
        return f'The template "{row.title}" is archived.'
    if row.version == 0:
        return f'The template "{row.title}" is a draft that was never published.'
    return None


async def load_unattended(tx: Transaction, organization_id: str, template_id: str) -> Template | str:
    """The same for a launch that nobody asks for at that moment, so that no permission is looked at: the live
    version, frozen from now on, or why there is none."""
    row = await tx.one(store.get, organization_id=organization_id, id=template_id)
    reason = _why_not(row)
    if row is None or reason is not None:
        return reason or ""
    found = await versions.load(tx, organization_id, template_id, row.version)
    if found is None or not found.frozen:
        row = await tx.one(store.get_locked, organization_id=organization_id, id=template_id)
        if row is None or row.archived_at is not None:
            return "That template is archived."
        found = await versions.load(tx, organization_id, template_id, row.version)
        assert found is not None
        await versions.freeze(tx, organization_id, found)
    return found.template


async def count_launch(tx: Transaction, organization_id: str, template_id: str) -> None:
    """Count a launch. Last in its transaction: until that ends, other launches of the template wait here."""
    await tx.defer(store.count_launch, organization_id=organization_id, id=template_id)
