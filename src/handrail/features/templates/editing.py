"""One edit of a template: locked, checked, changed in memory, stored as a version, told to the feed."""

import msgspec
from msgspec.structs import replace

from handrail.engine.definition import Definition, Template
from handrail.features.activity.service import Entry, record
from handrail.features.templates import access, store, versions
from handrail.features.templates.properties import launch_settings, properties_of
from handrail.features.templates.store import TemplateRow
from handrail.features.templates.versions import Version
from handrail.kernel.actor import Actor
from handrail.ports.database import Transaction


class Draft(msgspec.Struct, frozen=True):
    """A locked template and the version that an edit starts from."""

    row: TemplateRow
    current: Version

    @property
    def definition(self) -> Definition:
        return self.current.definition


async def begin(tx: Transaction, actor: Actor, template_id: str, action: str = "template.edit") -> Draft:
    """Lock a template for an edit. Raises NotFound or Denied."""
    row, _ = await access.lock(tx, actor, template_id, action)
    return Draft(row, await versions.working(tx, row))


async def save(
    tx: Transaction,
    actor: Actor,
    draft: Draft,
    definition: Definition,
    now: int,
    *,
    row: TemplateRow | None = None,
    said: str,
    verb: str = "updated",
    subject: tuple[str, str] | None = None,
) -> tuple[TemplateRow, Template]:
    """Store the edit: the changed definition and, where it changed, the row. What is stored now.

    `said` is the line of the feed. `subject` is the type and id of the part it is about, the template itself if none.
    """
    changed = row or draft.row
    version, draft_version = await versions.write(tx, changed, draft.current, definition, now)
    changed = replace(
        changed,
        version=version,
        draft_version=draft_version,
        steps_count=len(definition.steps),
        updated_by=actor.user_id,
        updated_at=now,
    )
    await tx.run(store.update, **store.changes(changed))
    await tell(tx, actor, changed, now, said=said, verb=verb, subject=subject)
    settings = launch_settings(changed.title, changed.type, properties_of(changed))
    return changed, settings.template(changed.id, changed.working_version, definition)


async def tell(
    tx: Transaction,
    actor: Actor,
    row: TemplateRow,
    now: int,
    *,
    said: str,
    verb: str = "updated",
    subject: tuple[str, str] | None = None,
) -> None:
    """A line for the feed of the template."""
    kind, subject_id = subject or ("Checklist", row.id)
    entry = Entry(
        verb=verb,
        subject_type=kind,
        subject_id=subject_id,
        description=said,
        parent_type=None if subject is None else "Checklist",
        parent_id=None if subject is None else row.id,
    )
    await record(tx, actor, now, [entry])
