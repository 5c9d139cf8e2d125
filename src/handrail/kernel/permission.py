"""Who may do what, as data: one row per action, one cell per role, consulted by one function on every route.

A cell is ALWAYS, NEVER, or the set of relations to the record any of which is enough (engine 12, around 2.7):
`self`, `creator`, `owner`, `starter`, `assignee`, `involved` (owner, starter or assignee of a task), the template
permissions `EDIT`, `READ`, `LAUNCH`, `DUPLICATE`, `PROCESS_READ`, `switch` for a setting of the organization that
opens the action, and `inviter` for whoever made an invitation (and, to send it again, while that setting is on). The
guest column is for whoever comes with a guest code. Where the documents leave a choice, a comment says what was chosen.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied

Cell = frozenset[str]
ALWAYS: Final[Cell] = frozenset({"*"})
NEVER: Final[Cell] = frozenset()


def when(*relations: str) -> Cell:
    """A cell that needs one of these relations."""
    return frozenset(relations)


class Row(msgspec.Struct, frozen=True):
    """One action's cells."""

    admin: Cell
    standard: Cell
    light: Cell
    guest: Cell = NEVER


_SEES = when("involved", "PROCESS_READ")

MATRIX: Final[dict[str, Row]] = {
    # whoever is signed in
    # a guest's is when their digests come
    "me.read": Row(ALWAYS, ALWAYS, ALWAYS, ALWAYS),
    "me.update": Row(ALWAYS, ALWAYS, ALWAYS, ALWAYS),
    "token.manage": Row(ALWAYS, ALWAYS, NEVER),
    "token.revoke": Row(ALWAYS, ALWAYS, ALWAYS),
    "organization.read": Row(ALWAYS, ALWAYS, ALWAYS),
    "organization.update": Row(ALWAYS, NEVER, NEVER),
    # people
    "member.list": Row(ALWAYS, ALWAYS, ALWAYS),
    # standard members without addresses and sign-ins of others (wire 2.33, 6; around 2.7 has administrators alone)
    "member.read": Row(ALWAYS, ALWAYS, when("self")),
    "member.invite": Row(ALWAYS, when("switch"), NEVER),
    # sending one's own invitation again
    "member.invitation": Row(ALWAYS, when("inviter"), NEVER),
    # taking one's own back, whether or not one may still make any (around 2.7)
    "member.withdraw": Row(ALWAYS, when("inviter"), NEVER),
    "member.update": Row(ALWAYS, NEVER, NEVER),
    "member.manage": Row(ALWAYS, NEVER, NEVER),
    "group.list": Row(ALWAYS, ALWAYS, ALWAYS),
    "group.read": Row(ALWAYS, ALWAYS, ALWAYS),
    "group.manage": Row(ALWAYS, when("switch"), when("switch")),
    # job titles: whoever may make templates names whom their steps are for; the list of settings, where unused ones
    # are deleted, is for administrators (around 2.10)
    "role.list": Row(ALWAYS, ALWAYS, ALWAYS),
    "role.read": Row(ALWAYS, ALWAYS, ALWAYS),
    "role.manage": Row(ALWAYS, ALWAYS, NEVER),
    "role.delete": Row(ALWAYS, NEVER, NEVER),
    # light members know the guests with whom they have a task
    "guest.list": Row(ALWAYS, ALWAYS, ALWAYS),
    "guest.read": Row(ALWAYS, ALWAYS, when("coworker")),
    "guest.create": Row(ALWAYS, ALWAYS, NEVER),
    "guest.update": Row(ALWAYS, ALWAYS, NEVER),
    "guest.manage": Row(ALWAYS, NEVER, NEVER),
    # tags
    "tag.list": Row(ALWAYS, ALWAYS, ALWAYS),
    "tag.read": Row(ALWAYS, ALWAYS, ALWAYS),
    "tag.manage": Row(ALWAYS, ALWAYS, NEVER),
    # to a template that one may edit, to a process or task that one is part of
    "tag.apply": Row(ALWAYS, when("creator", "owner", "EDIT", "starter", "involved", "assignee"), NEVER),
    # folders: light members make, change, fill and delete none (around 2.7, 4.2). That they read them is wire 2.22 (any
    # member); a folder tells nothing but its name, for what is in it is filtered by what one may see
    "folder.list": Row(ALWAYS, ALWAYS, ALWAYS),
    "folder.read": Row(ALWAYS, ALWAYS, ALWAYS),
    "folder.manage": Row(ALWAYS, ALWAYS, NEVER),
    # whoever sees a process or task may file it
    "folder.file": Row(ALWAYS, when("owner", "starter", "involved", "assignee", "creator", "PROCESS_READ"), NEVER),
    # applications
    "application.list": Row(ALWAYS, NEVER, NEVER),
    "application.read": Row(ALWAYS, NEVER, NEVER),
    "application.manage": Row(ALWAYS, NEVER, NEVER),
    # the audit log
    "audit.list": Row(ALWAYS, NEVER, NEVER),
    "audit.read": Row(ALWAYS, NEVER, NEVER),
    "audit.export": Row(ALWAYS, NEVER, NEVER),
    # mails
    "mail.list": Row(ALWAYS, NEVER, NEVER),
    "mail.manage": Row(ALWAYS, NEVER, NEVER),
    # templates
    "template.list": Row(ALWAYS, ALWAYS, ALWAYS),
    "template.create": Row(ALWAYS, ALWAYS, NEVER),
    "template.read": Row(ALWAYS, when("creator", "owner", "READ", "EDIT", "LAUNCH"), when("READ", "LAUNCH")),
    "template.edit": Row(ALWAYS, when("creator", "owner", "EDIT"), NEVER),
    "template.duplicate": Row(ALWAYS, when("creator", "owner", "DUPLICATE"), NEVER),
    "template.export": Row(ALWAYS, when("creator", "owner", "READ", "EDIT", "LAUNCH"), NEVER),
    # trying it out, and asking what is wrong with it
    "template.simulate": Row(ALWAYS, when("creator", "owner", "READ", "EDIT", "LAUNCH"), NEVER),
    # running its saved tests, which are remembered
    "template.test": Row(ALWAYS, when("creator", "owner", "READ", "EDIT", "LAUNCH"), NEVER),
    # not by light members (wire 2.33, 7; around 2.7 calls it an oddity that they could)
    "template.label": Row(ALWAYS, when("creator", "owner", "READ", "EDIT", "LAUNCH"), NEVER),
    "template.pin": Row(ALWAYS, NEVER, NEVER),
    "template.delete": Row(ALWAYS, NEVER, NEVER),
    "template.launch": Row(ALWAYS, when("owner", "creator", "LAUNCH"), when("owner", "LAUNCH")),
    # schedules
    "schedule.list": Row(ALWAYS, ALWAYS, NEVER),
    "schedule.read": Row(ALWAYS, when("creator", "owner"), NEVER),
    "schedule.create": Row(ALWAYS, ALWAYS, NEVER),
    "schedule.manage": Row(ALWAYS, when("creator"), NEVER),
    # processes
    "process.list": Row(ALWAYS, ALWAYS, ALWAYS),
    # of a process a guest sees what it is called and how far it is
    "process.read": Row(ALWAYS, _SEES, _SEES, when("involved")),
    "process.update": Row(ALWAYS, when("owner", "starter"), NEVER),
    # guests by a task of theirs, and only what they may read of the form
    "process.answer": Row(ALWAYS, _SEES, when("involved"), when("involved")),
    "process.archive": Row(ALWAYS, _SEES, NEVER),
    "process.export": Row(ALWAYS, _SEES, NEVER),
    "process.delete": Row(ALWAYS, NEVER, NEVER),
    # and `template.launch` on its template
    "process.relaunch": Row(ALWAYS, _SEES, _SEES),
    # tasks
    # a guest's are their own
    "task.list": Row(ALWAYS, ALWAYS, ALWAYS, ALWAYS),
    "task.read": Row(
        ALWAYS,
        when("assignee", "involved", "PROCESS_READ", "creator"),
        when("assignee", "involved", "PROCESS_READ", "creator"),
        when("assignee"),
    ),
    "task.create": Row(ALWAYS, ALWAYS, NEVER),
    # guests fill in what they are asked; the service refuses the rest
    "task.update": Row(
        ALWAYS, when("assignee", "involved", "PROCESS_READ", "creator"), when("assignee"), when("assignee")
    ),
    # reminding the people of a task, or asking them how it stands
    "task.remind": Row(ALWAYS, when("assignee", "involved", "PROCESS_READ", "creator"), when("assignee", "creator")),
    # one more guest beside those who have it (engine 2.4); what a guest may, a light member whose task it is may too.
    # Others who see it change its owners
    "task.delegate": Row(ALWAYS, when("assignee", "creator"), when("assignee"), when("assignee")),
    "task.complete": Row(
        ALWAYS, when("assignee", "involved", "PROCESS_READ", "creator"), when("assignee"), when("assignee")
    ),
    "task.reopen": Row(ALWAYS, when("assignee", "involved", "PROCESS_READ", "creator"), when("assignee")),
    "task.hide": Row(ALWAYS, when("assignee", "involved", "PROCESS_READ"), NEVER),
    "task.archive": Row(ALWAYS, when("assignee", "creator"), NEVER),
    # comments, problems and their resolutions: on what one sees, light members on what is theirs
    "comment.write": Row(
        ALWAYS, when("assignee", "involved", "PROCESS_READ", "creator"), when("assignee", "creator"), when("assignee")
    ),
    "comment.process": Row(ALWAYS, _SEES, when("involved")),
    # whoever reads it (wire 2.20), though a light member is assigned to no template
    "comment.template": Row(ALWAYS, when("creator", "owner", "READ", "EDIT", "LAUNCH"), when("READ", "LAUNCH")),
    "comment.edit": Row(ALWAYS, when("author"), when("author"), when("author")),
}


def cell(actor: Actor, action: str) -> Cell:
    """The cell of the actor's role. An action without a row is a KeyError: a mistake in the code."""
    row = MATRIX[action]
    if actor.role == "admin":
        return row.admin
    if actor.role == "guest":
        return row.guest
    return row.standard if actor.role == "standard" else row.light


def may(actor: Actor, action: str, relations: Iterable[str] = ()) -> bool:
    """Whether the actor may do this, standing in these relations to the record."""
    allowed = cell(actor, action)
    return "*" in allowed or not allowed.isdisjoint(relations)


def permit(actor: Actor, action: str, relations: Iterable[str] = ()) -> None:
    """Raise Denied unless the actor may do this."""
    if not may(actor, action, relations):
        raise Denied(f"Access denied: {explain(actor, action)}")


def explain(actor: Actor, action: str) -> str:
    """What would be needed, in words."""
    allowed = cell(actor, action)
    if not allowed:
        others = [
            role
            for role, other in zip(("admin", "standard"), (MATRIX[action].admin, MATRIX[action].standard), strict=True)
            if other
        ]
        return f"this action needs the role {' or '.join(others)}; yours is {actor.role}."
    needed = sorted(allowed)
    kind = "guest" if actor.is_guest else f"{actor.role} member"
    return f"as a {kind} you need one of these for it: {', '.join(needed)}."
