"""Use cases of groups. Who is in one is asked for live, so joining and leaving count at once (engine 7.1)."""

from collections.abc import Iterable, Sequence

from msgspec import UNSET

from handrail.engine.assignment import Group as EngineGroup
from handrail.engine.definition import Owners
from handrail.features.activity.service import Entry, record
from handrail.features.audit import recording as audit
from handrail.features.groups import store, wire
from handrail.features.groups.store import GroupRow
from handrail.features.members import directory as members
from handrail.features.organizations import service as organizations
from handrail.features.people import service as people
from handrail.features.processes import service as processes
from handrail.features.roles import service as roles
from handrail.features.tasks import service as tasks
from handrail.features.templates import service as templates
from handrail.http.call import Paging, rows_and_total
from handrail.http.envelope import Included
from handrail.kernel.actor import Actor
from handrail.kernel.clock import iso
from handrail.kernel.errors import Errors, Invalid, NotFound
from handrail.kernel.ids import new_id
from handrail.kernel.permission import permit
from handrail.ports.database import Reader, Transaction
from handrail.schema.words import substring

INCLUDES = ("users", "assets")
SORTS = {"name": "name", "created_at": "created_at", "updated_at": "updated_at", "updated": "updated_at"}
TAKEN = "The name has already been taken by another group."


async def page(
    reader: Reader, actor: Actor, *, q: str, order: str, paging: Paging, wanted: Iterable[str]
) -> tuple[list[wire.Group], int]:
    """A page of groups, and how many there are."""
    permit(actor, "group.list")
    parameters = {"organization_id": actor.organization_id} | ({"q": substring(q)} if q else {})
    rows, total = await rows_and_total(reader, store.page(order, bool(q)), store.total(bool(q)), paging, **parameters)
    return await shown(reader, actor, rows, wanted), total


async def one(reader: Reader, actor: Actor, group_id: str, wanted: Iterable[str] = ()) -> wire.Group:
    """A group by id. NotFound."""
    permit(actor, "group.read")
    row = await reader.one(store.get, organization_id=actor.organization_id, id=group_id)
    if row is None:
        raise NotFound
    return (await shown(reader, actor, [row], wanted))[0]


async def shown(reader: Reader, actor: Actor, rows: Sequence[GroupRow], wanted: Iterable[str]) -> list[wire.Group]:
    """The wire form of groups with their people, and the includes that were asked for."""
    if not rows:
        return []
    asked = set(wanted)
    ids = [row.id for row in rows]
    inside: dict[str, Owners] = await people_of(reader, actor.organization_id, ids)
    found = [_group(row, inside[row.id]) for row in rows]
    if "users" in asked:
        wanted_ids = {user for group in found for user in group.members}
        known = await members.listed_named(reader, actor, wanted_ids)
        for group in found:
            group.users = Included([known[user] for user in group.members if user in known])
    if "assets" in asked:
        for group in found:
            group.assets = Included([])
    return found


def _group(row: GroupRow, inside: Owners) -> wire.Group:
    updated = iso(row.updated_at)
    return wire.Group(
        id=row.id,
        name=row.name,
        description=row.description or "",
        members=list(inside.users),
        guests=list(inside.guests),
        created_at=iso(row.created_at),
        last_updated=updated,
        updated_at=updated,
    )


async def people_of(reader: Reader, organization_id: str, ids: Sequence[str]) -> dict[str, Owners]:
    """The members and guests of these groups; members in the order of their ids, guests in that of the alphabet."""
    users: dict[str, list[int]] = {group_id: [] for group_id in ids}
    guests: dict[str, list[str]] = {group_id: [] for group_id in ids}
    for row in await reader.all(store.people_of, organization_id=organization_id, ids=list(ids)):
        kind, _, name = row.principal.partition(":")
        if kind == "u":
            users[row.group_id].append(int(name))
        else:
            guests[row.group_id].append(name)
    return {group_id: Owners(users=tuple(sorted(users[group_id])), guests=tuple(guests[group_id])) for group_id in ids}


async def create(tx: Transaction, actor: Actor, body: wire.NewGroupBody, now: int) -> wire.Group:
    """A new group. Addresses that are no guests yet become some. Denied, Invalid."""
    await _permit_managing(tx, actor)
    errors = Errors()
    name = await _checked_name(tx, actor, None, body.name, errors)
    inside = await _checked_people(tx, actor, body.members, body.guests, Owners(), errors, now)
    errors.raise_if_any()
    row = GroupRow(new_id(), name, body.description, now, now)
    await tx.run(
        store.insert,
        organization_id=actor.organization_id,
        id=row.id,
        name=row.name,
        description=row.description,
        created_at=now,
        updated_at=now,
    )
    await _replace_people(tx, actor, row.id, Owners(), inside)
    await _tell(tx, actor, row, "created", "Made the group", now)
    await _audit(tx, actor, row, "Made the group", Owners(), inside, now)
    return (await shown(tx, actor, [row], ()))[0]


async def change(tx: Transaction, actor: Actor, group_id: str, body: wire.GroupBody, now: int) -> wire.Group:
    """Change a group; lists that are given replace the stored ones. NotFound, Denied, Invalid.

    A task on which everyone who is left in the group has signed is complete by that (decision 56).
    """
    await _permit_managing(tx, actor)
    row = await _locked(tx, actor, group_id)
    before = (await people_of(tx, actor.organization_id, [group_id]))[group_id]
    errors = Errors()
    name = row.name if body.name is UNSET else await _checked_name(tx, actor, row.id, body.name, errors)
    users = before.users if body.members is UNSET else body.members
    guests = before.guests if body.guests is UNSET else body.guests
    after = await _checked_people(tx, actor, users, guests, before, errors, now)
    errors.raise_if_any()
    changed = GroupRow(
        row.id, name, row.description if body.description is UNSET else body.description, row.created_at, now
    )
    await tx.run(
        store.update,
        organization_id=actor.organization_id,
        id=row.id,
        name=changed.name,
        description=changed.description,
        updated_at=now,
    )
    if after != before:
        await _replace_people(tx, actor, row.id, before, after)
        await tasks.count_again(tx, actor, [f"r:{row.id}"], now)
        await _audit(tx, actor, changed, "Changed the group", before, after, now)
    await _tell(tx, actor, changed, "updated", "Changed the group", now)
    return (await shown(tx, actor, [changed], ()))[0]


async def delete(tx: Transaction, actor: Actor, group_id: str, now: int) -> None:
    """Delete a group for good. Its tasks go to its people, one by one; nothing refers to it afterwards."""
    await _permit_managing(tx, actor)
    row = await _locked(tx, actor, group_id)
    organization_id = actor.organization_id
    inside = (await people_of(tx, organization_id, [group_id]))[group_id]
    group = EngineGroup(id=group_id, members=inside.users, guests=inside.guests)
    await tasks.dissolve_group(tx, actor, group, now)
    await processes.forget_group(tx, organization_id, group_id)
    await roles.exchange(tx, organization_id, Owners(groups=(group_id,)), Owners(), now)
    await templates.forget_group(tx, organization_id, group_id, now)
    await tx.run(store.delete, organization_id=organization_id, id=group_id)
    await _tell(tx, actor, row, "deleted", "Deleted the group", now)
    await _audit(tx, actor, row, "Deleted the group", inside, Owners(), now)


async def leave_all(tx: Transaction, organization_id: str, principal: str) -> list[str]:
    """Take somebody out of every group; the principals of these groups, for `tasks.count_again` to look at."""
    ids = [row[0] for row in await tx.all(store.of_person, organization_id=organization_id, principal=principal)]
    await tx.run(store.delete_person, organization_id=organization_id, principal=principal)
    return [f"r:{group_id}" for group_id in ids]


async def exchange(tx: Transaction, organization_id: str, gone: str, heir: str) -> list[str]:
    """Put one person in the place of another in every group; the principals of these groups."""
    ids = [row[0] for row in await tx.all(store.of_person, organization_id=organization_id, principal=gone)]
    held = {row[0] for row in await tx.all(store.of_person, organization_id=organization_id, principal=heir)}
    await tx.run(store.delete_person, organization_id=organization_id, principal=gone)
    fresh = [group_id for group_id in ids if group_id not in held]
    await tx.many(
        store.insert_person,
        [{"organization_id": organization_id, "group_id": group_id, "principal": heir} for group_id in fresh],
    )
    return [f"r:{group_id}" for group_id in ids]


async def _permit_managing(tx: Transaction, actor: Actor) -> None:
    settings = await organizations.settings_of(tx, actor.organization_id)
    permit(actor, "group.manage", ("switch",) if settings.allow_manage_groups else ())


async def _locked(tx: Transaction, actor: Actor, group_id: str) -> GroupRow:
    row = await tx.one(store.lock, organization_id=actor.organization_id, id=group_id)
    if row is None:
        raise NotFound
    return row


async def _checked_name(tx: Transaction, actor: Actor, group_id: str | None, name: str, errors: Errors) -> str:
    if not name.strip():
        errors.add("name", "The name must not be blank.")
        return name
    holder = await tx.value(store.named, organization_id=actor.organization_id, name=name)
    if holder is not None and holder != group_id:
        errors.add("name", TAKEN)
    return name


async def _checked_people(
    tx: Transaction,
    actor: Actor,
    users: Sequence[int],
    guests: Sequence[str],
    before: Owners,
    errors: Errors,
    now: int,
) -> Owners:
    """The people of a body, each once; those who are new to the group must be active. New addresses become guests."""
    addresses = [guest.strip().lower() for guest in guests]
    inside = Owners(users=tuple(sorted(set(users))), guests=tuple(sorted(set(addresses))))
    if inside == before:
        return before
    known = await people.directory(tx, actor, [inside])
    for index, user in enumerate(users):
        if user not in before.users and not known.is_active_member(user):
            errors.add(f"members.{index}", f"{user} is not an active member of this organization.")
    for index, address in enumerate(addresses):
        if address not in before.guests and not known.is_active_guest(address):
            errors.add(
                f"guests.{index}",
                f"{address} cannot be a guest here: it is no address, a member's, or that of a disabled guest.",
            )
    if not errors:
        await people.invite_guests(tx, actor, inside.guests, known, now)
    return inside


async def _replace_people(tx: Transaction, actor: Actor, group_id: str, before: Owners, after: Owners) -> None:
    organization_id = actor.organization_id
    old, new = _principals(before), _principals(after)
    gone = sorted(old - new)
    if gone:
        await tx.run(store.delete_people, organization_id=organization_id, group_id=group_id, principals=gone)
    await tx.many(
        store.insert_person,
        [
            {"organization_id": organization_id, "group_id": group_id, "principal": principal}
            for principal in sorted(new - old)
        ],
    )


def _principals(inside: Owners) -> set[str]:
    return {*(f"u:{user}" for user in inside.users), *(f"g:{guest}" for guest in inside.guests)}


async def _audit(
    tx: Transaction, actor: Actor, row: GroupRow, words: str, before: Owners, after: Owners, now: int
) -> None:
    """Whoever is in a group has the permissions that templates give to it, so this is a change of them."""
    detail = {"before": sorted(_principals(before)), "after": sorted(_principals(after))}
    await audit.note(tx, actor, now, "group_changed", f"{words} {row.name}", subject=("Group", row.id), detail=detail)


async def _tell(tx: Transaction, actor: Actor, row: GroupRow, verb: str, words: str, now: int) -> None:
    entry = Entry(verb=verb, subject_type="Group", subject_id=row.id, description=f"{words} {row.name}")
    await record(tx, actor, now, [entry])


def taken() -> Invalid:
    """What to answer when somebody else took the name at the same moment."""
    return Invalid({"name": TAKEN})
