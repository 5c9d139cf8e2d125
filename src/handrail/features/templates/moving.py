"""People who leave: one member's templates, steps and permissions go to another; a group that is gone is forgotten."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from handrail.engine.definition import Definition, Owners, Step
from handrail.features.templates import grants, store, versions
from handrail.features.templates.properties import document, properties_of
from handrail.features.templates.store import TemplateRow
from handrail.ports.database import Transaction


async def reassign(tx: Transaction, organization_id: str, from_user: int, to_user: int, now: int) -> list[str]:
    """Move ownership, assignments in steps and rules, attachments, permissions, and who shares public forms; the ids of
    the templates touched.

    Archived templates are included, versions that processes were launched from are not changed (engine 7.6).
    """

    def owners(found: Owners) -> Owners:
        return replace(found, users=_moved(found.users, from_user, to_user))

    def definition(found: Definition) -> Definition:
        return with_owners(found, owners)

    def row(found: TemplateRow) -> TemplateRow:
        users = msgspec.json.decode(found.users, type=tuple[int, ...])
        if from_user in users:
            found = replace(found, users=document(_moved(users, from_user, to_user)))
        properties = properties_of(found)
        if properties.kickoff_sharing_user_id == from_user:
            # who shares the public form launches it (around 2.6)
            found = replace(found, properties=document(replace(properties, kickoff_sharing_user_id=to_user)))
        return replace(found, owner_id=to_user) if found.owner_id == from_user else found

    touched = await tx.all(store.owned_by, organization_id=organization_id, owner_id=from_user)
    shared = await tx.all(store.with_property, organization_id=organization_id, text=f'sharing_user_id":{from_user}')
    ids = [found.id for found in (*touched, *shared)]
    ids += await _naming(tx, organization_id, str(from_user), row, definition)
    changed = [
        template_id
        for template_id in dict.fromkeys(ids)
        if await _rewrite(tx, organization_id, template_id, row, definition, now)
    ]
    await _move_grants(tx, organization_id, from_user, to_user)
    return changed


async def forget_group(tx: Transaction, organization_id: str, group_id: str, now: int) -> list[str]:
    """Take a deleted group out of steps, rules, attachments and permissions; the ids of the templates touched."""

    def owners(found: Owners) -> Owners:
        return replace(found, groups=tuple(group for group in found.groups if group != group_id))

    def definition(found: Definition) -> Definition:
        return with_owners(found, owners)

    def row(found: TemplateRow) -> TemplateRow:
        groups = msgspec.json.decode(found.groups, type=tuple[str, ...])
        if group_id not in groups:
            return found
        return replace(found, groups=document(tuple(group for group in groups if group != group_id)))

    changed = [
        template_id
        for template_id in await _naming(tx, organization_id, group_id, row, definition)
        if await _rewrite(tx, organization_id, template_id, row, definition, now)
    ]
    await tx.run(store.revoke_all, organization_id=organization_id, principal=grants.group(group_id))
    return changed


def unchanged(found: TemplateRow) -> TemplateRow:
    """The row as it is."""
    return found


async def forget_tag(tx: Transaction, organization_id: str, tag_id: str, now: int) -> list[str]:
    """Take a deleted tag off the steps of every template; the ids of the templates touched."""

    def definition(found: Definition) -> Definition:
        steps = [
            replace(step, tags=tuple(tag for tag in step.tags if tag != tag_id)) if tag_id in step.tags else step
            for step in found.steps
        ]
        return replace(found, steps=tuple(steps))

    return [
        template_id
        for template_id in await _naming(tx, organization_id, tag_id, unchanged, definition)
        if await _rewrite(tx, organization_id, template_id, unchanged, definition, now)
    ]


async def with_title(tx: Transaction, organization_id: str, title_id: str) -> list[str]:
    """The names of the templates, archived ones too, whose steps have a job title now, in order."""
    found = await tx.all(store.versions_with, organization_id=organization_id, text=title_id)
    ids = {
        version.template_id
        for version in found
        if any(title_id in step.roles for step in versions.decoded(version).definition.steps)
    }
    rows = await tx.all(store.named, organization_id=organization_id, ids=sorted(ids)) if ids else []
    return sorted(row.title for row in rows)


async def forget_folder(tx: Transaction, organization_id: str, folder_id: str, now: int) -> list[str]:
    """Take every template, archived ones too, out of a deleted folder, whose processes then go into none by default;
    the ids of the templates touched."""
    rows = await tx.all(store.in_folder, organization_id=organization_id, folder_id=folder_id, text=folder_id)
    changed: list[str] = []
    for found in sorted(rows, key=lambda row: row.id):
        row = await tx.one(store.get_locked, organization_id=organization_id, id=found.id)
        if row is None:
            continue
        properties = properties_of(row)
        after = replace(row, folder_id=None if row.folder_id == folder_id else row.folder_id)
        if properties.default_folder == folder_id:
            after = replace(after, properties=document(replace(properties, default_folder=None)))
        if after != row:
            await tx.run(store.update, **store.changes(after))
            changed.append(row.id)
    return changed


async def exchange_person(tx: Transaction, organization_id: str, gone: Owners, heir: Owners, now: int) -> list[str]:
    """Put a guest in the place of a member, a member in that of a guest, or nobody, wherever steps and rules name
    them; the ids of the templates touched.

    A member who is gone loses attachments and permissions, and keeps the templates they own. Steps without guests
    are left by who becomes one.
    """

    def owners(found: Owners) -> Owners:
        users = tuple(user for user in found.users if user not in gone.users)
        guests = tuple(guest for guest in found.guests if guest not in gone.guests)
        if (users, guests) == (found.users, found.guests):
            return found
        return replace(
            found,
            users=tuple(dict.fromkeys((*users, *heir.users))),
            guests=tuple(dict.fromkeys((*guests, *heir.guests))),
        )

    def definition(found: Definition) -> Definition:
        changed = with_owners(found, owners)
        steps = [
            step if step.allow_guest_owners or not step.owners.guests else replace(step, owners=_without_guests(step))
            for step in changed.steps
        ]
        return replace(changed, steps=tuple(steps))

    def row(found: TemplateRow) -> TemplateRow:
        users = msgspec.json.decode(found.users, type=tuple[int, ...])
        if not set(users) & set(gone.users):
            return found
        return replace(found, users=document(tuple(user for user in users if user not in gone.users)))

    words = [*(str(user) for user in gone.users), *gone.guests]
    ids = [found for word in words for found in await _naming(tx, organization_id, word, row, definition)]
    changed = [
        template_id
        for template_id in dict.fromkeys(ids)
        if await _rewrite(tx, organization_id, template_id, row, definition, now)
    ]
    for user in gone.users:
        await tx.run(store.revoke_all, organization_id=organization_id, principal=grants.user(user))
    return changed


def _without_guests(step: Step) -> Owners:
    return replace(step.owners, guests=())


async def _naming(
    tx: Transaction,
    organization_id: str,
    text: str,
    row_change: Callable[[TemplateRow], TemplateRow],
    change: Callable[[Definition], Definition],
) -> list[str]:
    """The templates that these changes change, looked for where a text occurs in current versions or attachments.

    A member's number occurs in many that do not name them; those are not locked.
    """
    found = await tx.all(store.versions_with, organization_id=organization_id, text=text)
    attached = await tx.all(store.attached_to, organization_id=organization_id, text=text)
    definitions = [(version.template_id, versions.decoded(version).definition) for version in found]
    naming = [template_id for template_id, definition in definitions if change(definition) != definition]
    return list(dict.fromkeys([*naming, *(row.id for row in attached if row_change(row) != row)]))


async def _rewrite(
    tx: Transaction,
    organization_id: str,
    template_id: str,
    row_change: Callable[[TemplateRow], TemplateRow],
    change: Callable[[Definition], Definition],
    now: int,
) -> bool:
    row = await tx.one(store.get_locked, organization_id=organization_id, id=template_id)
    if row is None:
        return False
    changed = await versions.rewrite(tx, row_change(row), change, now)
    if changed == row:
        return False
    await tx.run(store.update, **store.changes(replace(changed, updated_at=now)))
    return True


def with_owners(definition: Definition, change: Callable[[Owners], Owners]) -> Definition:
    """The definition with other people, wherever steps and rules name them."""
    return replace(
        definition,
        steps=tuple(replace(step, owners=change(step.owners)) for step in definition.steps),
        rules=tuple(
            replace(
                rule,
                actions=tuple(replace(action, assignees=change(action.assignees)) for action in rule.actions),
            )
            for rule in definition.rules
        ),
    )


def _moved(users: tuple[int, ...], from_user: int, to_user: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(to_user if user == from_user else user for user in users))


async def _move_grants(tx: Transaction, organization_id: str, from_user: int, to_user: int) -> None:
    old = await tx.all(store.grants_to, organization_id=organization_id, principal=grants.user(from_user))
    held = await tx.all(store.grants_to, organization_id=organization_id, principal=grants.user(to_user))
    has = {(row.template_id, row.permission) for row in held}
    await tx.run(store.revoke_all, organization_id=organization_id, principal=grants.user(from_user))
    for row in old:
        if (row.template_id, row.permission) not in has:
            await grants.insert(tx, organization_id, row.template_id, [(row.permission, grants.user(to_user))])
