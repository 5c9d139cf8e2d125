"""What a token may be used for: `resource:read`, `resource:write`, `admin`, or `*` (wire 2.33).

A scope only narrows what its owner may do. Writing includes reading. `admin` stands for everything about the
organization and its people; `*` for all that the person may do. Making tokens needs `*`, or a narrow token could
make itself a wide one.
"""

from collections.abc import Iterable
from typing import Final

from handrail.kernel.actor import Actor
from handrail.kernel.errors import Denied

EVERYTHING: Final = frozenset({"*"})
RESOURCES: Final = (
    "organization",
    "members",
    "guests",
    "groups",
    "templates",
    "processes",
    "tasks",
    "comments",
    "files",
    "tags",
    "folders",
    "webhooks",
    "exports",
)
SCOPES: Final = frozenset(
    {"*", "admin"} | {f"{resource}:{access}" for resource in RESOURCES for access in ("read", "write")}
)
ADMINISTRATION: Final = frozenset({"organization", "members", "guests", "groups", "webhooks"})
_READING: Final = frozenset({"list", "read", "export", "simulate"})
# the resource of an action's noun, where it is not the noun's plural
_RESOURCE_OF: Final = {
    "organization": "organization",
    "me": "members",
    "process": "processes",
    "schedule": "processes",
    # job titles are of the steps of templates
    "role": "templates",
    "audit": "organization",
    "mail": "organization",
    "application": "organization",
}
# whoever holds any token may see whose it is, and end it
_OPEN: Final = frozenset({"me.read", "token.revoke"})


def scopes_of(text: str) -> frozenset[str]:
    """The scopes of a stored, space-separated list."""
    return EVERYTHING if text == "*" else frozenset(text.split())


def covers(scopes: frozenset[str], action: str) -> bool:
    """Whether a token with these scopes may be used for an action of the permission matrix."""
    if "*" in scopes or action in _OPEN:
        return True
    noun, _, verb = action.partition(".")
    resource = "exports" if verb == "export" else _RESOURCE_OF.get(noun, f"{noun}s")
    if resource not in RESOURCES:
        return False
    if f"{resource}:write" in scopes or ("admin" in scopes and resource in ADMINISTRATION):
        return True
    return verb in _READING and f"{resource}:read" in scopes


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those of the words that are no scopes, in order."""
    return [scope for scope in scopes if scope not in SCOPES]


def require(actor: Actor, action: str) -> None:
    """Raise Denied when the caller's token was not made for this."""
    if not covers(actor.scopes, action):
        raise Denied(f"Access denied: the scopes of this token ({', '.join(sorted(actor.scopes))}) do not cover this.")
