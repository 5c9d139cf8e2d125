"""The directory of one organization, read for one command: exactly the people that the command names.

It answers the engine's questions (`Directory`, `People`) without further I/O.
"""

from collections.abc import Iterable

from handrail.engine.assignment import Group
from handrail.engine.definition import Owners
from handrail.features.organizations import engine as organizations
from handrail.features.people import store
from handrail.features.people.codes import new_code
from handrail.features.people.store import FormatRow as FormatRow
from handrail.kernel.actor import Actor
from handrail.kernel.addresses import is_email
from handrail.kernel.ids import MAX_INTEGER_ID
from handrail.ports.database import Reader, Transaction

ASSIGNABLE = ("active", "invited")


class Directory:
    """The people a command names. Whoever was not asked for is unknown."""

    def __init__(self) -> None:
        self.default_admin: int | None = None
        self.active: set[int] = set()
        self.members: set[int] = set()
        # by address, with the sealed code of their link
        self.guests: dict[str, str] = {}
        self.disabled_guests: set[str] = set()
        # addresses that were guests and were deleted
        self.former_guests: set[str] = set()
        # addresses of members, who cannot be guests
        self.taken: set[str] = set()
        self.groups: dict[str, Group] = {}

    @property
    def default_admin_id(self) -> int:
        """The member who takes over where nobody else can."""
        assert self.default_admin is not None
        return self.default_admin

    def is_active_member(self, user_id: int) -> bool:
        """Active or invited: tasks may be assigned to them (decision 80)."""
        return user_id in self.active

    def is_active_guest(self, email: str) -> bool:
        """A guest who is not disabled, or an address that may become one."""
        if email in self.guests:
            return email not in self.disabled_guests
        return email not in self.taken and is_email(email)

    def group(self, group_id: str) -> Group | None:
        """The group and its people."""
        return self.groups.get(group_id)

    def has_member(self, user_id: int) -> bool:
        """Whether this is a member, active or not."""
        return user_id in self.members

    def has_group(self, group_id: str) -> bool:
        """Whether this is a group."""
        return group_id in self.groups


async def directory(reader: Reader, actor: Actor, named: Iterable[Owners] = (), users: Iterable[int] = ()) -> Directory:
    """Look the named people up: at most one statement each for members, guests, groups, and who is in the groups."""
    found = Directory()
    if not actor.is_guest:
        found.active.add(actor.user_id)
        found.members.add(actor.user_id)
    organization_id = actor.organization_id
    user_ids = set(users)
    emails: set[str] = set()
    group_ids: set[str] = set()
    for owners in named:
        user_ids.update(owners.users)
        emails.update(owners.guests)
        group_ids.update(owners.groups)
    if group_ids:
        wanted = sorted(group_ids)
        limit = (await organizations.load(reader, organization_id)).group_limit
        existing = await reader.all(store.groups_named, organization_id=organization_id, ids=wanted)
        people = await reader.all(store.people_of_groups, organization_id=organization_id, ids=wanted)
        for (group_id,) in existing:
            principals = [row.principal for row in people if row.group_id == group_id]
            group = Group(
                id=group_id,
                members=tuple(int(word[2:]) for word in principals if word.startswith("u:")),
                guests=tuple(word[2:] for word in principals if word.startswith("g:")),
                limit=limit,
            )
            found.groups[group_id] = group
            user_ids.update(group.members)
            emails.update(group.guests)
    # numbers that are no ids would not fit the column
    user_ids = {number for number in user_ids if 0 < number <= MAX_INTEGER_ID and number != actor.user_id}
    if user_ids:
        for row in await reader.all(store.members_named, organization_id=organization_id, ids=sorted(user_ids)):
            if row.kind == "bot":
                continue
            found.members.add(row.user_id)
            if row.status in ASSIGNABLE:
                found.active.add(row.user_id)
    if emails:
        for guest in await reader.all(store.guests_named, organization_id=organization_id, emails=sorted(emails)):
            if guest.deleted_at is not None:
                found.former_guests.add(guest.email)
                continue
            found.guests[guest.email] = guest.sealed_code
            if guest.disabled_at is not None:
                found.disabled_guests.add(guest.email)
        strangers = sorted(emails - found.guests.keys())
        if strangers:
            rows = await reader.all(store.members_at, organization_id=organization_id, emails=strangers)
            found.taken.update(row[0] for row in rows)
        found.default_admin = await reader.value(store.default_admin, organization_id=organization_id)
    return found


async def acquaint(
    reader: Reader, actor: Actor, known: Directory, named: Iterable[Owners], users: Iterable[int] = ()
) -> None:
    """Look further people up and add them to a directory."""
    more = await directory(reader, actor, named, users)
    known.active |= more.active
    known.members |= more.members
    known.guests |= more.guests
    known.disabled_guests |= more.disabled_guests
    known.former_guests |= more.former_guests
    known.taken |= more.taken
    known.groups |= more.groups
    if known.default_admin is None:
        known.default_admin = more.default_admin or await reader.value(
            store.default_admin, organization_id=actor.organization_id
        )


async def members_at(reader: Reader, organization_id: str, emails: Iterable[str]) -> dict[str, int]:
    """The ids of the members with these addresses, which are in lower case."""
    wanted = sorted(set(emails))
    if not wanted:
        return {}
    rows = await reader.all(store.member_ids_at, organization_id=organization_id, emails=wanted)
    return {row.email: row.user_id for row in rows}


async def liking(reader: Reader, actor: Actor, user_id: int | None = None) -> store.FormatRow:
    """How the actor, or another member, likes dates to be written."""
    whose = actor.user_id if user_id is None else user_id
    found = await reader.one(store.format_of, organization_id=actor.organization_id, user_id=whose)
    return found or store.FormatRow(None, None)


async def sealed_codes(reader: Reader, organization_id: str, emails: Iterable[str]) -> dict[str, str]:
    """The sealed codes of guests' links, by address."""
    wanted = sorted(set(emails))
    if not wanted:
        return {}
    rows = await reader.all(store.guests_named, organization_id=organization_id, emails=wanted)
    return {row.email: row.sealed_code for row in rows if row.deleted_at is None}


async def invite_guests(tx: Transaction, actor: Actor, emails: Iterable[str], known: Directory, now: int) -> None:
    """Create the guests among these addresses that do not exist yet (engine 7.1)."""
    fresh = sorted({email for email in emails if email not in known.guests})
    if not fresh:
        return
    first = await tx.numbers(actor.organization_id, "guests", len(fresh))
    created = {email: new_code(tx.sealer) for email in fresh}
    rows = [
        {
            "organization_id": actor.organization_id,
            "id": first + index,
            "email": email,
            "code_hash": code.code_hash,
            "sealed_code": code.sealed_code,
            "first_name": None,
            "last_name": None,
            "details": "{}",
            "created_at": now,
            "updated_at": now,
        }
        for index, (email, code) in enumerate(created.items())
    ]
    await tx.many(store.insert_guest, [row for row in rows if row["email"] not in known.former_guests])
    await tx.many(store.revive_guest, [row for row in rows if row["email"] in known.former_guests])
    known.guests.update({email: code.sealed_code for email, code in created.items()})
