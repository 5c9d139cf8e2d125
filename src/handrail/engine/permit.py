"""Who may do what to a task, as pure predicates over facts about the person (engine 2.3, 2.4, 12).

What a role may do at all, and whether somebody may know of a task, is decided at the route; here are the switches
of the task, which can change until the process is locked. What the route found out is the fact `sees`.
"""

from typing import Literal

import msgspec

from handrail.engine.state import Task
from handrail.kernel.actor import Actor, Role


class Doer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The person, or the bot, behind a command.

    `groups` are the ids of the groups the person is in. `sees` says whether a member sees the process (or the
    one-off task) beyond being assigned. `by_api` is true for calls by a program's token.
    """

    kind: Literal["member", "guest", "bot"] = "member"
    user_id: int | None = None
    guest: str | None = None
    role: Role = "standard"
    groups: tuple[str, ...] = ()
    sees: bool = True
    by_api: bool = False

    @classmethod
    def member(cls, actor: Actor, *, sees: bool = True) -> "Doer":
        """A member who calls: with a token, or as a person at a browser, whose token is that of a session."""
        assert actor.role != "guest"
        by_api = actor.token_id is not None and actor.session_id is None
        return cls(user_id=actor.user_id, role=actor.role, groups=actor.groups, sees=sees, by_api=by_api)

    @classmethod
    def of(cls, actor: Actor, *, sees: bool = True) -> "Doer":
        """The authenticated caller of a request, member or guest."""
        if actor.is_guest:
            return cls(kind="guest", guest=actor.guest, groups=actor.groups, sees=False)
        return cls.member(actor, sees=sees)

    @property
    def is_admin(self) -> bool:
        return self.kind == "member" and self.role == "admin"

    @property
    def is_bot(self) -> bool:
        return self.kind == "bot"

    @property
    def is_guest(self) -> bool:
        return self.kind == "guest"

    @property
    def person(self) -> str:
        """The word under which this person signs: a member's id as text, a guest's address."""
        return self.guest or "" if self.kind == "guest" else str(self.user_id)


def bot(user_id: int | None = None) -> Doer:
    """The organization's bot, which completes what is due by itself."""
    return Doer(kind="bot", user_id=user_id, by_api=True)


def is_assigned(doer: Doer, task: Task) -> bool:
    """Whether the task belongs to this person, directly or through a group."""
    owners = task.owners
    direct = doer.guest in owners.guests if doer.is_guest else doer.user_id in owners.users
    return direct or any(group in owners.groups for group in doer.groups)


def may_complete(doer: Doer, task: Task) -> bool:
    """Admins any; standard members what they see, unless only assignees may; light members and guests their own."""
    if doer.kind == "bot" or doer.is_admin:
        return True
    if doer.kind == "guest" or doer.role == "light" or task.can_complete_only_assignees or task.top_secret:
        return is_assigned(doer, task)
    return doer.sees or is_assigned(doer, task)


def may_reopen(doer: Doer, task: Task) -> bool:
    """As completing, but never for guests (2.4)."""
    return doer.kind != "guest" and may_complete(doer, task)


def may_edit(doer: Doer, task: Task) -> bool:
    """Who may write a task's answers and words: the same people who may complete it."""
    return may_complete(doer, task)


def may_reassign(doer: Doer, task: Task) -> bool:
    """Who may change owners, deadline, order and switches: admins, and standard members who may edit the task."""
    return doer.kind == "bot" or (doer.kind == "member" and doer.role != "light" and may_edit(doer, task))
