"""Who was given which permission on a template: the rows, and their form on the wire (engine 12, wire 2.33 no. 5).

On the wire each permission is the word `everyone` or a list of `{"type": "user"|"group", "id": ...}`. All full members
together are `{"type": "role", "id": "standard"}`, which is what a new template begins with. DUPLICATE is null while
nobody has said who may: then whoever may read the template may.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from handrail.engine import limits
from handrail.engine.given import Given
from handrail.engine.people import member_id
from handrail.features.people.roster import Roster
from handrail.features.templates import store
from handrail.features.templates.access import EVERYONE, NOBODY, PERMISSIONS, STANDARD
from handrail.features.templates.store import GrantRow
from handrail.kernel.decoded import as_object
from handrail.kernel.errors import Errors
from handrail.ports.database import Transaction

# what being in `users` or `groups` of a template gives
ATTACHED = ("READ", "LAUNCH", "PROCESS_READ")
# what all full members have on a new template, unless the organization starts templates private (decision 50)
BY_DEFAULT = ("READ", "LAUNCH", "PROCESS_READ")


def user(user_id: int) -> str:
    """The principal of a member."""
    return f"u:{user_id}"


def group(group_id: str) -> str:
    """The principal of a group."""
    return f"r:{group_id}"


async def insert(tx: Transaction, organization_id: str, template_id: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Grant these pairs of permission and principal; none of them may exist."""
    await tx.many(
        store.insert_grant,
        [
            {
                "organization_id": organization_id,
                "template_id": template_id,
                "permission": permission,
                "principal": principal,
            }
            for permission, principal in dict.fromkeys(pairs)
        ],
    )


async def attach(
    tx: Transaction,
    organization_id: str,
    template_id: str,
    before: Iterable[str],
    after: Iterable[str],
) -> None:
    """Follow a change of the people attached to a template: those new get the rights, those gone lose them."""
    old, new = set(before), set(after)
    touched = sorted(old ^ new)
    if not touched:
        return
    await tx.run(
        store.revoke,
        organization_id=organization_id,
        template_id=template_id,
        permissions=list(ATTACHED),
        principals=touched,
    )
    pairs = [(permission, principal) for principal in sorted(new - old) for permission in ATTACHED]
    await insert(tx, organization_id, template_id, pairs)


def to_wire(rows: Iterable[GrantRow]) -> dict[str, Any]:
    """The five lists of one template."""
    lists: dict[str, list[str]] = {permission: [] for permission in PERMISSIONS}
    for row in rows:
        lists[row.permission].append(row.principal)
    return {permission: _shown(permission, principals) for permission, principals in lists.items()}


def _shown(permission: str, principals: list[str]) -> Any:
    if EVERYONE in principals:
        return EVERYONE
    if permission == "DUPLICATE" and not principals:
        return None
    return [_entry(principal) for principal in principals if principal != NOBODY]


def _entry(principal: str) -> dict[str, Any]:
    if principal == STANDARD:
        return {"type": "role", "id": STANDARD}
    kind, _, name = principal.partition(":")
    return {"type": "user", "id": int(name)} if kind == "u" else {"type": "group", "id": name}


def from_wire(data: Mapping[str, Any], *, roster: Roster, errors: Errors) -> dict[str, list[str]]:
    """The principals of each permission that was given; permissions that are absent stay as they are."""
    found: dict[str, list[str]] = {}
    permissions = as_object(data.get("permissions"))
    if permissions is None:
        errors.add("permissions", f"The permissions must be an object with the keys {', '.join(PERMISSIONS)}.")
        return found
    given = Given(permissions, "permissions", errors)
    for permission in PERMISSIONS:
        if permission in given:
            found[permission] = _principals(given, permission, roster)
    return found


def _principals(given: Given, permission: str, roster: Roster) -> list[str]:
    value = given.data[permission]
    if value is None:
        return []
    if value == EVERYONE:
        return [EVERYONE]
    principals: dict[str, None] = {}
    for index, entry in enumerate(given.entries(permission, limits.PEOPLE)):
        principal = _principal(entry, roster)
        if principal is None:
            given.refuse(
                f"{permission}.{index}",
                'This must be "everyone" or an object with type user or group and the id of one of this organization.',
            )
        else:
            principals[principal] = None
    if not principals and permission == "DUPLICATE":
        return [NOBODY]
    return list(principals)


def _principal(entry: Any, roster: Roster) -> str | None:
    if entry == EVERYONE:
        return EVERYONE
    item = as_object(entry)
    if item is None:
        return None
    kind, name = item.get("type"), item.get("id")
    if kind == "user":
        user_id = member_id(name)
        return user(user_id) if user_id is not None and roster.has_member(user_id) else None
    if kind == "group":
        return group(name) if isinstance(name, str) and roster.has_group(name) else None
    return STANDARD if kind == "role" and name == STANDARD else None
