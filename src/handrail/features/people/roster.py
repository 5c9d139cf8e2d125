"""Which of the members and groups that a document names belong to the organization.

For checking what people write into templates; the `Directory` beside it is for commands on processes and tasks.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from handrail.engine.people import member_id
from handrail.kernel.decoded import as_list, as_object
from handrail.kernel.ids import MAX_INTEGER_ID
from handrail.ports.database import Reader
from handrail.schema.statement import Statement, any_of
from handrail.schema.tables import groups, members
from handrail.schema.words import own

_members = Statement[tuple[int]](
    sa.select(members.c.user_id).where(
        own(members), any_of(members.c.user_id, "ids"), members.c.deleted_at.is_(None), members.c.kind != "bot"
    )
)
_groups = Statement[tuple[str]](sa.select(groups.c.id).where(own(groups), any_of(groups.c.id, "ids")))

_LISTS_OF_MEMBERS = ("users", "assignees", "members")


class Roster:
    """The members and groups that were asked for and exist; invited and disabled people are among them."""

    def __init__(self, members: Iterable[int] = (), groups: Iterable[str] = ()) -> None:
        self.members = frozenset(members)
        self.groups = frozenset(groups)

    def has_member(self, user_id: int) -> bool:
        """Whether this is a member of the organization."""
        return user_id in self.members

    def has_group(self, group_id: str) -> bool:
        """Whether this is a group of the organization."""
        return group_id in self.groups


async def roster(
    reader: Reader, organization_id: str, *, users: Iterable[int] = (), groups: Iterable[str] = ()
) -> Roster:
    """Look these members and groups up, in one statement each."""
    # numbers that are no ids would not fit the column
    user_ids = sorted({number for number in users if 0 < number <= MAX_INTEGER_ID})
    group_ids = sorted(set(groups))
    found = await reader.all(_members, organization_id=organization_id, ids=user_ids) if user_ids else []
    existing = await reader.all(_groups, organization_id=organization_id, ids=group_ids) if group_ids else []
    return Roster((row[0] for row in found), (row[0] for row in existing))


async def roster_of(reader: Reader, organization_id: str, document: Any, *, users: Iterable[int] = ()) -> Roster:
    """The members and groups that a decoded document names anywhere, and `users` beside them."""
    user_ids, group_ids = set(users), set[str]()
    _collect(document, user_ids, group_ids)
    return await roster(reader, organization_id, users=user_ids, groups=group_ids)


def _collect(value: Any, users: set[int], groups: set[str]) -> None:
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        entries = as_list(item)
        if entries is not None:
            waiting.extend(entries)
            continue
        fields = as_object(item)
        if fields is None:
            continue
        for key, inner in fields.items():
            listed = as_list(inner)
            if listed is None:
                waiting.append(inner)
            elif key in _LISTS_OF_MEMBERS:
                users.update(number for entry in listed if (number := member_id(entry)) is not None)
            elif key == "groups":
                groups.update(entry for entry in listed if isinstance(entry, str))
            else:
                waiting.append(inner)
