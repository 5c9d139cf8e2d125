"""Who may know of a template and do what with it (engine 12): relations of a person to a template, from its grants.

What somebody may not see does not exist for them (404); what they see but may not do is refused (403).
"""

from collections.abc import Iterable

from handrail.features.templates import store
from handrail.features.templates.store import GrantRow, TemplateRow
from handrail.kernel.actor import Actor
from handrail.kernel.errors import NotFound
from handrail.kernel.permission import cell, may, permit
from handrail.ports.database import Reader, Transaction

PERMISSIONS = ("EDIT", "READ", "LAUNCH", "DUPLICATE", "PROCESS_READ")
# any of these lists a template for its holder; a duplicate right or a view of processes alone does not
LISTING = frozenset({"EDIT", "READ", "LAUNCH"})
# a list that is meant to be empty
NOBODY = "nobody"
EVERYONE = "everyone"
STANDARD = "standard"


def relations(actor: Actor, row: TemplateRow, grants: Iterable[GrantRow]) -> set[str]:
    """The words of the permission matrix that hold between this person and this template.

    Whoever may read it may duplicate it, unless the list of those who may duplicate says otherwise (wire 2.33).
    """
    principals = set(actor.grant_principals)
    found: set[str] = set()
    duplicating_is_listed = False
    for grant in grants:
        duplicating_is_listed = duplicating_is_listed or grant.permission == "DUPLICATE"
        if grant.principal in principals:
            found.add(grant.permission)
    if not duplicating_is_listed and not LISTING.isdisjoint(found):
        found.add("DUPLICATE")
    if row.created_by == actor.user_id:
        found.add("creator")
    if row.owner_id == actor.user_id:
        found.add("owner")
    return found


async def relations_to(reader: Reader, actor: Actor, row: TemplateRow) -> set[str]:
    """The same, after reading the grants. Administrators need none."""
    if actor.is_admin:
        return relations(actor, row, ())
    grants = await reader.all(store.grants_of, organization_id=actor.organization_id, ids=[row.id])
    return relations(actor, row, grants)


def listing_permissions(actor: Actor) -> list[str]:
    """The permissions that list a template for a person of this role."""
    return sorted(LISTING & cell(actor, "template.read"))


async def check(reader: Reader, actor: Actor, row: TemplateRow | None, action: str) -> tuple[TemplateRow, set[str]]:
    """The row, if the actor may do this with it. Raises NotFound or Denied."""
    if row is None:
        raise NotFound
    held = await relations_to(reader, actor, row)
    # a light owner may launch what is not listed for them
    if not may(actor, "template.read", held) and not may(actor, action, held):
        raise NotFound
    permit(actor, action, held)
    return row, held


async def find(
    reader: Reader, actor: Actor, template_id: str, action: str = "template.read"
) -> tuple[TemplateRow, set[str]]:
    """A template that is not archived, and the actor's relations to it. Raises NotFound or Denied."""
    row = await reader.one(store.get, organization_id=actor.organization_id, id=template_id)
    found = await check(reader, actor, row, action)
    if found[0].archived_at is not None:
        raise NotFound
    return found


async def lock(
    tx: Transaction, actor: Actor, template_id: str, action: str, *, archived: bool | None = False
) -> tuple[TemplateRow, set[str]]:
    """A template, locked against other edits until the transaction ends. Raises NotFound or Denied.

    `archived` is what it has to be; None takes both.
    """
    row = await tx.one(store.get_locked, organization_id=actor.organization_id, id=template_id)
    found = await check(tx, actor, row, action)
    if archived is not None and (found[0].archived_at is not None) != archived:
        raise NotFound
    return found
