"""Changes of a template itself: its texts and switches, label, publishing, archiving, deleting, permissions."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from handrail.engine.definition import Definition, Template
from handrail.engine.given import Given
from handrail.engine.people import member_id
from handrail.engine.template_edit import remove_field, set_kickoff
from handrail.features.audit import recording as audit
from handrail.features.people.roster import roster, roster_of
from handrail.features.schedules import service as schedules
from handrail.features.tags import service as tags
from handrail.features.templates import access, editing, grants, opening, references, store, versions, wire
from handrail.features.templates.heads import Head, head_from, head_of, label_from, refuse_steps, sharing_of
from handrail.features.templates.properties import document
from handrail.features.templates.store import TemplateRow
from handrail.kernel.actor import Actor
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.errors import Errors, Impossible
from handrail.kernel.permission import permit
from handrail.ports.database import Transaction

ARCHIVED = "Template archived."
AND_REFERENCES = "Template archived. References to it were also removed from the listed objects."
DELETED = "Template deleted for good."


async def update(
    tx: Transaction, actor: Actor, template_id: str, data: Mapping[str, Any], now: int
) -> tuple[TemplateRow, Template]:
    """Merge what was given over the template, kick-off form included. Raises NotFound, Denied, Invalid, Impossible."""
    draft = await editing.begin(tx, actor, template_id)
    row = draft.row
    errors = Errors()
    owner = member_id(data.get("owner_id"))
    known = await roster_of(
        tx, actor.organization_id, data, users=[*(() if owner is None else (owner,)), *sharing_of(data)]
    )
    before = head_of(row)
    filed = await references.known_folders(tx, actor.organization_id, data)
    head = head_from(data, current=before, creator_id=row.created_by, roster=known, folders=filed, errors=errors)
    if head.is_pinned != before.is_pinned:
        permit(actor, "template.pin")
    definition = draft.definition
    if data.get("prerun") is not None:
        definition = set_kickoff(definition, data["prerun"], errors=errors, now=now)
    if head.type != before.type and definition.steps:
        refuse_steps(head.type, "type", errors)
    errors.raise_if_any()
    changed = _with_head(row, head)
    if row.dual_version_enabled and not head.dual_version_enabled:
        changed = await _live(tx, changed)
    await grants.attach(
        tx,
        row.organization_id,
        row.id,
        [*map(grants.user, before.users), *map(grants.group, before.groups)],
        [*map(grants.user, head.users), *map(grants.group, head.groups)],
    )
    await opening.tell(tx, actor, row.id, head, before, now)
    said = f'changed the template "{head.title}"'
    return await editing.save(tx, actor, draft, definition, now, row=changed, said=said)


def _with_head(row: TemplateRow, head: Head) -> TemplateRow:
    return replace(
        row,
        title=head.title,
        type=head.type,
        starred=head.starred,
        is_public=head.is_public,
        is_public_kickoff=head.is_public_kickoff,
        is_pinned=head.is_pinned,
        dual_version_enabled=head.dual_version_enabled,
        folder_id=head.folder_id,
        owner_id=head.owner_id,
        users=document(head.users),
        groups=document(head.groups),
        properties=document(head.properties),
    )


async def remove_kickoff_field(tx: Transaction, actor: Actor, template_id: str, field_id: str, now: int) -> None:
    """Delete a kick-off field; answers in processes stay. Impossible while a rule uses it."""
    draft = await editing.begin(tx, actor, template_id)
    definition = remove_field(draft.definition, None, field_id)
    said = f'removed a kick-off field from the template "{draft.row.title}"'
    await editing.save(tx, actor, draft, definition, now, said=said, verb="deleted", subject=("Prerun", field_id))


async def label(tx: Transaction, actor: Actor, template_id: str, data: Mapping[str, Any], now: int) -> TemplateRow:
    """Set the work-in-progress label; whoever can read the template may, except light members."""
    row, _ = await access.lock(tx, actor, template_id, "template.label")
    errors = Errors()
    word = label_from(Given(data, "", errors))
    errors.raise_if_any()
    if word == row.label:
        return row
    changed = replace(row, label=word, updated_by=actor.user_id, updated_at=now)
    await tx.run(store.update, **store.changes(changed))
    await editing.tell(tx, actor, row, now, said=f'set the status of the template "{row.title}" to {word}')
    return changed


async def publish(tx: Transaction, actor: Actor, template_id: str, now: int) -> TemplateRow:
    """Make the draft the live version; nothing happens when there is none."""
    row, _ = await access.lock(tx, actor, template_id, "template.edit")
    if row.draft_version is None:
        return row
    changed = replace(await _live(tx, row), updated_by=actor.user_id, updated_at=now)
    await tx.run(store.update, **store.changes(changed))
    await editing.tell(tx, actor, row, now, said=f'published the template "{row.title}"', verb="published")
    return changed


async def _live(tx: Transaction, row: TemplateRow) -> TemplateRow:
    """The row with its draft as the live version. A live version that no process needs is dropped."""
    if row.draft_version is None:
        return row
    await tx.run(store.delete_version, organization_id=row.organization_id, template_id=row.id, version=row.version)
    return replace(row, version=row.draft_version, draft_version=None)


async def archive(tx: Transaction, actor: Actor, template_id: str, now: int) -> wire.ArchivedTemplate:
    """Archive; processes keep going. Steps of other templates that would launch it no longer do, and are reported."""
    row, _ = await access.lock(tx, actor, template_id, "template.edit", archived=None)
    if row.archived_at is not None:
        return wire.ArchivedTemplate(message=ARCHIVED, deleted_references=[])
    changed = replace(row, archived_at=now, updated_by=actor.user_id, updated_at=now)
    await tx.run(store.update, **store.changes(changed))
    removed = await _remove_references(tx, row, now)
    await editing.tell(tx, actor, row, now, said=f'archived the template "{row.title}"', verb="archived")
    return wire.ArchivedTemplate(message=AND_REFERENCES if removed else ARCHIVED, deleted_references=removed)


async def _remove_references(tx: Transaction, archived: TemplateRow, now: int) -> list[wire.RemovedReference]:
    found = await tx.all(store.versions_with, organization_id=archived.organization_id, text=archived.id)
    removed: dict[str, wire.RemovedReference] = {}

    def cleared(definition: Definition) -> Definition:
        definition, steps = references.without_launches_of(definition, archived.id)
        removed.update((step.id, wire.RemovedReference(type="Step", title=step.title, id=step.id)) for step in steps)
        return definition

    for template_id in dict.fromkeys(version.template_id for version in found):
        row = await tx.one(store.get_locked, organization_id=archived.organization_id, id=template_id)
        if row is None or row.id == archived.id:
            continue
        changed = await versions.rewrite(tx, row, cleared, now)
        if changed != row:
            await tx.run(store.update, **store.changes(changed))
    for schedule_id, title in await schedules.forget_template(tx, archived.organization_id, archived.id):
        removed[schedule_id] = wire.RemovedReference(type="Schedule", title=title, id=schedule_id)
    return list(removed.values())


async def restore(tx: Transaction, actor: Actor, template_id: str, now: int) -> TemplateRow:
    """Bring an archived template back; one that is not archived stays as it is."""
    row, _ = await access.lock(tx, actor, template_id, "template.edit", archived=None)
    if row.archived_at is None:
        return row
    changed = replace(row, archived_at=None, updated_by=actor.user_id, updated_at=now)
    await tx.run(store.update, **store.changes(changed))
    await editing.tell(tx, actor, row, now, said=f'restored the template "{row.title}"', verb="unarchived")
    return changed


async def delete(tx: Transaction, actor: Actor, template_id: str, now: int) -> wire.ArchivedTemplate:
    """Delete an archived template for good. Impossible when it is not archived.

    What processes were launched from stays readable for them: then the row remains, for them alone.
    """
    row, _ = await access.lock(tx, actor, template_id, "template.delete", archived=None)
    if row.archived_at is None:
        raise Impossible("Archive the template first; only archived templates can be deleted for good.")
    organization_id = actor.organization_id
    await editing.tell(tx, actor, row, now, said=f'deleted the template "{row.title}" for good', verb="deleted")
    await tags.take_off(tx, organization_id, [row.id])
    if await tx.value(store.frozen_count, organization_id=organization_id, template_id=row.id):
        await tx.run(store.delete_unfrozen, organization_id=organization_id, template_id=row.id)
        gone = replace(row, deleted_at=now, updated_by=actor.user_id, updated_at=now)
        await tx.run(store.update, **store.changes(gone))
    else:
        await tx.run(store.delete, organization_id=organization_id, id=row.id)
    return wire.ArchivedTemplate(message=DELETED, deleted_references=[])


async def set_permissions(
    tx: Transaction, actor: Actor, template_id: str, data: Mapping[str, Any], now: int
) -> dict[str, Any]:
    """Replace the lists that are given; all five as they are now. Raises NotFound, Denied, Invalid."""
    row, _ = await access.lock(tx, actor, template_id, "template.edit")
    organization_id = actor.organization_id
    errors = Errors()
    users, groups = _named_in(data)
    known = await roster(tx, organization_id, users=users, groups=groups)
    wanted = grants.from_wire(data, roster=known, errors=errors)
    errors.raise_if_any()
    if wanted:
        await tx.run(store.delete_grants, organization_id=organization_id, template_id=row.id, permissions=list(wanted))
        pairs = [(permission, principal) for permission, listed in wanted.items() for principal in listed]
        if "PROCESS_READ" in wanted:
            pairs.append(("PROCESS_READ", grants.user(row.created_by)))
        await grants.insert(tx, organization_id, row.id, pairs)
        said = f'changed who may do what with the template "{row.title}"'
        await editing.tell(tx, actor, row, now, said=said)
        detail = {"after": {permission: sorted(listed) for permission, listed in wanted.items()}}
        await audit.note(tx, actor, now, "permission_changed", said, subject=("Checklist", row.id), detail=detail)
    return grants.to_wire(await tx.all(store.grants_of, organization_id=organization_id, ids=[row.id]))


def _named_in(data: Mapping[str, Any]) -> tuple[set[int], set[str]]:
    users: set[int] = set()
    groups: set[str] = set()
    for listed in (as_object(data.get("permissions")) or {}).values():
        for entry in as_list(listed) or []:
            item = as_object(entry) or {}
            name = item.get("id")
            if item.get("type") == "user" and (user_id := member_id(name)) is not None:
                users.add(user_id)
            elif isinstance(name, str):
                groups.add(name)
    return users, groups
