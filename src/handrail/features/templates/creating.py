"""New templates: written by hand, imported as a whole object, or made for the house itself (wire 2.7, CHK-2)."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from handrail.engine.definition import Definition, Template
from handrail.engine.field_definitions import unique_alias
from handrail.engine.template_copy import renamed_variables
from handrail.engine.template_import import import_definition
from handrail.features.activity.service import Entry, record
from handrail.features.organizations.switches import setting
from handrail.features.people.roster import roster_of
from handrail.features.simulations import carrying
from handrail.features.templates import grants, opening, references, store, versions
from handrail.features.templates.heads import Head, head_from, refuse_steps, sharing_of
from handrail.features.templates.properties import Properties, document, launch_settings
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors
from handrail.kernel.ids import new_id
from handrail.kernel.permission import permit
from handrail.kernel.words import slug
from handrail.ports.database import Transaction

# the hidden template that processes made of separate tasks belong to
SYSTEM_ALIAS = "misc"
SYSTEM_TITLE = "MISC"


async def create(tx: Transaction, actor: Actor, data: Mapping[str, Any], now: int) -> str:
    """A new template of the actor's from the body of CHK-2, which may be a whole exported object; its id.

    Steps, stages and rules are created when they are given; ids in the body are names local to it. Invalid names
    everything that is wrong.
    """
    permit(actor, "template.create")
    errors = Errors()
    owner = data.get("owner_id")
    users = [owner] if type(owner) is int else [int(owner)] if isinstance(owner, str) and owner.isdecimal() else []
    roster = await roster_of(tx, actor.organization_id, data, users=[*users, *sharing_of(data)])
    filed = await references.known_folders(tx, actor.organization_id, data)
    head = head_from(data, current=None, creator_id=actor.user_id, roster=roster, folders=filed, errors=errors)
    if head.is_pinned:
        permit(actor, "template.pin")
    imported = import_definition(
        data,
        people=roster,
        errors=errors,
        now=now,
        known_tags=await references.known_tags(tx, actor.organization_id, data),
        known_templates=await references.known_templates(tx, actor, data),
    )
    if imported is not None and imported.definition.steps:
        refuse_steps(head.type, "steps", errors)
    errors.raise_if_any()
    assert imported is not None
    properties = with_renamed_aliases(head.properties, imported.aliases)
    head = replace(head, properties=properties)
    settings = launch_settings(head.title, head.type, properties)
    tests = carrying.imported(data, settings.template("", 1, imported.definition), now)
    template_id = await add(tx, actor, head, imported.definition, now)
    await carrying.store_imported(tx, actor, template_id, tests, now)
    return template_id


def with_renamed_aliases(properties: Properties, aliases: Mapping[str, str]) -> Properties:
    """The texts of a template with the new names of the fields they speak of."""
    if not aliases:
        return properties
    texts = {name: getattr(properties, name) for name in ("summary", "guidance", "default_process_name_format")}
    return replace(properties, **{name: text and renamed_variables(text, aliases) for name, text in texts.items()})


async def add(
    tx: Transaction,
    actor: Actor,
    head: Head,
    definition: Definition,
    now: int,
    *,
    granted: list[tuple[str, str]] | None = None,
    verb: str = "created",
) -> str:
    """Store a checked new template; its id. `granted` is for copies, which bring their permissions along."""
    organization_id = actor.organization_id
    template_id = new_id()
    is_draft = head.dual_version_enabled
    await tx.run(
        store.insert,
        **{
            **_columns(head),
            "organization_id": organization_id,
            "id": template_id,
            "increment_id": await tx.numbers(organization_id, "templates"),
            "alias": await free_alias(tx, organization_id, head.title, template_id),
            "label": "active",
            "version": 0 if is_draft else 1,
            "draft_version": 1 if is_draft else None,
            "is_system": False,
            "custom_fields": None,
            "created_by": actor.user_id,
            "updated_by": actor.user_id,
            "started_processes": 0,
            "steps_count": len(definition.steps),
            "created_at": now,
            "updated_at": now,
            "archived_at": None,
            "deleted_at": None,
        },
    )
    settings = launch_settings(head.title, head.type, head.properties)
    await versions.insert(tx, organization_id, template_id, 1, definition, settings, now)
    if granted is None:
        granted = []
        if not await setting(tx, organization_id, "restrict_blueprint_permissions", False):
            granted += [(permission, "standard") for permission in grants.BY_DEFAULT]
        attached = [*map(grants.user, head.users), *map(grants.group, head.groups)]
        granted += [(permission, principal) for principal in attached for permission in grants.ATTACHED]
    # whoever made it always sees its processes, also in lists
    await grants.insert(tx, organization_id, template_id, [*granted, ("PROCESS_READ", grants.user(actor.user_id))])
    entry = Entry(
        verb=verb, subject_type="Checklist", subject_id=template_id, description=f'{verb} the template "{head.title}"'
    )
    await record(tx, actor, now, [entry])
    await opening.tell(tx, actor, template_id, head, None, now)
    return template_id


async def free_alias(tx: Transaction, organization_id: str, title: str, template_id: str) -> str:
    """A word for a template that no other one of the organization has."""
    alias = slug(title, template_id)
    taken = await tx.value(store.alias_taken, organization_id=organization_id, alias=alias)
    return unique_alias(title, template_id, () if taken is None else (alias,))


def _columns(head: Head) -> dict[str, Any]:
    return {
        "title": head.title,
        "type": head.type,
        "dual_version_enabled": head.dual_version_enabled,
        "is_pinned": head.is_pinned,
        "starred": head.starred,
        "is_public": head.is_public,
        "is_public_kickoff": head.is_public_kickoff,
        "properties": document(head.properties),
        "folder_id": head.folder_id,
        "users": document(head.users),
        "groups": document(head.groups),
        "owner_id": head.owner_id,
    }


async def system_template(tx: Transaction, actor: Actor, now: int) -> Template:
    """The hidden template without steps that processes of separate tasks belong to; made on first use."""
    organization_id = actor.organization_id
    row = await tx.one(store.get_system, organization_id=organization_id, alias=SYSTEM_ALIAS)
    if row is None:
        # of two that find none at the same time, the second waits here and finds that of the first
        await tx.value(store.lock_organization, organization_id=organization_id)
        row = await tx.one(store.get_system, organization_id=organization_id, alias=SYSTEM_ALIAS)
    if row is not None:
        return await versions.frozen_template(tx, organization_id, row.id, row.version)
    template_id = new_id()
    head = Head(title=SYSTEM_TITLE, type="procedure", owner_id=actor.user_id)
    await tx.run(
        store.insert,
        **{
            **_columns(head),
            "organization_id": organization_id,
            "id": template_id,
            "increment_id": await tx.numbers(organization_id, "templates"),
            "alias": SYSTEM_ALIAS,
            "label": "active",
            "version": 1,
            "draft_version": None,
            "is_system": True,
            "custom_fields": None,
            "created_by": actor.user_id,
            "updated_by": actor.user_id,
            "started_processes": 0,
            "steps_count": 0,
            "created_at": now,
            "updated_at": now,
            "archived_at": None,
            "deleted_at": None,
        },
    )
    settings = launch_settings(head.title, head.type, head.properties)
    await versions.insert(tx, organization_id, template_id, 1, Definition(), settings, now)
    made = await versions.load(tx, organization_id, template_id, 1)
    assert made is not None
    await versions.freeze(tx, organization_id, made)
    return made.template
