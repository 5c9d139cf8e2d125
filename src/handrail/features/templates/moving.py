"""Handing over one member's templates, steps and permissions to another (engine 7.6)."""

import msgspec
from msgspec.structs import replace

from handrail.engine.definition import Action, Definition, Owners
from handrail.features.templates import grants, store, versions
from handrail.features.templates.properties import document
from handrail.ports.database import Transaction


async def reassign(tx: Transaction, organization_id: str, from_user: int, to_user: int, now: int) -> list[str]:
    """Move ownership, assignments in steps and rules, attachments and permissions; the ids of the templates touched.

    Archived templates are included, versions that processes were launched from are not changed.
    """
    touched: dict[str, None] = {}
    for row in await tx.all(store.owned_by, organization_id=organization_id, owner_id=from_user):
        touched[row.id] = None
    for found in await tx.all(store.versions_with, organization_id=organization_id, text=str(from_user)):
        touched[found.template_id] = None
    for row in await tx.all(store.attached_to, organization_id=organization_id, text=str(from_user)):
        touched[row.id] = None
    changed = [
        template_id
        for template_id in touched
        if await _hand_over(tx, organization_id, template_id, from_user, to_user, now)
    ]
    await _move_grants(tx, organization_id, from_user, to_user)
    return changed


async def _hand_over(
    tx: Transaction, organization_id: str, template_id: str, from_user: int, to_user: int, now: int
) -> bool:
    row = await tx.one(store.get_locked, organization_id=organization_id, id=template_id)
    if row is None:
        return False
    moved = row
    if row.owner_id == from_user:
        moved = replace(moved, owner_id=to_user)
    users = msgspec.json.decode(row.users, type=tuple[int, ...])
    if from_user in users:
        moved = replace(moved, users=document(_moved(users, from_user, to_user)))
    moved = await versions.rewrite(tx, moved, lambda definition: handed_over(definition, from_user, to_user), now)
    if moved == row:
        return False
    await tx.run(store.update, **store.changes(replace(moved, updated_at=now)))
    return True


def handed_over(definition: Definition, from_user: int, to_user: int) -> Definition:
    """The definition with one member in the place of another, wherever steps and rules name them."""
    return replace(
        definition,
        steps=tuple(
            replace(step, owners=_owners(step.owners, from_user, to_user)) if from_user in step.owners.users else step
            for step in definition.steps
        ),
        rules=tuple(
            replace(rule, actions=tuple(_action(action, from_user, to_user) for action in rule.actions))
            for rule in definition.rules
        ),
    )


def _action(action: Action, from_user: int, to_user: int) -> Action:
    if from_user not in action.assignees.users:
        return action
    return replace(action, assignees=_owners(action.assignees, from_user, to_user))


def _owners(owners: Owners, from_user: int, to_user: int) -> Owners:
    return replace(owners, users=_moved(owners.users, from_user, to_user))


def _moved(users: tuple[int, ...], from_user: int, to_user: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(to_user if user == from_user else user for user in users))


async def _move_grants(tx: Transaction, organization_id: str, from_user: int, to_user: int) -> None:
    old = await tx.all(store.grants_to, organization_id=organization_id, principal=grants.user(from_user))
    if not old:
        return
    held = await tx.all(store.grants_to, organization_id=organization_id, principal=grants.user(to_user))
    has = {(row.template_id, row.permission) for row in held}
    await tx.run(store.revoke_all, organization_id=organization_id, principal=grants.user(from_user))
    for row in old:
        if (row.template_id, row.permission) not in has:
            await grants.insert(tx, organization_id, row.template_id, [(row.permission, grants.user(to_user))])
