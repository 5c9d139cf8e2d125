"""Use cases of job titles (wire 2.6, around 2.10, engine 7.1)."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from handrail.engine.definition import Owners
from handrail.features.activity.service import Entry, record
from handrail.features.audit import recording as audit
from handrail.features.people import service as people
from handrail.features.roles import store, wire
from handrail.features.roles.document import people_columns
from handrail.features.roles.shown import shown
from handrail.features.roles.store import RoleRow
from handrail.features.roles.succession import exchange as exchange
from handrail.features.templates import service as templates
from handrail.http.call import Paging, rows_and_total
from handrail.kernel.actor import Actor
from handrail.kernel.errors import Errors, Invalid, NotFound
from handrail.kernel.ids import new_id
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction
from handrail.schema.words import substring

SORTS = {
    "name": "name",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "last_updated": "updated_at",
}
TAKEN = "The name has already been taken by another job title."


async def page(reader: Reader, actor: Actor, *, q: str, order: str, paging: Paging) -> tuple[list[wire.Role], int]:
    """A page of titles, and how many there are."""
    permit(actor, "role.list")
    parameters = {"organization_id": actor.organization_id} | ({"q": substring(q)} if q else {})
    rows, total = await rows_and_total(reader, store.page(order, bool(q)), store.total(bool(q)), paging, **parameters)
    return [shown(row) for row in rows], total


async def one(reader: Reader, actor: Actor, role_id: str) -> wire.Role:
    """A title by id. NotFound."""
    permit(actor, "role.read")
    row = await reader.one(store.get, organization_id=actor.organization_id, id=role_id)
    if row is None:
        raise NotFound
    return shown(row)


async def create(tx: Transaction, actor: Actor, body: wire.NewRoleBody, now: int) -> wire.Role:
    """A new title. Addresses that are no guests yet become some. Denied, Invalid."""
    permit(actor, "role.manage")
    errors = Errors()
    name = await _checked_name(tx, actor, None, body.name, errors)
    inside = await _checked_people(tx, actor, body.users, body.guests, body.groups, Owners(), errors, now)
    errors.raise_if_any()
    columns = people_columns(inside)
    row = RoleRow(id=new_id(), name=name, description=body.description, created_at=now, updated_at=now, **columns)
    await tx.run(store.insert, organization_id=actor.organization_id, **msgspec.structs.asdict(row))
    await _tell(tx, actor, row, "created", "Made the job title", Owners(), now)
    return shown(row)


async def change(tx: Transaction, actor: Actor, role_id: str, body: wire.RoleChangeBody, now: int) -> wire.Role:
    """Change a title; lists that are given replace the stored ones. Running tasks stay whose they are.

    NotFound, Denied, Invalid.
    """
    permit(actor, "role.manage")
    row = await _locked(tx, actor, role_id)
    before = row.people
    errors = Errors()
    name = row.name if body.name is UNSET else await _checked_name(tx, actor, row.id, body.name, errors)
    inside = await _checked_people(
        tx,
        actor,
        before.users if body.users is UNSET else body.users,
        before.guests if body.guests is UNSET else body.guests,
        before.groups if body.groups is UNSET else body.groups,
        before,
        errors,
        now,
    )
    errors.raise_if_any()
    changed = RoleRow(
        id=row.id,
        name=name,
        description=row.description if body.description is UNSET else body.description,
        created_at=row.created_at,
        updated_at=now,
        **people_columns(inside),
    )
    values = {column: getattr(changed, column) for column in store.CHANGEABLE}
    await tx.run(store.update, organization_id=actor.organization_id, id=row.id, **values)
    await _tell(tx, actor, changed, "updated", "Changed the job title", before, now)
    return shown(changed)


async def delete(tx: Transaction, actor: Actor, role_id: str, now: int) -> None:
    """Delete a title that no step has. Invalid with `id` names the templates whose steps have it."""
    permit(actor, "role.delete")
    row = await _locked(tx, actor, role_id)
    using = await templates.with_title(tx, actor.organization_id, role_id)
    if using:
        raise Invalid({"id": f"Steps of these templates have this job title: {', '.join(using)}."})
    await tx.run(store.delete, organization_id=actor.organization_id, id=role_id)
    gone = msgspec.structs.replace(row, **people_columns(Owners()))
    await _tell(tx, actor, gone, "deleted", "Deleted the job title", row.people, now)


def taken() -> Invalid:
    """What to answer when somebody else took the name at the same moment."""
    return Invalid({"name": TAKEN})


async def _locked(tx: Transaction, actor: Actor, role_id: str) -> RoleRow:
    row = await tx.one(store.lock, organization_id=actor.organization_id, id=role_id)
    if row is None:
        raise NotFound
    return row


async def _checked_name(tx: Transaction, actor: Actor, role_id: str | None, name: str, errors: Errors) -> str:
    name = name.strip()
    if not name:
        errors.add("name", "The name must not be blank.")
        return name
    holder = await tx.value(store.named, organization_id=actor.organization_id, name=name)
    if holder is not None and holder != role_id:
        errors.add("name", TAKEN)
    return name


async def _checked_people(
    tx: Transaction,
    actor: Actor,
    users: Sequence[int],
    guests: Sequence[str],
    groups: Sequence[str],
    before: Owners,
    errors: Errors,
    now: int,
) -> Owners:
    """The people of a body, each once; those who are new to the title must be active. New addresses become guests."""
    addresses = [guest.strip().lower() for guest in guests]
    inside = Owners(
        users=tuple(dict.fromkeys(users)), guests=tuple(dict.fromkeys(addresses)), groups=tuple(dict.fromkeys(groups))
    )
    if inside == before:
        return before
    known = await people.directory(tx, actor, [inside])
    for index, user in enumerate(users):
        if user not in before.users and not known.is_active_member(user):
            errors.add(f"users.{index}", f"{user} is not an active member of this organization.")
    for index, address in enumerate(addresses):
        if address not in before.guests and not known.is_active_guest(address):
            errors.add(
                f"guests.{index}",
                f"{address} cannot be a guest here: it is no address, a member's, or that of a disabled guest.",
            )
    for index, group in enumerate(groups):
        if group not in before.groups and known.group(group) is None:
            errors.add(f"groups.{index}", f"There is no group {group} in this organization.")
    if not errors:
        await people.invite_guests(tx, actor, inside.guests, known, now)
    return inside


async def _tell(tx: Transaction, actor: Actor, row: RoleRow, verb: str, words: str, before: Owners, now: int) -> None:
    """Whoever stands in a title is given tasks by other people's launches, so it is audited as well."""
    said = f"{words} {row.name}"
    await record(tx, actor, now, [Entry(verb=verb, subject_type="Role", subject_id=row.id, description=said)])
    detail = {"before": before, "after": row.people}
    await audit.note(tx, actor, now, "job_title_changed", said, subject=("Role", row.id), detail=detail)
