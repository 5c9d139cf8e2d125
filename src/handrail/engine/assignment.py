"""Who a task belongs to: at launch, when only guests are left, and within the limit of people (engine 7, 2.3)."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from handrail.engine.definition import NOBODY, Owners, Step

# a person as one word: the member's id as text, or the guest's address
Person = str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The people of a group at the time of asking; with more people than `limit` (0: any) it cannot be assigned."""

    id: str
    members: tuple[int, ...] = ()
    guests: tuple[str, ...] = ()
    limit: int = 0

    @property
    def is_too_large(self) -> bool:
        return 0 < self.limit < len(self.members) + len(self.guests)


class Directory(Protocol):
    """The people of one organization, as the engine needs to know them. Answers must not change during a command."""

    @property
    def default_admin_id(self) -> int:
        """The member who takes over where nobody else can."""
        ...

    def is_active_member(self, user_id: int) -> bool:
        """Whether tasks may be assigned to this member. Invited people count, disabled ones do not."""
        ...

    def is_active_guest(self, email: str) -> bool:
        """Whether tasks may be assigned to this address: a guest who is not disabled, or one yet to be created."""
        ...

    def group(self, group_id: str) -> Group | None:
        """The group with this id, or None when it is unknown or deleted."""
        ...


def people(owners: Owners, directory: Directory) -> set[Person]:
    """Every person behind the owners, each once, groups taken apart."""
    found: set[Person] = {str(user) for user in owners.users}
    found.update(owners.guests)
    for group in _groups(owners, directory):
        found.update(str(member) for member in group.members)
        found.update(group.guests)
    return found


def distinct(owners: Owners) -> Owners:
    """The same owners, each named once, in the order given."""
    return Owners(
        users=tuple(dict.fromkeys(owners.users)),
        guests=tuple(dict.fromkeys(owners.guests)) if owners.guests else (),
        groups=tuple(dict.fromkeys(owners.groups)) if owners.groups else (),
    )


def union(first: Owners, second: Owners) -> Owners:
    """The owners of both, each named once."""
    if not second:
        return first
    return distinct(
        Owners(
            users=first.users + second.users,
            guests=first.guests + second.guests,
            groups=first.groups + second.groups,
        )
    )


def problems(owners: Owners, directory: Directory, *, allow_guests: bool = True) -> Iterator[str]:
    """What is wrong with owners that a client named, one sentence for each person or group that cannot be assigned."""
    for user in owners.users:
        if not directory.is_active_member(user):
            yield f"{user} is not an active member of this organization."
    if owners.guests and not allow_guests:
        yield "This step does not allow guests."
        return
    for email in owners.guests:
        if not directory.is_active_guest(email):
            yield f"{email or 'A blank address'} cannot be assigned as a guest."
    for group_id in owners.groups:
        if directory.group(group_id) is None:
            yield f"There is no group {group_id or 'without an id'} in this organization."
    too_large = oversized(owners, directory)
    if too_large is not None:
        yield too_large


def oversized(owners: Owners, directory: Directory) -> str | None:
    """Why one of the groups cannot be assigned for its size, or None (7.1)."""
    for group_id in owners.groups:
        group = directory.group(group_id)
        if group is not None and group.is_too_large:
            size = len(group.members) + len(group.guests)
            return (
                f"Groups of more than {group.limit} people cannot be assigned in this organization; the group "
                f"{group_id} has {size}."
            )
    return None


def excess(owners: Owners, maximum: int, directory: Directory) -> str | None:
    """Why these owners are too many for `max_assignable`, or None. 0 means any number may own the task (2.3, 58)."""
    if maximum <= 0 or not owners:
        return None
    count = len(people(owners, directory))
    if count <= maximum:
        return None
    return f"At most {maximum} people may be assigned to this task, groups counted by their people; these are {count}."


def able(owners: Owners, directory: Directory, *, allow_guests: bool = True) -> Owners:
    """The owners without disabled people and deleted groups, as a template's are read at launch (decision 59)."""
    if not owners:
        return NOBODY
    return Owners(
        users=tuple(dict.fromkeys(user for user in owners.users if directory.is_active_member(user))),
        guests=tuple(dict.fromkeys(mail for mail in owners.guests if directory.is_active_guest(mail)))
        if allow_guests
        else (),
        groups=tuple(dict.fromkeys(group for group in owners.groups if directory.group(group) is not None)),
    )


def owners_at_launch(
    step: Step, override: Owners | None, picks: Iterable[Owners], launcher: int, directory: Directory
) -> Owners:
    """The owners of a step's new task (engine 7.2, 7.3).

    An override replaces the step's own as a whole; `picks` are the people chosen for the step's job titles. The
    launcher steps in only where no member, guest or group is left.
    """
    if override is not None:
        owners = distinct(override)
    else:
        named = step.owners
        for pick in picks:
            named = union(named, pick)
        owners = able(named, directory, allow_guests=step.allow_guest_owners)
    if owners:
        return owners
    if step.assign_run_starter and directory.is_active_member(launcher):
        return Owners(users=(launcher,))
    return NOBODY


def with_member(
    owners: Owners, watch_only: int | None, assigner: int | None, directory: Directory
) -> tuple[Owners, int | None]:
    """Owners that hold a member wherever there are guests, and which member is there for that reason only (7.5).

    Groups are what their people are. `watch_only` is the member so marked until now. The one who assigns is added, or
    the default administrator when that is no active member.
    """
    if owners.users:
        still = watch_only in owners.users and holds_guests(owners, directory)
        return owners, watch_only if still else None
    if not left_to_guests(owners, directory):
        return owners, None
    member = assigner if assigner is not None and directory.is_active_member(assigner) else directory.default_admin_id
    return Owners(users=(member,), guests=owners.guests, groups=owners.groups), member


def holds_guests(owners: Owners, directory: Directory) -> bool:
    """Whether guests are among the people behind the owners."""
    return bool(owners.guests) or any(group.guests for group in _groups(owners, directory))


def left_to_guests(owners: Owners, directory: Directory) -> bool:
    """Whether the people behind the owners are guests, and nobody else."""
    if owners.users or any(group.members for group in _groups(owners, directory)):
        return False
    return holds_guests(owners, directory)


def _groups(owners: Owners, directory: Directory) -> list[Group]:
    found = (directory.group(group_id) for group_id in owners.groups)
    return [group for group in found if group is not None]


def without_member(owners: Owners, watch_only: int | None) -> Owners:
    """The owners without the member who only watches: those whom limits and signatures are about."""
    if watch_only is None or watch_only not in owners.users:
        return owners
    return Owners(
        users=tuple(user for user in owners.users if user != watch_only), guests=owners.guests, groups=owners.groups
    )


def added(before: Owners, after: Owners) -> Owners:
    """Who is among the owners now and was not before."""
    if before is after:
        return NOBODY
    return Owners(
        users=tuple([user for user in after.users if user not in before.users]),
        guests=tuple([mail for mail in after.guests if mail not in before.guests]) if after.guests else (),
        groups=tuple([group for group in after.groups if group not in before.groups]) if after.groups else (),
    )
