"""The people that definitions and values name: members by id, guests by address, groups by id (engine 7.1)."""

from typing import Any, Protocol

from handrail.engine.definition import Owners
from handrail.kernel.decoded import JsonObject, as_list, as_object
from handrail.kernel.ids import MAX_INTEGER_ID, integer_id


class People(Protocol):
    """Who an organization knows; the shell answers from its directory."""

    def has_member(self, user_id: int) -> bool:
        """Whether a member with this id belongs to the organization."""
        ...

    def has_group(self, group_id: str) -> bool:
        """Whether a group with this id belongs to the organization."""
        ...


class AnyPeople:
    """Takes every member and group as known: for checks that are not about people."""

    def has_member(self, user_id: int) -> bool:
        return True

    def has_group(self, group_id: str) -> bool:
        return True


def owners_of(value: Any) -> Owners:
    """The people in the value of an assignee field; what is no person in it is left out.

    Guests are compared by their address in lower case.
    """
    people = as_object(value) or {}
    users = dict.fromkeys(number for entry in entries_of(people, "users") if (number := member_id(entry)))
    guests = dict.fromkeys(entry.lower() for entry in entries_of(people, "guests") if isinstance(entry, str))
    groups = dict.fromkeys(entry for entry in entries_of(people, "groups") if isinstance(entry, str))
    return Owners(users=tuple(users), guests=tuple(guests), groups=tuple(groups))


def entries_of(people: JsonObject, bucket: str) -> list[Any]:
    """What is listed under `users`, `guests` or `groups`; an absent or misshapen bucket is empty."""
    return as_list(people.get(bucket)) or []


def member_id(entry: Any) -> int | None:
    """A member's id given as a number or as digits (wire 0.3), or None."""
    if isinstance(entry, str):
        return integer_id(entry)
    return entry if type(entry) is int and 0 < entry <= MAX_INTEGER_ID else None
